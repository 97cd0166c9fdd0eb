"""Who reviews: attested training, and how often each reviewer takes a stranger for the person in the probe.

Rules kept here:

- That somebody is trained is a claim; the record says who vouches for it and until when.
- A reviewer's false-positive rate is counted on fillers only: for them the right answer is taken to be known. It comes
  with an interval, and with none at all before the first vote.
- Only reviews that have ended count; a number that moved while one goes on would tell the next reviewer something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from countenance.audit.intervals import clopper_pearson
from countenance.core.errors import InputError
from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import Journal
from countenance.service.review_port import ReviewStore
from countenance.service.standing import Standing, operator_id

#: What is recorded when training is attested, as a change of who may decide.
CHANGE = "reviewer_attested"


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Errors of trials, with a 95 % interval.

    Attributes:
        errors: Counted errors.
        trials: Counted trials, at least 1.
        rate: errors / trials.
        low: Lower end of the Clopper-Pearson interval.
        high: Upper end.
    """

    errors: int
    trials: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReviewerRecord:
    """A reviewer as the list shows them.

    Attributes:
        reviewer_id: Identifier in the ledger.
        name: For people.
        trained_until: Until when their training counts.
        current: Whether it counts now.
        attested_by: Who vouches for it.
        votes: Votes cast in reviews that have ended.
        per_filler: Fillers taken for the person in the probe, of all fillers shown; None before the first. Fillers of
            one line-up are looked at together, so the interval is somewhat too narrow.
        per_lineup: Votes with at least one such filler, of all votes; None before the first.
    """

    reviewer_id: str
    name: str
    trained_until: datetime
    current: bool
    attested_by: str
    votes: int
    per_filler: ErrorRate | None
    per_lineup: ErrorRate | None


class Reviewers:
    """The people who review.

    Args:
        store: Where they are kept.
        journal: The ledger.
        clock: The server's clock, with a time zone.
        policy_digest: Returns the digest of the rules in force.
    """

    def __init__(
        self, *, store: ReviewStore, journal: Journal, clock: Callable[[], datetime], policy_digest: Callable[[], str]
    ) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._policy_digest = policy_digest

    def attest(self, name: str, until: datetime, standing: Standing) -> str:
        """Store that a reviewer has current training and return the entry of it.

        Args:
            name: The reviewer.
            until: Until when it counts, with a time zone.
            standing: Who vouches for it; not the reviewer.

        Raises:
            InputError: The name is empty, the time is past, or they vouch for themselves.
        """
        reviewer_id = operator_id(name, self._journal.keyed_digest)
        if not name.strip() or until <= self._clock():
            raise InputError("Training counts until a day to come.", remedy="Give a name, and a later day.")
        if reviewer_id == standing.operator_id:
            raise InputError("Nobody vouches for their own training.", remedy="Have somebody else attest it.")
        digest = self._policy_digest()
        with self._journal.transaction() as current:
            self._store.keep_reviewer(
                reviewer_id,
                name=name.strip(),
                trained_until=until,
                attested_by=standing.operator,
                transaction=current,
            )
            return self._journal.record(
                EntryKind.POLICY_CHANGED,
                {
                    "operator_id": standing.operator_id,
                    "change": CHANGE,
                    "policy_digest_before": digest,
                    "policy_digest_after": digest,
                    "reviewer_id": reviewer_id,
                    "valid_until": utc_text(until),
                },
                transaction=current,
            ).entry_id

    def everybody(self) -> tuple[ReviewerRecord, ...]:
        """Return all reviewers by name, with their error rates."""
        now = self._clock()
        return tuple(
            ReviewerRecord(
                reviewer_id=one.reviewer_id,
                name=one.name,
                trained_until=one.trained_until,
                current=one.trained_until > now,
                attested_by=one.attested_by,
                votes=one.votes,
                per_filler=error_rate(one.fillers_chosen, one.fillers_shown),
                per_lineup=error_rate(one.votes_with_filler_chosen, one.votes),
            )
            for one in self._store.reviewers()
        )


def error_rate(errors: int, trials: int) -> ErrorRate | None:
    """Return errors of trials with their exact 95 % interval, or None without trials.

    >>> error_rate(0, 0) is None
    True
    >>> [round(end, 4) for end in (error_rate(0, 30).low, error_rate(0, 30).high)]
    [0.0, 0.1157]
    """
    if trials == 0:
        return None
    low, high = clopper_pearson(errors, trials)
    return ErrorRate(errors, trials, errors / trials, low, high)
