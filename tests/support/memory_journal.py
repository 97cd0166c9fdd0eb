"""The real journal over tables in memory: the real tree, sealing and checks, lost at exit.

``memory_journal()`` is what a test of a use case needs; ``MemoryLedgerRows`` is held to the same behaviour as the SQL
tables by the suite in ``tests/storage``.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from countenance.core.errors import LedgerError
from countenance.ledger.hash_store import MemoryHashStore
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import OpenTransaction
from countenance.service.ledger_port import EntryRow, KeptCheckpoint, StoredCheckpoint, StoredEntry
from tests.support.settable_clock import SettableClock


class CountedBytes:
    """Returns bytes that only look random, another lot each time, the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, length: int) -> bytes:
        """Return that many bytes."""
        self._count += 1
        return hashlib.shake_128(f"countenance test bytes {self._count}".encode()).digest(length)


@dataclass(slots=True)
class MemoryTransaction:
    """A transaction in memory; other stores in memory take no part in it."""

    now: datetime


@dataclass(slots=True)
class MemoryLedgerRows:
    """The ledger's tables as lists; implements ``LedgerRows``.

    Attributes:
        clock: The time.
        dead: Identifiers of acts whose process is taken to be dead.
        erased: Names of subjects whose key is destroyed, in any gallery; all others have one.
        fails: True to fail every write, as a full disk would.
    """

    clock: Callable[[], datetime]
    dead: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    fails: bool = False
    rows: list[EntryRow] = field(default_factory=list)
    store: MemoryHashStore = field(default_factory=MemoryHashStore)
    acts: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    kept: list[KeptCheckpoint] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        with self._lock:
            size, hashes, acts = len(self.rows), list(self.store.read(range(len(self.store)))), dict(self.acts)
            keys, kept = len(self.keys), len(self.kept)
            try:
                yield MemoryTransaction(self.clock())
            except BaseException:
                del self.rows[size:], self.keys[keys:], self.kept[kept:]
                self.store, self.acts = MemoryHashStore(), acts
                self.store.append(0, hashes)
                raise

    def locked_size(self, transaction: OpenTransaction) -> int:
        del transaction
        if self.fails:
            raise LedgerError("The ledger in memory was told to fail.")
        return len(self.rows)

    def add(self, transaction: OpenTransaction, rows: Sequence[StoredEntry]) -> None:
        del transaction
        assert [row[0] for row in rows] == list(range(len(self.rows), len(self.rows) + len(rows)))
        self.rows.extend(EntryRow(*row) for row in rows)

    def hashes(self, transaction: OpenTransaction | None = None) -> MemoryHashStore:
        del transaction
        return self.store

    def open_act(self, transaction: OpenTransaction, act_id: str, intent_entry_id: str) -> None:
        del transaction
        if act_id in self.acts:
            raise LedgerError("An act of this identifier is open already.")
        self.acts[act_id] = intent_entry_id

    def close_act(self, transaction: OpenTransaction, act_id: str) -> str | None:
        del transaction
        return self.acts.pop(act_id, None)

    def abandoned_acts(self) -> list[str]:
        return [act_id for act_id in self.acts if act_id in self.dead]

    def size(self) -> int:
        return len(self.rows)

    def find(self, entry_id: str) -> EntryRow | None:
        return next((row for row in self.rows if row.entry_id == entry_id), None)

    def page(
        self,
        *,
        kinds: Sequence[str],
        equal: Mapping[str, str],
        since: str | None,
        before: str | None,
        limit: int,
        before_index: int | None,
        from_index: int | None,
    ) -> list[EntryRow]:
        found = [
            row
            for row in self.rows
            if (not kinds or row.kind in kinds)
            and all(getattr(row, name) == value for name, value in equal.items())
            and (since is None or row.recorded_at >= since)
            and (before is None or row.recorded_at < before)
        ]
        if from_index is not None:
            return [row for row in found if row.entry_index >= from_index][:limit]
        return [row for row in reversed(found) if before_index is None or row.entry_index < before_index][:limit]

    def all_rows(self, start: int, stop: int) -> Iterator[EntryRow]:
        return iter(self.rows[start:stop])

    def all_hashes(self) -> Iterator[tuple[int, bytes]]:
        return iter(enumerate(self.store.read(range(len(self.store)))))

    def digest_key(self) -> bytes:
        return hashlib.sha256(b"countenance test digest key").digest()

    def subject_digest_keys(
        self, gallery: str, subjects: Sequence[str], *, transaction: OpenTransaction | None
    ) -> dict[str, bytes]:
        del transaction
        named = set(subjects) - self.erased
        return {subject: hashlib.sha256(f"{gallery}\0{subject}".encode()).digest() for subject in named}

    def verifier_keys(self) -> list[str]:
        return list(self.keys)

    def add_verifier_key(self, transaction: OpenTransaction, key: str) -> None:
        del transaction
        self.keys.append(key)

    def keep_checkpoint(self, transaction: OpenTransaction, kept: StoredCheckpoint) -> None:
        del transaction
        self.kept.append(KeptCheckpoint(*kept))

    def checkpoints(self) -> list[KeptCheckpoint]:
        return list(self.kept)


def memory_journal(clock: Callable[[], datetime] | None = None, rows: MemoryLedgerRows | None = None) -> LedgerJournal:
    """Return a journal in memory; give ``rows`` to look behind it or make it fail."""
    tables = MemoryLedgerRows(clock or SettableClock()) if rows is None else rows
    return LedgerJournal(tables, CountedBytes(), "0.0.0+test")
