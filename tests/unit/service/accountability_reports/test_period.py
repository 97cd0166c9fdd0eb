"""Acts of a period with what became of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from countenance.core.errors import InputError
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.period import Period, read_period
from tests.support.report_samples import ANNA, START, ReportLedger

YEAR = Period(date(2031, 1, 1), date(2031, 12, 31))


def test_acts_are_put_together_from_their_entries() -> None:
    ledger = ReportLedger()
    acts = [ledger.search(), ledger.search("nobody"), ledger.refusal(), ledger.open_act()]
    ledger.record(EntryKind.OVERRIDE, operator_id=ANNA, reason="x", overridden_rules=("a.b",))
    recorded = read_period(ledger.journal, YEAR)
    assert [act.act_id for act in recorded.acts] == acts
    assert [act.ended for act in recorded.acts] == ["candidates", "nobody", "refused", "not_finished"]
    assert (recorded.entries, recorded.first_entry, recorded.last_entry) == (7, 0, 6)
    assert [entry.kind for entry in recorded.others] == ["override"]


def test_a_period_is_whole_days_both_included() -> None:
    ledger = ReportLedger()
    for day in (2, 3, 4, 5):
        ledger.clock.now = datetime(2031, 3, day, 23, 59, 30, tzinfo=UTC) - timedelta(minutes=1)
        ledger.search()
    days = [act.at.day for act in read_period(ledger.journal, Period(date(2031, 3, 3), date(2031, 3, 4))).acts]
    assert days == [3, 4]


def test_an_act_that_ended_after_the_period_belongs_to_it_with_its_end() -> None:
    ledger = ReportLedger()
    ledger.clock.now = datetime(2031, 3, 3, 23, 59, 59, tzinfo=UTC) - timedelta(minutes=1)
    late = ledger.search("nobody")
    first, second = (read_period(ledger.journal, Period(date(2031, 3, day), date(2031, 3, day))).acts for day in (3, 4))
    assert [(act.act_id, act.ended) for act in first] == [(late, "nobody")]
    assert second == []


def test_an_act_whose_process_died_is_interrupted() -> None:
    ledger = ReportLedger()
    act = ledger.open_act()
    ledger.rows.dead.add(act)
    ledger.journal.interrupted_acts()
    assert [one.ended for one in read_period(ledger.journal, YEAR).acts] == ["interrupted"]


def test_pages_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ReportLedger()
    for _ in range(7):
        ledger.search()
    whole = [act.act_id for act in read_period(ledger.journal, YEAR).acts]
    monkeypatch.setattr("countenance.service.accountability_reports.period._PAGE", 3)
    assert [act.act_id for act in read_period(ledger.journal, YEAR).acts] == whole
    assert len(whole) == 7


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="after its end"):
        Period(START.date(), START.date() - timedelta(days=1))
