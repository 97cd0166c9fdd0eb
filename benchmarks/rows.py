"""One line of a benchmark table, and the table as text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement beside its limit or peer, both measured in the same run.

    Attributes:
        what: What was measured.
        value: The result in words, with its unit; ``not given`` or ``not installed`` where it could not be measured.
        peer: What it stands beside, in words with its unit, or an empty string.
        ratio: Our figure over the peer's, in the direction ``what`` or ``reach`` states, or None.
        reach: The figure to reach, in words, or an empty string.
    """

    what: str
    value: str
    peer: str = ""
    ratio: float | None = None
    reach: str = ""


_HEAD = ("what", "measured", "beside", "ratio", "reach")


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    return row.what, row.value, row.peer, "" if row.ratio is None else f"{row.ratio:.2f}×", row.reach


def as_text(rows: Sequence[Row]) -> str:
    """Return the table for a terminal, columns padded to their widest cell."""
    table = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the table in Markdown."""
    lines = [_HEAD, ("---",) * len(_HEAD), *(_cells(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
