"""Collections over an open gallery store: the object that ``bootstrap`` hands to the use cases of the service.

Rules kept here:

- Writing takes part in the caller's transaction, so that a change and its ledger entry are stored together or not at
  all. Reading takes one snapshot and waits for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template
from countenance.storage import collection_face_rows, collection_rows
from countenance.storage.collection_face_rows import FaceRow, NewFaceRow
from countenance.storage.collection_rows import CollectionRow, NamedRow
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import Transaction, as_text


class SqlCollectionStore:
    """The collections of one dialect in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore, dialect: str) -> None:
        self._store = store
        self._dialect = dialect

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a write transaction of the store."""
        return self._store.transaction()

    def add_collection(self, name: str, tags: Mapping[str, str], *, transaction: Transaction) -> None:
        """Make an existing gallery a collection; see ``collection_rows.add``."""
        collection_rows.add(transaction, name, self._dialect, tags)

    def named(self, name: str) -> NamedRow:
        """Return which collection this is, without counting; see ``collection_rows.named``."""
        with self._store.database.reading() as connection:
            return collection_rows.named(connection, name, self._dialect)

    def collection(self, name: str) -> CollectionRow:
        """Return one collection; see ``collection_rows.find``."""
        with self._store.database.reading() as connection:
            return collection_rows.find(connection, name, self._dialect, self._now_text())

    def revisions(self, name: str) -> tuple[int, int]:
        """Return (revision of the faces, revision of who belongs to which user); cheap enough for each search.

        Raises:
            GalleryNotFound: There is no such collection.
        """
        with self._store.database.reading() as connection:
            users = collection_rows.users_revision(connection, name, self._dialect)
        return self._store.revision(name), users

    def collections_page(
        self, *, after: str, limit: int, only: Collection[str] | None
    ) -> list[tuple[str, ModelIdentity, str]]:
        """Return (name, model, place) of collections, oldest first; see ``collection_rows.page``."""
        with self._store.database.reading() as connection:
            return collection_rows.page(connection, self._dialect, after=after, limit=limit, only=only)

    def tags(self, name: str, *, transaction: Transaction | None = None) -> dict[str, str]:
        """Return a collection's tags, with a transaction: locked in it; see ``collection_rows.tags``."""
        if transaction is not None:
            collection_rows.lock(transaction, name, self._dialect)
            return collection_rows.tags(transaction.connection, name, self._dialect)
        with self._store.database.reading() as connection:
            return collection_rows.tags(connection, name, self._dialect)

    def replace_tags(self, name: str, wanted: Mapping[str, str], *, transaction: Transaction) -> None:
        """Give a collection exactly these tags; see ``collection_rows.replace_tags``."""
        collection_rows.replace_tags(transaction, name, self._dialect, wanted)

    def add_faces(
        self, name: str, faces: Sequence[tuple[FaceRow, Template]], *, transaction: Transaction
    ) -> tuple[int, tuple[str, ...]]:
        """Store faces and return (the gallery's revision, identifiers of their references)."""
        revision = collection_face_rows.add(transaction, name, [NewFaceRow(row, template) for row, template in faces])
        photos = [(row.face_id, row.image_sha256) for row, _ in faces]
        return revision, self._store.reference_ids(name, photos, transaction=transaction)

    def faces_of_image(
        self, name: str, image_sha256: str, external_image_id: str | None, *, transaction: Transaction
    ) -> list[FaceRow]:
        """Lock a collection and return its faces of one picture; see ``collection_face_rows.of_image``."""
        return collection_face_rows.of_image(transaction, name, image_sha256, external_image_id)

    def faces_page(
        self, name: str, *, after: str, limit: int, user_id: str | None, face_ids: Sequence[str] | None
    ) -> list[FaceRow]:
        """Return a page of faces; see ``collection_face_rows.page``."""
        with self._store.database.reading() as connection:
            return collection_face_rows.page(
                connection, name, self._now_text(), after=after, limit=limit, user_id=user_id, face_ids=face_ids
            )

    def faces(
        self, name: str, face_ids: Sequence[str], *, transaction: Transaction | None = None
    ) -> dict[str, FaceRow]:
        """Return identifier → face for those the collection holds; see ``collection_face_rows.by_id``."""
        if transaction is not None:
            collection_rows.lock(transaction, name, self._dialect)
            return collection_face_rows.by_id(transaction.connection, name, face_ids, transaction.now_text)
        with self._store.database.reading() as connection:
            return collection_face_rows.by_id(connection, name, face_ids, self._now_text())

    def users_of_faces(self, name: str) -> dict[str, str]:
        """Return face → user; see ``collection_face_rows.users_of_faces``."""
        with self._store.database.reading() as connection:
            return collection_face_rows.users_of_faces(connection, name, self._now_text())

    def templates(self, name: str, face_ids: Sequence[str]) -> dict[str, Template]:
        """Return face → template; see ``collection_face_rows.templates``."""
        with self._store.database.reading() as connection:
            return collection_face_rows.templates(connection, self._store.master_key, name, face_ids, self._now_text())

    def reference_ids(self, name: str, face_ids: Sequence[str]) -> dict[str, str]:
        """Return face → reference; see ``collection_face_rows.reference_ids``."""
        with self._store.database.reading() as connection:
            return collection_face_rows.reference_ids(connection, name, face_ids, self._now_text())

    def remove_faces(self, name: str, face_ids: Sequence[str], *, transaction: Transaction) -> int:
        """Delete faces with templates and keys; see ``collection_face_rows.remove``."""
        return collection_face_rows.remove(transaction, name, face_ids)

    def add_user(self, name: str, user_id: str, *, transaction: Transaction) -> bool:
        """Add a user; see ``collection_rows.add_user``."""
        return collection_rows.add_user(transaction, name, self._dialect, user_id)

    def has_user(self, name: str, user_id: str, *, transaction: Transaction | None = None) -> bool:
        """Return whether a collection has a user of this identifier."""
        if transaction is not None:
            return collection_rows.has_user(transaction.connection, name, user_id)
        with self._store.database.reading() as connection:
            return collection_rows.has_user(connection, name, user_id)

    def remove_user(self, name: str, user_id: str, *, transaction: Transaction) -> bool:
        """Delete a user, whose faces stay; see ``collection_rows.remove_user``."""
        return collection_rows.remove_user(transaction, name, self._dialect, user_id)

    def users_page(self, name: str, *, after: str, limit: int) -> list[tuple[str, int]]:
        """Return (user, number of faces); see ``collection_rows.users_page``."""
        with self._store.database.reading() as connection:
            return collection_rows.users_page(
                connection, name, self._dialect, after=after, limit=limit, now_text=self._now_text()
            )

    def count_of_user(self, name: str, user_id: str, *, transaction: Transaction) -> int:
        """Return how many faces are associated with a user."""
        counts = collection_face_rows.counts_of_users(transaction.connection, name, [user_id], transaction.now_text)
        return counts.get(user_id, 0)

    def associate(self, name: str, face_ids: Sequence[str], user_id: str | None, *, transaction: Transaction) -> None:
        """Associate faces with a user, or with none; see ``collection_rows.associate``."""
        collection_rows.associate(transaction, name, face_ids, user_id)

    def answer(self, name: str, operation: str, token: str, *, transaction: Transaction) -> tuple[str, str] | None:
        """Lock a collection and return the answer a token got before; see ``collection_rows.answer``."""
        collection_rows.lock(transaction, name, self._dialect)
        return collection_rows.answer(transaction, name, operation, token)

    def keep_answer(
        self, name: str, operation: str, token: str, request_sha256: str, answer: str, *, transaction: Transaction
    ) -> None:
        """Keep the answer to a token; see ``collection_rows.keep_answer``."""
        collection_rows.keep_answer(transaction, name, operation, token, request_sha256, answer)

    def _now_text(self) -> str:
        return as_text(self._store.now())
