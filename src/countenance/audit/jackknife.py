"""How far the logarithm of a rate moves when one person is left out: the variance that ratios of rates rest on.

The variance of a rate (``intervals``) is close to unbiased, but the logarithm of a rate with few errors, or with errors
that a few people carry, varies by more than that variance divided by the squared rate says: intervals of ratios made so
leave parity out up to two and a half times as often as they state. Leaving people out one at a time, on the logarithm,
does not; ``benchmarks/ratio_simulation.py`` shows both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.audit.intervals import FloatNumbers

#: Added to the errors that are left, so that one person who carries all of them does not make the logarithm infinite.
#: Source: Haldane's and Anscombe's correction of a logarithm of counts (Ann. Human Genetics 1956; Biometrika 1956).
HALF_AN_ERROR = 0.5


def log_rate_variance(
    errors: npt.NDArray[Any], trials: npt.NDArray[Any], total_errors: FloatNumbers, total_trials: float
) -> FloatNumbers:
    """Return the delete-one-person jackknife variance of ln(errors / trials), shape (t,).

    Args:
        errors: Each person's errors, shape (people, t); of a comparison of two people, both have it.
        trials: Each person's trials, shape (people,).
        total_errors: All errors, each counted once, shape (t,).
        total_trials: All trials, each counted once.

    NaN with fewer than two people, or where leaving somebody out leaves no trial.

    Source: Efron and Stein, Annals of Statistics 1981: (n - 1) / n · Σ (θ_(i) - mean)², which is not too small on
    average.
    """
    people = int(np.count_nonzero(trials))
    own = trials > 0
    left = total_trials - np.asarray(trials, dtype=np.float64)[own, None]
    if people < 2 or not np.all(left > 0):
        return np.full(np.shape(total_errors), np.nan)
    without = np.log((total_errors - np.asarray(errors, dtype=np.float64)[own] + HALF_AN_ERROR) / left)
    spread = (without - without.mean(axis=0)) ** 2
    return np.asarray((people - 1) / people * spread.sum(axis=0))
