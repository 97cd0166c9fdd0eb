"""What has reached its end goes by itself, and that is recorded: references, runs, secrets, abandoned reviews.

Rules kept here:

- Where nothing is due, finding that out is one query and nothing is written.
- Whoever deletes what has expired (this, or an enrolment that makes room first) records it in the same transaction:
  ``record_expired`` is called by the store before it commits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import Journal, OpenTransaction
from countenance.service.reviews import ABANDONED_AFTER
from countenance.service.subject_port import SubjectStore


class ExpiredHere(Protocol):
    """What a transaction deleted in one gallery because its time was up; see ``storage.transactions.Expired``."""

    @property
    def gallery_id(self) -> str: ...
    @property
    def gallery(self) -> str: ...
    @property
    def reference_ids(self) -> tuple[str, ...]: ...
    @property
    def subjects_left(self) -> tuple[str, ...]: ...
    @property
    def keys_destroyed(self) -> int: ...
    @property
    def review_ids(self) -> tuple[str, ...]: ...


class ExpiringTransaction(OpenTransaction, Protocol):
    """A transaction that has deleted what had expired."""

    @property
    def expired(self) -> Sequence[ExpiredHere]: ...


@dataclass(frozen=True, slots=True)
class Gone:
    """What an expiry deleted.

    Attributes:
        references: References, of all galleries.
        runs: Runs of enrolment whose bookkeeping went.
        secrets: Sealed secrets of credentials.
        reviews: Reviews that nobody finished and that were closed.
        faces: Temporary faces of clients.
    """

    references: int = 0
    runs: int = 0
    secrets: int = 0
    reviews: int = 0
    faces: int = 0


@dataclass(frozen=True, slots=True)
class DueNow:
    """What has reached its end and is still there: gallery → references, and counts of the rest."""

    references: Mapping[str, int]
    runs: int
    secrets: int
    reviews: int
    faces: int

    @property
    def anything(self) -> bool:
        """Return whether there is anything to do."""
        return bool(self.references or self.runs or self.secrets or self.reviews or self.faces)


def due(store: SubjectStore, now: datetime) -> DueNow:
    """Return what has reached its end; one query."""
    found = store.due(abandoned_before=now - ABANDONED_AFTER)
    return DueNow(dict(found.references), found.runs, found.secrets, found.reviews, found.faces)


def expire_due(
    store: SubjectStore, journal: Journal, now: datetime, *, close_abandoned: Callable[[], int] | None = None
) -> Gone:
    """Delete what has reached its end, record it in the same transaction, and return what went.

    Args:
        store: People in the database.
        journal: The ledger.
        now: The server's clock.
        close_abandoned: Closes reviews that nobody finished, and returns how many.

    Raises:
        LedgerError, StorageError: It cannot be stored or recorded; nothing went then.
    """
    found = due(store, now)
    references = secrets = reviews = 0
    if found.references or found.runs or found.secrets or found.faces:
        with journal.transaction() as current:
            references = store.expire(transaction=current)
            secrets = store.destroy_expired_secrets(transaction=current)
    if found.reviews and close_abandoned is not None:
        reviews = close_abandoned()
    return Gone(references, found.runs, secrets, reviews, found.faces)


def record_expired(journal: Journal, transaction: ExpiringTransaction) -> None:
    """Record what a transaction deleted because its time was up: one entry a gallery and thousand references."""
    entries = []
    for here in transaction.expired:
        left = here.subjects_left[:LONGEST_LIST]
        digests = journal.subject_digests(here.gallery, left, transaction=transaction) if left else ()
        for start in range(0, len(here.reference_ids), LONGEST_LIST):
            some = here.reference_ids[start : start + LONGEST_LIST]
            fields: dict[str, FieldValue] = {
                "gallery_id": here.gallery_id,
                "references": len(some),
                "reference_ids": some,
                # Whole subjects are counted once, with the first thousand.
                "keys_destroyed": 0 if start else here.keys_destroyed,
                "due_until": utc_text(transaction.now),
            }
            if digests and not start:
                fields["subject_digests"] = digests
            if here.review_ids and not start:
                fields["review_ids"] = here.review_ids[:LONGEST_LIST]
            entries.append((EntryKind.EXPIRY, fields))
    journal.record_many(entries, transaction=transaction)
