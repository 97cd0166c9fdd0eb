"""The ledger's tables over an open store: the object that ``bootstrap`` hands to the journal.

Rules kept here:

- Writing takes part in the caller's transaction. Reading takes one snapshot, no lock, and waits for nobody.
- The process gives its sign of life before its first act is noted as open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from countenance.core.errors import GalleryNotFound, LedgerError
from countenance.storage import digest_keys, galleries, ledger_rows, subject_keys
from countenance.storage.ledger_rows import StoredEntry
from countenance.storage.ledger_tables import ledger_checkpoints, ledger_keys, open_acts
from countenance.storage.process_presence import ProcessPresence
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import Transaction, new_identifier

StoredCheckpoint = tuple[int, bytes, str, str]


class SqlHashes:
    """The tree's hashes as ``countenance.ledger`` reads and grows them; without a transaction they are only read."""

    def __init__(self, store: SqlGalleryStore, transaction: Transaction | None) -> None:
        self._store = store
        self._transaction = transaction

    def read(self, positions: Sequence[int]) -> list[bytes]:
        """Return the hashes at these positions; see ``ledger_rows.read_hashes``."""
        if self._transaction is not None:
            return ledger_rows.read_hashes(self._transaction.connection, positions)
        with self._store.database.reading() as connection:
            return ledger_rows.read_hashes(connection, positions)

    def append(self, start: int, hashes: Sequence[bytes]) -> None:
        """Add hashes at the end; see ``ledger_rows.append_hashes``."""
        if self._transaction is None:
            raise LedgerError("Hashes of the ledger's tree are added in a transaction only.")
        ledger_rows.append_hashes(self._transaction, start, hashes)


