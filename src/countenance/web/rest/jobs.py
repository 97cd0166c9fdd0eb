"""Operations on long work: bulk enrolment and audits begin here, are looked at, cancelled, and give their results."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse

from countenance.core.errors import AuditInputInvalid, InputError, JobNotFound
from countenance.service.audit_drafts import DRAFTED, AuditTerms, people_choices
from countenance.service.audit_shelf import AuditShelf
from countenance.service.job_audit import run_choices
from countenance.service.job_layout import INSIDE, PERSON, allowed_folder
from countenance.service.job_port import Job, JobKind, JobOwner
from countenance.service.jobs import FOLDER, MOST_LISTED, Jobs, rejects_csv
from countenance.web.rest.calling import PREFIX, Caller, Calling, Rest
from countenance.web.rest.job_answers import AuditWanted, EnrolmentWanted, JobAnswer, job_answer, takes, wanted_of
from countenance.web.rest.job_uploads import place_for
from countenance.web.rest.lists import Cursor, Page, listed, streamed
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import answers
from countenance.web.uploads import Upload

JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="A job of the token's case.")]
JobLimit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="Most items on the page.")]
_JSON = "application/json"
#: What the two beginnings may answer beside success.
_BEGINS = answers(404, 409, 415, 507)


@dataclass(frozen=True, slots=True, eq=False)
class JobsParts:
    """What these operations work with.

    Attributes:
        jobs: Jobs.
        shelf: The audits.
        allowed: Folders of the server that photos may be enrolled from.
        clock: The server's.
    """

    jobs: Jobs
    shelf: AuditShelf
    allowed: tuple[FilePath, ...]
    clock: Callable[[], datetime]


def job_operations(rest: Rest, parts: RestParts, long: JobsParts) -> APIRouter:
    """Return the operations on jobs."""
    router = rest.router("jobs")

    @router.post("/jobs/enrolments", operation_id="begin_enrolment", status_code=202, response_model=JobAnswer,
                 responses=_BEGINS, openapi_extra=takes(EnrolmentWanted, ("photos",)))  # fmt: skip
    async def begin_enrolment(caller: Calling, request: Request, response: Response) -> JobAnswer:
        """Begin to enrol many photos: files of a form (photos, or ZIP archives with a folder a person), a ZIP file as
        the body with the fields in the query, or JSON that names a folder of the server.
        """
        # Before a byte of the upload is taken: a case that has ended fills no disk.
        await rest.desk(lambda: parts.access("begin_enrolment", caller.standing, None))
        async with place_for(rest, long.jobs) as (job_id, place):
            wanted, upload = await wanted_of(EnrolmentWanted, request, place)
            files = upload.files.get("photos", [])

            def begin() -> Job:
                parts.access("begin_enrolment", caller.standing, wanted.gallery)
                parts.galleries.gallery(wanted.gallery)
                parameters: dict[str, Any] = {PERSON: wanted.person, INSIDE: wanted.people_inside_one_folder}
                if wanted.folder is not None:
                    parameters[FOLDER] = str(allowed_folder(wanted.folder, long.allowed))
                elif files:
                    long.jobs.folders.keep_list(job_id, files)
                else:
                    raise InputError("No photo was sent.", remedy="Send files named photos, or a ZIP file.")
                return long.jobs.take_on(
                    job_id, JobKind.ENROLMENT, _owner(caller), subject_matter=wanted.gallery, parameters=parameters
                )

            return _begun(await rest.desk(begin), response)

    @router.post("/jobs/audits", operation_id="begin_audit", status_code=202, response_model=JobAnswer,
                 responses=_BEGINS, openapi_extra=takes(AuditWanted, ("photos", "people")))  # fmt: skip
    async def begin_audit(caller: Calling, request: Request, response: Response) -> JobAnswer:
        """Begin an audit of the recogniser in use: a form with a ZIP archive of photos and a CSV list of people, or
        JSON that names an audit made on the server.
        """
        # Before a byte of the upload is taken: a case that has ended fills no disk.
        await rest.desk(lambda: parts.access("begin_audit", caller.standing, None))
        async with place_for(rest, long.jobs) as (job_id, place):
            wanted, upload = await wanted_of(AuditWanted, request, place)
            job = await rest.work(lambda: _begin_audit(parts, long, caller, job_id, wanted, upload))
            return _begun(job, response)

    @router.get("/jobs", operation_id="list_jobs", responses=answers() | {200: streamed(JobAnswer)})
    async def list_jobs(
        caller: Calling,
        request: Request,
        response: Response,
        kind: Annotated[JobKind | None, Query(description="Only of a kind.")] = None,
        cursor: Cursor = None,
        limit: JobLimit = 50,
    ) -> Page[JobAnswer]:
        """Return the jobs of the token's case, newest first."""

        async def fetch(after: str | None, most: int) -> tuple[list[JobAnswer], str | None]:
            def look() -> tuple[list[JobAnswer], str | None]:
                parts.access("list_jobs", caller.standing, None)
                page = long.jobs.page(case_id=caller.case_id, kind=kind, after=after, limit=min(most, MOST_LISTED))
                return [job_answer(job) for job in page.jobs], page.after

            return await rest.desk(look)

        return await listed(request, response, fetch, cursor, limit)  # type: ignore[return-value]

    @router.get("/jobs/{job_id}", operation_id="get_job", responses=answers(404))
    async def get_job(caller: Calling, job_id: JobId) -> JobAnswer:
        """Return a job: how far it is, and what came of it."""
        return job_answer(await rest.desk(lambda: _job(parts, long, caller, "get_job", job_id)))

    @router.post("/jobs/{job_id}/cancel", operation_id="cancel_job", responses=answers(404))
    async def cancel_job(caller: Calling, job_id: JobId) -> JobAnswer:
        """End a job at its next photo; what it has done stays. One that has ended is returned as it is."""

        def cancel() -> Job:
            _job(parts, long, caller, "cancel_job", job_id)
            return long.jobs.cancel(job_id)

        return job_answer(await rest.desk(cancel))

    @router.get("/jobs/{job_id}/rejects.csv", operation_id="get_job_rejects",
                responses=answers(404, 409) | {200: _content("text/csv", "One line a photo.")})  # fmt: skip
    async def get_job_rejects(caller: Calling, job_id: JobId) -> Response:
        """Return the photos of an enrolment that were not stored, each with its reason."""
        job = await rest.desk(lambda: _job(parts, long, caller, "get_job", job_id))
        text = rejects_csv(await rest.desk(lambda: long.jobs.rejects(job)))
        return Response(text, media_type="text/csv; charset=utf-8")

    @router.get("/jobs/{job_id}/result", operation_id="get_job_result",
                responses=answers(404, 409) | {200: _content(_JSON, "The result document.", "object")})  # fmt: skip
    async def get_job_result(caller: Calling, job_id: JobId) -> Response:
        """Return what came of a job that is done: counts of an enrolment, or an audit's whole result document."""
        job = await rest.desk(lambda: _job(parts, long, caller, "get_job", job_id))
        result = long.jobs.result(job)
        if job.kind is JobKind.AUDIT:
            path = await rest.desk(lambda: long.shelf.file(job.subject_matter, "result"))
            return FileResponse(path, media_type=_JSON)
        return Response(json.dumps(dict(result)), media_type=_JSON)

    return router


