"""The list of audits, and sending photos with a list of people for a new one."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from countenance.core.errors import CountenanceError
from countenance.service.account_port import Role
from countenance.service.audit_drafts import AuditTerms
from countenance.service.job_folders import Incoming
from countenance.web.console.audits.parts import AuditsParts
from countenance.web.console.forms import FormRefused, require_own_page, require_token
from countenance.web.console.shell import Shell
from countenance.web.uploads import UploadUnreadable, spool_form

PAGE = 50
_TEXTS = ("name", "title", "description", "source_of_labels", "licence")
_TICKS = ("synthetic", "keep_photos")


def list_pages(shell: Shell, parts: AuditsParts) -> APIRouter:
    """Return the list of audits and the form for a new one."""
    router = shell.router()

    @router.get("/audits")
    async def audits(request: Request, after: str = "") -> Response:
        """List audits with their headlines."""
        person = await shell.who(request)
        found = await shell.desk(lambda: parts.shelf.page(after=after[:100], limit=PAGE + 1))
        following = f"/audits?after={found[PAGE - 1].name}" if len(found) > PAGE else ""
        return shell.page(
            request, "audits/list.html.j2", title="Audits", audits=found[:PAGE], after=after, following=following,
            auditor=Role.AUDITOR in person.roles,
        )  # fmt: skip

    @router.get("/new-audit")
    async def new(request: Request) -> Response:
        """Show the form for a new audit."""
        await shell.who(request, Role.AUDITOR)
        return _form(shell, request, parts, {}, None)

    @router.post("/new-audit")
    async def send(request: Request) -> Response:
        """Take photos and list, unpack them, and show what was understood."""
        person = await shell.who(request, Role.AUDITOR)
        require_own_page(request)
        folders, upload_id = parts.jobs.folders, parts.jobs.new_id()
        place = await shell.desk(lambda: folders.make(upload_id))
        try:
            upload = await spool_form(request, place, admit=lambda so_far: require_token(so_far.form(), person.csrf))
            typed = {name: upload.text(name, most=2_000) for name in (*_TEXTS, *_TICKS)}
            archives, people = upload.files.get("photos") or [], upload.files.get("people") or []
            if not archives or not people:
                raise UploadUnreadable("Both are needed: the archive of photos, and the list of people.")
            try:
                await shell.work(lambda: _send(shell, parts, typed, archives, people[0]))
            except CountenanceError as error:
                return _form(shell, request, parts, typed, error)
        except UploadUnreadable as error:
            raise FormRefused(400, str(error), "Choose the files again and send the form.") from error
        finally:
            await shell.desk(lambda: folders.wipe(upload_id))
        return shell.redirect(f"/audits/{typed['name']}")

    return router


def _send(
    shell: Shell, parts: AuditsParts, typed: Mapping[str, str], archives: list[Incoming], people: Incoming
) -> None:
    terms = AuditTerms(
        title=typed["title"],
        description=typed["description"],
        source_of_labels=typed["source_of_labels"],
        licence=typed["licence"],
        synthetic=typed["synthetic"] == "yes",
        keep_photos=typed["keep_photos"] == "yes",
    )
    parts.shelf.send(typed["name"], archives, people.path, terms, created_at=shell.now)


def _form(
    shell: Shell, request: Request, parts: AuditsParts, typed: Mapping[str, str], problem: CountenanceError | None
) -> Response:
    return shell.page(
        request, "audits/new.html.j2", title="New audit", status=400 if problem else 200, typed=typed, problem=problem,
        model=parts.model,
    )  # fmt: skip
