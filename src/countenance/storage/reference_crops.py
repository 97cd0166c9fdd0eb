"""Sealed pictures of references' faces, for reviewers; and what else a review asks of references.

Rules kept here:

- A picture is opened only with its subject's key, so whoever is erased cannot be looked at any more.
- A reference whose time is up counts as gone, whether or not it is deleted yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template
from countenance.storage import galleries, subject_keys
from countenance.storage.references import identifiers, not_expired
from countenance.storage.review_tables import reference_crops
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.tables import stored_references, subjects
from countenance.storage.tables import subject_keys as key_table
from countenance.storage.template_sealing import MasterKey, SubjectContext
from countenance.storage.transactions import Transaction, in_portions


@dataclass(frozen=True, slots=True, eq=False)
class PicturedSubject:
    """Somebody of whom there is a picture.

    Attributes:
        subject_id: Random identifier.
        reference_id: The reference with the picture.
        templates: All the subject's templates.
    """

    subject_id: str
    reference_id: str
    templates: tuple[Template, ...]


def keep(transaction: Transaction, gallery_name: str, crops: Sequence[tuple[str, str, bytes]]) -> None:
    """Store pictures of references stored in this transaction.

    Args:
        transaction: The references' own.
        gallery_name: Name of the gallery.
        crops: (subject, digest of the photo, encoded picture).

    Raises:
        StorageError: There is no such reference.
    """
    if not crops:
        return
    gallery = galleries.find(transaction.connection, gallery_name)
    reference_ids = identifiers(transaction.connection, gallery_name, [(name, sha256) for name, sha256, _ in crops])
    keys = subject_keys.open_known(transaction, gallery, sorted({name for name, _, _ in crops}))
    rows = [
        {"reference_id": reference_id, "sealed_crop": keys[name][1].seal_crop(reference_id, crop)}
        for reference_id, (name, _, crop) in zip(reference_ids, crops, strict=True)
    ]
    transaction.connection.execute(insert(reference_crops), rows)


def crops_of(
    connection: Connection, master_key: MasterKey, reference_ids: Sequence[str], now_text: str
) -> dict[str, bytes]:
    """Return reference → encoded picture, of those that are there and have one.

    Raises:
        TemplateUnsealFailed: A picture cannot be opened with its subject's key.
    """
    found = {}
    for portion in in_portions(reference_ids):
        statement = (
            _with_keys(stored_references.c.reference_id, reference_crops.c.sealed_crop)
            .join(reference_crops, reference_crops.c.reference_id == stored_references.c.reference_id)
            .where(stored_references.c.reference_id.in_(portion), not_expired(now_text))
        )
        for row in connection.execute(statement):
            key = master_key.open_subject_key(row.wrapped_key, _context(row))
            found[row.reference_id] = key.unseal_crop(row.reference_id, row.sealed_crop)
    return found


def pictured(connection: Connection, reference_ids: Sequence[str], now_text: str) -> dict[str, str]:
    """Return reference → identifier of its subject, of those that are there and have a picture."""
    found: dict[str, str] = {}
    for portion in in_portions(reference_ids):
        statement = (
            select(stored_references.c.reference_id, stored_references.c.subject_id)
            .join(reference_crops, reference_crops.c.reference_id == stored_references.c.reference_id)
            .where(stored_references.c.reference_id.in_(portion), not_expired(now_text))
        )
        found.update({row.reference_id: row.subject_id for row in connection.execute(statement)})
    return found


def names_of(connection: Connection, reference_ids: Sequence[str], now_text: str) -> dict[str, str]:
    """Return reference → name of its subject, of those that are there."""
    found: dict[str, str] = {}
    for portion in in_portions(reference_ids):
        statement = (
            select(stored_references.c.reference_id, subjects.c.name)
            .join_from(stored_references, subjects)
            .where(stored_references.c.reference_id.in_(portion), not_expired(now_text))
        )
        found.update({row.reference_id: row.name for row in connection.execute(statement)})
    return found


def subjects_of(connection: Connection, reference_ids: Sequence[str]) -> frozenset[str]:
    """Return the identifiers of the subjects of references."""
    found: set[str] = set()
    for portion in in_portions(reference_ids):
        statement = select(stored_references.c.subject_id).where(stored_references.c.reference_id.in_(portion))
        found.update(connection.execute(statement).scalars())
    return frozenset(found)


def next_pictured(
    transaction: Transaction, gallery_id: str, point: str, excluded: Sequence[str]
) -> PicturedSubject | None:
    """Return the first subject at or after a point, going round, of whom there is a picture; None if nobody is left.

    Subjects' identifiers are random, so a random point finds a random person without counting anybody, in a gallery of
    any size. Who follows a wide gap is found a little more often.

    Args:
        transaction: Where it is read.
        gallery_id: Identifier of the gallery.
        point: 32 hex digits.
        excluded: Identifiers of subjects to pass over.
    """
    first = _first(transaction, gallery_id, excluded, point) or _first(transaction, gallery_id, excluded, "")
    if first is None:
        return None
    subject_id, reference_id = first
    of_subject = (stored_references.c.gallery_id == gallery_id, stored_references.c.subject_id == subject_id)
    statement = _with_keys(stored_references.c.reference_id, stored_references.c.sealed_template)
    rows = transaction.connection.execute(statement.where(*of_subject, not_expired(transaction.now_text))).all()
    key = transaction.master_key.open_subject_key(rows[0].wrapped_key, _context(rows[0]))
    templates = tuple(key.unseal(found.reference_id, found.sealed_template) for found in rows)
    return PicturedSubject(subject_id, reference_id, templates)


def _first(transaction: Transaction, gallery_id: str, excluded: Sequence[str], point: str) -> tuple[str, str] | None:
    statement = (
        select(stored_references.c.subject_id, stored_references.c.reference_id)
        .join(reference_crops, reference_crops.c.reference_id == stored_references.c.reference_id)
        .where(
            stored_references.c.gallery_id == gallery_id,
            stored_references.c.subject_id >= point,
            stored_references.c.subject_id.not_in(excluded),
            not_expired(transaction.now_text),
        )
        .order_by(stored_references.c.subject_id, stored_references.c.reference_id)
        .limit(1)
    )
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else (row.subject_id, row.reference_id)


def _with_keys(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            *columns,
            stored_references.c.gallery_id,
            stored_references.c.subject_id,
            subjects.c.name,
            key_table.c.wrapped_key,
            gallery_table.c.model_name,
            gallery_table.c.model_digest,
            gallery_table.c.model_dimension,
        )
        .select_from(stored_references)
        .join(subjects)
        .join(key_table)
        .join(gallery_table, gallery_table.c.gallery_id == subjects.c.gallery_id)
    )


def _context(row: Row[Any]) -> SubjectContext:
    model = ModelIdentity(row.model_name, row.model_digest, row.model_dimension)
    return SubjectContext(row.gallery_id, row.subject_id, row.name, model)
