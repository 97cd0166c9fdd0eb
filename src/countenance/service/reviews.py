"""People look at a held result, each by themselves: list, look, vote, close. Release is in ``review_release``.

Rules kept here:

- Whoever asked for the search does not review it. A reviewer has current training that somebody vouches for, looks
  before they vote, and votes once.
- Nobody sees scores, ranks, names, which are fillers, or others' votes before the review has ended.
- A vote, what follows from it and the entries about both are one transaction.
- Everything shown and voted is kept, whatever came of it; pictures of the probe are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from countenance.core.errors import ReviewerRefused, ReviewNotFound, ReviewOver, VoteInvalid
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import Journal, OpenTransaction
from countenance.service.review_ballots import Ballot
from countenance.service.review_order import Placed, order_seed, placed
from countenance.service.review_port import (
    AGREED,
    CLOSED,
    EVERY_STATE,
    OPEN,
    UNDER_WAY,
    Item,
    ReviewStore,
    StoredReview,
    Vote,
)
from countenance.service.review_quorum import Tally, Verdict, chosen, tally
from countenance.service.standing import operator_id

#: A review nobody finishes is closed this long after it was due, so that no probe's picture stays for good.
ABANDONED_AFTER = timedelta(days=30)
WITHDRAWN, ABANDONED = "withdrawn", "abandoned"


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """A review in a list: nothing in it tells who was found, or what anybody voted.

    Attributes:
        review_id: Its identifier.
        state: ``open``, ``agreed`` (waits for release), ``released`` or ``closed``.
        gallery: The gallery searched.
        opened_at, due_at, ended_at: Its times.
        late: Whether it was, or is, under way after it was due.
        votes: Votes so far.
        quorum: Votes to wait for.
        result: How it ended, or None.
        end_entry_id: Where the end is recorded, or None.
    """

    review_id: str
    state: str
    gallery: str
    opened_at: datetime
    due_at: datetime
    ended_at: datetime | None
    late: bool
    votes: int
    quorum: int
    result: str | None
    end_entry_id: str | None


@dataclass(frozen=True, slots=True)
class ShownFace:
    """A picture under its letter; None where it is not there (any more)."""

    letter: str
    picture: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lineup:
    """One probe with those it is to be compared with, in this reviewer's order."""

    probe_number: int
    probe: bytes | None = field(repr=False)
    faces: tuple[ShownFace, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """What one reviewer is shown.

    Attributes:
        review_id: The review.
        due_at: When it counts as late.
        lineups: One a probe.
    """

    review_id: str
    due_at: datetime
    lineups: tuple[Lineup, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """A vote that was counted.

    Attributes:
        review_id: The review.
        entry_id: Where the vote is recorded.
        late: Whether it came after the review was due.
        state: State of the review now.
        votes_missing: Votes that are waited for still.
        result: How the review ended with this vote, or None.
    """

    review_id: str
    entry_id: str
    late: bool
    state: str
    votes_missing: int
    result: str | None


class Reviews:
    """Reviews as people work on them.

    Args:
        store: Where they are kept.
        journal: The ledger.
        clock: The server's clock, with a time zone.
    """

    def __init__(self, *, store: ReviewStore, journal: Journal, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.journal = journal
        self.clock = clock

    def person(self, name: str) -> str:
        """Return the identifier that stands for a person; the same as when they search."""
        return operator_id(name, self.journal.keyed_digest)

    def find(self, name: str) -> StoredReview:
        """Return a review by its identifier or the beginning of it (8 digits or more).

        Raises:
            ReviewNotFound: There is none, or several fit.
        """
        found = self.store.find(name.strip().lower())
        if len(found) != 1:
            raise ReviewNotFound(f"{'Several reviews begin' if found else 'No review begins'} with {name[:32]!r}.")
        return found[0]

    def recent(self, *, everything: bool = False, limit: int = 100, offset: int = 0) -> tuple[ReviewSummary, ...]:
        """Return reviews, newest first: those under way, or all."""
        found = self.store.recent(EVERY_STATE if everything else UNDER_WAY, limit=limit, offset=offset)
        votes = self.store.count_votes([review.review_id for review in found])
        now = self.clock()
        return tuple(_summary(review, votes.get(review.review_id, 0), now) for review in found)

    def look(self, name: str, reviewer: str) -> Panel:
        """Return what a reviewer is shown, in their order, and note that they looked.

        Raises:
            ReviewNotFound: There is no such review.
            ReviewOver: It is decided or has ended.
            ReviewerRefused: They asked for the search, have voted, or have no current training.
        """
        review, reviewer_id = self.find(name), self.person(reviewer)
        with self.journal.transaction() as current:
            locked = self._admit(review.review_id, reviewer_id, current)
            shown = self._shown(locked, reviewer_id, current)[0]
            self.store.note_sitting(review.review_id, reviewer_id, transaction=current)
        pictures = self.store.crops([place.item.reference_id for place in shown])
        probes = self.store.probes(locked)
        return Panel(
            review_id=review.review_id,
            due_at=review.due_at,
            lineups=tuple(
                Lineup(
                    number,
                    probe,
                    tuple(
                        ShownFace(place.letter, pictures.get(place.item.reference_id))
                        for place in shown
                        if place.item.probe_number == number
                    ),
                )
                for number, probe in probes.items()
            ),
        )

    def vote(self, name: str, reviewer: str, ballot: Ballot) -> Cast:
        """Count a reviewer's vote and return what the review has come to.

        Raises:
            ReviewNotFound, ReviewOver, ReviewerRefused: As ``look``.
            VoteInvalid: The ballot is incomplete or contradicts itself, or they have not looked yet.
        """
        review_id, reviewer_id = self.find(name).review_id, self.person(reviewer)
        with self.journal.transaction() as current:
            review = self._admit(review_id, reviewer_id, current)
            since = self.store.sitting(review_id, reviewer_id, transaction=current)
            if since is None:
                raise VoteInvalid("Nobody can vote on what they have not looked at.", remedy="Look first: review show.")
            entry_id, late = self._cast(review, reviewer_id, ballot, since, current)
            outcome, votes = self._count(review, current)
        over = outcome.verdict in (Verdict.NONE_CHOSEN, Verdict.DISAGREEMENT)
        return Cast(
            review_id=review_id,
            entry_id=entry_id,
            late=late,
            state=CLOSED if over else AGREED if outcome.verdict is Verdict.AGREED else OPEN,
            votes_missing=max(0, outcome.quorum - votes) if outcome.verdict is Verdict.WAIT else 0,
            result=outcome.verdict.value if over else None,
        )

    def close(self, name: str, by: str, reason: str) -> str:
        """Close a review without releasing anything and return the entry of it.

        Raises:
            ReviewNotFound: There is no such review.
            ReviewOver: It has ended.
        """
        review_id = self.find(name).review_id
        with self.journal.transaction() as current:
            review = self.locked(review_id, current)
            if review.state not in UNDER_WAY:
                raise ReviewOver(f"The review {review_id} is {review.state}.")
            return self._end(review, WITHDRAWN, current, by=self.person(by), reason=reason)

    def close_abandoned(self) -> int:
        """Close reviews that nobody finished long after they were due; return how many. Called with each expiry."""
        limit = self.clock() - ABANDONED_AFTER
        count = 0
        for review in self.store.recent(UNDER_WAY, limit=1000):
            if review.due_at <= limit:
                with self.journal.transaction() as current:
                    locked = self.locked(review.review_id, current)
                    if locked.state in UNDER_WAY:
                        self._end(locked, ABANDONED, current)
                        count += 1
        return count

    def locked(self, review_id: str, current: OpenTransaction) -> StoredReview:
        """Return a review, kept from others until the transaction ends.

        Raises:
            ReviewNotFound: It is not there.
        """
        review = self.store.lock(review_id, transaction=current)
        if review is None:
            raise ReviewNotFound(f"There is no review {review_id}.")
        return review

    def tally(self, review: StoredReview, votes: Sequence[Vote], items: Sequence[Item]) -> Tally:
        """Return what a review's votes come to."""
        fillers = [item.item_number for item in items if item.is_filler]
        return tally([vote.ratings for vote in votes], fillers=fillers, needed=review.reviewers_needed)

    def _admit(self, review_id: str, reviewer_id: str, current: OpenTransaction) -> StoredReview:
        """Return the locked review if this person may look at it and vote."""
        review = self.locked(review_id, current)
        if review.state != OPEN:
            raise ReviewOver(f"The review {review_id} is {review.state}; no vote is waited for.")
        if reviewer_id == review.requester_id:
            raise ReviewerRefused("Whoever asked for a search does not review what it found.")
        trained_until = self.store.trained_until(reviewer_id, transaction=current)
        if trained_until is None or trained_until <= current.now:
            raise ReviewerRefused(
                "Nobody vouches for current training of this reviewer.",
                remedy="If they are trained: countenance review reviewers attest NAME --until DATE.",
            )
        if any(vote.reviewer_id == reviewer_id for vote in self.store.votes(review_id, transaction=current)):
            raise ReviewerRefused("This reviewer has voted already; a vote is not changed.")
        return review

    def _shown(
        self, review: StoredReview, reviewer_id: str, current: OpenTransaction
    ) -> tuple[tuple[Placed, ...], bytes]:
        assert review.key is not None  # noqa: S101 - a review under way has its key
        seed = order_seed(review.key, reviewer_id)
        return placed(self.store.items(review.review_id, transaction=current), seed), seed

    def _comparable(self, shown: Sequence[Placed], review: StoredReview, current: OpenTransaction) -> set[int]:
        """Return the item numbers of those whose picture, and whose probe's, is there."""
        probes = {number for number, picture in self.store.probes(review).items() if picture is not None}
        there = self.store.pictured([place.item.reference_id for place in shown], transaction=current)
        return {
            place.item.item_number
            for place in shown
            if place.item.reference_id in there and place.item.probe_number in probes
        }

    def _cast(
        self, review: StoredReview, reviewer_id: str, ballot: Ballot, since: datetime, current: OpenTransaction
    ) -> tuple[str, bool]:
        """Record and store a ballot; return its entry and whether it is late."""
        shown, seed = self._shown(review, reviewer_id, current)
        comparable = self._comparable(shown, review, current)
        ratings = ballot.by_item(shown, comparable)
        seen = [place.item for place in shown if place.item.item_number in comparable]
        fillers = {item.item_number for item in seen if item.is_filler}
        late = current.now > review.due_at
        fields: dict[str, FieldValue] = {
            "review_id": review.review_id,
            "reviewer_id": reviewer_id,
            # In the order shown; ratings stand in the same order, none at all with a bare "none of these".
            "shown_reference_ids": tuple(item.reference_id for item in seen),
            "ratings": tuple(ratings[item.item_number] for item in seen if item.item_number in ratings),
            "none_of_these": ballot.none_of_these,
            "fillers_shown": len(fillers),
            "fillers_taken_for_mates": len(chosen(ratings) & fillers),
            "seconds_spent": max(0, int((current.now - since).total_seconds())),
            "order_seed": seed.hex(),
            "late": late,
        }
        if ballot.reason.strip():
            fields["reason"] = ballot.reason
        entry = self.journal.record(EntryKind.REVIEW_VOTE, fields, transaction=current)
        self.store.add_vote(
            review.review_id,
            reviewer_id=reviewer_id,
            vote_number=len(self.store.votes(review.review_id, transaction=current)) + 1,
            entry_id=entry.entry_id,
            none_of_these=ballot.none_of_these,
            fillers_shown=len(fillers),
            fillers_chosen=len(chosen(ratings) & fillers),
            late=late,
            ratings=ratings,
            transaction=current,
        )
        return entry.entry_id, late

    def _count(self, review: StoredReview, current: OpenTransaction) -> tuple[Tally, int]:
        """Store what the votes, with the newest, come to."""
        votes = self.store.votes(review.review_id, transaction=current)
        outcome = self.tally(review, votes, self.store.items(review.review_id, transaction=current))
        match outcome.verdict:
            case Verdict.WAIT:
                self.store.set_progress(review.review_id, state=OPEN, quorum=outcome.quorum, transaction=current)
            case Verdict.AGREED:
                self.store.set_progress(review.review_id, state=AGREED, quorum=outcome.quorum, transaction=current)
            case Verdict.NONE_CHOSEN | Verdict.DISAGREEMENT:
                self._end(review, outcome.verdict.value, current)
        return outcome, len(votes)

    def _end(
        self, review: StoredReview, result: str, current: OpenTransaction, *, by: str | None = None, reason: str = ""
    ) -> str:
        self.store.end(review.review_id, state=CLOSED, result=result, by=by, transaction=current)
        votes = self.store.votes(review.review_id, transaction=current)
        fields: dict[str, FieldValue] = {
            "review_id": review.review_id,
            "act_id": review.act_id,
            "result": result,
            "vote_entry_ids": tuple(vote.entry_id for vote in votes),
        }
        if by is not None:
            fields["closed_by"] = by
        if reason.strip():
            fields["reason"] = reason
        entry = self.journal.record(EntryKind.REVIEW_CLOSED, fields, transaction=current)
        self.store.note_end_entry(review.review_id, entry.entry_id, transaction=current)
        return entry.entry_id


def _summary(review: StoredReview, votes: int, now: datetime) -> ReviewSummary:
    return ReviewSummary(
        review_id=review.review_id,
        state=review.state,
        gallery=review.gallery,
        opened_at=review.opened_at,
        due_at=review.due_at,
        ended_at=review.ended_at,
        late=(review.ended_at or now) > review.due_at,
        votes=votes,
        quorum=review.quorum,
        result=review.end_result,
        end_entry_id=review.end_entry_id,
    )
