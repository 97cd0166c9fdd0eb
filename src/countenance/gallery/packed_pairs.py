"""A smaller copy of the matrix that rules rows out at half the memory traffic, with a bound on its error.

A search waits for memory, not for arithmetic, so fewer bytes a row is what makes it quicker. NumPy has no quick product of
small integers; it has one of float32, which is exact on integers below 2**24. Two rows therefore share one float32
row: with ``a`` and ``b`` the two rows in whole steps and ``q`` the probe in whole steps, ::

    (SPREAD * a + b) · q  =  SPREAD * (a · q)  +  (b · q)

and both sums are read back without error as long as ``|a · q|`` and ``|b · q|`` stay below half of SPREAD.

Rules kept here:

- All lengths are measured, none assumed: the probe's steps are made coarser until length × length stays in range. By the
  Cauchy-Schwarz inequality this also bounds every partial sum, so each addition is exact in any order.
- What rounding to steps can hide is bounded by the lengths of the differences. A row is ruled out only if its score cannot
  meet the cut even so; every other row is scored exactly. The candidates are those of the search without this copy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from countenance.core.vocabulary import FloatArray
from countenance.gallery.block_products import PRODUCTS_IN_A_BLOCK, LONGEST, lowest_product, product_error_bound
from countenance.gallery.shortlist import Rows

#: Factor of the first row of a pair. With sums up to LARGEST_SUM in steps, SPREAD × sum + sum stays below 2**24, where
#: float32 stops holding every integer (IEEE 754 binary32).
SPREAD = 5792.0
#: Largest |sum| in steps: below SPREAD / 2 by more than the rounding error of sum ÷ SPREAD (2**-23 × 2890 × SPREAD = 2).
LARGEST_SUM = 2890.0
#: Steps a unit of a template's element. The largest sum is shared evenly between row and probe: √2890 = 53.8, less the
#: length that rounding can add (√128 / 12 ≈ 0.9).
ROW_STEPS = 52.0
#: A block in which more than this share of rows is left gains nothing from the smaller copy.
LARGEST_SHARE_LEFT = 1 / 8
#: Factor on bounds computed in float64, for the rounding of the bounds themselves.
ROUND_UP = 1.0 + 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ProbeInSteps:
    """A probe in whole steps.

    Attributes:
        steps: Whole numbers as float32, shape (dimension,).
        unit: Product of row steps and probe steps: a sum divided by it is a similarity, give or take ``error``.
        error: Largest difference between a row's score and its sum / ``unit``.
    """

    steps: FloatArray = field(repr=False)
    unit: float
    error: float


class PackedPairs:
    """The rows of a matrix in whole steps, two to a float32 row; half the size of the matrix.

    Args:
        matrix: float32, shape (rows, dimension); read once.
        rows_in_a_block: As the exact products count them; only full blocks are packed.
    """
