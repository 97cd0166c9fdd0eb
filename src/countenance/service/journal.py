"""The ledger in use: entries are checked, sealed, added to the tree and stored in one transaction; and read back.

Rules kept here:

- Size, tree and rows are read and written under the ledger's lock, so that the tree has one continuation.
- The tree's running root is read from the database for every append and kept nowhere else: a process can never go on
  from what another process, or a restored backup, has made untrue.
- Reading takes no lock and never waits for a writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from countenance.core.errors import EntryNotFound, LedgerError
from countenance.ledger.entries import Entry, keyed_digest, utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import MerkleTree, grow
from countenance.ledger.sealing import SEED_BYTES, SealedEntry, Shown, parse_sealed_line, seal, sealed_line
from countenance.service.journal_port import EntryFilter, JournalEntry, OpenTransaction, RecordedEntry
from countenance.service.ledger_port import LOOKED_FOR, EntryRow, LedgerRows

_IDENTIFIER_BYTES = 16
#: Most entries on a page: what a reader can be shown, and a bound on memory.
LARGEST_PAGE = 10_000


class LedgerJournal:
    """The ledger over its tables; implements ``countenance.service.journal_port.Journal``."""

    def __init__(self, rows: LedgerRows, random_bytes: Callable[[int], bytes], software_version: str) -> None:
        """Take the tables, a source of random bytes (``os.urandom``), and what to name as this software's version.

        ``after_act`` may be set to what is told the ledger's size whenever an act's outcome is stored for good.
        """
        self.after_act: Callable[[int], None] | None = None
        self._rows = rows
        self._random_bytes = random_bytes
        self._software_version = software_version
        # Of the open transactions: the ledger's size once an act was finished in it, else 0.
        self._finished: dict[int, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[OpenTransaction]:
        """Yield a write transaction of the store that the ledger lies in."""
        size = 0
        with self._rows.transaction() as current:
            self._finished[id(current)] = 0
            try:
                yield current
            finally:
                size = self._finished.pop(id(current))
        if size and self.after_act is not None:
            self.after_act(size)

    def record(
        self, kind: EntryKind, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction | None = None
    ) -> RecordedEntry:
        """Write one entry; see ``Journal.record``."""
        return self.record_many([(kind, fields)], transaction=transaction)[0]

    def record_many(
        self,
        entries: Sequence[tuple[EntryKind, Mapping[str, FieldValue]]],
        *,
        transaction: OpenTransaction | None = None,
    ) -> list[RecordedEntry]:
        """Write several entries, all or none; see ``Journal.record``."""
        with self._within(transaction) as current:
            made = [
                Entry(kind, self._random_bytes(_IDENTIFIER_BYTES).hex(), current.now, fields)
                for kind, fields in entries
            ]
            size = self._rows.locked_size(current)
            sealed = [seal(entry, self._random_bytes(SEED_BYTES)) for entry in made]
            store = self._rows.hashes(current)
            running = MerkleTree(store, size).running_root()
            self._rows.add(current, [row_of(size + number, entry) for number, entry in enumerate(sealed)])
            grow(store, running, [entry.leaf_hash() for entry in sealed])
            return [
                RecordedEntry(entry.entry_id, size + number, entry.recorded_at.astimezone(UTC), entry.kind)
                for number, entry in enumerate(made)
            ]

    def begin_act(
        self, act_id: str, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction | None = None
    ) -> RecordedEntry:
        """Record an intent and that the act is open; see ``Journal.begin_act``."""
        with self._within(transaction) as current:
            recorded = self.record(EntryKind.ACT_INTENDED, {**fields, "act_id": act_id}, transaction=current)
            self._rows.open_act(current, act_id, recorded.entry_id)
        return recorded

    def finish_act(
        self, act_id: str, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction | None = None
    ) -> RecordedEntry:
        """Record an outcome and that the act is closed; see ``Journal.finish_act``."""
        with self._within(transaction) as current:
            intent_entry_id = self._rows.close_act(current, act_id)
            if intent_entry_id is None:
                raise LedgerError(
                    "The act is not open: its outcome is recorded already, or it was recorded as interrupted.",
                    remedy="Begin the act anew; nothing of this one may be released.",
                )
            outcome = {**fields, "act_id": act_id, "intent_entry_id": intent_entry_id}
            recorded = self.record(EntryKind.ACT_COMPLETED, outcome, transaction=current)
            if id(current) in self._finished:
                self._finished[id(current)] = recorded.index + 1
        return recorded

    def interrupted_acts(self) -> list[RecordedEntry]:
        """Record what died in the middle; see ``Journal.interrupted_acts``."""
        recorded = []
        for act_id in self._rows.abandoned_acts():
            with self._rows.transaction() as current:
                intent_entry_id = self._rows.close_act(current, act_id)
                # None: another process that started at the same time was quicker.
                if intent_entry_id is not None:
                    fields: dict[str, FieldValue] = {
                        "act_id": act_id,
                        "intent_entry_id": intent_entry_id,
                        "found_at": utc_text(current.now),
                        "software_version": self._software_version,
                    }
                    recorded.append(self.record(EntryKind.ACT_INTERRUPTED, fields, transaction=current))
        return recorded

    def size(self) -> int:
        """Return how many entries there are."""
        return self._rows.size()

    def entries(
        self,
        wanted: EntryFilter | None = None,
        *,
        limit: int = 100,
        before_index: int | None = None,
        from_index: int | None = None,
    ) -> list[JournalEntry]:
        """Return one page of entries; see ``Journal.entries``."""
        if not 0 < limit <= LARGEST_PAGE:
            raise LedgerError(f"A page of the ledger has 1 to {LARGEST_PAGE} entries.")
        asked = EntryFilter() if wanted is None else wanted
        named = {name: getattr(asked, name) for name in LOOKED_FOR}
        rows = self._rows.page(
            kinds=[kind.value for kind in asked.kinds],
            equal={name: value for name, value in named.items() if value is not None},
            since=None if asked.since is None else utc_text(asked.since),
            before=None if asked.before is None else utc_text(asked.before),
            limit=limit,
            before_index=before_index,
            from_index=from_index,
        )
        return [entry_of(EntryRow(*row)) for row in rows]

    def entry(self, entry_id: str) -> JournalEntry:
        """Return one entry by its identifier; see ``Journal.entry``."""
        row = self._rows.find(entry_id)
        if row is None:
            raise EntryNotFound(f"There is no entry {entry_id[:40]!r} in the ledger.")
        return entry_of(EntryRow(*row))

    def keyed_digest(self, what: str, data: bytes) -> str:
        """Return the digest that stands for data under this installation's key; see ``Journal.keyed_digest``."""
        return keyed_digest(self._rows.digest_key(), what, data)

    def subject_digests(
        self,
        gallery: str,
        subjects: Sequence[str],
        *,
        what: str = "subject",
        data: Sequence[bytes] | None = None,
        transaction: OpenTransaction | None = None,
    ) -> tuple[str, ...]:
        """Return digests under subjects' own keys; see ``Journal.subject_digests``."""
        keys = self._rows.subject_digest_keys(gallery, subjects, transaction=transaction)
        digested = [subject.encode() for subject in subjects] if data is None else data
        return tuple(
            # A key nobody has, for somebody who is not (or no longer) there: the digest stands for nobody.
            keyed_digest(keys.get(subject) or self._random_bytes(SEED_BYTES), what, item)
            for subject, item in zip(subjects, digested, strict=True)
        )

    @contextmanager
    def _within(self, transaction: OpenTransaction | None) -> Iterator[OpenTransaction]:
        if transaction is not None:
            yield transaction
        else:
            with self.transaction() as own:
                yield own


