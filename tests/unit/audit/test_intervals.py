"""Intervals against published values, hand-worked cases and a sum over every pair of comparisons."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit.intervals import (
    ClusterSums,
    clopper_pearson,
    clustered_wilson,
    critical_value,
    overlapping_sets_variance,
    per_subject_variance,
    two_way_variance,
    wilson,
    within_set_variance,
    zero_error_bounds,
)
from countenance.core.errors import AuditInputInvalid

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "special_functions.json").read_text(encoding="utf-8")
)
Matrix = npt.NDArray[np.float64]


def sums_within(errors: Matrix, trials: Matrix) -> tuple[ClusterSums, ClusterSums]:
    return ClusterSums.of(errors.sum(1), trials.sum(1)), ClusterSums.of(errors.ravel(), trials.ravel())


def slow_sum_over_pairs_of_comparisons(residual: dict[tuple[int, int], float]) -> float:
    """Return the sum of e·e' over all pairs of subject pairs that share a person: the definition, term by term."""
    total = 0.0
    for (i, j), (k, m) in itertools.product(residual, residual):
        if {i, j} & {k, m}:
            total += residual[i, j] * residual[k, m]
    return total


def symmetric_case(seed: int, subjects: int) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    photos = rng.integers(1, 4, subjects)
    trials = np.outer(photos, photos).astype(float)
    np.fill_diagonal(trials, 0.0)
    errors = np.triu(rng.binomial(trials.astype(int), 0.3), 1).astype(float)
    return errors + errors.T, trials


def test_wilson_of_the_three_aclu_counts_is_as_published_in_the_reference() -> None:
    # Source: metrics reference, section 5.
    for errors, trials, low, high in [(28, 535, 3.65, 7.46), (26, 120, 15.2, 29.9), (27, 188, 10.1, 20.1)]:
        ends = wilson(errors, trials)
        assert [100 * float(end) for end in ends] == pytest.approx([low, high], abs=0.06)


def test_wilson_hand_worked() -> None:
    # Source: Newcombe, Statistics in Medicine 1998, table I: 81 of 263, Wilson 0.2553 to 0.3662; 0 of 20, 0 to 0.1611.
    assert [round(float(end), 4) for end in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(float(end), 4) for end in wilson(0, 20)] == [0.0, 0.1611]
    assert wilson(20, 20)[1] == 1.0


def test_wilson_without_trials_is_not_a_number() -> None:
    low, high = wilson(np.array([0, 1]), np.array([0, 10]))
    assert math.isnan(low[0])
    assert math.isnan(high[0])
    assert not math.isnan(low[1])


@pytest.mark.parametrize("case", VECTORS["clopper_pearson"])
def test_clopper_pearson_agrees_with_high_precision_values(case: dict[str, float]) -> None:
    low, high = clopper_pearson(int(case["errors"]), int(case["trials"]))
    assert low == pytest.approx(case["low"], rel=1e-8)
    assert high == pytest.approx(case["high"], rel=1e-8)


def test_more_errors_than_trials_are_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="no rate"):
        clopper_pearson(3, 2)


