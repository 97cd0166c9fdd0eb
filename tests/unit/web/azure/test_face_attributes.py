"""Attributes: which may be asked for with which model, and that levels are the words the newer library compares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from azure.ai.vision.face import models

from countenance.core.vocabulary import Face, QualityMeasure
from countenance.web.azure.errors import AzureError
from countenance.web.azure.face_attributes import OF_DETECTION, RETIRED, attributes, rectangle, require_known
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo


def face(**changes: object) -> Face:
    (found,) = SyntheticEngine().read_faces(synthetic_photo("ada"), crops=True).faces
    return replace(found, **changes)  # type: ignore[arg-type]


def test_the_tables_are_the_librarys() -> None:
    assert OF_DETECTION["detection_01"] == {item.value for item in models.FaceAttributeTypeDetection01} - RETIRED
    assert OF_DETECTION["detection_03"] == {item.value for item in models.FaceAttributeTypeDetection03}


def test_a_retired_attribute_wins_over_everything_else_that_is_wrong() -> None:
    with pytest.raises(AzureError) as caught:
        require_known(["charm", "Age"], "detection_02", "recognition_01")
    assert (caught.value.status, caught.value.code) == (403, "UnsupportedFeature")


@pytest.mark.parametrize(
    ("grey", "level"), [(0, "underExposure"), (63, "underExposure"), (128, "goodExposure"), (250, "overExposure")]
)
def test_exposure_has_the_librarys_levels(grey: int, level: str) -> None:
    crop = np.full((112, 112, 3), grey, dtype=np.uint8)
    shown = attributes(face(aligned_rgb=crop), ["exposure"])["exposure"]
    assert shown["exposureLevel"] == level
    assert shown["value"] == pytest.approx(grey / 255, abs=1e-6)
    assert level in {item.value for item in models.ExposureLevel}


@pytest.mark.parametrize(("sharpness", "level"), [(0.0, "high"), (221.0, "medium"), (2_000.0, "low")])
def test_blur_has_the_librarys_levels(sharpness: float, level: str) -> None:
    measure = QualityMeasure("sharpness", sharpness, "variance of Laplacian", minimum=20.0)
    shown = attributes(face(quality=(measure,)), ["Blur"])["blur"]
    assert shown["blurLevel"] == level
    assert 0.0 <= shown["value"] <= 1.0
    assert level in {item.value for item in models.BlurLevel}


@pytest.mark.parametrize(("sharpness", "level"), [(3.0, "low"), (30.0, "medium"), (90.0, "high")])
def test_quality_for_recognition_is_our_gate_and_twice_our_gate(sharpness: float, level: str) -> None:
    measure = QualityMeasure("sharpness", sharpness, "variance of Laplacian", minimum=20.0)
    assert attributes(face(quality=(measure,)), ["qualityForRecognition"]) == {"qualityForRecognition": level}


def test_what_is_not_measured_is_absent() -> None:
    assert attributes(face(), ["mask", "glasses", "accessories", "occlusion", "noise"]) == {}


def test_a_rectangle_is_whole_pixels() -> None:
    shown = rectangle(face())
    assert shown == {"top": 20, "left": 0, "width": 90, "height": 90}
    assert all(type(value) is int for value in shown.values())
