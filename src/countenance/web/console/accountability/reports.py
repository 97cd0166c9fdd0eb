"""The report for a period, read and handed out: as a page, as files, and as single laws ask for it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.errors import InputError
from countenance.service.account_port import Role
from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.statutes import TEMPLATES, answers, template_named
from countenance.service.accountability_reports.transparency import MINIMUM_CELL
from countenance.web.console.accountability.counted import Counts, Look
from countenance.web.console.accountability.files import ONE_FILE_POLICY, TYPES, report_file, template_csv
from countenance.web.console.accountability.parts import AccountabilityParts
from countenance.web.console.accountability.periods import asked_period, query_of, usual_spans
from countenance.web.console.ledger.sight import sight_of
from countenance.web.console.shell import Shell

#: Largest minimum that can be asked for: above it a report of any size would say nothing.
_MOST_MINIMUM = 100


def report_pages(shell: Shell, parts: AccountabilityParts, counts: Counts, roles: tuple[Role, ...]) -> APIRouter:
    """Return the pages of reports.

    Args:
        shell: The frame.
        parts: What the pages work with.
        counts: The counts of periods.
        roles: Who they are for.
    """
    router = shell.router()

    async def counted(request: Request) -> tuple[Period, int, Look[dict[str, Any]]]:
        period, minimum = asked_period(request.query_params, shell.now.date()), _minimum(request)
        return period, minimum, await shell.desk(lambda: counts.report(period, minimum))

    @router.get("/accountability/report")
    async def report(request: Request) -> Response:
        """Show the report for a period."""
        person = await shell.who(request, *roles)
        period, minimum, look = await counted(request)
        return shell.page(
            request, "accountability/report.html.j2", title="Report for a period", period=period, minimum=minimum,
            query=query_of(period, minimum=str(minimum)), spans=usual_spans(period, shell.now.date()), run=look.run,
            document=None if look.count is None else look.count.value, templates=TEMPLATES, sight=sight_of(person, ""),
            count_at=look.count and look.count.at,
        )  # fmt: skip

    @router.get("/accountability/report/counting.json")
    async def counting(request: Request) -> Response:
        """Say whether the report of a period is still being made."""
        await shell.who(request, *roles)
        _, _, look = await counted(request)
        text = '{"fields": {}, "progress": null, "over": ' + ("true" if look.run is None else "false") + "}"
        return Response(text, media_type="application/json")

    @router.get("/accountability/report.{kind}")
    async def as_file(request: Request, kind: str) -> Response:
        """Return the report for a period as a file; ``open=1`` shows the page instead of keeping it."""
        await shell.who(request, *roles)
        if kind not in TYPES:
            raise HTTPException(404)
        period, _, look = await counted(request)
        document = _made(look)
        content = await shell.desk(lambda: report_file(kind, document))
        name = f"report-{period.first}-{period.last}.{'zip' if kind == 'csv' else kind}"
        shown = "inline" if kind == "html" and request.query_params.get("open") else "attachment"
        headers = {"Content-Disposition": f'{shown}; filename="{name}"', "Content-Security-Policy": ONE_FILE_POLICY}
        return Response(content, media_type=TYPES[kind], headers=headers)

    @router.get("/accountability/laws/{name}")
    async def law(request: Request, name: str) -> Response:
        """Show what the report for a period says to what a law asks."""
        await shell.who(request, *roles)
        template = template_named(name.removesuffix(".csv"))
        if template is None:
            raise HTTPException(404)
        period, minimum, look = await counted(request)
        if name.endswith(".csv"):
            document = _made(look)
            content = template_csv(template, answers(template, document))
            headers = {
                "Content-Disposition": f'attachment; filename="{template.name}-{period.first}-{period.last}.csv"'
            }
            return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
        return shell.page(
            request, "accountability/law.html.j2", title=template.title, period=period, law=template, run=look.run,
            query=query_of(period, minimum=str(minimum)),
            answers=None if look.count is None else answers(template, look.count.value),
        )  # fmt: skip

    return router


def _minimum(request: Request) -> int:
    written = request.query_params.get("minimum", "")
    if not written:
        return MINIMUM_CELL
    if not (written.isdecimal() and len(written) < 4 and 1 <= int(written) <= _MOST_MINIMUM):
        raise InputError(f"The smallest count shown is from 1 to {_MOST_MINIMUM}.", remedy="1 withholds nothing.")
    return int(written)


def _made(look: Look[dict[str, Any]]) -> dict[str, Any]:
    if look.count is None:
        raise InputError("The report is still being made.", remedy="Ask again in some seconds.")
    return look.count.value
