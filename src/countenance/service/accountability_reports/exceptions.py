"""The list of what somebody has to answer for, before somebody else asks: each with owner, facts, and what to do.

Rules kept here:

- Nothing here is a verdict. Each is a fact of the ledger that a records officer would want to know first.
- One cause is one exception: a case with a vague reason is listed once, not with each of its searches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports import self_search
from countenance.service.accountability_reports.case_exceptions import case_exceptions
from countenance.service.accountability_reports.found import Found, Kind, day
from countenance.service.accountability_reports.made_probes import made_probes
from countenance.service.accountability_reports.period import (
    FAILED,
    INTERRUPTED,
    NOT_FINISHED,
    Period,
    Recorded,
    RecordedAct,
    read_period,
)
from countenance.service.accountability_reports.reviewing import endings
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.wording import in_words, several
from countenance.service.journal_port import EntryFilter, JournalEntry

SCHEMA = "countenance.exceptions/1"
#: A checkpoint is overdue after a month, as oversight boards meet; entries since the last one can be rewritten unseen.
CHECKPOINT_DUE = timedelta(days=31)
#: Thresholds differ if they do so by more than the ledger's last decimal.
_SAME_THRESHOLD = 1e-9
#: An act that is open longer than this is not simply going on: models load in seconds, an enrolment may take hours.
_OPEN_FOR = timedelta(days=1)


def exceptions_report(
    sources: Sources, period: Period, *, checkpoint_due: timedelta = CHECKPOINT_DUE, recorded: Recorded | None = None
) -> dict[str, Any]:
    """Return the exceptions of a period as a document of plain values, most pressing kind first, newest first in each.

    Args:
        sources: Where the facts are.
        period: Which days.
        checkpoint_due: How long after the last checkpoint went out the next is overdue.
        recorded: What the ledger holds of the period, where it was read already; None reads it.
    """
    recorded = read_period(sources.journal, period) if recorded is None else recorded
    ended = endings(sources.journal, recorded)
    found = [
        *case_exceptions(sources, recorded),
        *self_search.self_searches(sources, recorded, decided=ended),
        *made_probes(sources, recorded),
        *_late_reviews(sources, recorded, ended),
        *_thresholds(sources, recorded),
        *_unfinished(sources, recorded),
        *_overrides(sources, recorded),
        *_checkpoints(sources, checkpoint_due),
    ]
    order = list(Kind)
    found.sort(key=lambda one: (order.index(one.kind), -one.at.timestamp(), one.known))
    counted = Counter(one.kind for one in found)
    return {
        "schema": SCHEMA,
        "made_at": utc_text(sources.now),
        "software_version": sources.software_version,
        "ledger": sources.origin,
        "period": {"from": period.first.isoformat(), "to": period.last.isoformat(), "time_zone": "UTC"},
        "acts_looked_at": len(recorded.acts),
        "counts": [{"kind": kind.value, "title": kind.called, "count": counted[kind]} for kind in Kind],
        "exceptions": [one.document() for one in found],
    }


def _late_reviews(sources: Sources, recorded: Recorded, ended: Mapping[str, JournalEntry]) -> Iterator[Found]:
    for entry in recorded.of(EntryKind.REVIEW_OPENED):
        review, due = str(entry.fields["review_id"]), entry.fields.get("due_at")
        if not isinstance(due, str):
            continue
        due_at = datetime.fromisoformat(due)
        end = ended.get(review)
        over = (sources.now if end is None else end.recorded_at) - due_at
        if over > timedelta(0):
            said = "and is still under way" if end is None else "when it ended"
            yield Found(
                kind=Kind.LATE_REVIEW,
                at=entry.recorded_at,
                owner="the reviewers",
                known=f"The review was due on {day(due_at)} and was {_long(over)} late {said}.",
                do="Have it finished, or close it with a reason." if end is None else "Say why it took so long.",
                act_id=str(entry.fields["act_id"]),
                entry_id=entry.entry_id,
            )


def _thresholds(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    """Yield acts decided at a looser threshold than their certificate, or the calibration's default, speaks for."""
    # Newest first: the default in force at a moment is the first change before it.
    changes = [
        entry
        for entry in sources.journal.entries(
            EntryFilter(kinds=(EntryKind.THRESHOLD_CHANGED,), before=recorded.period.end), limit=_MOST_CHANGES
        )
        if "gallery_id" not in entry.fields
    ]
    causes: dict[_Cause, tuple[RecordedAct, int]] = {}
    for act in recorded.acts:
        value, model = act.measured("threshold_value"), act.measured("model_digest")
        if act.refused or value is None:
            continue
        used = float(str(value))
        certified = _certified(sources, act)
        default = next(
            (
                float(str(entry.fields["value_after"]))
                for entry in changes
                if entry.recorded_at <= act.at and entry.fields["model_digest"] == model
            ),
            None,
        )
        if any(limit is not None and used < limit - _SAME_THRESHOLD for limit in (certified, default)):
            key = _Cause(act.word("operator_id"), str(model), used, certified, default)
            causes[key] = (act, causes[key][1] + 1 if key in causes else 1)
    for cause, (newest, count) in causes.items():
        limits = {
            "the certificate in use was measured at": cause.certified,
            "the default recorded for this model is": cause.default,
        }
        said = "; ".join(
            f"{what} {limit:g}"
            for what, limit in limits.items()
            if limit is not None and cause.used < limit - _SAME_THRESHOLD
        )
        yield Found(
            kind=Kind.LOOSE_THRESHOLD,
            at=newest.at,
            owner=sources.people.called(cause.operator_id),
            known=f"{several(count, 'act was', 'acts were')} decided at {cause.used:g}; {said}. More strangers pass a "
            f"lower threshold.{' The newest is named here.' if count > 1 else ''}",
            do="Say who chose it and why; treat its candidates with the rate measured at that threshold.",
            act_id=newest.act_id,
            entry_id=newest.entry_id,
        )


