"""SearchFaces, SearchFacesByImage, SearchUsers, SearchUsersByImage."""

from __future__ import annotations

from typing import Any

from countenance.core.model_identity import ModelIdentity
from countenance.service.collection_errors import FaceMissing
from countenance.service.collection_faces import relative_box
from countenance.service.collection_search import (
    CollectionSearch,
    Hit,
    Terms,
    search_by_face,
    search_by_image,
    search_by_user,
)
from countenance.service.vendor_quality import QualityFilter
from countenance.web.rekognition.call import Call, require_released
from countenance.web.rekognition.errors import FACE_NOT_IN_COLLECTION, NO_FACES_IN_IMAGE, invalid
from countenance.web.rekognition.face_operations import DEFAULT_THRESHOLD
from countenance.web.rekognition.fields import EXTERNAL_ID, FACE_ID
from countenance.web.rekognition.replies import bounding_box, face_detail, model_version, percent
from countenance.web.rekognition.replies import stored_face as stored

#: Most hits, and how many without being asked. Source: Rekognition service model, MaxFaces and MaxUserResults; the
#: Developer Guide's default for faces.
MOST_FACES, MOST_USERS, DEFAULT_HITS = 4096, 500, 80
ACTIVE = "ACTIVE"


def by_face(call: Call) -> dict[str, Any]:
    """SearchFaces."""
    name, face_id = call.fields.collection_id(), call.fields.text("FaceId", FACE_ID, 36)
    terms = _face_terms(call)
    try:
        performed = search_by_face(call.parts, call.standing, name, face_id, terms)
    except FaceMissing:
        raise invalid(FACE_NOT_IN_COLLECTION) from None
    require_released(performed)
    return {
        "SearchedFaceId": face_id,
        "FaceMatches": _faces(performed.value, call.parts.engine.model),
        "FaceModelVersion": model_version(call.parts.engine.model),
    }


def by_image(call: Call) -> dict[str, Any]:
    """SearchFacesByImage."""
    name, image = call.fields.collection_id(), call.fields.image("Image")
    quality = call.fields.quality_filter(QualityFilter.NONE)
    terms = _face_terms(call)
    performed = search_by_image(call.parts, call.standing, name, call.photo(image), terms, quality)
    found = performed.value
    if found.face is None or found.photo is None:
        raise invalid(NO_FACES_IN_IMAGE)
    require_released(performed)
    return {
        "SearchedFaceBoundingBox": bounding_box(relative_box(found.face, found.photo)),
        "SearchedFaceConfidence": percent(found.face.detector_score),
        "FaceMatches": _faces(found, call.parts.engine.model),
        "FaceModelVersion": model_version(call.parts.engine.model),
    }


def users(call: Call) -> dict[str, Any]:
    """SearchUsers."""
    name = call.fields.collection_id()
    user_id = call.fields.optional_text("UserId", EXTERNAL_ID, 128)
    face_id = call.fields.optional_text("FaceId", FACE_ID, 36)
    terms = _user_terms(call)
    if (user_id is None) == (face_id is None):
        raise invalid("Exactly one of UserId and FaceId is needed.")
    answer: dict[str, Any] = {"FaceModelVersion": model_version(call.parts.engine.model)}
    if face_id is not None:
        try:
            performed = search_by_face(call.parts, call.standing, name, face_id, terms)
        except FaceMissing:
            raise invalid(FACE_NOT_IN_COLLECTION) from None
        answer["SearchedFace"] = {"FaceId": face_id}
    else:
        performed = search_by_user(call.parts, call.standing, name, str(user_id), terms)
        answer["SearchedUser"] = {"UserId": user_id}
    require_released(performed)
    return answer | {"UserMatches": _users(performed.value.hits)}


def users_by_image(call: Call) -> dict[str, Any]:
    """SearchUsersByImage: no face in the photo is an empty answer, not an error."""
    name, image = call.fields.collection_id(), call.fields.image("Image")
    quality = call.fields.quality_filter(QualityFilter.NONE)
    terms = _user_terms(call)
    performed = search_by_image(call.parts, call.standing, name, call.photo(image), terms, quality)
    require_released(performed)
    found = performed.value
    answer: dict[str, Any] = {
        "UserMatches": _users(found.hits),
        "UnsearchedFaces": [],
        "FaceModelVersion": model_version(call.parts.engine.model),
    }
    if found.photo is not None:
        answer["UnsearchedFaces"] = [
            {"FaceDetails": face_detail(face, found.photo), "Reasons": list(reasons)}
            for face, reasons in found.not_searched
        ]
        if found.face is not None:
            answer["SearchedFace"] = {"FaceDetail": face_detail(found.face, found.photo)}
    return answer


def _face_terms(call: Call) -> Terms:
    value = call.fields.percent("FaceMatchThreshold", DEFAULT_THRESHOLD)
    limit = call.fields.whole("MaxFaces", DEFAULT_HITS, 1, MOST_FACES)
    call.fields.done()
    return Terms(value, limit)


def _user_terms(call: Call) -> Terms:
    value = call.fields.percent("UserMatchThreshold", DEFAULT_THRESHOLD)
    limit = call.fields.whole("MaxUsers", DEFAULT_HITS, 1, MOST_USERS)
    call.fields.done()
    return Terms(value, limit, users=True)


def _faces(found: CollectionSearch, model: ModelIdentity) -> list[dict[str, Any]]:
    return [{"Similarity": hit.value, "Face": stored(hit.face, model)} for hit in found.hits if hit.face is not None]


def _users(hits: tuple[Hit, ...]) -> list[dict[str, Any]]:
    return [{"Similarity": hit.value, "User": {"UserId": hit.name, "UserStatus": ACTIVE}} for hit in hits]
