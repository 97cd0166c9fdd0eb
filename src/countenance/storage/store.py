"""The store that ``bootstrap`` builds: galleries, references and enrolment runs over one database and one key file.

Rules kept here:

- Every writing method is one transaction of its own, or takes part in one that the caller opened with ``transaction``:
  then nothing of it is stored unless all of it is.
- The time comes from the clock handed in; a transaction reads it once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from countenance.core.errors import StorageError, StorageUnavailable
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentRun, GallerySummary, NewReference, Reference
from countenance.storage import enrolment_runs, erasure, galleries, policy_rows, reference_changes, subject_keys
from countenance.storage import references as reference_rows
from countenance.storage.database import Database
from countenance.storage.key_file import create_key_file, is_private
from countenance.storage.schema import ensure_schema, stored_revision
from countenance.storage.snapshots import GallerySnapshot
from countenance.storage.template_sealing import MasterKey
from countenance.storage.transactions import Transaction, as_text

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class StoreDescription:
    """What a store is made of, for a person who looks after it.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        server_version: The database's own version.
        schema_revision: Number of the newest migration that was run.
        location: Path, or server and database name; no user, no password.
        key_file: Path of the master key's file.
        key_file_private: False if somebody else than its owner may read or write the key file, or if it is gone.
    """

    dialect: str
    server_version: str
    schema_revision: str
    location: str
    key_file: str
    key_file_private: bool


def open_store(url: str, key_file: Path, clock: Clock) -> SqlGalleryStore:
    """Return a store over a database, created or brought up to date as needed; close it when done.

    Args:
        url: ``sqlite:///file.db``, ``postgresql://…`` or ``postgresql+psycopg://…``. The folder has to exist.
        key_file: The master key; made on first use.
        clock: Returns the present moment, with a time zone.

    Raises:
        StorageUnavailable: The database or key file cannot be opened, or the schema is newer than this code.
        StorageFull: The disk is full.
        TemplateUnsealFailed: The key file is missing or another one than this database was made with.
    """
    database = Database(url)
    try:
        ensure_schema(database)
        master_key = subject_keys.adopt_master_key(database, key_file, as_text(clock()))
    except BaseException:
        database.close()
        raise
    return SqlGalleryStore(database, master_key, key_file, clock)


class SqlGalleryStore:
    """Galleries and their sealed references in SQLite or PostgreSQL; safe for many threads and processes at once.

    Attributes:
        database: The open database, for this package and its tests only.
    """

    def __init__(self, database: Database, master_key: MasterKey, key_file: Path, clock: Clock) -> None:
        self.database = database
        self._master_key = master_key
        self._key_file = key_file
        self._clock = clock
        self._closing = ExitStack()
        self._record_expired: Callable[[Transaction], object] | None = None

    @property
    def master_key(self) -> MasterKey:
        """Return the key that seals what is kept here, for this package only."""
        return self._master_key

    def now(self) -> datetime:
        """Return the present moment by this store's clock."""
        return self._clock()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Yield a transaction for methods of this store to take part in; commit at the end, roll back on any error."""
        with self.database.writing() as connection:
            transaction = Transaction(connection, self._clock(), self._master_key)
            yield transaction
            if transaction.expired and self._record_expired is not None:
                self._record_expired(transaction)
        if transaction.deleted:
            # The change is committed: what cannot be scrubbed now must not make it look as if it had failed.
            with suppress(StorageError):
                self.database.scrub()

    def create_gallery(
        self,
        name: str,
        model: ModelIdentity,
        *,
        basis: str,
        retention_days: int | None,
        transaction: Transaction | None = None,
    ) -> GallerySummary:
        """Create an empty gallery; see ``galleries.create``."""
        with self._within(transaction) as current:
            return galleries.create(current, name, model, basis=basis, retention_days=retention_days)

    def list_galleries(self) -> list[GallerySummary]:
        """Return all galleries by name."""
        with self.database.reading() as connection:
            return galleries.summaries(connection, self._now_text())

    def gallery(self, name: str) -> GallerySummary:
        """Return one gallery.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        with self.database.reading() as connection:
            return galleries.summary(connection, galleries.find(connection, name), self._now_text())

    def gallery_with_source(
        self, name: str, *, known: GallerySummary | None = None, transaction: Transaction | None = None
    ) -> tuple[GallerySummary, str, str | None]:
        """Return (one gallery, its identifier, where its references come from or None if nobody has said).

        Args:
            name: The gallery.
            known: Its facts as they were before; returned again, without counting, if the revision is the same.
            transaction: To see what was stored in it.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        with self.database.reading() if transaction is None else nullcontext(transaction.connection) as connection:
            row = galleries.find(connection, name)
            now_text = self._now_text()
            source = policy_rows.gallery_source(connection, row.gallery_id)
            if known is not None and known.created_at == row.created_at:
                expired = galleries.expired_references(connection, row.gallery_id, now_text)
                if row.revision + expired == known.revision:
                    return known, row.gallery_id, source
            return galleries.summary(connection, row, now_text), row.gallery_id, source

    def revision(self, name: str) -> int:
        """Return a gallery's revision as in its summary, without counting its references: cheap enough for each search.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        with self.database.reading() as connection:
            row = galleries.find(connection, name)
            return row.revision + galleries.expired_references(connection, row.gallery_id, self._now_text())

    def delete_gallery(self, name: str, *, transaction: Transaction | None = None) -> int:
        """Delete a gallery with its references and subject keys; see ``galleries.remove``."""
        with self._within(transaction) as current:
            return galleries.remove(current, name)

    def add_references(
        self, gallery: str, references: Sequence[NewReference], *, transaction: Transaction | None = None
    ) -> int:
        """Store references, each photo of a subject once, and return the gallery's revision; see ``references.add``."""
        with self._within(transaction) as current:
            revision, _ = reference_rows.add(current, gallery, references)
            return revision

    def known_photos(self, gallery: str) -> dict[str, str]:
        """Return digest of photo → subject; see ``references.known_photos``."""
        with self.database.reading() as connection:
            return reference_rows.known_photos(connection, gallery, self._now_text())

    def references(self, gallery: str) -> tuple[int, Iterator[Reference]]:
        """Return (revision, all references that have not expired, unsealed) as one snapshot; see ``snapshots``.

        The iterator holds a read transaction until its end; ``close`` it to stop earlier.
        """
        snapshot = GallerySnapshot(self.database, gallery, self._now_text(), self._master_key)
        return snapshot.revision, snapshot

    def reference_changes(
        self, gallery: str, known: Set[str]
    ) -> tuple[int, frozenset[str], tuple[Reference, ...]] | None:
        """Return what has changed for who knows these references; see ``reference_changes.changes``."""
        with self.database.reading() as connection:
            return reference_changes.changes(
                connection, gallery, known, now_text=self._now_text(), master_key=self._master_key
            )

    def erase_subject(self, gallery: str, subject: str, *, transaction: Transaction | None = None) -> int:
        """Delete a subject's references, key and bookkeeping; see ``erasure.erase_subject``."""
        with self._within(transaction) as current:
            return erasure.erase_subject(current, gallery, subject)

    def expire(self, now: datetime, *, transaction: Transaction | None = None) -> int:
        """Delete what has reached its time at or before a moment; see ``erasure.expire``."""
        with self._within(transaction) as current:
            return erasure.expire(current, as_text(now))

    def begin_run(self, gallery: str, source: str) -> EnrolmentRun:
        """Return the unfinished run of a source into a gallery, or a new one; see ``enrolment_runs.begin``."""
        with self.transaction() as current:
            return enrolment_runs.begin(current, gallery, source)

    def record_batch(
        self,
        run_id: str,
        references: Sequence[NewReference],
        outcomes: Sequence[EnrolmentOutcome],
        *,
        transaction: Transaction | None = None,
    ) -> tuple[EnrolmentOutcome, ...]:
        """Store references and record outcomes in one transaction; see ``enrolment_runs.record_batch``."""
        with self._within(transaction) as current:
            return enrolment_runs.record_batch(current, run_id, references, outcomes)

    def reference_ids(
        self, gallery: str, photos: Sequence[tuple[str, str]], *, transaction: Transaction | None = None
    ) -> tuple[str, ...]:
        """Return the identifiers of references by (subject, digest of the photo); see ``references.identifiers``."""
        with self.database.reading() if transaction is None else nullcontext(transaction.connection) as connection:
            return reference_rows.identifiers(connection, gallery, photos)

    def finish_run(self, run_id: str, *, transaction: Transaction | None = None) -> None:
        """Mark a run as finished; see ``enrolment_runs.finish``."""
        with self._within(transaction) as current:
            enrolment_runs.finish(current, run_id)

    def outcomes(self, run_id: str) -> list[EnrolmentOutcome]:
        """Return what is recorded for a run; see ``enrolment_runs.outcomes``."""
        with self.database.reading() as connection:
            return enrolment_runs.outcomes(connection, run_id)

    def rotate_master_key(
        self, new_key_file: Path, *, record: Callable[[Transaction, str, str, int], object] | None = None
    ) -> int:
        """Move the database to a new master key in a new file; return how many subjects' keys were wrapped anew.

        Afterwards the old file opens nothing but backups from before. Destroy it, with its copies, once a new backup
        exists: from then on, nobody who was erased before can be recovered from any backup. Other processes have to
        be started again with the new file.

        Args:
            new_key_file: Where the new key goes; there is no such file yet.
            record: Called in the same transaction with old and new key's identifiers and the number of subjects.

        Raises:
            StorageUnavailable: The new file exists already or cannot be written.
            TemplateUnsealFailed: A subject's key does not open; nothing is changed then.
        """
        if os.path.lexists(new_key_file):
            raise StorageUnavailable(
                f"The key file {new_key_file} exists already.", remedy="Name a file that does not exist yet."
            )
        new_key = create_key_file(new_key_file)
        with self.transaction() as current:
            count = subject_keys.rotate(current, new_key)
            if record is not None:
                record(current, self._master_key.key_id, new_key.key_id, count)
        self._master_key, self._key_file = new_key, new_key_file
        return count

    def describe(self) -> StoreDescription:
        """Return what the store is made of.

        Raises:
            StorageUnavailable: The database cannot be reached any more.
        """
        with self.database.reading() as connection:
            schema_revision = stored_revision(connection)
            dialect = connection.dialect.name
        return StoreDescription(
            dialect=dialect,
            server_version=self.database.server_version(),
            schema_revision=schema_revision or "none",
            location=self.database.location,
            key_file=str(self._key_file),
            key_file_private=self._key_file.exists() and is_private(self._key_file),
        )

    def on_expiry(self, record: Callable[[Transaction], object]) -> None:
        """Have something called in each transaction that deleted what had expired, before it commits."""
        self._record_expired = record

    def on_close(self, act: Callable[[], object]) -> None:
        """Do something when this store is closed, while its database is still open; the latest is done first."""
        self._closing.callback(act)

    def close(self) -> None:
        """Close all connections."""
        try:
            self._closing.close()
        finally:
            self.database.close()

    @contextmanager
    def _within(self, transaction: Transaction | None) -> Iterator[Transaction]:
        if transaction is not None:
            yield transaction
        else:
            with self.transaction() as own:
                yield own

    def _now_text(self) -> str:
        return as_text(self._clock())
