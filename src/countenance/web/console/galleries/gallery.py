"""One gallery: what it is, who is in it, and photos dropped on it; one person in it, and erasing them."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.service.account_port import Role, SignedIn
from countenance.service.erasure import ErasureRequest
from countenance.service.erasure_receipt import DOES_NOT_PROVE
from countenance.service.job_enrolment import CASE
from countenance.service.job_layout import INSIDE, PERSON
from countenance.service.job_port import JobKind, JobOwner
from countenance.web.console.forms import FormRefused, require_own_page, require_token, text_of
from countenance.web.console.galleries.jobs import shown
from countenance.web.console.galleries.lists import PAGE, gallery_path
from countenance.web.console.galleries.parts import GalleriesParts
from countenance.web.console.shell import Shell
from countenance.web.uploads import Upload, UploadUnreadable, spool_form

#: Who sees people's names.
NAMES = (Role.GALLERY_OWNER, Role.RECORDS)
#: Jobs shown on a gallery's page.
_NEWEST_JOBS = 5


def sees_names(person: SignedIn) -> bool:
    """Return whether somebody sees who is in galleries."""
    return bool(person.roles & frozenset(NAMES))


def subject_path(gallery: str, subject: str) -> str:
    """Return the address of a person's page in a gallery."""
    return f"{gallery_path(gallery)}/subject?{urlencode({'name': subject})}"


def gallery_pages(shell: Shell, parts: GalleriesParts) -> APIRouter:
    """Return the page of a gallery, with enrolment."""
    router = shell.router()

    @router.post("/galleries/{name:path}/enrolments")
    async def enrol(request: Request, name: str) -> Response:
        """Take photos or an archive and begin to enrol them."""
        person = await shell.who(request, Role.GALLERY_OWNER)
        require_own_page(request)
        await shell.desk(lambda: parts.galleries.gallery(name))
        job_id = parts.jobs.new_id()
        place = await shell.desk(lambda: parts.jobs.folders.make(job_id))
        try:
            upload = await spool_form(request, place, admit=lambda so_far: require_token(so_far.form(), person.csrf))
            parameters = _parameters(upload)
        except UploadUnreadable as error:
            parts.jobs.folders.wipe(job_id)
            raise FormRefused(400, str(error), "Choose photos or one ZIP archive, and send the form again.") from error
        except BaseException:
            parts.jobs.folders.wipe(job_id)
            raise
        owner = JobOwner("console", person.name, account_id=person.account_id)

        def begin() -> None:
            parts.jobs.folders.keep_list(job_id, upload.files["photos"])
            parts.jobs.take_on(
                job_id, JobKind.ENROLMENT, owner, subject_matter=name, parameters=parameters
            )  # fmt: skip

        await shell.desk(begin)
        return shell.redirect(f"/jobs/{job_id}")

    @router.get("/galleries/{name:path}/subject")
    async def subject(request: Request) -> Response:
        """Show what is held of a person."""
        return await _subject(shell, parts, request)

    @router.post("/galleries/{name:path}/subject")
    async def erase(request: Request) -> Response:
        """Erase a person, and show the receipt."""
        return await _erase(shell, parts, request)

    @router.get("/galleries/{name:path}")
    async def gallery(request: Request, name: str, prefix: str = "", after: str = "") -> Response:
        """Show a gallery, the people in it, and the form to enrol more."""
        person = await shell.who(request)
        sees, owner = sees_names(person), Role.GALLERY_OWNER in person.roles
        _require_storable(name, prefix, after)
        found = await shell.desk(lambda: parts.galleries.gallery(name))
        people = []
        if sees:
            listed = await shell.desk(
                lambda: parts.galleries.subjects(name, prefix=prefix[:500], after=after[:2_000], limit=PAGE + 1)
            )
            people = list(listed)
        following = ""
        if len(people) > PAGE:
            following = (
                f"{gallery_path(name)}?{urlencode({'prefix': prefix, 'after': people[PAGE - 1].subject})}#people"
            )
        page = await shell.desk(
            lambda: parts.jobs.page(kind=JobKind.ENROLMENT, subject_matter=name, limit=_NEWEST_JOBS)
        )
        return shell.page(
            request, "galleries/gallery.html.j2", title=name, gallery=found, people=people[:PAGE], prefix=prefix,
            after=after, following=following, first=f"{gallery_path(name)}?{urlencode({'prefix': prefix})}#people",
            owner=owner, sees=sees, path=gallery_path(name),
            subject_path=lambda subject: subject_path(name, subject),
            jobs=[shown(job, shell.now) for job in page.jobs] if owner else [],
        )  # fmt: skip

    return router


def _parameters(upload: Upload) -> dict[str, object]:
    if not upload.files.get("photos"):
        raise UploadUnreadable("No photo was chosen.")
    return {
        PERSON: upload.text("person", most=200) or None,
        INSIDE: upload.text("inside") == "yes",
        CASE: upload.text("case", most=200) or None,
    }


def _require_storable(*texts: str) -> None:
    # Nothing is stored under such a name, and not every database lets one ask for it.
    if any("\0" in text for text in texts):
        raise HTTPException(404)


def _named(request: Request) -> tuple[str, str]:
    gallery, name = request.path_params["name"], request.query_params.get("name", "")
    if not name or len(name) > 2_000:
        raise HTTPException(404)
    _require_storable(gallery, name)
    return gallery, name


async def _subject(shell: Shell, parts: GalleriesParts, request: Request) -> Response:
    person = await shell.who(request, *NAMES)
    gallery, name = _named(request)
    held = await shell.desk(lambda: parts.held(name, gallery))
    return shell.page(
        request, "galleries/subject.html.j2", title=name, status=200 if held else 404, gallery=gallery, name=name,
        held=held, path=gallery_path(gallery), here_path=subject_path(gallery, name),
        owner=Role.GALLERY_OWNER in person.roles or Role.RECORDS in person.roles,
        asked=request.query_params.get("erase") == "1", problem="", typed={},
    )  # fmt: skip


async def _erase(shell: Shell, parts: GalleriesParts, request: Request) -> Response:
    person = await shell.who(request, *NAMES)
    gallery, name = _named(request)
    form = await shell.form(request)
    typed = {field: text_of(form, field) for field in ("sure", "everywhere", "reason")}
    if typed["sure"] != "yes":
        held = await shell.desk(lambda: parts.held(name, gallery))
        return shell.page(
            request, "galleries/subject.html.j2", title=name, status=400, gallery=gallery, name=name, held=held,
            path=gallery_path(gallery), here_path=subject_path(gallery, name), owner=True, asked=True, typed=typed,
            problem="Tick that you are sure. There is no way back.",
        )  # fmt: skip
    wanted = ErasureRequest(
        name, None if typed["everywhere"] == "yes" else gallery, requested_at=shell.now, reason=typed["reason"]
    )
    done = await shell.work(lambda: parts.erase(wanted, person.name))
    document = None if done.receipt is None else done.receipt.document
    return shell.page(
        request, "galleries/erased.html.j2", title="Erased", done=done, name=name, gallery=gallery,
        path=gallery_path(gallery), does_not_prove=DOES_NOT_PROVE,
        receipt_text=None if document is None else document.decode(),
        receipt_url=None if document is None else f"data:application/json;base64,{base64.b64encode(document).decode()}",
        receipt_name=f"erasure-{done.act_id[:12]}.json",
    )  # fmt: skip
