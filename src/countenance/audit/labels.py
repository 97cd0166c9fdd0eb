"""Labels of people and groups as codes: checked for what silently splits or merges somebody.

Rules kept here:

- A label is taken as written. Two labels that differ only in spaces or in Unicode composition are an error, because
  one person under two labels turns mated comparisons into false matches.
- Messages name rows, never labels: a label may be a person's name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.core.errors import AuditInputInvalid


@dataclass(frozen=True, slots=True, eq=False)
class CodedLabels:
    """Labels as small integers.

    Attributes:
        codes: Position of each row's label in ``names``, int64, shape (rows,).
        names: The distinct labels, sorted.
    """

    codes: npt.NDArray[np.int64]
    names: tuple[str, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """Return the number of distinct labels."""
        return len(self.names)


def code_labels(labels: Sequence[str], *, what: str) -> CodedLabels:
    """Return labels as codes into the sorted distinct labels.

    Args:
        labels: One a row.
        what: What they name, for messages: ``subject`` or ``group``.

    Raises:
        AuditInputInvalid: A label is empty or no text, or two labels differ only in spaces or Unicode composition.
    """
    first_row: dict[str, int] = {}
    spelt: dict[str, str] = {}
    for row, label in enumerate(labels, start=1):
        if not isinstance(label, str) or not label.strip():
            raise AuditInputInvalid(
                f"Row {row:,} has no {what} label.",
                remedy="Fill it in, or leave the row out; for a group that is not known, write 'unknown'.",
            )
        if label in first_row:
            continue
        plain = " ".join(unicodedata.normalize("NFKC", label).split())
        if plain in spelt:
            raise AuditInputInvalid(
                f"Rows {first_row[spelt[plain]]:,} and {row:,} have {what} labels that look alike but differ in spaces "
                "or in the coding of a letter.",
                remedy="Write both the same way if they mean the same, or make the difference visible.",
            )
        first_row[label], spelt[plain] = row, label
    names = tuple(sorted(first_row))
    position = {name: code for code, name in enumerate(names)}
    return CodedLabels(codes=np.array([position[label] for label in labels], dtype=np.int64), names=names)
