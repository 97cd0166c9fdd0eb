"""A face as Azure Face's Detect shows it: rectangle, the points we measure, and attributes that are measurements.

Rules kept here:

- Emotion, gender, age, smile, facial hair, hair and make-up are refused, in the vendor's own words: the vendor retired
  them, and this package infers nothing about a person from a face.
- Of the vendor's 27 points the five that are measured are given; clients take the others for absent.
- Mask, glasses, accessories, occlusion and noise may be asked for and are absent from the answer: nothing here measures
  them, and a made-up value would be taken for a measurement.
- Which attribute goes with which of the vendor's models is checked as the vendor does.
"""

from __future__ import annotations

from typing import Any

from countenance.core.vocabulary import Face
from countenance.service.head_pose import estimate_pose
from countenance.service.vendor_quality import QualityFilter, brightness, filter_reasons, sharpness
from countenance.web.azure.errors import RETIRED_MESSAGE, UNSUPPORTED, AzureError, bad_argument

RETIRED = frozenset({"emotion", "gender", "age", "smile", "facialHair", "hair", "makeup"})
#: Attributes of each detection model. Source: enumerations of azure-ai-vision-face 1.0.0b2.
OF_DETECTION = {
    "detection_01": frozenset({"accessories", "blur", "exposure", "glasses", "headPose", "noise", "occlusion"}),
    "detection_02": frozenset(),
    "detection_03": frozenset({"blur", "headPose", "mask"}),
}
QUALITY = "qualityForRecognition"
#: Recognition models that come with the attribute above. Source: as above.
WITH_QUALITY = frozenset({"recognition_03", "recognition_04"})
#: Names of the five points; the vendor's left is the picture's.
LANDMARKS = ("pupilLeft", "pupilRight", "noseTip", "mouthLeft", "mouthRight")
#: Upper ends of the vendor's levels "low" and "medium" of blur. Source: Face API reference, Detect: blurLevel.
_LOW_BLUR, _MEDIUM_BLUR = 0.25, 0.75
#: The same for exposure: under below, over from above. Source: Face API reference, Detect: exposureLevel.
_UNDER_EXPOSED, _OVER_EXPOSED = 0.25, 0.75


def require_known(names: list[str], detection_model: str, recognition_model: str) -> None:
    """Return if every attribute may be asked for with these of the vendor's models.

    Raises:
        AzureError: One is retired, unknown, or goes with another model.
    """
    by_lower = {name.lower(): name for some in OF_DETECTION.values() for name in some}
    by_lower |= {name.lower(): name for name in (*RETIRED, QUALITY)}
    wanted = [by_lower.get(name.lower()) for name in names]
    if any(name in RETIRED for name in wanted):
        raise AzureError(403, UNSUPPORTED, RETIRED_MESSAGE)
    for given, name in zip(names, wanted, strict=True):
        if name is None:
            raise bad_argument(f"'returnFaceAttributes' is invalid: {given[:40]!a} is unknown.")
        if name == QUALITY:
            if recognition_model not in WITH_QUALITY:
                raise bad_argument(f"'returnFaceAttributes' is invalid: {name} is not given with {recognition_model}.")
        elif name not in OF_DETECTION[detection_model]:
            raise bad_argument(f"'returnFaceAttributes' is invalid: {name} is not given with {detection_model}.")


def rectangle(face: Face) -> dict[str, int]:
    """Return a face's rectangle in whole pixels of the upright photo."""
    box = face.box
    left, top = round(box.left_px), round(box.top_px)
    return {"top": top, "left": left, "width": max(1, round(box.width_px)), "height": max(1, round(box.height_px))}


def landmarks(face: Face) -> dict[str, dict[str, float]]:
    """Return the five points in pixels of the upright photo."""
    return {name: {"x": x, "y": y} for name, (x, y) in zip(LANDMARKS, face.landmarks, strict=True)}


def attributes(face: Face, names: list[str]) -> dict[str, Any]:
    """Return those of the attributes asked for that are measured."""
    makers = {"headpose": _head_pose, "blur": _blur, "exposure": _exposure, QUALITY.lower(): _quality}
    shown: dict[str, Any] = {}
    for name in names:
        make = makers.get(name.lower())
        if make is not None:
            key, value = make(face)
            shown[key] = value
    return shown


def _head_pose(face: Face) -> tuple[str, dict[str, float]]:
    pose = estimate_pose(face.landmarks)
    return "headPose", {"pitch": pose.pitch_deg, "roll": pose.roll_deg, "yaw": pose.yaw_deg}


def _blur(face: Face) -> tuple[str, dict[str, Any]]:
    value = 1.0 - sharpness(face) / 100.0
    level = "low" if value < _LOW_BLUR else "medium" if value < _MEDIUM_BLUR else "high"
    return "blur", {"blurLevel": level, "value": value}


def _exposure(face: Face) -> tuple[str, dict[str, Any]]:
    value = brightness(face) / 100.0
    level = "goodExposure"
    if value < _UNDER_EXPOSED:
        level = "underExposure"
    elif value >= _OVER_EXPOSED:
        level = "overExposure"
    return "exposure", {"exposureLevel": level, "value": value}


def _quality(face: Face) -> tuple[str, str]:
    """Return how fit a face is for recognition: our quality gate, and twice what it asks for."""
    if filter_reasons(face, QualityFilter.AUTO):
        return QUALITY, "low"
    return QUALITY, "medium" if filter_reasons(face, QualityFilter.HIGH) else "high"
