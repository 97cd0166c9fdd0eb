"""Rows of reviews: the held result, what is shown, how it ended. Votes are in ``vote_rows``.

Rules kept here:

- Who changes a review locks its row first: two votes at once are counted one after the other.
- Ending a review deletes the probe's picture and the review's key in the same statement that says how it ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Row, func, insert, select, update

from countenance.storage import review_keys
from countenance.storage.review_tables import review_items, review_probes, reviews
from countenance.storage.template_sealing import MasterKey
from countenance.storage.transactions import Transaction, as_text


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review as stored.

    Attributes:
        review_id, act_id: Random identifiers: its own, and that of the search.
        state: ``open``, ``agreed``, ``released`` or ``closed``.
        gallery_id, gallery: The gallery searched, and its name at the time.
        requester_id: Who asked for the search.
        standing: JSON of the standing it was asked for under.
        threshold: JSON of the threshold it was decided at.
        reviewers_needed: Reviewers who have to agree.
        quorum: Votes to wait for; one more than needed after a disagreement.
        key: The review's key, or None once it has ended.
        opened_at, due_at, ended_at: Its times.
        ended_by: Who released or closed it, or None where the votes did.
        end_result: How it ended, as a word.
        end_entry_id: Entry of its end.
    """

    review_id: str
    act_id: str
    state: str
    gallery_id: str
    gallery: str
    requester_id: str
    standing: str
    threshold: str
    reviewers_needed: int
    quorum: int
    key: bytes | None = field(repr=False)
    opened_at: datetime
    due_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    end_result: str | None
    end_entry_id: str | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Somebody in a line-up.

    Attributes:
        item_number: Number within the review; says nothing of the order shown.
        probe_number: Which probe it is compared with, from 1.
        reference_id: The reference shown.
        is_filler: Whether it is a filler, not a candidate.
        shown: False for a candidate of whom there was no picture.
        candidate_rank: Rank in the search, from 1; None for a filler.
        similarity: Similarity in the search; None for a filler.
    """

    item_number: int
    probe_number: int
    reference_id: str
    is_filler: bool
    shown: bool
    candidate_rank: int | None
    similarity: float | None


class NewReview(Protocol):
    """What a review is opened with; see ``ReviewRow``.

    ``probes`` is number → encoded picture, or None where there is none; ``filler_seed`` is what the choice of fillers
    followed from, 64 hex digits.
    """

    @property
    def review_id(self) -> str: ...
    @property
    def act_id(self) -> str: ...
    @property
    def gallery_id(self) -> str: ...
    @property
    def gallery(self) -> str: ...
    @property
    def requester_id(self) -> str: ...
    @property
    def standing(self) -> str: ...
    @property
    def threshold(self) -> str: ...
    @property
    def reviewers_needed(self) -> int: ...
    @property
    def filler_seed(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def probes(self) -> Mapping[int, bytes | None]: ...
    @property
    def items(self) -> Sequence[NewItem]: ...


class NewItem(Protocol):
    """Somebody to be put into a line-up; see ``ItemRow``."""

    @property
    def item_number(self) -> int: ...
    @property
    def probe_number(self) -> int: ...
    @property
    def reference_id(self) -> str: ...
    @property
    def is_filler(self) -> bool: ...
    @property
    def shown(self) -> bool: ...
    @property
    def candidate_rank(self) -> int | None: ...
    @property
    def similarity(self) -> float | None: ...


def add(transaction: Transaction, new: NewReview) -> None:
    """Store a new review."""
    connection = transaction.connection
    key, wrapped = review_keys.new_key(transaction.master_key, new.review_id)
    connection.execute(
        insert(reviews).values(
            review_id=new.review_id,
            act_id=new.act_id,
            state="open",
            gallery_id=new.gallery_id,
            gallery=new.gallery,
            requester_id=new.requester_id,
            standing=new.standing,
            threshold=new.threshold,
            reviewers_needed=new.reviewers_needed,
            quorum=new.reviewers_needed,
            filler_seed=new.filler_seed,
            wrapped_key=wrapped,
            opened_at=transaction.now_text,
            due_at=as_text(new.due_at),
        )
    )
    probes = [
        {
            "review_id": new.review_id,
            "probe_number": number,
            "sealed_crop": None if crop is None else review_keys.seal_probe(key, new.review_id, number, crop),
        }
        for number, crop in new.probes.items()
    ]
    if probes:
        connection.execute(insert(review_probes), probes)
    if new.items:
        connection.execute(insert(review_items), [_item_values(new.review_id, item) for item in new.items])


def find(connection: Connection, master_key: MasterKey, name: str) -> tuple[ReviewRow, ...]:
    """Return the reviews with this identifier, or beginning with it (8 digits or more)."""
    if not 8 <= len(name) <= 32 or not all(letter in "0123456789abcdef" for letter in name):
        return ()
    statement = select(reviews).where(func.substr(reviews.c.review_id, 1, len(name)) == name)
    if len(name) == 32:
        statement = select(reviews).where(reviews.c.review_id == name)
    return tuple(_review(row, master_key) for row in connection.execute(statement.limit(2)))


def lock(transaction: Transaction, review_id: str) -> ReviewRow | None:
    """Return a review and keep others from changing it until the transaction ends."""
    statement = select(reviews).where(reviews.c.review_id == review_id).with_for_update()
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else _review(row, transaction.master_key)


def recent(
    connection: Connection, master_key: MasterKey, *, states: Sequence[str], limit: int, offset: int
) -> tuple[ReviewRow, ...]:
    """Return reviews in these states, newest first."""
    statement = select(reviews).where(reviews.c.state.in_(states))
    statement = statement.order_by(reviews.c.opened_at.desc(), reviews.c.review_id).limit(limit).offset(offset)
    return tuple(_review(row, master_key) for row in connection.execute(statement))


def probes(connection: Connection, review: ReviewRow) -> dict[int, bytes | None]:
    """Return probe number → encoded picture, None where there is none (any more)."""
    statement = select(review_probes).where(review_probes.c.review_id == review.review_id)
    found: dict[int, bytes | None] = {}
    for row in connection.execute(statement.order_by(review_probes.c.probe_number)):
        opened = None
        if row.sealed_crop is not None and review.key is not None:
            opened = review_keys.unseal_probe(review.key, review.review_id, row.probe_number, row.sealed_crop)
        found[row.probe_number] = opened
    return found


def items(connection: Connection, review_id: str) -> tuple[ItemRow, ...]:
    """Return everybody in a review's line-ups, by item number."""
    statement = select(review_items).where(review_items.c.review_id == review_id).order_by(review_items.c.item_number)
    return tuple(
        ItemRow(
            item_number=row.item_number,
            probe_number=row.probe_number,
            reference_id=row.reference_id,
            is_filler=bool(row.is_filler),
            shown=bool(row.shown),
            candidate_rank=row.candidate_rank,
            similarity=row.similarity,
        )
        for row in connection.execute(statement)
    )


