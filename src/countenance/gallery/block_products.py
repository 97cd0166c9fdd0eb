"""Scores of probes against blocks of rows: a quick product rules rows out, one routine scores the rest.

Rules kept here:

- A score is what ``countenance.core.comparison.similarity`` returns for the two templates: ``exact_scores`` runs the
  same arithmetic (a single-precision dot product, clipped), and every decision rests on it alone.
- A quick product adds in another order and may differ in its last digits. It only rules out: a row is dropped if its
  quick product is below the cut by more than ``product_error_bound``. So the answer does not depend on block sizes,
  threads or the BLAS kernel behind the quick product.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from countenance.core.comparison import meets
from countenance.core.vocabulary import FloatArray
from countenance.gallery.shortlist import Rows, Scores, Shortlist

#: Elements of a matrix-vector product that OpenBLAS still runs in the calling thread. It starts threads from 9,216
#: elements on (Source: OpenBLAS 0.3, interface/gemv.c, 2304 × GEMM_MULTITHREAD_THRESHOLD of 4); for a product that
#: waits on memory, starting and joining them costs more than they bring.
ELEMENTS_IN_ONE_THREAD = 8192
#: Matrix-vector products of one NumPy call: 16,384 rows of dimension 128, whose scores (64 kB) stay in the cache.
PRODUCTS_IN_A_BLOCK = 256
#: Rows and probes of one matrix-matrix product: 1 MiB of scores.
ROWS_IN_A_BATCH_BLOCK = 4096
PROBES_IN_A_BATCH = 64
#: Rows left of a block, in multiples of what the shortlist keeps, at which the best of them are scored first.
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


def rows_in_a_product(dimension: int) -> int:
    """Return how many rows of this dimension go into one matrix-vector product, at least 1."""
    return max(1, ELEMENTS_IN_ONE_THREAD // dimension)


class BlockProducts:
    """The rows of a matrix in blocks, and the pass over a block that feeds a shortlist.

    Args:
        matrix: float32, shape (rows, dimension), contiguous; not copied.
    """

    __slots__ = ("_error_bound", "_grouped", "_matrix", "_products_in_a_block")

    def __init__(self, matrix: FloatArray) -> None:
        rows, dimension = matrix.shape
        group = rows_in_a_product(dimension)
        self._matrix = matrix
        self._grouped = matrix[: rows - rows % group].reshape(-1, group, dimension)
        self._error_bound = product_error_bound(dimension)
        self._products_in_a_block = PRODUCTS_IN_A_BLOCK

    def __len__(self) -> int:
        """Return the number of blocks; the last one may be incomplete."""
        return -(-len(self._matrix) // self._rows_in_a_block)

    @property
    def _rows_in_a_block(self) -> int:
        return self._products_in_a_block * self._grouped.shape[1]

    def offer_block(self, block: int, probe: FloatArray, shortlist: Shortlist) -> None:
        """Offer the rows of one block that may meet the shortlist's cut, with their exact scores."""
        size = self._products_in_a_block
        groups = self._grouped[block * size : (block + 1) * size]
        start = block * self._rows_in_a_block
        if len(groups):
            # One call, a product a group: the loop over groups is NumPy's and starts no BLAS threads.
            self._offer_above(np.matmul(groups, probe).ravel(), start, probe, shortlist)
        if len(groups) < size:
            rest = np.arange(start + len(groups) * groups.shape[1], len(self._matrix))
            self.offer_rows(rest, probe, shortlist)

    def offer_batch(self, probes: FloatArray, shortlists: Sequence[Shortlist]) -> None:
        """Offer to each probe's shortlist the rows of the whole matrix that may meet its cut, with exact scores.

        Args:
            probes: float32, shape (probes, dimension), contiguous.
            shortlists: One a probe.
        """
        floors = np.array([lowest_product(shortlist.cut, self._error_bound) for shortlist in shortlists])
        for start in range(0, len(self._matrix), ROWS_IN_A_BATCH_BLOCK):
            products = probes @ self._matrix[start : start + ROWS_IN_A_BATCH_BLOCK].T
            for position in np.flatnonzero(~(products.max(axis=1) < floors)).tolist():
                shortlist = shortlists[position]
                self._offer_above(products[position], start, probes[position], shortlist)
                floors[position] = lowest_product(shortlist.cut, self._error_bound)

    def offer_rows(self, rows: Rows, probe: FloatArray, shortlist: Shortlist) -> None:
        """Offer these rows with their exact scores."""
        if len(rows):
            shortlist.offer(rows, exact_scores(probe, self._matrix[rows]))

    def _offer_above(
        self, products: npt.NDArray[np.float32], start: int, probe: FloatArray, shortlist: Shortlist
    ) -> None:
        floor = lowest_product(shortlist.cut, self._error_bound)
        # Most blocks hold nothing: their largest product settles that without a list of positions.
        if products.max() < floor:
            return
        rows = np.flatnonzero(meets(products, floor))
        few = 2 * shortlist.keep
        if len(rows) > MANY * few:
            # The cut is still low. The best few of this block raise it, which spares scoring most of the others.
            best = rows[np.argpartition(products[rows], -few)[-few:]]
            self.offer_rows(best + start, probe, shortlist)
            rows = np.flatnonzero(meets(products, lowest_product(shortlist.cut, self._error_bound)))
        self.offer_rows(rows + start, probe, shortlist)


def lowest_product(cut: float, error_bound: float) -> float:
    """Return the quick product below which a score cannot meet the cut.

    Scores are clipped to -1, so at a cut of -1 or less no product is too low.
    """
    return cut - error_bound if cut > -1.0 else -np.inf
