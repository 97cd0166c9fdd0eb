"""Curves and distributions against counting at each threshold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.audit.allpairs import compare_all
from countenance.audit.curves import det_curves, score_distributions
from countenance.audit.photo_set import PhotoSet

RNG = np.random.default_rng(0)
SUBJECT = RNG.integers(0, 20, 60)
VECTORS = RNG.normal(size=(20, 10))[SUBJECT] + 0.7 * RNG.normal(size=(60, 10))
VECTORS = (VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)).astype(np.float32)
PHOTOS = PhotoSet(VECTORS, [f"s{s}" for s in SUBJECT], [f"g{s % 2}" for s in SUBJECT])
SCORE = (VECTORS.astype(float) @ VECTORS.astype(float).T)[np.triu_indices(60, 1)]
MATED = (SUBJECT[:, None] == SUBJECT[None, :])[np.triu_indices(60, 1)]
GROUPS = np.stack(np.broadcast_arrays(SUBJECT[:, None] % 2, SUBJECT[None, :] % 2))[:, *np.triu_indices(60, 1)]


@pytest.mark.parametrize(("name", "group"), [("g0", 0), ("g1", 1), ("all", None)])
def test_every_point_is_a_count_at_its_similarity(name: str, group: int | None) -> None:
    curve = next(curve for curve in det_curves(compare_all(PHOTOS)) if curve.name == name)
    within = np.ones(SCORE.size, bool) if group is None else (group == GROUPS).all(axis=0)
    non_mated, mated = SCORE[within & ~MATED], SCORE[within & MATED]
    assert (curve.non_mated, curve.mated) == (non_mated.size, mated.size)
    for at in range(0, curve.similarity.size, 7):
        assert curve.false_matches[at] == (non_mated >= curve.similarity[at]).sum()
        assert curve.false_non_matches[at] == (mated < curve.similarity[at]).sum()
    assert curve.fmr[0] == 1.0
    assert curve.fmr[-1] == 0.0
    assert (np.diff(curve.fnmr) >= 0).all()


def test_two_sets_are_counted_once() -> None:
    other = PhotoSet(VECTORS[:30], [f"o{s}" for s in SUBJECT[:30]], [f"g{s % 2}" for s in SUBJECT[:30]])
    assert det_curves(compare_all(PHOTOS, other))[-1].non_mated == 60 * 30


def test_no_mated_comparison_has_no_fnmr() -> None:
    photos = PhotoSet(np.eye(3, dtype=np.float32), ["a", "b", "c"], ["g"] * 3)
    curve = det_curves(compare_all(photos))[-1]
    assert curve.mated == 0
    assert np.isnan(curve.fnmr).all()


def test_distributions_have_the_scores_mean_and_deviation() -> None:
    found = {(d.name, d.mated): d for d in score_distributions(compare_all(PHOTOS))}
    for group in (0, 1):
        within = (group == GROUPS).all(axis=0)
        for mated in (False, True):
            scores = SCORE[within & (mated == MATED)]
            distribution = found[f"g{group}", mated]
            assert distribution.counts.sum() == scores.size
            assert distribution.mean == pytest.approx(scores.mean(), abs=5e-4)
            assert distribution.deviation == pytest.approx(scores.std(), abs=1e-3)


def test_an_empty_distribution_has_no_mean() -> None:
    photos = PhotoSet(np.eye(3, dtype=np.float32), ["a", "b", "c"], ["g"] * 3)
    mated = next(d for d in score_distributions(compare_all(photos)) if d.mated)
    assert math.isnan(mated.mean)
    assert math.isnan(mated.deviation)
