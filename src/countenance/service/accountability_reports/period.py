"""A period, and what the ledger holds of it: acts with what became of them, and every other entry.

Rules kept here:

- An act belongs to the period in which it was asked for, whenever it ended.
- Entries are read page by page, and of each only what reports need is kept: a period may hold a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from sys import intern

from countenance.core.errors import InputError
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.acts import SEARCH, SEARCH_EVERY_FACE
from countenance.service.journal_port import EntryFilter, Journal, JournalEntry

#: Action words that are searches of a gallery; every dialect records its searches under one of them.
SEARCHES = frozenset({SEARCH, SEARCH_EVERY_FACE})
#: What became of an act, where its outcome does not say it: refused by a rule, died with its process, still open.
REFUSED, INTERRUPTED, NOT_FINISHED, FAILED = "refused", "interrupted", "not_finished", "failed"

#: Entries read at once.
_PAGE = 1_000
#: Fields of an intent, a refusal or an outcome that reports count by.
_KEPT = frozenset(
    {
        "action", "operator_id", "role", "actor_sector", "on_behalf_of", "interface", "purpose", "purpose_text",
        "case_id", "jurisdictions", "legal_basis", "authorisation_status", "emergency", "offence_tags",
        "offence_statute", "decision", "deciding_rules", "reasons", "packs_disabled", "model_digest",
        "threshold_value", "certificate_digest", "worst_group_rate", "false_positive_ratio", "gallery_ids",
        "gallery_source", "gallery_subjects", "gallery_references", "probe_source", "probe_edits", "federal_law_id",
        "attested_claims",
        "result", "faces_found", "candidate_count", "candidate_reference_ids", "expected_false_candidates",
        "held_for_review", "review_id", "error_code",
    }
)  # fmt: skip
_ACT_KINDS = frozenset(
    {EntryKind.ACT_INTENDED, EntryKind.ACT_DENIED, EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED}
)
_ENDINGS = (EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days by UTC, both included.

    Raises:
        InputError: The first day is after the last.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise InputError(f"The period begins on {self.first}, after its end on {self.last}.", remedy="Swap them.")

    @property
    def start(self) -> datetime:
        """Return the first moment."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment after it."""
        return datetime(self.last.year, self.last.month, self.last.day, tzinfo=UTC) + timedelta(days=1)


@dataclass(slots=True)
class RecordedAct:
    """An act as the ledger has it.

    Attributes:
        act_id: Its identifier.
        entry_id: Entry of its intent, or of its refusal.
        index: Where that stands in the ledger.
        at: When it was asked for.
        refused: Whether a rule or case refused it.
        fields: Fields of the intent or refusal that reports count by.
        outcome: The same of the outcome; empty without one.
        ended: What became of it, as a word.
        outcome_entry_id: Entry of the outcome, or None.
    """

    act_id: str
    entry_id: str
    index: int
    at: datetime
    refused: bool
    fields: Mapping[str, FieldValue]
    outcome: Mapping[str, FieldValue] = field(default_factory=dict)
    ended: str = NOT_FINISHED
    outcome_entry_id: str | None = None

    @property
    def is_search(self) -> bool:
        """Return whether a gallery was to be searched."""
        return self.fields.get("action") in SEARCHES

    def word(self, name: str) -> str:
        """Return a field as a word; empty if it is not there."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def words(self, name: str) -> tuple[str, ...]:
        """Return a field with several words; empty if it is not there."""
        value = self.fields.get(name)
        return tuple(map(str, value)) if isinstance(value, tuple) else ()

    def measured(self, name: str) -> FieldValue | None:
        """Return a field of the system in use, as the outcome has it or else the intent."""
        return self.outcome.get(name, self.fields.get(name))


@dataclass(slots=True)
class Recorded:
    """What the ledger holds of a period.

    Attributes:
        period: The period.
        acts: Acts asked for in it, oldest first.
        others: Entries of all other kinds, oldest first.
        entries: How many entries there are of it.
        first_entry, last_entry: Their places in the ledger, or None if there are none.
    """

    period: Period
    acts: list[RecordedAct] = field(default_factory=list)
    others: list[JournalEntry] = field(default_factory=list)
    entries: int = 0
    first_entry: int | None = None
    last_entry: int | None = None

    def of(self, *kinds: EntryKind) -> list[JournalEntry]:
        """Return the other entries of these kinds."""
        return [entry for entry in self.others if entry.kind in kinds]

    @property
    def searches(self) -> list[RecordedAct]:
        """Return the acts that are searches, refused ones too."""
        return [act for act in self.acts if act.is_search]


def read_pages(journal: Journal, wanted: EntryFilter) -> Iterator[JournalEntry]:
    """Yield the entries wanted, oldest first."""
    at = 0
    while page := journal.entries(wanted, from_index=at, limit=_PAGE):
        yield from page
        if len(page) < _PAGE:
            return
        at = page[-1].index + 1


def read_period(journal: Journal, period: Period) -> Recorded:
    """Return what the ledger holds of a period."""
    recorded = Recorded(period)
    acts: dict[str, RecordedAct] = {}
    for entry in read_pages(journal, EntryFilter(since=period.start, before=period.end)):
        recorded.entries += 1
        recorded.first_entry = entry.index if recorded.first_entry is None else recorded.first_entry
        recorded.last_entry = entry.index
        if entry.kind not in _ACT_KINDS:
            recorded.others.append(entry)
        elif entry.kind in _ENDINGS:
            _end(acts.get(str(entry.fields["act_id"])), entry)
        else:
            act = _act(entry)
            acts[act.act_id] = act
    for act in acts.values():
        if act.ended == NOT_FINISHED:
            # Acts take seconds: only those asked for at the very end of the period can have ended after it.
            for entry in journal.entries(EntryFilter(kinds=_ENDINGS, act_id=act.act_id), limit=1):
                _end(act, entry)
    recorded.acts = list(acts.values())
    return recorded


def _act(entry: JournalEntry) -> RecordedAct:
    refused = entry.kind == EntryKind.ACT_DENIED
    return RecordedAct(
        act_id=str(entry.fields["act_id"]),
        entry_id=entry.entry_id,
        index=entry.index,
        at=entry.recorded_at,
        refused=refused,
        fields=_slim(entry),
        ended=REFUSED if refused else NOT_FINISHED,
    )


def _end(act: RecordedAct | None, entry: JournalEntry) -> None:
    # None: the act was asked for before the period and is another one's.
    if act is not None:
        act.outcome = _slim(entry)
        act.outcome_entry_id = entry.entry_id
        act.ended = INTERRUPTED if entry.kind == EntryKind.ACT_INTERRUPTED else str(entry.fields["result"])


def _slim(entry: JournalEntry) -> dict[str, FieldValue]:
    return {
        name: intern(value) if isinstance(value, str) else value
        for name, value in entry.fields.items()
        if name in _KEPT and value != ()
    }
