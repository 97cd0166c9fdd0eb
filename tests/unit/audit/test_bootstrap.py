"""The vectorised bootstrap against one that repeats people, and its width against the formula's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.bootstrap import (
    Resampling,
    draw_weights,
    measure_interval,
    percentile_interval,
    replicate_rates,
)
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import false_match_rates
from countenance.audit.subject_pairs import SubjectComparisons, subject_comparisons
from countenance.audit.summary_measures import combined_measures
from countenance.core.errors import AuditInputInvalid

FLOOR, T = 0.1, 0.5


def photo_set(seed: int = 0, people: int = 24, photos: int = 60) -> PhotoSet:
    rng = np.random.default_rng(seed)
    subject = np.concatenate([np.arange(people), rng.integers(0, people, photos - people)])
    vectors = rng.normal(size=(people, 8))[subject] + 0.7 * rng.normal(size=(photos, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(vectors.astype(np.float32), [f"s{s:02}" for s in subject], [f"g{s % 2}" for s in subject])


PHOTOS = photo_set()
COUNTS = compare_all(PHOTOS, request=Request(thresholds=(T,), keep_from=FLOOR))
DATA = subject_comparisons(COUNTS)


def slow_replicate(
    data: SubjectComparisons, weights: np.ndarray, threshold: float
) -> tuple[float, list[float], list[float]]:
    """Return FMR overall, within groups and FNMR by group by walking over subjects and comparisons one by one."""
    trials, errors = np.zeros((2, 2)), np.zeros((2, 2))
    for i in range(data.photos.size):
        for j in range(i):
            weight = weights[i] * weights[j] * data.photos[i] * data.photos[j]
            trials[data.group[i], data.group[j]] += weight
    for i, j, score in zip(data.first, data.second, data.score, strict=True):
        errors[data.group[i], data.group[j]] += weights[i] * weights[j] * (score >= threshold)
    missed, mated = np.zeros(2), np.zeros(2)
    for i, score in zip(data.mated_subject, data.mated_score, strict=True):
        mated[data.group[i]] += weights[i]
        missed[data.group[i]] += weights[i] * (score < threshold)
    return errors.sum() / trials.sum(), (np.diag(errors) / np.diag(trials)).tolist(), (missed / mated).tolist()


@pytest.mark.parametrize("resampling", list(Resampling))
def test_replicates_equal_a_walk_over_comparisons(resampling: Resampling) -> None:
    weights = draw_weights(24, 12, np.random.default_rng(1), resampling=resampling)
    found = replicate_rates(DATA, weights, threshold=T)
    for at, weight in enumerate(weights):
        overall, within, fnmr = slow_replicate(DATA, weight, T)
        assert found.overall[at] == pytest.approx(overall)
        assert found.within[at] == pytest.approx(within)
        assert found.fnmr[at] == pytest.approx(fnmr)


@pytest.mark.parametrize("group", [None, 1])
def test_a_recalibrated_threshold_is_the_lowest_that_meets_the_target_in_its_replicate(group: int | None) -> None:
    weights = draw_weights(24, 12, np.random.default_rng(2))
    found = replicate_rates(DATA, weights, target=0.05, target_group=group)
    for at, weight in enumerate(weights):
        threshold = found.thresholds[at]
        overall, within, _ = slow_replicate(DATA, weight, threshold)
        assert (overall if group is None else within[group]) <= 0.05
        below = float(np.nextafter(threshold, -np.inf))
        overall, within, _ = slow_replicate(DATA, weight, below)
        assert (overall if group is None else within[group]) > 0.05
    assert np.unique(found.thresholds).size > 3


def test_weights_of_one_give_the_rates_of_the_data() -> None:
    found = replicate_rates(DATA, np.ones((1, 24)), threshold=T)
    rates = false_match_rates(COUNTS)
    assert found.overall[0] == pytest.approx(rates.overall[0].estimate)
    assert found.within[0] == pytest.approx([rate.estimate for rate in rates.within(0)])


def test_parts_of_replicates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from countenance.audit import bootstrap

    weights = draw_weights(24, 9, np.random.default_rng(3))
    whole = replicate_rates(DATA, weights, target=0.05)
    monkeypatch.setattr(bootstrap, "_WEIGHTS_PER_STEP", 1)
    parts = replicate_rates(DATA, weights, target=0.05)
    assert np.array_equal(whole.thresholds, parts.thresholds)
    assert np.array_equal(whole.within, parts.within)


def test_drawn_weights_have_mean_one_and_a_seed_repeats_them() -> None:
    for resampling in Resampling:
        weights = draw_weights(50, 400, np.random.default_rng(4), resampling=resampling)
        assert weights.mean() == pytest.approx(1.0, abs=0.03)
        assert np.array_equal(weights, draw_weights(50, 400, np.random.default_rng(4), resampling=resampling))
    assert set(np.unique(weights)) == {0.0, 2.0}


def test_the_bootstrap_is_about_as_wide_as_the_formula() -> None:
    rate = false_match_rates(COUNTS).overall[0]
    replicates = replicate_rates(DATA, draw_weights(24, 2000, np.random.default_rng(5)), threshold=T)
    ratio = float(replicates.overall.std()) / math.sqrt(rate.variance)
    assert 0.8 < ratio < 2.0


def test_a_measure_has_an_interval_and_replicates_without_it_are_counted() -> None:
    replicates = replicate_rates(DATA, draw_weights(24, 300, np.random.default_rng(6)), threshold=T)
    found = measure_interval(replicates, lambda fmr, fnmr: combined_measures(fmr, fnmr, alpha=0.5).garbe)
    assert 0.0 <= found.low < found.high <= 1.0
    assert found.replicates + found.missing == 300
    nothing = percentile_interval(np.array([math.nan, math.inf]))
    assert math.isnan(nothing.low)
    assert nothing.missing == 2


def test_a_threshold_below_the_kept_comparisons_is_refused_or_missing() -> None:
    weights = draw_weights(24, 5, np.random.default_rng(7))
    with pytest.raises(AuditInputInvalid, match="is below"):
        replicate_rates(DATA, weights, threshold=FLOOR - 0.01)
    assert np.isnan(replicate_rates(DATA, weights, target=0.99).thresholds).all()
    assert np.isnan(replicate_rates(DATA, weights, target=0.99).overall).all()


def test_exactly_one_of_threshold_and_target() -> None:
    for arguments in ({}, {"threshold": T, "target": 0.1}):
        with pytest.raises(AuditInputInvalid, match="not both"):
            replicate_rates(DATA, np.ones((1, 24)), **arguments)


def test_resampling_needs_one_set_with_kept_comparisons() -> None:
    for counts in (compare_all(PHOTOS), compare_all(PHOTOS, PHOTOS, Request(keep_from=FLOOR))):
        with pytest.raises(AuditInputInvalid, match="one set whose high comparisons were kept"):
            subject_comparisons(counts)
