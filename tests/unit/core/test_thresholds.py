"""Rates are looked up, never invented: not understated, not extrapolated, and always with their counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.core.errors import CalibrationUnsupported
from countenance.core.thresholds import Rate, Support, one_in
from tests.support.made_up_calibration import calibration_from_scores

SCORES = tuple(np.round(np.random.default_rng(4).uniform(-0.5, 0.9, 500), 4).tolist())
RECORD = calibration_from_scores(SCORES, SCORES[:100])


def share_at_or_above(similarity: float) -> float:
    return sum(score >= similarity for score in SCORES) / len(SCORES)


@pytest.mark.parametrize("similarity", [*SCORES[:50], -1.0, -0.9999, 0.0, 0.123456, 0.3, 0.30000001, 0.9, 1.0])
def test_a_false_match_rate_is_never_understated(similarity: float) -> None:
    rate = RECORD.false_match_rate_at(similarity)
    # At least what a count at the score itself gives, and at most what the grid point below gives.
    assert rate.estimate >= share_at_or_above(similarity)
    assert rate.estimate <= share_at_or_above(similarity - 0.010001)
    assert rate.errors / rate.trials == rate.estimate
    assert rate.low <= rate.estimate <= rate.high


def test_rates_never_rise_with_the_similarity() -> None:
    estimates = [RECORD.false_match_rate_at(s).estimate for s in np.linspace(-1, 1, 777)]
    assert estimates == sorted(estimates, reverse=True)
    misses = [RECORD.false_non_match_rate_at(s).estimate for s in np.linspace(-1, 1, 777)]
    assert misses == sorted(misses)


def test_a_score_off_by_the_last_bit_of_a_float32_is_at_its_grid_point() -> None:
    exact = RECORD.false_match_rate_at(0.42)
    assert RECORD.false_match_rate_at(float(np.nextafter(np.float64(0.42), 0))) == exact


def test_a_similarity_beyond_the_grid_is_looked_up_at_its_end_and_nan_is_refused() -> None:
    assert RECORD.false_match_rate_at(-7.0).estimate == 1.0
    assert RECORD.false_match_rate_at(7.0).errors == 0
    with pytest.raises(ValueError, match="not a number"):
        RECORD.false_match_rate_at(math.nan)


@pytest.mark.parametrize("target", [0.5, 0.1, 0.05, 0.0061, 0.006])
def test_a_threshold_keeps_its_rate_and_is_the_lowest_that_does(target: float) -> None:
    threshold = RECORD.threshold_for(target)
    assert threshold.false_match_rate.estimate <= target
    assert share_at_or_above(threshold.value) <= target
    assert share_at_or_above(threshold.value - 0.01) > target
    assert threshold.false_match_rate == RECORD.false_match_rate_at(threshold.value)
    assert threshold.data_set == RECORD.data_set
    assert threshold.model == RECORD.model
    assert f"{target:.3g}" in threshold.target


def test_a_rate_that_rests_on_fewer_than_three_errors_is_refused_with_the_smallest_there_is() -> None:
    assert RECORD.smallest_supported_rate == 3 / 500
    with pytest.raises(CalibrationUnsupported, match="500 non-mated comparisons") as caught:
        RECORD.threshold_for(0.00599)
    assert "0.006" in caught.value.remedy


def test_a_rate_no_similarity_reaches_is_refused() -> None:
    always_alike = calibration_from_scores([1.0] * 100, [1.0] * 10)
    with pytest.raises(CalibrationUnsupported, match="No similarity"):
        always_alike.threshold_for(0.5)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_a_target_that_is_no_rate_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        RECORD.threshold_for(target)


@pytest.mark.parametrize(
    ("errors", "support"),
    [(0, Support.BOUND_ONLY), (1, Support.SPARSE), (29, Support.SPARSE), (30, Support.MEASURED)],
)
def test_support_follows_the_rule_of_thirty(errors: int, support: Support) -> None:
    assert Rate(errors / 1000, 0.0, 0.1, errors, 1000).support is support


def test_a_rate_without_errors_is_only_bounded_in_words() -> None:
    rate = Rate(0.0, 0.0, 1 / 2400, 0, 10_000)
    assert rate.in_words() == "fewer than 1 in 2,400 (no error in 10,000 comparisons)"
    assert Rate(0.00042, 0.0, 0.1, 42, 100_000).in_words() == "about 1 in 2,400"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0.0, "none"), (1.0, "100% of all"), (0.6, "60% of all"), (0.5, "1 in 2"), (0.1, "1 in 10"),
        (1 / 149, "1 in 150"), (1e-6, "1 in 1,000,000"), (1.1, "undefined"), (-0.1, "undefined"),
    ],
)  # fmt: skip
def test_natural_frequencies_have_two_digits(rate: float, words: str) -> None:
    assert one_in(rate) == words
