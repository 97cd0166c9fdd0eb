"""Operations on photos: detect, compare, search. Photos come as form files and are kept nowhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import Field

from countenance.core.errors import InputError
from countenance.service.compare import ThresholdChoice
from countenance.service.faces import PhotoInput
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES
from countenance.service.search import CandidateMeaning, SearchOutcome, SearchRequest
from countenance.web.rest.answers import (
    Answer,
    FaceAnswer,
    FalseCandidatesAnswer,
    MeaningAnswer,
    ModelAnswer,
    RecordAnswer,
    ThresholdAnswer,
    face_answer,
    false_candidates_answer,
    meaning_answer,
    model_answer,
    record_answer,
    threshold_answer,
)
from countenance.web.rest.calling import Calling, Rest
from countenance.web.rest.names import MOST_NAME
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import Responses, answers

#: Most candidates one search may ask for; a case may allow fewer.
MOST_CANDIDATES = 100

Photo = Annotated[UploadFile, File(description="JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF. Kept nowhere.")]
FaceNumber = Annotated[
    int | None, Form(ge=1, le=10_000, description="Which face of the photo, 1 is the largest; leave out if it has one.")
]
TargetFmr = Annotated[
    float | None,
    Form(gt=0, lt=1, allow_inf_nan=False, description="Decide at a threshold with at most this false match rate."),
]
ThresholdValue = Annotated[
    float | None, Form(ge=-1, le=1, allow_inf_nan=False, description="Decide at this cosine similarity.")
]


class Detection(Answer):
    """All faces of a photo, largest first; no face is an empty list."""

    width_px: int
    height_px: int
    format: str = Field(examples=["JPEG"])
    faces: list[FaceAnswer]
    record: RecordAnswer


class Comparison(Answer):
    """Whether two photos are called one person's, with everything needed to judge that."""

    outcome: str = Field(description="`compared`, or `no face`: in one of the photos none was found.")
    decision: str | None = Field(description="`match` or `non_match` at the threshold.")
    similarity: float | None = Field(description="Cosine of the two templates, -1 to 1. Not a probability.")
    meaning: MeaningAnswer | None
    threshold: ThresholdAnswer
    faces: list[FaceAnswer | None] = Field(description="The two faces compared.")
    warnings: list[str] = Field(description="What is poor about the photos, in words.")
    model: ModelAnswer
    in_words: str
    record: RecordAnswer


class CandidateAnswer(Answer):
    """A subject of the gallery whose best reference reaches the threshold. A lead, not an identification."""

    subject: str
    reference_id: str
    similarity: float
    references_of_subject: int
    meaning: MeaningAnswer
    false_candidates: FalseCandidatesAnswer


class SearchAnswer(Answer):
    """What a search came to. An empty list is an answer: nobody."""

    outcome: str = Field(description="`candidates`, `nobody`, `no face`, `low quality` or `held for review`.")
    gallery: str
    candidates: list[CandidateAnswer] = Field(description="Most similar first, one a subject; none while held.")
    threshold: ThresholdAnswer
    promise_kept: bool = Field(description="False if the calibration data is too small for the limit asked for.")
    expected: FalseCandidatesAnswer
    references_searched: int | None
    exact: bool | None = Field(description="True: every reference was compared.")
    reasons: list[str] = Field(description="Why the photo was not suitable, in words.")
    statement: str = "A candidate is an investigative lead, not an identification."
    record: RecordAnswer


