"""What a database holds of one person, gallery by gallery.

Rules kept here:

- A person is known by the operator's name for them; in a collection also by the name of its user, or by the client's
  own name for a picture. In a collection each face is a subject of its own, so one name may stand for several.
- A reference whose time is up counts as gone, whether or not it is deleted yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, or_, select, union

from countenance.core.errors import TemplateUnsealFailed
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template
from countenance.storage import subject_keys
from countenance.storage.galleries import GalleryRow
from countenance.storage.references import not_expired
from countenance.storage.review_tables import reference_crops, review_items, reviews
from countenance.storage.service_tables import collection_faces, collection_users
from countenance.storage.tables import enrolment_outcomes, enrolment_runs, stored_references, subjects
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.tables import subject_keys as key_table
from countenance.storage.template_sealing import SubjectKey
from countenance.storage.transactions import Transaction, in_portions


@dataclass(frozen=True, slots=True)
class Held:
    """What one gallery holds of a person.

    Attributes:
        gallery_id, gallery, model: The gallery.
        names: Names of subjects that stand for the person.
        user: The name, if a user of the collection has it, or None.
        subject_ids: Identifiers of those subjects.
    """

    gallery_id: str
    gallery: str
    model: ModelIdentity
    names: tuple[str, ...]
    user: str | None
    subject_ids: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What is kept in memory, of what is about to be deleted, to look for it afterwards.

    Attributes:
        templates: Reference → template.
        sealed: Sealed templates and pictures, and wrapped keys, as they are stored.
    """

    templates: dict[str, Template] = field(repr=False)
    sealed: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldReference:
    """A reference's facts.

    Attributes:
        reference_id: Random identifier.
        subject: Name of its subject.
        source_name, source_sha256: The photo it was made from.
        created_at, expires_at: Its times; None: until erased.
        picture: Whether a picture of the face is kept.
    """

    reference_id: str
    subject: str
    source_name: str
    source_sha256: str
    created_at: str
    expires_at: str | None
    picture: bool


@dataclass(frozen=True, slots=True)
class HeldSubject:
    """A subject in a list."""

    gallery: str
    subject: str
    references: int
    enrolled_at: str
    expires_at: str | None


def find(connection: Connection, name: str, gallery_name: str | None) -> tuple[Held, ...]:
    """Return what galleries hold of a person, in the order of the galleries' identifiers."""
    subject = subjects.c
    face = collection_faces.c
    by_name = select(subject.gallery_id, subject.subject_id, subject.name).where(subject.name == name)
    by_face = (
        select(subject.gallery_id, subject.subject_id, subject.name)
        .join_from(
            subjects,
            collection_faces,
            (face.gallery_id == subject.gallery_id) & (face.subject_id == subject.subject_id),
        )
        .where(or_(face.user_id == name, face.external_image_id == name))
    )
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(union(by_name, by_face)):
        found.setdefault(row.gallery_id, {})[row.subject_id] = row.name
    users = set(
        connection.execute(select(collection_users.c.gallery_id).where(collection_users.c.user_id == name)).scalars()
    )
    held = []
    for gallery in _galleries(connection, sorted(set(found) | users)):
        if gallery_name is None or gallery.name == gallery_name:
            named = found.get(gallery.gallery_id, {})
            held.append(
                Held(
                    gallery_id=gallery.gallery_id,
                    gallery=gallery.name,
                    model=gallery.model,
                    names=tuple(sorted(named.values())),
                    user=name if gallery.gallery_id in users else None,
                    subject_ids=tuple(sorted(named)),
                )
            )
    return tuple(held)


def take(transaction: Transaction, gallery: GalleryRow, held: Held) -> Taken:
    """Return templates, opened, and sealed values, as they are, of people of a locked gallery.

    What does not open is left out: damage is no reason to keep anybody.
    """
    connection = transaction.connection
    opened_by_id: dict[str, SubjectKey] = {}
    for name in held.names:
        with suppress(TemplateUnsealFailed):
            opened_by_id.update(subject_keys.open_known(transaction, gallery, [name]).values())
    templates: dict[str, Template] = {}
    sealed: list[bytes] = []
    for some in in_portions(held.subject_ids):
        theirs = (stored_references.c.gallery_id == held.gallery_id, stored_references.c.subject_id.in_(some))
        for row in connection.execute(select(stored_references).where(*theirs)):
            sealed.append(row.sealed_template)
            key = opened_by_id.get(row.subject_id)
            if key is not None:
                with suppress(TemplateUnsealFailed):
                    templates[row.reference_id] = key.unseal(row.reference_id, row.sealed_template)
        crops = select(reference_crops.c.sealed_crop).join_from(reference_crops, stored_references).where(*theirs)
        sealed += connection.execute(crops).scalars()
        of_keys = (key_table.c.gallery_id == held.gallery_id, key_table.c.subject_id.in_(some))
        sealed += connection.execute(select(key_table.c.wrapped_key).where(*of_keys)).scalars()
    return Taken(templates, tuple(bytes(value) for value in sealed))


def rows_left(connection: Connection, held: Held) -> int:
    """Return how many rows of subjects, keys, references and faces are still there."""
    count = 0
    for some in in_portions(held.subject_ids):
        for table in (subjects, key_table, stored_references, collection_faces):
            theirs = (table.c.gallery_id == held.gallery_id, table.c.subject_id.in_(some))
            count += connection.execute(select(func.count()).select_from(table).where(*theirs)).scalar_one()
    return count


