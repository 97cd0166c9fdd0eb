"""Detecting and comparing as the vendors' services do: the largest face of one photo against every face of another.

The rest of this package refuses to pick a face silently; a vendor's client expects it, so it is done for dialects only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from countenance.core.comparison import similarity
from countenance.core.vocabulary import Face, Photo, PhotoFaces, Template
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.service.accountability import Performed
from countenance.service.act_records import decimal, threshold_digest
from countenance.service.acts import COMPARE, DETECT, Act, comparison, detection
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.collection_errors import NoFace
from countenance.service.collection_parts import CollectionParts
from countenance.service.similarity_scale import VendorScale
from countenance.service.standing import Standing
from countenance.service.vendor_quality import QualityFilter, filter_reasons

#: Most faces reported of one photo, largest first. Source: Rekognition, DetectFaces.
MOST_FACES = 100


@dataclass(frozen=True, slots=True, eq=False)
class ComparedFace:
    """A face of the target photo.

    Attributes:
        face: Where it is and how good.
        value: Its similarity with the source face on the vendor scale, 0 to 100.
        similarity: The same as a cosine, -1 to 1.
    """

    face: Face
    value: float
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class FacesCompared:
    """What comparing one face with every face of another photo came to.

    Attributes:
        source_photo: The photo whose largest face was compared.
        source: That face.
        target_photo: The other photo.
        matches: At or above the threshold, most similar first.
        others: The rest, largest first.
    """

    source_photo: Photo
    source: Face
    target_photo: Photo
    matches: tuple[ComparedFace, ...]
    others: tuple[ComparedFace, ...]


def template_of(face: Face) -> Template:
    """Return the template of a face that was read with templates."""
    assert face.template is not None  # noqa: S101 - read_faces makes templates unless told not to
    return face.template


def passing(faces: tuple[Face, ...], wanted: QualityFilter) -> tuple[Face, ...]:
    """Return the faces a filter leaves in, in order."""
    return tuple(face for face in faces if not filter_reasons(face, wanted))


def detect_faces(parts: CollectionParts, standing: Standing, data: bytes) -> Performed[PhotoFaces]:
    """Return the faces of a photo, largest first, at most a hundred; no face is an answer.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        InputError: The photo cannot be used.
    """

    def run(act: OngoingAct) -> PhotoFaces:
        act.require(DETECT)
        found = parts.engine.read_faces(data, templates=False, crops=True)
        return PhotoFaces(found.photo, found.faces[:MOST_FACES])

    def outcome(found: PhotoFaces) -> Outcome:
        return Outcome("detected" if found.faces else "no_face", {"faces_found": len(found.faces)})

    return parts.accountability.perform(_without_gallery(parts, standing, detection()), standing, run, outcome)


def compare_faces(
    parts: CollectionParts, standing: Standing, source: bytes, target: bytes, *, value: float, quality: QualityFilter
) -> Performed[FacesCompared]:
    """Return the largest face of one photo compared with every face of another.

    Args:
        parts: The service.
        standing: On whose behalf.
        source: The photo whose largest face counts.
        target: The other photo.
        value: Threshold on the vendor scale.
        quality: Faces it leaves out are not compared and not reported.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        NoFace: One of the photos holds no face, or none that passes the filter.
        InputError: A photo cannot be used.
    """
    scale = parts.scale()
    threshold = scale.threshold(value)

    def run(act: OngoingAct) -> FacesCompared:
        act.require(COMPARE)
        return _compare(act, parts, scale, source, target, value, quality)

    def outcome(found: FacesCompared) -> Outcome:
        every = (*found.matches, *found.others)[:LONGEST_LIST]
        fields: dict[str, FieldValue] = {
            "model_digest": parts.engine.model.digest,
            "faces_found": 1 + len(found.matches) + len(found.others),
            "candidate_scores": tuple(decimal(item.similarity) for item in every),
            "threshold_value": decimal(threshold.value),
            "threshold_digest": threshold_digest(threshold),
        }
        return Outcome("match" if found.matches else "non_match", fields)

    act = _without_gallery(parts, standing, comparison(parts.engine.model, threshold, source))
    return parts.accountability.perform(act, standing, run, outcome)


def _without_gallery(parts: CollectionParts, standing: Standing, act: Act) -> Act:
    """Return the act with the operator's word on where clients' photos come from, unless the case has its own."""
    if "gallery_source" in standing.claims:
        return act
    return replace(act, facts=MappingProxyType({**act.facts, "gallery_source": parts.terms.source.value}))


def _compare(
    act: OngoingAct,
    parts: CollectionParts,
    scale: VendorScale,
    source: bytes,
    target: bytes,
    value: float,
    quality: QualityFilter,
) -> FacesCompared:
    source_found, target_found = parts.read_faces(act, source), parts.read_faces(act, target)
    sources = passing(source_found.faces, quality)
    targets = passing(target_found.faces, quality)[:MOST_FACES]
    if not sources or not targets:
        raise NoFace("One of the photos holds no face that can be compared.")
    compared = []
    for face in targets:
        score = similarity(template_of(sources[0]), template_of(face))
        compared.append(ComparedFace(face, scale.value_of(score), score))
    matches = [item for item in compared if scale.reaches(item.similarity, value)]
    return FacesCompared(
        source_photo=source_found.photo,
        source=sources[0],
        target_photo=target_found.photo,
        matches=tuple(sorted(matches, key=lambda item: -item.value)),
        others=tuple(item for item in compared if item not in matches),
    )
