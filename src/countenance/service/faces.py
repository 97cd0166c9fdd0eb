"""Choosing the one face a job needs: none is an outcome, several is an error with a way to choose."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.core.errors import InputError, SeveralFaces
from countenance.core.vocabulary import Face, PhotoFaces


@dataclass(frozen=True, slots=True)
class PhotoInput:
    """An encoded photo as handed in.

    Attributes:
        name: What to call it in messages; a path or a role such as ``probe``.
        data: The file's bytes.
        face_number: Which face to use, from 1 for the largest; None means the photo must hold exactly one.
    """

    name: str
    data: bytes
    face_number: int | None = None


def one_face(found: PhotoFaces, wanted: PhotoInput) -> Face | None:
    """Return the face to use, or None if the photo holds no face.

    Raises:
        SeveralFaces: There are several and none was chosen.
        InputError: The chosen number does not exist.
    """
    faces = found.faces
    if wanted.face_number is not None:
        if not 1 <= wanted.face_number <= max(1, len(faces)):
            raise InputError(
                f"{wanted.name} holds {len(faces)} faces; face {wanted.face_number} does not exist.",
                remedy="Run `countenance detect` on the photo to see its faces with their numbers.",
            )
        return faces[wanted.face_number - 1] if faces else None
    if len(faces) > 1:
        boxes = tuple(face.box for face in faces)
        listed = "; ".join(f"{i}: {box_in_words(box)}" for i, box in enumerate(boxes, start=1))
        raise SeveralFaces(f"{wanted.name} holds {len(faces)} faces ({listed}).", boxes_xywh_px=boxes)
    return faces[0] if faces else None


def box_in_words(box_xywh_px: tuple[float, float, float, float]) -> str:
    """Return ``W×H px at (left, top)``, whole pixels."""
    left, top, width, height = box_xywh_px
    return f"{width:.0f}×{height:.0f} px at ({left:.0f}, {top:.0f})"
