"""Summary measures against the reference's synthetic fixture, to ten digits, and hand-worked toys."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest

from countenance.audit.summary_measures import (
    accuracy_deviation,
    combined_measures,
    mean_deviation_from_target,
    skewed_error_ratio,
    spread_measures,
)
from countenance.core.errors import AuditInputInvalid

# Source: metrics reference, section 2.4 (invented rates).
FMR = [3e-4, 1.2e-4, 8e-5, 5e-5, 2e-5, 1e-5]
FNMR = [0.030, 0.012, 0.020, 0.010, 0.015, 0.008]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (FMR, (30.0, 3.1034482759, 5.4186259613, 0.409898748, 0.5114942529, 0.6137931034)),
        (FNMR, (3.75, 1.8947368421, 2.0942842709, 0.1619952127, 0.250877193, 0.3010526316)),
    ],
)
def test_spread_measures_of_the_fixture_to_ten_digits(rates: list[float], expected: tuple[float, ...]) -> None:
    found = spread_measures(rates)
    values = (
        found.max_min,
        found.max_mean,
        found.max_geomean,
        found.mean_abs_log10,
        found.gini_raw,
        found.gini_corrected,
    )
    assert [round(value, 10) for value in values] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("alpha", "fdr", "inequity", "garbe"),
    [(0.5, 0.9888550000, 10.6066017178, 0.4574228675), (0.99, 0.9994929000, 29.3826089276, 0.6106656987)],
)
def test_combined_measures_of_the_fixture_to_ten_digits(
    alpha: float, fdr: float, inequity: float, garbe: float
) -> None:
    found = combined_measures(FMR, FNMR, alpha=alpha)
    assert [found.fdr, found.inequity_rate, found.garbe] == pytest.approx([fdr, inequity, garbe], abs=1e-10)
    assert not found.zero_cells


def test_the_toy_can_be_checked_by_hand() -> None:
    found = spread_measures([0.001, 0.002, 0.004, 0.009])
    assert (found.max_min, found.max_mean) == pytest.approx((9.0, 2.25))
    assert round(found.max_geomean, 5) == 3.08965
    assert round(found.mean_abs_log10, 6) == 0.313818
    assert (found.gini_raw, round(found.gini_corrected, 6)) == pytest.approx((0.40625, 0.541667))
    assert (found.lowest, found.highest) == (0, 3)


def test_equal_rates_are_at_parity_in_every_measure() -> None:
    found = spread_measures([0.01] * 5)
    assert (found.max_min, found.max_mean) == pytest.approx((1.0, 1.0))
    assert found.max_geomean == pytest.approx(1.0)
    assert found.gini_corrected == pytest.approx(0.0, abs=1e-12)
    both = combined_measures([0.01] * 3, [0.2] * 3, alpha=0.3)
    assert (both.fdr, both.garbe) == pytest.approx((1.0, 0.0), abs=1e-12)
    assert (both.inequity_rate, both.worst_over_geomean) == pytest.approx((1.0, 1.0))


def test_one_group_with_all_errors_has_a_corrected_gini_of_one() -> None:
    assert spread_measures([0.0, 0.0, 0.3]).gini_corrected == pytest.approx(1.0)


def test_zero_cells_are_named_and_do_not_become_the_best_case() -> None:
    found = spread_measures([0.0, 0.01, 0.04])
    assert found.max_min == math.inf
    assert found.max_geomean == pytest.approx(2.0)
    assert found.zero_cells == (0,)
    both = combined_measures([0.0, 0.01], [0.1, 0.1], alpha=0.5)
    assert both.inequity_rate == math.inf
    assert both.zero_cells
    assert combined_measures([0.0, 0.01], [0.1, 0.1], alpha=0.0).inequity_rate == pytest.approx(1.0)


def test_no_error_anywhere_has_no_spread_and_no_ratio() -> None:
    found = spread_measures([0.0, 0.0])
    assert found.gini_corrected == 0.0
    assert all(math.isnan(value) for value in (found.max_min, found.max_mean, found.max_geomean, found.mean_abs_log10))


def test_groups_without_a_rate_are_left_out_and_named() -> None:
    found = spread_measures([math.nan, 0.02, 0.01])
    assert (found.groups, found.missing_cells, found.highest, found.lowest) == (2, (0,), 1, 2)
    assert found.max_min == pytest.approx(2.0)


@pytest.mark.parametrize("rates", [[0.1], [0.1, math.nan], [0.1, 1.1], [-0.1, 0.1], []])
def test_rates_that_cannot_be_summarised_are_refused(rates: list[float]) -> None:
    with pytest.raises(AuditInputInvalid, match="Summary measures"):
        spread_measures(rates)


def test_a_weight_out_of_range_is_refused() -> None:
    with pytest.raises(AuditInputInvalid, match=r"weight of 1\.5"):
        combined_measures(FMR, FNMR, alpha=1.5)


def test_skewed_error_ratio_and_deviation_of_the_published_check_row() -> None:
    # Source: metrics reference, section 3; the row's published 1.11 and 1.65 come from inputs before rounding.
    accuracies = [96.18, 94.67, 93.72, 93.98]
    assert float(np.mean(accuracies)) == pytest.approx(94.6375)
    assert round(accuracy_deviation(accuracies, ddof=1), 2) == 1.10
    assert round(accuracy_deviation(accuracies, ddof=0), 2) == 0.96
    assert round(skewed_error_ratio([100 - accuracy for accuracy in accuracies]), 2) == 1.64


def test_skewed_error_ratio_with_zeros() -> None:
    assert skewed_error_ratio([0.0, 0.1]) == math.inf
    assert math.isnan(skewed_error_ratio([0.0, 0.0]))


def test_mean_deviation_from_target_hand_worked() -> None:
    assert mean_deviation_from_target([0.02, 0.005], 0.01) == pytest.approx(75.0)
    with pytest.raises(AuditInputInvalid, match="above 0"):
        mean_deviation_from_target([0.1], 0.0)


def test_records_hold_plain_numbers() -> None:
    assert all(isinstance(value, int | float | tuple) for value in asdict(spread_measures(FMR)).values())
