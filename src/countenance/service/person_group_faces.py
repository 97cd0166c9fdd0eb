"""Faces of person groups and face lists: added one a photo, shown, given a text, deleted.

Rules kept here:

- A photo has to hold exactly one face, or its client says where the face meant is.
- Face, template, text, membership, the entry about them and the outcome of the act are stored in one transaction.
- Adding the same photo twice gives two faces, as the vendor's service does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from countenance.core.vocabulary import Box, Face, Photo, PhotoFaces
from countenance.service.accountability import Performed
from countenance.service.acts import ENROL, enrolment
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.collection_errors import FaceMissing, NoFace, TooMany
from countenance.service.collection_faces import relative_box
from countenance.service.collection_port import FaceRecord, StoredFace
from countenance.service.journal_port import OpenTransaction
from countenance.service.person_group_errors import PersonMissing, SeveralFacesFound
from countenance.service.person_group_people import erase_faces, require_person
from countenance.service.person_group_port import ContainerKind, ContainerRef
from countenance.service.person_groups import PersonGroupParts
from countenance.service.standing import Standing
from countenance.service.vendor_faces import template_of

#: Most faces of one person, and of a list. Source: Microsoft, Face API reference, Add Face of each kind.
MOST_FACES_OF_PERSON = 248
MOST_FACES_OF_LIST = {ContainerKind.FACE_LIST: 1_000, ContainerKind.LARGE_FACE_LIST: 1_000_000}
#: Least overlap (intersection over union) of a face found with the rectangle a client names; a choice: rectangles of
#: other detectors around the same face overlap by half and more, those of two people hardly ever by a third.
LEAST_OVERLAP = 0.3

#: Left, top, width, height in pixels.
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face to add.

    Attributes:
        ref: To which container.
        person_id: To which person of it; None in a list.
        data: The photo's bytes.
        target: Where in the photo the face is, or None if it holds only one.
        user_data: The client's own text, or None.
    """

    ref: ContainerRef
    person_id: str | None
    data: bytes = field(repr=False)
    target: Rectangle | None = None
    user_data: str | None = None


def add_face(parts: PersonGroupParts, standing: Standing, new: NewFace) -> Performed[str]:
    """Store the face of a photo in a container and return its identifier.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound, PersonMissing: There is no such container, or person.
        ModelMismatch: It was made with another recogniser than the one in use.
        NoFace, SeveralFacesFound: There is not exactly one face, or none where the client says.
        TooMany: The person, or the list, is full.
        InputError: The photo cannot be used.
    """
    base, gallery = parts.base, new.ref.gallery
    _, facts = base.usable(gallery)
    if new.person_id is not None:
        require_person(parts, new.ref, new.person_id)
    elif base.collections.collection(gallery).faces >= MOST_FACES_OF_LIST[new.ref.kind]:
        raise TooMany(f"A list of this kind has at most {MOST_FACES_OF_LIST[new.ref.kind]} faces.")

    def run(act: OngoingAct) -> str:
        act.require(ENROL, gallery=gallery)
        found = base.engine.read_faces(new.data, crops=True)
        number, face = choose(found, new.target)
        picture = None if base.crops is None else base.crops.make(new.data, face)
        with act.transaction() as current:
            _require_room(parts, new, current)
            record = _record(parts, found.photo, number, face)
            _store(parts, act, new, record, face, picture, current)
            done = Outcome("enrolled", {"faces_found": len(found.faces)})
            act.complete(done, finished_at=current.now, transaction=current)
        return record.face_id

    # The outcome is recorded by ``run``, in the transaction of the face.
    return base.accountability.perform(enrolment(base.engine.model, facts), standing, run, lambda _: Outcome("", {}))


def choose(found: PhotoFaces, target: Rectangle | None) -> tuple[int, Face]:
    """Return (number from 1, face) of the only face of a photo, or the one at a rectangle.

    Raises:
        NoFace: There is none, or none at the rectangle.
        SeveralFacesFound: There are several and no rectangle.
    """
    if target is not None:
        overlaps = [(_overlap(face.box, target), number) for number, face in enumerate(found.faces, start=1)]
        best, number = max(overlaps, key=lambda item: (item[0], -item[1]), default=(0.0, 0))
        if best < LEAST_OVERLAP:
            raise NoFace("There is no face at the rectangle named.")
        return number, found.faces[number - 1]
    if not found.faces:
        raise NoFace("There is no face in the photo.")
    if len(found.faces) > 1:
        raise SeveralFacesFound("There are several faces in the photo.")
    return 1, found.faces[0]


def show_face(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, person_id: str | None, face_id: str
) -> str | None:
    """Return the text of a face, None without one.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, PersonMissing, FaceMissing: There is no such container, person, or face of theirs.
    """
    parts.base.require_access("list_faces", standing, ref.gallery)
    _require_face(parts, ref, person_id, face_id)
    return parts.groups.face_texts(ref.gallery, [face_id]).get(face_id)


