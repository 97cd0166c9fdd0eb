"""Everything the ledger holds of one act: its own entries, its review's, its case's, and packets made about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from countenance.core.errors import InputError, LedgerError
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.period import read_pages
from countenance.service.journal_port import EntryFilter, Journal, JournalEntry

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_REQUESTS = (EntryKind.ACT_INTENDED, EntryKind.ACT_DENIED)
_CASE_KINDS = (EntryKind.CASE_OPENED, EntryKind.CASE_CLOSED)


@dataclass(frozen=True, slots=True)
class ActEntries:
    """The entries about an act, oldest first.

    Attributes:
        act_id: The act.
        request: Its intent, or its refusal.
        outcome: Its outcome, or that it was interrupted; None if neither is recorded.
        review_id: The review of its result, or None.
        review: Entries of that review, and of acts that release it.
        case: Entries that open and close its case.
        results: Results reported of it.
        exports: Packets made about it.
    """

    act_id: str
    request: JournalEntry
    outcome: JournalEntry | None
    review_id: str | None
    review: tuple[JournalEntry, ...]
    case: tuple[JournalEntry, ...]
    results: tuple[JournalEntry, ...]
    exports: tuple[JournalEntry, ...]

    @property
    def is_refused(self) -> bool:
        """Return whether the act was refused; nothing was done then."""
        return self.request.kind == EntryKind.ACT_DENIED

    @property
    def last(self) -> JournalEntry:
        """Return the entry that says what became of the act."""
        return self.request if self.outcome is None else self.outcome

    @property
    def everything(self) -> tuple[JournalEntry, ...]:
        """Return all entries, each once, in the ledger's order."""
        own = (self.request, *(() if self.outcome is None else (self.outcome,)))
        found = {entry.index: entry for entry in (*own, *self.review, *self.case, *self.results, *self.exports)}
        return tuple(found[index] for index in sorted(found))

    def value(self, name: str) -> FieldValue | None:
        """Return a field of the outcome, or else of the request."""
        if self.outcome is not None and name in self.outcome.fields:
            return self.outcome.fields[name]
        return self.request.fields.get(name)


def find_act(journal: Journal, name: str) -> ActEntries:
    """Return the entries about an act.

    Args:
        journal: The ledger.
        name: The act's identifier, or that of one of its entries or of its review.

    Raises:
        InputError: It is none of these.
    """
    wanted = name.strip().lower()
    act_id = _act_of(journal, wanted) if _IDENTIFIER.fullmatch(wanted) else None
    if act_id is None:
        raise InputError(
            f"The ledger knows no act, entry or review {name[:40]!r}.",
            remedy="Give the 32 digits that the search printed; `countenance ledger show` lists entries.",
        )
    return _entries(journal, act_id)


def acts_of_case(journal: Journal, case_id: str) -> list[str]:
    """Return the acts under a case, oldest first, refused ones too."""
    found = read_pages(journal, EntryFilter(kinds=_REQUESTS, case_id=case_id))
    return list(dict.fromkeys(str(entry.fields["act_id"]) for entry in found))


def _act_of(journal: Journal, wanted: str) -> str | None:
    if journal.entries(EntryFilter(kinds=_REQUESTS, act_id=wanted), limit=1):
        return wanted
    for entry in journal.entries(EntryFilter(kinds=(EntryKind.REVIEW_OPENED,), review_id=wanted), limit=1):
        return str(entry.fields["act_id"])
    try:
        act_id = journal.entry(wanted).fields.get("act_id")
    except LedgerError:
        return None
    known = isinstance(act_id, str) and journal.entries(EntryFilter(kinds=_REQUESTS, act_id=act_id), limit=1)
    return str(act_id) if known else None


def _entries(journal: Journal, act_id: str) -> ActEntries:
    own = list(read_pages(journal, EntryFilter(act_id=act_id)))
    request = next(entry for entry in own if entry.kind in _REQUESTS)
    ends = [entry for entry in own if entry.kind in (EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)]
    outcome = ends[-1] if ends else None
    review_id = None if outcome is None else outcome.fields.get("review_id")
    of_review = list(read_pages(journal, EntryFilter(review_id=review_id))) if isinstance(review_id, str) else []
    case_id = request.fields.get("case_id")
    of_case = (
        list(read_pages(journal, EntryFilter(kinds=_CASE_KINDS, case_id=case_id))) if isinstance(case_id, str) else []
    )
    about_case = (
        list(read_pages(journal, EntryFilter(kinds=(EntryKind.EXPORT_MADE,), case_id=case_id)))
        if isinstance(case_id, str)
        else []
    )
    done = {entry.index for entry in (request, *ends)}
    return ActEntries(
        act_id=act_id,
        request=request,
        outcome=outcome,
        review_id=review_id if isinstance(review_id, str) else None,
        review=tuple(entry for entry in of_review if entry.index not in done),
        case=tuple(of_case),
        results=tuple(entry for entry in own if entry.kind == EntryKind.RESULT_REPORTED),
        exports=tuple(entry for entry in (*own, *about_case) if entry.kind == EntryKind.EXPORT_MADE),
    )


def words_of(fields: Mapping[str, FieldValue], name: str) -> tuple[str, ...]:
    """Return a field with several words; empty if it is not there."""
    value = fields.get(name)
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
