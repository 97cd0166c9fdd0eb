"""Lists of reviews: read page by page from the index over state and time, without opening any review's key.

Rules kept here:

- A page goes on after the last row's time and identifier; nothing is skipped by counting.
- Counts end at a bound, so that they cost the same however many reviews there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from countenance.storage import vote_rows
from countenance.storage.review_tables import review_votes, reviewers, reviews
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import as_text

_COLUMNS = (
    reviews.c.review_id, reviews.c.act_id, reviews.c.state, reviews.c.requester_id, reviews.c.quorum,
    reviews.c.opened_at, reviews.c.due_at, reviews.c.ended_at, reviews.c.end_result, reviews.c.end_entry_id,
)  # fmt: skip

_STATES = ("open", "agreed", "released", "closed")
#: Up to so many votes of somebody, their reviews are sorted; else reviews are read in order until enough are theirs.
_FEW_VOTES = 2_000


class Cursor(Protocol):
    """The row after which a page begins."""

    @property
    def opened_at(self) -> datetime: ...
    @property
    def review_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A review in a list; see ``review_rows.ReviewRow``. ``votes`` counts those cast so far."""

    review_id: str
    act_id: str
    state: str
    requester_id: str
    votes: int
    quorum: int
    opened_at: datetime
    due_at: datetime
    ended_at: datetime | None
    end_result: str | None
    end_entry_id: str | None


class SqlReviewLists:
    """Lists of reviews in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        """Take an open store."""
        self._store = store

    def waiting_for(self, reviewer_id: str, *, after: Cursor | None, limit: int) -> list[ListedRow]:
        """Return open reviews that somebody has neither asked for nor voted on, oldest first."""
        statement = select(*_COLUMNS).where(
            reviews.c.state == "open", reviews.c.requester_id != reviewer_id, ~_voted(reviewer_id)
        )
        return self._page(statement, oldest_first=True, after=after, limit=limit)

    def left_out_for(self, reviewer_id: str, *, most: int) -> tuple[int, int]:
        """Return how many open reviews they asked for, and on how many they have voted; each counted up to a bound."""
        is_open = reviews.c.state == "open"
        own = select(reviews.c.review_id).where(is_open, reviews.c.requester_id == reviewer_id)
        voted = select(reviews.c.review_id).join(review_votes, review_votes.c.review_id == reviews.c.review_id)
        voted = voted.where(is_open, review_votes.c.reviewer_id == reviewer_id)
        with self._store.database.reading() as connection:
            return _count(connection, own, most), _count(connection, voted, most)

    def in_state(
        self, state: str, *, oldest_first: bool, due_before: datetime | None, after: Cursor | None, limit: int
    ) -> list[ListedRow]:
        """Return reviews in a state, by the time they were opened."""
        statement = select(*_COLUMNS).where(*_in_state(state, due_before))
        return self._page(statement, oldest_first=oldest_first, after=after, limit=limit)

    def count_due(self, state: str, *, due_before: datetime | None, most: int) -> int:
        """Return how many reviews are in a state, and were due before a moment if there is one; up to a bound."""
        with self._store.database.reading() as connection:
            return _count(connection, select(reviews.c.review_id).where(*_in_state(state, due_before)), most)

    def taken_part(self, reviewer_id: str, *, after: Cursor | None, limit: int) -> list[ListedRow]:
        """Return reviews that somebody has voted on, newest first."""
        own = select(review_votes.c.review_id).where(review_votes.c.reviewer_id == reviewer_id)
        with self._store.database.reading() as connection:
            few = _count(connection, own, _FEW_VOTES + 1) <= _FEW_VOTES
        if few:
            statement = select(*_COLUMNS).join_from(review_votes, reviews)
            statement = statement.where(review_votes.c.reviewer_id == reviewer_id)
            return self._page(statement, oldest_first=False, after=after, limit=limit)
        found: list[ListedRow] = []
        for state in _STATES:
            statement = select(*_COLUMNS).where(reviews.c.state == state, _voted(reviewer_id))
            found += self._page(statement, oldest_first=False, after=after, limit=limit)
        return sorted(found, key=lambda row: (row.opened_at, row.review_id), reverse=True)[:limit]

    def states(self, review_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        """Return review → its state and how it ended, of those that are there."""
        statement = select(reviews.c.review_id, reviews.c.state, reviews.c.end_result)
        statement = statement.where(reviews.c.review_id.in_(review_ids))
        with self._store.database.reading() as connection:
            return {row.review_id: (row.state, row.end_result) for row in connection.execute(statement)}

    def reviewer_names(self) -> list[tuple[str, str, str]]:
        """Return (identifier, name, who vouches for them) of all reviewers."""
        statement = select(reviewers.c.reviewer_id, reviewers.c.name, reviewers.c.attested_by)
        with self._store.database.reading() as connection:
            rows = connection.execute(statement.order_by(reviewers.c.name)).all()
        return [(row.reviewer_id, row.name, row.attested_by) for row in rows]

    def _page(self, statement: Select[Any], *, oldest_first: bool, after: Cursor | None, limit: int) -> list[ListedRow]:
        opened, review_id = reviews.c.opened_at, reviews.c.review_id
        if after is not None:
            at = as_text(after.opened_at)
            # The first condition alone is what the index can be entered by.
            if oldest_first:
                statement = statement.where(opened >= at, or_(opened > at, review_id > after.review_id))
            else:
                statement = statement.where(opened <= at, or_(opened < at, review_id < after.review_id))
        order = (opened, review_id) if oldest_first else (opened.desc(), review_id.desc())
        with self._store.database.reading() as connection:
            rows = connection.execute(statement.order_by(*order).limit(limit)).all()
            votes = vote_rows.count_votes(connection, [row.review_id for row in rows])
        return [_listed(row, votes.get(row.review_id, 0)) for row in rows]


def _in_state(state: str, due_before: datetime | None) -> Sequence[ColumnElement[bool]]:
    if due_before is None:
        return (reviews.c.state == state,)
    return (reviews.c.state == state, reviews.c.due_at < as_text(due_before))


def _voted(reviewer_id: str) -> ColumnElement[bool]:
    return exists().where(
        and_(review_votes.c.review_id == reviews.c.review_id, review_votes.c.reviewer_id == reviewer_id)
    )


def _count(connection: Connection, statement: Select[Any], most: int) -> int:
    counted = select(func.count()).select_from(statement.limit(most).subquery())
    return int(connection.execute(counted).scalar_one())


def _listed(row: Row[Any], votes: int) -> ListedRow:
    return ListedRow(
        review_id=row.review_id,
        act_id=row.act_id,
        state=row.state,
        requester_id=row.requester_id,
        votes=votes,
        quorum=row.quorum,
        opened_at=datetime.fromisoformat(row.opened_at),
        due_at=datetime.fromisoformat(row.due_at),
        ended_at=None if row.ended_at is None else datetime.fromisoformat(row.ended_at),
        end_result=row.end_result,
        end_entry_id=row.end_entry_id,
    )
