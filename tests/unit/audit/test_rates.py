"""Rates and intervals against sums over dense tables of subjects, and failures folded in by hand."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.intervals import (
    ClusterSums,
    overlapping_sets_variance,
    per_subject_variance,
    two_way_variance,
    within_set_variance,
)
from countenance.audit.measured_rate import MeasuredRate, RateFlag
from countenance.audit.pair_counts import PairCounts
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import failure_rate, false_match_rates, false_non_match_rates, transaction_rates
from countenance.core.errors import AuditInputInvalid

Table = npt.NDArray[np.int64]
T = 0.45


def photo_set(seed: int, photos: int, people: range, offset: float = 0.0) -> PhotoSet:
    rng = np.random.default_rng(seed)
    subject = np.concatenate([np.array(people), rng.choice(np.array(people), photos - len(people))])
    centres = np.random.default_rng(1).normal(size=(200, 12)) + 0.4
    vectors = centres[subject] + 0.7 * rng.normal(size=(photos, 12)) + offset
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(vectors.astype(np.float32), [f"s{s:03}" for s in subject], [f"g{s % 3}" for s in subject])


def tables(probes: PhotoSet, references: PhotoSet) -> tuple[list[str], Table, Table]:
    """Return names, and matches and comparisons by (probe subject, reference subject)."""
    names = sorted(set(probes.subjects) | set(references.subjects))
    errors, trials = np.zeros((len(names),) * 2, int), np.zeros((len(names),) * 2, int)
    score = probes.vectors.astype(float) @ references.vectors.astype(float).T
    for i, a in enumerate(probes.subjects):
        for j, b in enumerate(references.subjects):
            if a != b:
                trials[names.index(a), names.index(b)] += 1
                errors[names.index(a), names.index(b)] += score[i, j] >= T
    return names, errors, trials


def group_of(names: list[str]) -> Table:
    return np.array([int(name[1:]) % 3 for name in names])


def test_one_set_has_vertex_variance_within_groups_and_two_way_variance_between() -> None:
    photos = photo_set(0, 90, range(36))
    found = false_match_rates(compare_all(photos, request=Request(thresholds=(T,))))
    names, errors, trials = tables(photos, photos)
    group = group_of(names)
    for g in range(3):
        for h in range(3):
            e, m = errors[group == g][:, group == h], trials[group == g][:, group == h]
            cell = found.cells[g][h][0]
            pairs = ClusterSums.of(e.ravel(), m.ravel())
            rows = ClusterSums.of(e.sum(1), m.sum(1))
            if g == h:
                expected = within_set_variance(rows, pairs)
                assert (cell.rate.errors, cell.rate.trials) == (e.sum() // 2, m.sum() // 2)
            else:
                expected = two_way_variance(rows, ClusterSums.of(e.sum(0), m.sum(0)), pairs)
                assert (cell.rate.errors, cell.rate.trials) == (e.sum(), m.sum())
            assert cell.variance == pytest.approx(float(expected), rel=1e-9)
            assert cell.rate.low <= cell.estimate <= cell.rate.high
    rows, pairs = ClusterSums.of(errors.sum(1), trials.sum(1)), ClusterSums.of(errors.ravel(), trials.ravel())
    assert found.overall[0].variance == pytest.approx(float(within_set_variance(rows, pairs)), rel=1e-9)
    assert found.overall[0].rate.trials == trials.sum() // 2
    assert found.overall[0].subjects == 36


@pytest.mark.parametrize("people", [range(100, 130), range(20, 50)])
def test_two_sets_have_two_way_variance_and_shared_people_are_one_cluster(people: range) -> None:
    probes, references = photo_set(0, 70, range(36)), photo_set(5, 60, people)
    found = false_match_rates(compare_all(probes, references, Request(thresholds=(T,))))
    names, errors, trials = tables(probes, references)
    group = group_of(names)
    shared = set(probes.subjects) & set(references.subjects)
    for g in range(3):
        for h in range(3):
            own, other = group == g, group == h
            e, m = errors * own[:, None] * other[None, :], trials * own[:, None] * other[None, :]
            pairs = ClusterSums.of(e.ravel(), m.ravel())
            if g == h and shared:
                expected = overlapping_sets_variance(ClusterSums.of(e.sum(0) + e.sum(1), m.sum(0) + m.sum(1)), pairs)
            else:
                expected = two_way_variance(
                    ClusterSums.of(e.sum(1), m.sum(1)), ClusterSums.of(e.sum(0), m.sum(0)), pairs
                )
            assert found.cells[g][h][0].variance == pytest.approx(float(expected), rel=1e-9)
            assert found.cells[g][h][0].rate.errors == e.sum()
            assert found.cells[g][h][0].rate.trials == m.sum()


def test_false_non_match_rates_are_clustered_by_subject() -> None:
    photos = photo_set(2, 120, range(36))
    found = false_non_match_rates(compare_all(photos, request=Request(thresholds=(0.8,))))
    score = photos.vectors.astype(float) @ photos.vectors.astype(float).T
    names = sorted(set(photos.subjects))
    misses, trials = np.zeros(len(names), int), np.zeros(len(names), int)
    for i in range(len(photos.subjects)):
        for j in range(i):
            if photos.subjects[i] == photos.subjects[j]:
                trials[names.index(photos.subjects[i])] += 1
                misses[names.index(photos.subjects[i])] += score[i, j] < 0.8
    group = group_of(names)
    for g in range(3):
        cell = found.cells[g][0]
        sums = ClusterSums.of(misses[group == g], trials[group == g])
        assert (cell.rate.errors, cell.rate.trials) == (sums.errors, sums.trials)
        assert cell.variance == pytest.approx(float(per_subject_variance(sums)), rel=1e-9)
        assert cell.subjects == np.count_nonzero(trials[group == g])
    assert found.overall[0].rate.trials == trials.sum()


def counted(thresholds: tuple[float, ...]) -> PairCounts:
    return compare_all(photo_set(3, 90, range(36)), request=Request(thresholds=thresholds))


def test_a_threshold_without_errors_is_flagged_and_bounded_three_ways() -> None:
    found = false_match_rates(counted((0.3, 0.99999)))
    loose, none = found.overall
    assert loose.rate.errors >= 30
    assert none.rate.errors == 0
    assert RateFlag.NO_ERROR_SEEN in none.flags
    assert none.zero_error_bounds is not None
    bounds = none.zero_error_bounds
    assert bounds.by_design_effect is not None
    assert bounds.independent < bounds.by_design_effect < bounds.disjoint_pairs
    assert none.design_effect == pytest.approx(loose.design_effect)
    assert bounds.disjoint_pairs == pytest.approx(-math.log(0.05) / 18)
    assert loose.zero_error_bounds is None


def test_few_errors_are_flagged() -> None:
    found = false_match_rates(counted((0.75,))).overall[0]
    assert 0 < found.rate.errors < 30
    assert found.flags == (RateFlag.FEW_ERRORS,)


def test_a_group_of_one_person_has_counts_and_no_interval() -> None:
    vectors = np.eye(5, dtype=np.float32)
    photos = PhotoSet(vectors, ["a", "a", "b", "c", "d"], ["x", "x", "y", "y", "y"])
    counts = compare_all(photos, request=Request(thresholds=(0.5,)))
    matches, misses = false_match_rates(counts), false_non_match_rates(counts)
    assert matches.cells[0][0][0].flags == (RateFlag.NO_TRIALS,)
    assert math.isnan(matches.cells[0][0][0].estimate)
    assert matches.cells[0][1][0].flags == (RateFlag.ONE_SUBJECT,)
    assert (matches.cells[0][1][0].rate.low, matches.cells[0][1][0].rate.high) == (0.0, 1.0)
    assert misses.cells[0][0].rate.errors == 1
    assert misses.cells[0][0].flags == (RateFlag.ONE_SUBJECT,)
    assert misses.cells[1][0].flags == (RateFlag.NO_TRIALS,)


def test_all_scores_equal_to_the_threshold_are_matches() -> None:
    vectors = np.tile(np.eye(1, 4, dtype=np.float32), (8, 1))
    photos = PhotoSet(vectors, list("aabbccdd"), ["x"] * 8)
    counts = compare_all(photos, request=Request(thresholds=(1.0,)))
    assert false_match_rates(counts).overall[0].estimate == 1.0
    assert false_non_match_rates(counts).overall[0].estimate == 0.0


def test_failures_are_clustered_by_the_person_who_failed() -> None:
    rate = failure_rate([True, True, False, False, False, False], ["a", "a", "b", "b", "c", "c"])
    assert (rate.rate.errors, rate.rate.trials, rate.subjects) == (2, 6, 3)
    # Residuals 2 - 2/3, -2/3, -2/3: squares 16/9 + 4/9 + 4/9 = 24/9, over 36, times 3/2.
    assert rate.variance == pytest.approx(24 / 9 / 36 * 1.5)
    with pytest.raises(AuditInputInvalid, match="2 attempts and 1 subjects"):
        failure_rate([True, False], ["a"])


def rate_of(errors: int, people: int) -> MeasuredRate:
    return failure_rate([at < errors for at in range(people)], [f"p{at}" for at in range(people)])


def test_transaction_rates_hand_worked() -> None:
    rates = transaction_rates(rate_of(10, 1000), rate_of(40, 1000), rate_of(50, 1000), rate_of(20, 1000))
    # FAR = .01·.95; FRR = .05 + .04·.95; GFAR = FAR·.98; GFRR = .02 + .98·FRR.
    assert rates.far.estimate == pytest.approx(0.0095)
    assert rates.frr.estimate == pytest.approx(0.088)
    assert rates.gfar.estimate == pytest.approx(0.00931)
    assert rates.gfrr.estimate == pytest.approx(0.10624)
    for rate in (rates.far, rates.frr, rates.gfar, rates.gfrr):
        assert rate.rate.low < rate.estimate < rate.rate.high


def test_failures_to_acquire_raise_the_rejection_of_the_group_they_befall() -> None:
    without = transaction_rates(rate_of(1, 1000), rate_of(40, 1000), rate_of(0, 1000), rate_of(0, 1000))
    with_failures = transaction_rates(rate_of(1, 1000), rate_of(40, 1000), rate_of(200, 1000), rate_of(0, 1000))
    assert with_failures.frr.rate.low > without.frr.rate.high


def test_a_rejection_rate_is_no_surer_than_its_least_sure_part() -> None:
    rates = transaction_rates(rate_of(1, 1000), rate_of(0, 20), rate_of(5, 1000), rate_of(0, 1000))
    assert rates.frr.rate.high > 0.1


def test_a_rate_without_trials_makes_transactions_unknown() -> None:
    nothing = failure_rate([], [])
    rates = transaction_rates(nothing, rate_of(1, 10), rate_of(1, 10), rate_of(1, 10))
    assert math.isnan(rates.far.estimate)
    assert RateFlag.NO_TRIALS in rates.far.flags
