"""Nothing that is withheld can be worked out from what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.service.accountability_reports.suppression import Counts, ShownTable, suppress

LABELS = "abcdefgh"


@st.composite
def tables(draw: st.DrawFn) -> tuple[Counts, int]:
    """Return counts, many of them small, and a minimum."""
    width = draw(st.integers(1, 2))
    count = st.one_of(st.integers(0, 6), st.integers(0, 60))
    rows = draw(st.dictionaries(st.sampled_from(LABELS), st.tuples(*[count] * width), max_size=8))
    return Counts(("run", "refused")[:width], rows, draw(st.booleans())), draw(st.integers(1, 9))


def true_cells(counts: Counts, shown: ShownTable) -> Mapping[str, tuple[int, ...]]:
    """Return the true counts in the columns that are shown."""
    folded = counts if counts.columns == shown.columns else counts.only_sums(shown.columns[0])
    return {label: cells for label, cells in folded.rows.items() if any(cells)}


def other_readings(
    shown: ShownTable, true: Mapping[str, tuple[int, ...]], label: str, column: int
) -> Iterator[Mapping[str, tuple[int, ...]]]:
    """Yield other counts that fit everything shown, in which one withheld cell has another count.

    Slow and obvious: units are taken one by one from the other withheld rows of the column, or given to one of them, as
    long as no row becomes empty. So the sum of the column is what a reader can subtract, and each listed row is there.
    """
    others = [row.label for row in shown.rows if row.is_withheld and row.label != label]
    for sign in (1, -1):
        cells = {name: list(counts) for name, counts in true.items()}
        while True:
            giver = next((name for name in others if cells[name][column] and sum(cells[name]) > 1), None)
            if sign == 1 and giver is None:
                break
            if sign == -1 and (not others or not cells[label][column] or sum(cells[label]) == 1):
                break
            cells[label][column] += sign
            cells[giver if sign == 1 and giver else others[0]][column] -= sign
            yield {name: tuple(counts) for name, counts in cells.items()}


def fits(shown: ShownTable, true: Mapping[str, tuple[int, ...]], reading: Mapping[str, tuple[int, ...]]) -> bool:
    """Return whether counts agree with everything that is shown."""
    visible = all(row.is_withheld or row.cells == reading[row.label] for row in shown.rows)
    columns = range(len(shown.columns))
    sums = all(sum(cells[c] for cells in reading.values()) == sum(cells[c] for cells in true.values()) for c in columns)
    return visible and sums and all(any(cells) and min(cells) >= 0 for cells in reading.values())


@settings(max_examples=1500, deadline=None)
@given(tables())
def test_a_small_count_is_withheld_and_can_be_anything_small(drawn: tuple[Counts, int]) -> None:
    counts, minimum = drawn
    shown = suppress(counts, minimum, together="asked")
    if shown.all_withheld:
        # Not even how many rows there are is told; a total is, if it is not small.
        assert shown.rows == ()
        return
    true = true_cells(counts, shown)
    assert {row.label for row in shown.rows} == set(true)
    for row in shown.rows:
        if not row.is_withheld:
            assert row.cells == true[row.label]
            assert all(cell == 0 or cell >= minimum for cell in true[row.label])
    for row in shown.rows:
        for column, count in enumerate(true[row.label]):
            if row.is_withheld and 0 < count < minimum:
                readings = [dict(true), *other_readings(shown, true, row.label, column)]
                assert all(fits(shown, true, reading) for reading in readings)
                possible = {reading[row.label][column] for reading in readings}
                assert possible >= set(range(1, minimum)), (row.label, possible)


@settings(max_examples=500, deadline=None)
@given(tables())
def test_what_a_reader_can_subtract_is_never_small(drawn: tuple[Counts, int]) -> None:
    counts, minimum = drawn
    shown = suppress(counts, minimum, together="asked")
    for column, total in enumerate(shown.total):
        if total is None or shown.all_withheld:
            continue
        rest = total - sum(row.cells[column] or 0 for row in shown.rows if not row.is_withheld)
        assert rest == 0 or rest >= minimum
        assert total == 0 or total >= minimum


def test_with_a_minimum_of_one_everything_is_shown() -> None:
    counts = Counts(("run", "refused"), {"a": (1, 0), "b": (2, 7)})
    shown = suppress(counts, 1)
    assert shown.withheld == 0
    assert {row.label: row.cells for row in shown.rows} == dict(counts.rows)
    assert shown.total == (3, 7)


def test_one_small_row_takes_the_next_smallest_with_it() -> None:
    shown = suppress(Counts(("asked",), {"a": (3,), "b": (40,), "c": (12,)}), 5)
    assert {row.label for row in shown.rows if row.is_withheld} == {"a", "c"}
    assert shown.total == (55,)


def test_a_row_that_should_stay_is_taken_last_and_one_that_always_stays_never() -> None:
    counts = Counts(("asked",), {"small": (3,), "refused": (12,), "other": (40,), "failed": (1,)})
    shown = suppress(counts, 5, keep=("refused",), always=("failed",))
    assert {row.label for row in shown.rows if row.is_withheld} == {"small", "other"}
    assert {row.label: row.cells for row in shown.rows}["failed"] == (1,)


def test_many_rows_of_one_each_are_not_given_away_by_their_number() -> None:
    # Five rows, none empty, five in all: each would be known to be one.
    shown = suppress(Counts(("asked",), dict.fromkeys("abcde", (1,))), 5)
    assert shown.all_withheld
    assert shown.rows == ()
    assert shown.total == (5,)


def test_where_a_column_is_small_in_all_only_the_sum_is_shown() -> None:
    shown = suppress(Counts(("run", "refused"), {"a": (90, 1), "b": (30, 1)}), 5, together="asked")
    assert shown.columns == ("asked",)
    assert {row.label: row.cells for row in shown.rows} == {"a": (91,), "b": (31,)}
    assert shown.total == (122,)


def test_rows_that_overlap_have_no_total_and_are_still_withheld_together() -> None:
    shown = suppress(Counts(("run",), {"a": (50,), "b": (2,), "c": (9,)}, adds_up=False), 5)
    assert shown.total == (None,)
    assert {row.label for row in shown.rows if row.is_withheld} == {"b", "c"}


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="one count"):
        Counts(("run", "refused"), {"a": (1,)})
