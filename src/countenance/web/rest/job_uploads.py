"""Uploads of jobs: written to the job's private folder while they arrive, however the client sends them.

Rule kept here: with an idempotency key the frame has read the body already, within its own limit; without one, it is
streamed, up to the limit of uploads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from countenance.service.job_folders import Incoming
from countenance.service.jobs import Jobs
from countenance.web.form_bodies import FormRefused
from countenance.web.rest.calling import Rest
from countenance.web.uploads import Upload, UploadUnreadable, spool_body, spool_form

ZIP = "application/zip"
_CHUNK = 1 << 20


@asynccontextmanager
async def place_for(rest: Rest, jobs: Jobs) -> AsyncIterator[tuple[str, Path]]:
    """Yield (a job's identifier, the folder for its uploads); wiped if anything goes wrong before the job begins.

    Raises:
        FormRefused: The upload cannot be read.
    """
    job_id = jobs.new_id()
    place = await rest.desk(lambda: jobs.folders.make(job_id))
    try:
        yield job_id, place
    except UploadUnreadable as error:
        jobs.folders.wipe(job_id)
        raise FormRefused(
            400, str(error), "Send multipart/form-data with files, or one ZIP file as the body."
        ) from error
    except BaseException:
        jobs.folders.wipe(job_id)
        raise


async def received(request: Request, folder: Path) -> Upload:
    """Return the upload of a request, its files written to a folder.

    Raises:
        UploadUnreadable, BodyTooLarge: It cannot be taken.
    """
    form: FormData | None = getattr(request.state, "form", None)
    if form is not None:
        return await _from_form(form, folder)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    known: bytes | None = getattr(request, "_body", None)
    # The request's own stream ends at the limit of other operations.
    raw = Request(request.scope, request.receive)
    if kind != ZIP:
        return await spool_form(raw, folder)
    if known is not None:
        path = folder / "0"
        path.write_bytes(known)
        return Upload(files={"photos": [Incoming("upload.zip", path)]})
    return Upload(files={"photos": [await spool_body(raw, folder, "upload.zip")]})


async def _from_form(form: FormData, folder: Path) -> Upload:
    upload = Upload()
    for number, (name, value) in enumerate(form.multi_items()):
        if not isinstance(value, UploadFile):
            upload.fields.setdefault(name, []).append(value)
            continue
        path = folder / str(number)
        with path.open("xb") as stream:
            path.chmod(0o600)
            while chunk := await value.read(_CHUNK):
                stream.write(chunk)
        upload.files.setdefault(name, []).append(Incoming(value.filename or "", path))
    return upload
