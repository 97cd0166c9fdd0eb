"""What use cases need of the ledger, as Protocols: write an entry, begin and finish an act, read back.

Rules kept here:

- What is recorded about a change is recorded in the change's own transaction, *after* the change: the ledger's lock is
  the last one taken, so that two writers never wait for each other.
- An act's intent is durable before anything of the act is done; if it cannot be written, nothing is done.
- An act that is open is finished once, or found interrupted after its process died; never both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind


class OpenTransaction(Protocol):
    """A write transaction of the store, passed to everything that has to happen in it or not at all."""

    @property
    def now(self) -> datetime:
        """Return its moment, with a time zone; entries recorded in it carry this time."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """Where an entry stands.

    Attributes:
        entry_id: Random identifier, 32 hex digits; what is shown to people.
        index: Position in the ledger, from 0.
        recorded_at: Its time, UTC.
        kind: What it tells of.
    """

    entry_id: str
    index: int
    recorded_at: datetime
    kind: EntryKind


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An entry read back.

    Attributes:
        index: Position in the ledger, from 0.
        entry_id: Random identifier, 32 hex digits.
        kind: What it tells of; a plain word, since a newer version may have written it.
        recorded_at: Its time, UTC.
        fields: Name → value of the fields that are there.
        withheld: Name → reason of fields whose value was taken out.
    """

    index: int
    entry_id: str
    kind: str
    recorded_at: datetime
    fields: Mapping[str, FieldValue]
    withheld: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries to read; what is None does not restrict.

    Attributes:
        kinds: Kinds wanted; empty means all.
        act_id: Entries of one act.
        case_id: Entries of one case.
        review_id: Entries of one review.
        gallery_id: Entries of one gallery (field ``gallery_id``).
        since: Recorded at or after this moment.
        before: Recorded before this moment.
    """

    kinds: tuple[EntryKind, ...] = ()
    act_id: str | None = None
    case_id: str | None = None
    review_id: str | None = None
    gallery_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None


class Journal(Protocol):
    """The ledger as use cases write and read it. Safe for many threads and processes at once."""

    def transaction(self) -> AbstractContextManager[OpenTransaction]:
        """Return a write transaction of the store that the ledger lies in."""
        ...

    def record(
        self, kind: EntryKind, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction | None = None
    ) -> RecordedEntry:
        """Write one entry and return where it stands.

        Args:
            kind: What it tells of.
            fields: As the kind's schema in ``countenance.ledger.kinds`` has them; lists as tuples, times as text
                (``countenance.ledger.entries.utc_text``).
            transaction: The change's transaction, or None for a transaction of its own, durable on return.

        Raises:
            LedgerError: A field is unknown, missing or mistyped, or the ledger cannot be written.
            StorageError: The database cannot be written.
        """
        ...

    def record_many(
        self,
        entries: Sequence[tuple[EntryKind, Mapping[str, FieldValue]]],
        *,
        transaction: OpenTransaction | None = None,
    ) -> list[RecordedEntry]:
        """Write several entries, all or none; see ``record``."""
        ...

    def begin_act(
        self, act_id: str, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction | None = None
    ) -> RecordedEntry:
        """Record an ``act_intended`` and that the act is open.

        Args:
            act_id: Random identifier of the act, 32 hex digits.
            fields: Of ``act_intended``; ``act_id`` is added.
            transaction: One in which the act is also counted; nothing of the act may be done before it has committed.
                None: a transaction of its own, durable on return.

        Raises:
            LedgerError, StorageError: As ``record``; nothing may be done then.
        """
        ...

    def finish_act(
        self, act_id: str, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction | None = None
    ) -> RecordedEntry:
        """Record an ``act_completed`` and that the act is no longer open, in one transaction.

        Args:
            act_id: The act.
            fields: Of ``act_completed``; ``act_id`` and ``intent_entry_id`` are added.
            transaction: The change's transaction, so that change and outcome are stored together or not at all.

        Raises:
            LedgerError: The act is not open: it was finished, or recorded as interrupted. Nothing of it may be
                released then.
            StorageError: The database cannot be written.
        """
        ...

    def interrupted_acts(self) -> list[RecordedEntry]:
        """Record an ``act_interrupted`` for each open act whose process is dead, and return those entries.

        Called at every start. Acts of processes that live are left alone.
        """
        ...

    def size(self) -> int:
        """Return how many entries there are."""
        ...

    def entries(
        self,
        wanted: EntryFilter | None = None,
        *,
        limit: int = 100,
        before_index: int | None = None,
        from_index: int | None = None,
    ) -> list[JournalEntry]:
        """Return one page of entries.

        Args:
            wanted: Which; None: all.
            limit: Most entries on the page.
            before_index: Newest first, below this index (None: from the newest). Next page: the last entry's index.
            from_index: Oldest first, from this index; the other order. Next page: the last entry's index + 1.
        """
        ...

    def entry(self, entry_id: str) -> JournalEntry:
        """Return one entry by its identifier.

        Raises:
            EntryNotFound: There is none.
        """
        ...

    def keyed_digest(self, what: str, data: bytes) -> str:
        """Return the digest that stands for data in the ledger, 64 hex digits, under this installation's key.

        For a person's name or photos in a gallery use ``subject_digests``: those end with the person's erasure.
        """
        ...

    def subject_digests(
        self,
        gallery: str,
        subjects: Sequence[str],
        *,
        what: str = "subject",
        data: Sequence[bytes] | None = None,
        transaction: OpenTransaction | None = None,
    ) -> tuple[str, ...]:
        """Return, for each subject of a gallery, a digest under that subject's own key, 64 hex digits.

        Erasing the subject destroys the key; from then on nobody can link the digest to anybody.

        Args:
            gallery: Name of the gallery.
            subjects: Names. One that the gallery does not hold (any more) gets a random digest: it stands for nobody.
            what: What is digested, such as ``subject`` or ``photo``.
            data: What is digested, one for each subject; None: the subject's name.
            transaction: To see what was stored in it.
        """
        ...
