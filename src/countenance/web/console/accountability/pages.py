"""The pages of those who answer for the record."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from countenance.service.account_port import Role
from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.wording import in_words
from countenance.web.console.accountability.counted import Counts
from countenance.web.console.accountability.files import ONE_FILE_POLICY, TYPES, exceptions_file
from countenance.web.console.accountability.home import counted_figures, exceptions_by_kind, quick_figures
from countenance.web.console.accountability.parts import AccountabilityParts
from countenance.web.console.accountability.periods import asked_period, query_of, usual_spans
from countenance.web.console.accountability.reports import report_pages
from countenance.web.console.shell import Shell

#: Roles these pages are for.
ROLES = (Role.RECORDS, Role.AUDITOR, Role.POLICY_OWNER)
#: Roles that open dossiers; the others are led to entries of the ledger.
DOSSIERS = frozenset({Role.RECORDS, Role.AUDITOR})
_MOST_PENDING = 200


def accountability_pages(shell: Shell, parts: AccountabilityParts) -> APIRouter:
    """Return all pages of those who answer for the record."""
    counts = Counts(parts)
    router = APIRouter(include_in_schema=False)
    router.include_router(_home_pages(shell, parts, counts))
    router.include_router(_lists(shell, parts, counts))
    router.include_router(report_pages(shell, parts, counts, ROLES))
    return router


def _home_pages(shell: Shell, parts: AccountabilityParts, counts: Counts) -> APIRouter:
    router = shell.router()

    @router.get("/accountability")
    async def home(request: Request) -> Response:
        """Show what somebody has to answer for, then the period's figures."""
        person = await shell.who(request, *ROLES)
        dossiers = bool(person.roles & DOSSIERS)
        period = _period(shell, request)
        quick = await shell.desk(lambda: quick_figures(parts))
        look = await shell.desk(lambda: counts.overview(period))
        overview = None if look.count is None else look.count.value
        found = None if overview is None else overview.exceptions
        return shell.page(
            request, "accountability/home.html.j2", title="Accountability", period=period, query=query_of(period),
            spans=usual_spans(period, shell.now.date()), quick=quick, look=look, found=found,
            figures=counted_figures(period, overview, dossiers=dossiers),
            kinds=None if found is None else exceptions_by_kind(found["exceptions"], shell.now, dossiers=dossiers),
        )  # fmt: skip

    @router.get("/accountability/counting.json")
    async def counting(request: Request) -> Response:
        """Say whether the counts of a period are still being made."""
        await shell.who(request, *ROLES)
        period = _period(shell, request)
        look = await shell.desk(lambda: counts.overview(period))
        return JSONResponse({"fields": {}, "progress": None, "over": look.run is None})

    @router.get("/accountability/exceptions")
    async def exceptions(request: Request) -> Response:
        """Show all exceptions of a period."""
        person = await shell.who(request, *ROLES)
        period = _period(shell, request)
        look = await shell.desk(lambda: counts.overview(period))
        found = None if look.count is None else look.count.value.exceptions
        kind = request.query_params.get("kind", "")
        listed = [] if found is None else [one for one in found["exceptions"] if kind in ("", one["kind"])]
        return shell.page(
            request, "accountability/exceptions.html.j2", title="Exceptions", period=period, query=query_of(period),
            found=found, kind=kind, kinds=exceptions_by_kind(
                listed, shell.now, dossiers=bool(person.roles & DOSSIERS), most=None
            ),
            counting=look.run is not None,
        )  # fmt: skip

    @router.get("/accountability/exceptions.{kind}")
    async def exceptions_as_file(request: Request, kind: str) -> Response:
        """Return the exceptions of a period as a file."""
        await shell.who(request, *ROLES)
        period = _period(shell, request)
        look = await shell.desk(lambda: counts.overview(period))
        if kind not in ("html", "json") or look.count is None:
            raise HTTPException(404)
        document = look.count.value.exceptions
        content = await shell.desk(lambda: exceptions_file(kind, document))
        name = f"exceptions-{period.first}-{period.last}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": ONE_FILE_POLICY}
        return Response(content, media_type=TYPES[kind], headers=headers)

    return router


def _lists(shell: Shell, parts: AccountabilityParts, counts: Counts) -> APIRouter:
    router = shell.router()

    @router.get("/accountability/operators")
    async def operators(request: Request) -> Response:
        """Show what each person searched, those whose use stands out first."""
        await shell.who(request, *ROLES)
        period = _period(shell, request)
        look = await shell.desk(lambda: counts.overview(period))
        people = await shell.desk(parts.people)
        used = () if look.count is None else look.count.value.uses
        return shell.page(
            request, "accountability/operators.html.j2", title="Who searched how much", period=period,
            query=query_of(period), uses=used, called=people.called, counting=look.run is not None,
            most=max((one.searches + one.refused for one in used), default=1),
        )  # fmt: skip

    @router.get("/accountability/operators/{operator_id}")
    async def operator(request: Request, operator_id: str) -> Response:
        """Show one person's newest searches of a period."""
        person = await shell.who(request, *ROLES)
        period = _period(shell, request)
        look = await shell.desk(lambda: counts.overview(period))
        people = await shell.desk(parts.people)
        used = () if look.count is None else look.count.value.uses
        found = next((one for one in used if one.operator_id == operator_id), None)
        if found is None:
            raise HTTPException(404)
        return shell.page(
            request, "accountability/operator.html.j2", title=people.called(operator_id), period=period, use=found,
            query=query_of(period), name=people.called(operator_id), words=in_words,
            dossiers=bool(person.roles & DOSSIERS),
        )  # fmt: skip

    @router.get("/accountability/reviews")
    async def reviews(request: Request) -> Response:
        """Show the reviews under way."""
        await shell.who(request, *ROLES)
        pending = await shell.desk(lambda: parts.pending(_MOST_PENDING))
        return shell.page(
            request, "accountability/reviews.html.j2", title="Reviews pending", pending=pending, most=_MOST_PENDING
        )

    @router.get("/accountability/retention")
    async def retention(request: Request) -> Response:
        """Show what has reached its end and is still there."""
        await shell.who(request, *ROLES)
        due, galleries = await shell.desk(lambda: (parts.due(), parts.galleries()))
        return shell.page(
            request, "accountability/retention.html.j2", title="Retention", due=due, galleries=galleries
        )  # fmt: skip

    return router


def _period(shell: Shell, request: Request) -> Period:
    return asked_period(request.query_params, shell.now.date())
