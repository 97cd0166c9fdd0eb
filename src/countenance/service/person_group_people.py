"""Persons of a group: named by the client, identified by this service, each with the faces it was given.

Rules kept here:

- A person is a user of the collection (``service.collection_users``); a search of the group compares with the mean of
  each person's faces.
- Deleting a person deletes their faces with templates and keys, recorded as an erasure in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.collection_errors import TooMany
from countenance.service.journal_port import OpenTransaction
from countenance.service.person_group_errors import PersonMissing
from countenance.service.person_group_port import ContainerKind, ContainerRef, StoredPerson
from countenance.service.person_groups import PersonGroupParts
from countenance.service.standing import Standing

#: Most persons of a group. Source: Microsoft, Face API reference, PersonGroup Person Create (standard tier) and
#: LargePersonGroup Person Create.
MOST_PERSONS = {ContainerKind.PERSON_GROUP: 10_000, ContainerKind.LARGE_PERSON_GROUP: 1_000_000}


@dataclass(frozen=True, slots=True)
class PersonWithFaces:
    """A person and the identifiers of their faces, in order."""

    person: StoredPerson
    face_ids: tuple[str, ...]


def create_person(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, name: str, user_data: str | None
) -> str:
    """Add a person to a group and return their identifier.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such group.
        TooMany: The group is full.
    """
    base = parts.base
    base.require_access("create_user", standing, ref.gallery)
    if base.collections.collection(ref.gallery).users >= MOST_PERSONS[ref.kind]:
        raise TooMany(f"A group of this kind has at most {MOST_PERSONS[ref.kind]} persons.")
    person_id = base.new_uuid()
    with base.journal.transaction() as current:
        base.collections.add_user(ref.gallery, person_id, transaction=current)
        parts.groups.add_person(ref.gallery, person_id, name, user_data, transaction=current)
    return person_id


def list_persons(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, *, after: str, limit: int
) -> Sequence[PersonWithFaces]:
    """Return persons with their faces, in the order of their identifiers, beginning after one.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such group.
    """
    parts.base.require_access("list_users", standing, ref.gallery)
    parts.groups.container(ref.gallery)
    found = parts.groups.persons(ref.gallery, after=after, limit=limit)
    faces = parts.groups.faces_of_persons(ref.gallery, [person.person_id for person in found])
    return [PersonWithFaces(person, tuple(faces.get(person.person_id, ()))) for person in found]


def person(parts: PersonGroupParts, standing: Standing, ref: ContainerRef, person_id: str) -> PersonWithFaces:
    """Return one person with their faces.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, PersonMissing: There is no such group, or person.
    """
    parts.base.require_access("list_users", standing, ref.gallery)
    found = require_person(parts, ref, person_id)
    return PersonWithFaces(found, tuple(parts.groups.faces_of_persons(ref.gallery, [person_id]).get(person_id, ())))


def change_person(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, person_id: str, changes: Mapping[str, str]
) -> None:
    """Change a person's ``name`` or ``user_data``.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, PersonMissing: There is no such group, or person.
    """
    parts.base.require_access("change_user", standing, ref.gallery)
    parts.groups.container(ref.gallery)
    with parts.base.journal.transaction() as current:
        if not parts.groups.change_person(ref.gallery, person_id, changes, transaction=current):
            raise PersonMissing("There is no such person in the group.")


def delete_person(parts: PersonGroupParts, standing: Standing, ref: ContainerRef, person_id: str) -> None:
    """Delete a person with their faces, and record it.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, PersonMissing: There is no such group, or person.
    """
    base = parts.base
    base.require_access("delete_user", standing, ref.gallery)
    require_person(parts, ref, person_id)
    with base.journal.transaction() as current:
        faces = parts.groups.faces_of_persons(ref.gallery, [person_id], transaction=current).get(person_id, [])
        if not base.collections.remove_user(ref.gallery, person_id, transaction=current):
            raise PersonMissing("There is no such person in the group.")
        erase_faces(parts, standing, ref, faces, current)


def require_person(parts: PersonGroupParts, ref: ContainerRef, person_id: str) -> StoredPerson:
    """Return a person of a group.

    Raises:
        GalleryNotFound, PersonMissing: There is no such group, or person.
    """
    parts.groups.container(ref.gallery)
    found = parts.groups.person(ref.gallery, person_id)
    if found is None:
        raise PersonMissing("There is no such person in the group.")
    return found


def erase_faces(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, face_ids: Sequence[str], current: OpenTransaction
) -> int:
    """Delete faces with their templates and keys, record it, and return how many there were."""
    base = parts.base
    if not face_ids:
        return 0
    # Digested before the keys go: afterwards nobody, nor this, can make the digest again.
    digests = base.journal.subject_digests(ref.gallery, tuple(face_ids)[:LONGEST_LIST], transaction=current)
    facts = base.policies.gallery_facts(ref.gallery, transaction=current)
    count = base.collections.remove_faces(ref.gallery, face_ids, transaction=current)
    fields: dict[str, FieldValue] = {
        "operator_id": standing.operator_id,
        "gallery_id": facts.gallery_id,
        "references": count,
        "subject_digests": digests,
        "keys_destroyed": count,
        "searched_again": False,
    }
    base.journal.record(EntryKind.ERASURE, fields, transaction=current)
    return count
