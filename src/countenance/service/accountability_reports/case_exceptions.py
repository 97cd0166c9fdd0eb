"""Exceptions about cases: unknown or unchecked numbers, vague reasons, acts after a case had ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.found import Found, Kind, day
from countenance.service.accountability_reports.period import Recorded, RecordedAct
from countenance.service.accountability_reports.sources import Sources
from countenance.service.journal_port import EntryFilter, JournalEntry
from countenance.service.vague_reasons import vague_reason

#: Words of the case list's refusals; see ``case_lists.case_rule``.
_UNKNOWN = frozenset({"case.not_listed", "case.list_unavailable", "case.not_found", "case.unknown"})
_ENDED = frozenset({"case.closed", "case.expired"})
#: Who gives no reason in words: a person with their own album, and measuring on labelled photos.
_NO_REASON_ASKED = frozenset({"photo_organisation", "accuracy_evaluation"})


def case_exceptions(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    """Yield the exceptions about cases."""
    yield from _opened(sources, recorded)
    yield from _without_a_case(sources, recorded)
    closings: dict[str, datetime | None] = {}
    for act in recorded.acts:
        yield from _refused(sources, act)
        yield from _after_closing(sources, act, closings)


def _opened(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    for entry in recorded.of(EntryKind.CASE_OPENED):
        fields = entry.fields
        case_id = str(fields["case_id"])
        owner = sources.people.called(fields.get("attester_id", fields["operator_id"]))
        number = fields.get("case_number", "without a number")
        if fields.get("case_list_checked") is not True:
            yield Found(
                kind=Kind.UNKNOWN_CASE,
                at=entry.recorded_at,
                owner=owner,
                known=f"Case {number} was opened without a look into a list of cases.",
                do="Compare the number with the case files; set case_list so that numbers are checked.",
                act_id=None,
                entry_id=entry.entry_id,
                case_id=case_id,
            )
        vague = vague_reason(
            str(fields.get("purpose_text", "")), offence_statute=str(fields.get("offence_statute", ""))
        )
        if vague is not None:
            typed = f" It reads: {fields['purpose_text']}" if fields.get("purpose_text") else ""
            yield Found(
                kind=Kind.VAGUE_REASON,
                at=entry.recorded_at,
                owner=owner,
                known=f"Case {number}: {vague}{typed}",
                do="Have them write down what happened, to whom, where; keep it with the case file.",
                act_id=_first_act(sources, case_id),
                entry_id=entry.entry_id,
                case_id=case_id,
            )


def _without_a_case(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    """Yield searches for somebody else's sake that stand under no case and say too little; one an operator."""
    said: set[tuple[str, str]] = set()
    for act in recorded.searches:
        if act.refused or act.word("case_id") or act.word("purpose") in _NO_REASON_ASKED:
            continue
        vague = vague_reason(act.word("purpose_text"), offence_statute=act.word("offence_statute"))
        key = (act.word("operator_id"), act.word("purpose_text"))
        if vague is not None and key not in said:
            said.add(key)
            yield Found(
                kind=Kind.VAGUE_REASON,
                at=act.at,
                owner=sources.people.called(act.word("operator_id")),
                known=f"A search under no case: {vague[0].lower()}{vague[1:]}",
                do="Have them say why; open cases for searches of this purpose.",
                act_id=act.act_id,
                entry_id=act.entry_id,
            )


def _refused(sources: Sources, act: RecordedAct) -> Iterator[Found]:
    rules = set(act.words("deciding_rules"))
    if act.refused and rules & (_UNKNOWN | _ENDED):
        ended = bool(rules & _ENDED)
        yield Found(
            kind=Kind.AFTER_CLOSING if ended else Kind.UNKNOWN_CASE,
            at=act.at,
            owner=sources.people.called(act.word("operator_id")),
            known=_REFUSED[min(rules & (_UNKNOWN | _ENDED))],
            do="Ask why it was tried; nothing was done."
            if ended
            else "Find out whether the number was mistyped or the case is not in the list; nothing was done.",
            act_id=act.act_id,
            entry_id=act.entry_id,
            case_id=act.word("case_id") or None,
        )


_REFUSED = {
    "case.closed": "Something was tried under a case that was closed; it was refused.",
    "case.expired": "Something was tried under a case or credential after its term; it was refused.",
    "case.not_listed": "The list of cases does not know the number; it was refused.",
    "case.list_unavailable": "The list of cases did not answer, so the number was not checked; it was refused.",
    "case.not_found": "There is no such case here; it was refused.",
    "case.unknown": "There is no such case here; it was refused.",
}


def _after_closing(sources: Sources, act: RecordedAct, closings: dict[str, datetime | None]) -> Iterator[Found]:
    """Yield an act that ran after its case was closed: the software refuses those, so something is wrong."""
    case_id = act.word("case_id")
    if act.refused or not case_id:
        return
    if case_id not in closings:
        closings[case_id] = _closed(sources, case_id)
    closed = closings[case_id]
    if closed is not None and act.at > closed:
        yield Found(
            kind=Kind.AFTER_CLOSING,
            at=act.at,
            owner=sources.people.called(act.word("operator_id")),
            known=f"It ran although its case had been closed on {day(closed)}.",
            do="Report it to whoever answers for the software: an act under a closed case must not run.",
            act_id=act.act_id,
            entry_id=act.entry_id,
            case_id=case_id,
        )


def _closed(sources: Sources, case_id: str) -> datetime | None:
    found = _entries(sources, EntryKind.CASE_CLOSED, case_id)
    return found[-1].recorded_at if found else None


def _first_act(sources: Sources, case_id: str) -> str | None:
    found = _entries(sources, EntryKind.ACT_INTENDED, case_id)
    return str(found[0].fields["act_id"]) if found else None


def _entries(sources: Sources, kind: EntryKind, case_id: str) -> list[JournalEntry]:
    return sources.journal.entries(EntryFilter(kinds=(kind,), case_id=case_id), from_index=0, limit=1)
