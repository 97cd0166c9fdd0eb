"""References: stored sealed, once each.

Rules kept here:

- A photo, by digest, is stored once per subject and gallery; storing it again changes nothing.
- Whoever changes a gallery first deletes what has expired in it, so that a photo enrolled anew after its time was up is
  stored anew, not taken for a duplicate.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, insert, select

from countenance.core.errors import StorageError
from countenance.core.vocabulary import NewReference
from countenance.storage import galleries, subject_keys
from countenance.storage.erasure import remove_expired
from countenance.storage.galleries import GalleryRow
from countenance.storage.storable_text import require_storable, require_storable_name
from countenance.storage.tables import stored_references, subjects
from countenance.storage.transactions import Transaction, expiry_text, in_portions, new_identifier


def add(transaction: Transaction, gallery_name: str, new: Sequence[NewReference]) -> tuple[int, list[bool]]:
    """Store references; return the gallery's revision and, in order, whether each one was stored or known already.

    Raises:
        GalleryNotFound: There is none of this name.
        ModelMismatch: A template is not of the gallery's model.
        InputError: A subject's or a file's name cannot be stored.
    """
    gallery = galleries.lock(transaction, gallery_name)
    for reference in new:
        reference.template.model.require_same(gallery.model)
        require_storable_name(reference.subject, "subject")
        require_storable(reference.source_name, "file name")
    revision = gallery.revision + remove_expired(transaction, gallery.gallery_id, transaction.now_text)
    keys = subject_keys.open_or_create(transaction, gallery, (reference.subject for reference in new))
    known = _known_photos_of(transaction, gallery, [subject_id for subject_id, _ in keys.values()])
    created_at, expires_at = transaction.now_text, expiry_text(transaction.now, gallery.retention_days)
    rows, stored = [], []
    for reference in new:
        subject_id, key = keys[reference.subject]
        photo = (subject_id, reference.source_sha256)
        stored.append(photo not in known)
        if photo in known:
            continue
        known.add(photo)
        reference_id = new_identifier()
        rows.append(
            {
                "reference_id": reference_id,
                "gallery_id": gallery.gallery_id,
                "subject_id": subject_id,
                "sealed_template": key.seal(reference_id, reference.template),
                "source_sha256": reference.source_sha256,
                "source_name": reference.source_name,
                "created_at": created_at,
                "expires_at": expires_at,
            }
        )
    if rows:
        transaction.connection.execute(insert(stored_references), rows)
        galleries.grow_revision(transaction, gallery.gallery_id, 1)
        revision += 1
    return revision, stored


def known_photos(connection: Connection, gallery_name: str, now_text: str) -> dict[str, str]:
    """Return digest of photo → subject for all references of a gallery that have not expired.

    A photo that is enrolled for several subjects is shown for the first of them by name.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.find(connection, gallery_name)
    statement = (
        select(stored_references.c.source_sha256, subjects.c.name)
        .join_from(stored_references, subjects)
        .where(stored_references.c.gallery_id == gallery.gallery_id, not_expired(now_text))
    )
    photos: dict[str, str] = {}
    for digest, subject in connection.execute(statement):
        photos[digest] = min(subject, photos.get(digest, subject))
    return photos


def identifiers(connection: Connection, gallery_name: str, photos: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the identifiers of stored references, in the order of their (subject, digest of the photo).

    Raises:
        GalleryNotFound: There is none of this name.
        StorageError: A photo is not stored for its subject.
    """
    gallery = galleries.find(connection, gallery_name)
    found: dict[tuple[str, str], str] = {}
    for portion in in_portions(sorted({sha256 for _, sha256 in photos})):
        statement = (
            select(subjects.c.name, stored_references.c.source_sha256, stored_references.c.reference_id)
            .join_from(stored_references, subjects)
            .where(stored_references.c.gallery_id == gallery.gallery_id, stored_references.c.source_sha256.in_(portion))
        )
        found.update({(row.name, row.source_sha256): row.reference_id for row in connection.execute(statement)})
    missing = [photo for photo in photos if photo not in found]
    if missing:
        raise StorageError(f"{len(missing)} photos are not stored in {gallery_name} for their subject.")
    return tuple(found[photo] for photo in photos)


def not_expired(now_text: str) -> ColumnElement[bool]:
    """Return the condition that a stored reference's time is not up at a moment."""
    return stored_references.c.expires_at.is_(None) | (stored_references.c.expires_at > now_text)


def _known_photos_of(transaction: Transaction, gallery: GalleryRow, subject_ids: list[str]) -> set[tuple[str, str]]:
    known: set[tuple[str, str]] = set()
    for portion in in_portions(subject_ids):
        statement = select(stored_references.c.subject_id, stored_references.c.source_sha256).where(
            stored_references.c.gallery_id == gallery.gallery_id, stored_references.c.subject_id.in_(portion)
        )
        known.update((row.subject_id, row.source_sha256) for row in transaction.connection.execute(statement))
    return known
