"""Rows of blind votes: who looked when, who voted what, and what each reviewer's votes came to.

Rules kept here:

- A reviewer has one vote in a review; the primary key refuses a second.
- Whoever cannot vouch for anybody any more stays in the count: votes are not deleted with a reviewer's training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from countenance.storage.review_tables import review_ratings, review_sittings, review_votes, reviewers, reviews
from countenance.storage.storable_text import require_storable
from countenance.storage.transactions import Transaction, as_text


@dataclass(frozen=True, slots=True)
class VoteRow:
    """A vote.

    Attributes:
        reviewer_id: Whose.
        vote_number: From 1, in the order in which votes came.
        entry_id: Where it is recorded.
        voted_at: When.
        none_of_these: Whether the reviewer said so.
        fillers_shown: Fillers in the line-up.
        fillers_chosen: Fillers taken for the person in the probe.
        late: Whether it came after the review was due.
        ratings: Item number → rating.
    """

    reviewer_id: str
    vote_number: int
    entry_id: str
    voted_at: datetime
    none_of_these: bool
    fillers_shown: int
    fillers_chosen: int
    late: bool
    ratings: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """A reviewer with what their votes came to.

    Attributes:
        reviewer_id, name: Who.
        trained_until: Until when their training counts.
        attested_by: Who vouches for it.
        votes: Votes cast.
        votes_with_filler_chosen: Votes that took at least one filler for the person in the probe.
        fillers_shown, fillers_chosen: Over all votes.
    """

    reviewer_id: str
    name: str
    trained_until: datetime
    attested_by: str
    votes: int = 0
    votes_with_filler_chosen: int = 0
    fillers_shown: int = 0
    fillers_chosen: int = 0


def note_sitting(transaction: Transaction, review_id: str, reviewer_id: str) -> None:
    """Store that somebody looked, unless they had before."""
    if sitting(transaction.connection, review_id, reviewer_id) is None:
        values = {"review_id": review_id, "reviewer_id": reviewer_id, "first_shown_at": transaction.now_text}
        transaction.connection.execute(insert(review_sittings).values(values))


def sitting(connection: Connection, review_id: str, reviewer_id: str) -> datetime | None:
    """Return when somebody first looked, or None."""
    statement = select(review_sittings.c.first_shown_at).where(
        review_sittings.c.review_id == review_id, review_sittings.c.reviewer_id == reviewer_id
    )
    found = connection.execute(statement).scalar_one_or_none()
    return None if found is None else datetime.fromisoformat(found)


def add_vote(transaction: Transaction, review_id: str, vote: VoteRow) -> None:
    """Store a vote with its ratings."""
    connection = transaction.connection
    connection.execute(
        insert(review_votes).values(
            review_id=review_id,
            reviewer_id=vote.reviewer_id,
            vote_number=vote.vote_number,
            entry_id=vote.entry_id,
            voted_at=as_text(vote.voted_at),
            none_of_these=vote.none_of_these,
            fillers_shown=vote.fillers_shown,
            fillers_chosen=vote.fillers_chosen,
            late=vote.late,
        )
    )
    whose = {"review_id": review_id, "reviewer_id": vote.reviewer_id}
    rows = [whose | {"item_number": number, "rating": rating} for number, rating in vote.ratings.items()]
    if rows:
        connection.execute(insert(review_ratings), rows)


def votes(connection: Connection, review_id: str) -> tuple[VoteRow, ...]:
    """Return a review's votes, in the order in which they came."""
    ratings: dict[str, dict[int, int]] = {}
    for row in connection.execute(select(review_ratings).where(review_ratings.c.review_id == review_id)):
        ratings.setdefault(row.reviewer_id, {})[row.item_number] = row.rating
    statement = select(review_votes).where(review_votes.c.review_id == review_id).order_by(review_votes.c.vote_number)
    return tuple(
        VoteRow(
            reviewer_id=row.reviewer_id,
            vote_number=row.vote_number,
            entry_id=row.entry_id,
            voted_at=datetime.fromisoformat(row.voted_at),
            none_of_these=bool(row.none_of_these),
            fillers_shown=row.fillers_shown,
            fillers_chosen=row.fillers_chosen,
            late=bool(row.late),
            ratings=ratings.get(row.reviewer_id, {}),
        )
        for row in connection.execute(statement)
    )


def count_votes(connection: Connection, review_ids: Sequence[str]) -> dict[str, int]:
    """Return review → number of votes, of those that have any."""
    statement = (
        select(review_votes.c.review_id, func.count().label("votes"))
        .where(review_votes.c.review_id.in_(review_ids))
        .group_by(review_votes.c.review_id)
    )
    return {row.review_id: row.votes for row in connection.execute(statement)}


def keep_reviewer(
    transaction: Transaction, reviewer_id: str, *, name: str, trained_until: datetime, attested_by: str
) -> None:
    """Store that somebody vouches for a reviewer's training; an earlier statement is replaced."""
    require_storable(name, "name")
    require_storable(attested_by, "name")
    transaction.connection.execute(delete(reviewers).where(reviewers.c.reviewer_id == reviewer_id))
    transaction.connection.execute(
        insert(reviewers).values(
            reviewer_id=reviewer_id,
            name=name,
            trained_until=as_text(trained_until),
            attested_by=attested_by,
            attested_at=transaction.now_text,
        )
    )


def trained_until(connection: Connection, reviewer_id: str) -> datetime | None:
    """Return until when a reviewer's training counts, or None if nobody vouches for any."""
    statement = select(reviewers.c.trained_until).where(reviewers.c.reviewer_id == reviewer_id)
    found = connection.execute(statement).scalar_one_or_none()
    return None if found is None else datetime.fromisoformat(found)


def all_reviewers(connection: Connection) -> tuple[ReviewerRow, ...]:
    """Return all reviewers by name, with what their votes in reviews that have ended came to.

    A vote in a review under way is not counted yet: it would tell the next reviewer something.
    """
    chosen = func.coalesce(func.sum(review_votes.c.fillers_chosen), 0)
    statement = select(
        review_votes.c.reviewer_id,
        func.count().label("votes"),
        func.count().filter(review_votes.c.fillers_chosen > 0).label("with_filler"),
        func.coalesce(func.sum(review_votes.c.fillers_shown), 0).label("shown"),
        chosen.label("chosen"),
    )
    statement = statement.join_from(review_votes, reviews).where(reviews.c.ended_at.is_not(None))
    statement = statement.group_by(review_votes.c.reviewer_id)
    counted = {row.reviewer_id: row for row in connection.execute(statement)}
    found = []
    for row in connection.execute(select(reviewers)):
        done = counted.get(row.reviewer_id)
        found.append(
            ReviewerRow(
                reviewer_id=row.reviewer_id,
                name=row.name,
                trained_until=datetime.fromisoformat(row.trained_until),
                attested_by=row.attested_by,
                votes=0 if done is None else done.votes,
                votes_with_filler_chosen=0 if done is None else done.with_filler,
                fillers_shown=0 if done is None else int(done.shown),
                fillers_chosen=0 if done is None else int(done.chosen),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.reviewer_id)))
