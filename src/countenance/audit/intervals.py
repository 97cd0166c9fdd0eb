"""Intervals for error rates of comparisons that share people.

Rules kept here:

- Comparisons that share a person are not independent. The default interval is Wilson's with an effective sample size
  taken from a variance clustered by subject; the design effect (comparisons / effective comparisons) is reported.
- No interval claims more than independence would give: the effective size never exceeds the number of comparisons.
- No error seen is not a rate of zero: three bounds are given, from optimistic to guaranteed.
- The quantile is Student's with (subjects - 1) degrees of freedom and variances carry subjects / (subjects - 1): with
  50 subjects plain normal quantiles cover 92 % where 95 % is meant (``benchmarks/coverage_simulation.py``).

Source of the variances: Fogliato, Patil and Perona, "Confidence intervals for error rates in 1:1 matching tasks",
IJCV 2024 (arXiv 2306.01198), for one set; Cameron, Gelbach and Miller, "Robust inference with multiway clustering",
JBES 2011, for two sets; the small-sample factors are those of Cameron and Miller, "A practitioner's guide to
cluster-robust inference", J. Human Resources 2015, section VI.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.audit.special_functions import beta_quantile, student_t_quantile
from countenance.core.errors import AuditInputInvalid

#: Numbers or arrays of one shape (one element a threshold, say).
Numbers = npt.NDArray[Any] | float | int
FloatNumbers = npt.NDArray[np.float64]

#: Confidence of every interval unless the caller says otherwise.
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """Errors and trials summed over clusters (subjects, or pairs of subjects); sums of parts add up.

    Array fields share one shape, one element a threshold, say.

    Attributes:
        errors: Σc.
        trials: Σm.
        squared_errors: Σc².
        errors_times_trials: Σcm.
        squared_trials: Σm².
        clusters: Number of clusters with trials.
    """

    errors: FloatNumbers
    trials: float
    squared_errors: FloatNumbers
    errors_times_trials: FloatNumbers
    squared_trials: float
    clusters: int

    @classmethod
    def of(cls, errors: npt.NDArray[Any], trials: npt.NDArray[Any]) -> ClusterSums:
        """Return sums over the first axis of ``errors``, shape (clusters, ...), and ``trials``, shape (clusters,)."""
        counts, weights = errors.astype(np.float64), trials.astype(np.float64)
        return cls(
            errors=np.asarray(counts.sum(axis=0)),
            trials=float(weights.sum()),
            squared_errors=np.asarray(np.einsum("i...,i...->...", counts, counts)),
            errors_times_trials=np.asarray(np.einsum("i...,i->...", counts, weights)),
            squared_trials=float(weights @ weights),
            clusters=int(np.count_nonzero(weights)),
        )

    def __add__(self, other: ClusterSums) -> ClusterSums:
        """Return the sums over the clusters of both; no cluster may be in both."""
        return ClusterSums(
            errors=self.errors + other.errors,
            trials=self.trials + other.trials,
            squared_errors=self.squared_errors + other.squared_errors,
            errors_times_trials=self.errors_times_trials + other.errors_times_trials,
            squared_trials=self.squared_trials + other.squared_trials,
            clusters=self.clusters + other.clusters,
        )

    @property
    def rate(self) -> FloatNumbers:
        """Return p = Σc / Σm; NaN without trials."""
        return np.asarray(self.errors / self.trials if self.trials else np.full_like(self.errors, math.nan))

    @property
    def correction(self) -> float:
        """Return clusters / (clusters - 1), the factor against the downward bias of few clusters; 1 for one cluster."""
        return self.clusters / (self.clusters - 1) if self.clusters > 1 else 1.0

    def residual_squares(self) -> FloatNumbers:
        """Return Σ(c - p m)² = Σc² - 2pΣcm + p²Σm², not below zero."""
        p = self.rate
        squares = self.squared_errors - 2.0 * p * self.errors_times_trials + p * p * self.squared_trials
        return np.asarray(np.maximum(0.0, squares))


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredInterval:
    """Interval of a rate whose comparisons share people; every field has the shape of the input counts.

    Attributes:
        low: Lower end, 0 to 1.
        high: Upper end, 0 to 1.
        effective_trials: Independent comparisons that would give the same variance.
        design_effect: Comparisons / effective comparisons, at least 1.
    """

    low: FloatNumbers
    high: FloatNumbers
    effective_trials: FloatNumbers
    design_effect: FloatNumbers


@dataclass(frozen=True, slots=True)
class ZeroErrorBounds:
    """Upper ends of the rate when no error was seen, from optimistic to guaranteed.

    Attributes:
        independent: If all comparisons were independent.
        by_design_effect: With the design effect of a looser threshold of the same data, or None where there is none.
        disjoint_pairs: From pairs that share nobody; holds whatever the dependence.
        confidence: For all three.
    """

    independent: float
    by_design_effect: float | None
    disjoint_pairs: float
    confidence: float


@dataclass(frozen=True, slots=True)
class RatioInterval:
    """How many times one rate is another.

    Attributes:
        estimate: numerator / denominator; NaN if both are zero, infinite if only the denominator is.
        low: Lower end of the interval; 0 where nothing better is known.
        high: Upper end; infinite where nothing better is known.
        p_value: Two-sided, of the ratio being 1, on the log scale; NaN if a rate is zero or has no variance.
        flags: ``zero numerator`` and ``zero denominator`` where they hold.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    flags: tuple[str, ...] = ()


