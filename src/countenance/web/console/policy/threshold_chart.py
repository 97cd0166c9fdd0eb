"""The two error rates against similarity, drawn once: strangers that pass, and people who are missed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from countenance.core.thresholds import Calibration

#: The drawing's size and margins, in units of its view box.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 112, 16, 16, 40
#: Lowest rate of the axis: rarer than what any record shipped carries is not drawn.
_LOWEST = 1e-6
#: What stands at each tenth of the upright axis; short, so that a telephone has room for it.
_AXIS = ("all", "1 in 10", "1 in 100", "1 in 1k", "1 in 10k", "1 in 100k", "1 in 1m")
#: Room that a name needs.
_NAME = 140
#: Points of a line: the eye cannot tell more apart.
_POINTS = 160


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis.

    Attributes:
        at: Where.
        text: What stands there.
        before: Whether the text stands before the place, not behind it.
    """

    at: float
    text: str
    before: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing.

    Attributes:
        strangers: Points of the line of strangers that pass, as SVG has them.
        missed: Points of the line of people missed.
        rates: Marks of the upright axis.
        similarities: Marks of the level axis.
        thresholds: Upright lines: where, and what they are called.
        strangers_end, missed_end: Where the lines' names stand, (x, y).
    """

    strangers: str
    missed: str
    rates: tuple[Mark, ...]
    similarities: tuple[Mark, ...]
    thresholds: tuple[Mark, ...]
    strangers_end: tuple[float, float]
    missed_end: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart(calibration: Calibration, thresholds: Sequence[tuple[float, str]]) -> Chart:
    """Return the drawing of a record with thresholds in it.

    Args:
        calibration: The record.
        thresholds: (similarity, name) of upright lines.
    """
    values = [value for value, _ in thresholds]
    low = min([*_range(calibration), *values])
    high = max([*_range(calibration), *values])
    low, high = math.floor(low * 10) / 10, math.ceil(high * 10) / 10

    def x(similarity: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (similarity - low) / max(high - low, 1e-9), 1)

    steps = [low + (high - low) * number / (_POINTS - 1) for number in range(_POINTS)]
    strangers = [
        (x(at), _y(rate))
        for at in steps
        if (rate := calibration.false_match_rate_at(at).estimate) >= calibration.smallest_supported_rate
    ]
    missed = [(x(at), _y(rate)) for at in steps if (rate := calibration.false_non_match_rate_at(at).estimate) > _LOWEST]
    tens = range(len(_AXIS))
    return Chart(
        strangers=_points(strangers),
        missed=_points(missed),
        rates=tuple(Mark(_y(10.0**-ten), _AXIS[ten]) for ten in tens),
        similarities=tuple(
            Mark(x(number / 10), f"{number / 10:.1f}") for number in range(round(low * 10), round(high * 10) + 1, 2)
        ),
        thresholds=tuple(Mark(x(value), name, _stands_before(value, values, x(value))) for value, name in thresholds),
        strangers_end=strangers[-1] if strangers else (LEFT, TOP),
        missed_end=missed[-1] if missed else (LEFT, TOP),
    )


def _range(calibration: Calibration) -> tuple[float, float]:
    """Return from where strangers begin to be told apart to where nearly everybody is missed."""
    grid = calibration.grid
    apart = calibration.false_matches <= 0.5 * calibration.non_mated
    lost = calibration.false_non_matches >= 0.9 * calibration.mated
    first = float(grid[int(apart.argmax())]) if bool(apart.any()) else float(grid[0])
    last = float(grid[int(lost.argmax())]) if bool(lost.any()) else float(grid[-1])
    return (first, last) if first < last else (float(grid[0]), float(grid[-1]))


def _stands_before(value: float, values: Sequence[float], at: float) -> bool:
    """Return whether a name stands before its line: of two lines the lower one's, and one that has no room behind."""
    if len(set(values)) > 1:
        return value == min(values)
    return at > WIDTH - RIGHT - _NAME


def _y(rate: float) -> float:
    share = math.log10(max(min(rate, 1.0), _LOWEST)) / math.log10(_LOWEST)
    return round(TOP + (HEIGHT - TOP - BOTTOM) * share, 1)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{across},{down}" for across, down in points)
