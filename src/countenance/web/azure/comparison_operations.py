"""Detect, Verify, Identify, Find Similar, Group."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from countenance.service.collection_search import CollectionSearch
from countenance.service.person_group_comparison import (
    Verified,
    find_among,
    find_in_list,
    group_faces,
    identify,
    verify_faces,
    verify_person,
)
from countenance.service.person_group_confidence import DEFAULT_CONFIDENCE, confidence_of
from countenance.service.person_group_detection import detect_faces
from countenance.service.person_group_port import ContainerKind, ContainerRef
from countenance.web.azure.call import Answer, Call, require_released
from countenance.web.azure.errors import AzureError, bad_argument
from countenance.web.azure.face_attributes import attributes, landmarks, rectangle, require_known
from countenance.web.azure.fields import DETECTION_MODELS, RECOGNITION_MODELS, Fields, one_of

#: Seconds a temporary face lives: least and most. Source: Face API reference, Detect: faceIdTimeToLive.
LEAST_LIFE_S, MOST_LIFE_S = 60, 86_400
#: Sizes of lists, and candidates by default. Source: Face API reference, Identify, Find Similar, Group.
MOST_IDENTIFIED, MOST_PERSONS_GIVEN, PERSONS_GIVEN = 10, 100, 10
MOST_SIMILAR, SIMILAR_GIVEN, MOST_GROUPED = 1_000, 20, 1_000
_GROUPS = {"personGroupId": ContainerKind.PERSON_GROUP, "largePersonGroupId": ContainerKind.LARGE_PERSON_GROUP}
_LISTS = {"faceListId": ContainerKind.FACE_LIST, "largeFaceListId": ContainerKind.LARGE_FACE_LIST}


def detect(call: Call) -> Answer:
    """Detect."""
    query = call.query()
    recognition_model = query.word("recognitionModel", RECOGNITION_MODELS, RECOGNITION_MODELS[0])
    detection_model = query.word("detectionModel", DETECTION_MODELS, DETECTION_MODELS[0])
    with_id, with_model = query.flag("returnFaceId", True), query.flag("returnRecognitionModel", False)
    with_points = query.flag("returnFaceLandmarks", False)
    life = timedelta(seconds=query.whole("faceIdTimeToLive", MOST_LIFE_S, LEAST_LIFE_S, MOST_LIFE_S))
    names = query.items("returnFaceAttributes")
    query.done()
    require_known(names, detection_model, recognition_model)
    if with_points and detection_model == "detection_02":
        raise bad_argument("'returnFaceLandmarks' is invalid: landmarks are not given with detection_02.")
    done = detect_faces(
        call.parts, call.standing, call.image(), keep_for=life if with_id else None, recognition_model=recognition_model
    )
    shown = []
    for number, face in enumerate(done.value.found.faces):
        item: dict[str, Any] = {"faceRectangle": rectangle(face)}
        if with_id:
            item["faceId"] = done.value.face_ids[number]
        if with_model:
            item["recognitionModel"] = recognition_model
        if with_points:
            item["faceLandmarks"] = landmarks(face)
        if names:
            item["faceAttributes"] = attributes(face, names)
        shown.append(item)
    return Answer(shown)


def verify(call: Call) -> Answer:
    """Verify: two faces, or a face and a person."""
    fields = call.members()
    if fields.has("faceId1") or fields.has("faceId2"):
        first, second = fields.face_id("faceId1"), fields.face_id("faceId2")
        fields.done()
        return _verified(verify_faces(call.parts, call.standing, first, second).value)
    face_id, person_id = fields.face_id("faceId"), fields.face_id("personId")
    ref = _group(call, fields)
    fields.done()
    return _verified(verify_person(call.parts, call.standing, face_id, ref, person_id).value)


def identify_faces(call: Call) -> Answer:
    """Identify."""
    fields = call.members()
    face_ids = fields.face_ids("faceIds", 1, MOST_IDENTIFIED)
    ref = _group(call, fields)
    limit = fields.whole("maxNumOfCandidatesReturned", PERSONS_GIVEN, 1, MOST_PERSONS_GIVEN)
    confidence = fields.share("confidenceThreshold", DEFAULT_CONFIDENCE)
    fields.done()
    done = [
        identify(call.parts, call.standing, face_id, ref, confidence=confidence, limit=limit) for face_id in face_ids
    ]
    require_released(list(done))
    return Answer(
        [
            {"faceId": face_id, "candidates": _hits("personId", item.value)}
            for face_id, item in zip(face_ids, done, strict=True)
        ]
    )


def find_similar(call: Call) -> Answer:
    """Find Similar, in a list or among temporary faces."""
    fields = call.members()
    face_id = fields.face_id("faceId")
    names = ("faceIds", *_LISTS)
    where = one_of(fields, names, bad_argument(f"Exactly one of {', '.join(names)} is needed."))
    among = fields.face_ids("faceIds", 1, MOST_SIMILAR) if where == "faceIds" else []
    ref = None if where == "faceIds" else _named(call, fields, where, _LISTS[where])
    limit = fields.whole("maxNumOfCandidatesReturned", SIMILAR_GIVEN, 1, MOST_SIMILAR)
    mode = fields.word("mode", ("matchPerson", "matchFace"), "matchPerson")
    fields.done()
    # The second mode ranks whatever there is.
    confidence = DEFAULT_CONFIDENCE if mode == "matchPerson" else 0.0
    if ref is None:
        found = find_among(call.parts, call.standing, face_id, among, confidence=confidence, limit=limit)
        return Answer([{"confidence": item.confidence, "faceId": item.face_id} for item in found.value])
    done = find_in_list(call.parts, call.standing, face_id, ref, confidence=confidence, limit=limit)
    require_released([done])
    return Answer(_hits("persistedFaceId", done.value))


def group(call: Call) -> Answer:
    """Group."""
    fields = call.members()
    face_ids = fields.face_ids("faceIds", 2, MOST_GROUPED)
    fields.done()
    found = group_faces(call.parts, call.standing, face_ids).value
    return Answer({"groups": [list(names) for names in found.groups], "messyGroup": list(found.alone)})


def _verified(found: Verified) -> Answer:
    return Answer({"isIdentical": found.is_identical, "confidence": found.confidence})


def _hits(name: str, found: CollectionSearch) -> list[dict[str, Any]]:
    return [{name: hit.name, "confidence": confidence_of(hit.value)} for hit in found.hits]


def _group(call: Call, fields: Fields) -> ContainerRef:
    both = [name for name in _GROUPS if fields.has(name)]
    if not both:
        raise AzureError(
            400,
            "PersonGroupIdAndLargePersonGroupIdBothNull",
            "Large person group ID and person group ID are both null.",
        )
    if len(both) > 1:
        raise AzureError(
            400,
            "PersonGroupIdAndLargePersonGroupIdBothNotNull",
            "Large person group ID and person group ID are both not null.",
        )
    return _named(call, fields, both[0], _GROUPS[both[0]])


def _named(call: Call, fields: Fields, name: str, kind: ContainerKind) -> ContainerRef:
    call.kind = kind
    return fields.container(name, kind)
