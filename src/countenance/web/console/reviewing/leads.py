"""``/reviews/{id}/lead``: whoever asked for the search learns what reviewers agreed on, and what may be concluded.

Rules kept here:

- Looking at the page releases nothing. Asking for the lead is an act: decided by the rules and recorded each time.
- The word is lead. What is said of error rates is what was measured of this search's own threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.thresholds import Threshold
from countenance.ledger.kinds import EntryKind
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability import Performed
from countenance.service.accountability_reports.wording import several
from countenance.service.journal_port import EntryFilter
from countenance.service.review_port import AGREED, RELEASED, UNDER_WAY, StoredReview
from countenance.service.review_records import standing_from_json, threshold_from_json
from countenance.service.review_release import Lead
from countenance.web.console.comparing.pictures import jpeg_url
from countenance.web.console.error_pages import Forbidden
from countenance.web.console.reviewing.parts import ReviewingParts
from countenance.web.console.reviewing.words import due_said, signed, state_said
from countenance.web.console.shell import Shell

_FORM_BYTES = 20_000
_ABOUT_ALL = (Role.RECORDS, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class LeadState:
    """How far a held result has come, for whoever waits for it.

    Attributes:
        review: The review.
        votes: Votes so far.
        may_ask: Whether the reader may ask for the lead, once it is there.
        mine: Whether the reader asked for the search.
        case_id: The case, or None.
        case_number: Its number, or None.
        threshold: The search's threshold.
        expected: False candidates to be expected of a stranger in this gallery, as recorded, or None.
    """

    review: StoredReview
    votes: int
    may_ask: bool
    mine: bool
    case_id: str | None
    case_number: str | None
    threshold: Threshold
    expected: str | None

    @property
    def under_way(self) -> bool:
        """Return whether the review has not ended."""
        return self.review.state in UNDER_WAY

    @property
    def is_lead(self) -> bool:
        """Return whether there is a lead to ask for."""
        return self.review.state in (AGREED, RELEASED)

    @property
    def state(self) -> str:
        """Return what the review has come to, in words."""
        return state_said(self.review.state, self.review.end_result, self.votes, self.review.quorum)


def lead_pages(shell: Shell, parts: ReviewingParts) -> APIRouter:
    """Return the pages about what a review released."""
    router = shell.router()

    @router.get("/reviews/{review_id}/lead")
    async def state(request: Request, review_id: str) -> Response:
        """Show how far the review has come; whether there is a lead, never whom it names."""
        person = await shell.who(request)
        found = await shell.desk(lambda: _state(parts, review_id, person))
        due = due_said(found.review.due_at, found.review.ended_at, shell.now)
        return shell.page(
            request, "reviewing/lead_state.html.j2", title="Held result", state=found, due=due,
            rate=found.threshold.false_match_rate.in_words(),
        )  # fmt: skip

    @router.post("/reviews/{review_id}/lead")
    async def lead(request: Request, review_id: str) -> Response:
        """Ask for the lead and show it; recorded, each time."""
        person = await shell.who(request, Role.SEARCHER, Role.REVIEWER)
        await shell.form(request, limit=_FORM_BYTES)
        found = await shell.desk(lambda: _state(parts, review_id, person))
        done = await shell.desk(lambda: parts.release(person, found.review.review_id))
        pictures = await shell.desk(lambda: _pictures(parts, done.value))
        return shell.page(
            request, "reviewing/lead.html.j2", title="Lead", state=found, lead=done.value, done=done,
            pictures=pictures, signed=signed, concluded=_concluded(done, found),
        )  # fmt: skip

    return router


def _state(parts: ReviewingParts, review_id: str, person: SignedIn) -> LeadState:
    if len(review_id) != 32:
        raise HTTPException(404)
    review = parts.reviews.find(review_id)
    me = parts.reviews.person(person.name)
    votes = parts.reviews.store.votes(review.review_id)
    mine = review.requester_id == me
    may_ask = mine or any(vote.reviewer_id == me for vote in votes)
    if not may_ask and not person.roles & frozenset(_ABOUT_ALL):
        raise Forbidden(("searcher who asked for it", *(role.value for role in _ABOUT_ALL)))
    standing = standing_from_json(review.standing)
    return LeadState(
        review, len(votes), may_ask, mine, standing.case_id, standing.case_number,
        threshold_from_json(review.threshold), _expected(parts, review.act_id),
    )  # fmt: skip


def _expected(parts: ReviewingParts, act_id: str) -> str | None:
    wanted = EntryFilter(kinds=(EntryKind.ACT_COMPLETED,), act_id=act_id)
    for entry in parts.journal.entries(wanted, limit=1):
        value = entry.fields.get("expected_false_candidates")
        return None if value is None else str(value)
    return None


def _pictures(parts: ReviewingParts, lead: Lead) -> Mapping[str, str]:
    crops = parts.reviews.store.crops([item.reference_id for item in lead.candidates])
    return {reference: jpeg_url(data) for reference, data in crops.items()}


def _concluded(done: Performed[Lead], state: LeadState) -> tuple[str, ...]:
    """Return what may be concluded from a lead, in sentences."""
    lead, threshold = done.value, state.threshold
    people = "person" if len(lead.candidates) == 1 else "people"
    said = [
        f"{several(lead.reviewers, 'trained reviewer')} took the {people} named here for the person in the probe, each "
        "by themselves, without names, scores or each other's votes.",
        f"Two photos of different people pass this search's threshold in {threshold.false_match_rate.in_words()}, "
        f"measured on {threshold.data_set}.",
    ]
    if state.expected is not None:
        said.append(f"Somebody who is not in this gallery meets {float(state.expected):.2g} false candidates in a "
                    "search of it, on average.")  # fmt: skip
    return tuple(said)
