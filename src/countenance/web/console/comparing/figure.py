"""Where a score sits, as a drawing: both histograms and both error rates over one axis of similarity.

Rules kept here:

- Small multiples over one axis, not lines on top of each other; each is labelled where it is.
- Rates stand on a logarithmic axis labelled as natural frequencies. A dot carries its interval.
- The drawing is numbers only: the template writes it, the style sheet colours it, and it is made for a width.
"""

from __future__ import annotations

import math

from countenance.core.thresholds import Calibration, Rate, one_in
from countenance.service.score_position import Bar, RatePoint, bars, rate_points
from countenance.web.console.comparing.shapes import Block, Dot, Figure, Label, Line
from countenance.web.console.templating import similarity

#: Widths it is drawn for, in pixels: a desk's column, and a telephone's.
WIDE_PX, NARROW_PX = 700.0, 350.0
_TOP, _HISTOGRAM, _GAP, _RATES, _BOTTOM = 66.0, 74.0, 36.0, 176.0, 44.0
_RIGHT = 14.0
#: Width of an average letter at the drawing's 13 pixels in a bold sans; a little too much does no harm.
_LETTER_PX = 7.5
_TICK_EVERY = 0.2
#: Bars with less than this share of a distribution do not stretch the axis: a handful of comparisons among millions.
_SHARE_SHOWN = 1e-6


class _Frame:
    """Similarity and rates → pixels."""

    def __init__(self, width: float, low: float, smallest_rate: float) -> None:
        self.width, self.low, self.high = width, low, 1.0
        self.left = 112.0
        self.right = width - _RIGHT
        self.strangers_y = _TOP + _HISTOGRAM
        self.mated_y = self.strangers_y + _GAP + _HISTOGRAM
        self.rates_top = self.mated_y + _GAP + 12
        self.rates_y = self.rates_top + _RATES
        self.height = self.rates_y + _BOTTOM
        # The rarest rate drawn stays clear of the axis.
        self.decades = max(2, math.floor(-math.log10(smallest_rate)) + 1)

    def x(self, similarity: float) -> float:
        inside = min(self.high, max(self.low, similarity))
        return round(self.left + (inside - self.low) / (self.high - self.low) * (self.right - self.left), 1)

    def y(self, rate: float) -> float:
        depth = min(float(self.decades), max(0.0, -math.log10(rate))) if rate > 0 else float(self.decades)
        return round(self.rates_top + depth / self.decades * _RATES, 1)


def figure(calibration: Calibration, *, score: float, threshold: float, rate: Rate, width: float = WIDE_PX) -> Figure:
    """Return the drawing of where a score sits.

    Args:
        calibration: The record that gives the score its meaning.
        score: The similarity.
        threshold: The similarity it was decided at.
        rate: The false match rate at the score.
        width: ``WIDE_PX`` or ``NARROW_PX``.
    """
    counted = bars(calibration)
    shown = [bar for bar in counted if max(bar.mated, bar.non_mated) >= _SHARE_SHOWN] or list(counted)
    low = min([math.floor(shown[0].low / _TICK_EVERY) * _TICK_EVERY if shown else -1.0, math.floor(score * 5) / 5])
    rarest = min(1 / max(10, calibration.non_mated), rate.high or 1.0)
    frame = _Frame(width, max(-1.0, low), rarest)
    points = rate_points(calibration, frame.low, 1.0)
    return Figure(
        width=width,
        height=frame.height,
        blocks=(
            *_histogram(frame, counted, threshold, frame.strangers_y, mated=False),
            *_histogram(frame, counted, threshold, frame.mated_y, mated=True),
        ),
        lines=(
            *_rules(frame),
            Line(_mark(frame, threshold), "threshold"),
            Line(_curve(frame, points, mated=True), "missed"),
            Line(_curve(frame, points, mated=False), "matched"),
            Line(_mark(frame, score), "score"),
        ),
        dots=(_dot(frame, score, rate),),
        labels=(
            *_axes(frame),
            *_titles(frame, points, calibration),
            *_marks(frame, score, threshold),
            _dot_label(frame, score, rate),
        ),
    )


def _histogram(frame: _Frame, counted: tuple[Bar, ...], threshold: float, base: float, *, mated: bool) -> list[Block]:
    tallest = max((bar.mated if mated else bar.non_mated for bar in counted), default=0.0) or 1.0
    blocks = []
    for bar in counted:
        share = bar.mated if mated else bar.non_mated
        if not share or bar.high <= frame.low:
            continue
        height = max(0.6, share / tallest * _HISTOGRAM)
        kind = "mated" if mated else ("false-match" if bar.low >= threshold else "non-mated")
        left = frame.x(bar.low)
        wide = round(max(0.5, frame.x(bar.high) - left - 0.7), 1)
        blocks.append(Block(left, round(base - height, 1), wide, round(height, 1), kind))
    return blocks


