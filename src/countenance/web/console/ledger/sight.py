"""Who sees what of an entry.

Rules kept here:

- Records officers and auditors read whole entries, policy owners those about the rules. Everybody else reads what an
  export for outsiders shows, and their own name.
- Whom a search listed, and what reviewers said, is shown to nobody while its review goes on: a reviewer who knew it
  would no longer judge blindly.
"""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.entries import public_reason
from countenance.ledger.kinds import EntryKind
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.people import SHORT, People
from countenance.service.journal_port import EntryFilter, Journal, JournalEntry
from countenance.service.ledger_exports import Redaction

_WHOLE = frozenset({Role.RECORDS, Role.AUDITOR})
_NAMES = _WHOLE | {Role.POLICY_OWNER}
#: Entries about the rules, which policy owners answer for.
ABOUT_RULES = frozenset(
    {EntryKind.POLICY_CHANGED, EntryKind.THRESHOLD_CHANGED, EntryKind.CERTIFICATE_LOADED, EntryKind.OVERRIDE}
)
#: Those who could use what is kept from them during a review.
_BLIND = frozenset({Role.SEARCHER, Role.REVIEWER})
UNDER_REVIEW = "under_review"
#: Why a value is not shown, in words; the words of exports come first.
REASONS = {
    "personal": "kept from your role: it can identify somebody",
    "typed_text": "kept from your role: somebody typed it",
    "unknown_field": "kept from your role: this version does not know the field",
    "not_disclosed": "not disclosed",
    UNDER_REVIEW: "kept from everybody until the review has ended",
}
REDACTION_WORDS = {
    Redaction.DEFAULT: "For outsiders: what is personal or typed is withheld, with the reason",
    Redaction.EVERYTHING: "All values: shows only which kinds of entries were written, and when",
    Redaction.NONE: "Nothing: for a court, or an auditor who may see everything",
}
_BLIND_FIELDS: dict[str, frozenset[str]] = {
    EntryKind.ACT_COMPLETED: frozenset(
        {"candidate_reference_ids", "candidate_subject_digests", "candidate_scores"}
    ),
    EntryKind.REVIEW_OPENED: frozenset({"filler_seed", "filler_reference_ids"}),
    EntryKind.REVIEW_VOTE: frozenset(
        {"shown_reference_ids", "ratings", "none_of_these", "fillers_taken_for_mates", "order_seed", "reason"}
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees of the ledger.

    Attributes:
        whole: Whether they read whole entries.
        names: Whether they see the names of those who work with the system.
        own_id: The identifier that stands for them.
        redactions: What exports they may make.
        whole_kinds: Kinds of entries they read whole besides.
    """

    whole: bool
    names: bool
    own_id: str
    redactions: tuple[Redaction, ...]
    whole_kinds: frozenset[str] = frozenset()

    @property
    def redaction_choices(self) -> tuple[tuple[str, str], ...]:
        """Return the exports they may make, as a form offers them."""
        return tuple((one.value, REDACTION_WORDS[one]) for one in self.redactions)

    def hidden(self, entry: JournalEntry, name: str, *, reviewing: bool) -> str | None:
        """Return why a field is not shown, or None if it is.

        Args:
            entry: The entry.
            name: The field.
            reviewing: Whether the review that the entry speaks of goes on.
        """
        if reviewing and name in _BLIND_FIELDS.get(entry.kind, ()):
            return UNDER_REVIEW
        if self.whole or entry.kind in self.whole_kinds:
            return None
        return public_reason(entry.kind, name)

    def called(self, people: People, operator_id: object) -> str:
        """Return what somebody is called here: their name, or the beginning of what stands for them."""
        if self.names or (operator_id and operator_id == self.own_id):
            return people.called(operator_id)
        return f"operator {str(operator_id)[:SHORT]}" if operator_id else "nobody named"


def sight_of(person: SignedIn, own_id: str) -> Sight:
    """Return what somebody who has signed in sees."""
    whole = bool(person.roles & _WHOLE)
    redactions: tuple[Redaction, ...] = ()
    if whole:
        blind = person.roles & _BLIND
        redactions = (Redaction.DEFAULT, Redaction.EVERYTHING) if blind else tuple(Redaction)
    about_rules: frozenset[str] = ABOUT_RULES if Role.POLICY_OWNER in person.roles else frozenset()
    return Sight(whole, bool(person.roles & _NAMES), own_id, redactions, about_rules)


def is_reviewing(journal: Journal, entry: JournalEntry) -> bool:
    """Return whether the review that an entry speaks of goes on."""
    review = entry.fields.get("review_id")
    if not isinstance(review, str) or entry.kind not in _BLIND_FIELDS:
        return False
    ended = EntryFilter(kinds=(EntryKind.REVIEW_RELEASED, EntryKind.REVIEW_CLOSED), review_id=review)
    return not journal.entries(ended, limit=1)
