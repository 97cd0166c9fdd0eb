"""Operations on the people in a gallery: listing, enrolling a photo, erasing."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response, UploadFile
from pydantic import Field

from countenance.core.errors import SubjectNotFound
from countenance.core.vocabulary import EnrolmentStatus
from countenance.service.accountability import Performed
from countenance.service.enrol_photo import EnrolledPhoto
from countenance.service.erasure import Erasure, ErasureRequest
from countenance.service.faces import PhotoInput
from countenance.web.rest.answers import Answer, RecordAnswer, record_answer
from countenance.web.rest.calling import Calling, Rest
from countenance.web.rest.cursors import cursor_of, place_of
from countenance.web.rest.faces import Photo
from countenance.web.rest.lists import Cursor, Limit, Page, first_of, listed, streamed
from countenance.web.rest.names import GalleryName, SubjectName
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import answers

#: Longest name of a photo that is kept, characters.
_MOST_FILE_NAME = 200


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


class ErasureAnswer(Answer):
    """What came of an erasure."""

    act_id: str
    found: bool = Field(description="Whether anybody of this name was there.")
    references: int
    entry_ids: list[str] = Field(description="Ledger entries of the deletion.")
    proof_entry_ids: list[str] = Field(description="Ledger entries about looking for them again.")
    receipt: dict[str, Any] | None = Field(description="The signed receipt; null if nobody was there.")


def subject_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations on data subjects."""
    router = rest.router("galleries")
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
        return _enrolment(done)

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
            return _erasure(parts.erase(ErasureRequest(subject, gallery, reason=reason), caller.standing))

        return await rest.work(erase)

    return router


def _file_name(photo: UploadFile) -> str:
    """Return what the reference's photo is called: the file's name, without the folders of a client's disk."""
    return (photo.filename or "photo").replace("\\", "/").rpartition("/")[2][:_MOST_FILE_NAME] or "photo"


def _enrolment(done: Performed[EnrolledPhoto]) -> EnrolmentAnswer:
    said = done.value.outcome
    # Who else these bytes are enrolled as is not told here.
    again = said.outcome is EnrolmentStatus.DUPLICATE
    return EnrolmentAnswer(
        outcome=said.outcome.value,
        reason="these bytes are enrolled already" if again else said.reason,
        reference_id=done.value.reference_id,
        record=record_answer(done),
    )


def _erasure(done: Erasure) -> ErasureAnswer:
    return ErasureAnswer(
        act_id=done.act_id,
        found=bool(done.erased),
        references=sum(item.references for item in done.erased),
        entry_ids=list(done.entry_ids),
        proof_entry_ids=list(done.proof_entry_ids),
        receipt=None if done.receipt is None else json.loads(done.receipt.document),
    )


def _subject_page(
    parts: RestParts, gallery: str, after: str | None, most: int
) -> tuple[list[SubjectAnswer], str | None]:
    behind = str(place_of("subjects", after, str)[0]) if after is not None else ""
    found = parts.subjects.listed(gallery, after=(gallery, behind), limit=most + 1)
    shown, following = first_of(found, most, lambda last: cursor_of("subjects", last.subject))
    items = [
        SubjectAnswer(
            subject=item.subject, references=item.references, enrolled_at=item.enrolled_at, expires_at=item.expires_at
        )
        for item in shown
    ]
    return items, following


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
