"""Operations on held results: how far people are with them, and what they agreed on. Never what one of them voted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field

from countenance.core.errors import ReviewNotFound
from countenance.service.review_port import StoredReview
from countenance.service.review_records import standing_from_json
from countenance.web.rest.answers import Answer, RecordAnswer, record_answer
from countenance.web.rest.calling import Caller, Calling, Rest
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import answers

ReviewId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits.")]


class ReviewAnswer(Answer):
    """How far a review is. Nothing in it tells who was found."""

    review_id: str
    state: Literal["open", "agreed", "released", "closed"] = Field(
        description="`agreed` waits for release: ask for the lead."
    )
    gallery: str
    opened_at: datetime
    due_at: datetime
    ended_at: datetime | None
    reviewers_needed: int
    result: str | None = Field(description="How it ended, or null.")


class LeadCandidateAnswer(Answer):
    """Somebody the reviewers agreed on."""

    subject: str
    reference_id: str
    similarity: float | None = Field(description="As the search had it; reviewers did not see it.")


class LeadAnswer(Answer):
    """What reviewers agreed on. A lead, not an identification."""

    statement: str
    caution: str
    review_id: str
    gallery: str
    candidates: list[LeadCandidateAnswer]
    reviewers: int = Field(description="How many agreed, each by themselves.")
    votes: int
    not_chosen: int = Field(description="Candidates of the search that are not released; kept on record.")
    record: RecordAnswer


def review_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations on held results."""
    router = rest.router("reviews")

    @router.get("/reviews/{review_id}", operation_id="get_review", responses=answers(404))
    async def get_review(caller: Calling, review_id: ReviewId) -> ReviewAnswer:
        """Say how far the review of a held search is."""

        def get() -> ReviewAnswer:
            review = _own(parts, caller, review_id)
            return ReviewAnswer(
                review_id=review.review_id,
                state=review.state,  # type: ignore[arg-type]
                gallery=review.gallery,
                opened_at=review.opened_at,
                due_at=review.due_at,
                ended_at=review.ended_at,
                reviewers_needed=review.reviewers_needed,
                result=review.end_result,
            )

        return await rest.desk(get)

    @router.post("/reviews/{review_id}/lead", operation_id="review_lead", responses=answers(404, 409))
    async def review_lead(caller: Calling, review_id: ReviewId) -> LeadAnswer:
        """Release what reviewers agreed on: the rules are asked again, and it is recorded."""

        def release() -> LeadAnswer:
            review = _own(parts, caller, review_id)
            done = parts.release(review.review_id, caller.standing.operator)
            lead = done.value
            return LeadAnswer(
                statement=lead.statement,
                caution=lead.caution,
                review_id=lead.review_id,
                gallery=lead.gallery,
                candidates=[
                    LeadCandidateAnswer(
                        subject=item.subject, reference_id=item.reference_id, similarity=item.similarity
                    )
                    for item in lead.candidates
                ],
                reviewers=lead.reviewers,
                votes=lead.votes,
                not_chosen=lead.not_chosen,
                record=record_answer(done),
            )

        return await rest.desk(release)

    return router


def _own(parts: RestParts, caller: Caller, review_id: str) -> StoredReview:
    """Return a review of a search under the caller's case; another's looks like none."""
    parts.access("describe_review", caller.standing, None)
    review = parts.reviews.find(review_id)
    if standing_from_json(review.standing).case_id != caller.case_id:
        raise ReviewNotFound("There is no such review about this case.")
    return review
