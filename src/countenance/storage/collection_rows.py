"""Rows of collections: which galleries are one, their tags, their users, and the requests already answered.

Rules kept here:

- Who changes tags, users or associations locks the gallery's row first, as for its references.
- An answered request is kept for as long as its client may still repeat it, and no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from countenance.core.errors import GalleryNotFound
from countenance.core.model_identity import ModelIdentity
from countenance.storage import collection_face_rows, galleries
from countenance.storage.galleries import GalleryRow
from countenance.storage.service_tables import answered_requests, collection_tags, collection_users, collections
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.transactions import Transaction, as_text

#: How long an answer to a request with a client's token is kept. Clients repeat within minutes; a day covers a job that
#: is taken up again the next morning.
ANSWER_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NamedRow:
    """Which collection this is: identifier of its gallery, name, and the identity every template in it has."""

    collection_id: str
    name: str
    model: ModelIdentity


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection's facts.

    Attributes:
        collection_id: Identifier of its gallery, random.
        name: The gallery's name, which clients call the collection by.
        model: Identity every template in it has.
        created_at: ISO 8601 time, UTC.
        faces: Number of faces whose time is not up.
        users: Number of users.
        users_revision: Grows with every change of who belongs to which user.
    """

    collection_id: str
    name: str
    model: ModelIdentity
    created_at: str
    faces: int
    users: int
    users_revision: int


def add(transaction: Transaction, name: str, dialect: str, tags: Mapping[str, str]) -> None:
    """Make an existing gallery a collection.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, name)
    values = {"gallery_id": gallery.gallery_id, "dialect": dialect, "users_revision": 0}
    transaction.connection.execute(insert(collections).values(**values))
    _insert_tags(transaction, gallery.gallery_id, tags)


def find(connection: Connection, name: str, dialect: str, now_text: str) -> CollectionRow:
    """Return one collection of a dialect.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery, users_revision = _find(connection, name, dialect)
    summary = galleries.summary(connection, gallery, now_text)
    counted = select(func.count()).select_from(collection_users)
    users = connection.execute(counted.where(collection_users.c.gallery_id == gallery.gallery_id)).scalar_one()
    return CollectionRow(
        gallery.gallery_id, name, gallery.model, gallery.created_at, summary.references, users, users_revision
    )


def named(connection: Connection, name: str, dialect: str) -> NamedRow:
    """Return one collection of a dialect without counting anything.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery, _ = _find(connection, name, dialect)
    return NamedRow(gallery.gallery_id, name, gallery.model)


def users_revision(connection: Connection, name: str, dialect: str) -> int:
    """Return the revision of a collection's associations, without counting anything.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    return _find(connection, name, dialect)[1]


