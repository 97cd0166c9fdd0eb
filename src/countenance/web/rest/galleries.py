"""Operations on galleries and the people in them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response, UploadFile
from pydantic import Field

from countenance.core.errors import SubjectNotFound
from countenance.core.vocabulary import GallerySummary
from countenance.policy.terms import GallerySource
from countenance.service.erasure import ErasureRequest
from countenance.service.faces import PhotoInput
from countenance.web.rest.answers import Answer, ModelAnswer, RecordAnswer, model_answer, record_answer
from countenance.web.rest.calling import Calling, Rest
from countenance.web.rest.cursors import cursor_of, place_of
from countenance.web.rest.faces import Photo
from countenance.web.rest.lists import Cursor, Limit, Page, listed, streamed
from countenance.web.rest.parts import RestParts
from countenance.web.rest.refusals import answers

#: Longest name: what can be stored and indexed. Source: ``storage.storable_text``.
MOST_NAME = 1_352
#: Longest retention: a hundred years.
MOST_DAYS = 36_525

GalleryName = Annotated[str, Path(min_length=1, max_length=MOST_NAME, description="Name of a gallery of the case.")]
SubjectName = Annotated[str, Path(min_length=1, max_length=MOST_NAME, description="Name of a data subject in it.")]


class GalleryAnswer(Answer):
    """A gallery's facts."""

    name: str
    model: ModelAnswer = Field(description="Recogniser that made all templates in it.")
    created_at: str
    basis: str = Field(description="Why faces are kept in it, in the operator's words.")
    source: str = Field(description="Where its references come from; rules read it.")
    retention_days: int | None = Field(description="Days after which a reference expires; null: until erased.")
    subjects: int
    references: int
    revision: int = Field(description="Grows with every change of its references.")


class NewGallery(Answer):
    """What a gallery is made with."""

    name: str = Field(min_length=1, max_length=MOST_NAME)
    basis: str = Field(min_length=1, max_length=1_000, examples=["staff who consented, form 7"])
    source: GallerySource
    retention_days: int | None = Field(ge=1, le=MOST_DAYS, description="null, in so many words: until erased.")


class SubjectAnswer(Answer):
    """A data subject in a list."""

    subject: str
    references: int
    enrolled_at: str
    expires_at: str | None


class ReferenceAnswer(Answer):
    """A reference's facts; the template never leaves."""

    reference_id: str
    source_name: str
    source_sha256: str
    created_at: str
    expires_at: str | None
    picture: bool = Field(description="Whether a picture of the face is kept for reviewers.")


class SubjectDetail(Answer):
    """A data subject with their references."""

    subject: str
    references: list[ReferenceAnswer]


class EnrolmentAnswer(Answer):
    """What came of a photo. Only `stored` stored something; the others are outcomes, not errors."""

    outcome: Literal["stored", "duplicate", "no_face", "several_faces", "low_quality", "unreadable"]
    reason: str | None = Field(description="Why it was not stored, in words.")
    reference_id: str | None
    record: RecordAnswer


class Deleted(Answer):
    """What went."""

    references: int


class ErasureAnswer(Answer):
    """What came of an erasure."""

    act_id: str
    found: bool = Field(description="Whether anybody of this name was there.")
    references: int
    entry_ids: list[str] = Field(description="Ledger entries of the deletion.")
    proof_entry_ids: list[str] = Field(description="Ledger entries about looking for them again.")
    receipt: dict[str, Any] | None = Field(description="The signed receipt; null if nobody was there.")