def _rules(frame: _Frame) -> list[Line]:
    levels = [frame.strangers_y, frame.mated_y, frame.rates_y]
    grid = [frame.y(10.0**-decade) for decade in range(0, frame.decades + 1, 2)]
    return [
        *(Line(f"M{frame.left} {y}H{frame.right}", "grid") for y in grid),
        *(Line(f"M{frame.left} {y}H{frame.right}", "axis") for y in levels),
    ]


def _axes(frame: _Frame) -> list[Label]:
    first = math.ceil(round(frame.low / _TICK_EVERY, 6))
    step = 1 if frame.width > NARROW_PX else 2
    ticks = [tick * _TICK_EVERY for tick in range(first, round(1 / _TICK_EVERY) + 1) if tick % step == 0]
    across = [
        Label(
            frame.x(at), frame.rates_y + 18, "0" if abs(at) < 1e-9 else f"{at:.1f}".replace("-", "−"), "middle", "soft"
        )
        for at in ticks
    ]
    down = [
        Label(
            frame.left - 8, frame.y(10.0**-decade) + 4, "all" if decade == 0 else _short(10.0**-decade), "end", "soft"
        )
        for decade in range(0, frame.decades + 1, 2)
    ]
    return [*across, Label(frame.right, frame.rates_y + 36, "similarity →", "end", "soft"), *down]


def _titles(frame: _Frame, points: tuple[RatePoint, ...], calibration: Calibration) -> list[Label]:
    wide = frame.width > NARROW_PX
    above = _HISTOGRAM + 8
    strangers, mated = f"{calibration.non_mated:,} comparisons", f"{calibration.mated:,} comparisons"
    labels = [
        Label(0, frame.strangers_y - above, "Photos of two people", kind="title", note=strangers),
        Label(0, frame.mated_y - above, "Photos of one person", kind="title", note=mated),
        Label(0, frame.rates_top - 14, "How often each goes wrong", kind="title"),
    ]
    falling = [point for point in points if point.false_match_rate is not None]
    if falling:
        # Under the end of the curve, where nothing else is drawn.
        y = frame.y(falling[-1].false_match_rate or 1.0) + 15
        words = "two people score this high or higher" if wide else "two people score this high"
        labels.append(Label(frame.right, min(y, frame.rates_y - 5), words, "end", "matched"))
    missed = [point for point in points if point.false_non_match_rate is not None]
    if missed:
        x, y = frame.x(missed[0].similarity) - 4, frame.y(missed[0].false_non_match_rate or 1.0)
        lines = ("one person scores lower",) if wide else ("one person", "scores lower")
        labels += [Label(x, y - 15 * (len(lines) - 1 - line), text, "end", "missed") for line, text in enumerate(lines)]
    return labels


def _marks(frame: _Frame, score: float, threshold: float) -> list[Label]:
    return [
        _over(frame, score, 14, f"this pair {similarity(score)}", "score"),
        _over(frame, threshold, 32, f"threshold {similarity(threshold)}", "threshold"),
    ]


def _over(frame: _Frame, similarity: float, y: float, text: str, kind: str) -> Label:
    x = frame.x(similarity)
    right = x > (frame.left + frame.right) / 2
    return Label(x - 5 if right else x + 5, y, text, "end" if right else "start", kind)


def _mark(frame: _Frame, similarity: float) -> str:
    return f"M{frame.x(similarity)} 4V{frame.rates_y}"


def _curve(frame: _Frame, points: tuple[RatePoint, ...], *, mated: bool) -> str:
    rates = [(point.similarity, point.false_non_match_rate if mated else point.false_match_rate) for point in points]
    steps = [f"{frame.x(similarity)} {frame.y(rate)}" for similarity, rate in rates if rate is not None]
    return "M" + "L".join(steps) if steps else ""


def _dot(frame: _Frame, score: float, rate: Rate) -> Dot:
    bound = rate.errors == 0
    at = rate.high if bound else rate.estimate
    bottom = frame.rates_y if bound else frame.y(max(rate.low, 1e-12))
    return Dot(frame.x(score), frame.y(at), frame.y(rate.high), bottom, "bound" if bound else "measured")


def _dot_label(frame: _Frame, score: float, rate: Rate) -> Label:
    bound = rate.errors == 0
    text = _short(rate.high if bound else rate.estimate)
    x, y = frame.x(score), frame.y(rate.high if bound else rate.estimate)
    said = f"fewer than {text}" if bound else text
    right = x + 8 + len(said) * _LETTER_PX < frame.width
    return Label(x + 8 if right else x - 8, min(y, frame.rates_y - 6) - 6, said, "start" if right else "end", "score")


def _short(rate: float) -> str:
    """Return a rate as ``1 in N``, N in words from a million on."""
    if rate > 2e-6:
        return one_in(rate)
    return f"1 in {1 / rate / 1e6:.2g} million".replace("1e+02", "100")