def references_of(connection: Connection, held: Held, now_text: str) -> tuple[HeldReference, ...]:
    """Return the facts of a person's references in one gallery, oldest first."""
    found: list[HeldReference] = []
    for some in in_portions(held.subject_ids):
        statement = (
            select(
                stored_references.c.reference_id,
                stored_references.c.source_name,
                stored_references.c.source_sha256,
                stored_references.c.created_at,
                stored_references.c.expires_at,
                subjects.c.name,
                reference_crops.c.reference_id.label("pictured"),
            )
            .select_from(
                stored_references.join(subjects).outerjoin(
                    reference_crops, reference_crops.c.reference_id == stored_references.c.reference_id
                )
            )
            .where(
                stored_references.c.gallery_id == held.gallery_id,
                stored_references.c.subject_id.in_(some),
                not_expired(now_text),
            )
        )
        found += [
            HeldReference(
                reference_id=row.reference_id,
                subject=row.name,
                source_name=row.source_name,
                source_sha256=row.source_sha256,
                created_at=row.created_at,
                expires_at=row.expires_at,
                picture=row.pictured is not None,
            )
            for row in connection.execute(statement)
        ]
    return tuple(sorted(found, key=lambda one: (one.created_at, one.reference_id)))


def faces_of(connection: Connection, held: Held) -> tuple[dict[str, object], ...]:
    """Return the rows of a person's faces in a collection, as clients see them."""
    face = collection_faces.c
    shown = ("face_id", "image_id", "external_image_id", "user_id", "face_number", "detector_score")
    boxes = ("box_left", "box_top", "box_width", "box_height")
    found = []
    for some in in_portions(held.subject_ids):
        theirs = (face.gallery_id == held.gallery_id, face.subject_id.in_(some))
        rows = connection.execute(select(collection_faces).where(*theirs).order_by(face.face_id)).mappings()
        found += [{name: row[name] for name in (*shown, *boxes)} for row in rows]
    return tuple(found)


def outcomes_of(connection: Connection, held: Held) -> tuple[dict[str, object], ...]:
    """Return what enrolment's bookkeeping says of a person in one gallery."""
    outcome = enrolment_outcomes.c
    statement = (
        select(outcome.source_name, outcome.subject, outcome.outcome, outcome.reason, enrolment_runs.c.started_at)
        .join_from(enrolment_outcomes, enrolment_runs)
        .where(enrolment_runs.c.gallery_id == held.gallery_id)
        .order_by(enrolment_runs.c.started_at, outcome.source_name)
    )
    return tuple(
        dict(row)
        for some in in_portions(held.names)
        for row in connection.execute(statement.where(outcome.subject.in_(some))).mappings()
    )


def reviews_of(connection: Connection, reference_ids: Sequence[str]) -> tuple[dict[str, object], ...]:
    """Return the reviews in which references were a candidate or a filler."""
    found = []
    for some in in_portions(reference_ids):
        statement = (
            select(
                reviews.c.review_id,
                reviews.c.state,
                reviews.c.opened_at,
                reviews.c.ended_at,
                reviews.c.end_result,
                review_items.c.reference_id,
                review_items.c.is_filler,
                review_items.c.shown,
                review_items.c.candidate_rank,
                review_items.c.similarity,
            )
            .join_from(review_items, reviews)
            .where(review_items.c.reference_id.in_(some))
            .order_by(reviews.c.opened_at, reviews.c.review_id, review_items.c.item_number)
        )
        found += [dict(row) for row in connection.execute(statement).mappings()]
    return tuple(found)


def listed(
    connection: Connection, gallery_name: str | None, now_text: str, *, after: tuple[str, str], limit: int
) -> tuple[HeldSubject, ...]:
    """Return at most ``limit`` subjects that come after (gallery, subject), in that order."""
    statement = (
        select(
            gallery_table.c.name.label("gallery"),
            subjects.c.name.label("subject"),
            func.count().label("references"),
            func.min(stored_references.c.created_at).label("enrolled_at"),
            func.max(stored_references.c.expires_at).label("expires_at"),
        )
        .select_from(
            stored_references.join(subjects).join(gallery_table, gallery_table.c.gallery_id == subjects.c.gallery_id)
        )
        .where(not_expired(now_text))
        .where(or_(gallery_table.c.name > after[0], (gallery_table.c.name == after[0]) & (subjects.c.name > after[1])))
        .group_by(gallery_table.c.name, subjects.c.name)
        .order_by(gallery_table.c.name, subjects.c.name)
        .limit(limit)
    )
    if gallery_name is not None:
        statement = statement.where(gallery_table.c.name == gallery_name)
    return tuple(HeldSubject(**row) for row in connection.execute(statement).mappings())


def _galleries(connection: Connection, gallery_ids: Sequence[str]) -> list[GalleryRow]:
    found = []
    for some in in_portions(gallery_ids):
        statement = select(gallery_table).where(gallery_table.c.gallery_id.in_(some))
        for row in connection.execute(statement.order_by(gallery_table.c.gallery_id)):
            model = ModelIdentity(row.model_name, row.model_digest, row.model_dimension)
            found.append(
                GalleryRow(row.gallery_id, row.name, model, row.created_at, row.basis, row.retention_days, row.revision)
            )
    return found