def set_progress(transaction: Transaction, review_id: str, *, state: str, quorum: int) -> None:
    """Store how far a review under way has come."""
    statement = update(reviews).where(reviews.c.review_id == review_id)
    transaction.connection.execute(statement.values(state=state, quorum=quorum))


def end(transaction: Transaction, review_id: str, *, state: str, result: str, by: str | None) -> None:
    """End a review: destroy its key and the probe's pictures, and say how it ended."""
    connection = transaction.connection
    connection.execute(update(review_probes).where(review_probes.c.review_id == review_id).values(sealed_crop=None))
    connection.execute(
        update(reviews)
        .where(reviews.c.review_id == review_id)
        .values(state=state, wrapped_key=None, ended_at=transaction.now_text, ended_by=by, end_result=result)
    )
    transaction.deleted = True


def note_end_entry(transaction: Transaction, review_id: str, entry_id: str) -> None:
    """Store where a review's end is recorded."""
    statement = update(reviews).where(reviews.c.review_id == review_id)
    transaction.connection.execute(statement.values(end_entry_id=entry_id))


def _review(row: Row[tuple[object, ...]], master_key: MasterKey) -> ReviewRow:
    wrapped = row.wrapped_key
    return ReviewRow(
        review_id=row.review_id,
        act_id=row.act_id,
        state=row.state,
        gallery_id=row.gallery_id,
        gallery=row.gallery,
        requester_id=row.requester_id,
        standing=row.standing,
        threshold=row.threshold,
        reviewers_needed=row.reviewers_needed,
        quorum=row.quorum,
        key=None if wrapped is None else review_keys.unwrap(master_key, row.review_id, wrapped),
        opened_at=datetime.fromisoformat(row.opened_at),
        due_at=datetime.fromisoformat(row.due_at),
        ended_at=None if row.ended_at is None else datetime.fromisoformat(row.ended_at),
        ended_by=row.ended_by,
        end_result=row.end_result,
        end_entry_id=row.end_entry_id,
    )


def _item_values(review_id: str, item: NewItem) -> dict[str, object]:
    return {
        "review_id": review_id,
        "item_number": item.item_number,
        "probe_number": item.probe_number,
        "reference_id": item.reference_id,
        "is_filler": item.is_filler,
        "shown": item.shown,
        "candidate_rank": item.candidate_rank,
        "similarity": item.similarity,
    }
