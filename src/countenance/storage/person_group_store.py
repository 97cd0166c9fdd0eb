"""Person groups, face lists and temporary faces over an open gallery store, as ``bootstrap`` hands them to use cases.

Rules kept here:

- Writing takes part in the caller's transaction, so that a change and its ledger entry are stored together or not at
  all. Reading takes one snapshot and waits for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from countenance.core.vocabulary import Template
from countenance.storage import collection_face_rows, person_group_rows, temporary_face_rows
from countenance.storage.person_group_rows import ContainerRow, PersonRow
from countenance.storage.store import SqlGalleryStore
from countenance.storage.temporary_face_rows import TemporaryFaceRow
from countenance.storage.transactions import Transaction, as_text


class SqlPersonGroupStore:
    """What Azure Face has beyond collections; ``service.person_group_port.PersonGroupStore`` says what each means."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def add_container(
        self,
        gallery: str,
        *,
        kind: str,
        container_id: str,
        name: str,
        user_data: str | None,
        recognition_model: str,
        transaction: Transaction,
    ) -> None:
        """Say what a collection is to its client; see ``person_group_rows.add_container``."""
        person_group_rows.add_container(
            transaction, gallery, kind=kind, container_id=container_id, name=name, user_data=user_data,
            recognition_model=recognition_model,
        )  # fmt: skip

    def container(self, gallery: str) -> ContainerRow:
        """Return one container; see ``person_group_rows.container``."""
        with self._store.database.reading() as connection:
            return person_group_rows.container(connection, gallery)

    def containers_page(self, kind: str, *, after: str, limit: int, only: Collection[str] | None) -> list[ContainerRow]:
        """Return containers of a kind; see ``person_group_rows.containers_page``."""
        with self._store.database.reading() as connection:
            return person_group_rows.containers_page(connection, kind, after=after, limit=limit, only=only)

    def change_container(self, gallery: str, values: Mapping[str, str], *, transaction: Transaction) -> None:
        """Change a container's texts; see ``person_group_rows.change_container``."""
        person_group_rows.change_container(transaction, gallery, values)

    def ask_training(self, gallery: str, *, transaction: Transaction) -> None:
        """Note that training was asked for at the transaction's moment."""
        person_group_rows.change_container(transaction, gallery, {"training_asked_at": transaction.now_text})

    def add_person(
        self, gallery: str, person_id: str, name: str, user_data: str | None, *, transaction: Transaction
    ) -> None:
        """Say whom a user stands for; see ``person_group_rows.add_person``."""
        person_group_rows.add_person(transaction, gallery, PersonRow(person_id, name, user_data))

    def persons(self, gallery: str, *, after: str, limit: int) -> list[PersonRow]:
        """Return a page of persons; see ``person_group_rows.persons``."""
        with self._store.database.reading() as connection:
            return person_group_rows.persons(connection, gallery, after=after, limit=limit)

    def person(self, gallery: str, person_id: str) -> PersonRow | None:
        """Return one person, or None."""
        with self._store.database.reading() as connection:
            found = person_group_rows.persons(connection, gallery, after="", limit=1, only=person_id)
            return found[0] if found else None

    def change_person(
        self, gallery: str, person_id: str, values: Mapping[str, str], *, transaction: Transaction
    ) -> bool:
        """Change a person's texts; see ``person_group_rows.change_person``."""
        return person_group_rows.change_person(transaction, gallery, person_id, values)

    def faces_of_persons(
        self, gallery: str, person_ids: Sequence[str], *, transaction: Transaction | None = None
    ) -> dict[str, list[str]]:
        """Return person → faces; see ``collection_face_rows.faces_of_users``."""
        if transaction is not None:
            return collection_face_rows.faces_of_users(
                transaction.connection, gallery, person_ids, transaction.now_text
            )
        with self._store.database.reading() as connection:
            return collection_face_rows.faces_of_users(connection, gallery, person_ids, self._now_text())

    def face_texts(self, gallery: str, face_ids: Sequence[str]) -> dict[str, str]:
        """Return face → text; see ``person_group_rows.face_texts``."""
        with self._store.database.reading() as connection:
            return person_group_rows.face_texts(connection, gallery, face_ids)

    def set_face_text(self, gallery: str, face_id: str, text: str | None, *, transaction: Transaction) -> None:
        """Give a face a text; see ``person_group_rows.set_face_text``."""
        person_group_rows.set_face_text(transaction, gallery, face_id, text)

    def keep_temporary(
        self,
        case_id: str,
        faces: Sequence[tuple[str, Template]],
        *,
        recognition_model: str,
        expires_at: datetime,
        transaction: Transaction,
    ) -> None:
        """Store temporary faces; see ``temporary_face_rows.add``."""
        rows = [TemporaryFaceRow(face_id, recognition_model, template) for face_id, template in faces]
        temporary_face_rows.add(transaction, case_id, rows, expires_at)

    def temporary(self, case_id: str, face_ids: Sequence[str]) -> dict[str, TemporaryFaceRow]:
        """Return temporary faces of a case; see ``temporary_face_rows.find``."""
        with self._store.database.reading() as connection:
            return temporary_face_rows.find(connection, self._store.master_key, case_id, face_ids, self._now_text())

    def _now_text(self) -> str:
        return as_text(self._store.now())
