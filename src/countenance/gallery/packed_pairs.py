"""A smaller copy of the matrix that rules rows out at half the memory traffic, with a bound on its error.

A search waits for memory, not for arithmetic: fewer bytes a row make it quicker. NumPy has no quick product of small
integers, but its float32 product is exact on integers below 2**24. So two rows, rounded to whole steps, share one
float32 row: with ``a`` and ``b`` those rows and ``q`` the probe in whole steps, ::

    (SPREAD * a + b) · q  =  SPREAD * (a · q)  +  (b · q)

and both sums are read back without error as long as they stay below half of SPREAD.

Rules kept here:

- Lengths are measured, not assumed: the probe's steps are made coarser until length × length stays in range. By the
  Cauchy-Schwarz inequality this bounds every partial sum as well, so each addition is exact, in any order.
- What rounding to steps can hide is bounded by the lengths of what was rounded off. A row is ruled out only if its
  score cannot meet the cut even so, and every other row is scored exactly: the answer is that of a search without
  this copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.core.comparison import meets
from countenance.core.vocabulary import FloatArray
from countenance.gallery.block_products import ROWS_IN_A_LOOK, lowest_product, product_error_bound, quick_products
from countenance.gallery.shortlist import Rows, Scores

#: Factor of the first row of a pair. With sums up to LARGEST_SUM in steps, SPREAD × sum + sum stays below 2**24, where
#: float32 stops holding every integer (IEEE 754 binary32).
SPREAD = 5792.0
#: Largest |sum| in steps: below SPREAD / 2 by more than float32 rounds off in (SPREAD × sum + sum) ÷ SPREAD, which is
#: 2890 × 2**-23 × SPREAD = 2 steps.
LARGEST_SUM = 2890.0
#: Steps a unit of a template's element. The largest sum is shared evenly between row and probe: √2890 = 53.8, less what
#: rounding adds to the longest row (1.4 in 100,000 random rows of dimension 128). Any value gives right answers.
ROW_STEPS = 52.0
#: Where more than this share of rows is left, scoring them one by one takes longer than the product it spares.
LARGEST_SHARE_LEFT = 1 / 16
#: Rise of the cut, in parts of the error bound, before a copy that ruled out too little is tried again.
RISE_BEFORE_ANOTHER_TRY = 1 / 4
#: Rows packed at a time.
_ROWS_AT_ONCE = 16_384
#: Factor on bounds computed in float64, for the rounding of the bounds themselves.
ROUND_UP = 1.0 + 1e-6
#: Factor on the probe's steps while its sums could leave the range; small, so that little resolution is given away.
COARSER = 0.99


class PackedPairs:
    """The rows of a matrix in whole steps, two to a float32 row: half the size of the matrix.

    Args:
        matrix: float32, shape (rows, dimension); read once, not kept.
    """

    __slots__ = ("_longest_row", "_pairs", "_rounding", "_rows")

    def __init__(self, matrix: FloatArray) -> None:
        self._rows = len(matrix)
        self._pairs = np.zeros(((self._rows + 1) // 2, matrix.shape[1]), dtype=np.float32)
        longest_row = rounding = 0.0
        for start in range(0, self._rows, _ROWS_AT_ONCE):
            rows = matrix[start : start + _ROWS_AT_ONCE]
            steps = np.rint(rows * np.float32(ROW_STEPS))
            longest_row = max(longest_row, _longest(steps))
            rounding = max(rounding, _longest(rows - steps.astype(np.float64) / ROW_STEPS))
            pairs = self._pairs[start // 2 :]
            pairs[: len(steps[0::2])] = steps[0::2] * np.float32(SPREAD)
            pairs[: len(steps[1::2])] += steps[1::2]
        self._pairs.setflags(write=False)
        self._longest_row = longest_row * ROUND_UP
        self._rounding = rounding * ROUND_UP

    @property
    def memory_bytes(self) -> int:
        """Return the bytes of the packed rows."""
        return self._pairs.nbytes

    def filter_for(self, probe: FloatArray) -> PackedFilter:
        """Return what rules rows out for one probe, which it holds in the finest steps whose sums stay in range.

        Args:
            probe: float32, shape (dimension,).
        """
        exact = probe.astype(np.float64)
        scale = LARGEST_SUM / max(self._longest_row, 1.0)
        steps = np.rint(exact * scale)
        while np.linalg.norm(steps) * ROUND_UP * self._longest_row > LARGEST_SUM:
            scale *= COARSER
            steps = np.rint(exact * scale)
        # Of score - sum / unit: what was rounded off the row, times the probe, and the rounded row, times what was
        # rounded off the probe; each at most the product of the lengths.
        row_part = self._rounding * float(np.linalg.norm(exact))
        probe_part = self._longest_row / ROW_STEPS * float(np.linalg.norm(exact - steps / scale))
        return PackedFilter(
            self._pairs,
            rows=self._rows,
            probe_steps=steps.astype(np.float32),
            unit=ROW_STEPS * scale,
            error_bound=(row_part + probe_part) * ROUND_UP + product_error_bound(len(probe)),
        )


class PackedFilter:
    """Rules rows out for one probe. For one search: it remembers where it was of no use.

    Args:
        pairs: Packed rows, float32, shape (half the rows, rounded up; dimension).
        rows: Number of rows.
        probe_steps: The probe in whole steps, float32, shape (dimension,).
        unit: Row steps times probe steps: a sum divided by it is a similarity, give or take ``error_bound``.
        error_bound: Largest difference between a score and its sum divided by ``unit``.
    """

    __slots__ = ("_lowest_cut", "_pairs", "_probe_steps", "_rows", "_unit", "error_bound")

    def __init__(
        self, pairs: FloatArray, *, rows: int, probe_steps: FloatArray, unit: float, error_bound: float
    ) -> None:
        self._pairs = pairs
        self._rows = rows
        self._probe_steps = probe_steps
        self._unit = unit
        self.error_bound = error_bound
        # From here on down every score (clipped to -1) or every sum is high enough, so nothing can be ruled out.
        self._lowest_cut = max(-1.0, error_bound - LARGEST_SUM / unit)

    def rows_left(self, start: int, stop: int, cut: float) -> tuple[Rows, Scores] | None:
        """Return the rows from ``start`` (even) to before ``stop`` that may meet the cut, and estimated scores.

        The rows are in no order; a score is its estimate give or take ``error_bound``. None means that all rows must
        be looked at: the cut is too low to rule out enough, here or in rows tried before.
        """
        if cut <= self._lowest_cut:
            return None
        floor = math.floor(lowest_product(cut, self.error_bound) * self._unit)
        rows, sums = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.float32)]
        # A short piece first: it shows at little cost whether the rest is worth it.
        middle = min(start + ROWS_IN_A_LOOK, stop)
        for begin, end in ((start, middle), (middle, stop)) if middle < stop else ((start, stop),):
            for piece_rows, piece_sums in self._at_least(floor, begin, end):
                rows.append(piece_rows)
                sums.append(piece_sums)
            if sum(map(len, rows)) > LARGEST_SHARE_LEFT * (end - start):
                self._lowest_cut = cut + RISE_BEFORE_ANOTHER_TRY * self.error_bound
                return None
        left = np.concatenate(rows)
        estimates = np.concatenate(sums).astype(np.float64) / self._unit
        # The last row of an odd number has nobody beside it.
        return left[left < self._rows], estimates[left < self._rows]

    def _at_least(self, floor: int, start: int, stop: int) -> Iterator[tuple[Rows, FloatArray]]:
        """Yield the rows whose sums are not below ``floor``, and these sums, piece by piece."""
        packed = quick_products(self._pairs[start // 2 : (stop + 1) // 2], self._probe_steps)
        for piece in range(0, len(packed), ROWS_IN_A_LOOK // 2):
            for offset, sums in enumerate(two_sums(packed[piece : piece + ROWS_IN_A_LOOK // 2])):
                # Most pieces hold nothing: their largest sum settles that without a list of positions.
                if not sums.max() < floor:
                    at = np.flatnonzero(meets(sums, floor))
                    yield at * 2 + (start + 2 * piece + offset), sums[at]


def two_sums(packed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the two whole sums in each ``SPREAD * first + second``, neither above ``LARGEST_SUM`` in size."""
    first = np.rint(packed * np.float32(1.0 / SPREAD))
    return first, packed - first * np.float32(SPREAD)


def _longest(vectors: npt.NDArray[np.floating[Any]]) -> float:
    """Return the length of the longest row, computed in float64."""
    wide = vectors.astype(np.float64, copy=False)
    return math.sqrt(float(np.vecdot(wide, wide).max()))
