"""Histograms and rates of a calibration record, counted again score by score."""

from __future__ import annotations

import pytest

from countenance.service.score_position import bars, rate_points
from tests.support.made_up_calibration import calibration_from_scores, ordinary_calibration

NON_MATED = [-0.31, -0.05, -0.05, 0.0, 0.0099, 0.02, 0.13, 0.47, 0.62]
MATED = [0.0, 0.41, 0.55, 0.55, 0.569, 0.58, 0.92]


def test_each_bar_holds_the_share_of_scores_between_its_ends() -> None:
    found = bars(calibration_from_scores(NON_MATED, MATED, step=0.01), 0.02)
    for bar in found:
        low, high = bar.low - 1e-9, bar.high - 1e-9
        assert bar.mated == pytest.approx(sum(low <= score < high for score in MATED) / len(MATED)), bar
        assert bar.non_mated == pytest.approx(sum(low <= score < high for score in NON_MATED) / len(NON_MATED)), bar
    assert [bar.high for bar in found[:-1]] == [bar.low for bar in found[1:]]


def test_no_comparison_is_lost_or_counted_twice() -> None:
    for record in (calibration_from_scores(NON_MATED, MATED), ordinary_calibration()):
        found = bars(record)
        assert sum(bar.mated for bar in found) == pytest.approx(1.0)
        assert sum(bar.non_mated for bar in found) == pytest.approx(1.0)


def test_a_score_of_one_is_in_the_last_bar() -> None:
    last = bars(calibration_from_scores([0.0], [0.5, 1.0]))[-1]
    assert (last.high, last.mated) == (1.0, 0.5)


def test_empty_ends_are_left_out() -> None:
    found = bars(calibration_from_scores(NON_MATED, MATED))
    assert found[0].low == pytest.approx(-0.32)
    assert found[-1].high == pytest.approx(0.94)


def test_rates_are_those_of_the_record_and_none_where_no_error_was_seen() -> None:
    record = calibration_from_scores(NON_MATED, MATED)
    points = rate_points(record, -0.5, 1.0, most=1_000)
    for point in points:
        matched = sum(score >= point.similarity - 1e-9 for score in NON_MATED)
        missed = sum(score < point.similarity - 1e-9 for score in MATED)
        assert point.false_match_rate == (matched / len(NON_MATED) if matched else None)
        assert point.false_non_match_rate == (missed / len(MATED) if missed else None)
    assert points[-1].false_match_rate is None
    assert points[0].false_non_match_rate is None


def test_no_more_points_than_asked_for() -> None:
    points = rate_points(ordinary_calibration(), -1.0, 1.0, most=50)
    assert 40 < len(points) <= 50
    assert [point.similarity for point in points] == sorted(point.similarity for point in points)
