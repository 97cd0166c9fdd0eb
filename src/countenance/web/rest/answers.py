"""What operations answer with: the field's words, each number with its meaning and its source. No bare confidence."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Rate, Threshold
from countenance.core.vocabulary import Box, Face
from countenance.service.accountability import Performed
from countenance.service.meaning import FalseCandidates, ScoreMeaning


class Answer(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class ModelAnswer(Answer):
    """A recogniser; templates of different digests are never compared."""

    name: str = Field(examples=["sface"])
    digest: str = Field(description="SHA-256 over weights, preprocessing, alignment and dimension, hex.")
    dimension: int = Field(description="Elements of a template.")


class RateAnswer(Answer):
    """A measured error rate."""

    estimate: float = Field(description="errors / trials, 0 to 1.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float = Field(description="Upper end of the 95 % interval.")
    errors: int
    trials: int
    support: Literal["measured", "sparse", "bound only"] = Field(
        description="`measured`: 30 errors or more; `sparse`: fewer; `bound only`: none was seen."
    )
    in_words: str = Field(description="As a natural frequency.", examples=["about 1 in 2,400"])


class ThresholdAnswer(Answer):
    """A similarity at or above which two templates are called a match, and what that promises."""

    value: float = Field(description="Cosine similarity, -1 to 1.")
    target: str = Field(description="What it was chosen for.", examples=["FMR at most 0.0001"])
    false_match_rate: RateAnswer
    false_non_match_rate: RateAnswer
    data_set: str = Field(description="Where both rates were measured.")
    date: str = Field(description="When, ISO 8601.")
    model: ModelAnswer


class MeaningAnswer(Answer):
    """What a similarity means where it was calibrated."""

    similarity: float
    false_match_rate: RateAnswer = Field(description="Share of non-mated comparisons that score this high or higher.")
    false_non_match_rate: RateAnswer = Field(description="Share of mated comparisons that score lower.")
    data_set: str
    date: str
    in_words: str


class FalseCandidatesAnswer(Answer):
    """False candidates to expect when a stranger is searched."""

    expected: float = Field(description="References compared times the false match rate; may be above 1.")
    at_most: float = Field(description="With the upper end of the rate's 95 % interval.")
    references: int
    support: Literal["measured", "sparse", "bound only"]
    in_words: str


class RecordAnswer(Answer):
    """Where an act is recorded, and what the rules said."""

    act_id: str
    intent_entry_id: str
    outcome_entry_id: str | None
    decision: str = Field(description="`permit`, or `review`: held until people have looked.")
    rules: list[str] = Field(description="Rules that decided.")
    held: bool
    review_id: str | None


class FaceAnswer(Answer):
    """A face of a photo."""

    box_xywh_px: Annotated[list[float], Field(min_length=4, max_length=4)] = Field(
        description="Left, top, width, height in pixels of the upright photo; may reach past its edges."
    )
    landmarks_px: dict[str, list[float]] = Field(description="Five points; right and left are the person's own.")
    detector_score: float = Field(description="The detector's own score, 0 to 1. Not a probability.")
    quality_reasons: list[str] = Field(description="What is below its limit, in words; empty if nothing is.")


def model_answer(model: ModelIdentity) -> ModelAnswer:
    """Return a recogniser's identity."""
    return ModelAnswer(name=model.name, digest=model.digest, dimension=model.dimension)


def rate_answer(rate: Rate) -> RateAnswer:
    """Return a rate with its interval and counts."""
    return RateAnswer(
        estimate=rate.estimate, low=rate.low, high=rate.high, errors=rate.errors, trials=rate.trials,
        support=rate.support.value, in_words=rate.in_words(),
    )  # fmt: skip


def threshold_answer(threshold: Threshold) -> ThresholdAnswer:
    """Return a threshold with its record."""
    return ThresholdAnswer(
        value=threshold.value,
        target=threshold.target,
        false_match_rate=rate_answer(threshold.false_match_rate),
        false_non_match_rate=rate_answer(threshold.false_non_match_rate),
        data_set=threshold.data_set,
        date=threshold.date,
        model=model_answer(threshold.model),
    )


def meaning_answer(meaning: ScoreMeaning) -> MeaningAnswer:
    """Return what a score means."""
    return MeaningAnswer(
        similarity=meaning.similarity,
        false_match_rate=rate_answer(meaning.false_match_rate),
        false_non_match_rate=rate_answer(meaning.false_non_match_rate),
        data_set=meaning.data_set,
        date=meaning.date,
        in_words=meaning.in_words(),
    )


def false_candidates_answer(found: FalseCandidates) -> FalseCandidatesAnswer:
    """Return the false candidates to expect."""
    return FalseCandidatesAnswer(
        expected=found.expected, at_most=found.at_most, references=found.references, support=found.support.value,
        in_words=found.in_words(),
    )  # fmt: skip


def record_answer(done: Performed[Any]) -> RecordAnswer:
    """Return where an act is recorded."""
    return RecordAnswer(
        act_id=done.act_id,
        intent_entry_id=done.intent_entry_id,
        outcome_entry_id=done.outcome_entry_id,
        decision=done.decision.decision.value,
        rules=list(done.decision.rule_ids),
        held=done.held,
        review_id=done.review_id,
    )


def face_answer(face: Face) -> FaceAnswer:
    """Return a face without its template or picture: those never leave."""
    return FaceAnswer(
        box_xywh_px=box_answer(face.box),
        landmarks_px={name: [round(x, 1), round(y, 1)] for name, (x, y) in face.landmarks._asdict().items()},
        detector_score=round(face.detector_score, 4),
        quality_reasons=list(face.quality_reasons),
    )


def box_answer(box: Box) -> list[float]:
    """Return a box: left, top, width, height in pixels."""
    return [round(number, 1) for number in box]
