"""For whoever keeps the records: all reviews, late and stuck ones first; closing one by hand; who reviews."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.errors import InputError, ReviewOver
from countenance.ledger.field_types import LONGEST_TEXT
from countenance.service.account_port import Role
from countenance.service.review_lists import SHOWN, Overview, cursor_of, overview
from countenance.service.review_port import UNDER_WAY, StoredReview
from countenance.web.console.forms import text_of
from countenance.web.console.reviewing.parts import ReviewingParts
from countenance.web.console.reviewing.waiting import next_page, review_line
from countenance.web.console.reviewing.words import counted, due_said, rate_said, record_said, state_said
from countenance.web.console.shell import Shell

_FORM_BYTES = 50_000
#: Word of ``SHOWN`` → what its list is called.
TITLES = {
    "late": "Late", "open": "Waiting for votes", "agreed": "Agreed, not asked for",
    "released": "Released", "closed": "Closed",
}  # fmt: skip


def overview_pages(shell: Shell, parts: ReviewingParts) -> APIRouter:
    """Return the pages about all reviews and reviewers."""
    router = shell.router()

    @router.get("/reviews/all")
    async def everything(request: Request) -> Response:
        """List all reviews in a state; late ones unless another is asked for."""
        person = await shell.who(request, Role.RECORDS, Role.AUDITOR)
        shown = request.query_params.get("show", "late")
        after = cursor_of(request.query_params.get("after", ""))

        def look_up() -> Overview:
            return overview(parts.lists, shown, shell.now, after=after)

        found = await shell.desk(look_up)
        path = f"/reviews/all?show={shown}"
        return shell.page(
            request, "reviewing/overview.html.j2", title="All reviews", shown=shown, kinds=_kinds(found),
            lines=[review_line(one, shell.now) for one in found.reviews], next=next_page(path, found.more),
            first=path if after else "", may_close=Role.RECORDS in person.roles,
            under_way=shown in ("late", "open", "agreed"),
        )  # fmt: skip

    @router.get("/reviews/{review_id}/close")
    async def close_form(request: Request, review_id: str) -> Response:
        """Show the form for closing a review by hand."""
        await shell.who(request, Role.RECORDS)
        return await _close_form(shell, request, parts, review_id)

    @router.post("/reviews/{review_id}/close")
    async def close(request: Request, review_id: str) -> Response:
        """Close a review without releasing anything, and lead to the search's dossier."""
        person = await shell.who(request, Role.RECORDS)
        form = await shell.form(request, limit=_FORM_BYTES)
        reason = text_of(form, "reason", most=LONGEST_TEXT)
        if not reason:
            return await _close_form(shell, request, parts, review_id, "Say why: the reason goes into the record.")
        review = await shell.desk(lambda: _find(parts, review_id))
        await shell.desk(lambda: parts.reviews.close(review.review_id, person.name, reason))
        return shell.redirect(f"/searches/{review.act_id}")

    _reviewer_pages(shell, parts, router)
    return router


def _reviewer_pages(shell: Shell, parts: ReviewingParts, router: APIRouter) -> None:
    async def page(request: Request, error: str = "", name: str = "", status: int = 200) -> Response:
        person = await shell.who(request, Role.RECORDS, Role.AUDITOR, Role.REVIEWER)
        found = await shell.desk(parts.reviewers)
        lines = [(one, record_said(one), rate_said(one.per_lineup) if one.per_lineup else "") for one in found]
        return shell.page(
            request, "reviewing/reviewers.html.j2", title="Reviewers", status=status, lines=lines, error=error,
            name=name, may_attest=Role.RECORDS in person.roles,
        )  # fmt: skip

    @router.get("/reviews/reviewers")
    async def reviewers(request: Request) -> Response:
        """List who reviews, and how often each took a filler for the person in the probe."""
        return await page(request)

    @router.post("/reviews/reviewers")
    async def attest(request: Request) -> Response:
        """Vouch for a reviewer's training."""
        person = await shell.who(request, Role.RECORDS)
        form = await shell.form(request, limit=_FORM_BYTES)
        name, written = text_of(form, "name", most=200), text_of(form, "until", most=20)
        try:
            until = datetime.combine(date.fromisoformat(written), time.max, tzinfo=UTC)
        except ValueError:
            return await page(request, "Say until which day the training counts.", name, 400)
        try:
            await shell.desk(lambda: parts.attest(person, name, until))
        except InputError as error:
            return await page(request, error.message, name, 400)
        return shell.redirect("/reviews/reviewers")


def _find(parts: ReviewingParts, review_id: str) -> StoredReview:
    if len(review_id) != 32:
        raise HTTPException(404)
    return parts.reviews.find(review_id)


async def _close_form(
    shell: Shell, request: Request, parts: ReviewingParts, review_id: str, error: str = ""
) -> Response:
    review = await shell.desk(lambda: _find(parts, review_id))
    if review.state not in UNDER_WAY:
        raise ReviewOver(f"The review {review.review_id} is {review.state}.")
    votes = len(await shell.desk(lambda: parts.reviews.store.votes(review.review_id)))
    return shell.page(
        request, "reviewing/close.html.j2", title="Close a review", status=400 if error else 200, review=review,
        state=state_said(review.state, None, votes, review.quorum), due=due_said(review.due_at, None, shell.now),
        votes=votes, error=error,
    )  # fmt: skip


def _kinds(found: Overview) -> list[tuple[str, str, str]]:
    """Return (word, title, count or nothing) of the lists there are."""
    return [(word, TITLES[word], counted(found.counts[word]) if word in found.counts else "") for word in SHOWN]
