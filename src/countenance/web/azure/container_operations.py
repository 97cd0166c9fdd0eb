"""PersonGroup, LargePersonGroup, FaceList, LargeFaceList: create, get, list, update, delete, train, training status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from countenance.service.person_group_faces import MOST_FACES_OF_LIST, list_faces
from countenance.service.person_group_port import ContainerKind, StoredContainer
from countenance.service.person_groups import (
    NewContainer,
    change_container,
    container,
    create_container,
    delete_container,
    list_containers,
    train,
    trained_at,
)
from countenance.web.azure.call import Answer, Call
from countenance.web.azure.errors import bad_argument
from countenance.web.azure.fields import LONGEST_NAME, LONGEST_TEXT, RECOGNITION_MODELS, Fields

#: Most items on a page, and so many without a word about it. Source: Face API reference, List of each kind.
MOST_ON_PAGE = 1_000
#: How a kind's identifier is called in answers.
ID_MEMBER = {
    ContainerKind.PERSON_GROUP: "personGroupId",
    ContainerKind.LARGE_PERSON_GROUP: "largePersonGroupId",
    ContainerKind.FACE_LIST: "faceListId",
    ContainerKind.LARGE_FACE_LIST: "largeFaceListId",
}


def create(call: Call) -> Answer:
    """Create."""
    ref, fields = call.ref, call.members()
    name, user_data = fields.required_text("name", LONGEST_NAME), fields.text("userData", LONGEST_TEXT)
    recognition_model = fields.word("recognitionModel", RECOGNITION_MODELS, RECOGNITION_MODELS[0])
    fields.done()
    create_container(call.parts, call.standing, NewContainer(ref, name, user_data, recognition_model))
    return Answer()


def get(call: Call) -> Answer:
    """Get; of a small face list with its faces."""
    query = call.query()
    with_model = query.flag("returnRecognitionModel", False)
    query.done()
    shown = _shown(call.container_kind, container(call.parts, call.standing, call.ref), with_model)
    if call.container_kind is ContainerKind.FACE_LIST:
        most = MOST_FACES_OF_LIST[ContainerKind.FACE_LIST]
        faces = list_faces(call.parts, call.standing, call.ref, after="", limit=most)
        shown["persistedFaces"] = [persisted_face(face_id, text) for face_id, text in faces]
    return Answer(shown)


def list_all(call: Call) -> Answer:
    """List; face lists of the small kind all at once."""
    query = call.query()
    with_model = query.flag("returnRecognitionModel", False)
    after, limit = page_of(query)
    query.done()
    found = list_containers(call.parts, call.standing, call.container_kind, after=after, limit=limit)
    return Answer([_shown(call.container_kind, item, with_model) for item in found])


def update(call: Call) -> Answer:
    """Update."""
    ref, changes = call.ref, changes_of(call.members())
    change_container(call.parts, call.standing, ref, changes)
    return Answer()


def delete(call: Call) -> Answer:
    """Delete."""
    call.no_query()
    delete_container(call.parts, call.standing, call.ref)
    return Answer()


def start_training(call: Call) -> Answer:
    """Train; over when it is answered, and the client is told where to look."""
    call.no_query()
    ref = call.ref
    train(call.parts, call.standing, ref)
    where = (call.base_url, f"{call.container_kind.value}s", ref.container_id, "training")
    return Answer(status=202, headers=(("operation-location", "/".join(part for part in where if part)),))


def training_status(call: Call) -> Answer:
    """Get Training Status."""
    call.no_query()
    made_at, asked_at = trained_at(call.parts, call.standing, call.ref)
    return Answer(
        {
            "status": "succeeded",
            "createdDateTime": date_time(made_at),
            "lastActionDateTime": date_time(asked_at),
            "lastSuccessfulTrainingDateTime": date_time(asked_at),
            "message": None,
        }
    )


def page_of(query: Fields) -> tuple[str, int]:
    """Return (identifier after which a page begins, most items on it)."""
    return query.text("start", 64) or "", query.whole("top", MOST_ON_PAGE, 1, MOST_ON_PAGE)


def changes_of(fields: Fields) -> dict[str, str]:
    """Return the columns that an update changes.

    Raises:
        AzureError: There are none.
    """
    name, user_data = fields.text("name", LONGEST_NAME, 1), fields.text("userData", LONGEST_TEXT)
    fields.done()
    given = {"name": name, "user_data": user_data}
    changes = {column: value for column, value in given.items() if value is not None}
    if not changes:
        raise bad_argument("Nothing to update: 'name' or 'userData' is needed.")
    return changes


def persisted_face(face_id: str, text: str | None) -> dict[str, Any]:
    """Return a stored face as the vendor shows one."""
    return {"persistedFaceId": face_id, "userData": text}


def date_time(moment: str) -> str:
    """Return an ISO 8601 time in UTC as the client libraries read it, ending in ``Z``."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(kind: ContainerKind, found: StoredContainer, with_model: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {ID_MEMBER[kind]: found.container_id, "name": found.name, "userData": found.user_data}
    if with_model:
        shown["recognitionModel"] = found.recognition_model
    return shown
