"""Reviews of a period: how they ended, and how often reviewers took a stranger for the person in the probe."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.period import Recorded, read_pages
from countenance.service.accountability_reports.suppression import Counts, suppress
from countenance.service.accountability_reports.wording import in_words
from countenance.service.journal_port import EntryFilter, Journal, JournalEntry
from countenance.service.reviewers import error_rate

RELEASED, UNDER_WAY = "released as a lead", "not decided yet"


def review_part(journal: Journal, recorded: Recorded, minimum: int, *, shown: bool) -> dict[str, Any]:
    """Return what the report says of reviews.

    Args:
        journal: The ledger; a review may have ended after the period.
        recorded: The period.
        minimum: Smallest count of reviews shown.
        shown: Whether the number of searches held for review is shown; without it nothing is counted by outcome here.
    """
    opened = {str(entry.fields["review_id"]): entry for entry in recorded.of(EntryKind.REVIEW_OPENED)}
    ended = endings(journal, recorded) if opened else {}
    results = Counter(UNDER_WAY if review not in ended else _result(ended[review]) for review in opened)
    table = suppress(Counts(("reviews",), {label: (count,) for label, count in results.items()}), minimum)
    votes = recorded.of(EntryKind.REVIEW_VOTE)
    fillers, taken = _sum(votes, "fillers_shown"), _sum(votes, "fillers_taken_for_mates")
    rate = error_rate(taken, fillers)
    is_shown = shown and not table.all_withheld
    part: dict[str, Any] = {
        "opened": table.total[0] if is_shown else None if opened else 0,
        "ended_as": [{"label": row.label, "cells": list(row.cells)} for row in table.rows] if is_shown else [],
        "withheld_rows": table.withheld if is_shown else 0,
        "votes": len(votes),
        "votes_late": sum(vote.fields.get("late") is True for vote in votes),
        "reviewers": len({vote.fields["reviewer_id"] for vote in votes}),
        "fillers_shown": fillers,
        "fillers_taken_for_the_person": taken,
        "filler_error_rate": None if rate is None else asdict(rate),
    }
    if opened and not is_shown:
        # Few votes would tell how many reviews there were.
        part |= dict.fromkeys(_ABOUT_VOTES)
    return part


_ABOUT_VOTES = (
    "votes", "votes_late", "reviewers", "fillers_shown", "fillers_taken_for_the_person", "filler_error_rate"
)  # fmt: skip


def endings(journal: Journal, recorded: Recorded) -> dict[str, JournalEntry]:
    """Return review → the entry of its end, of those that ended since the period began."""
    wanted = EntryFilter(kinds=(EntryKind.REVIEW_RELEASED, EntryKind.REVIEW_CLOSED), since=recorded.period.start)
    found: dict[str, JournalEntry] = {}
    for entry in read_pages(journal, wanted):
        found.setdefault(str(entry.fields["review_id"]), entry)
    return found


def _result(entry: JournalEntry) -> str:
    if entry.kind == EntryKind.REVIEW_RELEASED:
        return RELEASED
    return in_words(str(entry.fields["result"]))


def _sum(entries: list[JournalEntry], name: str) -> int:
    return sum(value for entry in entries if isinstance(value := entry.fields.get(name), int))
