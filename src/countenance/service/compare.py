"""1:1: are these two photos of one person? Bytes → faces → similarity → decision with its meaning."""

from __future__ import annotations

import enum
import html
from dataclasses import dataclass

from countenance.core.comparison import ComparisonDecision, decide, similarity
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration, Threshold
from countenance.core.vocabulary import Face, Template
from countenance.service.acts import COMPARE
from countenance.service.admission import OngoingAct
from countenance.service.faces import PhotoInput, one_face
from countenance.service.meaning import (
    DEFAULT_COMPARE_FMR,
    ScoreMeaning,
    meaning_of,
    require_calibration,
)
from countenance.service.ports import CalibrationBook, Engine


class CompareOutcome(enum.StrEnum):
    """What came of a comparison; only the first has a score."""

    COMPARED = "compared"
    NO_FACE = "no face"


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The answer to "are these two photos of one person?", with everything needed to judge it.

    Attributes:
        outcome: Whether there was a face to compare in both photos.
        names: What the two photos were called.
        similarity: The score, -1 to 1, or None. Not a probability.
        decision: Match or non-match at the threshold, or None.
        threshold: What was decided at, with its promised rates.
        meaning: What the score itself means, or None.
        warnings: Quality reasons in words, each naming its photo; the decision stands but deserves less trust.
        model: Recogniser used.
        faces: The two faces compared (None where no face was found); templates and crops are not printable.
    """

    outcome: CompareOutcome
    names: tuple[str, str]
    similarity: float | None
    decision: ComparisonDecision | None
    threshold: Threshold
    meaning: ScoreMeaning | None
    warnings: tuple[str, ...]
    model: ModelIdentity
    faces: tuple[Face | None, Face | None]

    def __str__(self) -> str:
        """Return the result in a few lines for people: decision, score, its meaning, the threshold and warnings."""
        probe, reference = self.names
        lines = []
        if self.similarity is None or self.meaning is None or self.decision is None:
            lines.append(f"Not compared: {probe} and {reference}.")
        else:
            called = "match" if self.decision is ComparisonDecision.MATCH else "non-match"
            lines.append(f"{called.capitalize()}: {probe} and {reference}, similarity {self.similarity:.3f}.")
            lines.append(self.meaning.in_words())
        lines.append(threshold_in_words(self.threshold))
        lines.extend(f"Note: {warning}." for warning in self.warnings)
        lines.append(f"Model {self.model.short}. The similarity is a cosine from -1 to 1, not a probability.")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the same lines as HTML, for notebooks. The photos themselves are not shown."""
        first, *rest = (html.escape(line) for line in str(self).splitlines())
        return (
            f"<div><strong>{first}</strong>"
            + "".join(f"<p style='margin:.2em 0'>{line}</p>" for line in rest)
            + "</div>"
        )


def threshold_in_words(threshold: Threshold) -> str:
    """Return a threshold as a sentence: value, why, and both error rates where they were measured."""
    return (
        f"Threshold {threshold.value:.3f} ({threshold.target}): on {threshold.data_set}, "
        f"{threshold.false_match_rate.in_words()} comparisons of two people reach it "
        f"and {threshold.false_non_match_rate.estimate:.2%} of those of one person do not."
    )


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """How the caller wants to decide; at most one of the two is given.

    Attributes:
        target_false_match_rate: Promise this rate on the calibration data.
        value: Decide at this similarity; its rates are still shown.
    """

    target_false_match_rate: float | None = None
    value: float | None = None

    def resolve(self, calibration: Calibration, default_rate: float = DEFAULT_COMPARE_FMR) -> Threshold:
        """Return the threshold.

        Raises:
            CalibrationUnsupported: The rate cannot be measured on this data.
        """
        if self.value is not None:
            return calibration.threshold_at(self.value)
        rate = default_rate if self.target_false_match_rate is None else self.target_false_match_rate
        return calibration.threshold_for(rate)


def compare(
    act: OngoingAct,
    probe: PhotoInput,
    reference: PhotoInput,
    *,
    engine: Engine,
    calibrations: CalibrationBook,
) -> ComparisonResult:
    """Return whether two photos are called a match, the score and what it means.

    Args:
        act: Admitted to compare, with the threshold to decide at.
        probe: A photo.
        reference: Another.
        engine: Finds faces and makes templates.
        calibrations: What scores mean.

    Raises:
        PolicyError: The act is not one that compares.
        SeveralFaces: A photo holds several faces and none was chosen.
        InputError: A photo cannot be read.
        CalibrationMissing: The score has no measured meaning.
    """
    act.require(COMPARE)
    threshold = act.threshold
    assert threshold is not None  # noqa: S101 - a comparison is judged with its threshold
    calibration = require_calibration(calibrations, engine.model)
    inputs = (probe, reference)
    faces = tuple(one_face(engine.read_faces(item.data, crops=True), item) for item in inputs)
    warnings = tuple(
        f"{item.name}: {reason}"
        for item, face in zip(inputs, faces, strict=True)
        if face is not None
        for reason in face.quality_reasons
    )
    templates = [face.template for face in faces if face is not None and face.template is not None]
    score = similarity(*_pair(templates)) if len(templates) == 2 else None
    missing = tuple(f"{item.name}: no face found" for item, face in zip(inputs, faces, strict=True) if face is None)
    return ComparisonResult(
        outcome=CompareOutcome.NO_FACE if score is None else CompareOutcome.COMPARED,
        names=(probe.name, reference.name),
        similarity=score,
        decision=None if score is None else decide(score, threshold),
        threshold=threshold,
        meaning=None if score is None else meaning_of(score, calibration),
        warnings=missing + warnings,
        model=engine.model,
        faces=(faces[0], faces[1]),
    )


def _pair(templates: list[Template]) -> tuple[Template, Template]:
    first, second = templates
    return first, second
