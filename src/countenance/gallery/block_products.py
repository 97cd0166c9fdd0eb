"""Scores of probes against blocks of rows: a quick product rules rows out, one routine scores the rest.

Rules kept here:

- A score is what ``countenance.core.comparison.similarity`` returns for the two templates: ``exact_scores`` runs the
  same arithmetic (a single-precision dot product, clipped), and every decision rests on it alone.
- A quick product adds in another order and may differ in its last digits. It only rules out: a row is dropped if its
  quick product is below the cut by more than ``product_error_bound``. So the answer does not depend on block sizes
  or on the BLAS, its kernel and its threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.core.comparison import meets
from countenance.core.vocabulary import FloatArray
from countenance.gallery.shortlist import Rows, Scores, Shortlist

Estimates = npt.NDArray[np.floating[Any]]

#: Rows of one quick product, whose scores take 16 MiB. Few and long products, because the threads of the BLAS wait for
#: each other at the end of each; where another process has a core, that wait can take longer than the product.
ROWS_IN_A_PRODUCT = 4_194_304
#: Products looked at together: 64 KiB, so they stay in the cache while they are.
ROWS_IN_A_LOOK = 16_384
#: Elements up to which a product runs in the calling thread alone, for the same reason: 16,384 rows of dimension 128,
#: a fifth of a millisecond.
ELEMENTS_IN_ONE_THREAD = 2_097_152
#: Rows and probes of one matrix-matrix product: 8 MiB of scores.
ROWS_IN_A_BATCH = 32_768
PROBES_IN_A_BATCH = 64
#: Rows that may meet the cut, in multiples of twice what is kept, above which the best of them are scored first.
MANY = 4
#: Half the distance from 1.0 to the next float32. Source: IEEE 754 binary32, 24 bits of significand.
UNIT_ROUNDOFF = 2.0**-24
#: Longest vector a ``Template`` accepts (unit length within 1e-3, core/vocabulary.py).
LONGEST = 1.001


def product_error_bound(dimension: int) -> float:
    """Return how far two float32 dot products of the same two templates can lie apart, in any order of addition.

    Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, eq. (3.5): each differs from the
    true value by at most ``n u / (1 - n u)`` times the product of the lengths. Rounding a cut to float32 takes one
    more ``u`` of it.
    """
    steps = dimension * UNIT_ROUNDOFF
    return (2.0 * steps / (1.0 - steps) + 2.0 * UNIT_ROUNDOFF) * LONGEST**2


def exact_scores(probe: FloatArray, vectors: FloatArray) -> Scores:
    """Return the similarity of a probe to each row, as ``core.comparison.similarity`` does: equal to the last bit.

    Args:
        probe: float32, shape (dimension,).
        vectors: float32, shape (rows, dimension), contiguous.
    """
    # vecdot calls, row by row, the routine that np.dot calls for two vectors.
    return np.asarray(np.clip(np.vecdot(probe, vectors), -1.0, 1.0), dtype=np.float64)


def quick_products(rows: FloatArray, probe: FloatArray) -> FloatArray:
    """Return the dot product of a probe with each row, in any order of addition."""
    if rows.size <= ELEMENTS_IN_ONE_THREAD:
        return np.asarray(np.einsum("rd,d->r", rows, probe), dtype=np.float32)
    return np.asarray(rows @ probe, dtype=np.float32)


def stretches(rows: int, *, short_first: bool) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of the stretches a matrix is searched in, after a short one (to raise the cut) if asked."""
    first = min(ROWS_IN_A_LOOK, rows) if short_first else 0
    starts = range(first, rows, ROWS_IN_A_PRODUCT)
    yield from itertools.pairwise([0, *starts, rows] if first else [*starts, rows])


class BlockProducts:
    """The rows of a matrix, and the passes over them that feed shortlists.

    Args:
        matrix: float32, shape (rows, dimension), contiguous; not copied.
    """

    __slots__ = ("_error_bound", "_matrix")

    def __init__(self, matrix: FloatArray) -> None:
        self._matrix = matrix
        self._error_bound = product_error_bound(matrix.shape[1])

    def offer_stretch(self, start: int, stop: int, probe: FloatArray, shortlist: Shortlist) -> None:
        """Offer the rows from ``start`` to before ``stop`` that may meet the cut, with their exact scores."""
        products = quick_products(self._matrix[start:stop], probe)
        for at in range(0, len(products), ROWS_IN_A_LOOK):
            self._offer_above(products[at : at + ROWS_IN_A_LOOK], start + at, probe, shortlist)

    def offer_batch(self, probes: FloatArray, shortlists: Sequence[Shortlist]) -> None:
        """Offer to each probe's shortlist the rows of the whole matrix that may meet its cut, with exact scores.

        Args:
            probes: float32, shape (probes, dimension), contiguous.
            shortlists: One a probe.
        """
        floors = np.array([lowest_product(shortlist.cut, self._error_bound) for shortlist in shortlists])
        for start in range(0, len(self._matrix), ROWS_IN_A_BATCH):
            products = probes @ self._matrix[start : start + ROWS_IN_A_BATCH].T
            for position in np.flatnonzero(~(products.max(axis=1) < floors)).tolist():
                shortlist = shortlists[position]
                self._offer_above(products[position], start, probes[position], shortlist)
                floors[position] = lowest_product(shortlist.cut, self._error_bound)

    def offer_estimated(
        self, rows: Rows, estimates: Estimates, error_bound: float, probe: FloatArray, shortlist: Shortlist
    ) -> None:
        """Offer those of some rows that may meet the cut, with their exact scores.

        Args:
            rows: Numbers of the rows.
            estimates: Their scores, give or take ``error_bound``.
            error_bound: Largest difference between a score (before it is clipped) and its estimate.
            probe: float32, shape (dimension,).
            shortlist: Where they are offered.
        """
        few = 2 * shortlist.keep
        if len(rows) > MANY * few:
            # The cut is still low. The best few of these rows raise it, which spares scoring most of the others.
            self._offer_scored(rows[np.argpartition(estimates, -few)[-few:]], probe, shortlist)
            rows = rows[meets(estimates, lowest_product(shortlist.cut, error_bound))]
        self._offer_scored(rows, probe, shortlist)

    def _offer_above(
        self, products: npt.NDArray[np.float32], start: int, probe: FloatArray, shortlist: Shortlist
    ) -> None:
        floor = lowest_product(shortlist.cut, self._error_bound)
        # Most looks find nothing: the largest product settles that without a list of positions.
        if not products.max() < floor:
            at = np.flatnonzero(meets(products, floor))
            self.offer_estimated(at + start, products[at], self._error_bound, probe, shortlist)

    def _offer_scored(self, rows: Rows, probe: FloatArray, shortlist: Shortlist) -> None:
        for at in range(0, len(rows), ROWS_IN_A_LOOK):
            some = rows[at : at + ROWS_IN_A_LOOK]
            shortlist.offer(some, exact_scores(probe, self._matrix[some]))


def lowest_product(cut: float, error_bound: float) -> float:
    """Return the quick product below which a score cannot meet the cut.

    Scores are clipped to -1, so at a cut of -1 or less no product is too low.
    """
    return cut - error_bound if cut > -1.0 else -np.inf
