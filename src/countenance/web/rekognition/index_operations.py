"""IndexFaces, ListFaces, DeleteFaces."""

from __future__ import annotations

from typing import Any

from countenance.service.collection_faces import IndexRequest, delete_faces, index_faces, list_faces
from countenance.service.vendor_faces import MOST_FACES
from countenance.service.vendor_quality import QualityFilter
from countenance.web.rekognition.call import Call
from countenance.web.rekognition.collection_operations import DEFAULT_PAGE, MOST_ON_PAGE
from countenance.web.rekognition.fields import EXTERNAL_ID
from countenance.web.rekognition.page_tokens import place_of, token_for
from countenance.web.rekognition.replies import face_detail, model_version, stored_face

#: Most faces named in one request. Source: Rekognition service model, FaceIdList.
MOST_FACE_IDS = 4096


def index(call: Call) -> dict[str, Any]:
    """IndexFaces."""
    name, image = call.fields.collection_id(), call.fields.image("Image")
    external_image_id = call.fields.optional_text("ExternalImageId", EXTERNAL_ID, 255)
    call.fields.attributes("DetectionAttributes")
    most_faces = call.fields.whole("MaxFaces", MOST_FACES, 1, None)
    quality = call.fields.quality_filter(QualityFilter.AUTO)
    call.fields.done()
    request = IndexRequest(name, call.photo(image), external_image_id, most_faces, quality)
    found = index_faces(call.parts, call.standing, request).value
    model = call.parts.engine.model
    return {
        "FaceRecords": [
            {"Face": stored_face(item.record, model), "FaceDetail": face_detail(item.face, found.photo)}
            for item in found.indexed
        ],
        "UnindexedFaces": [
            {"Reasons": list(item.reasons), "FaceDetail": face_detail(item.face, found.photo)}
            for item in found.left_out
        ],
        "FaceModelVersion": model_version(model),
    }


def list_all(call: Call) -> dict[str, Any]:
    """ListFaces."""
    name, token = call.fields.collection_id(), call.fields.token()
    limit = call.fields.whole("MaxResults", DEFAULT_PAGE, 0, MOST_ON_PAGE) or DEFAULT_PAGE
    user_id = call.fields.optional_text("UserId", EXTERNAL_ID, 128)
    face_ids = call.fields.optional_face_ids(MOST_FACE_IDS)
    call.fields.done()
    place = place_of(call.operation, name, token)
    page = list_faces(call.parts, call.standing, name, after=place, limit=limit, user_id=user_id, face_ids=face_ids)
    model = call.parts.collections.named(name).model
    answer: dict[str, Any] = {
        "Faces": [stored_face(face, model) for face in page.faces],
        "FaceModelVersion": model_version(model),
    }
    if page.next_place is not None:
        answer["NextToken"] = token_for(call.operation, name, page.next_place)
    return answer


def delete(call: Call) -> dict[str, Any]:
    """DeleteFaces."""
    name, face_ids = call.fields.collection_id(), call.fields.face_ids(MOST_FACE_IDS)
    call.fields.done()
    done = delete_faces(call.parts, call.standing, name, face_ids)
    kept = [
        {"FaceId": face_id, "UserId": user_id, "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}
        for face_id, user_id in done.associated
    ]
    missing = [{"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in done.missing]
    return {"DeletedFaces": list(done.deleted), "UnsuccessfulFaceDeletions": kept + missing}
