"""Confidence on 0 to 1 is the vendor scale on two lines, and deciding on either comes to the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.vocabulary import Template
from countenance.service.person_group_comparison import alike
from countenance.service.person_group_confidence import confidence_of, value_at
from countenance.service.similarity_scale import vendor_scale
from tests.support.made_up_calibration import ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL


@pytest.mark.parametrize(("value", "confidence"), [(0.0, 0.0), (40.0, 0.25), (80.0, 0.5), (90.0, 0.75), (100.0, 1.0)])
def test_fixed_points(value: float, confidence: float) -> None:
    assert confidence_of(value) == pytest.approx(confidence)
    assert value_at(confidence) == pytest.approx(value)


def test_the_default_stands_exactly_at_eighty() -> None:
    assert value_at(0.5) == 80.0
    assert confidence_of(80.0) == 0.5
    assert confidence_of(np.nextafter(80.0, 0.0)) <= 0.5


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_higher_place_never_has_a_lower_confidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= confidence_of(low) <= confidence_of(high) <= 1.0


@given(st.floats(0, 1), st.floats(0, 100))
def test_reaching_the_place_means_reaching_the_confidence(confidence: float, value: float) -> None:
    if value >= value_at(confidence):
        assert confidence_of(value) >= confidence
    # The other way round but for the rounding of one step.
    if confidence_of(value) > confidence + 1e-12:
        assert value >= value_at(confidence)


@pytest.mark.parametrize("confidence", [-0.01, 1.01, float("nan")])
def test_what_is_no_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        value_at(confidence)


def scattered(seed: int, people: int, pictures: int) -> list[Template]:
    """Return templates of people whose pictures are more or less like each other."""
    random = np.random.default_rng(seed)
    templates = []
    for _ in range(people):
        direction = random.standard_normal(MADE_UP_MODEL.dimension)
        for _ in range(pictures):
            vector = direction + random.uniform(0.2, 1.6) * random.standard_normal(MADE_UP_MODEL.dimension)
            templates.append(Template((vector / np.linalg.norm(vector)).astype(np.float32), MADE_UP_MODEL))
    return templates


@pytest.mark.parametrize("seed", range(20))
def test_groups_hold_only_faces_that_are_all_alike_and_could_not_be_joined(seed: int) -> None:
    scale, value = vendor_scale(ordinary_calibration()), 80.0
    templates = scattered(seed, people=4, pictures=5)
    clusters = alike(templates, scale, value)
    assert sorted(number for cluster in clusters for number in cluster) == list(range(len(templates)))
    assert [len(cluster) for cluster in clusters] == sorted((len(cluster) for cluster in clusters), reverse=True)

    def all_alike(numbers: list[int]) -> bool:
        pairs = [(one, other) for one in numbers for other in numbers if one < other]
        scores = (
            float(templates[one].vector.astype(np.float64) @ templates[other].vector.astype(np.float64))
            for one, other in pairs
        )
        return all(scale.value_of(score) >= value for score in scores)

    assert all(all_alike(cluster) for cluster in clusters)
    for place, cluster in enumerate(clusters):
        assert not any(all_alike(cluster + other) for other in clusters[place + 1 :])


def test_the_scattered_faces_do_make_groups() -> None:
    scale = vendor_scale(ordinary_calibration())
    sizes = {len(cluster) for seed in range(20) for cluster in alike(scattered(seed, 4, 5), scale, 80.0)}
    assert 1 in sizes
    assert max(sizes) > 1
