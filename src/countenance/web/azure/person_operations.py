"""Persons of groups, and stored faces of persons and lists."""

from __future__ import annotations

from typing import Any

from countenance.service.person_group_faces import (
    NewFace,
    add_face,
    change_face,
    delete_face,
    list_faces,
    show_face,
)
from countenance.service.person_group_people import (
    PersonWithFaces,
    change_person,
    create_person,
    delete_person,
    list_persons,
    person,
)
from countenance.web.azure.call import Answer, Call
from countenance.web.azure.container_operations import changes_of, page_of, persisted_face
from countenance.web.azure.fields import DETECTION_MODELS, LONGEST_FACE_TEXT, LONGEST_NAME, LONGEST_TEXT


def create(call: Call) -> Answer:
    """Create Person."""
    ref, fields = call.ref, call.members()
    name, user_data = fields.required_text("name", LONGEST_NAME), fields.text("userData", LONGEST_TEXT)
    fields.done()
    return Answer({"personId": create_person(call.parts, call.standing, ref, name, user_data)})


def get(call: Call) -> Answer:
    """Get Person."""
    call.no_query()
    return Answer(_shown(person(call.parts, call.standing, call.ref, call.path["person"])))


def list_all(call: Call) -> Answer:
    """List Persons."""
    query = call.query()
    after, limit = page_of(query)
    query.done()
    return Answer(
        [_shown(item) for item in list_persons(call.parts, call.standing, call.ref, after=after, limit=limit)]
    )


def update(call: Call) -> Answer:
    """Update Person."""
    ref, changes = call.ref, changes_of(call.members())
    change_person(call.parts, call.standing, ref, call.path["person"], changes)
    return Answer()


def delete(call: Call) -> Answer:
    """Delete Person, with their faces."""
    call.no_query()
    delete_person(call.parts, call.standing, call.ref, call.path["person"])
    return Answer()


def add(call: Call) -> Answer:
    """Add Face, to a person or a list."""
    ref, query = call.ref, call.query()
    target, user_data = query.rectangle("targetFace"), query.text("userData", LONGEST_FACE_TEXT)
    query.word("detectionModel", DETECTION_MODELS, DETECTION_MODELS[0])
    query.done()
    new = NewFace(ref, call.path.get("person"), call.image(), target, user_data)
    return Answer({"persistedFaceId": add_face(call.parts, call.standing, new).value})


def get_face(call: Call) -> Answer:
    """Get Face."""
    call.no_query()
    text = show_face(call.parts, call.standing, call.ref, call.path.get("person"), call.path["face"])
    return Answer(persisted_face(call.path["face"], text))


def faces(call: Call) -> Answer:
    """List Faces of a large face list."""
    query = call.query()
    after, limit = page_of(query)
    query.done()
    found = list_faces(call.parts, call.standing, call.ref, after=after, limit=limit)
    return Answer([persisted_face(face_id, text) for face_id, text in found])


def update_face(call: Call) -> Answer:
    """Update Face."""
    ref, fields = call.ref, call.members()
    text = fields.required_text("userData", LONGEST_FACE_TEXT, 0)
    fields.done()
    change_face(call.parts, call.standing, ref, call.path.get("person"), call.path["face"], text)
    return Answer()


def remove_face(call: Call) -> Answer:
    """Delete Face."""
    call.no_query()
    delete_face(call.parts, call.standing, call.ref, call.path.get("person"), call.path["face"])
    return Answer()


def _shown(found: PersonWithFaces) -> dict[str, Any]:
    return {
        "personId": found.person.person_id,
        "name": found.person.name,
        "userData": found.person.user_data,
        "persistedFaceIds": list(found.face_ids),
    }
