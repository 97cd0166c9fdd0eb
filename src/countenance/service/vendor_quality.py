"""A face's quality in the vendors' terms: brightness, sharpness, and the reasons why a filter leaves a face out.

Rules kept here:

- A reason is always one of our own measures out of its limits; a filter only says how strict the limits are.
- ``NONE`` filters nothing. ``AUTO`` and ``LOW`` are the quality gate that enrolment uses everywhere in this package.
  ``MEDIUM`` and ``HIGH`` ask one and a half times and twice as much of every measure that can be asked for more.
- Brightness and sharpness on 0 to 100 describe the aligned crop; they decide nothing.
"""

from __future__ import annotations

import enum

import numpy as np

from countenance.core.vocabulary import Face, QualityMeasure

#: Variance of the Laplacian at which sharpness is 50 of 100. Source: median over the 270 photos of the sample cohort
#: (quartiles 141 and 353), so that half of those are above 50. The vendor does not publish its own scale.
HALF_SHARP = 221.0
#: Weights of red, green and blue in brightness. Source: ITU-R BT.601 luma.
_LUMA = np.array([0.299, 0.587, 0.114])


class QualityFilter(enum.StrEnum):
    """How strict a filter is, in the vendor's words."""

    NONE = "NONE"
    AUTO = "AUTO"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


#: How much more than the quality gate a filter asks for. The vendor says only that each is stricter than the last;
#: these steps are a choice, not a measurement.
_FACTOR = {QualityFilter.AUTO: 1.0, QualityFilter.LOW: 1.0, QualityFilter.MEDIUM: 1.5, QualityFilter.HIGH: 2.0}
#: Detector score below which a face is left out as "low confidence"; a choice, too: the
#: 270 photos of the sample cohort have 0.835 and more.
_LEAST_SCORE = {QualityFilter.AUTO: 0.6, QualityFilter.LOW: 0.6, QualityFilter.MEDIUM: 0.7, QualityFilter.HIGH: 0.8}
#: Measure → the vendor's reason. Over-exposure has no reason of its own there.
_REASONS = {
    "inter_eye_distance": "SMALL_BOUNDING_BOX",
    "sharpness": "LOW_SHARPNESS",
    "under_exposure": "LOW_BRIGHTNESS",
    "over_exposure": "LOW_FACE_QUALITY",
    "dynamic_range": "LOW_FACE_QUALITY",
    "head_pose_yaw_asymmetry": "EXTREME_POSE",
    "face_inside_photo": "LOW_FACE_QUALITY",
}
#: Measures of which more can be asked; for the others twice the limit would be out of their range.
_SCALED = frozenset({"inter_eye_distance", "sharpness", "head_pose_yaw_asymmetry"})


def filter_reasons(face: Face, wanted: QualityFilter) -> tuple[str, ...]:
    """Return why a filter leaves a face out, in the vendor's words, sorted; empty if it does not."""
    if wanted is QualityFilter.NONE:
        return ()
    factor = _FACTOR[wanted]
    reasons = {_REASONS[measure.name] for measure in face.quality if not _passes(measure, factor)}
    if face.detector_score < _LEAST_SCORE[wanted]:
        reasons.add("LOW_CONFIDENCE")
    return tuple(sorted(reasons))


def brightness(face: Face) -> float:
    """Return the mean brightness of the aligned crop, 0 (black) to 100 (white); 0 without a crop."""
    if face.aligned_rgb is None:
        return 0.0
    mean_rgb = face.aligned_rgb.reshape(-1, 3).mean(axis=0)
    return float(mean_rgb @ _LUMA) / 255.0 * 100.0


def sharpness(face: Face) -> float:
    """Return the sharpness, 0 (no edge at all) to 100; higher is sharper. 0 where it was not measured."""
    value = next((measure.value for measure in face.quality if measure.name == "sharpness"), 0.0)
    return 100.0 * value / (value + HALF_SHARP)


def _passes(measure: QualityMeasure, factor: float) -> bool:
    stricter = factor if measure.name in _SCALED else 1.0
    low = measure.minimum is None or measure.value >= measure.minimum * stricter
    high = measure.maximum is None or measure.value <= measure.maximum / stricter
    return low and high
