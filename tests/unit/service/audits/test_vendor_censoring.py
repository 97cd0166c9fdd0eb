"""What a vendor left out, and above which threshold that does not matter, against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.service.audits.vendor_censoring import censoring
from countenance.service.audits.vendor_runs import VendorScores

NONE = float("nan")


def scores(rows: list[list[float]], *, limit: list[bool] | None = None) -> VendorScores:
    matrix = np.array(rows, dtype=np.float64)
    has = ~np.isnan(matrix)
    lowest = np.array([row[mask].min() if mask.any() else NONE for row, mask in zip(matrix, has, strict=True)])
    reached = np.array(limit if limit is not None else [False] * len(rows))
    return VendorScores(matrix, np.ones_like(has), lowest, reached, (), (), {})


def test_with_every_score_every_threshold_can_be_measured() -> None:
    found = censoring(scores([[80, 10], [5, 90]]))
    assert (found.measurable_above, found.anything_measurable, found.searches_cut) == (None, True, 0)


def test_the_highest_floor_of_a_cut_search_counts_and_whole_searches_do_not() -> None:
    found = censoring(scores([[80, 40, NONE], [95, 60, NONE], [99, 98, 97]], limit=[True, True, False]))
    assert found.measurable_above == 60
    assert (found.comparisons, found.returned, found.searches_cut, found.limit_reached) == (9, 7, 2, 2)


def test_an_empty_search_has_the_lowest_score_of_the_run_as_its_floor_and_that_is_called_an_inference() -> None:
    found = censoring(scores([[NONE, NONE], [70, 55]]))
    assert found.measurable_above == 55
    assert found.empty_searches == 1
    assert "inference" in found.sentence


def test_a_vendor_without_any_score_measures_nothing() -> None:
    found = censoring(scores([[NONE, NONE]]))
    assert not found.anything_measurable


def test_of_one_set_a_gap_filled_from_the_other_direction_does_not_lower_the_floor() -> None:
    # Search 0 returned only photo 1 at 90; photo 2's search returned photo 0 at 20, which fills the gap (0, 2).
    # What search 0 left out besides, (0, 3), is known to be at most 90 – not at most 20.
    matrix = np.full((4, 4), NONE)
    matrix[0, 1], matrix[0, 2] = 90, 20
    matrix[1, 2], matrix[1, 3], matrix[2, 3] = 30, 30, 30
    asked = np.triu(np.ones((4, 4), dtype=bool), k=1)
    lowest = np.array([90.0, 30.0, 20.0, 30.0])
    found = censoring(VendorScores(matrix, asked, lowest, np.zeros(4, dtype=bool), (), (), {}))
    assert found.measurable_above == 90


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.randoms(use_true_random=False))
def test_above_the_floor_a_stand_in_counts_as_the_hidden_score_would(
    probes: int, references: int, most: int, random: object
) -> None:
    generator = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    whole = generator.integers(0, 20, size=(probes, references)).astype(np.float64)
    shown = np.full_like(whole, NONE)
    for row in range(probes):
        best = np.argsort(-whole[row], kind="stable")[:most]
        shown[row, best] = whole[row, best]
    found = censoring(scores(shown.tolist()))
    floor = -1.0 if found.measurable_above is None else found.measurable_above
    for threshold in (value for value in range(21) if value > floor):
        assert np.count_nonzero(np.nan_to_num(shown, nan=0.0) >= threshold) == np.count_nonzero(whole >= threshold)


def test_the_floor_itself_is_not_measurable() -> None:
    # Both hidden scores may be 40 as well: at a threshold of 40 the count could be 2 or 4.
    found = censoring(scores([[40, NONE], [40, NONE]]))
    assert found.measurable_above == 40
    assert "above 40" in found.sentence


@pytest.mark.parametrize("rows", [[[1.0]], [[NONE]]])
def test_a_single_comparison_is_enough_for_an_answer(rows: list[list[float]]) -> None:
    assert censoring(scores(rows)).comparisons == 1
