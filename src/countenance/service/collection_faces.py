"""Faces of a collection: indexed from photos, listed, deleted.

Rules kept here:

- Faces, their templates, the entry about them and the outcome of the act are stored in one transaction.
- The same face of the same photo under the same external identifier is stored once: repeating the request, as clients
  do when an answer is lost, gives the same identifiers again.
- What is left out is reported with the reason, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countenance.core.vocabulary import Face, Photo, PhotoFaces
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability import Performed
from countenance.service.acts import ENROL, enrolment
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.collection_parts import CollectionParts
from countenance.service.collection_port import FaceRecord, StoredFace
from countenance.service.journal_port import OpenTransaction
from countenance.service.standing import Standing
from countenance.service.vendor_faces import MOST_FACES, template_of
from countenance.service.vendor_quality import QualityFilter, filter_reasons

EXCEEDS_MAX_FACES = "EXCEEDS_MAX_FACES"


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """Which photo to index, and how.

    Attributes:
        collection: Name of the collection.
        data: The photo's bytes.
        external_image_id: The client's own name for it, or None.
        most_faces: Most faces to index; more are left out, those of lowest quality first.
        quality: Faces it leaves out are reported with reasons.
    """

    collection: str
    data: bytes
    external_image_id: str | None
    most_faces: int
    quality: QualityFilter


@dataclass(frozen=True, slots=True, eq=False)
class IndexedFace:
    """A face that is in the collection now, or was already."""

    record: StoredFace
    face: Face


@dataclass(frozen=True, slots=True, eq=False)
class LeftOutFace:
    """A face that was found and not indexed, with the reasons in the vendor's words."""

    face: Face
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FacesIndexed:
    """What came of indexing a photo; no face is two empty lists.

    Attributes:
        photo: The photo.
        indexed: Largest face first.
        left_out: Largest face first.
    """

    photo: Photo
    indexed: tuple[IndexedFace, ...]
    left_out: tuple[LeftOutFace, ...]


@dataclass(frozen=True, slots=True)
class FacePage:
    """One page of a collection's faces; ``next_place`` is None on the last."""

    faces: tuple[StoredFace, ...]
    next_place: str | None


@dataclass(frozen=True, slots=True)
class FacesDeleted:
    """What came of deleting faces.

    Attributes:
        deleted: Identifiers that are gone.
        associated: (identifier, user) of those that belong to a user and were left.
        missing: Identifiers the collection does not hold.
    """

    deleted: tuple[str, ...]
    associated: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def index_faces(parts: CollectionParts, standing: Standing, request: IndexRequest) -> Performed[FacesIndexed]:
    """Store the faces of a photo in a collection and return them with their identifiers.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound: There is no such collection.
        ModelMismatch: It was made with another model.
        InputError: The photo cannot be used.
    """
    _, facts = parts.usable(request.collection)

    def run(act: OngoingAct) -> FacesIndexed:
        act.require(ENROL, gallery=request.collection)
        found = parts.read_faces(act, request.data)
        chosen, left_out = choose(found, request)
        pictures = {} if parts.crops is None else {n: parts.crops.make(request.data, face) for n, face in chosen}
        with act.transaction() as current:
            indexed = _store(parts, act, request, found.photo, chosen, pictures, current)
            act.complete(
                Outcome("enrolled" if indexed else "no_face", {"faces_found": len(found.faces)}),
                finished_at=current.now,
                transaction=current,
            )
        return FacesIndexed(found.photo, indexed, left_out)

    # The outcome is recorded by ``run``, in the transaction of the faces.
    return parts.accountability.perform(enrolment(parts.engine.model, facts), standing, run, lambda _: Outcome("", {}))


def choose(found: PhotoFaces, request: IndexRequest) -> tuple[list[tuple[int, Face]], tuple[LeftOutFace, ...]]:
    """Return (number, face) of the faces to index, largest first, and those left out with reasons.

    Of more faces than wanted, those that do not pass the quality gate go first, then the smallest.
    """
    reasons = {number: filter_reasons(face, request.quality) for number, face in enumerate(found.faces, start=1)}
    wanted = [number for number in reasons if not reasons[number]]
    by_worth = sorted(wanted, key=lambda number: (len(found.faces[number - 1].quality_reasons) > 0, number))
    kept = set(by_worth[: min(request.most_faces, MOST_FACES)])
    left_out = tuple(
        LeftOutFace(face, reasons[number] or (EXCEEDS_MAX_FACES,))
        for number, face in enumerate(found.faces, start=1)
        if number not in kept
    )
    return [(number, found.faces[number - 1]) for number in sorted(kept)], left_out


