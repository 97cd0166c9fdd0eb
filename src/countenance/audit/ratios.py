"""How many times one group's rate is another's, with intervals, and the correction for asking many times.

Rules kept here:

- Groups are compared on the log scale: a ratio of 2 and a ratio of 1/2 are equally far from parity.
- A zero rate gives no ratio, only a one-sided bound, and is flagged.
- Several ratios asked of one data set are corrected together (Holm).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from countenance.audit.intervals import CONFIDENCE, RatioInterval, critical_value
from countenance.audit.special_functions import regularised_incomplete_beta
from countenance.core.errors import AuditInputInvalid


def log_ratio_interval(
    numerator: float,
    numerator_variance: float,
    denominator: float,
    denominator_variance: float,
    *,
    covariance: float = 0.0,
    clusters: float = math.inf,
    confidence: float = CONFIDENCE,
) -> RatioInterval:
    """Return numerator / denominator with the interval of its logarithm.

    Args:
        numerator: A rate.
        numerator_variance: Its clustered variance.
        denominator: The rate it is held against.
        denominator_variance: Its clustered variance.
        covariance: Of the two rates; 0 for two groups that share nobody.
        clusters: Subjects of the smaller group.
        confidence: Two-sided.

    Source: metrics reference 4.2 (delta method): Var(ln a/b) = Var(a)/a² + Var(b)/b² - 2 Cov(a, b)/(ab).
    """
    if not (numerator > 0.0 and denominator > 0.0):
        return _with_a_zero(numerator, denominator)
    variance = (
        numerator_variance / numerator**2
        + denominator_variance / denominator**2
        - 2.0 * covariance / (numerator * denominator)
    )
    spread = math.sqrt(max(0.0, variance))
    ratio = numerator / denominator
    reach = critical_value(confidence, clusters) * spread
    # exp overflows above about 709; such an interval says nothing and is unbounded.
    high = ratio * math.exp(reach) if reach < 700.0 else math.inf
    p_value = 2.0 * NormalDist().cdf(-abs(math.log(ratio)) / spread) if spread > 0.0 else float(ratio == 1.0)
    return RatioInterval(estimate=ratio, low=ratio * math.exp(-reach), high=high, p_value=p_value)


def jackknife_ratio_interval(
    numerator: float,
    numerator_log_variance: float | None,
    denominator: float,
    denominator_log_variance: float | None,
    *,
    clusters: float = math.inf,
    confidence: float = CONFIDENCE,
) -> RatioInterval:
    """Return numerator / denominator of two groups that share nobody, from the variances of their logarithms.

    Args:
        numerator: A rate.
        numerator_log_variance: Variance of its logarithm, by leaving out people (``jackknife``); None if unknown.
        denominator: The rate it is held against.
        denominator_log_variance: The same of that rate.
        clusters: Subjects of the smaller group.
        confidence: Two-sided; the interval leaves 1 out exactly where the p-value is below 1 - confidence.

    Of groups that do not differ, ``benchmarks/ratio_simulation.py`` finds parity left out in 0 to 6 of 100 audits; the
    delta method (``log_ratio_interval``) leaves it out in up to 13. With few errors the interval is wider than needed.
    """
    if not (numerator > 0.0 and denominator > 0.0):
        return _with_a_zero(numerator, denominator)
    ratio = numerator / denominator
    if numerator_log_variance is None or denominator_log_variance is None or clusters < 2:
        return RatioInterval(ratio, 0.0, math.inf, math.nan, flags=("no variance",))
    spread = math.sqrt(numerator_log_variance + denominator_log_variance)
    reach = critical_value(confidence, clusters) * spread
    p_value = _two_sided(math.log(ratio) / spread, clusters - 1) if spread > 0.0 else float(ratio == 1.0)
    high = ratio * math.exp(reach) if reach < 700.0 else math.inf
    return RatioInterval(estimate=ratio, low=ratio * math.exp(-reach), high=high, p_value=p_value)


def pooled_log_variance(errors: Sequence[int], log_variances: Sequence[float | None]) -> float | None:
    """Return the variance of the logarithm of several groups' pooled rate, None if unknown; the groups share nobody.

    Args:
        errors: Of each group.
        log_variances: Of the logarithm of each group's rate; that of a group without an error is not used.

    Source: delta method: ln Σ x_g changes by (x_g / Σ x) times the change of ln x_g.
    """
    total, pooled = sum(errors), 0.0
    for count, variance in zip(errors, log_variances, strict=True):
        if count and variance is None:
            return None
        pooled += (count / total) ** 2 * variance if count and variance is not None else 0.0
    return pooled if total else None


def _two_sided(statistic: float, degrees_of_freedom: float) -> float:
    """Return the two-sided p-value of Student's t; of the normal where the degrees of freedom are infinite."""
    if math.isinf(degrees_of_freedom):
        return 2.0 * NormalDist().cdf(-abs(statistic))
    beyond = degrees_of_freedom / (degrees_of_freedom + statistic**2)
    return regularised_incomplete_beta(beyond, degrees_of_freedom / 2.0, 0.5)


