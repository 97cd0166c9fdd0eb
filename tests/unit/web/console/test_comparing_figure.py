"""The drawing of where a score sits: places, labels and intervals, at both widths."""

from __future__ import annotations

import math
import re

import pytest

from countenance.core.thresholds import Calibration
from countenance.web.console.comparing.figure import NARROW_PX, WIDE_PX, figure
from countenance.web.console.comparing.shapes import Figure
from tests.support.made_up_calibration import calibration_from_scores, ordinary_calibration

WIDTHS = pytest.mark.parametrize("width", [WIDE_PX, NARROW_PX])
#: Width of an average letter of the drawing's 13-pixel sans, in pixels.
LETTER_PX = 6.6


def drawn(
    score: float = 0.5, threshold: float = 0.36, *, width: float = WIDE_PX, of: Calibration | None = None
) -> Figure:
    record = of or ordinary_calibration()
    return figure(record, score=score, threshold=threshold, rate=record.false_match_rate_at(score), width=width)


def mark(found: Figure, kind: str) -> float:
    (line,) = (line for line in found.lines if line.kind == kind)
    return float(line.path.removeprefix("M").split()[0])


def similarity_at(found: Figure, x: float) -> float:
    ticks = {
        float(label.text.replace("−", "-")): label.x
        for label in found.labels
        if re.fullmatch(r"−?\d(\.\d)?", label.text)
    }
    low, high = min(ticks), max(ticks)
    return low + (x - ticks[low]) / (ticks[high] - ticks[low]) * (high - low)


@WIDTHS
@pytest.mark.parametrize("score", [-0.9, -0.05, 0.36, 0.71, 1.0])
def test_score_and_threshold_stand_at_their_similarity(width: float, score: float) -> None:
    found = drawn(score, 0.36, width=width)
    assert similarity_at(found, mark(found, "score")) == pytest.approx(score, abs=0.01)
    assert similarity_at(found, mark(found, "threshold")) == pytest.approx(0.36, abs=0.01)
    said = [label.text for label in found.labels]
    assert f"this pair {score:.3f}".replace("-", "−") in said
    assert "threshold 0.360" in said


@WIDTHS
@pytest.mark.parametrize("score", [-0.3, 0.0, 0.2, 0.45, 0.7, 0.99])
def test_nothing_reaches_past_the_drawing(width: float, score: float) -> None:
    found = drawn(score, width=width)
    for block in found.blocks:
        assert 0 <= block.x <= block.x + block.width <= found.width
        assert 0 <= block.y <= block.y + block.height <= found.height
    for label in found.labels:
        long = len(label.text) * LETTER_PX
        start = {"start": label.x, "end": label.x - long, "middle": label.x - long / 2}[label.anchor]
        assert start > -0.1 * long, label
        assert start + long < found.width + 0.1 * long, label
        assert 0 < label.y <= found.height


def test_only_strangers_at_or_above_the_threshold_are_drawn_as_false_matches() -> None:
    found = drawn(0.5, 0.2)
    line = mark(found, "threshold")
    assert any(block.kind == "false-match" for block in found.blocks)
    assert all(block.x >= line - 0.2 for block in found.blocks if block.kind == "false-match")
    assert all(block.x < line for block in found.blocks if block.kind == "non-mated")


def test_bars_are_as_tall_as_their_share() -> None:
    record = calibration_from_scores([0.01, 0.01, 0.01, 0.11], [0.51, 0.71, 0.71])
    blocks = {(block.kind, round(block.height, 1)) for block in drawn(of=record).blocks}
    strangers = sorted(height for kind, height in blocks if kind == "non-mated")
    mated = sorted(height for kind, height in blocks if kind == "mated")
    assert strangers[0] / strangers[1] == pytest.approx(1 / 3, abs=0.01)
    assert mated[0] / mated[1] == pytest.approx(1 / 2, abs=0.01)


def test_the_dot_stands_on_a_logarithmic_axis_with_its_interval() -> None:
    record = ordinary_calibration()
    found = drawn(0.25, of=record)
    rate = record.false_match_rate_at(0.25)
    (dot,) = found.dots
    hundredth, ten_thousandth = (
        next(label.y for label in found.labels if label.text == text) for text in ("1 in 100", "1 in 10,000")
    )
    per_decade = (ten_thousandth - hundredth) / 2
    assert dot.y - (hundredth - 4) == pytest.approx((-math.log10(rate.estimate) - 2) * per_decade, abs=0.5)
    assert dot.top < dot.y < dot.bottom
    assert dot.kind == "measured"


def test_where_no_error_was_seen_the_dot_is_a_bound_and_says_so() -> None:
    found = drawn(0.95)
    (dot,) = found.dots
    assert dot.kind == "bound"
    assert dot.bottom > dot.y == dot.top
    assert any(label.text.startswith("fewer than 1 in") for label in found.labels)


def test_curves_fall_and_rise() -> None:
    lines = {line.kind: line.path for line in drawn().lines}
    matched = [float(step.split()[1]) for step in lines["matched"].removeprefix("M").split("L")]
    missed = [float(step.split()[1]) for step in lines["missed"].removeprefix("M").split("L")]
    # Downwards is rarer.
    assert matched == sorted(matched)
    assert missed == sorted(missed, reverse=True)