@pytest.mark.parametrize("seed", range(5))
def test_variance_within_a_set_is_the_sum_over_all_pairs_of_comparisons_that_share_a_person(seed: int) -> None:
    subjects = 7
    errors, trials = symmetric_case(seed, subjects)
    p = errors.sum() / trials.sum()
    # Unordered pairs of subjects, each once; the formula's ordered sums must come to the same.
    residual = {(i, j): errors[i, j] - p * trials[i, j] for i in range(subjects) for j in range(i + 1, subjects)}
    total = slow_sum_over_pairs_of_comparisons(residual)
    binomial_part = sum(value**2 for value in residual.values())
    slow = max(total, binomial_part) / (trials.sum() / 2) ** 2
    fast = within_set_variance(*sums_within(errors, trials))
    assert float(fast) == pytest.approx(slow * subjects / (subjects - 1), rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_variance_between_two_sets_is_the_sum_over_comparisons_that_share_a_probe_or_a_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trials = np.outer(rng.integers(1, 4, 5), rng.integers(1, 3, 6)).astype(float)
    errors = rng.binomial(trials.astype(int), rng.uniform(0.0, 0.8, (5, 1))).astype(float)
    probes, references = ClusterSums.of(errors.sum(1), trials.sum(1)), ClusterSums.of(errors.sum(0), trials.sum(0))
    pairs = ClusterSums.of(errors.ravel(), trials.ravel())
    p = errors.sum() / trials.sum()
    residual = errors - p * trials
    slow = 0.0
    for (i, j), (k, m) in itertools.product(np.ndindex(5, 6), np.ndindex(5, 6)):
        share_probe, share_reference = i == k, j == m
        weight = 5 / 4 * share_probe + 6 / 5 * share_reference - (share_probe and share_reference)
        slow += weight * residual[i, j] * residual[k, m]
    slow = max(slow, p * (1 - p) * trials.sum()) / trials.sum() ** 2
    assert float(two_way_variance(probes, references, pairs)) == pytest.approx(slow, rel=1e-10)


def test_people_on_both_sides_are_one_cluster() -> None:
    rng = np.random.default_rng(3)
    trials = np.full((6, 6), 2.0)
    np.fill_diagonal(trials, 0.0)
    errors = rng.binomial(trials.astype(int), rng.uniform(0.0, 0.9, (6, 1))).astype(float)
    subjects = ClusterSums.of(errors.sum(0) + errors.sum(1), trials.sum(0) + trials.sum(1))
    pairs = ClusterSums.of(errors.ravel(), trials.ravel())
    p = errors.sum() / trials.sum()
    residual = errors - p * trials
    slow = 0.0
    for (i, j), (k, m) in itertools.product(np.ndindex(6, 6), np.ndindex(6, 6)):
        shared = sum(a == b for a in (i, j) for b in (k, m))
        weight = 6 / 5 * shared - ((i, j) == (k, m))
        slow += weight * residual[i, j] * residual[k, m]
    slow = max(slow, p * (1 - p) * trials.sum()) / trials.sum() ** 2
    assert float(overlapping_sets_variance(subjects, pairs)) == pytest.approx(slow, rel=1e-10)


def test_variance_of_a_rate_by_subject_hand_worked() -> None:
    # Two subjects, 1 of 2 and 0 of 2 errors: rate 1/4, residuals 1/2 and -1/2, (1/4 + 1/4) / 16, times 2/1.
    sums = ClusterSums.of(np.array([1, 0]), np.array([2, 2]))
    assert float(per_subject_variance(sums)) == pytest.approx(0.0625)


def test_sums_of_parts_add_up_and_thresholds_are_the_last_axis() -> None:
    rng = np.random.default_rng(1)
    trials = rng.integers(1, 5, 9)
    errors = rng.integers(0, trials[:, None] + 1, (9, 4))
    whole = ClusterSums.of(errors, trials)
    parts = ClusterSums.of(errors[:4], trials[:4]) + ClusterSums.of(errors[4:], trials[4:])
    assert per_subject_variance(whole) == pytest.approx(per_subject_variance(parts))
    assert float(per_subject_variance(whole)[2]) == pytest.approx(
        float(per_subject_variance(ClusterSums.of(errors[:, 2], trials)))
    )


def test_interval_is_never_narrower_than_for_independent_comparisons() -> None:
    narrow = clustered_wilson(30, 1000, 1e-12, clusters=math.inf)
    low, high = wilson(30, 1000)
    assert (float(narrow.low), float(narrow.high)) == pytest.approx((float(low), float(high)))
    assert float(narrow.design_effect) == 1.0


def test_dependence_widens_the_interval_by_the_design_effect() -> None:
    binomial = 0.03 * 0.97 / 1000
    wide = clustered_wilson(30, 1000, 4 * binomial, clusters=math.inf)
    low, high = wilson(7.5, 250)
    assert float(wide.design_effect) == pytest.approx(4.0)
    assert float(wide.effective_trials) == pytest.approx(250.0)
    assert (float(wide.low), float(wide.high)) == pytest.approx((float(low), float(high)))


def test_few_subjects_widen_the_interval_by_students_quantile() -> None:
    few = clustered_wilson(30, 1000, 1e-4, clusters=5)
    many = clustered_wilson(30, 1000, 1e-4, clusters=5000)
    assert float(few.high) > float(many.high)
    assert critical_value(0.95, 5) == pytest.approx(2.7764451051977987, rel=1e-9)


def test_no_error_uses_the_design_effect_of_a_looser_threshold() -> None:
    optimistic = clustered_wilson(0, 1000, 0.0, clusters=50)
    honest = clustered_wilson(0, 1000, 0.0, clusters=50, design_effect_at_zero=4.0)
    assert float(optimistic.low) == float(honest.low) == 0.0
    assert float(honest.high) == pytest.approx(4 * float(optimistic.high), rel=0.02)


def test_zero_error_bounds_are_nists_and_the_disjoint_pairs_one() -> None:
    # Source: NIST IR 8429 section 4.2: 3.0/N at 95 %, 4.6/N at 99 %, 6.9/N at 99.9 %.
    for confidence, expected in ((0.95, 3.0), (0.99, 4.6), (0.999, 6.9)):
        bounds = zero_error_bounds(10_000, 101, confidence=confidence)
        assert round(bounds.independent * 10_000, 1) == expected
        assert bounds.disjoint_pairs == pytest.approx(bounds.independent * 10_000 / 50)
    assert zero_error_bounds(10_000, 101).by_design_effect is None
    middle = zero_error_bounds(10_000, 101, design_effect=2.5).by_design_effect
    assert middle == pytest.approx(2.5 * zero_error_bounds(10_000, 101).independent)


def test_a_bound_is_never_above_one() -> None:
    assert zero_error_bounds(1, 2).disjoint_pairs == 1.0


def test_one_person_gives_no_interval() -> None:
    with pytest.raises(AuditInputInvalid, match="at least two"):
        clustered_wilson(1, 10, 0.01, clusters=1)
    with pytest.raises(AuditInputInvalid, match="Fewer than two"):
        zero_error_bounds(10, 1)


def test_a_confidence_out_of_range_is_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="confidence of 95"):
        critical_value(95)


def test_no_trials_have_no_rate() -> None:
    sums = ClusterSums.of(np.zeros((3, 2)), np.zeros(3))
    assert np.isnan(sums.rate).all()
    assert sums.correction == 1.0
