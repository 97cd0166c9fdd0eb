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

from collections.abc import Sequence
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
    _FIRST + STEPS_PER_UNIT - round(STRONG * STEPS_PER_UNIT) + 1,
    _FIRST + STEPS_PER_UNIT + round(STRONG * STEPS_PER_UNIT) - 1,
)
#: More than the rounding of a step itself: two units in the last place of numbers from 2048 to 4095.
_STEP_ROUNDING = np.float32(2.0**-11)
#: Strong pairs are listed while they are at most one in so many; where most are strong, all are taken for strong.
_FEW = 50
#: Sides of a block, the part of a tile that is multiplied and marked at a time: its scores and the passes' buffers stay
#: in a second-level cache of 1 MB, and the product is as fast as one of large matrices.
BLOCK_ROWS, BLOCK_COLUMNS = 1024, 256
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

    def blank(self, block: FloatArray, top: int, left: int) -> None:
        """Overwrite what does not count in a block of raw products whose corner is at positions (top, left)."""
        if self.lower_triangle:
            own = np.arange(top, top + block.shape[0])[:, None]
            block[own >= np.arange(left, left + block.shape[1])[None, :]] = _LEFT_OUT
        for rows, columns in self.rectangles:
            if rows.start < top + block.shape[0] and columns.start < left + block.shape[1]:
                across = slice(max(columns.start - left, 0), max(columns.stop - left, 0))
                block[max(rows.start - top, 0) : max(rows.stop - top, 0), across] = _LEFT_OUT


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