def row_of(index: int, entry: SealedEntry) -> EntryRow:
    """Return the row that an entry is stored as."""
    return EntryRow(
        entry_index=index,
        entry_id=entry.entry_id,
        kind=entry.kind,
        recorded_at=entry.recorded_at,
        sealed_line=sealed_line(entry),
        **{name: looked_for(entry, name) for name in LOOKED_FOR},
    )


def looked_for(entry: SealedEntry, name: str) -> str | None:
    """Return the value that an entry is found by under a name out of ``LOOKED_FOR``, or None if it has none."""
    field = entry.fields.get(name)
    return field.value if isinstance(field, Shown) and isinstance(field.value, str) else None


def entry_of(row: EntryRow) -> JournalEntry:
    """Return the entry of a row, as its sealed line has it.

    Raises:
        LedgerError: The line is damaged.
    """
    sealed = parse_sealed_line(row.sealed_line)
    fields: dict[str, FieldValue] = {}
    withheld: dict[str, str] = {}
    for name, field in sealed.fields.items():
        if isinstance(field, Shown):
            fields[name] = field.value
        else:
            withheld[name] = field.reason
    moment = datetime.fromisoformat(sealed.recorded_at).astimezone(UTC)
    return JournalEntry(row.entry_index, sealed.entry_id, sealed.kind, moment, fields, withheld)
