"""Many groups' rates as one number, in every way the literature does, each with what it hides.

Rules kept here:

- Normalisations are in the names: ``gini_raw`` and ``gini_corrected``, ``ddof`` of a standard deviation.
- A measure that needs positive rates leaves zero cells out and names them; it is infinite where leaving them out would
  turn the worst case into the best (max / min).
- Every measure is pushed away from parity by noise alone. ``permutation`` gives what to expect without a difference.

Source: NIST FRTE demographic tables and IR 8429 (max/min, max/mean, max/geomean, mean |log10|, Gini); Howard et al.
2022, arXiv 2203.05051 (GARBE, and IR as given there); de Freitas Pereira and Marcel 2020, arXiv 2011.02395 (FDR);
Wang and Deng 2020 (SER, STD); metrics reference, sections 2.2 and 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from countenance.core.errors import AuditInputInvalid

FloatNumbers = npt.NDArray[np.float64]

GINI_NORMALISATION = (
    "gini_raw = ΣΣ|x_g - x_h| / (2 n² mean); gini_corrected = gini_raw · n / (n - 1), from 0 to 1, as GARBE uses it"
)


@dataclass(frozen=True, slots=True)
class SpreadMeasures:
    """How far the groups' rates of one kind lie apart.

    Attributes:
        groups: Number of groups with a rate.
        lowest: Position of the group with the lowest rate.
        highest: Position of the group with the highest rate.
        max_min: Highest / lowest; infinite if the lowest is zero, NaN if all are.
        max_mean: Highest / arithmetic mean.
        max_geomean: Highest / geometric mean of the positive rates.
        mean_abs_log10: Mean |log10(rate / geometric mean)| of the positive rates.
        gini_raw: See ``GINI_NORMALISATION``.
        gini_corrected: See ``GINI_NORMALISATION``.
        zero_cells: Positions of groups with a rate of zero.
        missing_cells: Positions of groups without a rate (no comparisons).
    """

    groups: int
    lowest: int
    highest: int
    max_min: float
    max_mean: float
    max_geomean: float
    mean_abs_log10: float
    gini_raw: float
    gini_corrected: float
    zero_cells: tuple[int, ...]
    missing_cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CombinedMeasures:
    """Measures over false match and false non-match rates together.

    Attributes:
        alpha: Weight of the false match side, 0 to 1.
        garbe: 0 (no spread) to 1; Gini coefficients weighted.
        fdr: Fairness discrepancy rate, 0 to 1 (no difference): 1 - weighted largest absolute differences. Blind to
            FMR at operating thresholds unless alpha is near 1.
        inequity_rate: 1 (no difference) upwards: weighted product of max/min ratios; infinite with a zero cell.
        worst_over_geomean: 1 upwards: weighted product of max/geomean ratios over positive rates.
        zero_cells: Whether a rate of zero was met on either side.
    """

    alpha: float
    garbe: float
    fdr: float
    inequity_rate: float
    worst_over_geomean: float
    zero_cells: bool


def spread_measures(rates: Sequence[float] | FloatNumbers) -> SpreadMeasures:
    """Return the NIST set and both Gini coefficients of one rate by group; NaN stands for a group without a rate.

    Raises:
        AuditInputInvalid: Fewer than two groups have a rate, or a rate is not between 0 and 1.
    """
    every = np.asarray(rates, dtype=np.float64)
    present = np.flatnonzero(~np.isnan(every))
    x = every[present]
    if x.size < 2 or x.min() < 0.0 or x.max() > 1.0:
        raise AuditInputInvalid(
            "Summary measures need rates between 0 and 1 of at least two groups.",
            remedy="Leave out groups below the minimum size, or merge groups.",
        )
    positive = x[x > 0.0]
    highest, lowest = float(x.max()), float(x.min())
    gini = gini_raw(x)
    geomean = float(np.exp(np.log(positive).mean())) if positive.size else math.nan
    return SpreadMeasures(
        groups=int(x.size),
        lowest=int(present[np.argmin(x)]),
        highest=int(present[np.argmax(x)]),
        max_min=highest / lowest if lowest > 0.0 else (math.inf if highest > 0.0 else math.nan),
        max_mean=highest / float(x.mean()) if highest > 0.0 else math.nan,
        max_geomean=highest / geomean if positive.size else math.nan,
        mean_abs_log10=float(np.abs(np.log10(positive / geomean)).mean()) if positive.size else math.nan,
        gini_raw=gini,
        gini_corrected=gini * x.size / (x.size - 1),
        zero_cells=tuple(present[x == 0.0].tolist()),
        missing_cells=tuple(np.flatnonzero(np.isnan(every)).tolist()),
    )


def gini_raw(rates: FloatNumbers) -> float:
    """Return ΣΣ|x_g - x_h| / (2 n² mean); 0 if all rates are zero.

    Source: Howard et al. 2022, before the factor n / (n - 1).
    """
    x = np.asarray(rates, dtype=np.float64)
    mean = float(x.mean())
    return float(np.abs(x[:, None] - x[None, :]).sum() / (2.0 * x.size**2 * mean)) if mean > 0.0 else 0.0


def combined_measures(
    false_match: Sequence[float] | FloatNumbers, false_non_match: Sequence[float] | FloatNumbers, *, alpha: float
) -> CombinedMeasures:
    """Return GARBE, FDR, IR and worst/geomean of FMR and FNMR by group.

    Args:
        false_match: FMR by group, all positive or zero, no NaN.
        false_non_match: FNMR by group.
        alpha: Weight of the false match side.

    Raises:
        AuditInputInvalid: ``alpha`` is not between 0 and 1, or rates cannot be used.
    """
    if not 0.0 <= alpha <= 1.0:
        raise AuditInputInvalid(f"A weight of {alpha} is not between 0 and 1.", remedy="Give 0.5, say.")
    sides = [np.asarray(rates, dtype=np.float64) for rates in (false_match, false_non_match)]
    spread = [spread_measures(side) for side in sides]
    ranges = [float(np.nanmax(side) - np.nanmin(side)) for side in sides]
    weights = (alpha, 1.0 - alpha)
    return CombinedMeasures(
        alpha=alpha,
        garbe=sum(weight * one.gini_corrected for weight, one in zip(weights, spread, strict=True)),
        fdr=1.0 - sum(weight * width for weight, width in zip(weights, ranges, strict=True)),
        inequity_rate=_weighted_product([one.max_min for one in spread], weights),
        worst_over_geomean=_weighted_product([one.max_geomean for one in spread], weights),
        zero_cells=any(one.zero_cells for one in spread),
    )


def _weighted_product(ratios: Sequence[float], weights: Sequence[float]) -> float:
    # A side of weight zero has no say, whatever its ratio (infinity to the power of zero would be 1, NaN would not).
    return float(math.prod(ratio**weight for ratio, weight in zip(ratios, weights, strict=True) if weight > 0.0))


def skewed_error_ratio(errors: Sequence[float]) -> float:
    """Return SER, the highest error rate / the lowest; infinite if the lowest is zero, NaN if all are.

    Source: Wang and Deng 2020: (100 - min accuracy) / (100 - max accuracy).
    """
    highest, lowest = max(errors), min(errors)
    if lowest > 0.0:
        return highest / lowest
    return math.inf if highest > 0.0 else math.nan


def accuracy_deviation(accuracies: Sequence[float], *, ddof: int) -> float:
    """Return STD, the standard deviation of the groups' accuracies; papers differ in ``ddof``, so it must be stated."""
    return float(np.std(np.asarray(accuracies, dtype=np.float64), ddof=ddof))


def mean_deviation_from_target(rates: Sequence[float], target: float) -> float:
    """Return MAPE, the mean of |rate - target| / target in percent: miscalibration rather than difference.

    Source: Villalobos et al. 2022, as in the metrics reference, section 3.
    """
    if not target > 0.0:
        raise AuditInputInvalid("The target rate must be above 0.", remedy="Give the rate the threshold was set for.")
    return float(100.0 * np.mean(np.abs(np.asarray(rates, dtype=np.float64) - target)) / target)
