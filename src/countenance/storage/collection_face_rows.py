"""Rows of a collection's faces: each one is a data subject of the gallery with one sealed reference.

Rules kept here:

- A face and its sealed template are stored in one transaction, and go in one.
- A face past its retention is not there, whether or not its row was deleted yet.
- Pages are in the order of the face identifiers, which are random: a page ends at an identifier, not at a position, so
  what comes and goes in between shifts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from countenance.core.vocabulary import NewReference, Template
from countenance.storage import galleries, references
from countenance.storage.erasure import remove_expired
from countenance.storage.galleries import GalleryRow
from countenance.storage.service_tables import collection_faces
from countenance.storage.tables import stored_references, subject_keys, subjects
from countenance.storage.template_sealing import MasterKey, SubjectContext
from countenance.storage.transactions import Transaction, in_portions


@dataclass(frozen=True, slots=True)
class FaceRow:
    """A face of a collection as stored.

    Attributes:
        face_id: Random UUID; the data subject's name in the gallery.
        image_id: UUID that all faces stored from one picture at once share.
        image_sha256: Digest of the picture's bytes.
        external_image_id: The client's own name for the picture, or None.
        face_number: Position among the faces found in the picture, largest first, from 1.
        box: Left, top, width, height as shares of the picture's width and height.
        detector_score: 0 to 1.
        user_id: The user it is associated with, or None.
    """

    face_id: str
    image_id: str
    image_sha256: str
    external_image_id: str | None
    face_number: int
    box: tuple[float, float, float, float]
    detector_score: float
    user_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NewFaceRow:
    """A face about to be stored."""

    row: FaceRow
    template: Template = field(repr=False)


def add(transaction: Transaction, gallery_name: str, new: Sequence[NewFaceRow]) -> int:
    """Store faces with their templates and return the gallery's revision.

    Raises:
        GalleryNotFound: There is none of this name.
        ModelMismatch: A template is not of the gallery's model.
    """
    wanted = [
        NewReference(item.row.face_id, item.template, item.row.image_sha256, item.row.external_image_id or "")
        for item in new
    ]
    revision, _ = references.add(transaction, gallery_name, wanted)
    gallery_id = galleries.find(transaction.connection, gallery_name).gallery_id
    subject_ids = _subject_ids(transaction.connection, gallery_id, [item.row.face_id for item in new])
    rows = [
        {
            "gallery_id": gallery_id,
            "face_id": item.row.face_id,
            "subject_id": subject_ids[item.row.face_id],
            "image_id": item.row.image_id,
            "image_sha256": item.row.image_sha256,
            "external_image_id": item.row.external_image_id or "",
            "face_number": item.row.face_number,
            "box_left": item.row.box[0],
            "box_top": item.row.box[1],
            "box_width": item.row.box[2],
            "box_height": item.row.box[3],
            "detector_score": item.row.detector_score,
        }
        for item in new
    ]
    if rows:
        transaction.connection.execute(insert(collection_faces), rows)
    return revision


def of_image(
    transaction: Transaction, gallery_name: str, image_sha256: str, external_image_id: str | None
) -> list[FaceRow]:
    """Lock a gallery and return its faces of one picture under one external identifier, by their number.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, gallery_name)
    # What has expired goes first, so that a picture enrolled anew after its time is stored anew.
    remove_expired(transaction, gallery.gallery_id, transaction.now_text)
    statement = _current(gallery, transaction.now_text).where(
        collection_faces.c.image_sha256 == image_sha256,
        collection_faces.c.external_image_id == (external_image_id or ""),
    )
    return [_face(row) for row in transaction.connection.execute(statement.order_by(collection_faces.c.face_number))]


def page(
    connection: Connection,
    gallery_name: str,
    now_text: str,
    *,
    after: str,
    limit: int,
    user_id: str | None = None,
    face_ids: Sequence[str] | None = None,
) -> list[FaceRow]:
    """Return at most ``limit`` faces whose identifiers come after ``after``, in their order.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(connection, gallery_name)
    statement = _current(gallery, now_text).where(collection_faces.c.face_id > after)
    if user_id is not None:
        statement = statement.where(collection_faces.c.user_id == user_id)
    if face_ids is None:
        portions: list[Select[tuple[object, ...]]] = [statement]
    else:
        portions = [statement.where(collection_faces.c.face_id.in_(some)) for some in in_portions(sorted(face_ids))]
    found: list[FaceRow] = []
    for portion in portions:
        ordered = portion.order_by(collection_faces.c.face_id).limit(limit - len(found))
        found += [_face(row) for row in connection.execute(ordered)]
        if len(found) == limit:
            break
    return found


def by_id(connection: Connection, gallery_name: str, face_ids: Sequence[str], now_text: str) -> dict[str, FaceRow]:
    """Return identifier → face for those of the identifiers that the collection holds.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(connection, gallery_name)
    found: dict[str, FaceRow] = {}
    for some in in_portions(sorted(set(face_ids))):
        statement = _current(gallery, now_text).where(collection_faces.c.face_id.in_(some))
        found |= {row.face_id: _face(row) for row in connection.execute(statement)}
    return found


