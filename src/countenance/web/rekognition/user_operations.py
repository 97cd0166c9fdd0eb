"""CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces."""

from __future__ import annotations

from typing import Any

from countenance.service.collection_users import (
    MOST_FACES_OF_USER,
    AssociationsChanged,
    NotChanged,
    associate_faces,
    create_user,
    delete_user,
    disassociate_faces,
    list_users,
)
from countenance.web.rekognition.call import Call
from countenance.web.rekognition.fields import REQUEST_TOKEN
from countenance.web.rekognition.page_tokens import place_of, token_for

#: Threshold where the client gives none. Source: Rekognition, AssociateFaces.
DEFAULT_THRESHOLD = 75.0
#: Most users on a page. Source: Rekognition service model, MaxUserResults.
MOST_ON_PAGE = 500


def create(call: Call) -> dict[str, Any]:
    """CreateUser."""
    name, user_id, token = call.fields.collection_id(), call.fields.user_id(), _token(call)
    call.fields.done()
    create_user(call.parts, call.standing, name, user_id, token)
    return {}


def delete(call: Call) -> dict[str, Any]:
    """DeleteUser."""
    name, user_id, token = call.fields.collection_id(), call.fields.user_id(), _token(call)
    call.fields.done()
    delete_user(call.parts, call.standing, name, user_id, token)
    return {}


def list_all(call: Call) -> dict[str, Any]:
    """ListUsers."""
    name, token = call.fields.collection_id(), call.fields.token()
    limit = call.fields.whole("MaxResults", MOST_ON_PAGE, 1, MOST_ON_PAGE)
    call.fields.done()
    place = place_of(call.operation, name, token)
    page = list_users(call.parts, call.standing, name, after=place, limit=limit)
    answer: dict[str, Any] = {
        "Users": [{"UserId": user_id, "UserStatus": _status(faces)} for user_id, faces in page.users]
    }
    if page.next_place is not None:
        answer["NextToken"] = token_for(call.operation, name, page.next_place)
    return answer


def associate(call: Call) -> dict[str, Any]:
    """AssociateFaces."""
    name, user_id, token = call.fields.collection_id(), call.fields.user_id(), _token(call)
    face_ids = call.fields.face_ids(MOST_FACES_OF_USER)
    value = call.fields.percent("UserMatchThreshold", DEFAULT_THRESHOLD)
    call.fields.done()
    done = associate_faces(call.parts, call.standing, name, user_id, face_ids, value=value, token=token).value
    return {
        "AssociatedFaces": [{"FaceId": face_id} for face_id in done.changed],
        "UnsuccessfulFaceAssociations": [_failed(item) for item in done.not_changed],
        "UserStatus": _status(done.faces),
    }


def disassociate(call: Call) -> dict[str, Any]:
    """DisassociateFaces."""
    name, user_id, token = call.fields.collection_id(), call.fields.user_id(), _token(call)
    face_ids = call.fields.face_ids(MOST_FACES_OF_USER)
    call.fields.done()
    done: AssociationsChanged = disassociate_faces(call.parts, call.standing, name, user_id, face_ids, token=token)
    return {
        "DisassociatedFaces": [{"FaceId": face_id} for face_id in done.changed],
        "UnsuccessfulFaceDisassociations": [_failed(item) for item in done.not_changed],
        "UserStatus": _status(done.faces),
    }


def _token(call: Call) -> str | None:
    return call.fields.optional_text("ClientRequestToken", REQUEST_TOKEN, 64)


def _status(faces: int) -> str:
    """Return a user's status: with faces it can be found at once, there is nothing to wait for."""
    return "ACTIVE" if faces else "CREATED"


def _failed(item: NotChanged) -> dict[str, Any]:
    failed: dict[str, Any] = {"FaceId": item.face_id, "Reasons": [item.reason]}
    if item.user_id is not None:
        failed["UserId"] = item.user_id
    if item.value is not None:
        failed["Confidence"] = item.value
    return failed
