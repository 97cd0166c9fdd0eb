"""An error rate as the audit states it: counts, interval, people behind it, dependence, and what to beware of."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from countenance.audit.intervals import (
    ClusterSums,
    FloatNumbers,
    ZeroErrorBounds,
    clustered_wilson,
    per_subject_variance,
    zero_error_bounds,
)
from countenance.core.thresholds import ERRORS_FOR_MEASURED, Rate


class RateFlag(enum.StrEnum):
    """What a reader of a rate must know before using it."""

    NO_TRIALS = "no comparisons"
    NO_ERROR_SEEN = "no error seen"
    FEW_ERRORS = "fewer than 30 errors"
    ONE_SUBJECT = "one subject: no interval"
    FEW_SUBJECTS = "fewer subjects than the minimum"


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """A rate with what it rests on.

    Attributes:
        rate: Estimate, 95 % interval and counts; NaN with the interval 0 to 1 where there are no trials.
        subjects: People behind the trials; of two sides, the smaller.
        variance: Clustered variance of the estimate.
        effective_trials: Independent trials that would give the same interval.
        design_effect: Trials / effective trials.
        method: How the interval was computed, in words.
        zero_error_bounds: Upper bounds where no error was seen, else None.
        flags: What to beware of.
        log_variance: Variance of the estimate's logarithm, from leaving out one person at a time; None where that was
            not done or nobody would be left. Ratios rest on it.
    """

    rate: Rate
    subjects: int
    variance: float
    effective_trials: float
    design_effect: float
    method: str
    zero_error_bounds: ZeroErrorBounds | None = None
    flags: tuple[RateFlag, ...] = ()
    log_variance: float | None = None

    @property
    def estimate(self) -> float:
        """Return errors / trials."""
        return self.rate.estimate


def measured_rates(
    errors: FloatNumbers,
    trials: float,
    variance: FloatNumbers,
    *,
    subjects: int,
    disjoint: int,
    method: str,
    log_variance: FloatNumbers | None = None,
) -> tuple[MeasuredRate, ...]:
    """Return one rate a threshold, with the dependence of a looser threshold where one shows no error.

    Args:
        errors: At each threshold, shape (t,).
        trials: Comparisons, the same at each threshold.
        variance: Clustered variance at each threshold.
        subjects: Clusters; of two sides, the smaller.
        disjoint: Trials of which no two share a person.
        method: The interval's method, in words.
        log_variance: Of the estimate's logarithm at each threshold, if it is known.
    """
    if trials < 1:
        return tuple(_without_trials(method) for _ in errors)
    if subjects < 2:
        return tuple(_of_one_subject(round(float(count)), round(trials), method) for count in errors)
    effect = _design_effect_of_enough(errors, trials, variance, subjects)
    interval = clustered_wilson(errors, trials, variance, clusters=subjects, design_effect_at_zero=effect or 1.0)
    of_logarithm = np.full(np.shape(errors), np.nan) if log_variance is None else log_variance
    return tuple(
        MeasuredRate(
            rate=Rate(count / trials, float(low), float(high), round(count), round(trials)),
            subjects=subjects,
            variance=float(spread),
            effective_trials=float(effective),
            design_effect=float(shown),
            method=method,
            zero_error_bounds=zero_error_bounds(round(trials), 2 * disjoint, design_effect=effect)
            if not count
            else None,
            flags=_flags(count),
            log_variance=None if math.isnan(logarithm) else logarithm,
        )
        for count, spread, low, high, effective, shown, logarithm in zip(
            errors.tolist(),
            variance.tolist(),
            interval.low,
            interval.high,
            interval.effective_trials,
            interval.design_effect,
            of_logarithm.tolist(),
            strict=True,
        )
    )


def per_subject_rates(
    sums: ClusterSums, *, method: str, log_variance: FloatNumbers | None = None
) -> tuple[MeasuredRate, ...]:
    """Return rates whose trials belong to one subject each, one a threshold."""
    if sums.trials < 1:
        return tuple(_without_trials(method) for _ in np.atleast_1d(sums.errors))
    return measured_rates(
        np.atleast_1d(sums.errors),
        sums.trials,
        np.atleast_1d(per_subject_variance(sums)),
        subjects=sums.clusters,
        disjoint=sums.clusters,
        method=method,
        log_variance=log_variance,
    )


def product_rate(factors: Sequence[MeasuredRate], *, method: str, one_minus: bool = False) -> MeasuredRate:
    """Return the product of rates (or one minus it) with an interval from their variances, taken as independent.

    Counts are those of the first factor. One minus a product rests on no more trials than its smallest factor: a
    factor without an error seen adds no variance, but is not certain either.

    Source: delta method; for independent estimates Var(Πx) ≈ Σ_k Var(x_k) Π_{j≠k} x_j².
    """
    values = [factor.estimate for factor in factors]
    product = math.prod(values)
    variance = sum(
        factor.variance * math.prod(value**2 for at, value in enumerate(values) if at != own)
        for own, factor in enumerate(factors)
    )
    estimate = 1.0 - product if one_minus else product
    subjects = min(factor.subjects for factor in factors)
    first = factors[0].rate
    errors = first.trials - first.errors if one_minus else first.errors
    if math.isnan(estimate) or subjects < 2:
        rate = Rate(estimate, 0.0, 1.0, errors, first.trials)
        return MeasuredRate(rate, subjects, math.nan, 0.0, math.nan, method, flags=_united(factors))
    most = min(factor.effective_trials for factor in factors) if one_minus else factors[0].effective_trials
    interval = clustered_wilson(estimate * most, most, variance, clusters=subjects)
    return MeasuredRate(
        rate=Rate(estimate, float(interval.low), float(interval.high), errors, first.trials),
        subjects=subjects,
        variance=variance,
        effective_trials=float(interval.effective_trials),
        design_effect=max(factor.design_effect for factor in factors),
        method=method,
        flags=_united(factors),
    )


def complement(rate: MeasuredRate) -> MeasuredRate:
    """Return one minus a rate, for products such as FMR·(1 - FTA); its counts are those that went well."""
    old = rate.rate
    turned = Rate(1.0 - old.estimate, 1.0 - old.high, 1.0 - old.low, old.trials - old.errors, old.trials)
    return MeasuredRate(
        turned,
        rate.subjects,
        rate.variance,
        rate.effective_trials,
        rate.design_effect,
        rate.method,
        flags=rate.flags,
    )


def _design_effect_of_enough(
    errors: FloatNumbers, trials: float, variance: FloatNumbers, subjects: int
) -> float | None:
    """Return the design effect at the threshold with the fewest errors that still are enough, if there is one."""
    enough = np.flatnonzero((errors >= ERRORS_FOR_MEASURED) & (errors < trials))
    if not enough.size:
        return None
    at = enough[int(np.argmin(errors[enough]))]
    return float(clustered_wilson(errors[at], trials, variance[at], clusters=subjects).design_effect)


def _flags(errors: float) -> tuple[RateFlag, ...]:
    if errors == 0:
        return (RateFlag.NO_ERROR_SEEN,)
    return (RateFlag.FEW_ERRORS,) if errors < ERRORS_FOR_MEASURED else ()


def _united(factors: Sequence[MeasuredRate]) -> tuple[RateFlag, ...]:
    return tuple(dict.fromkeys(flag for factor in factors for flag in factor.flags))


def _without_trials(method: str) -> MeasuredRate:
    rate = Rate(math.nan, 0.0, 1.0, 0, 0)
    return MeasuredRate(rate, 0, math.nan, 0.0, math.nan, method, flags=(RateFlag.NO_TRIALS,))


def _of_one_subject(errors: int, trials: int, method: str) -> MeasuredRate:
    rate = Rate(errors / trials, 0.0, 1.0, errors, trials)
    return MeasuredRate(rate, 1, math.nan, 1.0, float(trials), method, flags=(RateFlag.ONE_SUBJECT,))
