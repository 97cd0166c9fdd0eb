"""Templates that are no templates are refused, and none of them can be printed."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from countenance.core.model_identity import model_identity
from countenance.core.vocabulary import Box, Candidate, Face, Landmarks, QualityMeasure, Reference, Template
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_template

LANDMARKS = Landmarks((10.0, 20.0), (40.0, 60.0), (25.0, 50.0), (15.0, 70.0), (35.0, 70.0))


def unit() -> np.ndarray:
    return np.array(made_up_template(1).vector)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_template_with_an_element_that_is_no_number_is_refused(bad: float) -> None:
    vector = unit()
    vector[7] = bad
    with pytest.raises(ValueError, match="finite"):
        Template(vector, MADE_UP_MODEL)


@pytest.mark.parametrize("factor", [0.0, 0.99, 1.01, 2.0])
def test_a_template_not_of_unit_length_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="unit length"):
        Template((unit() * factor).astype(np.float32), MADE_UP_MODEL)


@pytest.mark.parametrize("vector", [unit()[:127], np.append(unit(), np.float32(0)), unit()[None, :]])
def test_a_template_of_another_shape_is_refused(vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shape \(128,\)"):
        Template(vector, MADE_UP_MODEL)


def test_a_template_of_another_number_type_is_refused() -> None:
    with pytest.raises(ValueError, match="float32"):
        Template(unit().astype(np.float64), MADE_UP_MODEL)  # type: ignore[arg-type]


def test_a_template_cannot_be_changed() -> None:
    template = made_up_template(1)
    with pytest.raises(ValueError, match="read-only"):
        template.vector[0] = 1.0
    with pytest.raises(FrozenInstanceError):
        template.vector = unit()  # type: ignore[misc]


def test_no_printed_form_shows_a_templates_numbers() -> None:
    template = made_up_template(1)
    face = Face(Box(0, 0, 1, 1), LANDMARKS, 0.9, template=template, aligned_rgb=np.zeros((112, 112, 3), np.uint8))
    reference = Reference("r", "anna", template, "0" * 64, "a.jpg")
    digits = f"{abs(float(template.vector[0])):.4f}"
    for thing in (template, face, reference, (template,), {"template": template}):
        for words in (repr(thing), str(thing), f"{thing}"):
            assert digits not in words
            assert "vector" not in words
            assert "array" not in words


def test_a_template_survives_another_process() -> None:
    copy = pickle.loads(pickle.dumps(made_up_template(3)))  # noqa: S301 - made here
    assert np.array_equal(copy.vector, made_up_template(3).vector)
    assert copy.model == MADE_UP_MODEL


def test_distances_areas_and_points_are_in_source_pixels() -> None:
    assert LANDMARKS.inter_eye_distance_px == 50.0
    assert LANDMARKS.as_array().shape == (5, 2)
    assert LANDMARKS.as_array().dtype == np.float32
    assert Box(1, 2, 3, 4).area_px == 12


def test_quality_reasons_are_those_of_the_measures_out_of_limits() -> None:
    good = QualityMeasure("sharpness", 90, "x", minimum=20)
    bad = QualityMeasure("inter_eye_distance", 14, "px", minimum=40, reason="eyes 14 px apart, 40 needed")
    assert good.acceptable
    assert not bad.acceptable
    face = Face(Box(0, 0, 1, 1), LANDMARKS, 0.9, quality=(good, bad))
    assert face.quality_reasons == ("eyes 14 px apart, 40 needed",)


def test_candidates_are_values() -> None:
    assert Candidate("anna", "r", 0.5, 2) == Candidate("anna", "r", 0.5, 2)


@pytest.mark.parametrize("field", ["weights_sha256", "preprocessing", "alignment", "dimension"])
def test_the_identity_changes_with_everything_that_changes_a_template(field: str) -> None:
    parts: dict[str, object] = {"weights_sha256": "0" * 64, "preprocessing": "rgb", "alignment": "a", "dimension": 128}
    changed = {**parts, field: 64 if field == "dimension" else "other"}
    assert (
        model_identity(name="x", **parts).digest  # type: ignore[arg-type]
        != model_identity(name="x", **changed).digest  # type: ignore[arg-type]
    )
    assert (
        model_identity(name="x", **parts).digest  # type: ignore[arg-type]
        == model_identity(name="y", **parts).digest  # type: ignore[arg-type]
    )
