"""Reviews over an open store: the object that ``bootstrap`` hands to the use cases.

Rules kept here:

- Writing takes part in the caller's transaction, so that a review, its votes and the ledger's entries about them are
  stored together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy import Connection

from countenance.storage import galleries, reference_crops, review_rows, subject_keys, vote_rows
from countenance.storage.reference_crops import PicturedSubject
from countenance.storage.review_rows import ItemRow, NewReview, ReviewRow
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import Transaction, as_text
from countenance.storage.vote_rows import ReviewerRow, VoteRow


class SqlReviewStore:
    """Reviews, votes and pictures in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def keep_crops(self, gallery: str, crops: Sequence[tuple[str, str, bytes]], *, transaction: Transaction) -> None:
        """Store sealed pictures of references stored in this transaction; see ``reference_crops.keep``."""
        reference_crops.keep(transaction, gallery, crops)

    def add_review(self, new: NewReview, *, transaction: Transaction) -> None:
        """Store a new review.

        Raises:
            TemplateUnsealFailed: The database has moved on to another master key since it was opened.
        """
        subject_keys.require_adopted(transaction)
        review_rows.add(transaction, new)

    def find(self, name: str) -> tuple[ReviewRow, ...]:
        """Return the reviews with this identifier, or beginning with it."""
        with self._store.database.reading() as connection:
            return review_rows.find(connection, self._store.master_key, name)

    def lock(self, review_id: str, *, transaction: Transaction) -> ReviewRow | None:
        """Return a review, locked until the transaction ends, or None."""
        return review_rows.lock(transaction, review_id)

    def recent(self, states: Sequence[str], *, limit: int, offset: int = 0) -> tuple[ReviewRow, ...]:
        """Return reviews in these states, newest first."""
        with self._store.database.reading() as connection:
            return review_rows.recent(connection, self._store.master_key, states=states, limit=limit, offset=offset)

    def probes(self, review: ReviewRow) -> dict[int, bytes | None]:
        """Return probe number → encoded picture, None where there is none (any more)."""
        with self._store.database.reading() as connection:
            return review_rows.probes(connection, review)

    def items(self, review_id: str, *, transaction: Transaction | None = None) -> tuple[ItemRow, ...]:
        """Return everybody in a review's line-ups."""
        with self._reading(transaction) as connection:
            return review_rows.items(connection, review_id)

    def crops(self, reference_ids: Sequence[str]) -> dict[str, bytes]:
        """Return reference → encoded picture, of those that are still there."""
        with self._store.database.reading() as connection:
            return reference_crops.crops_of(connection, self._store.master_key, reference_ids, self._now_text())

    def pictured(self, reference_ids: Sequence[str], *, transaction: Transaction | None = None) -> dict[str, str]:
        """Return reference → identifier of its subject, of those that are still there and have a picture."""
        now_text = self._now_text() if transaction is None else transaction.now_text
        with self._reading(transaction) as connection:
            return reference_crops.pictured(connection, reference_ids, now_text)

    def names(self, reference_ids: Sequence[str], *, transaction: Transaction | None = None) -> dict[str, str]:
        """Return reference → name of its subject, of those that are still there."""
        now_text = self._now_text() if transaction is None else transaction.now_text
        with self._reading(transaction) as connection:
            return reference_crops.names_of(connection, reference_ids, now_text)

    def subjects(self, reference_ids: Sequence[str], *, transaction: Transaction) -> frozenset[str]:
        """Return the identifiers of the subjects of references."""
        return reference_crops.subjects_of(transaction.connection, reference_ids)

    def next_pictured(
        self, gallery: str, point: str, excluded: Sequence[str], *, transaction: Transaction
    ) -> PicturedSubject | None:
        """Return the first subject at or after a point of whom there is a picture; see ``reference_crops``."""
        gallery_id = galleries.find(transaction.connection, gallery).gallery_id
        return reference_crops.next_pictured(transaction, gallery_id, point, excluded)

    def note_sitting(self, review_id: str, reviewer_id: str, *, transaction: Transaction) -> None:
        """Store that somebody looked, unless they had before."""
        vote_rows.note_sitting(transaction, review_id, reviewer_id)

    def sitting(self, review_id: str, reviewer_id: str, *, transaction: Transaction) -> datetime | None:
        """Return when somebody first looked, or None."""
        return vote_rows.sitting(transaction.connection, review_id, reviewer_id)

    def add_vote(
        self,
        review_id: str,
        *,
        reviewer_id: str,
        vote_number: int,
        entry_id: str,
        none_of_these: bool,
        fillers_shown: int,
        fillers_chosen: int,
        late: bool,
        ratings: dict[int, int],
        transaction: Transaction,
    ) -> None:
        """Store a vote."""
        vote = VoteRow(
            reviewer_id=reviewer_id,
            vote_number=vote_number,
            entry_id=entry_id,
            voted_at=transaction.now,
            none_of_these=none_of_these,
            fillers_shown=fillers_shown,
            fillers_chosen=fillers_chosen,
            late=late,
            ratings=ratings,
        )
        vote_rows.add_vote(transaction, review_id, vote)

    def votes(self, review_id: str, *, transaction: Transaction | None = None) -> tuple[VoteRow, ...]:
        """Return a review's votes, in the order in which they came."""
        with self._reading(transaction) as connection:
            return vote_rows.votes(connection, review_id)

    def count_votes(self, review_ids: Sequence[str]) -> dict[str, int]:
        """Return review → number of votes."""
        with self._store.database.reading() as connection:
            return vote_rows.count_votes(connection, review_ids)

    def set_progress(self, review_id: str, *, state: str, quorum: int, transaction: Transaction) -> None:
        """Store how far a review under way has come."""
        review_rows.set_progress(transaction, review_id, state=state, quorum=quorum)

    def end(self, review_id: str, *, state: str, result: str, by: str | None, transaction: Transaction) -> None:
        """End a review and destroy its key and pictures."""
        review_rows.end(transaction, review_id, state=state, result=result, by=by)

    def note_end_entry(self, review_id: str, entry_id: str, *, transaction: Transaction) -> None:
        """Store where a review's end is recorded."""
        review_rows.note_end_entry(transaction, review_id, entry_id)

    def keep_reviewer(
        self, reviewer_id: str, *, name: str, trained_until: datetime, attested_by: str, transaction: Transaction
    ) -> None:
        """Store that somebody vouches for a reviewer's training."""
        vote_rows.keep_reviewer(
            transaction, reviewer_id, name=name, trained_until=trained_until, attested_by=attested_by
        )

    def trained_until(self, reviewer_id: str, *, transaction: Transaction) -> datetime | None:
        """Return until when a reviewer's training counts, or None."""
        return vote_rows.trained_until(transaction.connection, reviewer_id)

    def reviewers(self) -> tuple[ReviewerRow, ...]:
        """Return all reviewers with what their votes came to."""
        with self._store.database.reading() as connection:
            return vote_rows.all_reviewers(connection)

    def _reading(self, transaction: Transaction | None) -> AbstractContextManager[Connection]:
        return self._store.database.reading() if transaction is None else nullcontext(transaction.connection)

    def _now_text(self) -> str:
        return as_text(self._store.now())