@dataclass(frozen=True, slots=True)
class _Pass:
    """What one pass over a tile marks: within ``shift`` steps of an edge, and bin numbers not from low up to high."""

    shift: np.float32
    low: np.uint16
    high: np.uint16


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """Flat positions in a tile with their steps."""

    at: IntArray
    steps: FloatArray

    def chosen(self, which: npt.NDArray[np.bool_]) -> _Marked:
        return _Marked(self.at[which], self.steps[which])

    @classmethod
    def joined(cls, parts: Sequence[_Marked]) -> _Marked:
        return cls(np.concatenate([part.at for part in parts]), np.concatenate([part.steps for part in parts]))


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
        self._strong_listed = True
        self._codes = np.empty(largest, dtype=np.uint16)
        size = BLOCK_ROWS * BLOCK_COLUMNS
        self._products = np.empty(size, dtype=np.float32)
        self._difference = np.empty(size, dtype=np.float32)
        self._marks = np.zeros(size, dtype=np.bool_)
        self._away = np.empty(size, dtype=np.uint16)
        self._out = np.empty(size, dtype=np.bool_)
        self._rows = self._columns = range(0)
        self._pass = _Pass(np.float32(0.0), np.uint16(0), np.uint16(0))
        self._found = _Marked(_NOTHING, np.empty(0, dtype=np.float32))

    def score(self, rows: range, columns: range, left_out: LeftOut, floor: float) -> IntArray:
        """Return the exact histogram of a tile over ``EDGES``, shape (BINS,), and keep what ``pairs`` needs.

        Args:
            rows: Positions in the sorted probe side.
            columns: Positions in the sorted reference side.
            left_out: Comparisons of the tile that do not count.
            floor: Similarity from which on ``pairs`` will be asked for; infinity for none.
        """
        self._rows, self._columns = rows, columns
        counts: IntArray | None = None
        while counts is None:
            self._begin_pass(floor)
            marked, sample = self._blocks(left_out)
            counts = self._settled(_bin_counts(self._codes[: len(rows) * len(columns)]), marked, sample)
        self._found = marked.chosen(marked.steps >= self._lowest(floor))
        # Lengths are 1 to a thousandth only: what lies past an end belongs to the bin at that end.
        counts[_FIRST] += counts[1:_FIRST].sum()
        counts[_FIRST + BINS - 1] += counts[_FIRST + BINS :].sum()
        return counts[_FIRST : _FIRST + BINS]

    def pairs(self, decided_at: npt.NDArray[np.float64], exact_from: float) -> TilePairs:
        """Return every pair of the last tile whose exact score may be at or above the floor it was scored with.

        Args:
            decided_at: Thresholds: a pair near one gets its exact score.
            exact_from: Pairs at or above this similarity get their exact score.
        """
        at, score = self._found.at, self._guess(self._found.steps)
        wanted = score >= exact_from - self._bound
        for threshold in decided_at.tolist():
            wanted |= np.abs(score - threshold) <= self._bound
        score[wanted] = self._exact(at[wanted])
        probe, reference = np.divmod(at, len(self._columns))
        return TilePairs(probe + self._rows.start, reference + self._columns.start, score)

    def _begin_pass(self, floor: float) -> None:
        """Settle what is marked: scores near an edge, strong ones if they are listed, and those from the floor on."""
        shift = self._as_steps(self._usual if self._strong_listed else max(self._usual, self._usual_strong))
        self._pass = _Pass(shift, np.uint16(0), np.uint16(0))
        from_floor = min(max(float(self._lowest(floor)) - 1.0, _COUNTED), float(_CODES))
        low, high = (_WEAK[0], _WEAK[1]) if self._strong_listed else (0, _CODES)
        self._pass = _Pass(shift, np.uint16(low), np.uint16(min(high, from_floor)))

    def _blocks(self, left_out: LeftOut) -> tuple[_Marked, _Marked]:
        """Multiply and mark block by block; return what was marked, and the sample."""
        rows, columns = self._rows, self._columns
        scaled = self._probes[rows.start : rows.stop] * np.float32(STEPS_PER_UNIT)
        others = self._references[columns.start : columns.stop]
        marked: list[_Marked] = []
        sample: list[_Marked] = []
        done = 0
        for top in range(0, len(rows), BLOCK_ROWS):
            for left in range(0, len(columns), BLOCK_COLUMNS):
                probes, references = scaled[top : top + BLOCK_ROWS], others[left : left + BLOCK_COLUMNS]
                steps = self._products[: len(probes) * len(references)]
                block = steps.reshape(len(probes), len(references))
                np.matmul(probes, references.T, out=block)
                left_out.blank(block, rows.start + top, columns.start + left)
                at = self._mark(steps, self._codes[done : done + steps.size], some_left_out=left_out.any)
                done += steps.size
                for found, into in ((at, marked), (np.array([0, steps.size // 2]), sample)):
                    row, column = np.divmod(found, len(references))
                    into.append(_Marked((row + top) * len(columns) + column + left, steps[found]))
        together = _Marked.joined(sample)
        return _Marked.joined(marked), together.chosen(together.steps >= _COUNTED)

    def _mark(self, steps: FloatArray, codes: npt.NDArray[np.uint16], *, some_left_out: bool) -> IntArray:
        """Turn raw products into steps, note their bins, and return the positions of those to look at again."""
        size, now = steps.size, self._pass
        difference, away, marks, out = (
            spare[:size] for spare in (self._difference, self._away, self._marks, self._out)
        )
        # Shifted up by what counts as near, a score just below an edge lies just above it, where those just above it
        # are: one comparison finds both.
        np.add(steps, _OFFSET + now.shift, out=steps)
        np.copyto(codes, steps, casting="unsafe")
        np.floor(steps, out=difference)
        np.subtract(steps, difference, out=difference)
        np.less_equal(difference, np.float32(2.0) * now.shift, out=marks)
        # Unsigned numbers wrap around: one comparison finds what is below the unmarked bins and what is above them.
        np.subtract(codes, now.low, out=away)
        np.greater_equal(away, now.high - now.low if now.high > now.low else np.uint16(0), out=out)
        np.logical_or(marks, out, out=marks)
        if some_left_out:
            np.logical_and(marks, codes >= _COUNTED, out=marks)
        return _true_at(self._marks, size)

    def _settled(self, counts: IntArray, marked: _Marked, sample: _Marked) -> IntArray | None:
        """Return the counts with pairs near an edge moved to the bin of their exact score.

        None if this tile's rounding asks for another pass with "near" wider.
        """
        strong = np.abs(self._guess(marked.steps)) >= STRONG - self._bound
        # Whatever the shift may have carried over an edge is near it, however small its usual error.
        error = np.maximum(np.where(strong, self._as_steps(self._usual_strong), np.float32(0.0)), self._pass.shift)
        shifted_back = marked.steps - self._pass.shift
        distance = np.abs(shifted_back - np.rint(shifted_back))
        near = marked.chosen((distance <= error + _STEP_ROUNDING) & (marked.steps >= _COUNTED))
        checked = _Marked.joined([near, sample])
        exact, guess = self._exact(checked.at), self._guess(checked.steps)
        # Where strong scores are common, listing them costs more than taking all scores for strong.
        self._strong_listed &= int(np.count_nonzero(strong)) <= len(self._rows) * len(self._columns) // _FEW
        if not self._wide_enough(np.abs(exact - guess), np.abs(guess) >= STRONG):
            return None
        bins = np.clip(np.searchsorted(EDGES, exact[: near.at.size], side="right") - 1, 0, BINS - 1)
        counts += np.bincount(bins + _FIRST, minlength=_CODES)
        counts -= np.bincount(near.steps.astype(np.int64), minlength=_CODES)
        return counts

    def _wide_enough(self, error: npt.NDArray[np.float64], strong: npt.NDArray[np.bool_]) -> bool:
        """Return whether no error comes close to what was taken for granted; widen what was, up to the bound."""
        before = (self._usual, self._usual_strong)
        weak_worst, strong_worst = (float(error[which].max(initial=0.0)) for which in (~strong, strong))
        if weak_worst > _TOO_CLOSE * self._usual:
            self._usual = min(self._bound, 2.0 * max(self._usual, weak_worst))
        if strong_worst > _TOO_CLOSE * self._usual_strong:
            self._usual_strong = min(self._bound, 2.0 * max(self._usual_strong, strong_worst))
        return before == (self._usual, self._usual_strong)

    def _lowest(self, floor: float) -> np.float32:
        """Return the step from which on the exact score may be at or above a floor; never that of one left out."""
        return np.float32(max((floor - self._bound) * STEPS_PER_UNIT + float(_OFFSET + self._pass.shift), _COUNTED))

    def _guess(self, steps: FloatArray) -> npt.NDArray[np.float64]:
        return np.asarray((steps.astype(np.float64) - float(_OFFSET + self._pass.shift)) / STEPS_PER_UNIT)

    def _exact(self, at: IntArray) -> npt.NDArray[np.float64]:
        probe, reference = np.divmod(at, len(self._columns))
        return pair_scores(self._probes, self._references, probe + self._rows.start, reference + self._columns.start)

    def _as_steps(self, error: float) -> np.float32:
        return np.float32(error * STEPS_PER_UNIT)


def _true_at(marks: npt.NDArray[np.bool_], size: int) -> IntArray:
    """Return the positions below ``size`` of true marks; few, so eight are looked at in one word."""
    padded = -(-size // _WORD) * _WORD
    marks[size:padded] = False
    # Two steps: NumPy finds true booleans eight times as fast as words that are not zero.
    at = np.flatnonzero(marks[:padded].view(np.uint64) != 0)
    row, column = np.nonzero(marks[:padded].reshape(-1, _WORD)[at])
    return np.asarray(at[row] * _WORD + column)