def critical_value(confidence: float = CONFIDENCE, clusters: float = math.inf) -> float:
    """Return the two-sided quantile: Student's with clusters - 1 degrees of freedom, or the normal's.

    Raises:
        AuditInputInvalid: The confidence is not between 0 and 1, or there are fewer than two clusters.
    """
    if not 0.0 < confidence < 1.0:
        raise AuditInputInvalid(f"A confidence of {confidence} is not between 0 and 1.", remedy="Give 0.95, say.")
    if clusters < 2:
        raise AuditInputInvalid(
            "One person is not a sample: an interval over subjects needs at least two.",
            remedy="Merge the group with another or leave its rate without an interval.",
        )
    return student_t_quantile(0.5 + confidence / 2.0, clusters - 1)


def wilson(errors: Numbers, trials: Numbers, *, quantile: float | None = None) -> tuple[FloatNumbers, FloatNumbers]:
    """Return Wilson's interval (low, high) for errors of *independent* trials; NaN where there are no trials.

    Args:
        errors: Errors, up to ``trials``; may be fractional (an effective count).
        trials: Trials; may be fractional.
        quantile: Two-sided critical value; the normal's at 95 % when omitted.

    Source: Wilson, JASA 1927, equation for both roots; metrics reference 4.2.
    """
    z = critical_value() if quantile is None else quantile
    n = np.asarray(trials, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.asarray(errors, dtype=np.float64) / n
        centre = p + z * z / (2.0 * n)
        half = z * np.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
        scale = 1.0 + z * z / n
        low, high = (centre - half) / scale, (centre + half) / scale
    # Exact ends where the roots only round to them.
    low, high = np.where(p == 0.0, 0.0, low), np.where(p == 1.0, 1.0, high)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def clopper_pearson(errors: int, trials: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval (low, high) for errors of independent trials.

    Raises:
        AuditInputInvalid: There are no trials, or more errors than trials.

    Source: Clopper and Pearson, Biometrika 1934, in its beta form.
    """
    _require_counts(errors, trials)
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if errors == 0 else beta_quantile(tail, errors, trials - errors + 1)
    high = 1.0 if errors == trials else beta_quantile(1.0 - tail, errors + 1, trials - errors)
    return low, high


def clustered_wilson(
    errors: Numbers,
    trials: Numbers,
    variance: Numbers,
    *,
    clusters: float,
    confidence: float = CONFIDENCE,
    design_effect_at_zero: Numbers = 1.0,
) -> ClusteredInterval:
    """Return Wilson's interval with the effective sample size of a clustered variance.

    Args:
        errors: Errors, each comparison counted once.
        trials: Comparisons, each counted once.
        variance: Clustered variance of errors / trials, of the same shape.
        clusters: Subjects behind the variance (the smaller side of two sets); sets the Student quantile.
        confidence: Two-sided.
        design_effect_at_zero: Used where no error (or nothing but errors) was seen, so that the data itself shows no
            dependence; from a looser threshold of the same data.

    Raises:
        AuditInputInvalid: Fewer than two clusters, or a confidence out of range.

    Source: metrics reference 4.2: n_eff = min(comparisons, p(1-p) / variance).
    """
    quantile = critical_value(confidence, clusters)
    count, n, spread = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (errors, trials, variance)))
    with np.errstate(invalid="ignore", divide="ignore"):
        p = count / n
        independent = p * (1.0 - p)
        shown = np.minimum(n, independent / spread)
        assumed = n / np.maximum(1.0, np.asarray(design_effect_at_zero, dtype=np.float64))
        effective = np.where((independent > 0.0) & (spread > 0.0), shown, assumed)
        effect = n / effective
    low, high = wilson(p * effective, effective, quantile=quantile)
    return ClusteredInterval(low=low, high=high, effective_trials=effective, design_effect=effect)


def within_set_variance(subjects: ClusterSums, subject_pairs: ClusterSums) -> FloatNumbers:
    """Return the variance of a false match rate within one set of people, clustered by subject (vertex).

    Args:
        subjects: Sums over subjects of c_i and m_i, a subject's false matches and non-mated comparisons with anybody.
        subject_pairs: Sums over *ordered* pairs i ≠ j of c_ij and m_ij; every comparison counts twice.

    Source: metrics reference 4.2, [2 ΣG² + 4 max(0, Σr² - ΣG²)] / M² with G_ij = c_ij - p m_ij, r_i = Σ_j G_ij; times
    subjects / (subjects - 1).
    """
    rows, cells = subjects.residual_squares(), subject_pairs.residual_squares()
    return np.asarray((2.0 * cells + 4.0 * np.maximum(0.0, rows - cells)) / subjects.trials**2 * subjects.correction)


def two_way_variance(probes: ClusterSums, references: ClusterSums, subject_pairs: ClusterSums) -> FloatNumbers:
    """Return the variance of a false match rate between two sets of *different* people, clustered both ways.

    Args:
        probes: Sums over probe subjects.
        references: Sums over reference subjects.
        subject_pairs: Sums over pairs (probe subject, reference subject), each once.

    Source: metrics reference 4.2, max(Σr_p² + Σr_q² - ΣG², p(1-p)M) / M²; each side's sum times n / (n - 1).
    """
    sides = probes.residual_squares() * probes.correction + references.residual_squares() * references.correction
    return _at_least_binomial(sides - subject_pairs.residual_squares(), subject_pairs)


def overlapping_sets_variance(subjects: ClusterSums, subject_pairs: ClusterSums) -> FloatNumbers:
    """Return the variance when some people are in the probe set and in the reference set.

    For disjoint people this equals ``two_way_variance`` but for its small-sample factor. Comparisons (i, j) and (j, i)
    of two people who are both on both sides are counted as two dependent ones, which can only widen.

    Args:
        subjects: Sums over subjects of the comparisons in which each is on *either* side; a comparison counts twice.
        subject_pairs: Sums over pairs (probe subject, reference subject), each once.

    Source: Aronow, Samii and Assenova, "Cluster-robust variance estimation for dyadic data", Political Analysis 2015:
    sum over all pairs of comparisons that share a person.
    """
    sides = subjects.residual_squares() * subjects.correction
    return _at_least_binomial(sides - subject_pairs.residual_squares(), subject_pairs)


def per_subject_variance(subjects: ClusterSums) -> FloatNumbers:
    """Return the variance of a rate whose trials belong to one subject each: FNMR, FNIR, FPIR, FTA.

    Source: metrics reference 4.2, Σ(e_i - rate·K_i)² / (ΣK_i)²; times subjects / (subjects - 1).
    """
    return np.asarray(subjects.residual_squares() / subjects.trials**2 * subjects.correction)


def zero_error_bounds(
    trials: int, subjects: int, *, design_effect: float | None = None, confidence: float = CONFIDENCE
) -> ZeroErrorBounds:
    """Return the upper bounds of a rate of which no error was seen.

    Args:
        trials: Comparisons.
        subjects: People behind them; two make a pair that shares nobody. For rates whose trials belong to one subject
            each (FNMR), give twice the subjects.
        design_effect: Of the same data at a looser threshold with enough errors to show it.
        confidence: One-sided, as in the "rule of three".

    Raises:
        AuditInputInvalid: No comparison, or fewer than two subjects.

    Source: metrics reference 2.3 and 4.2: -ln(1 - confidence) / n, which is 3.0 / n at 95 % and 4.6 / n at 99 %.
    """
    _require_counts(0, trials)
    if subjects < 2:
        raise AuditInputInvalid("Fewer than two people: nothing bounds this rate.", remedy="Add people to the group.")
    most = -math.log(1.0 - confidence)
    middle = None if design_effect is None else min(1.0, most * max(1.0, design_effect) / trials)
    return ZeroErrorBounds(
        independent=min(1.0, most / trials),
        by_design_effect=middle,
        disjoint_pairs=min(1.0, most / (subjects // 2)),
        confidence=confidence,
    )


def _at_least_binomial(squares: FloatNumbers, subject_pairs: ClusterSums) -> FloatNumbers:
    p, trials = subject_pairs.rate, subject_pairs.trials
    return np.asarray(np.maximum(squares, p * (1.0 - p) * trials) / trials**2)


def _require_counts(errors: int, trials: int) -> None:
    if trials < 1 or not 0 <= errors <= trials:
        raise AuditInputInvalid(
            f"{errors} errors of {trials} comparisons make no rate.",
            remedy="A rate needs at least one comparison and no more errors than comparisons.",
        )
