"""The drawing of both rates: points lie where the record says, within the frame."""

from __future__ import annotations

import math

import pytest

from countenance.web.console.policy.threshold_chart import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, chart
from tests.support.made_up_calibration import ordinary_calibration

RECORD = ordinary_calibration()


@pytest.fixture(scope="module")
def drawn() -> Chart:
    return chart(RECORD, [(0.35, "before"), (0.5, "after")])


def points(line: str) -> list[tuple[float, float]]:
    return [(float(across), float(down)) for across, down in (pair.split(",") for pair in line.split())]


def test_lines_stay_in_the_frame_and_go_the_right_way(drawn: Chart) -> None:
    for line in (drawn.strangers, drawn.missed):
        assert all(LEFT <= across <= WIDTH - RIGHT for across, _ in points(line))
        assert all(TOP <= down <= HEIGHT for _, down in points(line))
    # Downwards is rarer: fewer strangers pass the higher the similarity, and more people are missed.
    strangers, missed = ([down for _, down in points(line)] for line in (drawn.strangers, drawn.missed))
    assert strangers == sorted(strangers)
    assert missed == sorted(missed, reverse=True)


def test_points_lie_at_the_rates_of_the_record(drawn: Chart) -> None:
    first, last = (float(mark.text) for mark in (drawn.similarities[0], drawn.similarities[-1]))
    left, right = drawn.similarities[0].at, drawn.similarities[-1].at
    for across, down in points(drawn.strangers)[::15]:
        similarity = first + (across - left) / (right - left) * (last - first)
        rate = 10 ** (-6 * (down - TOP) / (drawn.bottom - TOP))
        nearby = [RECORD.false_match_rate_at(similarity + step).estimate for step in (-0.004, 0.004)]
        assert min(nearby) * 0.9 <= rate <= max(nearby) * 1.1


def test_axes_are_powers_of_ten_down_to_one_in_a_million(drawn: Chart) -> None:
    assert [mark.text for mark in drawn.rates] == [
        "all", "1 in 10", "1 in 100", "1 in 1k", "1 in 10k", "1 in 100k", "1 in 1m",
    ]  # fmt: skip
    steps = [after.at - before.at for before, after in zip(drawn.rates, drawn.rates[1:], strict=False)]
    assert all(math.isclose(step, steps[0], abs_tol=0.2) for step in steps)


def test_thresholds_stand_in_their_order(drawn: Chart) -> None:
    before, after = drawn.thresholds
    assert (before.text, after.text) == ("before", "after")
    assert before.at < after.at
    assert (before.before, after.before) == (True, False), "the names do not stand on the other's line"
    assert chart(RECORD, [(0.95, "alone")]).thresholds[0].before
