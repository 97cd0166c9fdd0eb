"""One pass over all comparisons of a labelled set: counts and cluster sums at every similarity of a grid.

Rules kept here:

- A row block holds all photos of its subjects and meets all photos, so that a subject's counts are complete in it.
- For the variance only sums over subjects and over pairs of subjects are kept (``ClusterSums``), never a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from countenance.audit.intervals import ClusterSums, FloatNumbers
from countenance.core.vocabulary import FloatArray

IntArray = npt.NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class ScoreGrid:
    """Evenly spaced similarities from -1 to 1.

    Attributes:
        steps_per_unit: Grid steps in a similarity difference of 1.
        tolerance: A score this much below a grid similarity is still at it.
    """

    steps_per_unit: int
    tolerance: float

    @property
    def size(self) -> int:
        """Return the number of grid similarities."""
        return 2 * self.steps_per_unit + 1

    def values(self) -> FloatNumbers:
        """Return the similarities, ascending, -1 to 1."""
        return np.asarray(np.arange(-self.steps_per_unit, self.steps_per_unit + 1) / self.steps_per_unit)

    def positions(self, scores: FloatNumbers) -> IntArray:
        """Return for each score the last grid position at or below it."""
        steps = np.floor((scores + self.tolerance) * self.steps_per_unit).astype(np.int64) + self.steps_per_unit
        return np.clip(steps, 0, self.size - 1, out=steps)


@dataclass(frozen=True, slots=True, eq=False)
class GridCounts:
    """Cluster sums at every grid similarity; arrays have shape (grid,).

    Attributes:
        subjects: Non-mated comparisons at or above the similarity, by subject (each comparison with both its people).
        subject_pairs: The same by *ordered* pair of subjects.
        mated: Mated comparisons below the similarity, by subject, each once.
    """

    subjects: ClusterSums
    subject_pairs: ClusterSums
    mated: ClusterSums


@dataclass(frozen=True, slots=True, eq=False)
class _Photos:
    """Templates in float64, sorted by subject, and how many each subject has."""

    vectors: FloatNumbers
    each: IntArray
    subject: IntArray


def count_on_grid(
    vectors: FloatArray,
    photos_each: IntArray,
    grid: ScoreGrid,
    *,
    scores_per_block: int,
    progress: Callable[[int, int], None] | None = None,
) -> GridCounts:
    """Return the counts of all comparisons among photos sorted by subject.

    Args:
        vectors: Unit templates, float32, shape (photos, dimension), all photos of a subject together.
        photos_each: Number of photos of each subject, in the same order.
        grid: Similarities to count at.
        scores_per_block: Scores held at a time; a subject's photos against all are one block at least.
        progress: Called with (photos done, photos).
    """
    photos = _Photos(vectors.astype(np.float64), photos_each, np.repeat(np.arange(photos_each.size), photos_each))
    total: GridCounts | None = None
    for first, last in _blocks(photos_each, scores_per_block):
        part = _count_block(photos, first, last, grid)
        total = part if total is None else _add(total, part)
        if progress is not None:
            progress(int(photos_each[:last].sum()), len(vectors))
    if total is None:
        raise ValueError("there are no photos to count")
    return total


def _blocks(photos_each: IntArray, scores_per_block: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) ranges of subjects whose photos against all photos fit into a block."""
    ends = np.cumsum(photos_each)
    rows = max(1, scores_per_block // int(ends[-1]))
    first = 0
    while first < photos_each.size:
        start = int(ends[first]) - int(photos_each[first])
        last = max(first + 1, int(np.searchsorted(ends, start + rows, side="right")))
        yield first, last
        first = last


def _add(left: GridCounts, right: GridCounts) -> GridCounts:
    return GridCounts(
        left.subjects + right.subjects, left.subject_pairs + right.subject_pairs, left.mated + right.mated
    )


def _count_block(photos: _Photos, first: int, last: int, grid: ScoreGrid) -> GridCounts:
    start, stop = np.searchsorted(photos.subject, (first, last))
    own = photos.subject[start:stop]
    at = grid.positions(photos.vectors[start:stop] @ photos.vectors.T)
    mates = own[:, None] == photos.subject[None, :]
    # Rows of one subject follow each other and so do columns: a flat index of the subject pair within this block.
    pair = (own - first)[:, None] * photos.each.size + photos.subject[None, :]
    pair_sizes = np.outer(photos.each[first:last], photos.each)
    pair_sizes[np.arange(last - first), np.arange(first, last)] = 0
    apart = ~mates
    later = np.arange(photos.subject.size)[None, :] > np.arange(start, stop)[:, None]
    return GridCounts(
        subjects=_subject_sums(own - first, at, apart, pair_sizes.sum(axis=1), grid),
        subject_pairs=_pair_sums(pair[apart], at[apart], pair_sizes.ravel(), grid),
        mated=_mated_sums(own - first, at, mates & later, photos.each[first:last], grid),
    )


def _histograms(row_subject: IntArray, at: IntArray, chosen: npt.NDArray[np.bool_], count: int, size: int) -> IntArray:
    keys = (row_subject[:, None] * size + at)[chosen]
    return np.bincount(keys, minlength=count * size).reshape(count, size)


def _subject_sums(
    row_subject: IntArray, at: IntArray, apart: npt.NDArray[np.bool_], trials: IntArray, grid: ScoreGrid
) -> ClusterSums:
    return ClusterSums.of(tail(_histograms(row_subject, at, apart, trials.size, grid.size)), trials)


def _mated_sums(
    row_subject: IntArray, at: IntArray, mated: npt.NDArray[np.bool_], photos_each: IntArray, grid: ScoreGrid
) -> ClusterSums:
    histograms = _histograms(row_subject, at, mated, photos_each.size, grid.size)
    trials = photos_each * (photos_each - 1) // 2
    below = trials[:, None] - tail(histograms)
    return ClusterSums.of(below, trials)


def _pair_sums(pair: IntArray, at: IntArray, pair_sizes: IntArray, grid: ScoreGrid) -> ClusterSums:
    """Return Σc_ij and Σc_ij² at every grid similarity from the scores of pairs of subjects.

    The k-th highest score of a pair of subjects raises c_ij from k - 1 to k, so Σc_ij² grows by 2k - 1 there.
    """
    sizes = pair_sizes[pair]
    several = sizes > 1
    squares = np.bincount(at[~several], minlength=grid.size).astype(np.float64)
    if several.any():
        keys = np.sort(pair[several] * grid.size + (grid.size - 1 - at[several]))
        members = np.flatnonzero(np.diff(keys // grid.size, prepend=-1))
        lengths = np.diff(members, append=keys.size)
        rank = np.arange(keys.size) - np.repeat(members, lengths)
        squares += np.bincount(grid.size - 1 - keys % grid.size, weights=2.0 * rank + 1.0, minlength=grid.size)
    products: FloatNumbers = np.bincount(at, weights=sizes.astype(np.float64), minlength=grid.size).astype(np.float64)
    return ClusterSums(
        errors=tail(np.bincount(at, minlength=grid.size).astype(np.float64)),
        trials=float(pair_sizes.sum()),
        squared_errors=tail(squares),
        errors_times_trials=tail(products),
        squared_trials=float((pair_sizes.astype(np.float64) ** 2).sum()),
        clusters=int(np.count_nonzero(pair_sizes)),
    )


def tail(histogram: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return, along the last axis, the sum from each position to the end: counts at or above."""
    return np.asarray(np.cumsum(histogram[..., ::-1], axis=-1)[..., ::-1], dtype=histogram.dtype)
