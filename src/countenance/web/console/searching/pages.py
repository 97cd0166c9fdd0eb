"""``/cases/{id}/search``: one photo in; candidates, nobody, or a review out. The photo is kept nowhere."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from countenance.service.account_port import Role
from countenance.service.accountability import Performed
from countenance.service.case_ports import StoredCase
from countenance.service.face_choice import PhotoChoice
from countenance.service.search import SearchResult
from countenance.web.console.cases.words import searches_left
from countenance.web.console.comparing.pictures import jpeg_url
from countenance.web.console.searching.asking import USUAL_STRICTNESS, AskedSearch, asked_search, search_form
from countenance.web.console.searching.parts import SearchingParts
from countenance.web.console.searching.words import search_page
from countenance.web.console.shell import Shell


def search_pages(shell: Shell, parts: SearchingParts) -> APIRouter:
    """Return the pages that search under a case."""
    router = shell.router()

    @router.get("/cases/{name}/search")
    async def ask(request: Request, name: str) -> Response:
        """Show the form for a search."""
        person = await shell.who(request, Role.SEARCHER)
        return await shell.desk(lambda: _form(shell, request, parts, parts.cases.own_case(person, name)))

    @router.post("/cases/{name}/search")
    async def search(request: Request, name: str) -> Response:
        """Search, or ask which of several faces is meant."""
        person = await shell.who(request, Role.SEARCHER)
        form = await shell.form(request)
        case = await shell.desk(lambda: parts.cases.own_case(person, name))
        asked = await asked_search(form, case)
        return await shell.work(lambda: _answer(shell, request, parts, case, asked))

    return router


def _form(shell: Shell, request: Request, parts: SearchingParts, case: StoredCase) -> Response:
    galleries = [parts.gallery(name) for name in parts.cases.gallery_names(case)]
    return shell.page(
        request, "searching/form.html.j2", title=f"Search under {case.case_number}",
        case=case, left=searches_left(case), usual_strictness=USUAL_STRICTNESS,
        form=search_form(case, galleries, parts.calibration()) if galleries else None,
    )  # fmt: skip


def _answer(shell: Shell, request: Request, parts: SearchingParts, case: StoredCase, asked: AskedSearch) -> Response:
    found = parts.search(case, asked.stated, asked.request)
    if isinstance(found, PhotoChoice):
        side = {"field": "photo", "file": asked.file, "choice": found, "chosen": None}
        return shell.page(
            request, "searching/choose.html.j2", title="Which face?", case=case, side=side, kept=asked.kept,
            jpeg_url=jpeg_url,
        )  # fmt: skip
    return _result(shell, request, parts, case, asked, found)


def _result(
    shell: Shell,
    request: Request,
    parts: SearchingParts,
    case: StoredCase,
    asked: AskedSearch,
    done: Performed[SearchResult],
) -> Response:
    result = done.value
    # What is held has no candidates here; pictures are opened only of those that are released.
    crops = parts.crops([item.candidate.reference_id for item in result.candidates]) if result.candidates else {}
    page = search_page(done, asked.request, crops)
    probe = "" if result.probe is None else jpeg_url(parts.picture(asked.request.probe.data, result.probe))
    return shell.page(
        request, "searching/result.html.j2", title=page.headline, case=case, page=page, done=done, probe=probe,
        file=asked.file, reasons=result.reasons, gallery=result.gallery,
        kept=[pair for pair in asked.kept if pair[0] != "accept_low_quality"], face=asked.request.probe.face_number,
    )  # fmt: skip