def gallery_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations on galleries."""
    router = rest.router("galleries")

    @router.get("/galleries", operation_id="list_galleries", responses=answers() | {200: streamed(GalleryAnswer)})
    async def list_galleries(
        caller: Calling, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 100
    ) -> Page[GalleryAnswer]:
        """Return the galleries that the case may use, by name."""

        async def fetch(after: str | None, most: int) -> tuple[list[GalleryAnswer], str | None]:
            return await rest.desk(lambda: _galleries(parts, caller, after, most))

        return await listed(request, response, fetch, cursor, limit)  # type: ignore[return-value]

    @router.post("/galleries", operation_id="create_gallery", status_code=201, responses=answers(409))
    async def create_gallery(caller: Calling, wanted: NewGallery, response: Response) -> GalleryAnswer:
        """Make an empty gallery. The case has to be one for any gallery."""

        def make() -> GalleryAnswer:
            parts.access("create_gallery", caller.standing, wanted.name)
            made = parts.make_gallery(
                wanted.name, caller.standing,
                basis=wanted.basis, source=wanted.source, retention_days=wanted.retention_days,
            )  # fmt: skip
            return _gallery(parts, made)

        made = await rest.desk(make)
        response.headers["Location"] = f"/v1/galleries/{quote(made.name, safe='')}"
        return made

    @router.get("/galleries/{gallery}", operation_id="get_gallery", responses=answers(404))
    async def get_gallery(caller: Calling, gallery: GalleryName) -> GalleryAnswer:
        """Return one gallery."""

        def get() -> GalleryAnswer:
            parts.access("describe_gallery", caller.standing, gallery)
            return _gallery(parts, parts.galleries.gallery(gallery))

        return await rest.desk(get)

    @router.delete("/galleries/{gallery}", operation_id="delete_gallery", responses=answers(404))
    async def delete_gallery(caller: Calling, gallery: GalleryName) -> Deleted:
        """Delete a gallery with all references and keys."""

        def delete() -> Deleted:
            parts.access("delete_gallery", caller.standing, gallery)
            return Deleted(references=parts.delete_gallery(gallery, caller.standing))

        return await rest.desk(delete)

    _subjects(rest, parts, router)
    return router


def _subjects(rest: Rest, parts: RestParts, router: APIRouter) -> None:
    subjects, subject_path = "/galleries/{gallery}/subjects", "/galleries/{gallery}/subjects/{subject}"

    @router.get(subjects, operation_id="list_subjects", responses=answers(404) | {200: streamed(SubjectAnswer)})
    async def list_subjects(
        caller: Calling,
        gallery: GalleryName,
        request: Request,
        response: Response,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> Page[SubjectAnswer]:
        """Return the data subjects of a gallery, by name."""
        await rest.desk(lambda: parts.access("list_subjects", caller.standing, gallery))
        await rest.desk(lambda: parts.galleries.gallery(gallery))

        async def fetch(after: str | None, most: int) -> tuple[list[SubjectAnswer], str | None]:
            return await rest.desk(lambda: _subject_page(parts, gallery, after, most))

        return await listed(request, response, fetch, cursor, limit)  # type: ignore[return-value]

    @router.get(subject_path, operation_id="get_subject", responses=answers(404))
    async def get_subject(caller: Calling, gallery: GalleryName, subject: SubjectName) -> SubjectDetail:
        """Return a data subject's references."""

        def get() -> SubjectDetail:
            parts.access("describe_subject", caller.standing, gallery)
            return _subject(parts, gallery, subject)

        return await rest.desk(get)

    @router.post(f"{subject_path}/references", operation_id="enrol", responses=answers(404, 409))
    async def enrol(caller: Calling, gallery: GalleryName, subject: SubjectName, photo: Photo) -> EnrolmentAnswer:
        """Enrol one photo for a data subject. It has to hold exactly one face that passes the quality gate."""
        handed_in = PhotoInput(_file_name(photo), await photo.read())
        done = await rest.work(
            lambda: parts.jobs(caller.standing).enrol_photo(
                gallery, subject, handed_in, store=parts.galleries, policies=parts.policies
            )
        )
        outcome = done.value.outcome
        return EnrolmentAnswer(
            outcome=outcome.outcome.value,
            # Who else these bytes are enrolled as is not told here.
            reason="these bytes are enrolled already" if outcome.outcome.value == "duplicate" else outcome.reason,
            reference_id=done.value.reference_id,
            record=record_answer(done),
        )

    @router.delete(subject_path, operation_id="erase_subject", responses=answers(404))
    async def erase_subject(
        caller: Calling,
        gallery: GalleryName,
        subject: SubjectName,
        reason: Annotated[
            str, Query(max_length=500, description="In the operator's words; it is recorded, so it names nobody.")
        ] = "",
    ) -> ErasureAnswer:
        """Erase a person from a gallery, look for them again, and return the signed receipt."""

        def erase() -> ErasureAnswer:
            parts.access("erase_subject", caller.standing, gallery)
            done = parts.erase(ErasureRequest(subject, gallery, reason=reason), caller.standing)
            return ErasureAnswer(
                act_id=done.act_id,
                found=bool(done.erased),
                references=sum(item.references for item in done.erased),
                entry_ids=list(done.entry_ids),
                proof_entry_ids=list(done.proof_entry_ids),
                receipt=None if done.receipt is None else json.loads(done.receipt.document),
            )

        return await rest.work(erase)


def _file_name(photo: UploadFile) -> str:
    """Return what the reference's photo is called: the file's name, without the folders of a client's disk."""
    return (photo.filename or "photo").replace("\\", "/").rpartition("/")[2][:200] or "photo"


def _galleries(parts: RestParts, caller: Any, after: str | None, most: int) -> tuple[list[GalleryAnswer], str | None]:
    parts.access("list_galleries", caller.standing, None)
    behind = str(place_of("galleries", after, str)[0]) if after is not None else ""
    allowed = caller.standing.galleries
    found = [
        item
        for item in sorted(parts.galleries.list_galleries(), key=lambda item: item.name)
        if item.name > behind and (allowed is None or item.name in allowed)
    ]
    shown = found[:most]
    following = cursor_of("galleries", shown[-1].name) if len(found) > most else None
    return [_gallery(parts, item) for item in shown], following


def _gallery(parts: RestParts, found: GallerySummary) -> GalleryAnswer:
    return GalleryAnswer(
        name=found.name,
        model=model_answer(found.model),
        created_at=found.created_at,
        basis=found.basis,
        source=parts.policies.gallery_facts(found.name).source,
        retention_days=found.retention_days,
        subjects=found.subjects,
        references=found.references,
        revision=found.revision,
    )


def _subject_page(
    parts: RestParts, gallery: str, after: str | None, most: int
) -> tuple[list[SubjectAnswer], str | None]:
    behind = str(place_of("subjects", after, str)[0]) if after is not None else ""
    found = parts.subjects.listed(gallery, after=(gallery, behind), limit=most + 1)
    items = [
        SubjectAnswer(
            subject=item.subject, references=item.references, enrolled_at=item.enrolled_at, expires_at=item.expires_at
        )
        for item in found[:most]
    ]
    return items, cursor_of("subjects", items[-1].subject) if len(found) > most else None


def _subject(parts: RestParts, gallery: str, subject: str) -> SubjectDetail:
    parts.galleries.gallery(gallery)
    references = [
        ReferenceAnswer(
            reference_id=item.reference_id,
            source_name=item.source_name,
            source_sha256=item.source_sha256,
            created_at=item.created_at,
            expires_at=item.expires_at,
            picture=item.picture,
        )
        for held in parts.subjects.find(subject, gallery)
        for item in parts.subjects.references_of(held)
    ]
    if not references:
        raise SubjectNotFound("There is nobody of this name in the gallery.")
    return SubjectDetail(subject=subject, references=references)
