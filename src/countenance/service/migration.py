"""Leaving a collection behind: its people are indexed again from the original photos, and old identifiers led to new.

Rules kept here:

- Every photo is an act of enrolment: judged, under its case, recorded.
- A photo is done when its rows are written; a run that was interrupted goes on behind the last one. Indexing the same
  photo twice stores nothing twice, so nothing is lost or doubled wherever it stopped.
- An old face is led to a new one by its picture's name and its box, and the row says how; a face that cannot be is
  listed with the reason. Nothing is guessed from similarity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from countenance.core.errors import GalleryNotFound, InputError
from countenance.service.collection_faces import IndexRequest, index_faces
from countenance.service.collection_parts import CollectionParts
from countenance.service.collections import create_collection
from countenance.service.face_leads import MovedFace, by_picture, lead
from countenance.service.migration_plan import PlannedPhoto
from countenance.service.old_faces import OldFace
from countenance.service.sources import read_photo
from countenance.service.standing import Standing
from countenance.service.vendor_faces import MOST_FACES
from countenance.service.vendor_quality import QualityFilter


@dataclass(frozen=True, slots=True)
class Reject:
    """A photo that was not indexed, or an old face that leads nowhere, with the reason."""

    photo: str
    external_image_id: str
    old_face_id: str
    reason: str


class MovedList(Protocol):
    """Where rows are kept, so that an interrupted run can go on."""

    def rows(self) -> Sequence[MovedFace]:
        """Return the rows of earlier runs."""
        ...

    def add(self, rows: Sequence[MovedFace]) -> None:
        """Keep the rows of one photo, all or none."""
        ...


@dataclass(frozen=True, slots=True)
class MigrationTerms:
    """What to index, and how.

    Attributes:
        collection: Name of the collection, there and here.
        most_faces: Most faces of a photo, or None: as many as the old list has of it, all where there is no list.
        quality: Faces it leaves out are rejected with reasons.
    """

    collection: str
    most_faces: int | None = None
    quality: QualityFilter = QualityFilter.AUTO


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a run came to.

    Attributes:
        photos: Photos found.
        done_before: Those that an earlier run had done.
        faces: Faces in the new collection that came of the photos, earlier runs included.
        led: Old faces that lead to new ones.
        old_faces: Old faces listed; 0 without a list.
        rejects: Photos and old faces with reasons.
    """

    photos: int
    done_before: int
    faces: int
    led: int
    old_faces: int
    rejects: tuple[Reject, ...]


def by_name(old: Sequence[OldFace]) -> dict[str, tuple[OldFace, ...]]:
    """Return external image id → old faces, those without one left out."""
    found: dict[str, tuple[OldFace, ...]] = {}
    for face in old:
        if face.external_image_id:
            found[face.external_image_id] = (*found.get(face.external_image_id, ()), face)
    return found


def migrate(
    parts: CollectionParts,
    standing: Standing,
    terms: MigrationTerms,
    photos: Sequence[PlannedPhoto],
    old: Sequence[OldFace] | None,
    moved: MovedList,
    progress: Callable[[int, int, str], None] | None = None,
) -> MigrationReport:
    """Index photos into a collection, which is made if it is not there, and lead old faces to new ones.

    Args:
        parts: The collections and what they work with.
        standing: On whose behalf.
        terms: What to index, and how.
        photos: The originals with their names.
        old: Faces of the collection left behind, or None where there is no list.
        moved: Rows of this and earlier runs.
        progress: Told (photos done, photos in all, faces so far).

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded. Photos done before it stay done.
        ModelMismatch: The collection was made with another model.
    """
    try:
        parts.collections.collection(terms.collection)
    except GalleryNotFound:
        create_collection(parts, standing, terms.collection, {})
    rows = list(moved.rows())
    done = {row.photo for row in rows}
    led = {row.old_face_id for row in rows if row.old_face_id}
    names = None if old is None else by_name(old)
    rejects: list[Reject] = []
    done_before = sum(photo.name in done for photo in photos)
    for number, photo in enumerate(photos, start=1):
        if photo.name not in done:
            candidates = [face for face in (names or {}).get(photo.external_image_id, ()) if face.face_id not in led]
            new = _moved(parts, standing, terms, photo, names, candidates, rejects)
            if new:
                moved.add(new)
                rows += new
                led |= {row.old_face_id for row in new if row.old_face_id}
        if progress is not None:
            progress(number, len(photos), f"{len(rows)} faces")
    rejects += _left_behind(old or (), led, {photo.external_image_id for photo in photos})
    return MigrationReport(
        len(photos), done_before, len({row.new_face_id for row in rows}), len(led), len(old or ()), tuple(rejects)
    )


def _moved(
    parts: CollectionParts,
    standing: Standing,
    terms: MigrationTerms,
    photo: PlannedPhoto,
    names: Mapping[str, tuple[OldFace, ...]] | None,
    candidates: Sequence[OldFace],
    rejects: list[Reject],
) -> list[MovedFace]:
    """Return the rows of one photo; none if it was rejected."""

    def reject(reason: str) -> list[MovedFace]:
        rejects.append(Reject(photo.name, photo.external_image_id, "", reason))
        return []

    if not photo.external_image_id:
        return reject("its name spells no external image id" + ("" if names is None else " of the old list"))
    groups = by_picture((names or {}).get(photo.external_image_id, ()))
    most = terms.most_faces or max((len(group) for group in groups), default=MOST_FACES)
    try:
        request = IndexRequest(terms.collection, read_photo(photo.path), photo.external_image_id, most, terms.quality)
        found = index_faces(parts, standing, request).value
    except InputError as error:
        return reject(error.message)
    if not found.indexed:
        reasons = sorted({reason for face in found.left_out for reason in face.reasons})
        return reject(", ".join(reasons) if reasons else "no face was found")
    return lead(photo, found.indexed, candidates)


def _left_behind(old: Sequence[OldFace], led: set[str], named: set[str]) -> list[Reject]:
    rejects = []
    for face in old:
        if face.face_id in led:
            continue
        if not face.external_image_id:
            reason = "the old face has no external image id to find its photo by"
        elif face.external_image_id not in named:
            reason = "no photo has this name"
        else:
            reason = "no face of its photos fits its box"
        rejects.append(Reject("", face.external_image_id, face.face_id, reason))
    return rejects
