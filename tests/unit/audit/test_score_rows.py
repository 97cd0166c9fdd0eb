"""What becomes of the rows of a score file: repeated, missing, of a photo with itself, in both orders."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.audit.score_rows import CleanRows, Design, RawRows, Repeated, clean_rows
from countenance.core.errors import AuditInputInvalid


def raw(*rows: tuple[int, int, float], photos: int = 9) -> RawRows:
    probe, reference, score = zip(*rows, strict=True)
    return RawRows(np.array(probe, dtype=np.int32), np.array(reference, dtype=np.int32), np.array(score), photos)


def left(found: CleanRows) -> list[tuple[int, int, float]]:
    return list(zip(found.probe.tolist(), found.reference.tolist(), found.score.tolist(), strict=True))


def test_rows_without_a_number_are_left_out_and_counted() -> None:
    found = clean_rows(raw((0, 5, math.nan), (0, 6, 0.5), (1, 6, math.inf), (2, 6, -math.inf)))
    assert left(found) == [(0, 6, 0.5)]
    assert (found.tally.rows, found.tally.missing, found.tally.comparisons) == (4, 3, 1)
    assert found.without_score.tolist() == [1, 2, 5]


def test_a_photo_compared_with_itself_is_left_out_and_has_not_failed() -> None:
    found = clean_rows(raw((0, 0, 1.0), (1, 2, 0.5), (3, 3, 1.0)))
    assert left(found) == [(1, 2, 0.5)]
    assert found.tally.with_itself == 2
    assert found.without_score.size == 0


def test_the_same_row_twice_is_one_comparison() -> None:
    found = clean_rows(raw((0, 5, 0.5), (1, 5, 0.2), (0, 5, 0.5), (0, 5, 0.5)))
    assert left(found) == [(0, 5, 0.5), (1, 5, 0.2)]
    assert (found.tally.repeated, found.tally.repeated_differently) == (2, 0)
    assert not found.one_set


def test_two_scores_of_a_pair_are_an_error_until_somebody_says_which_holds() -> None:
    rows = raw((0, 5, 0.5), (1, 5, 0.2), (0, 5, 0.7), (0, 5, 0.5))
    with pytest.raises(AuditInputInvalid, match="rows 1 and 3") as refused:
        clean_rows(rows)
    assert "--repeated" in refused.value.remedy
    highest, lowest = (clean_rows(rows, repeated=rule) for rule in (Repeated.HIGHEST, Repeated.LOWEST))
    assert sorted(left(highest)) == [(0, 5, 0.7), (1, 5, 0.2)]
    assert sorted(left(lowest)) == [(0, 5, 0.5), (1, 5, 0.2)]
    assert (highest.tally.repeated, highest.tally.repeated_differently) == (0, 2)
    assert (lowest.tally.repeated, lowest.tally.repeated_differently) == (1, 1)


def test_both_orders_of_a_symmetric_system_are_one_comparison() -> None:
    found = clean_rows(raw((0, 1, 0.5), (1, 0, 0.5), (2, 1, 0.1), (1, 2, 0.1 + 1e-9)))
    assert found.one_set
    assert left(found) == [(0, 1, 0.5), (1, 2, 0.1 + 1e-9)]
    assert (found.tally.other_order, found.tally.not_symmetric) == (2, 0)


def test_both_orders_of_a_system_that_is_not_symmetric_are_two_comparisons_of_two_sets() -> None:
    rows = raw((0, 1, 0.5), (1, 0, 0.6), (2, 1, 0.1))
    found = clean_rows(rows)
    assert not found.one_set
    assert len(left(found)) == 3
    assert found.tally.not_symmetric == 1
    told = clean_rows(rows, design=Design.ONE_SET)
    assert told.one_set
    assert left(told) == [(0, 1, 0.6), (1, 2, 0.1)]


def test_a_probe_that_is_also_a_reference_makes_one_set_unless_told_otherwise() -> None:
    rows = raw((0, 1, 0.5), (1, 2, 0.6))
    assert clean_rows(rows).one_set
    assert not clean_rows(rows, design=Design.TWO_SETS).one_set
    assert not clean_rows(raw((0, 1, 0.5), (2, 3, 0.6))).one_set


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(AuditInputInvalid, match="None of 2 rows"):
        clean_rows(raw((0, 1, math.nan), (2, 2, 1.0)))