class SqlLedgerRows:
    """The ledger's tables in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        """Take an open store; close this before the store."""
        self._store = store
        self._presence = ProcessPresence(store.database, new_identifier())
        self._digest_key: tuple[str, bytes] | None = None

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a write transaction of the store."""
        return self._store.transaction()

    def locked_size(self, transaction: Transaction) -> int:
        """Return how many entries there are and lock the end; see ``ledger_rows.locked_size``."""
        return ledger_rows.locked_size(transaction)

    def add(self, transaction: Transaction, rows: Sequence[StoredEntry]) -> None:
        """Add entries at the end."""
        ledger_rows.add(transaction, rows)

    def hashes(self, transaction: Transaction | None = None) -> SqlHashes:
        """Return the tree's hashes."""
        return SqlHashes(self._store, transaction)

    def open_act(self, transaction: Transaction, act_id: str, intent_entry_id: str) -> None:
        """Note that this process has begun an act.

        Raises:
            LedgerError: An act of this identifier is open already.
        """
        self._presence.announce()
        act = {
            "act_id": act_id,
            "intent_entry_id": intent_entry_id,
            "instance_id": self._presence.instance_id,
            "started_at": transaction.now_text,
        }
        try:
            transaction.connection.execute(insert(open_acts).values(act))
        except IntegrityError:
            raise LedgerError("An act of this identifier is open already.") from None

    def close_act(self, transaction: Transaction, act_id: str) -> str | None:
        """Note that an act is no longer open; return its intent's identifier, or None if it was not open."""
        statement = delete(open_acts).where(open_acts.c.act_id == act_id).returning(open_acts.c.intent_entry_id)
        return transaction.connection.execute(statement).scalar_one_or_none()

    def abandoned_acts(self) -> list[str]:
        """Return the open acts whose process is dead, oldest first."""
        statement = select(open_acts.c.act_id, open_acts.c.instance_id).order_by(
            open_acts.c.started_at, open_acts.c.act_id
        )
        with self._store.database.reading() as connection:
            rows = connection.execute(statement).all()
        named = {row.instance_id for row in rows}
        self._presence.tidy(named)
        dead = {instance for instance in named if self._presence.is_dead(instance)}
        return [row.act_id for row in rows if row.instance_id in dead]

    def size(self) -> int:
        """Return how many entries there are."""
        with self._store.database.reading() as connection:
            return ledger_rows.size(connection)

    def find(self, entry_id: str) -> StoredEntry | None:
        """Return the entry with this identifier, or None."""
        with self._store.database.reading() as connection:
            return ledger_rows.find(connection, entry_id)

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
    ) -> list[StoredEntry]:
        """Return one page of entries; see ``ledger_rows.page``."""
        with self._store.database.reading() as connection:
            return ledger_rows.page(
                connection,
                kinds=kinds,
                equal=equal,
                since=since,
                before=before,
                limit=limit,
                before_index=before_index,
                from_index=from_index,
            )

    def all_rows(self, start: int, stop: int) -> Iterator[StoredEntry]:
        """Yield entries in order, of one snapshot; see ``ledger_rows.rows_between``."""
        with self._store.database.reading() as connection:
            yield from ledger_rows.rows_between(connection, start, stop)

    def all_hashes(self) -> Iterator[tuple[int, bytes]]:
        """Yield every stored hash with its position, of one snapshot."""
        with self._store.database.reading() as connection:
            yield from ledger_rows.all_hashes(connection)

    def digest_key(self) -> bytes:
        """Return this installation's key for digests; made on first use, and never another one afterwards.

        Once read it is kept in memory for as long as the master key that opened it is in use.
        """
        known, master_key = self._digest_key, self._store.master_key
        if known is not None and known[0] == master_key.key_id:
            return known[1]
        with self._store.database.reading() as connection:
            key = digest_keys.stored(connection, master_key)
        if key is None:
            with self._store.transaction() as transaction:
                ledger_rows.locked_size(transaction)
                subject_keys.require_adopted(transaction)
                key = digest_keys.make(transaction)
        self._digest_key = (master_key.key_id, key)
        return key

    def subject_digest_keys(
        self, gallery: str, subjects: Sequence[str], *, transaction: Transaction | None
    ) -> dict[str, bytes]:
        """Return name → key for digests, of those subjects that the gallery holds; no gallery, nobody."""
        if transaction is not None:
            return self._subject_digest_keys(transaction, gallery, subjects)
        with self._store.database.reading() as connection:
            snapshot = Transaction(connection, self._store.now(), self._store.master_key)
            return self._subject_digest_keys(snapshot, gallery, subjects)

    def verifier_keys(self) -> list[str]:
        """Return the ledger's verifier keys as text, the first one first."""
        with self._store.database.reading() as connection:
            return list(connection.execute(select(ledger_keys.c.verifier_key).order_by(ledger_keys.c.number)).scalars())

    def add_verifier_key(self, transaction: Transaction, key: str) -> None:
        """Note the verifier key that is in use from now on; the ledger is locked."""
        values = {"number": _rows_in(transaction, ledger_keys), "verifier_key": key, "since": transaction.now_text}
        transaction.connection.execute(insert(ledger_keys).values(values))

    def keep_checkpoint(self, transaction: Transaction, kept: StoredCheckpoint) -> None:
        """Keep a signed checkpoint; the ledger is locked."""
        entries, signed, made_at, destination = kept
        values = {"number": _rows_in(transaction, ledger_checkpoints), "entries": entries, "signed": signed}
        transaction.connection.execute(
            insert(ledger_checkpoints).values(values | {"made_at": made_at, "destination": destination})
        )

    def checkpoints(self) -> list[StoredCheckpoint]:
        """Return the kept checkpoints, oldest first."""
        columns = ledger_checkpoints.c
        statement = select(columns.entries, columns.signed, columns.made_at, columns.destination)
        with self._store.database.reading() as connection:
            rows = connection.execute(statement.order_by(columns.number)).all()
        return [(row.entries, bytes(row.signed), row.made_at, row.destination) for row in rows]

    def close(self) -> None:
        """Give no sign of life any more; acts that are still open count as interrupted from now on."""
        self._presence.close()

    @staticmethod
    def _subject_digest_keys(transaction: Transaction, gallery: str, subjects: Sequence[str]) -> dict[str, bytes]:
        try:
            row = galleries.find(transaction.connection, gallery)
        except GalleryNotFound:
            return {}
        opened = subject_keys.open_known(transaction, row, sorted(set(subjects)))
        return {name: key.digest_key() for name, (_, key) in opened.items()}


def _rows_in(transaction: Transaction, table: Table) -> int:
    return int(transaction.connection.execute(select(func.count()).select_from(table)).scalar_one())
