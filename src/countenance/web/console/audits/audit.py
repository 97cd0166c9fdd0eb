"""One audit: a draft with what was understood of its list, a finished one with its headline, report and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from countenance.core.errors import CountenanceError, InputError
from countenance.core.thresholds import one_in
from countenance.service.account_port import Role
from countenance.service.audit_drafts import DRAFTED, FINISHED, people_choices
from countenance.service.audit_report.opening import split_headline
from countenance.service.audits.power import RULE_OF_THREE
from countenance.service.job_audit import run_choices
from countenance.service.job_port import Job, JobKind, JobOwner
from countenance.web.console.audits.parts import AuditsParts
from countenance.web.console.forms import text_of
from countenance.web.console.galleries.jobs import shown
from countenance.web.console.shell import Shell

#: Policy of the report, which is one file with script and style inside and a stricter policy of its own: it runs
#: without an origin, and reaches nothing, neither this server nor another.
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
#: Files of a finished audit: kind → (name of the file, type).
FILES = {"result": ("result.json", "application/json"), "bundle": ("bundle.zip", "application/zip")}
_MOST_REFUSED, _MOST_LABELS = 100, 20
_NUMBERS: dict[str, Callable[[str], float]] = {
    "threshold": float, "target_fmr": float, "target_fpir": float, "gallery_size": int, "seed": int,
}  # fmt: skip


def audit_pages(shell: Shell, parts: AuditsParts) -> APIRouter:
    """Return the pages of an audit."""
    router = shell.router()

    @router.get("/audits/{name}")
    async def audit(request: Request, name: str) -> Response:
        """Show an audit as far as it is."""
        person = await shell.who(request)
        state = await shell.desk(lambda: parts.shelf.state(name))
        if not state:
            raise HTTPException(404)
        return await _page(shell, parts, request, name, state, auditor=Role.AUDITOR in person.roles)

    @router.post("/audits/{name}/run")
    async def run(request: Request, name: str) -> Response:
        """Take the audit on as a job, or show what is wrong with the choices."""
        person = await shell.who(request, Role.AUDITOR)
        form = await shell.form(request)
        state = await shell.desk(lambda: parts.shelf.state(name))
        if not state:
            raise HTTPException(404)
        try:
            parameters = _parameters(form)
            run_choices(parameters)
            if state == DRAFTED:
                await shell.desk(lambda: parts.shelf.preview(name, people_choices(parameters)))
            if form.get("do") == "look":
                return await _page(shell, parts, request, name, state, auditor=True, chosen=parameters)
            owner = JobOwner("console", person.name, account_id=person.account_id)
            job = await shell.desk(lambda: _take_on(parts, name, owner, parameters))
        except CountenanceError as error:
            return await _page(shell, parts, request, name, state, auditor=True, problem=error)
        return shell.redirect(f"/jobs/{job.job_id}")

    @router.post("/audits/{name}/discard")
    async def discard(request: Request, name: str) -> Response:
        """Remove a draft with its photos."""
        await shell.who(request, Role.AUDITOR)
        await shell.form(request)
        await shell.desk(lambda: parts.shelf.discard(name))
        return shell.redirect("/audits")

    @router.get("/audits/{name}/report")
    async def report(request: Request, name: str) -> Response:
        """Return the report: one file, shut in."""
        await shell.who(request, Role.AUDITOR)
        path = await shell.desk(lambda: parts.shelf.file(name, "report"))
        return FileResponse(
            path, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": REPORT_POLICY}
        )

    @router.get("/audits/{name}/files/{kind}")
    async def file(request: Request, name: str, kind: str) -> Response:
        """Return the result document or the bundle."""
        await shell.who(request, Role.AUDITOR)
        if kind not in FILES:
            raise HTTPException(404)
        path = await shell.desk(lambda: parts.shelf.file(name, kind))
        called, media_type = FILES[kind]
        return FileResponse(path, media_type=media_type, filename=f"{name}-{called}")

    return router


def _take_on(parts: AuditsParts, name: str, owner: JobOwner, parameters: dict[str, Any]) -> Job:
    newest = parts.jobs.page(kind=JobKind.AUDIT, subject_matter=name, limit=1).jobs
    if newest and not newest[0].state.over:
        raise InputError("The audit is under way already.", remedy="Wait until it has ended, or cancel it.")
    if parts.shelf.state(name) != DRAFTED and not parts.shelf.has_photos(name):
        raise InputError("The photos of this audit are not kept here.", remedy="Send them again as a new audit.")
    return parts.jobs.take_on(
        parts.jobs.new_id(), JobKind.AUDIT, owner, subject_matter=name, parameters=parameters
    )  # fmt: skip


async def _page(
    shell: Shell,
    parts: AuditsParts,
    request: Request,
    name: str,
    state: str,
    *,
    auditor: bool,
    chosen: dict[str, Any] | None = None,
    problem: CountenanceError | None = None,
) -> Response:
    shelf = parts.shelf

    def look() -> dict[str, Any]:
        jobs = parts.jobs.page(kind=JobKind.AUDIT, subject_matter=name, limit=5).jobs
        values: dict[str, Any] = {"audit": shelf.audit(name), "jobs": [shown(job, shell.now) for job in jobs]}
        if state == DRAFTED and auditor:
            draft = shelf.draft(name)
            preview, wrong = None, problem
            try:
                preview = shelf.preview(name, people_choices(chosen or {}))
            except CountenanceError as error:
                wrong = wrong or error
            return values | {
                "draft": draft, "preview": preview, "wrong": wrong, "columns": shelf.columns(name),
                "refused": draft.refused[:_MOST_REFUSED],
            }  # fmt: skip
        if state == FINISHED:
            values["document"] = document = shelf.workspace(name).result()
            values["headline"] = split_headline(document["headline"]["sentence"])
        return values | {"wrong": problem, "again": auditor and shelf.has_photos(name)}

    values = await shell.desk(look)
    template = f"audits/{state if state != DRAFTED or auditor else 'waiting'}.html.j2"
    return shell.page(
        request, template, title=name, status=400 if problem else 200, name=name, auditor=auditor,
        chosen=chosen or {}, rule_of_three=RULE_OF_THREE, one_in=one_in, model=parts.model, **values,
    )  # fmt: skip


def _parameters(form: FormData) -> dict[str, Any]:
    """Return the choices of a form as a job's parameters.

    Raises:
        InputError: A number is none.
    """
    parameters: dict[str, Any] = {}
    for name, kind in _NUMBERS.items():
        text = text_of(form, name, most=40)
        if text:
            try:
                parameters[name] = kind(text)
            except ValueError as error:
                raise InputError(f"{name} is a number.", remedy="Correct it or leave it empty.") from error
    for name in ("subject_column", "file_column", "several_faces", "target_group"):
        parameters[name] = text_of(form, name) or None
    parameters["labels"] = [str(label) for label in form.getlist("labels")[:_MOST_LABELS]]
    parameters["merge_spellings"] = text_of(form, "merge_spellings") == "yes"
    return parameters
