"""Similarity on the vendors' scale, 0 to 100, made from the calibration record: monotone, versioned, no fitted curve.

Rules kept here:

- The scale is piecewise linear in the similarity, through fixed points. Most of them are false match rates *measured*
  in the calibration record, so that 80 means the same rate with every recogniser, now and after a change of model.
- A fixed point whose rate the calibration data does not carry is left out; nothing is extrapolated.
- A decision on this scale is the one decision of ``core.comparison``: at or above the threshold is a match.
- The number is neither a probability nor a percentage of anything; ``meaning`` says what was measured at it.

Fixed points (version 1), from the one that means least to the one that means most:

====  ===================================================================================================
0     similarity -1
50    FMR 1 in 100
75    FMR 1 in 1,000: Rekognition's default for associating faces with a user
80    FMR 1 in 10,000: Rekognition's default everywhere else, and this package's own default for 1:1
95    FMR 1 in 100,000
99    the smallest FMR that the data *measures*, with 30 errors or more, but none below 1 in 1,000,000
100   similarity 1: the same picture
====  ===================================================================================================

The vendor publishes no rates for its scale; these are this package's own, chosen so that client code keeps its
thresholds and gets a stricter answer for a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.core.comparison import meets
from countenance.core.errors import CalibrationUnsupported
from countenance.core.thresholds import ERRORS_FOR_MEASURED, Calibration, Threshold
from countenance.service.meaning import FalseCandidates, false_candidates

#: Changes whenever the same similarity would give another number; part of ``VendorScale.version``.
SCALE_VERSION = 1
#: Fixed points with a false match rate of their own; see the module's table.
RATE_POINTS: tuple[tuple[float, float], ...] = ((50.0, 1e-2), (75.0, 1e-3), (80.0, 1e-4), (95.0, 1e-5))
#: The strictest fixed point, and the rate it never goes below.
STRICTEST_POINT, STRICTEST_RATE = 99.0, 1e-6
#: The values users ask about, because the vendor's own advice named them one after another.
ADVISED = (80.0, 95.0, 99.0)
#: Two fixed points closer than this in similarity would make the scale jump.
_LEAST_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class ScaleMeaning:
    """What a value of the scale means here.

    Attributes:
        value: On the scale, 0 to 100.
        threshold: The similarity behind it, with its measured rates and their source.
        false_candidates: For each gallery size asked for, the false candidates a stranger meets on average.
    """

    value: float
    threshold: Threshold
    false_candidates: tuple[FalseCandidates, ...]


@dataclass(frozen=True, slots=True, eq=False)
class VendorScale:
    """The scale for one recogniser.

    Attributes:
        calibration: The record it is made from.
        similarities: Fixed points, ascending, float64.
        values: Their places on the scale, ascending, float64.
    """

    calibration: Calibration
    similarities: npt.NDArray[np.float64] = field(repr=False)
    values: npt.NDArray[np.float64] = field(repr=False)

    @property
    def version(self) -> str:
        """Return what the numbers depend on: the recipe, the recogniser and the record, in one line."""
        record = self.calibration
        return f"countenance-scale/{SCALE_VERSION}; {record.model.short}; {record.data_set}, {record.date}"

    def value_of(self, similarity: float) -> float:
        """Return the place of a similarity on the scale, 0 to 100; higher is more alike."""
        return float(np.interp(similarity, self.similarities, self.values))

    def similarity_at(self, value: float) -> float:
        """Return the similarity behind a place on the scale.

        Raises:
            ValueError: The value is not between 0 and 100.
        """
        if not 0.0 <= value <= 100.0:
            raise ValueError("a value of the scale lies between 0 and 100")
        return float(np.interp(value, self.values, self.similarities))

    def reaches(self, similarity: float, value: float) -> bool:
        """Return whether a similarity is a match at a threshold given on the scale.

        Decided on the scale itself, so that a client that compares the number it gets with the threshold it sent
        comes to the same answer.
        """
        return bool(meets(np.asarray(self.value_of(similarity)), value))

    def threshold(self, value: float) -> Threshold:
        """Return the threshold behind a place on the scale, with its measured rates."""
        target = f"{value:g} on the vendor scale, version {SCALE_VERSION}"
        return self.calibration.threshold_at(self.similarity_at(value), target=target)

    def meaning(self, value: float, references: tuple[int, ...] = ()) -> ScaleMeaning:
        """Return what was measured at a place on the scale, and the false candidates to expect by gallery size."""
        threshold = self.threshold(value)
        expected = tuple(false_candidates(threshold.false_match_rate, count) for count in references)
        return ScaleMeaning(value, threshold, expected)


def vendor_scale(calibration: Calibration) -> VendorScale:
    """Return the scale of a recogniser from its calibration record."""
    points = [(-1.0, 0.0)]
    strictest = max(STRICTEST_RATE, ERRORS_FOR_MEASURED / calibration.non_mated)
    smallest = 1.0
    for value, rate in (*RATE_POINTS, (STRICTEST_POINT, strictest)):
        similarity = _measured_at(calibration, rate)
        # Where two meet, because the data does not tell their rates apart, the one that means less stays.
        if similarity is None or rate >= smallest or not points[-1][0] + _LEAST_STEP < similarity < 1.0 - _LEAST_STEP:
            continue
        points.append((similarity, value))
        smallest = rate
    points.append((1.0, 100.0))
    return VendorScale(
        calibration,
        similarities=np.array([similarity for similarity, _ in points]),
        values=np.array([value for _, value in points]),
    )


def _measured_at(calibration: Calibration, rate: float) -> float | None:
    """Return the lowest similarity whose measured FMR is at most ``rate``, or None where the data does not carry it."""
    try:
        similarity = calibration.threshold_for(rate).value
    except CalibrationUnsupported:
        return None
    return similarity
