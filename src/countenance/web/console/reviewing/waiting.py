"""``/reviews``: what waits for the reviewer who has signed in; ``/reviews/done``: what they have voted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from countenance.service.account_port import Role, SignedIn
from countenance.service.review_lists import Cursor, ListedReview, Waiting, cursor_of, taken_part, waiting
from countenance.service.review_port import UNDER_WAY
from countenance.service.reviewers import ReviewerRecord
from countenance.web.console.reviewing.parts import ReviewingParts
from countenance.web.console.reviewing.words import counted, due_said, record_said, state_said
from countenance.web.console.shell import Shell


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A review in a list.

    Attributes:
        review: The review.
        state: What it has come to, in words.
        due: When it is due, in words.
        late: Whether it is, or was, late.
        over: Whether it has ended.
    """

    review: ListedReview
    state: str
    due: str
    late: bool
    over: bool


def review_line(review: ListedReview, now: datetime) -> ReviewLine:
    """Return a review as a list shows it."""
    return ReviewLine(
        review,
        state_said(review.state, review.end_result, review.votes, review.quorum),
        due_said(review.due_at, review.ended_at, now),
        (review.ended_at or now) > review.due_at,
        review.state not in UNDER_WAY,
    )


def next_page(path: str, more: Cursor | None) -> str:
    """Return the address of a list's next page, or an empty one."""
    if more is None:
        return ""
    return f"{path}{'&' if '?' in path else '?'}after={quote(more.text())}"


def own_record(parts: ReviewingParts, name: str) -> ReviewerRecord | None:
    """Return a reviewer's own record, or None if nobody vouches for any training of theirs."""
    reviewer_id = parts.reviews.person(name)
    return next((one for one in parts.reviewers() if one.reviewer_id == reviewer_id), None)


def waiting_pages(shell: Shell, parts: ReviewingParts) -> APIRouter:
    """Return the pages that list reviews for a reviewer."""
    router = shell.router()

    @router.get("/reviews")
    async def reviews(request: Request) -> Response:
        """List what waits for a reviewer; lead those who keep the records to all reviews."""
        person = await shell.who(request, Role.REVIEWER, Role.RECORDS, Role.AUDITOR)
        if Role.REVIEWER not in person.roles:
            return shell.redirect("/reviews/all")
        after = cursor_of(request.query_params.get("after", ""))

        def look_up() -> tuple[Waiting, ReviewerRecord | None]:
            return waiting(parts.lists, parts.reviews.person(person.name), after=after), own_record(parts, person.name)

        found, record = await shell.desk(look_up)
        return shell.page(
            request, "reviewing/waiting.html.j2", title="Reviews",
            lines=[review_line(one, shell.now) for one in found.reviews], left_out=_left_out(found),
            record=None if record is None else record_said(record), trained=record is not None and record.current,
            next=next_page("/reviews", found.more), first="/reviews" if after else "", overview=_overview(person),
        )  # fmt: skip

    @router.get("/reviews/done")
    async def done(request: Request) -> Response:
        """List the reviews somebody has voted on."""
        person = await shell.who(request, Role.REVIEWER)
        after = cursor_of(request.query_params.get("after", ""))

        def look_up() -> tuple[Sequence[ListedReview], Cursor | None]:
            return taken_part(parts.lists, parts.reviews.person(person.name), after=after)

        found, more = await shell.desk(look_up)
        return shell.page(
            request, "reviewing/done.html.j2", title="Reviews you voted on",
            lines=[review_line(one, shell.now) for one in found], next=next_page("/reviews/done", more),
            first="/reviews/done" if after else "",
        )  # fmt: skip

    return router


def _left_out(found: Waiting) -> list[str]:
    """Return why open reviews are not in a reviewer's list."""
    said = []
    if found.own:
        plural = found.own != 1
        said.append(f"{counted(found.own)} {'come from searches' if plural else 'comes from a search'} you asked for: "
                    "whoever asks does not review what was found")  # fmt: skip
    if found.voted:
        said.append(f"on {counted(found.voted)} you have voted: a vote is cast once")
    return said


def _overview(person: SignedIn) -> bool:
    return bool(person.roles & {Role.RECORDS, Role.AUDITOR})


__all__ = ["ReviewLine", "next_page", "own_record", "review_line", "waiting_pages"]
