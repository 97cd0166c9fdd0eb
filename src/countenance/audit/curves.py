"""Detection error trade-off and score distributions, by group, from histograms.

Rules kept here:

- Both rates of a point are counts at one grid similarity, which the point states.
- Points where neither count changes are left out; nothing is smoothed or interpolated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.pair_counts import PairCounts

FloatNumbers = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class DetCurve:
    """False match against false non-match, from low to high similarity.

    Attributes:
        name: The group, or ``all``.
        similarity: Thresholds, ascending, shape (points,).
        false_matches: Non-mated comparisons at or above each.
        non_mated: Non-mated comparisons.
        false_non_matches: Mated comparisons below each.
        mated: Mated comparisons.
    """

    name: str
    similarity: FloatNumbers = field(repr=False)
    false_matches: IntArray = field(repr=False)
    non_mated: int
    false_non_matches: IntArray = field(repr=False)
    mated: int

    @property
    def fmr(self) -> FloatNumbers:
        """Return the false match rates; NaN without non-mated comparisons."""
        return self.false_matches / self.non_mated if self.non_mated else np.full(self.similarity.size, math.nan)

    @property
    def fnmr(self) -> FloatNumbers:
        """Return the false non-match rates; NaN without mated comparisons."""
        return self.false_non_matches / self.mated if self.mated else np.full(self.similarity.size, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class ScoreDistribution:
    """How scores of one kind are spread.

    Attributes:
        name: The group, or ``all``.
        mated: Whether of one person's photos.
        counts: Comparisons by bin from ``PairCounts.edges``, shape (bins,).
        mean: Mean similarity, bins at their middle; NaN without comparisons.
        deviation: Standard deviation of the same.
    """

    name: str
    mated: bool
    counts: IntArray = field(repr=False)
    mean: float
    deviation: float


def det_curves(counts: PairCounts) -> tuple[DetCurve, ...]:
    """Return the curve of each group against itself, then of all comparisons together under the name ``all``."""
    groups = len(counts.sets.groups)
    own = np.arange(groups)
    curves = [
        _curve(name, counts.edges, counts.histogram[at, at], counts.mated.histogram[at])
        for at, name in enumerate(counts.sets.groups)
    ]
    # Of one set the table holds comparisons between groups on both sides of its diagonal.
    everything = counts.histogram.sum(axis=(0, 1))
    if counts.sets.one_set:
        everything = (everything + counts.histogram[own, own].sum(axis=0)) // 2
    return (*curves, _curve("all", counts.edges, everything, counts.mated.histogram.sum(axis=0)))


def _curve(name: str, edges: FloatNumbers, non_mated: IntArray, mated: IntArray) -> DetCurve:
    matches = np.cumsum(non_mated[::-1])[::-1]
    misses = np.cumsum(mated) - mated
    kept = np.ones(matches.size, dtype=np.bool_)
    kept[1:] = (np.diff(matches) != 0) | (np.diff(misses) != 0)
    return DetCurve(name, edges[kept], matches[kept], int(non_mated.sum()), misses[kept], int(mated.sum()))


def score_distributions(counts: PairCounts) -> tuple[ScoreDistribution, ...]:
    """Return the non-mated (within the group) and the mated distribution of each group."""
    return tuple(
        _distribution(name, mated, counts.edges, (counts.mated.histogram[at] if mated else counts.histogram[at, at]))
        for at, name in enumerate(counts.sets.groups)
        for mated in (False, True)
    )


def _distribution(name: str, mated: bool, edges: FloatNumbers, histogram: IntArray) -> ScoreDistribution:
    total = int(histogram.sum())
    if not total:
        return ScoreDistribution(name, mated, histogram, math.nan, math.nan)
    middle = np.minimum(edges[-1], edges + 0.5 * (edges[1] - edges[0]))
    mean = float(histogram @ middle) / total
    return ScoreDistribution(
        name, mated, histogram, mean, math.sqrt(max(0.0, float(histogram @ (middle - mean) ** 2) / total))
    )
