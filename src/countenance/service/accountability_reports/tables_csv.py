"""The report for a period as CSV files: every table in long form, and every other figure by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: Parts of the document that are lists of records of one form; each becomes a file of its own.
_LISTS = ("changes", "disclosures", "audits", "missing")
WITHHELD = "withheld"


def csv_files(document: Mapping[str, Any]) -> dict[str, str]:
    """Return file name → content. A count that is withheld has no number and says so in the column beside it."""
    files = {
        "tables.csv": _written(("table", "row", "column", "count", "shown"), _cells(document)),
        "figures.csv": _written(("part", "figure", "value"), _figures(document)),
    }
    for name in _LISTS:
        rows = document[name]
        if rows:
            files[f"{name}.csv"] = _written(tuple(rows[0]), ([row[key] for key in rows[0]] for row in rows))
    return files


def _cells(document: Mapping[str, Any]) -> Iterator[list[Any]]:
    for table in document["tables"]:
        if table["all_withheld"]:
            yield [table["name"], "(every row)", "", "", WITHHELD]
        for row in table["rows"]:
            for column, count in zip(table["columns"], row["cells"], strict=True):
                yield [table["name"], row["label"], column, "" if count is None else count, _said(count)]
        for column, count in zip(table["columns"], table["total"] or (), strict=False):
            yield [table["name"], "(all)", column, "" if count is None else count, _said(count)]


def _figures(document: Mapping[str, Any]) -> Iterator[list[Any]]:
    for part in ("period", "entries", "searches", "errors", "reviews", "erasures", "galleries", "checkpoints"):
        yield from _flat(part, "", document[part])
    for number, model in enumerate(document["models"], start=1):
        yield from _flat(f"model {number}", "", model)


def _flat(part: str, name: str, value: Any) -> Iterator[list[Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _flat(part, f"{name}.{number}", inner)
    else:
        yield [part, name, "" if value is None else value]


def _said(count: object) -> str:
    return WITHHELD if count is None else "yes"


def _written(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def _safe(cell: Any) -> Any:
    # A spreadsheet takes a cell that begins so for a formula; source: OWASP, CSV injection.
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
