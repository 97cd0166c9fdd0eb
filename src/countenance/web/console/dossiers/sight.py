"""Who sees which search.

Rules kept here:

- Records officers and auditors see every search. Whoever asked for one sees their own; a reviewer those they voted on,
  once the review has ended.
- Candidates who were not released are named to records officers and auditors only, and to none of them who searches.
"""

from __future__ import annotations

from countenance.ledger.kinds import EntryKind
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.act_entries import ActEntries

WHOLE = frozenset({Role.RECORDS, Role.AUDITOR})
_ENDS = (EntryKind.REVIEW_RELEASED, EntryKind.REVIEW_CLOSED)


def sees_all(person: SignedIn) -> bool:
    """Return whether somebody sees every search."""
    return bool(person.roles & WHOLE)


def sees_names(person: SignedIn) -> bool:
    """Return whether candidates who were not released are named to somebody."""
    return sees_all(person) and Role.SEARCHER not in person.roles


def is_own(entries: ActEntries, own_id: str) -> bool:
    """Return whether somebody asked for the search."""
    return entries.request.fields.get("operator_id") == own_id


def may_see(person: SignedIn, own_id: str, entries: ActEntries) -> bool:
    """Return whether somebody sees a search.

    Args:
        person: Who has signed in.
        own_id: The identifier that stands for them in the ledger.
        entries: Entries of the search.
    """
    if sees_all(person) or is_own(entries, own_id):
        return True
    voted = any(
        entry.kind == EntryKind.REVIEW_VOTE and entry.fields.get("reviewer_id") == own_id for entry in entries.review
    )
    return voted and any(entry.kind in _ENDS for entry in entries.review)
