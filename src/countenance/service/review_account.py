"""The whole account of a review that has ended, for disclosure: everybody shown, everybody found, every vote.

Rules kept here:

- While a review goes on nobody gets this: it would end its blindness.
- Candidates who were not chosen, a search that found nobody and a review that came to nothing are in it like the rest.
- Whoever was erased since stands in it without a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from countenance.core.errors import ReviewUndecided
from countenance.service.review_port import UNDER_WAY
from countenance.service.review_quorum import Verdict
from countenance.service.reviews import Reviews


@dataclass(frozen=True, slots=True)
class AccountItem:
    """Somebody in a line-up.

    Attributes:
        probe_number: Which probe.
        reference_id: The reference.
        subject: Name in the gallery, or None if the reference is gone.
        is_filler: Whether it was a filler.
        shown: False for a candidate of whom there was no picture.
        candidate_rank, similarity: As the search had them; None for a filler.
        ratings: In the order of the votes; None where one rated nobody.
        agreed: Whether the reviewers agreed on them.
    """

    probe_number: int
    reference_id: str
    subject: str | None
    is_filler: bool
    shown: bool
    candidate_rank: int | None
    similarity: float | None
    ratings: tuple[int | None, ...]
    agreed: bool


@dataclass(frozen=True, slots=True)
class AccountVote:
    """A vote without its ratings, which stand with the items."""

    reviewer_id: str
    entry_id: str
    voted_at: datetime
    late: bool
    none_of_these: bool
    fillers_shown: int
    fillers_chosen: int


@dataclass(frozen=True, slots=True)
class ReviewAccount:
    """A review that has ended.

    Attributes:
        review_id, act_id: Its identifier, and the search's.
        requester_id: Who asked.
        gallery: Name of the gallery searched.
        result: ``released``, ``none_chosen``, ``disagreement``, ``withdrawn`` or ``abandoned``.
        opened_at, due_at, ended_at: Its times.
        end_entry_id: Where the end is recorded.
        reviewers_needed: Reviewers who had to agree.
        votes: In the order in which they came.
        items: Candidates by rank, then fillers, probe by probe.
    """

    review_id: str
    act_id: str
    requester_id: str
    gallery: str
    result: str
    opened_at: datetime
    due_at: datetime
    ended_at: datetime | None
    end_entry_id: str | None
    reviewers_needed: int
    votes: tuple[AccountVote, ...]
    items: tuple[AccountItem, ...]


def account(reviews: Reviews, name: str) -> ReviewAccount:
    """Return everything about a review that has ended.

    Raises:
        ReviewNotFound: There is no such review.
        ReviewUndecided: It has not ended.
    """
    review = reviews.find(name)
    if review.state in UNDER_WAY:
        raise ReviewUndecided(f"The review {review.review_id} has not ended; until then nobody sees all of it.")
    votes, items = reviews.store.votes(review.review_id), reviews.store.items(review.review_id)
    outcome = reviews.tally(review, votes, items)
    agreed = outcome.agreed if outcome.verdict is Verdict.AGREED else ()
    names = reviews.store.names([item.reference_id for item in items])
    return ReviewAccount(
        review_id=review.review_id,
        act_id=review.act_id,
        requester_id=review.requester_id,
        gallery=review.gallery,
        result=review.end_result or "",
        opened_at=review.opened_at,
        due_at=review.due_at,
        ended_at=review.ended_at,
        end_entry_id=review.end_entry_id,
        reviewers_needed=review.reviewers_needed,
        votes=tuple(
            AccountVote(
                reviewer_id=vote.reviewer_id,
                entry_id=vote.entry_id,
                voted_at=vote.voted_at,
                late=vote.late,
                none_of_these=vote.none_of_these,
                fillers_shown=vote.fillers_shown,
                fillers_chosen=vote.fillers_chosen,
            )
            for vote in votes
        ),
        items=tuple(
            AccountItem(
                probe_number=item.probe_number,
                reference_id=item.reference_id,
                subject=names.get(item.reference_id),
                is_filler=item.is_filler,
                shown=item.shown,
                candidate_rank=item.candidate_rank,
                similarity=item.similarity,
                ratings=tuple(vote.ratings.get(item.item_number) for vote in votes),
                agreed=item.item_number in agreed,
            )
            for item in items
        ),
    )
