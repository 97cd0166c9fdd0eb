"""Results of the use cases → what the ledger keeps of them: counts, identifiers, digests and scores, never a face."""

from __future__ import annotations

from collections.abc import Callable

from countenance.core.thresholds import Threshold
from countenance.core.vocabulary import EnrolmentStatus
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.service.act_records import decimal, threshold_digest
from countenance.service.admission import Outcome
from countenance.service.calibrate import CalibrationReport
from countenance.service.compare import ComparisonResult
from countenance.service.enrol import EnrolmentReport
from countenance.service.search import PhotoSearchResult, SearchResult

#: Digests that stand for subjects of a gallery, in the order of their names.
SubjectDigests = Callable[[tuple[str, ...]], tuple[str, ...]]


def compared(result: ComparisonResult) -> Outcome:
    """Return what to record of a comparison."""
    fields: dict[str, FieldValue] = {
        "model_digest": result.model.digest,
        "faces_found": sum(face is not None for face in result.faces),
        **_threshold(result.threshold),
    }
    if result.warnings:
        # A warning begins with the photo's name, which is the operator's own text: only what was found is kept.
        fields["probe_quality"] = tuple(_after_name(warning, result.names) for warning in result.warnings)
    if result.similarity is None or result.decision is None:
        return Outcome("no_face", fields)
    fields["candidate_scores"] = (decimal(result.similarity),)
    return Outcome(_word(result.decision.value), fields)


def searched(result: SearchResult, digests: SubjectDigests) -> Outcome:
    """Return what to record of a search, candidates and all: a null result and who was not chosen are kept too."""
    return Outcome(_word(result.outcome.value), _search_fields([result], digests))


def photo_searched(found: PhotoSearchResult, digests: SubjectDigests) -> Outcome:
    """Return what to record of a search of every face; candidates stand face by face, largest face first."""
    results = [item.result for item in found.faces]
    if not results:
        return Outcome("no_face", {"faces_found": 0})
    any_found = any(result.candidates for result in results)
    return Outcome("candidates" if any_found else "nobody", _search_fields(results, digests))


def enrolled(report: EnrolmentReport) -> Outcome:
    """Return what to record of an enrolment that did not record its outcome itself."""
    return Outcome("enrolled", {"faces_found": report.counts[EnrolmentStatus.STORED]})


def calibrated(report: CalibrationReport) -> Outcome:
    """Return what to record of a calibration."""
    record = report.calibration
    return Outcome("calibrated", {"model_digest": record.model.digest, "faces_found": record.photos})


def _search_fields(results: list[SearchResult], digests: SubjectDigests) -> dict[str, FieldValue]:
    first = results[0]
    candidates = [item.candidate for result in results for item in result.candidates][:LONGEST_LIST]
    fields: dict[str, FieldValue] = {
        "model_digest": first.model.digest,
        "faces_found": sum(result.probe is not None for result in results),
        "candidate_count": sum(len(result.candidates) for result in results),
        "expected_false_candidates": decimal(first.expected.expected),
        "candidate_reference_ids": tuple(item.reference_id for item in candidates),
        "candidate_subject_digests": digests(tuple(item.subject for item in candidates)),
        "candidate_scores": tuple(decimal(item.similarity) for item in candidates),
        **_threshold(first.threshold),
    }
    compared_with = next((result.searched for result in results if result.searched is not None), None)
    if compared_with is not None:
        fields["exact_search"] = compared_with.exact
        fields["gallery_revision"] = compared_with.revision
        fields["gallery_references"] = compared_with.references_searched
        fields["gallery_subjects"] = compared_with.subjects_searched
    reasons = tuple(reason for result in results for reason in result.reasons)[:LONGEST_LIST]
    if reasons:
        fields["probe_quality"] = reasons
    return fields


def _threshold(threshold: Threshold) -> dict[str, FieldValue]:
    return {"threshold_value": decimal(threshold.value), "threshold_digest": threshold_digest(threshold)}


def _after_name(warning: str, names: tuple[str, str]) -> str:
    for name, called in zip(names, ("probe", "reference"), strict=True):
        if warning.startswith(f"{name}: "):
            return f"{called}: {warning.removeprefix(f'{name}: ')}"
    return "a photo is not within all quality limits"


def _word(words: str) -> str:
    return words.replace(" ", "_").replace("-", "_")
