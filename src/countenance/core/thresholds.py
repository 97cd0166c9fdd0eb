"""What a score means: calibration records, and thresholds that lead back to them.

Rules kept here:

- There is no bare threshold. A ``Threshold`` carries the rate it promises, the interval, the data set, the date and
  the model identity it was measured with.
- A rate is looked up at the grid similarity *at or below* the score, so a false match rate is never understated.
- Nothing is extrapolated. Where the data holds too few errors for a rate, ``Support`` says so, and a threshold for
  such a rate is refused (``CalibrationUnsupported``).
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.core.errors import CalibrationUnsupported
from countenance.core.model_identity import ModelIdentity

#: Errors needed for a rate to count as measured. Source: Doddington's "rule of 30" (30 errors give about ±30 % at
#: 90 % confidence for independent trials); ISO/IEC 19795-1 quotes it.
ERRORS_FOR_MEASURED = 30
#: Fewest errors at which a target rate may still set a threshold, flagged as sparse. Below three, the 95 % interval of
#: a Poisson count reaches from under a tenth to over twice the estimate (1 error: 0.03 to 5.6).
ERRORS_FOR_THRESHOLD = 3


class Support(enum.StrEnum):
    """How well the calibration data carries a rate."""

    MEASURED = "measured"
    SPARSE = "sparse"
    BOUND_ONLY = "bound only"


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate with its counts and 95 % interval.

    Attributes:
        estimate: errors / trials, 0 to 1.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
        errors: Number of errors counted.
        trials: Number of comparisons.
    """

    estimate: float
    low: float
    high: float
    errors: int
    trials: int

    @property
    def support(self) -> Support:
        """Return whether the estimate is measured, sparse, or only bounded from above (no error seen)."""
        if self.errors >= ERRORS_FOR_MEASURED:
            return Support.MEASURED
        return Support.SPARSE if self.errors > 0 else Support.BOUND_ONLY

    def in_words(self) -> str:
        """Return the rate as a natural frequency: ``about 1 in 2,400``, or ``fewer than 1 in …`` with no error seen."""
        if self.errors == 0:
            return f"fewer than {one_in(self.high)} (no error in {self.trials:,} comparisons)"
        return f"about {one_in(self.estimate)}"