def users_of_faces(connection: Connection, gallery_name: str, now_text: str) -> dict[str, str]:
    """Return face identifier → user for every face that is associated with one.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(connection, gallery_name)
    statement = _current(gallery, now_text).where(collection_faces.c.user_id.is_not(None))
    return {row.face_id: row.user_id for row in connection.execute(statement)}


def templates(
    connection: Connection, master_key: MasterKey, gallery_name: str, face_ids: Sequence[str], now_text: str
) -> dict[str, Template]:
    """Return identifier → unsealed template for those of the identifiers that the collection holds.

    Raises:
        GalleryNotFound: There is none of this name.
        TemplateUnsealFailed: A template cannot be opened.
    """
    gallery = galleries.find(connection, gallery_name)
    opened: dict[str, Template] = {}
    for some in in_portions(sorted(set(face_ids))):
        statement = (
            select(
                stored_references.c.reference_id,
                stored_references.c.subject_id,
                stored_references.c.sealed_template,
                subjects.c.name,
                subject_keys.c.wrapped_key,
            )
            .select_from(stored_references.join(subjects).join(subject_keys))
            .where(
                stored_references.c.gallery_id == gallery.gallery_id,
                subjects.c.name.in_(some),
                references.not_expired(now_text),
            )
        )
        for row in connection.execute(statement):
            context = SubjectContext(gallery.gallery_id, row.subject_id, row.name, gallery.model)
            key = master_key.open_subject_key(row.wrapped_key, context)
            opened[row.name] = key.unseal(row.reference_id, row.sealed_template)
    return opened


def reference_ids(connection: Connection, gallery_name: str, face_ids: Sequence[str], now_text: str) -> dict[str, str]:
    """Return face identifier → identifier of its reference, for those the collection holds.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(connection, gallery_name)
    found: dict[str, str] = {}
    for some in in_portions(sorted(set(face_ids))):
        statement = (
            select(subjects.c.name, stored_references.c.reference_id)
            .join_from(stored_references, subjects)
            .where(
                stored_references.c.gallery_id == gallery.gallery_id,
                subjects.c.name.in_(some),
                references.not_expired(now_text),
            )
        )
        found |= {row.name: row.reference_id for row in connection.execute(statement)}
    return found


def remove(transaction: Transaction, gallery_name: str, face_ids: Sequence[str]) -> int:
    """Delete faces with their templates and keys; return how many there were.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, gallery_name)
    connection, count = transaction.connection, 0
    for some in in_portions(sorted(set(face_ids))):
        ids = _subject_ids(connection, gallery.gallery_id, some)
        subject_ids = list(ids.values())
        connection.execute(
            delete(stored_references).where(
                stored_references.c.gallery_id == gallery.gallery_id, stored_references.c.subject_id.in_(subject_ids)
            )
        )
        # The row of the face, and the key, go with the subject.
        gone = delete(subjects).where(
            subjects.c.gallery_id == gallery.gallery_id, subjects.c.subject_id.in_(subject_ids)
        )
        count += connection.execute(gone).rowcount
    if count:
        galleries.grow_revision(transaction, gallery.gallery_id, 1)
        transaction.deleted = True
    return count


def set_user(transaction: Transaction, gallery_id: str, face_ids: Sequence[str], user_id: str | None) -> None:
    """Associate faces of a locked gallery with a user, or with none."""
    for some in in_portions(sorted(set(face_ids))):
        statement = update(collection_faces).where(
            collection_faces.c.gallery_id == gallery_id, collection_faces.c.face_id.in_(some)
        )
        transaction.connection.execute(statement.values(user_id=user_id))


def clear_user(transaction: Transaction, gallery_id: str, user_id: str) -> None:
    """Take a user off all faces of a locked gallery."""
    statement = update(collection_faces).where(
        collection_faces.c.gallery_id == gallery_id, collection_faces.c.user_id == user_id
    )
    transaction.connection.execute(statement.values(user_id=None))


def counts_of_users(
    connection: Connection, gallery_name: str, user_ids: Sequence[str], now_text: str
) -> dict[str, int]:
    """Return user → number of associated faces, for those users who have any."""
    gallery = galleries.find(connection, gallery_name)
    counts: dict[str, int] = {}
    for some in in_portions(user_ids):
        faces = _current(gallery, now_text).where(collection_faces.c.user_id.in_(some)).subquery()
        statement = select(faces.c.user_id, func.count()).group_by(faces.c.user_id)
        counts.update((row[0], row[1]) for row in connection.execute(statement))
    return counts


def faces_of_users(
    connection: Connection, gallery_name: str, user_ids: Sequence[str], now_text: str
) -> dict[str, list[str]]:
    """Return user → identifiers of the associated faces in their order, for those users who have any.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(connection, gallery_name)
    found: dict[str, list[str]] = {}
    for some in in_portions(sorted(set(user_ids))):
        statement = _current(gallery, now_text).where(collection_faces.c.user_id.in_(some))
        for row in connection.execute(statement.order_by(collection_faces.c.face_id)):
            found.setdefault(row.user_id, []).append(row.face_id)
    return found


def _current(gallery: GalleryRow, now_text: str) -> Select[tuple[object, ...]]:
    """Return the faces of a gallery whose time is not up."""
    same = (stored_references.c.gallery_id == collection_faces.c.gallery_id) & (
        stored_references.c.subject_id == collection_faces.c.subject_id
    )
    return (
        select(collection_faces)
        .select_from(collection_faces.join(stored_references, same))
        .where(collection_faces.c.gallery_id == gallery.gallery_id, references.not_expired(now_text))
    )


def _subject_ids(connection: Connection, gallery_id: str, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in in_portions(names):
        statement = select(subjects.c.name, subjects.c.subject_id).where(
            subjects.c.gallery_id == gallery_id, subjects.c.name.in_(some)
        )
        found |= {row.name: row.subject_id for row in connection.execute(statement)}
    return found


def _face(row: Row[tuple[object, ...]]) -> FaceRow:
    return FaceRow(
        face_id=row.face_id,
        image_id=row.image_id,
        image_sha256=row.image_sha256,
        external_image_id=row.external_image_id or None,
        face_number=row.face_number,
        box=(row.box_left, row.box_top, row.box_width, row.box_height),
        detector_score=row.detector_score,
        user_id=row.user_id,
    )