def _owner(caller: Caller) -> JobOwner:
    return JobOwner(
        "rest", caller.standing.operator, credential_id=caller.credential_id, case_id=caller.case_id
    )  # fmt: skip


def _job(parts: RestParts, long: JobsParts, caller: Caller, word: str, job_id: str) -> Job:
    parts.access(word, caller.standing, None)
    return long.jobs.of_case(job_id, caller.case_id)


def _begun(job: Job, response: Response) -> JobAnswer:
    response.headers["Location"] = f"{PREFIX}/jobs/{job.job_id}"
    return job_answer(job)


def _begin_audit(
    parts: RestParts, long: JobsParts, caller: Caller, job_id: str, wanted: AuditWanted, upload: Upload
) -> Job:
    parts.access("begin_audit", caller.standing, None)
    parameters = wanted.model_dump(mode="json", exclude={"audit", *AuditTerms.__dataclass_fields__})
    run_choices(parameters)
    photos, people = upload.files.get("photos", []), upload.files.get("people", [])
    if photos and people:
        terms = AuditTerms(**{name: getattr(wanted, name) for name in AuditTerms.__dataclass_fields__})
        # Another case may have an audit of the same name, which is nobody else's business.
        name = f"{(wanted.audit or 'audit')[:40]}-{job_id[:12]}"
        long.shelf.send(name, photos, people[0].path, terms, created_at=long.clock())
        try:
            long.shelf.preview(name, people_choices(parameters))
        except BaseException:
            long.shelf.discard(name)
            raise
        long.jobs.folders.wipe(job_id)
    elif wanted.audit and not photos and not people:
        name = _made_here(long, caller, wanted.audit)
    else:
        raise InputError(
            "An audit needs an archive of photos and a list of people, or the name of one that was made.",
            remedy="Send files named photos and people, or JSON with audit.",
        )
    return long.jobs.take_on(
        job_id, JobKind.AUDIT, _owner(caller), subject_matter=name, parameters=parameters
    )  # fmt: skip


def _made_here(long: JobsParts, caller: Caller, name: str) -> str:
    """Return the name of an audit that was made on the server and belongs to no other case or account.

    Raises:
        JobNotFound: There is none for this case.
        AuditInputInvalid: Its photos are not kept.
    """
    others = [job for job in long.jobs.page(kind=JobKind.AUDIT, subject_matter=name, limit=MOST_LISTED).jobs
              if job.owner.case_id != caller.case_id]  # fmt: skip
    if others or long.shelf.state(name) in ("", DRAFTED):
        raise JobNotFound(f"There is no audit {name} for this case.", remedy="Send photos and list with the request.")
    if not long.shelf.has_photos(name):
        raise AuditInputInvalid("The photos of this audit are not kept here.", remedy="Send them with the request.")
    return name


def _content(media_type: str, words: str, shape: str = "string") -> dict[str, Any]:
    return {"description": words, "content": {media_type: {"schema": {"type": shape}}}}
