"""Results in the vendor's words: boxes as shares, scores from 0 to 100, names of resources, model versions.

Rules kept here:

- Lists are always there, even when empty: the client library drops what is absent, and code reads it all the same.
- No value is made up: age, sex, emotion and the like are absent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Face, Photo
from countenance.service.collection_faces import relative_box
from countenance.service.collection_port import StoredFace
from countenance.service.head_pose import estimate_pose
from countenance.service.vendor_quality import brightness, sharpness

#: The account in names of resources: there is one installation and no accounts, so it is the same everywhere.
ACCOUNT = "000000000000"
#: Names of the five points. The vendor's left is the picture's, ours the subject's.
_LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


def bounding_box(box: tuple[float, float, float, float]) -> dict[str, float]:
    """Return a box from left, top, width, height as shares of the photo."""
    left, top, width, height = box
    return {"Width": width, "Height": height, "Left": left, "Top": top}


def percent(share: float) -> float:
    """Return a share of one as a number from 0 to 100."""
    return min(100.0, max(0.0, share * 100.0))


def face_detail(face: Face, photo: Photo) -> dict[str, Any]:
    """Return a face with everything there is about it."""
    pose = estimate_pose(face.landmarks)
    points = zip(_LANDMARKS, face.landmarks, strict=True)
    return {
        "BoundingBox": bounding_box(relative_box(face, photo)),
        "Confidence": percent(face.detector_score),
        "Landmarks": [{"Type": name, "X": x / photo.width_px, "Y": y / photo.height_px} for name, (x, y) in points],
        "Pose": {"Roll": pose.roll_deg, "Yaw": pose.yaw_deg, "Pitch": pose.pitch_deg},
        "Quality": {"Brightness": brightness(face), "Sharpness": sharpness(face)},
    }


def stored_face(face: StoredFace, model: ModelIdentity) -> dict[str, Any]:
    """Return a face as a collection keeps it."""
    shown = {
        "FaceId": face.face_id,
        "BoundingBox": bounding_box(face.box),
        "ImageId": face.image_id,
        "Confidence": percent(face.detector_score),
        "IndexFacesModelVersion": model_version(model),
    }
    if face.external_image_id is not None:
        shown["ExternalImageId"] = face.external_image_id
    if face.user_id is not None:
        shown["UserId"] = face.user_id
    return shown


def model_version(model: ModelIdentity) -> str:
    """Return a recogniser's version as the vendor writes one, digits and dots: another model, another number."""
    return f"1.{int(model.digest[:8], 16)}"


def collection_arn(region: str, collection: str, *, with_prefix: bool) -> str:
    """Return a collection's name as a resource; the vendor leaves ``arn:`` out where it has just been made."""
    prefix = "arn:" if with_prefix else ""
    return f"{prefix}aws:rekognition:{region}:{ACCOUNT}:collection/{collection}"


def collection_of_arn(arn: str) -> str | None:
    """Return the collection that a resource's name, in either form, is about; None if it is about none."""
    parts = arn.removeprefix("arn:").split(":", 4)
    if len(parts) != 5 or parts[:2] != ["aws", "rekognition"] or not parts[4].startswith("collection/"):
        return None
    return parts[4].removeprefix("collection/")


def seconds(moment: str) -> float:
    """Return an ISO 8601 time as seconds since 1970: the client library takes no other form."""
    return datetime.fromisoformat(moment).timestamp()
