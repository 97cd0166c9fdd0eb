"""Which new face an old face is: of a picture of the same name, in the same place. Similarity is not asked.

Several pictures may have one name (a person's folder); the old picture whose boxes fit best is taken, whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countenance.service.collection_faces import IndexedFace
from countenance.service.migration_plan import PlannedPhoto
from countenance.service.old_faces import OldFace, overlap

#: Boxes that share less than this are of different faces. Detectors draw boxes differently, so it is low; faces of one
#: photo do not overlap by as much. A choice, not a measurement.
LEAST_OVERLAP = 0.3
BY_BOX, ONLY_ONE, NEW = "box", "only face", "new"


@dataclass(frozen=True, slots=True)
class MovedFace:
    """A row of the list that leads from old to new.

    Attributes:
        photo: The photo's name.
        external_image_id: Its name in both collections.
        old_face_id: The face there, or empty: a face that the old list does not have.
        new_face_id: The face here.
        matched_by: ``box``, ``only face`` or ``new``.
        overlap: Of the boxes, 0 to 1.
    """

    photo: str
    external_image_id: str
    old_face_id: str
    new_face_id: str
    matched_by: str
    overlap: float


def lead(photo: PlannedPhoto, indexed: Sequence[IndexedFace], candidates: Sequence[OldFace]) -> list[MovedFace]:
    """Return a row for each face indexed, with the old face it continues, if one of the same picture fits its box."""
    boxes = {item.record.face_id: item.record.box for item in indexed}
    best: list[tuple[float, str, str]] = []
    for group in by_picture(candidates):
        fits = _fits(group, boxes)
        if sum(share for share, _, _ in fits) > sum(share for share, _, _ in best):
            best = fits
    by = BY_BOX
    if not best and len(candidates) == 1 and len(boxes) == 1:
        (only,), (face_id,) = candidates, boxes
        best, by = [(0.0 if only.box is None else overlap(only.box, boxes[face_id]), face_id, only.face_id)], ONLY_ONE
    fitting = {face_id: (old_id, share) for share, face_id, old_id in best}
    rows = []
    for face_id in boxes:
        old_id, share = fitting.get(face_id, ("", 0.0))
        how = by if old_id else NEW
        rows.append(MovedFace(photo.name, photo.external_image_id, old_id, face_id, how, round(share, 3)))
    return rows


def _fits(
    group: Sequence[OldFace], boxes: Mapping[str, tuple[float, float, float, float]]
) -> list[tuple[float, str, str]]:
    """Return (overlap, new face, old face) of one old picture, best first, each face once."""
    pairs = sorted(
        (
            (overlap(face.box, box), face_id, face.face_id)
            for face in group
            if face.box is not None
            for face_id, box in boxes.items()
        ),
        reverse=True,
    )
    taken: set[str] = set()
    kept = []
    for share, face_id, old_id in pairs:
        if share >= LEAST_OVERLAP and not taken & {face_id, old_id}:
            taken |= {face_id, old_id}
            kept.append((share, face_id, old_id))
    return kept


def by_picture(faces: Sequence[OldFace]) -> list[list[OldFace]]:
    """Return old faces by the picture they come from."""
    found: dict[str, list[OldFace]] = {}
    for face in faces:
        # Without an identifier of its picture a face is a picture by itself.
        found.setdefault(face.image_id or face.face_id, []).append(face)
    return list(found.values())