def list_faces(
    parts: CollectionParts,
    standing: Standing,
    collection: str,
    *,
    after: str,
    limit: int,
    user_id: str | None = None,
    face_ids: Sequence[str] | None = None,
) -> FacePage:
    """Return a page of a collection's faces.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
    """
    parts.require_access("list_faces", standing, collection)
    parts.collections.named(collection)
    found = parts.collections.faces_page(collection, after=after, limit=limit + 1, user_id=user_id, face_ids=face_ids)
    shown = tuple(found[:limit])
    return FacePage(shown, shown[-1].face_id if len(found) > limit and shown else None)


def delete_faces(parts: CollectionParts, standing: Standing, collection: str, face_ids: Sequence[str]) -> FacesDeleted:
    """Delete faces with their templates and keys, and record it; a face that belongs to a user is left.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
    """
    parts.require_access("delete_faces", standing, collection)
    wanted = list(dict.fromkeys(face_ids))
    with parts.journal.transaction() as current:
        known = parts.collections.faces(collection, wanted, transaction=current)
        associated = tuple(
            (face_id, user_id)
            for face_id in wanted
            if face_id in known and (user_id := known[face_id].user_id) is not None
        )
        bound = {face_id for face_id, _ in associated}
        gone = tuple(face_id for face_id in wanted if face_id in known and face_id not in bound)
        if gone:
            # Digested before the keys go: afterwards nobody, nor this, can make the digest again.
            digests = parts.journal.subject_digests(collection, gone[:LONGEST_LIST], transaction=current)
            facts = parts.policies.gallery_facts(collection, transaction=current)
            count = parts.collections.remove_faces(collection, gone, transaction=current)
            fields: dict[str, FieldValue] = {
                "operator_id": standing.operator_id,
                "gallery_id": facts.gallery_id,
                "references": count,
                "subject_digests": digests,
                "keys_destroyed": count,
                "searched_again": False,
            }
            parts.journal.record(EntryKind.ERASURE, fields, transaction=current)
    return FacesDeleted(gone, associated, tuple(face_id for face_id in wanted if face_id not in known))


def _store(
    parts: CollectionParts,
    act: OngoingAct,
    request: IndexRequest,
    photo: Photo,
    chosen: list[tuple[int, Face]],
    pictures: Mapping[int, bytes],
    current: OpenTransaction,
) -> tuple[IndexedFace, ...]:
    known = {
        face.face_number: face
        for face in parts.collections.faces_of_image(
            request.collection, photo.sha256, request.external_image_id, transaction=current
        )
    }
    image_id = next((face.image_id for face in known.values()), None) or parts.new_uuid()
    records: dict[int, StoredFace] = {
        number: known.get(number) or _record(parts, request, photo, image_id, number, face) for number, face in chosen
    }
    new = [(records[number], template_of(face)) for number, face in chosen if number not in known]
    if new:
        revision, reference_ids = parts.collections.add_faces(request.collection, new, transaction=current)
        if parts.crops is not None:
            kept = [(record.face_id, photo.sha256, pictures[record.face_number]) for record, _ in new]
            parts.crops.store.keep_crops(request.collection, kept, transaction=current)
        names = tuple(record.face_id for record, _ in new)
        digests = tuple(record.image_sha256.encode() for record, _ in new)
        act.record_enrolment(
            {
                "references": len(new),
                "reference_ids": reference_ids,
                "subject_digests": act.subject_digests(request.collection, names, transaction=current),
                "photo_digests": act.subject_digests(
                    request.collection, names, what="photo", data=digests, transaction=current
                ),
                "gallery_revision": revision,
                "model_digest": parts.engine.model.digest,
            },
            transaction=current,
        )
    return tuple(IndexedFace(records[number], face) for number, face in chosen)


def _record(
    parts: CollectionParts, request: IndexRequest, photo: Photo, image_id: str, number: int, face: Face
) -> FaceRecord:
    return FaceRecord(
        face_id=parts.new_uuid(),
        image_id=image_id,
        image_sha256=photo.sha256,
        external_image_id=request.external_image_id,
        face_number=number,
        box=relative_box(face, photo),
        detector_score=face.detector_score,
    )


def relative_box(face: Face, photo: Photo) -> tuple[float, float, float, float]:
    """Return left, top, width, height as shares of the upright photo's width and height; may reach past 0 and 1."""
    return (
        face.box.left_px / photo.width_px,
        face.box.top_px / photo.height_px,
        face.box.width_px / photo.width_px,
        face.box.height_px / photo.height_px,
    )
