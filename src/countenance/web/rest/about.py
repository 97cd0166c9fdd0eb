"""Operations about the service itself: what it is, what a token may do, what thresholds and scores mean here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from countenance.core.errors import InputError
from countenance.core.thresholds import Threshold
from countenance.service.meaning import (
    DEFAULT_COMPARE_FMR,
    DEFAULT_FALSE_CANDIDATES,
    false_candidates,
    meaning_of,
    threshold_for_gallery,
)
from countenance.web.rest.answers import (
    Answer,
    FalseCandidatesAnswer,
    MeaningAnswer,
    ModelAnswer,
    ThresholdAnswer,
    false_candidates_answer,
    meaning_answer,
    model_answer,
    threshold_answer,
)
from countenance.web.rest.calling import Calling, Rest
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import answers

#: Largest gallery asked about, in references: above any that fits into memory here.
MOST_REFERENCES = 1_000_000_000


class About(Answer):
    """What answers here."""

    name: str = "countenance"
    version: str
    model: ModelAnswer
    openapi: str = Field(default="/v1/openapi.json", description="Where this interface is described.")


class CaseAnswer(Answer):
    """The case that the token carries: what may be done with it, and until when."""

    case_id: str
    case_number: str
    operator: str
    galleries: list[str] | None = Field(description="Galleries that may be used; null: any.")
    searches_done: int
    most_searches: int | None = Field(description="Searches the case allows; null: no limit of its own.")
    most_candidates: int | None
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    claims: dict[str, Any] = Field(description="What was stated when it was opened; never a permission.")


class ThresholdFound(Answer):
    """A threshold, and what a stranger meets at it in a gallery of a size."""

    threshold: ThresholdAnswer
    promise_kept: bool = Field(description="False if the calibration data is too small for what was asked.")
    expected: FalseCandidatesAnswer


def about_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations about the service."""
    router = rest.router("service")

    @router.get("", operation_id="about", responses=answers())
    async def about(caller: Calling) -> About:
        """Say what answers here, and which recogniser is in use."""
        return About(version=parts.version, model=model_answer(parts.model))

    @router.get("/me", operation_id="me", responses=answers(404))
    async def me(caller: Calling) -> CaseAnswer:
        """Return the case that the token carries. Answers for ended cases too: so one learns that it has ended."""
        return await rest.desk(lambda: _case(parts, caller.case_id, caller.standing.galleries))

    @router.get("/thresholds", operation_id="threshold", responses=answers(409))
    async def threshold(
        caller: Calling,
        references: Annotated[int, Query(ge=0, le=MOST_REFERENCES, description="Size of the gallery.")] = 1,
        max_false_candidates: Annotated[float | None, Query(gt=0, le=1_000, allow_inf_nan=False)] = None,
        target_fmr: Annotated[float | None, Query(gt=0, lt=1, allow_inf_nan=False)] = None,
    ) -> ThresholdFound:
        """Return the threshold that promises what is asked, with both error rates and where they were measured."""
        if max_false_candidates is not None and target_fmr is not None:
            raise InputError("Give max_false_candidates or target_fmr, not both.", remedy="Leave out one of the two.")
        await rest.desk(lambda: parts.access("threshold", caller.standing, None))
        found, kept = _threshold(parts, references, max_false_candidates, target_fmr)
        return ThresholdFound(
            threshold=threshold_answer(found),
            promise_kept=kept,
            expected=false_candidates_answer(false_candidates(found.false_match_rate, references)),
        )

    @router.get("/meaning", operation_id="meaning", responses=answers(409))
    async def meaning(
        caller: Calling, similarity: Annotated[float, Query(ge=-1, le=1, allow_inf_nan=False)]
    ) -> MeaningAnswer:
        """Return what a similarity means: how often strangers score so, and how often one person scores lower."""
        await rest.desk(lambda: parts.access("meaning", caller.standing, None))
        return meaning_answer(meaning_of(similarity, parts.calibration()))

    return router


def _threshold(
    parts: RestParts, references: int, max_false_candidates: float | None, target_fmr: float | None
) -> tuple[Threshold, bool]:
    calibration = parts.calibration()
    if target_fmr is not None:
        return calibration.threshold_for(target_fmr), True
    if max_false_candidates is None and references <= 1:
        return calibration.threshold_for(DEFAULT_COMPARE_FMR), True
    limit = DEFAULT_FALSE_CANDIDATES if max_false_candidates is None else max_false_candidates
    return threshold_for_gallery(calibration, references, limit)


def _case(parts: RestParts, case_id: str, galleries: frozenset[str] | None) -> CaseAnswer:
    case = parts.case(case_id)
    return CaseAnswer(
        case_id=case.case_id,
        case_number=case.case_number,
        operator=case.operator,
        galleries=None if galleries is None else sorted(galleries),
        searches_done=case.searches_done,
        most_searches=case.most_searches,
        most_candidates=case.most_candidates,
        opened_at=case.opened_at,
        expires_at=case.expires_at,
        closed_at=case.closed_at,
        claims={name: list(value) if isinstance(value, tuple) else value for name, value in case.claims.items()},
    )
