"""The audit's similarity score: the same digits on every machine.

Rules kept here:

- A float32 matrix product rounds differently with every block shape, thread count and processor. Where a score decides
  something (a count, a bin, a place in a list) it is this one: exact float64 products of the float32 elements, summed
  in a fixed order of halves, so that nothing but IEEE 754 arithmetic is left to chance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from countenance.core.vocabulary import FloatArray

IntArray = npt.NDArray[np.int64]

#: Pairs scored at a time: their products stay in a processor's second-level cache.
PAIRS_PER_STEP = 512
#: Width from which on sums run along the other axis; a matter of speed only.
_NARROW = 16


def pair_scores(
    probes: FloatArray, references: FloatArray, probe_rows: IntArray, reference_rows: IntArray
) -> npt.NDArray[np.float64]:
    """Return the cosine similarity of chosen pairs of unit templates, float64; higher is more alike.

    Not cut to -1 … 1: a template's length is 1 only to the precision of its numbers.

    Args:
        probes: Shape (n, dimension), float32.
        references: Shape (m, dimension), float32.
        probe_rows: Row in ``probes`` of each pair.
        reference_rows: Row in ``references`` of each pair.
    """
    scores = np.empty(probe_rows.size, dtype=np.float64)
    for start in range(0, probe_rows.size, PAIRS_PER_STEP):
        part = slice(start, start + PAIRS_PER_STEP)
        scores[part] = _sum_by_halves(
            np.multiply(probes[probe_rows[part]], references[reference_rows[part]], dtype=np.float64)
        )
    return scores


def _sum_by_halves(terms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return row sums, adding the second half to the first until one column is left; an odd column waits its turn."""
    width = terms.shape[1]
    while width > _NARROW:
        half = width // 2
        terms[:, :half] += terms[:, width - half : width]
        width -= half
    # The same order with rows and columns exchanged: NumPy is slow on many rows of few elements.
    columns = np.ascontiguousarray(terms[:, :width].T)
    while width > 1:
        half = width // 2
        columns[:half] += columns[width - half : width]
        width -= half
    return np.asarray(columns[0])