def face_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations on photos."""
    router = rest.router("faces")

    @router.post("/detect", operation_id="detect", responses=answers(415))
    async def detect(caller: Calling, photo: Photo) -> Detection:
        """Find all faces of a photo. Nothing is inferred about anybody."""
        data = await photo.read()
        done = await rest.work(lambda: parts.jobs(caller.standing).detect(data))
        seen = done.value
        return Detection(
            width_px=seen.photo.width_px,
            height_px=seen.photo.height_px,
            format=seen.photo.format,
            faces=[face_answer(face) for face in seen.faces],
            record=record_answer(done),
        )

    @router.post("/compare", operation_id="compare", responses=answers(409, 415))
    async def compare(
        caller: Calling,
        probe: Photo,
        reference: Photo,
        probe_face: FaceNumber = None,
        reference_face: FaceNumber = None,
        target_fmr: TargetFmr = None,
        threshold: ThresholdValue = None,
    ) -> Comparison:
        """Compare two photos: one person or two, and what the score means."""
        choice = _choice(target_fmr, threshold)
        first = PhotoInput("probe", await probe.read(), probe_face)
        second = PhotoInput("reference", await reference.read(), reference_face)
        done = await rest.work(lambda: parts.jobs(caller.standing).compare(first, second, choice))
        result = done.value
        return Comparison(
            outcome=result.outcome.value,
            decision=None if result.decision is None else result.decision.value,
            similarity=result.similarity,
            meaning=None if result.meaning is None else meaning_answer(result.meaning),
            threshold=threshold_answer(result.threshold),
            faces=[None if face is None else face_answer(face) for face in result.faces],
            warnings=list(result.warnings),
            model=model_answer(result.model),
            in_words=str(result),
            record=record_answer(done),
        )

    _search(rest, parts, router)
    return router


def _search(rest: Rest, parts: RestParts, router: APIRouter) -> None:
    held: Responses = {
        202: {"model": SearchAnswer, "description": "Searched, and held until trained people have looked at it."}
    }

    @router.post("/search", operation_id="search", responses=answers(404, 409, 415) | held)
    async def search(
        caller: Calling,
        response: Response,
        photo: Photo,
        gallery: Annotated[str, Form(min_length=1, max_length=MOST_NAME, description="Name of a gallery of the case.")],
        face: FaceNumber = None,
        max_false_candidates: Annotated[
            float,
            Form(gt=0, le=1_000, allow_inf_nan=False, description="False candidates a stranger may meet on average."),
        ] = DEFAULT_FALSE_CANDIDATES,
        target_fmr: TargetFmr = None,
        threshold: ThresholdValue = None,
        limit: Annotated[int, Form(ge=1, le=MOST_CANDIDATES, description="Most candidates.")] = 10,
        accept_low_quality: Annotated[bool, Form(description="Search although the quality gate says no.")] = False,
    ) -> SearchAnswer:
        """Search a gallery for the person in a photo. A stranger comes back as nobody."""
        request = SearchRequest(
            gallery=gallery,
            probe=PhotoInput("photo", await photo.read(), face),
            choice=_choice(target_fmr, threshold),
            max_false_candidates=max_false_candidates,
            limit=limit,
            accept_low_quality=accept_low_quality,
        )
        done = await rest.work(
            lambda: parts.jobs(caller.standing).search(request, galleries=parts.search, policies=parts.policies)
        )
        result = done.value
        if result.outcome is SearchOutcome.HELD:
            response.status_code = 202
            if done.review_id is not None:
                response.headers["Location"] = f"/v1/reviews/{done.review_id}"
        return SearchAnswer(
            outcome=result.outcome.value,
            gallery=result.gallery,
            candidates=[_candidate(item) for item in result.candidates],
            threshold=threshold_answer(result.threshold),
            promise_kept=result.promise_kept,
            expected=false_candidates_answer(result.expected),
            references_searched=None if result.searched is None else result.searched.references_searched,
            exact=None if result.searched is None else result.searched.exact,
            reasons=list(result.reasons),
            record=record_answer(done),
        )


def _candidate(item: CandidateMeaning) -> CandidateAnswer:
    return CandidateAnswer(
        subject=item.candidate.subject,
        reference_id=item.candidate.reference_id,
        similarity=item.candidate.similarity,
        references_of_subject=item.candidate.references_of_subject,
        meaning=meaning_answer(item.meaning),
        false_candidates=false_candidates_answer(item.false_candidates),
    )


def _choice(target_fmr: float | None, threshold: float | None) -> ThresholdChoice:
    if target_fmr is not None and threshold is not None:
        raise InputError("Give target_fmr or threshold, not both.", remedy="Leave out one of the two.")
    return ThresholdChoice(target_false_match_rate=target_fmr, value=threshold)