def one_in(rate: float) -> str:
    """Return a rate as ``1 in N`` with N to two significant digits, or as a share when it is above one half."""
    if not 0.0 < rate <= 1.0:
        return "none" if rate == 0.0 else "undefined"
    if rate > 0.5:
        return f"{rate:.0%} of all"
    count = 1.0 / rate
    if count < 10:
        return f"1 in {count:.1f}".removesuffix(".0")
    digits = max(0, math.floor(math.log10(count)) - 1)
    return f"1 in {round(count / 10**digits) * 10**digits:,}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A similarity at or above which two templates are called a match, and what that promises where it was measured.

    Attributes:
        value: The similarity, -1 to 1.
        target: What it was chosen for, in words, such as ``FMR at most 1e-05``.
        false_match_rate: Measured rate at ``value``.
        false_non_match_rate: Measured rate at ``value``.
        data_set: Where it was measured, in words.
        date: ISO date of the measurement.
        model: The recogniser it holds for.
    """

    value: float
    target: str
    false_match_rate: Rate
    false_non_match_rate: Rate
    data_set: str
    date: str
    model: ModelIdentity


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Error rates against similarity for one recogniser on one data set; numbers only, nobody's template.

    Attributes:
        model: The recogniser.
        data_set: Name and split of the data, in words.
        date: ISO date of the measurement.
        subjects: Number of people.
        photos: Number of photos that gave a template.
        failures_to_acquire: Photos in which no usable face was found; not part of the comparison rates.
        method: How intervals were computed, in words.
        grid: Similarities, ascending, float64, shape (n,).
        false_matches: Non-mated comparisons at or above each grid similarity, int64, shape (n,).
        non_mated: Number of non-mated comparisons.
        false_match_interval: 95 % interval of the FMR, float64, shape (n, 2).
        false_non_matches: Mated comparisons below each grid similarity, int64, shape (n,).
        mated: Number of mated comparisons.
        false_non_match_interval: 95 % interval of the FNMR, float64, shape (n, 2).
    """

    model: ModelIdentity
    data_set: str
    date: str
    subjects: int
    photos: int
    failures_to_acquire: int
    method: str
    grid: npt.NDArray[np.float64] = field(repr=False)
    false_matches: npt.NDArray[np.int64] = field(repr=False)
    non_mated: int
    false_match_interval: npt.NDArray[np.float64] = field(repr=False)
    false_non_matches: npt.NDArray[np.int64] = field(repr=False)
    mated: int
    false_non_match_interval: npt.NDArray[np.float64] = field(repr=False)

    def false_match_rate_at(self, similarity: float) -> Rate:
        """Return the share of non-mated comparisons at or above ``similarity``, never understated."""
        at = self._position(similarity)
        return _rate(int(self.false_matches[at]), self.non_mated, self.false_match_interval[at])

    def false_non_match_rate_at(self, similarity: float) -> Rate:
        """Return the share of mated comparisons below ``similarity``, at the same grid point as the FMR."""
        at = self._position(similarity)
        return _rate(int(self.false_non_matches[at]), self.mated, self.false_non_match_interval[at])

    @property
    def smallest_supported_rate(self) -> float:
        """Return the smallest false match rate a threshold may be asked for on this data."""
        return ERRORS_FOR_THRESHOLD / self.non_mated

    def threshold_for(self, target_false_match_rate: float) -> Threshold:
        """Return the lowest grid similarity whose measured FMR is at most the target.

        Args:
            target_false_match_rate: Between 0 and 1, both excluded.

        Raises:
            ValueError: The target is not between 0 and 1.
            CalibrationUnsupported: The data holds too few comparisons to measure such a rate.
        """
        if not 0.0 < target_false_match_rate < 1.0:
            raise ValueError("a target false match rate lies between 0 and 1")
        if target_false_match_rate < self.smallest_supported_rate:
            raise CalibrationUnsupported(
                f"{self.data_set} has {self.non_mated:,} non-mated comparisons; "
                f"an FMR of {target_false_match_rate:.3g} would rest on fewer than {ERRORS_FOR_THRESHOLD} errors.",
                remedy=f"Ask for {self.smallest_supported_rate:.2g} or more, or calibrate on more people.",
            )
        allowed = self.false_matches <= target_false_match_rate * self.non_mated
        if not bool(allowed.any()):
            raise CalibrationUnsupported(f"No similarity on the grid reaches an FMR of {target_false_match_rate:.3g}.")
        value = float(self.grid[int(np.argmax(allowed))])
        return self.threshold_at(value, target=f"FMR at most {target_false_match_rate:.3g}")

    def threshold_at(self, value: float, *, target: str = "fixed by the operator") -> Threshold:
        """Return ``value`` as a threshold with what it means here."""
        return Threshold(
            value=value,
            target=target,
            false_match_rate=self.false_match_rate_at(value),
            false_non_match_rate=self.false_non_match_rate_at(value),
            data_set=self.data_set,
            date=self.date,
            model=self.model,
        )

    def _position(self, similarity: float) -> int:
        if math.isnan(similarity):
            raise ValueError("a similarity that is not a number has no rate")
        # A score may differ from its grid point in the last bit of a float32; 1e-9 keeps "equal" equal.
        return max(0, int(np.searchsorted(self.grid, similarity + 1e-9, side="right")) - 1)


def _rate(errors: int, trials: int, interval: npt.NDArray[np.float64]) -> Rate:
    return Rate(
        estimate=errors / trials if trials else math.nan,
        low=float(interval[0]),
        high=float(interval[1]),
        errors=errors,
        trials=trials,
    )
