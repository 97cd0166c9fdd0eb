"""Rows of what clients of Azure Face add to a collection: its identifier and texts, its persons, texts beside faces.

Rules kept here:

- Lists are in the order of the identifiers and begin after one, so that what comes and goes in between shifts nothing.
- Every row goes with the collection, user or face it describes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from countenance.core.errors import GalleryNotFound
from countenance.storage import galleries
from countenance.storage.service_tables import azure_containers, azure_faces, azure_persons
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.transactions import Transaction, in_portions


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """A person group or face list.

    Attributes:
        gallery: Name of the gallery behind it.
        kind: Which of the four kinds.
        container_id: The client's identifier, unique among those of its kind.
        name: The client's name for it.
        user_data: The client's own text, or None.
        recognition_model: Which of the vendor's models the client named.
        created_at: ISO 8601 time, UTC.
        training_asked_at: When its client last asked for training, or None.
    """

    gallery: str
    kind: str
    container_id: str
    name: str
    user_data: str | None
    recognition_model: str
    created_at: str
    training_asked_at: str | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a group.

    Attributes:
        person_id: Random UUID.
        name: The client's name for them.
        user_data: The client's own text, or None.
    """

    person_id: str
    name: str
    user_data: str | None


def add_container(
    transaction: Transaction,
    gallery: str,
    *,
    kind: str,
    container_id: str,
    name: str,
    user_data: str | None,
    recognition_model: str,
) -> None:
    """Say what client's container a collection is.

    Raises:
        GalleryNotFound: There is no gallery of this name.
    """
    values = {
        "gallery_id": galleries.find(transaction.connection, gallery).gallery_id,
        "kind": kind,
        "container_id": container_id,
        "name": name,
        "user_data": user_data,
        "recognition_model": recognition_model,
    }
    transaction.connection.execute(insert(azure_containers).values(**values))


def container(connection: Connection, gallery: str) -> ContainerRow:
    """Return a container by the name of its gallery.

    Raises:
        GalleryNotFound: There is none.
    """
    row = connection.execute(_containers().where(gallery_table.c.name == gallery)).one_or_none()
    if row is None:
        raise GalleryNotFound(f"There is no container named {gallery}.")
    return _container(row)


def containers_page(
    connection: Connection, kind: str, *, after: str, limit: int, only: Collection[str] | None
) -> list[ContainerRow]:
    """Return at most ``limit`` containers of a kind whose identifiers come after ``after``, in their order.

    Args:
        connection: To read with.
        kind: Containers of this kind.
        after: Identifier of the last one of the page before; empty for the first page.
        limit: Most containers on the page.
        only: Names of galleries that may be shown; None means all.
    """
    statement = (
        _containers()
        .where(azure_containers.c.kind == kind, azure_containers.c.container_id > after)
        .order_by(azure_containers.c.container_id)
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(gallery_table.c.name.in_(sorted(only)))
    return [_container(row) for row in connection.execute(statement)]


def change_container(transaction: Transaction, gallery: str, values: Mapping[str, str]) -> None:
    """Change columns of a container.

    Raises:
        GalleryNotFound: There is none.
    """
    found = galleries.lock(transaction, gallery)
    statement = update(azure_containers).where(azure_containers.c.gallery_id == found.gallery_id)
    transaction.connection.execute(statement.values(**values))


def add_person(transaction: Transaction, gallery: str, person: PersonRow) -> None:
    """Say whom a user of the collection stands for.

    Raises:
        GalleryNotFound: There is none.
    """
    values = {
        "gallery_id": galleries.find(transaction.connection, gallery).gallery_id,
        "user_id": person.person_id,
        "name": person.name,
        "user_data": person.user_data,
    }
    transaction.connection.execute(insert(azure_persons).values(**values))


def persons(
    connection: Connection, gallery: str, *, after: str, limit: int, only: str | None = None
) -> list[PersonRow]:
    """Return at most ``limit`` persons whose identifiers come after ``after``, in their order, or ``only`` this one.

    Raises:
        GalleryNotFound: There is none.
    """
    found = galleries.find(connection, gallery)
    statement = (
        select(azure_persons)
        .where(azure_persons.c.gallery_id == found.gallery_id, azure_persons.c.user_id > after)
        .order_by(azure_persons.c.user_id)
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(azure_persons.c.user_id == only)
    return [PersonRow(row.user_id, row.name, row.user_data) for row in connection.execute(statement)]


def change_person(transaction: Transaction, gallery: str, person_id: str, values: Mapping[str, str]) -> bool:
    """Change columns of a person; return False if there is none of this identifier.

    Raises:
        GalleryNotFound: There is none.
    """
    found = galleries.lock(transaction, gallery)
    statement = update(azure_persons).where(
        azure_persons.c.gallery_id == found.gallery_id, azure_persons.c.user_id == person_id
    )
    return transaction.connection.execute(statement.values(**values)).rowcount > 0


def face_texts(connection: Connection, gallery: str, face_ids: Sequence[str]) -> dict[str, str]:
    """Return face → the client's text, for those that have one.

    Raises:
        GalleryNotFound: There is none.
    """
    found = galleries.find(connection, gallery)
    texts: dict[str, str] = {}
    for some in in_portions(sorted(set(face_ids))):
        statement = select(azure_faces).where(
            azure_faces.c.gallery_id == found.gallery_id, azure_faces.c.face_id.in_(some)
        )
        texts |= {row.face_id: row.user_data for row in connection.execute(statement)}
    return texts


def set_face_text(transaction: Transaction, gallery: str, face_id: str, text: str | None) -> None:
    """Give a face this text, or none.

    Raises:
        GalleryNotFound: There is none.
    """
    found = galleries.lock(transaction, gallery)
    transaction.connection.execute(
        delete(azure_faces).where(azure_faces.c.gallery_id == found.gallery_id, azure_faces.c.face_id == face_id)
    )
    if text is not None:
        values = {"gallery_id": found.gallery_id, "face_id": face_id, "user_data": text}
        transaction.connection.execute(insert(azure_faces).values(**values))


def _containers() -> Select[Any]:
    return select(azure_containers, gallery_table.c.name.label("gallery"), gallery_table.c.created_at).join_from(
        azure_containers, gallery_table, azure_containers.c.gallery_id == gallery_table.c.gallery_id
    )


def _container(row: Row[tuple[object, ...]]) -> ContainerRow:
    return ContainerRow(
        gallery=row.gallery,
        kind=row.kind,
        container_id=row.container_id,
        name=row.name,
        user_data=row.user_data,
        recognition_model=row.recognition_model,
        created_at=row.created_at,
        training_asked_at=row.training_asked_at,
    )
