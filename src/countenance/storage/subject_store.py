"""People over an open store: the object that ``bootstrap`` hands to erasure, access requests and retention.

Rules kept here:

- Writing takes part in the caller's transaction, so that what is deleted and the ledger's entry about it are stored
  together or not at all. Galleries are locked in the order of their identifiers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, literal, select

from countenance.core.errors import StorageUnavailable
from countenance.storage import (
    credential_rows,
    erasure,
    galleries,
    raw_scan,
    reference_crops,
    subject_rows,
    temporary_face_rows,
)
from countenance.storage.case_tables import credentials
from countenance.storage.erasure import Erased
from countenance.storage.review_tables import reviews
from countenance.storage.service_tables import temporary_faces
from countenance.storage.store import SqlGalleryStore
from countenance.storage.subject_rows import Held, HeldReference, HeldSubject, Taken
from countenance.storage.tables import enrolment_runs, stored_references
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.transactions import Transaction, as_text


@dataclass(frozen=True, slots=True)
class FileSearch:
    """What looking through a database's files came to.

    Attributes:
        database: ``sqlite`` or ``postgresql``.
        bytes_read: Bytes looked through; 0 where the files are a server's.
        found: How many deleted values are still in them, whole or in part; None where nothing was looked through.
        log_emptied: Whether the write-ahead log could be emptied first.
    """

    database: str
    bytes_read: int
    found: int | None
    log_emptied: bool


@dataclass(frozen=True, slots=True)
class Due:
    """What has reached its end and is still there.

    Attributes:
        references: Gallery → number of references.
        runs: Runs of enrolment.
        secrets: Sealed secrets of credentials.
        reviews: Reviews that nobody finished.
        faces: Temporary faces of clients.
    """

    references: Mapping[str, int]
    runs: int
    secrets: int
    reviews: int
    faces: int


class SqlSubjectStore:
    """People in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def find(self, name: str, gallery: str | None) -> tuple[Held, ...]:
        """Return what galleries hold of a person; see ``subject_rows.find``."""
        with self._store.database.reading() as connection:
            return subject_rows.find(connection, name, gallery)

    def lock(self, name: str, gallery: str | None, *, transaction: Transaction) -> tuple[Held, ...]:
        """Return the same, the galleries locked until the transaction ends and rid of what has expired."""
        for held in subject_rows.find(transaction.connection, name, gallery):
            row = galleries.lock(transaction, held.gallery)
            erasure.remove_expired(transaction, row.gallery_id, transaction.now_text)
        # Again: what came or went before the lock was there.
        return subject_rows.find(transaction.connection, name, gallery)

    def take(self, held: Held, *, transaction: Transaction) -> Taken:
        """Return what is kept in memory to look for it afterwards; see ``subject_rows.take``."""
        return subject_rows.take(transaction, galleries.find(transaction.connection, held.gallery), held)

    def erase(self, held: Held, *, transaction: Transaction) -> Erased:
        """Delete what one locked gallery holds of a person; see ``erasure.erase``."""
        row = galleries.find(transaction.connection, held.gallery)
        return erasure.erase(transaction, row, held.names, user=held.user)

    def rows_left(self, held: Held) -> int:
        """Return how many rows of them are still there."""
        with self._store.database.reading() as connection:
            return subject_rows.rows_left(connection, held)

    def search_files(self, sealed: Sequence[bytes]) -> FileSearch:
        """Look through the database's files for what was deleted; a server's files are not read.

        Raises:
            StorageUnavailable: The files cannot be read.
        """
        with self._store.database.reading() as connection:
            dialect = connection.dialect.name
        if dialect != "sqlite":
            return FileSearch(dialect, 0, None, log_emptied=False)
        emptied = self._store.database.scrub()
        file = Path(self._store.database.location)
        asked = {"files": [str(file), f"{file}-wal"], "secrets": [value.hex() for value in sealed]}
        run = subprocess.run(
            [sys.executable, "-I", "-S", str(raw_scan.__file__)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise StorageUnavailable(f"The files of {file} cannot be looked through.")
        answer = json.loads(run.stdout)
        return FileSearch(dialect, int(answer["looked"]), int(answer["found"]), emptied)

    def references_of(self, held: Held) -> tuple[HeldReference, ...]:
        """Return the facts of a person's references in one gallery."""
        with self._store.database.reading() as connection:
            return subject_rows.references_of(connection, held, self._now_text())

    def pictures(self, reference_ids: Sequence[str]) -> dict[str, bytes]:
        """Return reference → encoded picture, of those that have one."""
        with self._store.database.reading() as connection:
            return reference_crops.crops_of(connection, self._store.master_key, reference_ids, self._now_text())

    def faces_of(self, held: Held) -> tuple[dict[str, object], ...]:
        """Return a person's faces in a collection, as clients see them."""
        with self._store.database.reading() as connection:
            return subject_rows.faces_of(connection, held)

    def outcomes_of(self, held: Held) -> tuple[dict[str, object], ...]:
        """Return what enrolment's bookkeeping says of a person."""
        with self._store.database.reading() as connection:
            return subject_rows.outcomes_of(connection, held)

    def reviews_of(self, reference_ids: Sequence[str]) -> tuple[dict[str, object], ...]:
        """Return the reviews in which references were a candidate or a filler."""
        with self._store.database.reading() as connection:
            return subject_rows.reviews_of(connection, reference_ids)

    def listed(self, gallery: str | None, *, after: tuple[str, str], limit: int) -> tuple[HeldSubject, ...]:
        """Return a page of subjects; see ``subject_rows.listed``."""
        with self._store.database.reading() as connection:
            return subject_rows.listed(connection, gallery, self._now_text(), after=after, limit=limit)

    def gallery_ids(self) -> dict[str, str]:
        """Return name → identifier of all galleries."""
        with self._store.database.reading() as connection:
            rows = connection.execute(select(gallery_table.c.name, gallery_table.c.gallery_id))
            return {row.name: row.gallery_id for row in rows}

    def due(self, *, abandoned_before: datetime) -> Due:
        """Return what has reached its end: one query, which looks up each gallery's dates in an index.

        Args:
            abandoned_before: Reviews under way that were due before this count as abandoned.
        """
        now_text = self._now_text()
        reference = stored_references.c
        overdue = (
            select(func.count())
            .where(reference.gallery_id == gallery_table.c.gallery_id, reference.expires_at <= now_text)
            .scalar_subquery()
        )
        runs = select(func.count()).where(enrolment_runs.c.expires_at <= now_text).scalar_subquery()
        secrets = (
            select(func.count())
            .where(credentials.c.expires_at <= now_text, credentials.c.sealed_secret.is_not(None))
            .scalar_subquery()
        )
        open_reviews = (
            select(func.count())
            .where(
                reviews.c.state.in_(erasure.UNDER_WAY),
                reviews.c.due_at <= as_text(abandoned_before),
            )
            .scalar_subquery()
        )
        faces = select(func.count()).where(temporary_faces.c.expires_at <= now_text).scalar_subquery()
        counts = (runs, secrets, open_reviews, faces)
        whole = select(literal("").label("name"), literal(0).label("overdue"), *counts)
        each = select(gallery_table.c.name, overdue, *(literal(0) for _ in counts))
        with self._store.database.reading() as connection:
            rows = [tuple(row) for row in connection.execute(whole.union_all(each))]
        first = next(row for row in rows if row[0] == "")
        return Due({row[0]: row[1] for row in rows if row[1]}, *first[2:])

    def expire(self, *, transaction: Transaction) -> int:
        """Delete what has reached its end by the transaction's time; see ``erasure.expire``."""
        temporary_face_rows.forget_expired(transaction)
        return erasure.expire(transaction, transaction.now_text)

    def destroy_expired_secrets(self, *, transaction: Transaction) -> int:
        """Destroy the sealed secrets of credentials that have expired; return how many."""
        return credential_rows.destroy_expired_secrets(transaction)

    def _now_text(self) -> str:
        return as_text(self._store.now())
