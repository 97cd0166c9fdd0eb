"""Forgetting: one person on request, everybody whose time is up.

Rules kept here:

- A subject whose last reference goes, goes with it: name, key, pictures, faces of collections, bookkeeping of runs.
- The key is deleted in the same transaction as what it seals; how that reaches backups is said in ``subject_keys``.
- Whoever is a candidate in a review under way loses their score there; without their picture nobody can compare them,
  and without their reference nobody can release them. Rows stay, nameless, so that the others keep their letters.
- What expires is noted in the transaction, whoever set it off, so that it can be recorded before that commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, select, update

from countenance.storage import galleries
from countenance.storage.galleries import GalleryRow
from countenance.storage.review_tables import reference_crops, review_items, reviews
from countenance.storage.service_tables import answered_requests, collection_faces, collection_users, collections
from countenance.storage.tables import enrolment_outcomes, enrolment_runs, stored_references, subjects
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.transactions import Expired, Transaction, in_portions

#: States of a review that has not ended.
UNDER_WAY = ("open", "agreed")


@dataclass(frozen=True, slots=True)
class Erased:
    """What went with people of one gallery.

    Attributes:
        reference_ids: Their references.
        pictures: Sealed pictures of their faces.
        keys: Their keys, one a subject.
        collection_faces: Faces of a collection.
        collection_users: Users of a collection.
        outcomes: Rows of enrolment bookkeeping that named them.
        answers: Kept answers to a client's requests that named them.
        review_ids: Reviews under way in which one of their references was a candidate or a filler.
    """

    reference_ids: tuple[str, ...] = ()
    pictures: int = 0
    keys: int = 0
    collection_faces: int = 0
    collection_users: int = 0
    outcomes: int = 0
    answers: int = 0
    review_ids: tuple[str, ...] = ()


def erase_subject(transaction: Transaction, gallery_name: str, subject: str) -> int:
    """Delete a subject's references, key and bookkeeping; return how many references went, 0 if it is not known.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, gallery_name)
    remove_expired(transaction, gallery.gallery_id, transaction.now_text)
    return len(erase(transaction, gallery, [subject]).reference_ids)


def erase(transaction: Transaction, gallery: GalleryRow, names: Sequence[str], *, user: str | None = None) -> Erased:
    """Delete everything of people of a locked gallery and return what went.

    Args:
        transaction: Where it happens.
        gallery: The gallery, locked.
        names: Names of subjects; those that the gallery does not hold still lose bookkeeping.
        user: A user of the collection who goes as well.
    """
    connection, gallery_id = transaction.connection, gallery.gallery_id
    subject_ids: list[str] = []
    for some in in_portions(sorted(set(names))):
        statement = select(subjects.c.subject_id).where(subjects.c.gallery_id == gallery_id, subjects.c.name.in_(some))
        subject_ids += connection.execute(statement).scalars()
    reference_ids, pictures, faces = _references_and_what_hangs_on_them(transaction, gallery_id, subject_ids)
    touched = forget_in_reviews(transaction, reference_ids)
    for some in in_portions(subject_ids):
        of_subjects = (stored_references.c.gallery_id == gallery_id, stored_references.c.subject_id.in_(some))
        connection.execute(delete(stored_references).where(*of_subjects))
        connection.execute(delete(subjects).where(subjects.c.gallery_id == gallery_id, subjects.c.subject_id.in_(some)))
    outcomes = 0
    for some in in_portions(sorted(set(names))):
        of_names = (enrolment_outcomes.c.run_id.in_(_runs_of(gallery_id)), enrolment_outcomes.c.subject.in_(some))
        outcomes += connection.execute(delete(enrolment_outcomes).where(*of_names)).rowcount
    users = _forget_user(transaction, gallery_id, user)
    answers = _forget_answers(transaction, gallery_id, [*names, *([user] if user else [])]) if faces or users else 0
    if subject_ids:
        galleries.grow_revision(transaction, gallery_id, 1)
    transaction.deleted = True
    return Erased(
        reference_ids=tuple(reference_ids),
        pictures=pictures,
        keys=len(subject_ids),
        collection_faces=faces,
        collection_users=users,
        outcomes=outcomes,
        answers=answers,
        review_ids=touched,
    )


def forget_in_reviews(transaction: Transaction, reference_ids: Sequence[str]) -> tuple[str, ...]:
    """Take the scores of references out of reviews under way; return those reviews."""
    touched: set[str] = set()
    under_way = select(reviews.c.review_id).where(reviews.c.state.in_(UNDER_WAY))
    for some in in_portions(reference_ids):
        theirs = (review_items.c.reference_id.in_(some), review_items.c.review_id.in_(under_way))
        touched.update(transaction.connection.execute(select(review_items.c.review_id).where(*theirs)).scalars())
        transaction.connection.execute(update(review_items).where(*theirs).values(similarity=None))
    return tuple(sorted(touched))


