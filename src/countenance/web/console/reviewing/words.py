"""The words of reviews: the scale, what a ballot says, what a review has come to, how often a reviewer was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from countenance.core.thresholds import one_in
from countenance.service.accountability_reports.wording import several
from countenance.service.review_lists import MOST_COUNTED
from countenance.service.review_port import AGREED, CLOSED, OPEN, RELEASED
from countenance.service.review_quorum import CHOSEN_FROM, LOWEST, SCALE
from countenance.service.reviewers import ErrorRate, ReviewerRecord
from countenance.web.console.templating import day, lasting, percent

#: The seven steps in few words, after "What can be seen supports that these are …"; ``SCALE`` has them whole.
SHORT: Mapping[int, str] = {
    -3: "different people, strongly",
    -2: "different people",
    -1: "different people, to some extent",
    0: "neither",
    1: "the same person, to some extent",
    2: "the same person",
    3: "the same person, strongly",
}
#: How a review ended, as a word of the service → in a sentence about it.
RESULTS: Mapping[str, str] = {
    "released": "released as a lead",
    "none_chosen": "closed: the reviewers chose nobody",
    "disagreement": "closed: the reviewers did not agree",
    "withdrawn": "closed by hand",
    "abandoned": "closed: nobody finished it",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the scale.

    Attributes:
        rating: -3 to 3.
        sign: As people write it.
        key: The key that chooses it.
        words: In few words.
    """

    rating: int
    sign: str
    key: int
    words: str


#: From different to the same, as the keys 1 to 7.
STEPS: tuple[Step, ...] = tuple(
    Step(rating, sign, rating - LOWEST + 1, SHORT[rating])
    for rating, sign in ((rating, f"{'−' if rating < 0 else '+' if rating else ''}{abs(rating)}") for rating in SHORT)
)


def signed(rating: int) -> str:
    """Return a rating with its sign: ``+2``, ``0``, ``−3``."""
    return STEPS[rating - LOWEST].sign


def listed(letters: Sequence[str]) -> str:
    """Return letters as a sentence has them.

    >>> listed(["A"]), listed(["A", "C"]), listed(["A", "C", "F"])
    ('A', 'A and C', 'A, C and F')
    """
    return " and ".join([", ".join(letters[:-1]), letters[-1]] if len(letters) > 1 else letters)


@dataclass(frozen=True, slots=True)
class BallotSaid:
    """A ballot in words.

    Attributes:
        headline: Whom it chooses.
        rows: (letters, sign, whole words of the step), the highest step first.
    """

    headline: str
    rows: tuple[tuple[str, str, str], ...]


def ballot_said(ratings: Mapping[str, int], *, none_of_these: bool) -> BallotSaid:
    """Return what a ballot says in words."""
    chosen = [letter for letter, rating in ratings.items() if rating >= CHOSEN_FROM]
    if chosen:
        one = len(chosen) == 1
        headline = f"You say that {'picture' if one else 'pictures'} {listed(chosen)} {'shows' if one else 'show'} the"
        headline += " person in the probe."
    elif none_of_these:
        headline = "You say that nobody shown is the person in the probe."
    else:
        headline = "You choose nobody."
    rows = []
    for rating, words in SCALE.items():
        letters = [letter for letter, given in ratings.items() if given == rating]
        if letters:
            rows.append((listed(letters), signed(rating), words))
    return BallotSaid(headline, tuple(rows))


def state_said(state: str, result: str | None, votes: int, quorum: int) -> str:
    """Return what a review has come to; nothing of what anybody voted before it has ended."""
    if state == OPEN:
        missing = max(0, quorum - votes)
        return f"waits for {several(missing, 'more vote' if votes else 'vote')}"
    if state == AGREED:
        return "the reviewers agree; waits to be asked for"
    if state == RELEASED:
        return RESULTS["released"]
    return RESULTS.get(result or "", CLOSED)


def due_said(due_at: datetime, ended_at: datetime | None, now: datetime) -> str:
    """Return when a review is due: in how long, or by how much it is late."""
    if ended_at is not None:
        return f"ended {lasting(ended_at - due_at)} late" if ended_at > due_at else "ended in time"
    return f"{lasting(now - due_at)} late" if now > due_at else f"in {lasting(due_at - now)}"


def counted(number: int) -> str:
    """Return a count that ends at a bound.

    >>> counted(7), counted(MOST_COUNTED + 1)
    ('7', 'more than 100')
    """
    return f"more than {MOST_COUNTED}" if number > MOST_COUNTED else f"{number}"


@dataclass(frozen=True, slots=True)
class RecordSaid:
    """A reviewer's record in words.

    Attributes:
        trained: Until when their training counts, and who vouches for it.
        votes: Votes that count.
        fillers: How often they took a filler for the person in the probe; why there is no rate otherwise.
        interval: Its 95 % interval, or empty.
    """

    trained: str
    votes: int
    fillers: str
    interval: str


def record_said(record: ReviewerRecord) -> RecordSaid:
    """Return a reviewer's record in words."""
    until = day(record.trained_until)
    trained = f"{'until' if record.current else 'ended on'} {until}; {record.attested_by} vouches for it"
    rate = record.per_filler
    if rate is None:
        return RecordSaid(trained, record.votes, "none known: no review voted in has ended yet", "")
    return RecordSaid(trained, record.votes, rate_said(rate), f"{percent(rate.low)} to {percent(rate.high)}")


def rate_said(rate: ErrorRate) -> str:
    """Return an error rate as a natural frequency.

    >>> rate_said(ErrorRate(2, 60, 2 / 60, 0.004, 0.115))
    '2 of 60 fillers, about 1 in 30'
    """
    of = f"{rate.errors:,} of {several(rate.trials, 'filler')}"
    return f"{of}, about {one_in(rate.rate)}" if rate.errors else f"none of {several(rate.trials, 'filler')}"
