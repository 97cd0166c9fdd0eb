"""The exact score against correctly rounded sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.audit.scores import pair_scores


@pytest.mark.parametrize("dimension", [1, 2, 3, 7, 128, 513])
def test_scores_agree_with_correctly_rounded_sums(dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    vectors = rng.normal(size=(60, dimension)).astype(np.float32)
    probe, reference = rng.integers(0, 60, 3000), rng.integers(0, 60, 3000)
    found = pair_scores(vectors, vectors, probe, reference)
    for at in range(0, 3000, 50):
        exact = math.fsum(float(a) * float(b) for a, b in zip(vectors[probe[at]], vectors[reference[at]], strict=True))
        size = math.fsum(
            abs(float(a) * float(b)) for a, b in zip(vectors[probe[at]], vectors[reference[at]], strict=True)
        )
        assert abs(found[at] - exact) <= 1e-15 * size


def test_a_pair_has_one_score_whatever_it_is_scored_with() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 128)).astype(np.float32)
    probe, reference = rng.integers(0, 50, 2500), rng.integers(0, 50, 2500)
    together = pair_scores(vectors, vectors, probe, reference)
    alone = [pair_scores(vectors, vectors, probe[k : k + 1], reference[k : k + 1])[0] for k in range(2500)]
    swapped = pair_scores(vectors, vectors, reference, probe)
    assert together.tolist() == alone
    assert together.tolist() == swapped.tolist()


def test_no_pairs_have_no_scores() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert pair_scores(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), nothing, nothing).size == 0
