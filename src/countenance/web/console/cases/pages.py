"""``/cases``: whose cases there are, one case, and what is done to it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from countenance.service.account_port import Role, SignedIn
from countenance.service.case_acts import searches_of
from countenance.service.case_ports import StoredCase
from countenance.service.cases import OpenedCase
from countenance.web.console.cases.credentials import credential_line, shown_once
from countenance.web.console.cases.opened import address_of
from countenance.web.console.cases.parts import CasesParts
from countenance.web.console.cases.words import (
    case_facts,
    case_line,
    claim_facts,
    outlook_lines,
    result_in_words,
)
from countenance.web.console.forms import text_of
from countenance.web.console.shell import Shell

#: Galleries for which the rules are asked on a case's page; a case for every gallery may have hundreds.
MOST_OUTLOOKS = 12
_LONGEST_REASON = 400
#: Digits of a place in the ledger, at most: what a column of 64 bits holds.
_LONGEST_PLACE = 18


def cases_pages(shell: Shell, parts: CasesParts) -> APIRouter:
    """Return the pages about cases."""
    router = shell.router()

    @router.get("/cases")
    async def cases(request: Request) -> Response:
        """List cases, the open ones first: a searcher's own, or all."""
        person = await shell.who(request, Role.SEARCHER, Role.RECORDS)
        after = request.query_params.get("after", "")
        return await shell.desk(lambda: _list(shell, request, parts, person, after))

    @router.get("/cases/{name}")
    async def case(request: Request, name: str) -> Response:
        """Show one case."""
        person = await shell.who(request, Role.SEARCHER, Role.RECORDS)
        return await shell.desk(lambda: _case(shell, request, parts, person, parts.case_for(person, name)))

    @router.post("/cases/{name}/close")
    async def close(request: Request, name: str) -> Response:
        """Close a case: by whoever searches under it, or a records officer."""
        person = await shell.who(request, Role.SEARCHER, Role.RECORDS)
        reason = text_of(await shell.form(request), "reason", most=_LONGEST_REASON)

        def do() -> str:
            found = parts.case_for(person, name)
            parts.cases.close(found.case_id, by=person.name, reason=reason)
            return found.case_id

        return shell.redirect(f"/cases/{await shell.desk(do)}")

    @router.post("/cases/{name}/credentials")
    async def renew(request: Request, name: str) -> Response:
        """End all credentials of a case and show new ones, once."""
        person = await shell.who(request, Role.RECORDS)
        reason = text_of(await shell.form(request), "reason", most=_LONGEST_REASON)

        def do() -> OpenedCase:
            return parts.cases.renew(parts.case_for(person, name).case_id, by=person.name, reason=reason)

        renewed = await shell.desk(do)
        return shell.page(
            request, "cases/opened.html.j2", title="New credentials", opened=renewed, renewed=True,
            credentials=shown_once(renewed.credentials, address_of(request)),
        )  # fmt: skip

    @router.post("/cases/{name}/revoke")
    async def revoke(request: Request, name: str) -> Response:
        """End one credential."""
        person = await shell.who(request, Role.RECORDS)
        form = await shell.form(request)
        credential, reason = text_of(form, "credential"), text_of(form, "reason", most=_LONGEST_REASON)

        def do() -> str:
            found = parts.case_for(person, name)
            if credential in {one.credential_id for one in parts.cases.credentials_of(found.case_id)}:
                parts.cases.revoke(credential, by=person.name, reason=reason)
            return found.case_id

        return shell.redirect(f"/cases/{await shell.desk(do)}#credentials")

    return router


def _list(shell: Shell, request: Request, parts: CasesParts, person: SignedIn, after: str) -> Response:
    sees_all = Role.RECORDS in person.roles
    page = parts.browser.page(None if sees_all else parts.identify(person.name), after)
    now = shell.now
    return shell.page(
        request, "cases/list.html.j2", title="Cases",
        sees_all=sees_all, after=after,
        open=[case_line(case, now) for case in page.open],
        ended=[case_line(case, now) for case in page.ended],
        following=f"/cases?after={quote(page.next)}" if page.next else None,
    )  # fmt: skip


def _case(shell: Shell, request: Request, parts: CasesParts, person: SignedIn, case: StoredCase) -> Response:
    now = shell.now
    before = request.query_params.get("before", "")
    place = int(before) if before.isdecimal() and len(before) <= _LONGEST_PLACE else None
    searches = searches_of(parts.journal, case.case_id, place)
    line = case_line(case, now)
    names = parts.gallery_names(case)
    is_records = Role.RECORDS in person.roles
    credentials = parts.cases.credentials_of(case.case_id) if is_records else ()
    known = parts.galleries()
    return shell.page(
        request, "cases/case.html.j2", title=f"Case {case.case_number}",
        case=case, line=line, facts=case_facts(case, now), claims=claim_facts(case),
        outlooks=outlook_lines([parts.outlook(case, name) for name in names[:MOST_OUTLOOKS]]) if line.is_open else (),
        more_galleries=max(0, len(names) - MOST_OUTLOOKS),
        searches=[(search, result_in_words(search), _named(search.gallery_ids, known)) for search in searches.items],
        following=None if searches.next is None else f"/cases/{case.case_id}?before={searches.next}#searches",
        first=f"/cases/{case.case_id}#searches" if before else "",
        may_search=Role.SEARCHER in person.roles and parts.is_operator(person, case) and line.is_open and bool(names),
        is_records=is_records,
        credentials=[credential_line(one, now) for one in credentials],
    )  # fmt: skip


def _named(gallery_ids: tuple[str, ...], known: Mapping[str, str]) -> str:
    return ", ".join(known.get(key, f"{key[:8]} (gone)") for key in gallery_ids)
