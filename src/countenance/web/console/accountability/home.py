"""The home of those who answer for the record: what somebody has to answer for first, then figures with their lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.exceptions import CHECKPOINT_DUE
from countenance.service.accountability_reports.found import Kind
from countenance.service.accountability_reports.period import Period
from countenance.service.journal_port import EntryFilter
from countenance.web.console.accountability.counted import Overview
from countenance.web.console.accountability.parts import AccountabilityParts
from countenance.web.console.accountability.periods import query_of

#: Exceptions of one kind that the home page shows; the rest is on a page of its own.
SHOWN_OF_A_KIND = 5
#: Pending reviews counted; more are "100 and more".
_MOST_PENDING = 100
#: By when an exception should be answered, after it came up. Ours, not a law's: a week, and a day where something ran
#: that should not have.
ANSWER_IN = timedelta(days=7)
_PRESSING = {Kind.AFTER_CLOSING: timedelta(days=1), Kind.SELF_SEARCH: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the list behind it.

    Attributes:
        number: As shown; empty while it is counted.
        what: What it counts.
        link: The list behind it.
        alarming: Whether it is shown in the colour of false matches and refusals.
    """

    number: str
    what: str
    link: str
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """An exception with its deadline.

    Attributes:
        found: The exception, as the report has it.
        due: By when it should be answered.
        overdue: Whether that has passed.
        link: The dossier, case or entry behind it.
        leads_to: What the link leads to, in words.
    """

    found: dict[str, Any]
    due: datetime
    overdue: bool
    link: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class OfAKind:
    """The exceptions of one kind: title, how many, and those shown."""

    kind: str
    title: str
    count: int
    shown: Sequence[ToAnswer]


def exceptions_by_kind(
    exceptions: Iterable[dict[str, Any]], now: datetime, *, dossiers: bool, most: int | None = SHOWN_OF_A_KIND
) -> list[OfAKind]:
    """Return exceptions kind by kind, the most pressing first.

    Args:
        exceptions: As the report lists them: kinds together.
        now: The server's clock.
        dossiers: Whether the reader may open dossiers; else links lead to entries of the ledger.
        most: How many of each kind are shown; None: all.
    """
    grouped = []
    for kind, found in groupby(exceptions, key=lambda one: one["kind"]):
        every = list(found)
        shown = tuple(_to_answer(one, now, dossiers=dossiers) for one in every[:most])
        grouped.append(OfAKind(kind, every[0]["title"], len(every), shown))
    return grouped


def quick_figures(parts: AccountabilityParts) -> list[Figure]:
    """Return the figures that need no counting: what is pending now."""
    pending = parts.pending(_MOST_PENDING)
    late = sum(review.late for review in pending)
    due = sum(parts.due().references.values())
    number = f"{len(pending):,}" if len(pending) < _MOST_PENDING else f"{_MOST_PENDING} and more"
    said = f"reviews pending, {late} late" if late else "reviews pending"
    return [
        Figure(number, said, "/accountability/reviews", late > 0),
        Figure(f"{due:,}", "references past their end", "/accountability/retention", due > 0),
        _outside(parts),
    ]


def counted_figures(period: Period, overview: Overview | None, *, dossiers: bool) -> list[Figure]:
    """Return the figures of a period; their numbers are empty while they are counted.

    Args:
        period: The days.
        overview: What was counted, or None while it is.
        dossiers: Whether the reader may see the list of searches; else links lead to entries of the ledger.
    """
    ran_list = f"/searches?{query_of(period)}" if dossiers else f"/ledger?{query_of(period, kind='act_completed')}"
    refused_list = (
        f"/searches?{query_of(period, outcome='refused')}" if dossiers
        else f"/ledger?{query_of(period, kind='act_denied')}"
    )  # fmt: skip
    used = None if overview is None else overview.uses
    ran = None if used is None else sum(one.searches for one in used)
    refused = None if used is None else sum(one.refused for one in used)
    unusual = None if used is None else sum(bool(one.stands_out) for one in used)
    counted = {} if overview is None else {one["kind"]: one["count"] for one in overview.exceptions["counts"]}
    return [
        Figure(_number(ran), "searches that ran", ran_list),
        Figure(_number(refused), "searches refused by a rule", refused_list, bool(refused)),
        Figure(_number(counted.get(Kind.OVERRIDE)), "rules overridden or switched off",
               f"/ledger?{query_of(period, kind='rules')}", bool(counted.get(Kind.OVERRIDE))),
        Figure(_number(unusual), "people whose use stands out", f"/accountability/operators?{query_of(period)}"),
    ]  # fmt: skip


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _outside(parts: AccountabilityParts) -> Figure:
    link = "/ledger?kind=checkpoint_published"
    last = parts.journal.entries(EntryFilter(kinds=(EntryKind.CHECKPOINT_PUBLISHED,)), limit=1)
    if not last:
        return Figure("never", "a checkpoint went outside", link, alarming=True)
    ago = parts.clock() - last[0].recorded_at
    number = "today" if ago < timedelta(days=1) else f"{ago.days} d ago"
    return Figure(number, "last checkpoint to somebody outside", link, ago > CHECKPOINT_DUE)


def _to_answer(found: dict[str, Any], now: datetime, *, dossiers: bool) -> ToAnswer:
    due = datetime.fromisoformat(found["at"]) + _PRESSING.get(Kind(found["kind"]), ANSWER_IN)
    if found["dossier"] and dossiers:
        link, leads_to = f"/searches/{found['dossier']}", "the act’s dossier"
    elif found["case_id"] and dossiers:
        link, leads_to = f"/cases/{found['case_id']}", "the case"
    else:
        link, leads_to = f"/ledger/{found['entry_id']}", "the entry"
    return ToAnswer(found, due, due < now, link, leads_to)
