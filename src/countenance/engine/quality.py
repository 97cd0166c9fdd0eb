"""Face and crop in, quality measures out, each with its limit and a reason in words.

Measure names follow ISO/IEC 29794-5:2025 where the measure is its own; the arithmetic here is simpler than the
standard's reference implementation (OFIQ) and the values are not interchangeable with it. Limits are the recogniser's
needs as measured by ``benchmarks/quality_limits.py`` on LFW View 1, not the standard's portrait requirements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from countenance.core.vocabulary import Box, ImageArray, Landmarks, QualityMeasure


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Limits of the quality gate; None switches a measure's limit off.

    Attributes:
        inter_eye_distance_px: Least distance of the eyes in the full-resolution photo.
        sharpness: Least variance of the Laplacian of the aligned grey crop.
        under_exposure: Greatest share of nearly black pixels (below 26 of 255) in the centre of the crop.
        over_exposure: Greatest share of nearly white pixels (above 247 of 255) in the centre of the crop.
        dynamic_range_bits: Least entropy of the grey levels in the centre of the crop, in bits.
        yaw_asymmetry: Greatest |asymmetry| of the nose between the eyes: 0 frontal, 1 nose over an eye. Mated pairs
            with a photo above 1.1 are missed more often (12 % against 1.5 % at FMR 1e-4), which is still a usable
            face; the limit is where 99.9 % of LFW View 1 lies below.
        visible_share: Least share of the box that lies inside the photo.
    """

    inter_eye_distance_px: float | None = 16.0
    sharpness: float | None = 11.0
    under_exposure: float | None = 0.8
    over_exposure: float | None = 0.6
    dynamic_range_bits: float | None = 4.0
    yaw_asymmetry: float | None = 1.6
    visible_share: float | None = 0.6


def measure_quality(
    *,
    box: Box,
    landmarks: Landmarks,
    crop_rgb: ImageArray,
    photo_width_px: int,
    photo_height_px: int,
    limits: QualityLimits,
) -> tuple[QualityMeasure, ...]:
    """Return all measures of one face, in a fixed order; those out of limits carry a reason.

    Args:
        box: In pixels of the full-resolution photo.
        landmarks: Same pixels.
        crop_rgb: Aligned crop, uint8, 112 × 112 × 3.
        photo_width_px: Of the full-resolution upright photo.
        photo_height_px: Of the full-resolution upright photo.
        limits: What to hold the values against.
    """
    grey = np.asarray(cv2.cvtColor(crop_rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    centre = grey[28:104, 24:88]  # eyes to chin of the 112-pixel template, without hair and background
    eyes = landmarks.inter_eye_distance_px
    sharpness = float(cv2.Laplacian(grey[16:100, 16:96], cv2.CV_32F).var())
    dark, bright = float((centre < 26).mean()), float((centre > 247).mean())
    entropy = _entropy_bits(centre)
    yaw = _yaw_asymmetry(landmarks)
    visible = _visible_share(box, photo_width_px, photo_height_px)
    return (
        _measure("inter_eye_distance", eyes, "px", minimum=limits.inter_eye_distance_px),
        _measure("sharpness", sharpness, "variance of Laplacian", minimum=limits.sharpness),
        _measure("under_exposure", dark, "share", maximum=limits.under_exposure),
        _measure("over_exposure", bright, "share", maximum=limits.over_exposure),
        _measure("dynamic_range", entropy, "bits", minimum=limits.dynamic_range_bits),
        _measure("head_pose_yaw_asymmetry", yaw, "ratio", maximum=limits.yaw_asymmetry),
        _measure("face_inside_photo", visible, "share", minimum=limits.visible_share),
    )


#: What to tell a person when a limit is broken: v is the value, m the limit.
_WORDS = {
    "inter_eye_distance": "eyes {v:.0f} px apart, {m:.0f} needed",
    "sharpness": "blurred: sharpness {v:.0f}, {m:.0f} needed",
    "under_exposure": "{v:.0%} of the face is nearly black, {m:.0%} allowed",
    "over_exposure": "{v:.0%} of the face is nearly white, {m:.0%} allowed",
    "dynamic_range": "flat picture: {v:.1f} bits of grey, {m:.1f} needed",
    "head_pose_yaw_asymmetry": "face turned away: asymmetry {v:.2f}, {m:.2f} allowed",
    "face_inside_photo": "only {v:.0%} of the face is in the photo, {m:.0%} needed",
}


def _measure(
    name: str, value: float, unit: str, *, minimum: float | None = None, maximum: float | None = None
) -> QualityMeasure:
    reason = None
    if minimum is not None and not value >= minimum:
        reason = _WORDS[name].format(v=value, m=minimum)
    if maximum is not None and not value <= maximum:
        reason = _WORDS[name].format(v=value, m=maximum)
    return QualityMeasure(name, value, unit, minimum=minimum, maximum=maximum, reason=reason)


def _entropy_bits(grey: ImageArray) -> float:
    """Return the Shannon entropy of the grey levels, 0 to 8 bits. Source: ISO/IEC 29794-5 "dynamic range"."""
    share = np.bincount(grey.ravel(), minlength=256) / grey.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def _yaw_asymmetry(landmarks: Landmarks) -> float:
    """Return how far the nose tip is from midway between the eyes, along the line of the eyes; 1 is over an eye.

    A proxy of yaw from five points: no angle is claimed, since a 2-D projection does not give one.
    """
    right, left, nose = (np.array(point) for point in landmarks[:3])
    axis = left - right
    length = float(np.hypot(*axis))
    if length == 0:
        return math.inf
    along = float(np.dot(nose - right, axis)) / length**2
    return abs(2.0 * along - 1.0)


def _visible_share(box: Box, width: int, height: int) -> float:
    inner_width = min(box.left_px + box.width_px, width) - max(box.left_px, 0.0)
    inner_height = min(box.top_px + box.height_px, height) - max(box.top_px, 0.0)
    if box.area_px <= 0:
        return 0.0
    return max(0.0, inner_width) * max(0.0, inner_height) / box.area_px
