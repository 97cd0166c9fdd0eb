"""What people did with a result: reviewed it, reported what came of it, were told of it."""

from __future__ import annotations

from typing import Any

from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.act_entries import ActEntries, words_of
from countenance.service.accountability_reports.candidates import Listing
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.wording import in_words
from countenance.service.journal_port import JournalEntry


def review_part(sources: Sources, entries: ActEntries, listed: Listing) -> dict[str, Any] | None:
    """Return the review of a result with its votes, once it has ended; None without one."""
    if entries.review_id is None:
        return None
    account = listed.account
    votes = [entry for entry in entries.review if entry.kind == EntryKind.REVIEW_VOTE]
    return {
        "review_id": entries.review_id,
        "result": "not decided yet" if listed.withheld_because else in_words(account.result if account else ""),
        "reviewers_needed": account.reviewers_needed if account else None,
        "votes": [_vote(sources, entry) for entry in votes] if not listed.withheld_because else [],
        "votes_cast": len(votes),
        "fillers": next(
            (entry.fields["fillers"] for entry in entries.review if entry.kind == EntryKind.REVIEW_OPENED), None
        ),
    }


def _vote(sources: Sources, entry: JournalEntry) -> dict[str, Any]:
    return {
        "reviewer": sources.people.called(entry.fields["reviewer_id"]),
        "at": utc_text(entry.recorded_at),
        "late": entry.fields.get("late") is True,
        "none_of_these": entry.fields["none_of_these"],
        "seconds": entry.fields.get("seconds_spent"),
        "fillers_shown": entry.fields.get("fillers_shown"),
        "fillers_taken": entry.fields.get("fillers_taken_for_mates"),
        "reason": entry.fields.get("reason"),
        "entry_id": entry.entry_id,
    }


def results_part(sources: Sources, entries: ActEntries) -> list[dict[str, Any]]:
    """Return what was reported to have come of an act."""
    return [_result(sources, entry) for entry in entries.results]


def _result(sources: Sources, entry: JournalEntry) -> dict[str, Any]:
    return {
        "at": utc_text(entry.recorded_at),
        "result": in_words(str(entry.fields["result"])),
        "false_match": entry.fields.get("false_match_known"),
        "disclosed_to_defence": entry.fields.get("disclosed_to_defence"),
        "by": sources.people.called(entry.fields["operator_id"]),
        "reason": entry.fields.get("reason"),
        "entry_id": entry.entry_id,
    }


def told_part(sources: Sources, entries: ActEntries, listed: Listing) -> list[dict[str, Any]]:
    """Return who was told what: the requester, whoever a review was released to, recipients of packets."""
    told: list[dict[str, Any]] = []
    result = None if entries.outcome is None else entries.outcome.fields.get("result")
    if entries.outcome is not None and result not in _NOTHING_TOLD and not entries.value("held_for_review"):
        whom = sources.people.called(entries.request.fields["operator_id"])
        count = len(listed.items)
        what = f"all {count} candidates" if count > 1 else "one candidate" if count else in_words(str(result))
        told.append({"at": utc_text(entries.outcome.recorded_at), "to": whom, "what": what, "entry_id": None})
    for entry in entries.review:
        if entry.kind == EntryKind.REVIEW_RELEASED:
            count = len(words_of(entry.fields, "released_reference_ids"))
            told.append(
                {
                    "at": utc_text(entry.recorded_at),
                    "to": sources.people.called(entry.fields.get("released_to")),
                    "what": f"{count} of the candidates, after review",
                    "entry_id": entry.entry_id,
                }
            )
    told.extend(
        {
            "at": utc_text(entry.recorded_at),
            "to": entry.fields.get("recipient") or "recipient not stated",
            "what": in_words(str(entry.fields["what"])),
            "entry_id": entry.entry_id,
        }
        for entry in entries.exports
    )
    return told


#: Results of acts that gave nothing out; None: no outcome, or one that says the process died.
_NOTHING_TOLD = (None, "failed", "interrupted")
