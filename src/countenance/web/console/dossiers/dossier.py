"""``/searches/{act}``: one search's dossier, on the page, on paper, as JSON; packets for disclosure; what came of it.

Rules kept here:

- While people review a result nobody is told whom it listed; the service sees to that, for every reader.
- Whoever may not see a search is told no more than that this page is not for their role.
- Handing out a packet and saying what came of a search are recorded; looking is not.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from countenance.core.errors import InputError
from countenance.ledger.field_types import LONGEST_TEXT
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.act_entries import ActEntries, find_act
from countenance.service.accountability_reports.dossier import dossier_of
from countenance.service.accountability_reports.pages import dossier_page
from countenance.service.accountability_reports.people import People
from countenance.service.accountability_reports.results import Came
from countenance.service.accountability_reports.sources import Sources
from countenance.web.console.dossiers.parts import DossierParts
from countenance.web.console.dossiers.sight import WHOLE, is_own, may_see, sees_names
from countenance.web.console.dossiers.words import dossier_shown
from countenance.web.console.error_pages import Forbidden
from countenance.web.console.forms import FormRefused, text_of
from countenance.web.console.shell import Shell

_FORM_BYTES = 50_000
_OWN_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
#: What came of a search, as a form offers it.
CAME: tuple[tuple[str, str], ...] = (
    (Came.NO_USE_MADE.value, "No use was made of it"),
    (Came.LOCATED.value, "The person was located"),
    (Came.IDENTIFIED_OTHERWISE.value, "Identified by other evidence"),
    (Came.ARREST.value, "An arrest"),
    (Came.CHARGE.value, "A charge"),
    (Came.CONVICTION.value, "A conviction"),
    (Came.CLEARED.value, "Somebody was cleared"),
    (Came.FALSE_MATCH.value, "A false match: it was somebody else"),
    (Came.DISCLOSED.value, "Disclosed to a defence"),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A search that somebody may see."""

    entries: ActEntries
    document: dict[str, Any]
    own: bool


def one_search_pages(shell: Shell, parts: DossierParts) -> APIRouter:
    """Return the pages about one search."""
    router = shell.router()

    @router.get("/searches/{act_id}")
    async def dossier(request: Request, act_id: str) -> Response:
        """Show a search's dossier; an entry's or a review's identifier leads to it."""
        person = await shell.who(request)
        seen = await shell.desk(lambda: _seen(parts, person, act_id))
        if seen.entries.act_id != act_id:
            return shell.redirect(f"/searches/{seen.entries.act_id}")
        return shell.page(
            request, "dossiers/dossier.html.j2", title=f"Search {act_id[:8]}", document=seen.document,
            shown=dossier_shown(seen.document), may_disclose=bool(person.roles & WHOLE),
            may_report=_may_report(person, seen), came=CAME, own=seen.own,
            review_id=seen.entries.review_id,
        )  # fmt: skip

    @router.get("/searches/{act_id}/print")
    async def on_paper(request: Request, act_id: str) -> Response:
        """Return the dossier as one page that prints to two sheets; it stands by itself and can be kept."""
        person = await shell.who(request)
        seen = await shell.desk(lambda: _seen(parts, person, act_id))
        page = await shell.desk(lambda: dossier_page(seen.document))
        # The page brings its styles along and says by digest which; nothing else may run or load in it.
        found = _OWN_POLICY.search(page)
        own = html.unescape(found[1]) if found else "default-src 'none'"
        return HTMLResponse(page, headers={"Content-Security-Policy": f"{own}; frame-ancestors 'none'"})

    @router.get("/searches/{act_id}/dossier.json")
    async def as_json(request: Request, act_id: str) -> Response:
        """Return the dossier for machines."""
        person = await shell.who(request)
        seen = await shell.desk(lambda: _seen(parts, person, act_id))
        text = json.dumps(seen.document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        return _download(text.encode(), f"dossier-{seen.entries.act_id[:8]}.json", "application/json")

    _handing_out(shell, parts, router)
    return router


def _handing_out(shell: Shell, parts: DossierParts, router: APIRouter) -> None:
    @router.post("/searches/{act_id}/packet")
    async def packet(request: Request, act_id: str) -> Response:
        """Make a packet for disclosure and hand it out; recorded with its digest."""
        person = await shell.who(request, *sorted(WHOLE))
        form = await shell.form(request, limit=_FORM_BYTES)
        recipient = text_of(form, "recipient", most=500)
        names = bool(form.get("names")) and sees_names(person)
        seen = await shell.desk(lambda: _seen(parts, person, act_id))
        made = await shell.desk(lambda: parts.packet(person, seen.entries.act_id, recipient=recipient, names=names))
        return _download(made.content, f"disclosure-{seen.entries.act_id[:8]}.zip", "application/zip")

    @router.post("/searches/{act_id}/result")
    async def result(request: Request, act_id: str) -> Response:
        """Record what came of a search."""
        person = await shell.who(request)
        form = await shell.form(request, limit=_FORM_BYTES)
        seen = await shell.desk(lambda: _seen(parts, person, act_id))
        if not _may_report(person, seen):
            raise Forbidden(("searcher who asked for it", Role.RECORDS.value))
        try:
            came = Came(text_of(form, "came", most=60))
        except ValueError:
            raise FormRefused(400, "What came of it is not one of the list.", "Choose one of the list.") from None
        reason = text_of(form, "reason", most=LONGEST_TEXT)
        await shell.desk(
            lambda: parts.report(
                person, seen.entries.act_id, came, false_match=bool(form.get("false_match")),
                disclosed=bool(form.get("disclosed")), reason=reason,
            )
        )  # fmt: skip
        return shell.redirect(f"/searches/{seen.entries.act_id}#came")


def _seen(parts: DossierParts, person: SignedIn, name: str) -> _Seen:
    """Return a search with its dossier.

    Raises:
        HTTPException: There is none.
        Forbidden: It is none that this person sees.
    """
    sources = parts.sources()
    try:
        entries = find_act(sources.journal, name)
    except InputError:
        raise HTTPException(404) from None
    own_id = parts.operator_id(person.name)
    if not may_see(person, own_id, entries):
        raise Forbidden((*(role.value for role in sorted(WHOLE)), "of whoever asked for or reviewed it"))
    document = dossier_of(_with_operator(sources, entries), entries, names=sees_names(person))
    return _Seen(entries, document, is_own(entries, own_id))


def _with_operator(sources: Sources, entries: ActEntries) -> Sources:
    """Return the sources with the name of the case's operator, who may have been forgotten since."""
    case_id = entries.request.fields.get("case_id")
    case = sources.case(case_id) if isinstance(case_id, str) else None
    if case is None:
        return sources
    return replace(sources, people=People({**sources.people.names, case.operator_id: case.operator}))


def _may_report(person: SignedIn, seen: _Seen) -> bool:
    """Return whether somebody may say what came of a search: whoever asked for it, or a records officer."""
    return not seen.entries.is_refused and (seen.own or Role.RECORDS in person.roles)


def _download(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
