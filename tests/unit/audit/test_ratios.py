"""Ratios of rates against the reference's worked figures, and Holm's correction against a slow one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from countenance.audit.ratios import (
    fisher_exact,
    holm,
    jackknife_ratio_interval,
    katz_ratio_interval,
    log_ratio_interval,
    pooled_log_variance,
)
from countenance.core.errors import AuditInputInvalid

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "special_functions.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("errors", "trials", "other_errors", "other_trials", "ratio", "low", "high"),
    [(11, 107, 17, 428, 2.59, 1.25, 5.36), (11, 102, 17, 433, 2.75, 1.33, 5.68)],
)
def test_the_aclu_disparity_is_as_in_the_reference(
    errors: int, trials: int, other_errors: int, other_trials: int, ratio: float, low: float, high: float
) -> None:
    # Source: metrics reference, section 5.
    found = katz_ratio_interval(errors, trials, other_errors, other_trials)
    assert [round(found.estimate, 2), round(found.low, 2), round(found.high, 2)] == [ratio, low, high]


@pytest.mark.parametrize("case", VECTORS["fisher_exact"])
def test_fisher_agrees_with_scipy(case: dict[str, Any]) -> None:
    p_value = fisher_exact(case["errors"], case["trials"], case["other_errors"], case["other_trials"])
    assert p_value == pytest.approx(case["p_value"], rel=1e-7)


def test_ratio_and_its_inverse_have_inverse_intervals_and_one_p_value() -> None:
    there = log_ratio_interval(0.02, 1e-6, 0.01, 2e-6, clusters=40)
    back = log_ratio_interval(0.01, 2e-6, 0.02, 1e-6, clusters=40)
    assert there.low == pytest.approx(1 / back.high)
    assert there.p_value == pytest.approx(back.p_value)


@pytest.mark.parametrize("clusters", [5, 40, math.inf])
@pytest.mark.parametrize("ratio", [1.1, 1.5, 2.0, 3.0, 8.0])
def test_parity_is_left_out_exactly_where_the_p_value_is_small(ratio: float, clusters: float) -> None:
    found = jackknife_ratio_interval(0.01 * ratio, 0.09, 0.01, 0.03, clusters=clusters)
    assert (found.p_value < 0.05) == (found.low > 1.0)
    back = jackknife_ratio_interval(0.01, 0.03, 0.01 * ratio, 0.09, clusters=clusters)
    assert (back.low, back.high) == (pytest.approx(1 / found.high), pytest.approx(1 / found.low))
    assert back.p_value == pytest.approx(found.p_value)


def test_a_ratio_without_a_variance_has_no_bounds_and_says_so() -> None:
    found = jackknife_ratio_interval(0.02, None, 0.01, 0.1, clusters=40)
    assert (found.low, found.high, found.flags) == (0.0, math.inf, ("no variance",))
    assert math.isnan(found.p_value)


def test_the_pooled_logarithm_varies_as_its_groups_do_by_their_share_of_errors() -> None:
    assert pooled_log_variance([30, 10, 0], [0.1, 0.4, None]) == pytest.approx(0.75**2 * 0.1 + 0.25**2 * 0.4)
    assert pooled_log_variance([0, 0], [0.1, 0.1]) is None
    assert pooled_log_variance([1, 1], [0.1, None]) is None


def test_covariance_narrows_the_ratio_of_dependent_rates() -> None:
    apart = log_ratio_interval(0.02, 1e-6, 0.01, 1e-6)
    together = log_ratio_interval(0.02, 1e-6, 0.01, 1e-6, covariance=9e-7)
    assert together.high < apart.high


def test_a_hopeless_variance_gives_an_unbounded_interval_instead_of_an_overflow() -> None:
    assert log_ratio_interval(1e-9, 1.0, 1e-9, 1.0).high == math.inf


@pytest.mark.parametrize(
    ("numerator", "denominator", "estimate", "flags"),
    [
        (0.0, 0.1, 0.0, ("zero numerator",)),
        (0.1, 0.0, math.inf, ("zero denominator",)),
        (0.0, 0.0, math.nan, ("zero numerator", "zero denominator")),
        (math.nan, 0.1, math.nan, ("no comparisons",)),
    ],
)
def test_zero_rates_are_flagged_and_say_nothing_else(
    numerator: float, denominator: float, estimate: float, flags: tuple[str, ...]
) -> None:
    found = log_ratio_interval(numerator, 0.0, denominator, 0.0)
    assert found.estimate == pytest.approx(estimate, nan_ok=True)
    assert (found.low, found.high, found.flags) == (0.0, math.inf, flags)
    assert math.isnan(found.p_value)


def test_a_ratio_needs_trials_on_both_sides() -> None:
    with pytest.raises(AuditInputInvalid, match="both sides"):
        katz_ratio_interval(0, 0, 1, 10)


def test_holm_hand_worked() -> None:
    # 0.01·4 = 0.04; 0.02·3 = 0.06; 0.03·2 = 0.06; 0.04·1 = 0.04, raised to 0.06.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))


def test_holm_leaves_out_questions_without_an_answer() -> None:
    corrected = holm([math.nan, 0.01, 0.9])
    assert math.isnan(corrected[0])
    assert corrected[1:] == pytest.approx((0.02, 0.9))
    assert holm([0.7, 0.8]) == (1.0, 1.0)
