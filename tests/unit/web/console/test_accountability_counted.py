"""Counts of a period: made once, kept until the ledger grows, and never waited for too long."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from datetime import date, timedelta
from typing import Any

import pytest

from countenance.core.errors import LedgerError
from countenance.service.accountability_reports.exceptions import exceptions_report
from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.sources import Sources
from countenance.service.retention import DueNow
from countenance.web.console.accountability import counted
from countenance.web.console.accountability.counted import Counts
from countenance.web.console.accountability.parts import AccountabilityParts
from countenance.web.console.ledger.runs import Runs
from tests.support.report_samples import PEOPLE, START, ReportLedger

YEAR = Period(START.date(), date(2031, 12, 31))


class Place:
    """A ledger with what the pages work with; ``made`` counts how often sources were made."""

    def __init__(self) -> None:
        self.ledger = ReportLedger()
        self.ledger.search("nobody")
        self.ledger.refusal()
        self.made = 0
        self.hold: threading.Event | None = None
        self.fails = False
        numbers = itertools.count()
        clock = self.ledger.clock
        self.parts = AccountabilityParts(
            journal=self.ledger.journal, clock=clock, sources=self.sources, people=lambda: PEOPLE,
            due=lambda: DueNow({}, 0, 0, 0, 0), galleries=lambda: (), pending=lambda most: (),
            runs=Runs(clock=clock, new_id=lambda: str(next(numbers))),
        )  # fmt: skip
        self.counts = Counts(self.parts)

    def sources(self) -> Sources:
        self.made += 1
        if self.hold is not None:
            self.hold.wait(5)
        if self.fails:
            raise LedgerError("The ledger cannot be read.")
        return dataclasses.replace(self.ledger.sources(), now=self.ledger.clock())


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "PATIENCE_S", 5.0)


def value(look: Any) -> Any:
    assert look.count is not None
    return look.count.value


def test_exceptions_and_people_are_those_of_the_reports(place: Place) -> None:
    overview = value(place.counts.overview(YEAR))

    expected = exceptions_report(place.ledger.sources(), YEAR)
    assert overview.exceptions["exceptions"] == expected["exceptions"]
    assert overview.exceptions["counts"] == expected["counts"]
    assert sum(use.searches + use.refused for use in overview.uses) == 2


def test_what_did_not_change_is_counted_once(place: Place) -> None:
    first = place.counts.overview(YEAR)
    again = place.counts.overview(YEAR)

    assert again.count is first.count
    assert again.run is None
    assert place.made == 1


def test_one_more_entry_is_counted(place: Place) -> None:
    place.counts.overview(YEAR)
    place.ledger.search("nobody")

    overview = value(place.counts.overview(YEAR))

    assert sum(use.searches for use in overview.uses) == 2
    assert place.made == 2


def test_an_old_count_is_made_anew_since_reviews_become_late_by_themselves(place: Place) -> None:
    place.counts.overview(YEAR)
    place.ledger.clock.now += timedelta(minutes=11)
    place.counts.overview(YEAR)

    assert place.made == 2


def test_a_page_gets_the_last_count_while_a_newer_one_is_made(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "PATIENCE_S", 0.01)
    place.hold = threading.Event()
    first = place.counts.overview(YEAR)
    assert first.count is None
    assert first.run is not None
    place.hold.set()
    assert first.run.wait(5)
    place.ledger.search("nobody")
    place.hold = threading.Event()

    look = place.counts.overview(YEAR)

    assert look.run is not None
    assert value(look).exceptions["acts_looked_at"] == 2
    place.hold.set()
    assert look.run.wait(5)
    assert value(place.counts.overview(YEAR)).exceptions["acts_looked_at"] == 3


def test_a_failure_is_told_where_there_is_nothing_else_to_show(place: Place) -> None:
    place.fails = True

    with pytest.raises(LedgerError, match="cannot be read"):
        place.counts.overview(YEAR)


def test_reports_are_kept_by_what_they_withhold(place: Place) -> None:
    assert value(place.counts.report(YEAR, 1))["minimum_cell"] == 1
    assert value(place.counts.report(YEAR, 5))["minimum_cell"] == 5
    assert place.made == 2
