"""Both costs of a threshold: counted again from the scores that the record was made of."""

from __future__ import annotations

import numpy as np
import pytest

from countenance.core.thresholds import Calibration
from countenance.service.meaning import DEFAULT_COMPARE_FMR
from countenance.service.threshold_costs import cost, default_threshold, side_by_side
from tests.support.made_up_calibration import calibration_from_scores, ordinary_calibration

STRANGERS = [number / 1000 for number in range(1000)]
MATED = [0.5 + number / 1000 for number in range(400)]


@pytest.fixture
def record() -> Calibration:
    return calibration_from_scores(STRANGERS, MATED, step=0.01)


@pytest.mark.parametrize("value", [0.2, 0.6, 0.75, 0.9])
def test_costs_are_shares_counted_one_by_one(record: Calibration, value: float) -> None:
    beside = record.threshold_at(0.7)

    found = cost(record.threshold_at(value), beside)

    def counted(at: float) -> tuple[float, float]:
        passing = sum(score >= at - 1e-9 for score in STRANGERS) / len(STRANGERS)
        missed = sum(score < at - 1e-9 for score in MATED) / len(MATED)
        return passing * 1_000_000, missed * 1_000

    assert (found.false_matches, found.leads_lost) == pytest.approx(counted(value))
    assert found.false_matches_more == pytest.approx(counted(value)[0] - counted(0.7)[0])
    assert found.leads_lost_more == pytest.approx(counted(value)[1] - counted(0.7)[1])


def test_a_stricter_threshold_avoids_false_matches_and_loses_leads() -> None:
    record = ordinary_calibration()
    usual = default_threshold(record)

    found = side_by_side(record, usual)

    stricter = [one for one in found if one.threshold.value > usual.value]
    looser = [one for one in found if one.threshold.value < usual.value]
    assert looser
    assert all(one.false_matches_more <= 0 <= one.leads_lost_more for one in stricter)
    assert all(one.false_matches_more >= 0 >= one.leads_lost_more for one in looser)
    assert [one.is_other for one in found].count(True) == 1
    values = [one.threshold.value for one in found]
    assert values == sorted(values)


def test_no_rate_is_shown_that_the_data_cannot_carry() -> None:
    record = ordinary_calibration()

    found = side_by_side(record, default_threshold(record))

    assert all(one.threshold.false_match_rate.errors > 0 or one.is_other for one in found)
    assert len(found) < 6


def test_the_default_is_the_strictest_supported_where_the_data_are_few() -> None:
    small = calibration_from_scores(list(np.linspace(0, 0.5, 600)), MATED)

    assert small.smallest_supported_rate > DEFAULT_COMPARE_FMR
    assert default_threshold(small) == small.threshold_for(small.smallest_supported_rate)
    ordinary = ordinary_calibration()
    assert default_threshold(ordinary) == ordinary.threshold_for(DEFAULT_COMPARE_FMR)
