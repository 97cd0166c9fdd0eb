"""Forgetting: one person on request, everybody whose time is up.

Rules kept here:

- A subject whose last reference goes, goes with it: name, key and bookkeeping of runs.
- The key is deleted in the same transaction as what it seals; how that reaches backups is said in ``subject_keys``.
"""

from __future__ import annotations

from sqlalchemy import Select, delete, select

from countenance.storage import galleries
from countenance.storage.tables import enrolment_outcomes, enrolment_runs, stored_references, subjects
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.transactions import Transaction


def erase_subject(transaction: Transaction, gallery_name: str, subject: str) -> int:
    """Delete a subject's references, key and bookkeeping; return how many references went, 0 if it is not known.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, gallery_name)
    remove_expired(transaction, gallery.gallery_id, transaction.now_text)
    of_subject = (subjects.c.gallery_id == gallery.gallery_id, subjects.c.name == subject)
    subject_ids = select(subjects.c.subject_id).where(*of_subject)
    references = delete(stored_references).where(
        stored_references.c.gallery_id == gallery.gallery_id, stored_references.c.subject_id.in_(subject_ids)
    )
    count = transaction.connection.execute(references).rowcount
    transaction.connection.execute(delete(subjects).where(*of_subject))
    transaction.connection.execute(
        delete(enrolment_outcomes).where(
            enrolment_outcomes.c.run_id.in_(_runs_of(gallery.gallery_id)), enrolment_outcomes.c.subject == subject
        )
    )
    if count:
        galleries.grow_revision(transaction, gallery.gallery_id, 1)
    transaction.deleted = True
    return count


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
    expired = delete(stored_references).where(
        stored_references.c.gallery_id == gallery_id, stored_references.c.expires_at <= now_text
    )
    count = connection.execute(expired).rowcount
    if count:
        has_reference = (
            select(stored_references.c.reference_id)
            .where(
                stored_references.c.gallery_id == subjects.c.gallery_id,
                stored_references.c.subject_id == subjects.c.subject_id,
            )
            .exists()
        )
        gone = select(subjects.c.name).where(subjects.c.gallery_id == gallery_id, ~has_reference)
        connection.execute(
            delete(enrolment_outcomes).where(
                enrolment_outcomes.c.run_id.in_(_runs_of(gallery_id)), enrolment_outcomes.c.subject.in_(gone)
            )
        )
        connection.execute(delete(subjects).where(subjects.c.gallery_id == gallery_id, ~has_reference))
        galleries.grow_revision(transaction, gallery_id, count)
        transaction.deleted = True
    return count


def _runs_of(gallery_id: str) -> Select[tuple[str]]:
    return select(enrolment_runs.c.run_id).where(enrolment_runs.c.gallery_id == gallery_id)