def expire(transaction: Transaction, now_text: str) -> int:
    """Delete all references, and runs, whose time ended at or before a moment; return how many references went."""
    due = select(stored_references.c.gallery_id).where(stored_references.c.expires_at <= now_text)
    # Locked in one order, so that two processes doing this at once do not wait for each other.
    locked = select(gallery_table.c.gallery_id).where(gallery_table.c.gallery_id.in_(due))
    locked = locked.order_by(gallery_table.c.gallery_id).with_for_update()
    gallery_ids = transaction.connection.execute(locked).scalars().all()
    count = sum(remove_expired(transaction, gallery_id, now_text) for gallery_id in gallery_ids)
    runs = delete(enrolment_runs).where(enrolment_runs.c.expires_at <= now_text)
    if transaction.connection.execute(runs).rowcount:
        transaction.deleted = True
    return count


def remove_expired(transaction: Transaction, gallery_id: str, now_text: str) -> int:
    """Delete a locked gallery's expired references and return how many; the stored revision grows by as many."""
    connection = transaction.connection
    expired = (stored_references.c.gallery_id == gallery_id, stored_references.c.expires_at <= now_text)
    rows = connection.execute(select(stored_references.c.reference_id, stored_references.c.subject_id).where(*expired))
    subject_of = {row.reference_id: row.subject_id for row in rows}
    if not subject_of:
        return 0
    touched = forget_in_reviews(transaction, list(subject_of))
    count = connection.execute(delete(stored_references).where(*expired)).rowcount
    has_reference = (
        select(stored_references.c.reference_id)
        .where(
            stored_references.c.gallery_id == subjects.c.gallery_id,
            stored_references.c.subject_id == subjects.c.subject_id,
        )
        .exists()
    )
    without = (subjects.c.gallery_id == gallery_id, ~has_reference)
    gone = select(subjects.c.name).where(*without)
    connection.execute(
        delete(enrolment_outcomes).where(
            enrolment_outcomes.c.run_id.in_(_runs_of(gallery_id)), enrolment_outcomes.c.subject.in_(gone)
        )
    )
    keys = connection.execute(delete(subjects).where(*without)).rowcount
    galleries.grow_revision(transaction, gallery_id, count)
    transaction.deleted = True
    name = connection.execute(select(gallery_table.c.name).where(gallery_table.c.gallery_id == gallery_id)).scalar_one()
    left = _names(transaction, gallery_id, sorted(set(subject_of.values())))
    transaction.expired.append(Expired(gallery_id, name, tuple(sorted(subject_of)), left, keys, touched))
    return count


def _references_and_what_hangs_on_them(
    transaction: Transaction, gallery_id: str, subject_ids: Sequence[str]
) -> tuple[list[str], int, int]:
    """Return (references, number of pictures, number of collection faces) of subjects."""
    connection = transaction.connection
    reference_ids: list[str] = []
    pictures = faces = 0
    for some in in_portions(subject_ids):
        theirs = (stored_references.c.gallery_id == gallery_id, stored_references.c.subject_id.in_(some))
        reference_ids += connection.execute(select(stored_references.c.reference_id).where(*theirs)).scalars()
        with_picture = select(func.count()).select_from(reference_crops.join(stored_references)).where(*theirs)
        pictures += connection.execute(with_picture).scalar_one()
        of_collection = (collection_faces.c.gallery_id == gallery_id, collection_faces.c.subject_id.in_(some))
        faces += connection.execute(select(func.count()).where(*of_collection)).scalar_one()
    return sorted(reference_ids), pictures, faces


def _forget_user(transaction: Transaction, gallery_id: str, user: str | None) -> int:
    if user is None:
        return 0
    connection = transaction.connection
    faces = (collection_faces.c.gallery_id == gallery_id, collection_faces.c.user_id == user)
    connection.execute(update(collection_faces).where(*faces).values(user_id=None))
    users = (collection_users.c.gallery_id == gallery_id, collection_users.c.user_id == user)
    count = connection.execute(delete(collection_users).where(*users)).rowcount
    if count:
        revision = collections.c.users_revision + 1
        connection.execute(
            update(collections).where(collections.c.gallery_id == gallery_id).values(users_revision=revision)
        )
    return count


def _forget_answers(transaction: Transaction, gallery_id: str, words: Sequence[str]) -> int:
    """Delete kept answers that name somebody; they are kept for a day, so there are few."""
    connection, kept = transaction.connection, answered_requests.c
    rows = connection.execute(select(kept.operation, kept.token, kept.answer).where(kept.gallery_id == gallery_id))
    named = [(row.operation, row.token) for row in rows if any(word in row.answer for word in words)]
    for operation, token in named:
        one = (kept.gallery_id == gallery_id, kept.operation == operation, kept.token == token)
        connection.execute(delete(answered_requests).where(*one))
    return len(named)


def _names(transaction: Transaction, gallery_id: str, subject_ids: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for some in in_portions(subject_ids):
        statement = select(subjects.c.name).where(subjects.c.gallery_id == gallery_id, subjects.c.subject_id.in_(some))
        found += transaction.connection.execute(statement).scalars()
    return tuple(sorted(found))


def _runs_of(gallery_id: str) -> Select[tuple[str]]:
    return select(enrolment_runs.c.run_id).where(enrolment_runs.c.gallery_id == gallery_id)