class _Cause(NamedTuple):
    """Acts of one operator at one threshold, held against the same limits."""

    operator_id: str
    model: str
    used: float
    certified: float | None
    default: float | None


#: Most threshold changes looked at; one is made by each calibration.
_MOST_CHANGES = 1_000


def _certified(sources: Sources, act: RecordedAct) -> float | None:
    digest = act.word("certificate_digest")
    known = sources.certificate(digest) if digest else None
    return None if known is None or known.certificate is None else known.certificate.threshold


def _unfinished(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    for act in recorded.acts:
        if act.ended in (FAILED, INTERRUPTED) or (act.ended == NOT_FINISHED and sources.now - act.at > _OPEN_FOR):
            code = act.outcome.get("error_code")
            known = {
                FAILED: f"The act failed ({code}). Nothing was given out.",
                INTERRUPTED: "The process died before an outcome was recorded. Nothing was recorded as given out.",
                NOT_FINISHED: "An intent was recorded and no outcome, for more than a day.",
            }[act.ended]
            yield Found(
                kind=Kind.UNFINISHED,
                at=act.at,
                owner=sources.people.called(act.fields.get("operator_id")),
                known=f"{in_words(act.word('action')).capitalize()}: {known[0].lower()}{known[1:]}",
                do=_UNFINISHED[act.ended],
                act_id=act.act_id,
                entry_id=act.entry_id,
            )


_UNFINISHED: Mapping[str, str] = {
    FAILED: "Find the cause (docs/reference/error-codes.md); repeat the act if it is still wanted.",
    INTERRUPTED: "Ask whoever worked whether anything was seen; repeat the act if it is still wanted.",
    NOT_FINISHED: "See whether its process still runs; a restart records it as interrupted.",
}


def _overrides(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    for entry in recorded.of(EntryKind.OVERRIDE):
        rules = entry.fields["overridden_rules"]
        named = ", ".join(map(str, rules)) if isinstance(rules, tuple) else ""
        second = entry.fields.get("second_operator_id")
        yield Found(
            kind=Kind.OVERRIDE,
            at=entry.recorded_at,
            owner=sources.people.called(entry.fields["operator_id"]),
            known=f"Overrode {named}"
            + (f", seconded by {sources.people.called(second)}." if second else ", seconded by nobody.")
            + f" Reason given: {entry.fields['reason']}",
            do="Confirm it in writing, or undo what followed from it.",
            act_id=str(entry.fields["act_id"]) if "act_id" in entry.fields else None,
            entry_id=entry.entry_id,
        )
    for entry in recorded.of(EntryKind.POLICY_CHANGED):
        if entry.fields["change"] == "pack_disabled":
            yield Found(
                kind=Kind.OVERRIDE,
                at=entry.recorded_at,
                owner=sources.people.called(entry.fields["operator_id"]),
                known=f"Switched off the rules {entry.fields.get('pack', '')}; reason: "
                f"{entry.fields.get('reason', 'none given')}",
                do="Confirm that these rules bind nobody here, or switch them on again.",
                act_id=None,
                entry_id=entry.entry_id,
            )


def _checkpoints(sources: Sources, due: timedelta) -> Iterator[Found]:
    size = sources.journal.size()
    if size == 0:
        return
    last = sources.journal.entries(EntryFilter(kinds=(EntryKind.CHECKPOINT_PUBLISHED,)), limit=1)
    first = sources.journal.entries(from_index=0, limit=1)[0]
    since = last[0].recorded_at if last else first.recorded_at
    if sources.now - since > due:
        counted = last[0].fields["entries"] if last else 0
        uncovered = size - counted if isinstance(counted, int) else size
        when = f"The last checkpoint went out on {day(since)}" if last else "No checkpoint ever went out"
        yield Found(
            kind=Kind.CHECKPOINT_OVERDUE,
            at=since,
            owner="whoever keeps the ledger",
            known=f"{when}; {several(uncovered, 'entry', 'entries')} since could be rewritten without anybody outside "
            "noticing.",
            do="countenance ledger checkpoint --to FILE|URL, to somebody outside.",
            act_id=None,
            entry_id=last[0].entry_id if last else first.entry_id,
        )


def _long(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return several(round(hours), "hour") if hours < 48 else several(round(hours / 24), "day")
