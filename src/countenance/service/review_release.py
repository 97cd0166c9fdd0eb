"""Releasing what reviewers agreed on: the rules are asked again, the release is recorded, then the requester is told.

Rules kept here:

- Release is an act of its own: decided about the request that was held, with the reviewers who agreed counted, recorded
  before and after. What is recorded and what is handed out are one transaction.
- Only those the reviewers agreed on are named. Others whom the search found stay on record for disclosure.
- The word is "investigative lead, not an identification".
- Handing it out again is another act, decided and recorded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from countenance.core.errors import ReviewerRefused, ReviewOver, ReviewUndecided
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.policy.terms import Action, Mode
from countenance.service.accountability import Accountability, Performed
from countenance.service.act_records import decision_fields
from countenance.service.acts import Act
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.journal_port import OpenTransaction
from countenance.service.policy_port import PolicyStore
from countenance.service.review_port import AGREED, OPEN, RELEASED, Item, StoredReview, Vote
from countenance.service.review_quorum import Tally, Verdict
from countenance.service.review_records import standing_from_json, threshold_from_json
from countenance.service.reviews import Reviews

RELEASE = "release"
LEAD = "Investigative lead, not an identification."
CAUTION = "Nothing is done to anybody on this alone: it needs evidence that does not come from this search."


@dataclass(frozen=True, slots=True)
class LeadCandidate:
    """Somebody the reviewers agreed on.

    Attributes:
        subject: Their name in the gallery.
        reference_id: The reference found.
        probe_number: Which face of the probe.
        similarity: As the search had it; reviewers did not see it.
        ratings: Of the reviewers, -3 to 3, in the order in which they voted; None where one rated nobody.
    """

    subject: str
    reference_id: str
    probe_number: int
    similarity: float | None
    ratings: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """What is released.

    Attributes:
        statement: What it is: a lead, not an identification.
        caution: What is not to be done with it.
        review_id: The review.
        gallery: The gallery searched.
        candidates: Those agreed on and still in the gallery.
        reviewers: How many agreed, each by themselves.
        votes: How many voted.
        not_chosen: Candidates of the search that are not released; kept on record for disclosure.
        entry_id: Where the (first) release is recorded.
    """

    statement: str
    caution: str
    review_id: str
    gallery: str
    candidates: tuple[LeadCandidate, ...]
    reviewers: int
    votes: int
    not_chosen: int
    entry_id: str


def release(
    reviews: Reviews, accountability: Accountability, policies: PolicyStore, name: str, by: str, *, interface: str
) -> Performed[Lead]:
    """Return what reviewers agreed on, after the rules for releasing have been asked and it has been recorded.

    Args:
        reviews: The reviews.
        accountability: The one way in.
        policies: The rules as stored, and facts about galleries.
        name: The review, or the beginning of its identifier.
        by: Who gets it: whoever asked for the search, or one of its reviewers.
        interface: The door.

    Raises:
        ReviewNotFound: There is no such review.
        ReviewUndecided: Reviewers have not agreed, or those they agreed on are gone since.
        ReviewOver: It was closed.
        ReviewerRefused: It is neither the requester nor one of the reviewers.
        ActRefused, CaseError: The rules, or the case, do not allow it; recorded.
        GalleryNotFound: The gallery is gone.
    """
    review = reviews.find(name)
    votes, items = reviews.store.votes(review.review_id), reviews.store.items(review.review_id)
    person = reviews.person(by)
    _require_releasable(review, person, votes)
    outcome = reviews.tally(review, votes, items)
    _require_agreed(outcome, review)
    facts = policies.gallery_facts(review.gallery)
    if facts.gallery_id != review.gallery_id:
        raise ReviewUndecided("The gallery that was searched is gone; another has its name now.")
    standing = standing_from_json(review.standing)
    standing = replace(
        standing,
        operator_id=person,
        operator=by,
        role="requester" if person == review.requester_id else "reviewer",
        interface=interface,
        # The case decides whether its results may still be released, not the credential that happened to ask.
        credential_id=None,
        record=MappingProxyType({**standing.record, "review_id": review.review_id}),
    )
    threshold = threshold_from_json(review.threshold)
    # Those who agreed, not those who voted: the rules ask how many people decided for this release.
    counted = {"reviewers": outcome.supports, "reviewers_trained": True}
    act = Act(
        RELEASE,
        Action.RELEASE_FOR_USE,
        Mode.SEARCH,
        model=threshold.model,
        threshold=threshold,
        gallery=facts,
        facts=MappingProxyType(counted),
    )

    def run(ongoing: OngoingAct) -> Lead:
        return _release(ongoing, reviews, accountability, review.review_id, person)

    return accountability.perform(act, standing, run, lambda lead: Outcome("released", {"review_id": lead.review_id}))


def _release(act: OngoingAct, reviews: Reviews, accountability: Accountability, review_id: str, person: str) -> Lead:
    """Record the release and its outcome and return what is released, all in one transaction."""
    with act.transaction() as current:
        review = reviews.locked(review_id, current)
        act.require(RELEASE, gallery=review.gallery)
        votes = reviews.store.votes(review_id, transaction=current)
        items = reviews.store.items(review_id, transaction=current)
        _require_releasable(review, person, votes)
        outcome = reviews.tally(review, votes, items)
        _require_agreed(outcome, review)
        found = [item for item in items if not item.is_filler]
        agreed = [item for item in found if item.item_number in outcome.agreed]
        names = reviews.store.names([item.reference_id for item in agreed], transaction=current)
        named = [item for item in agreed if item.reference_id in names]
        if not named:
            raise ReviewUndecided(
                "Those the reviewers agreed on are in the gallery no more.", remedy="Close the review."
            )
        entry_id = review.end_entry_id
        if review.state == AGREED:
            reviews.store.end(review_id, state=RELEASED, result=RELEASED, by=person, transaction=current)
            entry_id = _record(act, accountability, review, votes, named, person, current)
            reviews.store.note_end_entry(review_id, entry_id, transaction=current)
        act.complete(Outcome("released", {"review_id": review_id}), finished_at=current.now, transaction=current)
    return Lead(
        statement=LEAD,
        caution=CAUTION,
        review_id=review_id,
        gallery=review.gallery,
        candidates=tuple(_candidate(item, names[item.reference_id], votes) for item in named),
        reviewers=outcome.supports,
        votes=len(votes),
        not_chosen=len(found) - len(named),
        entry_id=entry_id or "",
    )


def _record(
    act: OngoingAct,
    accountability: Accountability,
    review: StoredReview,
    votes: Sequence[Vote],
    named: Sequence[Item],
    person: str,
    current: OpenTransaction,
) -> str:
    fields: dict[str, FieldValue] = {
        **decision_fields(act.decision, accountability.rules.current()),
        "review_id": review.review_id,
        "act_id": review.act_id,
        "vote_entry_ids": tuple(vote.entry_id for vote in votes),
        "released_reference_ids": tuple(item.reference_id for item in named),
        "released_to": person,
    }
    return act.record(EntryKind.REVIEW_RELEASED, fields, transaction=current).entry_id


def _require_releasable(review: StoredReview, person: str, votes: Sequence[Vote]) -> None:
    if review.state == OPEN:
        raise ReviewUndecided(f"The review {review.review_id} is still open.")
    if review.state not in (AGREED, RELEASED):
        raise ReviewOver(f"The review {review.review_id} was closed; nothing is released.")
    if person != review.requester_id and person not in {vote.reviewer_id for vote in votes}:
        raise ReviewerRefused(
            "A result is released to whoever asked for the search, or to one of its reviewers.",
            remedy="Have one of them release it.",
        )


def _require_agreed(outcome: Tally, review: StoredReview) -> None:
    if outcome.verdict is not Verdict.AGREED:
        raise ReviewUndecided(f"The reviewers of {review.review_id} have not agreed on anybody.")


def _candidate(item: Item, subject: str, votes: Sequence[Vote]) -> LeadCandidate:
    return LeadCandidate(
        subject=subject,
        reference_id=item.reference_id,
        probe_number=item.probe_number,
        similarity=item.similarity,
        ratings=tuple(vote.ratings.get(item.item_number) for vote in votes),
    )
