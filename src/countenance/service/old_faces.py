"""Faces of a collection that is left behind, as the vendor lists them: identifiers, names and boxes. No templates.

The vendor hands out no templates, so nothing but a photo makes a face searchable elsewhere; what can be kept is who is
who.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from countenance.core.errors import ListInvalid

#: What an external image id may look like. Source: Rekognition service model, ExternalImageId.
EXTERNAL_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,255}")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class OldFace:
    """A face of the collection that is left.

    Attributes:
        face_id: Its identifier there.
        image_id: Identifier that faces of one picture share there.
        external_image_id: The client's name for the picture, or empty.
        box: Left, top, width, height as shares of the picture, or None.
    """

    face_id: str
    image_id: str
    external_image_id: str
    box: Box | None


def read_old_faces(lines: Iterable[str]) -> tuple[OldFace, ...]:
    """Return the faces of a list: on each line a face, or a whole answer of ListFaces with its ``Faces``.

    Raises:
        ListInvalid: A line is neither.
    """
    found: dict[str, OldFace] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            for item in said.get("Faces", [said]):
                face = _face(item)
                found[face.face_id] = face
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ListInvalid(
                f"Line {number} is neither a face nor an answer of ListFaces.",
                remedy="aws rekognition list-faces --collection-id … --output json | jq -c '.Faces[]' > faces.jsonl",
            ) from None
    return tuple(found.values())


def overlap(one: Box, other: Box) -> float:
    """Return how much two boxes share, 0 to 1: intersection over union."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    union = one[2] * one[3] + other[2] * other[3] - shared
    return shared / union if union > 0 else 0.0


def _face(item: dict[str, object]) -> OldFace:
    box = item.get("BoundingBox")
    sides: Box | None = None
    if isinstance(box, dict):
        sides = (float(box["Left"]), float(box["Top"]), float(box["Width"]), float(box["Height"]))
    face_id = item["FaceId"]
    if not isinstance(face_id, str):
        raise TypeError
    return OldFace(face_id, str(item.get("ImageId") or ""), str(item.get("ExternalImageId") or ""), sides)