def page(
    connection: Connection, dialect: str, *, after: str, limit: int, only: Collection[str] | None
) -> list[tuple[str, ModelIdentity, str]]:
    """Return (name, model, place) of at most ``limit`` collections, oldest first, beginning after a place.

    Args:
        dialect: Collections of this dialect.
        after: Place of the last one of the page before; empty for the first page.
        limit: Most collections on the page.
        only: Names that may be shown; None means all.
    """
    created_at, gallery_id = after[:25], after[25:]
    statement = (
        select(gallery_table)
        .select_from(gallery_table.join(collections))
        .where(
            collections.c.dialect == dialect,
            or_(
                gallery_table.c.created_at > created_at,
                (gallery_table.c.created_at == created_at) & (gallery_table.c.gallery_id > gallery_id),
            ),
        )
        .order_by(gallery_table.c.created_at, gallery_table.c.gallery_id)
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(gallery_table.c.name.in_(sorted(only)))
    return [
        (
            row.name,
            ModelIdentity(row.model_name, row.model_digest, row.model_dimension),
            row.created_at + row.gallery_id,
        )
        for row in connection.execute(statement)
    ]


def tags(connection: Connection, name: str, dialect: str) -> dict[str, str]:
    """Return a collection's tags.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery, _ = _find(connection, name, dialect)
    statement = select(collection_tags).where(collection_tags.c.gallery_id == gallery.gallery_id)
    return {row.tag_key: row.tag_value for row in connection.execute(statement.order_by(collection_tags.c.tag_key))}


def replace_tags(transaction: Transaction, name: str, dialect: str, wanted: Mapping[str, str]) -> None:
    """Give a collection exactly these tags.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = lock(transaction, name, dialect)
    transaction.connection.execute(delete(collection_tags).where(collection_tags.c.gallery_id == gallery.gallery_id))
    _insert_tags(transaction, gallery.gallery_id, wanted)


def lock(transaction: Transaction, name: str, dialect: str) -> GalleryRow:
    """Return a collection's gallery and keep other writers from it until the transaction ends.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    _find(transaction.connection, name, dialect)
    return galleries.lock(transaction, name)


def add_user(transaction: Transaction, name: str, dialect: str, user_id: str) -> bool:
    """Add a user; return False if there is one of this identifier.

    Raises:
        GalleryNotFound: There is no such collection.
    """
    gallery = lock(transaction, name, dialect)
    if has_user(transaction.connection, name, user_id):
        return False
    values = {"gallery_id": gallery.gallery_id, "user_id": user_id, "created_at": transaction.now_text}
    transaction.connection.execute(insert(collection_users).values(**values))
    return True


def has_user(connection: Connection, name: str, user_id: str) -> bool:
    """Return whether a collection has a user of this identifier."""
    gallery = galleries.find(connection, name)
    statement = select(collection_users.c.user_id).where(
        collection_users.c.gallery_id == gallery.gallery_id, collection_users.c.user_id == user_id
    )
    return connection.execute(statement).one_or_none() is not None


def remove_user(transaction: Transaction, name: str, dialect: str, user_id: str) -> bool:
    """Delete a user, whose faces stay; return False if there is none of this identifier.

    Raises:
        GalleryNotFound: There is no such collection.
    """
    gallery = lock(transaction, name, dialect)
    collection_face_rows.clear_user(transaction, gallery.gallery_id, user_id)
    gone = delete(collection_users).where(
        collection_users.c.gallery_id == gallery.gallery_id, collection_users.c.user_id == user_id
    )
    found = transaction.connection.execute(gone).rowcount > 0
    if found:
        _grow_users_revision(transaction, gallery.gallery_id)
    return found


def users_page(
    connection: Connection, name: str, dialect: str, *, after: str, limit: int, now_text: str
) -> list[tuple[str, int]]:
    """Return (user, number of faces) of at most ``limit`` users whose identifiers come after ``after``.

    Raises:
        GalleryNotFound: There is no such collection.
    """
    gallery, _ = _find(connection, name, dialect)
    statement = (
        select(collection_users.c.user_id)
        .where(collection_users.c.gallery_id == gallery.gallery_id, collection_users.c.user_id > after)
        .order_by(collection_users.c.user_id)
        .limit(limit)
    )
    found = list(connection.execute(statement).scalars())
    counts = collection_face_rows.counts_of_users(connection, name, found, now_text)
    return [(user_id, counts.get(user_id, 0)) for user_id in found]


def associate(transaction: Transaction, name: str, face_ids: Sequence[str], user_id: str | None) -> None:
    """Associate faces with a user, or with none.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, name)
    collection_face_rows.set_user(transaction, gallery.gallery_id, face_ids, user_id)
    _grow_users_revision(transaction, gallery.gallery_id)


def answer(transaction: Transaction, name: str, operation: str, token: str) -> tuple[str, str] | None:
    """Lock a collection and return (digest of the request, answer) given to a client's token before, or None.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, name)
    forgotten_at = as_text(transaction.now - ANSWER_KEPT)
    transaction.connection.execute(delete(answered_requests).where(answered_requests.c.answered_at <= forgotten_at))
    statement = select(answered_requests.c.request_sha256, answered_requests.c.answer).where(
        answered_requests.c.gallery_id == gallery.gallery_id,
        answered_requests.c.operation == operation,
        answered_requests.c.token == token,
    )
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else (row.request_sha256, row.answer)


def keep_answer(
    transaction: Transaction, name: str, operation: str, token: str, request_sha256: str, answer_text: str
) -> None:
    """Keep the answer to a request for the case that it is repeated.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(transaction.connection, name)
    transaction.connection.execute(
        insert(answered_requests).values(
            gallery_id=gallery.gallery_id,
            operation=operation,
            token=token,
            request_sha256=request_sha256,
            answer=answer_text,
            answered_at=transaction.now_text,
        )
    )


def _find(connection: Connection, name: str, dialect: str) -> tuple[GalleryRow, int]:
    gallery = galleries.find(connection, name)
    statement = select(collections.c.users_revision).where(
        collections.c.gallery_id == gallery.gallery_id, collections.c.dialect == dialect
    )
    revision = connection.execute(statement).scalar_one_or_none()
    if revision is None:
        raise GalleryNotFound(f"There is no collection named {name}.")
    return gallery, revision


def _insert_tags(transaction: Transaction, gallery_id: str, wanted: Mapping[str, str]) -> None:
    rows = [{"gallery_id": gallery_id, "tag_key": key, "tag_value": value} for key, value in wanted.items()]
    if rows:
        transaction.connection.execute(insert(collection_tags), rows)


def _grow_users_revision(transaction: Transaction, gallery_id: str) -> None:
    transaction.connection.execute(
        update(collections)
        .where(collections.c.gallery_id == gallery_id)
        .values(users_revision=collections.c.users_revision + 1)
    )
