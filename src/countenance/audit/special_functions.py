"""Beta and Student distributions in plain Python: what the intervals need and the standard library lacks.

Rules kept here:

- Scalar functions of ordinary size: called once an interval, never once a comparison.
- Quantiles come from bisection over the distribution function, so a quantile and its probability agree.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from statistics import NormalDist

#: Relative change at which the continued fraction stops; a few units in the last place of a float64.
_CONVERGED = 3e-16
#: Terms after which it must have converged: Source: Press et al., Numerical Recipes, 3rd ed., 6.4 (order of
#: sqrt(max(a, b)) terms; 10,000 covers shape parameters up to 1e7).
_TERMS = 10_000
#: Replaces a zero denominator in Lentz's method; any number far below the result's precision serves.
_TINY = 1e-300
#: Halvings of an interval until float64 cannot resolve it further.
_HALVINGS = 200


def regularised_incomplete_beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b), the distribution function of Beta(a, b) at ``x``, from 0 to 1.

    Args:
        x: From 0 to 1.
        a: First shape parameter, above 0.
        b: Second shape parameter, above 0.

    Raises:
        ValueError: A parameter is out of range.

    Source: DLMF 8.17.22 (continued fraction), evaluated by Lentz's method as modified by Thompson and Barnett (1986).
    """
    if not (0.0 <= x <= 1.0 and a > 0.0 and b > 0.0):
        raise ValueError("the incomplete beta function needs 0 <= x <= 1 and positive shape parameters")
    if x in (0.0, 1.0):
        return x
    # The fraction converges fast below the mean; above it the symmetry I_x(a, b) = 1 - I_{1-x}(b, a) is used.
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - regularised_incomplete_beta(1.0 - x, b, a)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) * _beta_fraction(x, a, b) / a


def _beta_fraction(x: float, a: float, b: float) -> float:
    c = 1.0
    d = 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for numerator in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + numerator * d)
            c = _away_from_zero(1.0 + numerator / c)
            value *= c * d
        if abs(c * d - 1.0) < _CONVERGED:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the x at which Beta(a, b) has collected ``probability`` (0 to 1)."""
    return _bisect(lambda x: regularised_incomplete_beta(x, a, b), probability, 0.0, 1.0)


#: Tables ask for the quantile of the same few group sizes over and over; one costs a millisecond.
@functools.lru_cache(maxsize=1024)
def student_t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return the Student t value exceeded with probability ``1 - probability``; the normal's for infinite freedom.

    Args:
        probability: Above 0.5 and below 1.
        degrees_of_freedom: Above 0; may be infinite.

    Raises:
        ValueError: An argument is out of range.

    Source: DLMF 8.17; the distribution function is 1 - I_{v/(v+t*t)}(v/2, 1/2) / 2 for t > 0.
    """
    if not (0.5 < probability < 1.0 and degrees_of_freedom > 0.0):
        raise ValueError("a t quantile needs 0.5 < probability < 1 and positive degrees of freedom")
    if math.isinf(degrees_of_freedom):
        return NormalDist().inv_cdf(probability)
    half = degrees_of_freedom / 2.0
    tail = beta_quantile(2.0 * (1.0 - probability), half, 0.5)
    return math.sqrt(degrees_of_freedom * (1.0 - tail) / tail)


def _bisect(function: Callable[[float], float], target: float, low: float, high: float) -> float:
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if function(middle) < target:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
