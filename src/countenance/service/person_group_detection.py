"""Detecting faces that may be compared by identifier for some hours: temporary faces.

Rules kept here:

- Where a client asks for identifiers, templates are kept until their time is up, and the act says so to the rules: kept
  for at most a day. Without identifiers nothing is kept.
- A temporary face belongs to the case it was detected under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from countenance.core.vocabulary import PhotoFaces
from countenance.policy.terms import RetentionClock
from countenance.service.accountability import Performed
from countenance.service.acts import DETECT, Act, detection
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.person_group_errors import OtherRecognitionModel, TemporaryFaceMissing
from countenance.service.person_group_port import StoredTemporaryFace
from countenance.service.person_groups import PersonGroupParts
from countenance.service.standing import Standing
from countenance.service.vendor_faces import MOST_FACES, template_of

#: Days that temporary faces are kept, rounded up: what rules about retention are told.
DAYS_KEPT = 1


@dataclass(frozen=True, slots=True, eq=False)
class FacesDetected:
    """The faces of a photo, largest first; ``face_ids`` in the same order, empty where none were asked for."""

    found: PhotoFaces
    face_ids: tuple[str, ...] = ()


def detect_faces(
    parts: PersonGroupParts, standing: Standing, data: bytes, *, keep_for: timedelta | None, recognition_model: str
) -> Performed[FacesDetected]:
    """Return the faces of a photo, at most a hundred; no face is an answer.

    Args:
        parts: The service.
        standing: On whose behalf.
        data: The photo's bytes.
        keep_for: How long the faces may be compared by identifier; None: not at all, nothing is kept.
        recognition_model: Which of the vendor's models the client named.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        InputError: The photo cannot be used.
    """
    base = parts.base

    def run(act: OngoingAct) -> FacesDetected:
        act.require(DETECT)
        found = base.engine.read_faces(data, templates=keep_for is not None, crops=True)
        found = PhotoFaces(found.photo, found.faces[:MOST_FACES])
        if keep_for is None or not found.faces:
            return FacesDetected(found)
        face_ids = tuple(base.new_uuid() for _ in found.faces)
        pairs = [(face_id, template_of(face)) for face_id, face in zip(face_ids, found.faces, strict=True)]
        with act.transaction() as current:
            parts.groups.keep_temporary(
                standing.case_id or "",
                pairs,
                recognition_model=recognition_model,
                expires_at=current.now + keep_for,
                transaction=current,
            )
            act.complete(_outcome(found), finished_at=current.now, transaction=current)
        return FacesDetected(found, face_ids)

    act = detection() if keep_for is None else replace(detection(), model=base.engine.model)
    act = outside_galleries(parts, standing, act)
    return base.accountability.perform(act, standing, run, lambda detected: _outcome(detected.found))


def outside_galleries(parts: PersonGroupParts, standing: Standing, act: Act) -> Act:
    """Return an act about photos of no gallery, with what the rules are told instead of a gallery's facts.

    Where the photos come from is what the case says, else the operator's word on clients' photos; templates of them are
    kept for a day at most.
    """
    facts = dict(act.facts) | {"retention_days": DAYS_KEPT, "retention_clock": RetentionClock.SINCE_ENROLMENT.value}
    if "gallery_source" not in standing.claims:
        facts["gallery_source"] = parts.base.terms.source.value
    return replace(act, facts=MappingProxyType(facts))


def temporary_faces(
    parts: PersonGroupParts, standing: Standing, face_ids: Sequence[str]
) -> tuple[list[StoredTemporaryFace], str]:
    """Return temporary faces in the order named, and the one of the vendor's models they were all detected for.

    Raises:
        TemporaryFaceMissing: One of them is not there.
        OtherRecognitionModel: They were detected for different models.
    """
    known = parts.groups.temporary(standing.case_id or "", face_ids)
    if any(face_id not in known for face_id in face_ids):
        raise TemporaryFaceMissing("There is no such face, or its time is up.")
    faces = [known[face_id] for face_id in face_ids]
    models = {face.recognition_model for face in faces}
    if len(models) > 1:
        raise OtherRecognitionModel("'recognitionModel' is incompatible.")
    for face in faces:
        face.template.model.require_same(parts.base.engine.model)
    return faces, models.pop() if models else ""


def _outcome(found: PhotoFaces) -> Outcome:
    return Outcome("detected" if found.faces else "no_face", {"faces_found": len(found.faces)})
