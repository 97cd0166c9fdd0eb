"""``/compare``: two photos in, a decision with its meaning out; several faces → a way to choose. Nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from countenance.core.errors import ImageFormatUnsupported, ImageTooLarge, ImageUnreadable, SeveralFaces
from countenance.service.accountability import Performed
from countenance.service.compare import ComparisonResult, ThresholdChoice
from countenance.service.face_choice import PhotoChoice, PhotoViewer, choices
from countenance.service.face_jobs import FaceJobs
from countenance.service.faces import PhotoInput
from countenance.web.console.comparing.parts import ComparingParts
from countenance.web.console.comparing.pictures import jpeg_url
from countenance.web.console.comparing.words import FaceSide, comparison_page, thresholds_offered
from countenance.web.console.forms import FormRefused, files_of, text_of
from countenance.web.console.shell import Shell

#: Fields of the two photos, with what they are called.
SIDES = (("a", "Photo A"), ("b", "Photo B"))
USUAL_RATE = "0.0001"
#: Why a photo cannot be looked at.
_UNUSABLE = (ImageFormatUnsupported, ImageTooLarge, ImageUnreadable)


@dataclass(frozen=True, slots=True)
class _Asked:
    photos: tuple[PhotoInput, PhotoInput]
    files: tuple[str, str]
    rate: float | None
    written_rate: str = field(default=USUAL_RATE)


def comparing_pages(shell: Shell, parts: ComparingParts) -> APIRouter:
    """Return the pages that compare two photos."""
    router = shell.router()

    @router.get("/compare")
    async def compare_form(request: Request) -> Response:
        """Show the form for two photos."""
        await shell.who(request)
        offered = await shell.desk(lambda: thresholds_offered(parts.calibration()))
        return shell.page(request, "comparing/form.html.j2", title="Compare two photos", offered=offered,
                          chosen=USUAL_RATE)  # fmt: skip

    @router.post("/compare")
    async def compare_photos(request: Request) -> Response:
        """Compare, or ask which of several faces is meant."""
        person = await shell.who(request)
        asked = await _asked(await shell.form(request))
        return await shell.work(lambda: _answer(shell, request, parts, parts.jobs(person), asked))

    return router


def _answer(shell: Shell, request: Request, parts: ComparingParts, jobs: FaceJobs, asked: _Asked) -> Response:
    try:
        done = jobs.compare(*asked.photos, ThresholdChoice(target_false_match_rate=asked.rate))
    except SeveralFaces:
        found = choices(jobs, asked.photos, view=parts.view, picture=parts.picture)
        return _choose(shell, request, asked, found)
    except _UNUSABLE:
        _require_readable(asked, parts.view)
        raise
    calibration = parts.calibration()
    page = comparison_page(done, calibration)
    return shell.page(
        request, "comparing/result.html.j2", title=page.headline, page=page, done=done,
        faces=_sides(done, asked, parts),
    )  # fmt: skip


def _require_readable(asked: _Asked, view: PhotoViewer) -> None:
    for photo, file in zip(asked.photos, asked.files, strict=True):
        try:
            view(photo.data)
        except _UNUSABLE as error:
            raise type(error)(f"{photo.name}, {file}: {error.message}", remedy=error.remedy) from error


def _choose(shell: Shell, request: Request, asked: _Asked, found: tuple[PhotoChoice, ...]) -> Response:
    sides = tuple(
        {"field": name, "file": file, "choice": choice, "chosen": photo.face_number}
        for (name, _), file, photo, choice in zip(SIDES, asked.files, asked.photos, found, strict=True)
    )
    return shell.page(
        request, "comparing/choose.html.j2", title="Which face?", status=200, sides=sides, jpeg_url=jpeg_url,
        rate=asked.written_rate,
    )  # fmt: skip


def _sides(done: Performed[ComparisonResult], asked: _Asked, parts: ComparingParts) -> tuple[FaceSide, ...]:
    return tuple(
        FaceSide(
            title,
            file,
            "" if face is None else jpeg_url(parts.picture(photo.data, face)),
            ("no face was found",) if face is None else face.quality_reasons,
        )
        for (_, title), file, photo, face in zip(SIDES, asked.files, asked.photos, done.value.faces, strict=True)
    )


async def _asked(form: FormData) -> _Asked:
    photos, names = [], []
    for name, title in SIDES:
        files = files_of(form, name)
        if len(files) != 1:
            raise FormRefused(400, f"{title} is missing.", "Choose one photo for each side and send the form again.")
        photos.append(PhotoInput(title, await files[0].read(), face_number(form, f"face_{name}")))
        names.append((files[0].filename or title)[-80:])
    written = text_of(form, "rate", most=20) or USUAL_RATE
    return _Asked((photos[0], photos[1]), (names[0], names[1]), _rate(written), written)


def face_number(form: FormData, name: str) -> int | None:
    """Return the number of the face that a form chooses, or None.

    Raises:
        FormRefused: It is no number.
    """
    written = text_of(form, name, most=10)
    if not written:
        return None
    if not written.isdecimal() or int(written) < 1:
        raise FormRefused(400, "The number of the face cannot be read.", "Choose a face by its number, from 1.")
    return int(written)


def _rate(written: str) -> float:
    try:
        rate = float(written)
    except ValueError:
        rate = 0.0
    if not 0.0 < rate < 1.0:
        raise FormRefused(400, "The rate to decide at is not between 0 and 1.", "Choose one from the list.")
    return rate