def list_faces(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, *, after: str, limit: int
) -> Sequence[tuple[str, str | None]]:
    """Return (identifier, text) of a list's faces in the order of the identifiers, beginning after one.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such list.
    """
    parts.base.require_access("list_faces", standing, ref.gallery)
    parts.groups.container(ref.gallery)
    found = parts.base.collections.faces_page(ref.gallery, after=after, limit=limit, user_id=None, face_ids=None)
    texts = parts.groups.face_texts(ref.gallery, [face.face_id for face in found])
    return [(face.face_id, texts.get(face.face_id)) for face in found]


def change_face(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, person_id: str | None, face_id: str, text: str
) -> None:
    """Give a face a text.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, PersonMissing, FaceMissing: There is no such container, person, or face of theirs.
    """
    parts.base.require_access("change_face", standing, ref.gallery)
    with parts.base.journal.transaction() as current:
        _require_face(parts, ref, person_id, face_id, current)
        parts.groups.set_face_text(ref.gallery, face_id, text, transaction=current)


def delete_face(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, person_id: str | None, face_id: str
) -> None:
    """Delete a face with its template and key, and record it.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, PersonMissing, FaceMissing: There is no such container, person, or face of theirs.
    """
    parts.base.require_access("delete_faces", standing, ref.gallery)
    with parts.base.journal.transaction() as current:
        _require_face(parts, ref, person_id, face_id, current)
        if person_id is not None:
            # Notes that the person's template is another one from now on.
            parts.base.collections.associate(ref.gallery, [face_id], None, transaction=current)
        erase_faces(parts, standing, ref, [face_id], current)


def _require_face(
    parts: PersonGroupParts,
    ref: ContainerRef,
    person_id: str | None,
    face_id: str,
    current: OpenTransaction | None = None,
) -> StoredFace:
    if person_id is None:
        parts.groups.container(ref.gallery)
    else:
        require_person(parts, ref, person_id)
    face = parts.base.collections.faces(ref.gallery, [face_id], transaction=current).get(face_id)
    if face is None or face.user_id != person_id:
        raise FaceMissing("There is no such face.")
    return face


def _require_room(parts: PersonGroupParts, new: NewFace, current: OpenTransaction) -> None:
    base = parts.base
    if new.person_id is None:
        return
    if not base.collections.has_user(new.ref.gallery, new.person_id, transaction=current):
        # Deleted while the photo was looked at.
        raise PersonMissing("There is no such person in the group.")
    count = base.collections.count_of_user(new.ref.gallery, new.person_id, transaction=current)
    if count >= MOST_FACES_OF_PERSON:
        raise TooMany(f"A person has at most {MOST_FACES_OF_PERSON} faces.")


def _store(
    parts: PersonGroupParts,
    act: OngoingAct,
    new: NewFace,
    record: FaceRecord,
    face: Face,
    picture: bytes | None,
    current: OpenTransaction,
) -> None:
    base, gallery, names = parts.base, new.ref.gallery, (record.face_id,)
    revision, reference_ids = base.collections.add_faces(gallery, [(record, template_of(face))], transaction=current)
    if new.person_id is not None:
        base.collections.associate(gallery, names, new.person_id, transaction=current)
    if new.user_data is not None:
        parts.groups.set_face_text(gallery, record.face_id, new.user_data, transaction=current)
    if base.crops is not None and picture is not None:
        base.crops.store.keep_crops(gallery, [(record.face_id, record.image_sha256, picture)], transaction=current)
    photo = (record.image_sha256.encode(),)
    act.record_enrolment(
        {
            "references": 1,
            "reference_ids": reference_ids,
            "subject_digests": act.subject_digests(gallery, names, transaction=current),
            "photo_digests": act.subject_digests(gallery, names, what="photo", data=photo, transaction=current),
            "gallery_revision": revision,
            "model_digest": base.engine.model.digest,
        },
        transaction=current,
    )


def _record(parts: PersonGroupParts, photo: Photo, number: int, face: Face) -> FaceRecord:
    face_id = parts.base.new_uuid()
    return FaceRecord(
        face_id=face_id,
        image_id=parts.base.new_uuid(),
        image_sha256=photo.sha256,
        # Its own name, so that the same photo can be stored twice.
        external_image_id=face_id,
        face_number=number,
        box=relative_box(face, photo),
        detector_score=face.detector_score,
    )


def _overlap(box: Box, target: Rectangle) -> float:
    """Return intersection over union of a face's box and a rectangle, 0 to 1."""
    left, top, width, height = target
    across = min(box.left_px + box.width_px, left + width) - max(box.left_px, left)
    down = min(box.top_px + box.height_px, top + height) - max(box.top_px, top)
    shared = max(0.0, across) * max(0.0, down)
    union = box.width_px * box.height_px + width * height - shared
    return 0.0 if union <= 0 else shared / union
