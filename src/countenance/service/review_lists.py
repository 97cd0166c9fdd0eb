"""Reviews in lists: what waits for one reviewer, and what is under way or has ended, for whoever keeps the records.

Rules kept here:

- Nothing in a list tells who was found, what anybody voted, or which gallery was searched: a reviewer may read it.
- What a reviewer may not look at is left out of their list, and counted with the reason.
- Lists go on from the last row, never from a number of rows: a list of 100,000 is as quick as one of ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from countenance.core.errors import InputError
from countenance.service.review_port import AGREED, CLOSED, OPEN, RELEASED

#: Most reviews on a page.
PAGE = 50
#: Left-out reviews are counted up to here; more are "more than" it.
MOST_COUNTED = 100
#: What a list of all reviews is narrowed to: word → states, oldest first or not.
SHOWN: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "late": ((OPEN,), True),
    "open": ((OPEN,), True),
    "agreed": ((AGREED,), True),
    "released": ((RELEASED,), False),
    "closed": ((CLOSED,), False),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row of a list, to go on from.

    Attributes:
        opened_at: When its review was opened.
        review_id: Its review.
    """

    opened_at: datetime
    review_id: str

    def text(self) -> str:
        """Return it as an address carries it; see ``cursor_of``."""
        return f"{self.opened_at.isoformat()}.{self.review_id}"


class ListedReview(Protocol):
    """A review in a list, as stored; see ``review_port.StoredReview``. ``votes`` counts those cast so far."""

    @property
    def review_id(self) -> str: ...
    @property
    def act_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def requester_id(self) -> str: ...
    @property
    def votes(self) -> int: ...
    @property
    def quorum(self) -> int: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def end_result(self) -> str | None: ...
    @property
    def end_entry_id(self) -> str | None: ...


class ReviewListStore(Protocol):
    """Lists of reviews in the database."""

    def waiting_for(self, reviewer_id: str, *, after: Cursor | None, limit: int) -> Sequence[ListedReview]:
        """Return open reviews that somebody has neither asked for nor voted on, oldest first."""
        ...

    def left_out_for(self, reviewer_id: str, *, most: int) -> tuple[int, int]:
        """Return how many open reviews they asked for, and on how many they have voted; each counted up to ``most``."""
        ...

    def in_state(
        self, state: str, *, oldest_first: bool, due_before: datetime | None, after: Cursor | None, limit: int
    ) -> Sequence[ListedReview]:
        """Return reviews in a state, by the time they were opened.

        Args:
            state: A word of ``review_port``.
            oldest_first: Which end comes first.
            due_before: Only those that were due before this moment; None: all.
            after: Only those after this row, in that order.
            limit: Most rows.
        """
        ...

    def count_due(self, state: str, *, due_before: datetime | None, most: int) -> int:
        """Return how many reviews are in a state, and were due before a moment if there is one; up to ``most``."""
        ...

    def taken_part(self, reviewer_id: str, *, after: Cursor | None, limit: int) -> Sequence[ListedReview]:
        """Return reviews that somebody has voted on, newest first."""
        ...

    def states(self, review_ids: Sequence[str]) -> Mapping[str, tuple[str, str | None]]:
        """Return review → its state and how it ended, of those that are there."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a reviewer.

    Attributes:
        reviews: Oldest first.
        more: The row to go on from, or None at the end.
        own: Open reviews left out because they asked for the search; counted up to ``MOST_COUNTED`` + 1.
        voted: Open reviews left out because they have voted; counted likewise.
    """

    reviews: Sequence[ListedReview]
    more: Cursor | None
    own: int
    voted: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A page of the list of all reviews.

    Attributes:
        reviews: In the list's order.
        more: The row to go on from, or None at the end.
        counts: How many are late, open, agreed; counted up to ``MOST_COUNTED`` + 1.
    """

    reviews: Sequence[ListedReview]
    more: Cursor | None
    counts: Mapping[str, int]


def waiting(store: ReviewListStore, reviewer_id: str, *, after: Cursor | None = None) -> Waiting:
    """Return what waits for a reviewer, page by page."""
    found = store.waiting_for(reviewer_id, after=after, limit=PAGE + 1)
    own, voted = store.left_out_for(reviewer_id, most=MOST_COUNTED + 1)
    return Waiting(found[:PAGE], _more(found), own, voted)


def overview(store: ReviewListStore, shown: str, now: datetime, *, after: Cursor | None = None) -> Overview:
    """Return the list of all reviews, narrowed to a word of ``SHOWN``, page by page.

    Raises:
        InputError: There is no such word.
    """
    if shown not in SHOWN:
        raise InputError("There is no such list of reviews.", remedy=f"Lists are: {', '.join(SHOWN)}.")
    (state,), oldest_first = SHOWN[shown]
    due_before = now if shown == "late" else None
    found = store.in_state(state, oldest_first=oldest_first, due_before=due_before, after=after, limit=PAGE + 1)
    most = MOST_COUNTED + 1
    counts = {
        "late": store.count_due(OPEN, due_before=now, most=most),
        "open": store.count_due(OPEN, due_before=None, most=most),
        "agreed": store.count_due(AGREED, due_before=None, most=most),
    }
    return Overview(found[:PAGE], _more(found), counts)


def taken_part(
    store: ReviewListStore, reviewer_id: str, *, after: Cursor | None = None
) -> tuple[Sequence[ListedReview], Cursor | None]:
    """Return the reviews somebody has voted on, newest first, and the row to go on from or None."""
    found = store.taken_part(reviewer_id, after=after, limit=PAGE + 1)
    return found[:PAGE], _more(found)


def cursor_of(text: str) -> Cursor | None:
    """Return the row an address goes on from; None for an empty one.

    Raises:
        InputError: It is none.

    >>> cursor_of("2031-05-06T07:08:09+00:00." + "0f" * 16).opened_at.year
    2031
    """
    if not text:
        return None
    written, _, review_id = text.rpartition(".")
    try:
        opened_at = datetime.fromisoformat(written)
    except ValueError:
        opened_at = None
    if opened_at is None or opened_at.tzinfo is None or len(review_id) != 32 or not review_id.isalnum():
        raise InputError("The place in the list cannot be read.", remedy="Begin at the top of the list.")
    return Cursor(opened_at, review_id)


def _more(found: Sequence[ListedReview]) -> Cursor | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    return Cursor(last.opened_at, last.review_id)
