"""One tile of the score matrix: float32 product, histogram, and the pairs worth an exact score.

Rules kept here:

- The product is only a guide. A pair is counted by its float32 score where that cannot be wrong; every pair near a
  bin's edge is scored again (``scores.pair_scores``) and put where that score belongs. Counts therefore do not depend
  on the shape of tiles, the number of threads or the processor.
- "Near" starts at ``USUAL_ERROR``, many times the rounding error seen in products of unit templates. Each tile checks
  it on every pair it scores again and on a fixed sample; if one is off by more than half of it, the whole tile is
  judged with the bound that no rounding can exceed.
- The histogram is OpenCV's ``calcHist`` over 16-bit bin numbers: 0.2 ns a score where ``numpy.bincount`` takes 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from countenance.audit.scores import pair_scores
from countenance.core.vocabulary import FloatArray

IntArray = npt.NDArray[np.int64]

#: Histogram steps in a similarity difference of 1; the grid of a calibration.
STEPS_PER_UNIT = 1000
#: Bins: scores at or above each grid similarity -1, -0.999 … 1 and below the next; the last holds 1 and beyond.
BINS = 2 * STEPS_PER_UNIT + 1
#: Lower edges of the bins.
EDGES = np.arange(-STEPS_PER_UNIT, STEPS_PER_UNIT + 1) / STEPS_PER_UNIT
#: Number of the first bin within a tile; the numbers before it keep comparisons that do not count well apart.
_FIRST = 20
_OFFSET = np.float32(STEPS_PER_UNIT + _FIRST)
#: Raw product of a comparison that does not count: half a step into number 0, so far from every edge.
_LEFT_OUT = np.float32(0.5) - _OFFSET
#: Numbers from here on count. Rounding moves no score by ten steps (80,000 elements would be needed).
_COUNTED = _FIRST / 2
#: calcHist's range, rounded up to a power of two.
_CODES = 2048
#: Rounding error of a float32 product of unit templates that is taken for granted until a tile shows otherwise.
#: Largest seen over 9 million pairs each of eight kinds of templates, 128 and 512 elements: 9.0e-7 for near
#: duplicates, 2.8e-7 else.
USUAL_ERROR = 2.0**-20
#: Scores handled at a time; the passes over them stay in a processor's second-level cache.
SCORES_PER_STEP = 65_536
#: Pairs of a tile whose error is looked at whatever their score.
_SAMPLE = 16


def error_bound(dimension: int) -> float:
    """Return what no order of float32 summation can exceed for unit templates, scaled to bin numbers and back included.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1: |error| <= γ_n Σ|a_i b_i|, with
    γ_n about n·2^-24 and Σ|a_i b_i| <= 1; doubled for lengths up to 1.001 and second-order terms, plus half a unit in
    the last place of a bin number.
    """
    return float((dimension + 2) * 2.0**-23 + 2.0**-13 / STEPS_PER_UNIT)


def _bin_counts(codes: npt.NDArray[np.uint16]) -> IntArray:
    """Return how often each bin number below ``_CODES`` occurs; exact, as a step has far fewer than 2^24 scores."""
    # One row: OpenCV walks a column of single elements ten times as slowly.
    image = codes.reshape(1, -1)
    return np.asarray(cv2.calcHist([image], [0], None, [_CODES], [0, _CODES]).ravel().astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class TilePairs:
    """Pairs of a tile at or above a floor; ``exact`` ones have their exact score, others their float32 score.

    Attributes:
        probe: Position in the probe side.
        reference: Position in the reference side.
        score: float64.
    """

    probe: IntArray
    reference: IntArray
    score: npt.NDArray[np.float64]


class TileScorer:
    """Scores tiles in buffers of its own; one for each thread.

    Args:
        probes: Probe side, float32, sorted.
        references: Reference side, float32, sorted.
        largest: Number of scores of the largest tile.
    """

    def __init__(self, probes: FloatArray, references: FloatArray, largest: int) -> None:
        self._probes, self._references = probes, references
        self._bound = error_bound(probes.shape[1])
        self._scores = np.empty(largest, dtype=np.float32)
        self._scaled = np.empty((0, probes.shape[1]), dtype=np.float32)
        self._difference = np.empty(SCORES_PER_STEP, dtype=np.float32)
        self._near = np.empty(SCORES_PER_STEP, dtype=np.bool_)
        self._codes = np.empty(SCORES_PER_STEP, dtype=np.uint16)
        self._tile = self._scores.reshape(1, -1)
        self._rows = self._columns = range(0)

    def multiply(self, rows: range, columns: range) -> None:
        """Compute the raw products of a tile, given by positions in the sorted sides."""
        self._rows, self._columns = rows, columns
        self._tile = self._scores[: len(rows) * len(columns)].reshape(len(rows), len(columns))
        scaled = self._probes[rows.start : rows.stop] * np.float32(STEPS_PER_UNIT)
        np.matmul(scaled, self._references[columns.start : columns.stop].T, out=self._tile)

    def leave_out(self, rows: range, columns: range) -> None:
        """Take a rectangle of comparisons (mated ones) out of everything that follows."""
        top, left = self._rows.start, self._columns.start
        self._tile[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = _LEFT_OUT

    def leave_out_lower_triangle(self) -> None:
        """Take out every comparison of a position with itself or an earlier one."""
        own = np.arange(self._rows.start, self._rows.stop)[:, None]
        self._tile[own >= np.arange(self._columns.start, self._columns.stop)[None, :]] = _LEFT_OUT

    def histogram(self) -> IntArray:
        """Return the exact histogram of the tile's comparisons over ``EDGES``, shape (BINS,); turns scores to steps."""
        counts = np.zeros(_CODES, dtype=np.int64)
        flat = self._tile.reshape(-1)
        near = []
        for start in range(0, flat.size, SCORES_PER_STEP):
            part = flat[start : start + SCORES_PER_STEP]
            codes = self._codes[: part.size]
            np.add(part, _OFFSET, out=part)
            near.append(self._near_edges(part, USUAL_ERROR) + start)
            np.copyto(codes, part, casting="unsafe")
            counts += _bin_counts(codes)
        usual = self._sample_is_usual() and self._move(counts, np.concatenate(near), within=USUAL_ERROR / 2.0)
        if not usual:
            every = [
                self._near_edges(flat[start : start + SCORES_PER_STEP], self._bound) + start
                for start in range(0, flat.size, SCORES_PER_STEP)
            ]
            self._move(counts, np.concatenate(every), within=self._bound)
        # Lengths are 1 to a thousandth only: what lies past an end belongs to the bin at that end.
        counts[_FIRST] += counts[1:_FIRST].sum()
        counts[_FIRST + BINS - 1] += counts[_FIRST + BINS :].sum()
        return counts[_FIRST : _FIRST + BINS]

    def pairs_from(self, floor: float, decided_at: npt.NDArray[np.float64], exact_from: float) -> TilePairs:
        """Return every pair whose exact score may be at or above ``floor``; call after ``histogram``.

        Args:
            floor: A similarity.
            decided_at: Thresholds: a pair near one gets its exact score.
            exact_from: Pairs at or above this similarity get their exact score.
        """
        flat = self._tile.reshape(-1)
        lowest = np.float32((floor - self._bound) * STEPS_PER_UNIT + float(_OFFSET))
        found = []
        for start in range(0, flat.size, SCORES_PER_STEP):
            part = flat[start : start + SCORES_PER_STEP]
            found.append(np.flatnonzero(np.greater_equal(part, lowest, out=self._near[: part.size])) + start)
        at = np.concatenate(found)
        at = at[flat[at] >= _COUNTED]
        score = self._guess(flat[at])
        wanted = score >= exact_from - self._bound
        for threshold in decided_at.tolist():
            wanted |= np.abs(score - threshold) <= self._bound
        score[wanted] = self._exact(at[wanted])
        probe, reference = np.divmod(at, len(self._columns))
        return TilePairs(probe + self._rows.start, reference + self._columns.start, score)

    def kth_highest(self, count: int) -> float:
        """Return a similarity that at least ``count`` pairs of the tile reach, or minus infinity."""
        flat = self._tile.reshape(-1)
        if flat.size <= count:
            return -np.inf
        value = float(np.partition(flat, flat.size - count)[flat.size - count])
        return (value - float(_OFFSET)) / STEPS_PER_UNIT - self._bound if value >= _COUNTED else -np.inf

    def _guess(self, steps: FloatArray) -> npt.NDArray[np.float64]:
        return np.asarray((steps.astype(np.float64) - float(_OFFSET)) / STEPS_PER_UNIT)

    def _near_edges(self, steps: FloatArray, error: float) -> IntArray:
        difference, near = self._difference[: steps.size], self._near[: steps.size]
        np.rint(steps, out=difference)
        np.subtract(steps, difference, out=difference)
        np.abs(difference, out=difference)
        np.less_equal(difference, np.float32(error * STEPS_PER_UNIT), out=near)
        return np.flatnonzero(near)

    def _exact(self, at: IntArray) -> npt.NDArray[np.float64]:
        probe, reference = np.divmod(at, len(self._columns))
        return pair_scores(self._probes, self._references, probe + self._rows.start, reference + self._columns.start)

    def _move(self, counts: IntArray, at: IntArray, *, within: float) -> bool:
        """Move pairs from their float32 bin to their exact one, unless an error exceeds ``within``; return if moved."""
        at = at[self._tile.reshape(-1)[at] >= _COUNTED]
        steps = self._tile.reshape(-1)[at]
        exact = self._exact(at)
        if bool(np.any(np.abs(exact - self._guess(steps)) > within)):
            return False
        bins = np.clip(np.searchsorted(EDGES, exact, side="right") - 1, 0, BINS - 1)
        counts += np.bincount(bins + _FIRST, minlength=_CODES)
        counts -= np.bincount(steps.astype(np.int64), minlength=_CODES)
        return True

    def _sample_is_usual(self) -> bool:
        flat = self._tile.reshape(-1)
        at = np.arange(0, flat.size, max(1, flat.size // _SAMPLE))
        at = at[flat[at] >= _COUNTED]
        return not bool(np.any(np.abs(self._exact(at) - self._guess(flat[at])) > USUAL_ERROR / 2.0))