def katz_ratio_interval(
    errors: int, trials: int, other_errors: int, other_trials: int, *, confidence: float = CONFIDENCE
) -> RatioInterval:
    """Return the ratio of two rates of *independent* trials (people or images counted once each).

    Source: Katz et al., Biometrics 1978: Var(ln ratio) = 1/x1 - 1/n1 + 1/x2 - 1/n2.
    """
    if trials < 1 or other_trials < 1:
        raise AuditInputInvalid("A ratio needs trials on both sides.", remedy="Leave out groups without trials.")
    first, second = errors / trials, other_errors / other_trials
    return log_ratio_interval(
        first,
        first * (1.0 - first) / trials,
        second,
        second * (1.0 - second) / other_trials,
        confidence=confidence,
    )


def _with_a_zero(numerator: float, denominator: float) -> RatioInterval:
    if math.isnan(numerator) or math.isnan(denominator):
        return RatioInterval(math.nan, 0.0, math.inf, math.nan, flags=("no comparisons",))
    flags = tuple(
        name for name, rate in (("zero numerator", numerator), ("zero denominator", denominator)) if rate == 0.0
    )
    estimate = math.nan if len(flags) == 2 else (0.0 if numerator == 0.0 else math.inf)
    return RatioInterval(estimate=estimate, low=0.0, high=math.inf, p_value=math.nan, flags=flags)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for asking several questions, in the order given; NaN stays NaN and is not counted.

    Source: Holm, Scandinavian Journal of Statistics 1979: the k-th smallest of m is multiplied by m - k + 1, made
    monotone and cut at 1.
    """
    asked = [index for index, p in enumerate(p_values) if not math.isnan(p)]
    corrected = [math.nan] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(asked, key=lambda position: p_values[position])):
        largest = max(largest, min(1.0, (len(asked) - rank) * p_values[index]))
        corrected[index] = largest
    return tuple(corrected)


def fisher_exact(errors: int, trials: int, other_errors: int, other_trials: int) -> float:
    """Return the two-sided p-value of equal rates of independent trials, by summing all tables no likelier.

    Source: Fisher, "Statistical methods for research workers"; probabilities from the hypergeometric distribution.
    """
    total, hits = trials + other_trials, errors + other_errors
    lowest, highest = max(0, hits - other_trials), min(hits, trials)
    log_p = np.array(
        [_log_choose(trials, k) + _log_choose(other_trials, hits - k) for k in range(lowest, highest + 1)]
    ) - _log_choose(total, hits)
    seen = log_p[errors - lowest]
    # Tables of equal probability differ in the last bits of the logarithm; 1e-7 is R's tolerance in fisher.test.
    return float(min(1.0, np.exp(log_p[log_p <= seen + 1e-7]).sum()))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
