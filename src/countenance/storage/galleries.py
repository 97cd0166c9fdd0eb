"""Galleries: their rows, their lock, and the revision that tells one set of references from another.

Rules kept here:

- Who changes a gallery's references locks its row first, so two writers of one gallery never work at the same time.
- The visible revision is the stored one plus the number of references that have expired but are not deleted yet; the
  stored one grows by the number deleted. So the revision grows at the moment a reference *expires*, not only when a
  clean-up gets round to it, an index from before that moment is stale at once, and the clean-up itself, which changes
  nothing anybody can see, leaves the revision as it is. If a machine's clock is set back past an expiry, the revision
  falls with it; keep the clocks of all machines that share a database in step.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from countenance.core.errors import GalleryExists, GalleryNotFound
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import GallerySummary
from countenance.storage.storable_text import require_storable, require_storable_name
from countenance.storage.tables import galleries, stored_references, subjects
from countenance.storage.transactions import Transaction, new_identifier

#: Longest retention that can be asked for: a hundred years. Longer is meant as "until erased", which None says.
LONGEST_RETENTION_DAYS = 36_525


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """A gallery as stored; ``revision`` is the stored one."""

    gallery_id: str
    name: str
    model: ModelIdentity
    created_at: str
    basis: str
    retention_days: int | None
    revision: int


def create(
    transaction: Transaction, name: str, model: ModelIdentity, *, basis: str, retention_days: int | None
) -> GallerySummary:
    """Create an empty gallery.

    Raises:
        GalleryExists: The name is taken.
        InputError: The name or the basis cannot be stored.
        ValueError: The retention is under a day or over a hundred years.
    """
    if retention_days is not None and not 1 <= retention_days <= LONGEST_RETENTION_DAYS:
        raise ValueError(f"a retention is between 1 and {LONGEST_RETENTION_DAYS} days, or None")
    require_storable_name(name, "gallery")
    require_storable(basis, "basis")
    statement = insert(galleries).values(
        gallery_id=new_identifier(),
        name=name,
        model_name=model.name,
        model_digest=model.digest,
        model_dimension=model.dimension,
        created_at=transaction.now_text,
        basis=basis,
        retention_days=retention_days,
        revision=0,
    )
    try:
        transaction.connection.execute(statement)
    except IntegrityError:
        raise GalleryExists(f"A gallery named {name} exists already.") from None
    return GallerySummary(name, model, transaction.now_text, basis, retention_days, 0, 0, 0)


def find(connection: Connection, name: str) -> GalleryRow:
    """Return one gallery's row.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    return _found(connection.execute(select(galleries).where(galleries.c.name == name)).one_or_none(), name)


def lock(transaction: Transaction, name: str) -> GalleryRow:
    """Return one gallery's row and keep other writers from it until the transaction ends.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    statement = select(galleries).where(galleries.c.name == name).with_for_update()
    return _found(transaction.connection.execute(statement).one_or_none(), name)


def remove(transaction: Transaction, name: str) -> int:
    """Delete a gallery with everything in it; return how many references went.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = lock(transaction, name)
    count = _count(transaction.connection, gallery.gallery_id)
    transaction.connection.execute(delete(galleries).where(galleries.c.gallery_id == gallery.gallery_id))
    transaction.deleted = True
    return count


def summaries(connection: Connection, now_text: str) -> list[GallerySummary]:
    """Return all galleries by name, as they are at a moment."""
    rows = [_row(row) for row in connection.execute(select(galleries)).all()]
    # Sorted here, because the order of text differs between databases.
    return [summary(connection, row, now_text) for row in sorted(rows, key=lambda row: row.name)]


def summary(connection: Connection, gallery: GalleryRow, now_text: str) -> GallerySummary:
    """Return a gallery's facts as they are at a moment."""
    expired = expired_references(connection, gallery.gallery_id, now_text)
    count_subjects = select(func.count()).select_from(subjects).where(subjects.c.gallery_id == gallery.gallery_id)
    subject_count = connection.execute(count_subjects).scalar_one()
    if expired:
        subject_count -= _subjects_expired_whole(connection, gallery.gallery_id, now_text)
    return GallerySummary(
        name=gallery.name,
        model=gallery.model,
        created_at=gallery.created_at,
        basis=gallery.basis,
        retention_days=gallery.retention_days,
        subjects=subject_count,
        references=_count(connection, gallery.gallery_id) - expired,
        revision=gallery.revision + expired,
    )


def expired_references(connection: Connection, gallery_id: str, now_text: str) -> int:
    """Return how many references of a gallery have expired and are not deleted yet."""
    return connection.execute(
        select(func.count())
        .select_from(stored_references)
        .where(stored_references.c.gallery_id == gallery_id, stored_references.c.expires_at <= now_text)
    ).scalar_one()


def grow_revision(transaction: Transaction, gallery_id: str, by: int) -> None:
    """Add to a gallery's stored revision."""
    transaction.connection.execute(
        update(galleries).where(galleries.c.gallery_id == gallery_id).values(revision=galleries.c.revision + by)
    )


def _count(connection: Connection, gallery_id: str) -> int:
    return connection.execute(
        select(func.count()).select_from(stored_references).where(stored_references.c.gallery_id == gallery_id)
    ).scalar_one()


def _subjects_expired_whole(connection: Connection, gallery_id: str, now_text: str) -> int:
    """Return how many subjects have expired references and no other."""
    current = stored_references.alias()
    has_current = (
        select(current.c.reference_id)
        .where(
            current.c.gallery_id == gallery_id,
            current.c.subject_id == stored_references.c.subject_id,
            (current.c.expires_at > now_text) | current.c.expires_at.is_(None),
        )
        .exists()
    )
    return connection.execute(
        select(func.count(stored_references.c.subject_id.distinct())).where(
            stored_references.c.gallery_id == gallery_id, stored_references.c.expires_at <= now_text, ~has_current
        )
    ).scalar_one()


def _found(row: Row[tuple[object, ...]] | None, name: str) -> GalleryRow:
    if row is None:
        raise GalleryNotFound(f"There is no gallery named {name}.")
    return _row(row)


def _row(row: Row[tuple[object, ...]]) -> GalleryRow:
    return GalleryRow(
        gallery_id=row.gallery_id,
        name=row.name,
        model=ModelIdentity(row.model_name, row.model_digest, row.model_dimension),
        created_at=row.created_at,
        basis=row.basis,
        retention_days=row.retention_days,
        revision=row.revision,
    )
