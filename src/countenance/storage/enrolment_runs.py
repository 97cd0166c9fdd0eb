"""Bookkeeping of bulk enrolment: what came of every input, in the same transaction as the references.

Rules kept here:

- What is recorded and what is stored agree after a crash at any moment: both are in one transaction, or neither is.
- An input is counted once: the first outcome recorded for it in a run stays.
- ``stored`` is recorded only for a photo that this call stored; one that was there already is a ``duplicate``, whatever
  the caller believed when it looked.
- Bookkeeping names people, so it ends with the gallery's retention, with the person's erasure, and when the same source
  is enrolled anew.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row, delete, insert, select, update

from countenance.core.errors import StorageError
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentRun, EnrolmentStatus, NewReference
from countenance.storage import galleries, references
from countenance.storage.galleries import GalleryRow
from countenance.storage.storable_text import require_storable
from countenance.storage.tables import enrolment_outcomes, enrolment_runs
from countenance.storage.tables import galleries as gallery_table
from countenance.storage.transactions import Transaction, expiry_text, in_portions, new_identifier

#: Why a photo counts as a duplicate.
DUPLICATE_REASON = "the gallery already holds this photo for this subject"


def begin(transaction: Transaction, gallery_name: str, source: str) -> EnrolmentRun:
    """Return the unfinished run of a source into a gallery, or a new one in place of the finished one.

    Raises:
        GalleryNotFound: There is none of this name.
        InputError: The source's description cannot be stored.
    """
    require_storable(source, "source")
    # The lock also keeps two processes from beginning the same run twice.
    gallery = galleries.lock(transaction, gallery_name)
    same_source = (enrolment_runs.c.gallery_id == gallery.gallery_id, enrolment_runs.c.source == source)
    unfinished = select(enrolment_runs.c.run_id).where(*same_source, enrolment_runs.c.finished_at.is_(None))
    run_id = transaction.connection.execute(unfinished).scalar_one_or_none()
    if run_id is not None:
        recorded = outcomes(transaction.connection, run_id)
        return EnrolmentRun(run_id, gallery_name, source, {outcome.item: outcome.outcome for outcome in recorded})
    if transaction.connection.execute(delete(enrolment_runs).where(*same_source)).rowcount:
        transaction.deleted = True
    run_id = new_identifier()
    transaction.connection.execute(
        insert(enrolment_runs).values(
            run_id=run_id,
            gallery_id=gallery.gallery_id,
            source=source,
            started_at=transaction.now_text,
            expires_at=expiry_text(transaction.now, gallery.retention_days),
        )
    )
    return EnrolmentRun(run_id, gallery_name, source, {})


def record_batch(
    transaction: Transaction, run_id: str, new: Sequence[NewReference], results: Sequence[EnrolmentOutcome]
) -> tuple[EnrolmentOutcome, ...]:
    """Store references and record outcomes; return the outcomes as recorded, in the order given.

    Raises:
        ModelMismatch: A template is not of the gallery's model.
        InputError: A name or reason cannot be stored.
        StorageError: There is no such unfinished run.
        ValueError: References and outcomes ``stored`` do not belong together, or an input occurs twice.
    """
    gallery = _lock_unfinished(transaction, run_id)
    earlier = _recorded(transaction.connection, run_id, [_item_sha256(result) for result in results])
    queued = _by_photo(new, results)
    recorded: list[EnrolmentOutcome] = []
    to_store: dict[int, NewReference] = {}
    for position, result in enumerate(results):
        reference = None
        if result.outcome is EnrolmentStatus.STORED:
            reference = queued[result.subject, result.sha256].pop(0)
        known = earlier.get(_item_sha256(result))
        if known is None and reference is not None:
            to_store[position] = reference
        recorded.append(result if known is None else known)
    _, stored = references.add(transaction, gallery.name, list(to_store.values()))
    for position, is_new in zip(to_store, stored, strict=True):
        if not is_new:
            recorded[position] = replace(recorded[position], outcome=EnrolmentStatus.DUPLICATE, reason=DUPLICATE_REASON)
    _insert(transaction, run_id, [outcome for outcome in recorded if _item_sha256(outcome) not in earlier])
    return tuple(recorded)


def finish(transaction: Transaction, run_id: str) -> None:
    """Mark a run as finished.

    Raises:
        StorageError: There is no such unfinished run.
    """
    _lock_unfinished(transaction, run_id)
    statement = update(enrolment_runs).where(enrolment_runs.c.run_id == run_id)
    transaction.connection.execute(statement.values(finished_at=transaction.now_text))


def outcomes(connection: Connection, run_id: str) -> list[EnrolmentOutcome]:
    """Return what is recorded for a run, by source name and subject.

    Raises:
        StorageError: There is no such run.
    """
    known = select(enrolment_runs.c.run_id).where(enrolment_runs.c.run_id == run_id)
    if connection.execute(known).one_or_none() is None:
        raise _no_such_run(run_id)
    rows = connection.execute(select(enrolment_outcomes).where(enrolment_outcomes.c.run_id == run_id))
    return sorted((_outcome(row) for row in rows), key=lambda outcome: outcome.item)


def _lock_unfinished(transaction: Transaction, run_id: str) -> GalleryRow:
    connection = transaction.connection
    of_run = enrolment_runs.c.run_id == run_id
    name = connection.execute(
        select(gallery_table.c.name).join_from(gallery_table, enrolment_runs).where(of_run)
    ).scalar_one_or_none()
    if name is None:
        raise _no_such_run(run_id)
    gallery = galleries.lock(transaction, name)
    # Asked under the lock: another process may have finished or removed the run while this one waited.
    unfinished = select(enrolment_runs.c.run_id).where(of_run, enrolment_runs.c.finished_at.is_(None))
    if connection.execute(unfinished).one_or_none() is None:
        raise _no_such_run(run_id)
    return gallery


def _by_photo(
    new: Sequence[NewReference], results: Sequence[EnrolmentOutcome]
) -> dict[tuple[str, str | None], list[NewReference]]:
    """Return the references by subject and digest, each of which has its outcome."""
    queued: dict[tuple[str, str | None], list[NewReference]] = {}
    for reference in new:
        queued.setdefault((reference.subject, reference.source_sha256), []).append(reference)
    said_stored = Counter(
        (result.subject, result.sha256) for result in results if result.outcome is EnrolmentStatus.STORED
    )
    if said_stored != {photo: len(waiting) for photo, waiting in queued.items()}:
        raise ValueError("every reference needs exactly one outcome 'stored' with its subject and digest")
    if len({result.item for result in results}) != len(results):
        raise ValueError("an input occurs twice in one batch")
    return queued


def _recorded(connection: Connection, run_id: str, item_digests: list[str]) -> dict[str, EnrolmentOutcome]:
    recorded = {}
    for portion in in_portions(item_digests):
        statement = select(enrolment_outcomes).where(
            enrolment_outcomes.c.run_id == run_id, enrolment_outcomes.c.item_sha256.in_(portion)
        )
        recorded.update({row.item_sha256: _outcome(row) for row in connection.execute(statement)})
    return recorded


def _insert(transaction: Transaction, run_id: str, new: list[EnrolmentOutcome]) -> None:
    for outcome in new:
        for text in (outcome.source_name, outcome.subject, outcome.reason or ""):
            require_storable(text, "name or reason")
    rows = [
        {
            "run_id": run_id,
            "item_sha256": _item_sha256(outcome),
            "source_name": outcome.source_name,
            "subject": outcome.subject,
            "outcome": outcome.outcome.value,
            "reason": outcome.reason,
            "sha256": outcome.sha256,
        }
        for outcome in new
    ]
    if rows:
        transaction.connection.execute(insert(enrolment_outcomes), rows)


def _item_sha256(outcome: EnrolmentOutcome) -> str:
    return hashlib.sha256(json.dumps(outcome.item).encode()).hexdigest()


def _outcome(row: Row[tuple[object, ...]]) -> EnrolmentOutcome:
    return EnrolmentOutcome(
        source_name=row.source_name,
        subject=row.subject,
        outcome=EnrolmentStatus(row.outcome),
        reason=row.reason,
        sha256=row.sha256,
    )


def _no_such_run(run_id: str) -> StorageError:
    return StorageError(
        f"There is no unfinished enrolment run {run_id}: it was finished, its time was up, or its gallery is gone.",
        remedy="Start the enrolment again; what is stored already is passed over.",
    )
