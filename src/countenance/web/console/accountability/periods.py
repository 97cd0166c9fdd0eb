"""Which days a page speaks of: from its address, or one of a few that people mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from countenance.service.accountability_reports.period import Period
from countenance.web.console.ledger.filters import day_of

#: A month, as boards meet.
_USUAL = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Span:
    """Days with a name.

    Attributes:
        called: For people.
        query: For addresses.
        chosen: Whether these are the days shown.
    """

    called: str
    query: str
    chosen: bool


def asked_period(query: Mapping[str, str], today: date) -> Period:
    """Return the days of an address; the last month where it names none.

    Raises:
        InputError: A day cannot be read, or the first comes after the last.
    """
    last = day_of(query, "to") or today
    return Period(day_of(query, "from") or last - _USUAL, last)


def query_of(period: Period, **more: str) -> str:
    """Return the days as a query, with what else it says."""
    return urlencode({**more, "from": period.first.isoformat(), "to": period.last.isoformat()})


def usual_spans(period: Period, today: date) -> list[Span]:
    """Return the days that people mean, each with its address."""
    this_month, this_year = today.replace(day=1), today.replace(month=1, day=1)
    before = this_month - timedelta(days=1)
    known = (
        ("Last 7 days", Period(today - timedelta(days=6), today)),
        ("Last 30 days", Period(today - _USUAL, today)),
        (f"{before:%B %Y}", Period(before.replace(day=1), before)),
        (f"{today.year} until now", Period(this_year, today)),
        (str(today.year - 1), Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))),
    )
    return [Span(called, query_of(days), days == period) for called, days in known]
