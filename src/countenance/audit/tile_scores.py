"""One tile of the score matrix: float32 product, histogram, and the pairs worth an exact score.

Rules kept here:

- The product is only a guide. A pair is counted by its float32 score where that cannot be wrong; every pair near a
  bin's edge is scored again (``scores.pair_scores``) and put where that score belongs. Counts therefore do not depend
  on the shape of tiles, the number of threads or the processor.
- "Near" starts at ``USUAL_ERROR`` (``USUAL_STRONG_ERROR``), seven and more times the usual rounding error. Each tile
  checks that on every pair it scores again and on a fixed sample; where an error comes close to it, "near" is widened,
  for that tile and those after it, at most to the bound that no rounding can exceed.
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
#: Rounding errors of a float32 product of unit templates that are taken for granted until a tile shows otherwise: of
#: scores up to ``STRONG`` in size, and of stronger ones, whose partial sums are larger. Seen in 9 million pairs each of
#: several kinds of templates, 128 and 512 elements: on average (root mean square) 3e-8 around scores of zero, 9e-8
#: around 0.5, 1.7e-7 around 1.
USUAL_ERROR = 2.0**-22
USUAL_STRONG_ERROR = 2.0**-18
STRONG = 0.3
#: Share of the error taken for granted that a seen error may reach.
_TOO_CLOSE = 0.75
#: Bin numbers of scores that are surely not strong: from the first up to, not including, the second.
_WEAK = (
    np.uint16(_FIRST + STEPS_PER_UNIT - round(STRONG * STEPS_PER_UNIT) + 1),
    np.uint16(_FIRST + STEPS_PER_UNIT + round(STRONG * STEPS_PER_UNIT) - 1),
)
#: More than the rounding of a step itself: two units in the last place of numbers from 2048 to 4095.
_STEP_ROUNDING = np.float32(2.0**-11)
#: Strong pairs are listed while they are at most one in so many; where most are strong, all are taken for strong.
_FEW = 50
#: Scores multiplied at a time, 2 MB; measured best with 1 MB of second-level cache and a larger third level.
SCORES_PER_STRIP = 524_288
#: Scores marked at a time: they and three passes' buffers stay in that cache.
SCORES_PER_PASS = 32_768
#: Pairs of a tile whose error is looked at whatever their score.
_SAMPLE = 16
#: calcHist counts in float32, which holds whole numbers up to here.
_COUNTS_EXACT = 2**24
#: Marks (bytes) in a machine word.
_WORD = 8
_NOTHING: IntArray = np.empty(0, dtype=np.int64)


def error_bound(dimension: int) -> float:
    """Return what no order of float32 summation can exceed for unit templates, scaled to bin numbers and back included.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1: |error| <= γ_n Σ|a_i b_i|, with
    γ_n about n·2^-24 and Σ|a_i b_i| <= 1; doubled for lengths up to 1.001 and second-order terms, plus half a unit in
    the last place of a bin number.
    """
    return float((dimension + 2) * 2.0**-23 + 2.0**-13 / STEPS_PER_UNIT)


def _bin_counts(codes: npt.NDArray[np.uint16]) -> IntArray:
    """Return how often each bin number below ``_CODES`` occurs."""
    counts = np.zeros(_CODES, dtype=np.int64)
    for start in range(0, codes.size, _COUNTS_EXACT):
        # One row: OpenCV walks a column of single elements ten times as slowly.
        image = codes[start : start + _COUNTS_EXACT].reshape(1, -1)
        counts += cv2.calcHist([image], [0], None, [_CODES], [0, _CODES]).ravel().astype(np.int64)
    return counts


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Comparisons of a tile that do not count.

    Attributes:
        rectangles: Ranges of probe and reference positions (mated comparisons).
        lower_triangle: Whether a position's comparisons with itself and earlier ones are left out (one set).
    """

    rectangles: tuple[tuple[range, range], ...] = ()
    lower_triangle: bool = False

    @property
    def any(self) -> bool:
        """Return whether anything is left out."""
        return self.lower_triangle or bool(self.rectangles)

    def blank(self, strip: FloatArray, top: int, left: int) -> None:
        """Overwrite what does not count in a strip of raw products whose corner is at positions (top, left)."""
        if self.lower_triangle:
            own = np.arange(top, top + strip.shape[0])[:, None]
            strip[own >= np.arange(left, left + strip.shape[1])[None, :]] = _LEFT_OUT
        for rows, columns in self.rectangles:
            if rows.stop <= top or rows.start >= top + strip.shape[0]:
                continue
            inside = slice(max(rows.start - top, 0), max(rows.stop - top, 0))
            strip[inside, columns.start - left : columns.stop - left] = _LEFT_OUT


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
        self._usual, self._usual_strong = min(USUAL_ERROR, self._bound), min(USUAL_STRONG_ERROR, self._bound)
        size = -(-largest // _WORD) * _WORD
        self._buffer = np.empty(size, dtype=np.float32)
        self._codes = np.empty(size, dtype=np.uint16)
        self._marks = np.empty(size, dtype=np.bool_)
        self._difference = np.empty(SCORES_PER_PASS, dtype=np.float32)
        self._away = np.empty(SCORES_PER_PASS, dtype=np.uint16)
        self._strong = np.empty(SCORES_PER_PASS, dtype=np.bool_)
        self._shift, self._offset = np.float32(0.0), _OFFSET
        self._steps = self._buffer[:0]
        self._rows = self._columns = range(0)
        self._found = _NOTHING

    def score(self, rows: range, columns: range, left_out: LeftOut, floor: float) -> IntArray:
        """Return the exact histogram of a tile over ``EDGES``, shape (BINS,), and keep the tile for ``pairs``.

        Args:
            rows: Positions in the sorted probe side.
            columns: Positions in the sorted reference side.
            left_out: Comparisons of the tile that do not count.
            floor: Similarity from which on ``pairs`` will be asked for; infinity for none.
        """
        self._rows, self._columns = rows, columns
        self._shift = self._as_steps(self._usual)
        self._offset = _OFFSET + self._shift
        self._steps = self._buffer[: len(rows) * len(columns)]
        tile = self._steps.reshape(len(rows), len(columns))
        scaled = self._probes[rows.start : rows.stop] * np.float32(STEPS_PER_UNIT)
        others = self._references[columns.start : columns.stop].T
        # Strip by strip, so that the passes over a strip's scores find them where the product left them: in cache.
        height = max(1, SCORES_PER_STRIP // len(columns))
        for top in range(0, len(rows), height):
            strip = tile[top : top + height]
            np.matmul(scaled[top : top + height], others, out=strip)
            left_out.blank(strip, rows.start + top, columns.start)
            first = top * len(columns)
            for start in range(first, first + strip.size, SCORES_PER_PASS):
                self._mark(slice(start, min(start + SCORES_PER_PASS, first + strip.size)))
        if left_out.any:
            marks = self._marks[: self._steps.size]
            np.logical_and(marks, self._codes[: self._steps.size] >= _COUNTED, out=marks)
        counts = _bin_counts(self._codes[: self._steps.size])
        marked = self._settle(counts)
        if floor >= STRONG + self._bound and marked is not None:
            self._found = marked[self._steps[marked] >= self._lowest(floor)]
        elif floor < np.inf:
            self.find_from(floor)
        else:
            self._found = _NOTHING
        # Lengths are 1 to a thousandth only: what lies past an end belongs to the bin at that end.
        counts[_FIRST] += counts[1:_FIRST].sum()
        counts[_FIRST + BINS - 1] += counts[_FIRST + BINS :].sum()
        return counts[_FIRST : _FIRST + BINS]

    def _mark(self, part: slice) -> None:
        """Turn raw products into steps; note their bins, and mark those near an edge or strong."""
        steps, codes, marks = self._buffer[part], self._codes[part], self._marks[part]
        difference, away, strong = (spare[: steps.size] for spare in (self._difference, self._away, self._strong))
        # Shifted up by what counts as near, a score just below an edge lies just above it, where those just above it
        # are: one comparison finds both.
        np.add(steps, self._offset, out=steps)
        np.copyto(codes, steps, casting="unsafe")
        np.floor(steps, out=difference)
        np.subtract(steps, difference, out=difference)
        np.less_equal(difference, np.float32(2.0) * self._shift, out=marks)
        # Unsigned numbers wrap around: one comparison finds what is below the weak bins and what is above them.
        np.subtract(codes, _WEAK[0], out=away)
        np.greater_equal(away, _WEAK[1] - _WEAK[0], out=strong)
        np.logical_or(marks, strong, out=marks)

    def pairs(self, decided_at: npt.NDArray[np.float64], exact_from: float) -> TilePairs:
        """Return every pair of the last tile whose exact score may be at or above the floor it was scored with.

        Args:
            decided_at: Thresholds: a pair near one gets its exact score.
            exact_from: Pairs at or above this similarity get their exact score.
        """
        at = self._found
        score = self._guess(self._steps[at])
        wanted = score >= exact_from - self._bound
        for threshold in decided_at.tolist():
            wanted |= np.abs(score - threshold) <= self._bound
        score[wanted] = self._exact(at[wanted])
        probe, reference = np.divmod(at, len(self._columns))
        return TilePairs(probe + self._rows.start, reference + self._columns.start, score)

    def find_from(self, floor: float) -> None:
        """Set the floor of ``pairs`` anew for the last tile."""
        np.greater_equal(self._steps, self._lowest(floor), out=self._marks[: self._steps.size])
        self._found = self._marked()

    def kth_highest(self, count: int) -> float:
        """Return a similarity that at least ``count`` pairs of the last tile reach, or minus infinity."""
        steps = self._steps
        if steps.size <= count:
            return -np.inf
        value = float(np.partition(steps, steps.size - count)[steps.size - count])
        return (value - float(self._offset)) / STEPS_PER_UNIT - self._bound if value >= _COUNTED else -np.inf

    def _lowest(self, floor: float) -> np.float32:
        """Return the step from which on the exact score may be at or above a floor; never that of one left out."""
        return np.float32(max((floor - self._bound) * STEPS_PER_UNIT + float(self._offset), _COUNTED))

    def _marked(self) -> IntArray:
        """Return the flat positions of the tile that are marked; few, so eight marks are looked at in one word."""
        marks, size = self._marks, self._steps.size
        padded = -(-size // _WORD) * _WORD
        marks[size:padded] = False
        words = marks[:padded].view(np.uint64)
        # Two steps: NumPy finds true booleans eight times as fast as words that are not zero.
        at = np.flatnonzero(words != 0)
        row, column = np.nonzero(marks[:padded].reshape(-1, _WORD)[at])
        return np.asarray(at[row] * _WORD + column)

    def _guess(self, steps: FloatArray) -> npt.NDArray[np.float64]:
        return np.asarray((steps.astype(np.float64) - float(self._offset)) / STEPS_PER_UNIT)

    def _exact(self, at: IntArray) -> npt.NDArray[np.float64]:
        probe, reference = np.divmod(at, len(self._columns))
        return pair_scores(self._probes, self._references, probe + self._rows.start, reference + self._columns.start)

    def _settle(self, counts: IntArray) -> IntArray | None:
        """Move pairs near an edge to the bin of their exact score, with "near" as wide as this tile's rounding asks.

        Returns the flat positions of all strong pairs and some others, or None if they are too many to list.
        """
        size = self._steps.size
        strong = int(counts[1 : _WEAK[0]].sum() + counts[_WEAK[1] :].sum())
        listed = strong <= size // _FEW
        marked = self._marked() if listed else self._closer_than(self._usual_strong)
        sample = np.arange(0, size, max(1, size // _SAMPLE))
        sample = sample[self._steps[sample] >= _COUNTED]
        while True:
            near = self._near_edges(marked)
            at = np.concatenate([near, sample])
            exact, guess = self._exact(at), self._guess(self._steps[at])
            if self._wide_enough(np.abs(exact - guess), np.abs(guess) >= STRONG):
                break
            marked, listed = self._closer_than(max(self._usual, self._usual_strong)), False
        bins = np.clip(np.searchsorted(EDGES, exact[: near.size], side="right") - 1, 0, BINS - 1)
        counts += np.bincount(bins + _FIRST, minlength=_CODES)
        counts -= np.bincount(self._codes[near], minlength=_CODES)
        return marked if listed else None

    def _closer_than(self, error: float) -> IntArray:
        """Return the flat positions of pairs no further than ``error`` from an edge."""
        np.less_equal(self._distance(self._steps), self._as_steps(error), out=self._marks[: self._steps.size])
        return self._marked()

    def _near_edges(self, marked: IntArray) -> IntArray:
        """Return those of the marked pairs whose exact bin may be another than that of their float32 score."""
        steps = self._steps[marked]
        strong = np.abs(self._guess(steps)) >= STRONG - self._bound
        error = np.where(strong, self._as_steps(self._usual_strong), self._as_steps(self._usual))
        return marked[(self._distance(steps) <= error + _STEP_ROUNDING) & (steps >= _COUNTED)]

    def _wide_enough(self, error: npt.NDArray[np.float64], strong: npt.NDArray[np.bool_]) -> bool:
        """Return whether no error comes close to what was taken for granted; widen what was, up to the bound."""
        enough = True
        worst = float(error[~strong].max(initial=0.0))
        if self._usual < self._bound and worst > _TOO_CLOSE * self._usual:
            self._usual, enough = min(self._bound, 2.0 * max(self._usual, worst)), False
        worst = float(error[strong].max(initial=0.0))
        if self._usual_strong < self._bound and worst > _TOO_CLOSE * self._usual_strong:
            self._usual_strong, enough = min(self._bound, 2.0 * max(self._usual_strong, worst)), False
        return enough

    def _distance(self, steps: FloatArray) -> FloatArray:
        """Return how far each score is from the nearest edge, in steps."""
        shifted_back = steps - self._shift
        return np.asarray(np.abs(shifted_back - np.rint(shifted_back)))

    def _as_steps(self, error: float) -> np.float32:
        return np.float32(error * STEPS_PER_UNIT)
