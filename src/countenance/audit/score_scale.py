"""The scale a system scores on: its direction, its range, and a grid of round numbers for histograms.

Rules kept here:

- Scores stay in the system's own units, so that the thresholds a reader sees are the vendor's. A distance is kept with
  its sign changed, which is exact, so that higher is more alike everywhere and equality with a threshold is kept.
- Edges of the grid are the decimal numbers they stand for, correctly rounded: 80 and 0.8 are edges, exactly.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatNumbers = npt.NDArray[np.float64]

#: Steps of a grid; as many as a cosine's grid has from -1 to 1.
STEPS = 2_000


class Direction(enum.StrEnum):
    """What a higher score means."""

    SIMILARITY = "higher is more alike"
    DISTANCE = "lower is more alike"


class Scale(enum.StrEnum):
    """The range of scores."""

    PERCENT = "percent"
    FRACTION = "fraction"
    COSINE = "cosine"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """How a file's scores are to be read.

    Attributes:
        scale: The kind of range.
        direction: As the file has it.
        low: Lowest score of the range (of a raw scale, seen), as written.
        high: Highest, as written.
    """

    scale: Scale
    direction: Direction
    low: float
    high: float

    @property
    def sign(self) -> float:
        """Return 1, or -1 for distances: a score is kept as sign × what is written."""
        return 1.0 if self.direction is Direction.SIMILARITY else -1.0

    def kept(self, written: float) -> float:
        """Return a score or threshold as it is kept, higher more alike; its own inverse."""
        # No negative zero: it would be shown as -0.
        return self.sign * written + 0.0

    @property
    def name(self) -> str:
        """Return the scale in words."""
        kind = "distance" if self.direction is Direction.DISTANCE else "similarity"
        ranges = {Scale.PERCENT: "0 to 100", Scale.FRACTION: "0 to 1", Scale.COSINE: "-1 to 1"}
        return f"{kind}, {ranges.get(self.scale, f'raw, {self.low:g} to {self.high:g} seen')}"

    @property
    def note(self) -> str:
        """Return how written scores map to kept ones, in a sentence."""
        if self.direction is Direction.SIMILARITY:
            return "Scores are as written: higher is more alike; a score at or above the threshold is a match."
        return (
            "Scores are distances: lower is more alike. Each is kept with its sign changed (0.6 as -0.6), so that "
            "higher is more alike; a distance at or below the threshold is a match."
        )

    def edges(self) -> FloatNumbers:
        """Return the grid over kept scores, ascending."""
        written = _grid(self.scale, self.low, self.high)
        return written if self.sign > 0 else np.ascontiguousarray(-written[::-1]) + 0.0


def _grid(scale: Scale, low: float, high: float) -> FloatNumbers:
    whole = np.arange(STEPS + 1, dtype=np.float64)
    if scale is Scale.PERCENT:
        return whole / (STEPS / 100)
    if scale is Scale.FRACTION:
        return whole / STEPS
    if scale is Scale.COSINE:
        return (whole - STEPS / 2) / (STEPS / 2)
    # The smallest step of 1, 2 or 5 times a power of ten that covers the range, from a multiple of it.
    power = math.floor(math.log10((high - low) / STEPS))
    for factor, exponent in ((1, power), (2, power), (5, power), (1, power + 1), (2, power + 1)):
        multiples = _multiples(low, high, factor, exponent)
        if multiples.size <= STEPS + 2:
            break
    # One division or product a number: correctly rounded.
    return multiples * factor / 10.0**-exponent if exponent < 0 else multiples * factor * 10.0**exponent


def _multiples(low: float, high: float, factor: int, exponent: int) -> FloatNumbers:
    step = factor * 10.0**exponent
    return np.arange(math.floor(low / step), math.ceil(high / step) + 1, dtype=np.float64)
