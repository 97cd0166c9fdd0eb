"""Filters leave out what is out of limits, stricter ones more; brightness and sharpness lie between 0 and 100."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from countenance.core.vocabulary import Box, Face, Landmarks, QualityMeasure
from countenance.engine.quality import QualityLimits, measure_quality
from countenance.service.vendor_quality import (
    _REASONS,
    HALF_SHARP,
    QualityFilter,
    brightness,
    filter_reasons,
    sharpness,
)

EYES = QualityMeasure("inter_eye_distance", 20.0, "px", minimum=16.0)
TURNED = QualityMeasure("head_pose_yaw_asymmetry", 1.0, "ratio", maximum=1.6)
DARK = QualityMeasure("under_exposure", 0.9, "share", maximum=0.8, reason="dark")
POINTS = Landmarks((30.0, 40.0), (70.0, 40.0), (50.0, 60.0), (35.0, 80.0), (65.0, 80.0))


def face(*measures: QualityMeasure, score: float = 0.95, grey: int = 128) -> Face:
    crop = np.full((112, 112, 3), grey, dtype=np.uint8)
    return Face(Box(0, 0, 100, 100), POINTS, score, quality=measures, aligned_rgb=crop)


def test_no_filter_leaves_nothing_out() -> None:
    assert filter_reasons(face(DARK, score=0.1), QualityFilter.NONE) == ()


@pytest.mark.parametrize(
    ("wanted", "reasons"),
    [
        (QualityFilter.AUTO, ()),
        (QualityFilter.LOW, ()),
        (QualityFilter.MEDIUM, ("SMALL_BOUNDING_BOX",)),
        (QualityFilter.HIGH, ("EXTREME_POSE", "SMALL_BOUNDING_BOX")),
    ],
)
def test_stricter_filters_ask_for_more(wanted: QualityFilter, reasons: tuple[str, ...]) -> None:
    assert filter_reasons(face(EYES, TURNED), wanted) == reasons


def test_a_dark_face_and_an_unsure_detection_have_reasons_of_their_own() -> None:
    assert filter_reasons(face(DARK, score=0.5), QualityFilter.AUTO) == ("LOW_BRIGHTNESS", "LOW_CONFIDENCE")


def test_auto_leaves_out_exactly_what_the_quality_gate_does() -> None:
    for measure in (EYES, TURNED, DARK):
        gated = face(measure)
        assert bool(filter_reasons(gated, QualityFilter.AUTO)) == bool(gated.quality_reasons)


def test_every_measure_of_the_engine_has_a_reason() -> None:
    measures = measure_quality(
        box=Box(0, 0, 100, 100), landmarks=POINTS, crop_rgb=np.zeros((112, 112, 3), np.uint8), photo_width_px=100,
        photo_height_px=100, limits=QualityLimits(),
    )  # fmt: skip
    assert {measure.name for measure in measures} == set(_REASONS)


def test_brightness_runs_from_black_to_white() -> None:
    assert brightness(face(grey=0)) == 0.0
    assert brightness(face(grey=255)) == pytest.approx(100.0)
    assert brightness(replace(face(), aligned_rgb=None)) == 0.0


def test_sharpness_grows_with_the_measure_and_stays_below_a_hundred() -> None:
    values = [
        sharpness(face(QualityMeasure("sharpness", value, "variance of Laplacian")))
        for value in (0, 11, HALF_SHARP, 900, 1e6)
    ]
    assert values == sorted(values)
    assert values[0] == 0.0
    assert values[2] == 50.0
    assert values[-1] < 100.0
    assert sharpness(face()) == 0.0
