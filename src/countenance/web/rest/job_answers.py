"""What operations on jobs take and answer: a job, and what is wanted in the three forms a body may have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from countenance.service.audits.photos import SeveralFacesRule
from countenance.service.job_port import Job
from countenance.web.rest.answers import Answer
from countenance.web.rest.job_uploads import ZIP, received
from countenance.web.rest.names import MOST_NAME
from countenance.web.uploads import Upload, UploadUnreadable

Wanted = TypeVar("Wanted", bound=BaseModel)
_JSON, _FORM = "application/json", "multipart/form-data"


class JobProgress(Answer):
    """How far a job is."""

    stage: str = Field(examples=["looking at photos"])
    done: int
    total: int = Field(description="0 while it is not known.")
    rate_per_s: float | None = Field(description="Photos, or other units of the stage, a second lately.")
    seconds_left: float | None = Field(description="Estimate for this stage; null if there is nothing to go by.")
    counts: dict[str, int] = Field(
        description="Outcome of photos → how many.", examples=[{"stored": 240, "no_face": 2}]
    )


class JobProblem(Answer):
    """Why a job failed."""

    code: str
    message: str
    remedy: str


class JobAnswer(Answer):
    """A job."""

    job_id: str
    kind: Literal["enrolment", "audit"]
    state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"] = Field(
        description="`interrupted`: the service ended; the job goes on by itself."
    )
    about: str = Field(description="The gallery or audit.")
    progress: JobProgress
    result: dict[str, Any] | None = Field(description="What came of it, once it is done.")
    error: JobProblem | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class EnrolmentWanted(BaseModel):
    """A bulk enrolment; photos come with it, or lie in a folder that the server's settings allow."""

    model_config = ConfigDict(extra="forbid")

    gallery: str = Field(min_length=1, max_length=MOST_NAME)
    person: str | None = Field(default=None, max_length=200, description="One person on all photos.")
    people_inside_one_folder: bool = Field(default=False, description="People's folders lie inside one folder.")
    folder: str | None = Field(default=None, max_length=4_000, description="A folder or CSV list of the server.")


class AuditWanted(BaseModel):
    """An audit; photos and list come with it, or ``audit`` names one that `countenance audit new` made."""

    model_config = ConfigDict(extra="forbid")

    audit: str | None = Field(default=None, max_length=60)
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=2_000)
    source_of_labels: str = Field(default="", max_length=2_000)
    licence: str = Field(default="", max_length=2_000)
    synthetic: bool = False
    keep_photos: bool = False
    labels: list[str] = Field(default_factory=list, max_length=20)
    subject_column: str | None = None
    file_column: str | None = None
    merge_spellings: bool = False
    several_faces: SeveralFacesRule = SeveralFacesRule.LEAVE_OUT
    threshold: float | None = Field(default=None, ge=-1, le=1)
    target_fmr: float | None = Field(default=None, gt=0, lt=1)
    target_group: str | None = None
    target_fpir: float | None = Field(default=None, gt=0, lt=1)
    gallery_size: int | None = Field(default=None, ge=1, le=1_000_000_000)
    seed: int = Field(default=1, ge=0, le=2**31)


def job_answer(job: Job) -> JobAnswer:
    """Return a job as it is answered."""
    at = job.progress
    return JobAnswer(
        job_id=job.job_id,
        kind=job.kind.value,
        state=job.state.value,
        about=job.subject_matter,
        progress=JobProgress(
            stage=at.stage,
            done=at.done,
            total=at.total,
            rate_per_s=at.rate_per_s,
            seconds_left=None if job.state.over or at.seconds_left is None else round(at.seconds_left, 1),
            counts=dict(at.counts),
        ),
        result=None if job.result is None else dict(job.result),
        error=None if job.error is None else JobProblem(
            code=job.error.code, message=job.error.message, remedy=job.error.remedy
        ),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )  # fmt: skip


async def wanted_of(kind: type[Wanted], request: Request, place: Path) -> tuple[Wanted, Upload]:
    """Return (what is wanted, the upload) of a request in any of the forms it may have."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent == _JSON:
        try:
            given, upload = json.loads(await request.body()), Upload()
        except (ValueError, RecursionError) as error:
            raise UploadUnreadable("The body is not JSON.") from error
    else:
        upload = await received(request, place)
        given = {**request.query_params} if sent == ZIP else _fields(kind, upload)
    try:
        return kind.model_validate(given), upload
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


def _fields(kind: type[BaseModel], upload: Upload) -> Mapping[str, object]:
    """Return a form's fields, those that may be given several times as lists; empty ones as if not given."""
    several = {name for name, field in kind.model_fields.items() if field.annotation == list[str]}
    return {
        name: values if name in several else values[0]
        for name, values in upload.fields.items()
        if name in several or values[0] != ""
    }


def takes(kind: type[BaseModel], files: tuple[str, ...]) -> dict[str, Any]:
    """Return what the OpenAPI document says of a body that is JSON, a form with files, or a ZIP file."""
    plain = kind.model_json_schema()
    rule = plain.pop("$defs", {}).get("SeveralFacesRule")
    if rule is not None:
        # Given in place: the document has no schema of this name, since no operation of FastAPI's own takes it.
        plain["properties"]["several_faces"] = {**rule, "default": SeveralFacesRule.LEAVE_OUT.value}
    binary = {"type": "array", "items": {"type": "string", "format": "binary"}}
    form = {**plain, "properties": {**plain["properties"], **dict.fromkeys(files, binary)}}
    content: dict[str, Any] = {_JSON: {"schema": plain}, _FORM: {"schema": form}}
    if files == ("photos",):
        content[ZIP] = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": content}}
