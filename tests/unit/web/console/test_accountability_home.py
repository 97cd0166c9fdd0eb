"""The home page: exceptions with owner, deadline and link; periods that people mean."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from countenance.core.errors import InputError
from countenance.ledger.entries import utc_text
from countenance.service.accountability_reports.found import Found, Kind
from countenance.service.accountability_reports.period import Period
from countenance.web.console.accountability.home import counted_figures, exceptions_by_kind
from countenance.web.console.accountability.periods import asked_period, query_of, usual_spans
from tests.support.report_samples import START

ACT, CASE, ENTRY = "ac" * 16, "ca" * 16, "e1" * 16
TODAY = date(2031, 3, 31)


def found(kind: Kind, *, act: str | None = ACT, case: str | None = CASE) -> dict[str, object]:
    return Found(kind, START, "Bruno Feld", "Something is known.", "Do this.", act, ENTRY, case).document()


@pytest.mark.parametrize(
    ("act", "case", "dossiers", "link"),
    [
        (ACT, CASE, True, f"/searches/{ACT}"),
        (None, CASE, True, f"/cases/{CASE}"),
        (None, None, True, f"/ledger/{ENTRY}"),
        (ACT, CASE, False, f"/ledger/{ENTRY}"),
    ],
)
def test_each_leads_to_what_the_reader_may_open(act: str | None, case: str | None, dossiers: bool, link: str) -> None:
    (kind,) = exceptions_by_kind([found(Kind.VAGUE_REASON, act=act, case=case)], START, dossiers=dossiers)

    assert kind.shown[0].link == link


@pytest.mark.parametrize(
    ("kind", "days", "overdue"),
    [(Kind.VAGUE_REASON, 6, False), (Kind.VAGUE_REASON, 8, True), (Kind.AFTER_CLOSING, 2, True)],
)
def test_each_has_a_deadline(kind: Kind, days: int, overdue: bool) -> None:
    (grouped,) = exceptions_by_kind([found(kind)], START + timedelta(days=days), dossiers=True)

    assert grouped.shown[0].overdue is overdue
    assert grouped.shown[0].found["at"] == utc_text(START)


def test_many_of_a_kind_are_counted_and_the_first_shown() -> None:
    every = [found(Kind.SELF_SEARCH)] * 8 + [found(Kind.UNFINISHED)] * 2

    first, second = exceptions_by_kind(every, START, dossiers=True, most=5)

    assert (first.count, len(first.shown), second.count) == (8, 5, 2)
    assert [len(one.shown) for one in exceptions_by_kind(every, START, dossiers=True, most=None)] == [8, 2]


def test_figures_have_lists_before_they_have_numbers() -> None:
    period = Period(date(2031, 3, 1), TODAY)
    for dossiers in (True, False):
        figures = counted_figures(period, None, dossiers=dossiers)
        assert [one.number for one in figures] == [""] * 4
        assert all("from=2031-03-01" in one.link for one in figures)
        assert any(one.link.startswith("/searches") for one in figures) is dossiers


def test_a_period_is_a_month_unless_days_are_named() -> None:
    assert asked_period({}, TODAY) == Period(date(2031, 3, 1), TODAY)
    assert asked_period({"from": "2031-01-01", "to": "2031-01-31"}, TODAY) == Period(
        date(2031, 1, 1), date(2031, 1, 31)
    )
    with pytest.raises(InputError):
        asked_period({"from": "2031-04-01"}, TODAY)


def test_named_periods_lead_to_themselves() -> None:
    period = asked_period({}, TODAY)

    spans = usual_spans(period, TODAY)

    assert [span.called for span in spans if span.chosen] == ["Last 30 days"]
    assert next(span.query for span in spans if span.called == "February 2031") == "from=2031-02-01&to=2031-02-28"
    assert query_of(period, outcome="refused") == "outcome=refused&from=2031-03-01&to=2031-03-31"
