"""``/reviews/{id}``: one reviewer looks, judges every picture, reads it over, and votes once.

Rules kept here:

- No name, score, rank, gallery or other vote is on these pages; pictures come as data, in this reviewer's own order.
- Nothing of a form is kept on the server until it is a vote: going back sends what was filled in along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.errors import ReviewError
from countenance.service.account_port import Role, SignedIn
from countenance.service.review_port import OPEN, UNDER_WAY, StoredReview, Vote
from countenance.service.reviews import Panel
from countenance.web.console.comparing.pictures import jpeg_url
from countenance.web.console.reviewing.forms import FilledIn, comparable, filled_in, keeping_key
from countenance.web.console.reviewing.parts import ReviewingParts
from countenance.web.console.reviewing.words import STEPS, ballot_said, due_said, state_said
from countenance.web.console.shell import Shell

#: A form holds letters with numbers, and some sentences.
_FORM_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A vote that was cast, as its reviewer may see it.

    Attributes:
        review: The review.
        vote: Their vote.
        votes: Votes so far.
    """

    review: StoredReview
    vote: Vote
    votes: int

    @property
    def missing(self) -> int:
        """Return how many votes are waited for."""
        return max(0, self.review.quorum - self.votes) if self.review.state == OPEN else 0

    @property
    def over(self) -> bool:
        """Return whether the review has ended."""
        return self.review.state not in UNDER_WAY

    @property
    def state(self) -> str:
        """Return what the review has come to, in words."""
        return state_said(self.review.state, self.review.end_result, self.votes, self.review.quorum)


def looking_pages(shell: Shell, parts: ReviewingParts) -> APIRouter:
    """Return the pages on which somebody reviews."""
    router = shell.router()

    @router.get("/reviews/{review_id}")
    async def look(request: Request, review_id: str) -> Response:
        """Show the line-ups; whoever has voted, or asked for the search, is led to what is theirs."""
        person = await shell.who(request)
        elsewhere = await shell.desk(lambda: _elsewhere(parts, review_id, person))
        if elsewhere:
            return shell.redirect(elsewhere)
        person = await shell.who(request, Role.REVIEWER)
        panel = await shell.desk(lambda: _look(parts, review_id, person))
        return _form(shell, request, panel, person, FilledIn())

    @router.post("/reviews/{review_id}")
    async def back(request: Request, review_id: str) -> Response:
        """Show the line-ups again, with what was filled in."""
        person = await shell.who(request, Role.REVIEWER)
        filled = filled_in(await shell.form(request, limit=_FORM_BYTES))
        panel = await shell.desk(lambda: _look(parts, review_id, person))
        return _form(shell, request, panel, person, filled)

    @router.post("/reviews/{review_id}/confirm")
    async def confirm(request: Request, review_id: str) -> Response:
        """Show in words what is about to be cast, or what is missing."""
        person = await shell.who(request, Role.REVIEWER)
        filled = filled_in(await shell.form(request, limit=_FORM_BYTES))
        panel = await shell.desk(lambda: _look(parts, review_id, person))
        troubles = filled.troubles(panel)
        if troubles:
            return _form(shell, request, panel, person, filled, troubles)
        said = ballot_said(filled.ratings, none_of_these=filled.none_of_these)
        return shell.page(
            request, "reviewing/confirm.html.j2", title="Read it over", panel=panel, filled=filled, said=said,
            due=_due(panel, shell.now), keep=keeping_key(person.csrf, panel.review_id),
        )  # fmt: skip

    @router.post("/reviews/{review_id}/vote")
    async def vote(request: Request, review_id: str) -> Response:
        """Cast the vote, and lead to its receipt."""
        person = await shell.who(request, Role.REVIEWER)
        filled = filled_in(await shell.form(request, limit=_FORM_BYTES))
        cast = await shell.desk(lambda: parts.reviews.vote(_whole(review_id), person.name, filled.ballot()))
        return shell.redirect(f"/reviews/{cast.review_id}/receipt")

    @router.get("/reviews/{review_id}/receipt")
    async def receipt(request: Request, review_id: str) -> Response:
        """Show where one's own vote is recorded, and what happens next."""
        person = await shell.who(request, Role.REVIEWER)
        found = await shell.desk(lambda: _receipt(parts, review_id, person))
        if found is None:
            raise HTTPException(404)
        return shell.page(
            request, "reviewing/receipt.html.j2", title="Your vote", receipt=found,
            keep=keeping_key(person.csrf, found.review.review_id),
        )  # fmt: skip

    return router


def _whole(review_id: str) -> str:
    """Return an identifier as an address has it: whole, so that nobody finds a review by guessing its beginning."""
    if len(review_id) != 32:
        raise HTTPException(404)
    return review_id


def _look(parts: ReviewingParts, review_id: str, person: SignedIn) -> Panel:
    return parts.reviews.look(_whole(review_id), person.name)


def _elsewhere(parts: ReviewingParts, review_id: str, person: SignedIn) -> str | None:
    """Return the page of a review that is somebody's own, if it is another one than that for looking."""
    try:
        review = parts.reviews.find(_whole(review_id))
    except ReviewError:
        return None
    me = parts.reviews.person(person.name)
    if review.requester_id == me:
        return f"/reviews/{review.review_id}/lead"
    if any(vote.reviewer_id == me for vote in parts.reviews.store.votes(review.review_id)):
        return f"/reviews/{review.review_id}/receipt"
    if Role.REVIEWER not in person.roles and person.roles & {Role.RECORDS, Role.AUDITOR}:
        return f"/searches/{review.act_id}"
    return None


def _receipt(parts: ReviewingParts, review_id: str, person: SignedIn) -> Receipt | None:
    review = parts.reviews.find(_whole(review_id))
    votes = parts.reviews.store.votes(review.review_id)
    me = parts.reviews.person(person.name)
    mine = next((vote for vote in votes if vote.reviewer_id == me), None)
    return None if mine is None else Receipt(review, mine, len(votes))


def _form(
    shell: Shell, request: Request, panel: Panel, person: SignedIn, filled: FilledIn, troubles: Sequence[str] = ()
) -> Response:
    letters = comparable(panel)
    return shell.page(
        request, "reviewing/look.html.j2", title=f"Review {panel.review_id[:8]}", status=400 if troubles else 200,
        panel=panel, letters=letters, judged=sum(letter in filled.ratings for letter in letters), filled=filled,
        troubles=troubles, steps=STEPS, jpeg_url=jpeg_url, due=_due(panel, shell.now),
        keep=keeping_key(person.csrf, panel.review_id),
    )  # fmt: skip


def _due(panel: Panel, now: datetime) -> str:
    return due_said(panel.due_at, None, now)
