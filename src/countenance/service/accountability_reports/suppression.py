"""Small cells of a table withheld, and as many others that none of them can be worked out from what is shown.

Rules kept here:

- A count from 1 to below the minimum is small and is withheld. Nought is shown.
- What a reader can subtract is treated like what is shown: the rows withheld together have, in every column, a sum that
  is nought or leaves each of them anything from 1 to the minimum - 1, even to a reader who knows that no row is empty.
  Until then further rows are withheld, the smallest first.
- Where a column's own total is small, only the sum of the columns is shown; where that cannot be shown either, no row
  of the table is, not even its label: the number of labels would say how many shares the total has.
- Rows that overlap (one search, several offences) are treated the same and have no total: where few overlap in fact, a
  reader could subtract all the same.

Source of the terms, primary and complementary suppression: Hundepool et al., Statistical Disclosure Control, Wiley
2012, chapter 4. Withholding whole rows is cruder than their optimal patterns, and leaves only sums of rows to compute.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a table, before anything is withheld.

    Attributes:
        columns: What is counted side by side; the columns add up to the whole of a row.
        rows: Label → one count a column.
        adds_up: Whether each counted thing is in one row only, so that the rows add up to the total.

    Raises:
        ValueError: A row has another number of counts than there are columns, or a negative one.
    """

    columns: tuple[str, ...]
    rows: Mapping[str, tuple[int, ...]]
    adds_up: bool = True

    def __post_init__(self) -> None:
        for cells in self.rows.values():
            if len(cells) != len(self.columns) or min(cells, default=0) < 0:
                raise ValueError("a row has one count, not negative, for each column")

    def only_sums(self, column: str) -> Counts:
        """Return the same with the columns added up to one."""
        return Counts((column,), {label: (sum(cells),) for label, cells in self.rows.items()}, self.adds_up)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as it is published; None stands for what is withheld.

    Attributes:
        label: Its label.
        cells: One count a column.
    """

    label: str
    cells: tuple[int | None, ...]

    @property
    def is_withheld(self) -> bool:
        """Return whether the row is withheld; it is so as a whole."""
        return None in self.cells


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as it is published.

    Attributes:
        columns: Its columns.
        rows: Its rows, the largest first; withheld ones at the end, by label.
        total: Total of each column; None where it is withheld, or where rows do not add up to one.
        adds_up: Whether the rows add up to the total.
        withheld: How many rows are withheld; 0 if the whole table is.
        all_withheld: Whether no row can be shown.
    """

    columns: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    total: tuple[int | None, ...]
    adds_up: bool
    withheld: int = 0
    all_withheld: bool = False


def is_small(count: int, minimum: int) -> bool:
    """Return whether a count is withheld by itself."""
    return 0 < count < minimum


def suppress(
    counts: Counts,
    minimum: int,
    *,
    keep: Collection[str] = (),
    always: Collection[str] = (),
    together: str = "all",
) -> ShownTable:
    """Return a table as it can be published.

    Args:
        counts: The counts.
        minimum: Smallest count shown besides nought; 1 withholds nothing.
        keep: Labels of rows that are withheld for another's sake only if no others are left.
        always: Labels of rows that are shown however small; whoever reads the table can subtract them.
        together: Name of the one column that is shown where the columns cannot be.
    """
    filled = Counts(counts.columns, {k: v for k, v in counts.rows.items() if any(v)}, counts.adds_up)
    judged = {label: cells for label, cells in filled.rows.items() if label not in always}
    totals = _sums(judged.values(), len(filled.columns))
    hidden = None if _has_small(totals, minimum) else _withheld(judged, minimum, keep)
    if hidden is not None:
        return _table(filled, hidden)
    if len(filled.columns) > 1:
        return suppress(filled.only_sums(together), minimum, keep=keep, always=always)
    total = totals[0] if filled.adds_up and not is_small(totals[0], minimum) else None
    known = None if total is None else sum(cells[0] for cells in filled.rows.values())
    return ShownTable(filled.columns, (), (known,), filled.adds_up, all_withheld=True)


def _withheld(rows: Mapping[str, tuple[int, ...]], minimum: int, keep: Collection[str]) -> set[str] | None:
    """Return the labels of rows to withhold, or None if withholding all of them would not be enough."""
    hidden = {label for label, cells in rows.items() if _has_small(cells, minimum)}
    if not hidden:
        return hidden
    others = sorted(rows.keys() - hidden, key=lambda label: (label in keep, sum(rows[label]), label))
    while not _is_covered([rows[label] for label in hidden], minimum):
        if not others:
            return None
        hidden.add(others.pop(0))
    return hidden


def _is_covered(hidden: Sequence[tuple[int, ...]], minimum: int) -> bool:
    """Return whether the sums of the withheld rows leave each of their cells anything from 1 to the minimum - 1.

    With k rows of at least 1 each and the sum s, a cell lies between 1 and s - (k - 1).
    """
    least = minimum - 1 + len(hidden) - 1
    return len(hidden) > 1 and all(total == 0 or total >= least for total in _sums(hidden, len(hidden[0])))


def _has_small(cells: Sequence[int], minimum: int) -> bool:
    return any(is_small(count, minimum) for count in cells)


def _sums(rows: Collection[tuple[int, ...]], width: int) -> tuple[int, ...]:
    return tuple(sum(cells[column] for cells in rows) for column in range(width))


def _table(counts: Counts, hidden: Collection[str]) -> ShownTable:
    nothing = (None,) * len(counts.columns)
    shown = sorted(
        (ShownRow(label, cells) for label, cells in counts.rows.items() if label not in hidden),
        key=lambda row: (-sum(cell or 0 for cell in row.cells), row.label),
    )
    return ShownTable(
        columns=counts.columns,
        rows=(*shown, *(ShownRow(label, nothing) for label in sorted(hidden))),
        total=_sums(counts.rows.values(), len(counts.columns)) if counts.adds_up else nothing,
        adds_up=counts.adds_up,
        withheld=len(hidden),
    )
