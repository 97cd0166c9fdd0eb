"""Scales of scores: round numbers are edges, exactly, and distances turn round without a digit lost."""

from __future__ import annotations

import numpy as np
import pytest

from countenance.audit.score_scale import Direction, Scale, ScoreScale
from countenance.audit.tile_scores import EDGES

SIMILARITY, DISTANCE = Direction.SIMILARITY, Direction.DISTANCE


@pytest.mark.parametrize(
    ("scale", "thresholds"),
    [(Scale.PERCENT, (0.0, 80.0, 95.0, 99.0, 99.95, 100.0)), (Scale.FRACTION, (0.0, 0.1, 0.8, 0.95, 0.9995, 1.0))],
)
def test_thresholds_that_vendors_name_are_edges(scale: Scale, thresholds: tuple[float, ...]) -> None:
    edges = ScoreScale(scale, SIMILARITY, 0.0, thresholds[-1]).edges()
    assert set(thresholds) <= set(edges.tolist())
    assert edges.size == 2001


def test_a_cosine_has_the_grid_of_templates() -> None:
    assert np.array_equal(ScoreScale(Scale.COSINE, SIMILARITY, -1.0, 1.0).edges(), EDGES)


@pytest.mark.parametrize(
    ("low", "high", "within"),
    [(-3.2, 1460.0, 700.0), (0.0, 1.37, 0.6), (-8.5e-7, 2e-6, 1e-6), (0.0, 9e9, 5e9), (1.0, 1.0001, 1.00005)],
)
def test_a_raw_scale_has_round_steps_that_cover_what_was_seen(low: float, high: float, within: float) -> None:
    edges = ScoreScale(Scale.RAW, SIMILARITY, low, high).edges()
    assert edges[0] <= low
    assert edges[-1] >= high
    assert 400 <= edges.size <= 2002
    assert within in edges.tolist()
    assert np.diff(edges) == pytest.approx(np.full(edges.size - 1, edges[1] - edges[0]), rel=1e-6)


def test_a_distance_is_kept_with_its_sign_changed() -> None:
    scale = ScoreScale(Scale.RAW, DISTANCE, 0.0, 1.37)
    edges = scale.edges()
    assert scale.kept(0.6) == -0.6
    assert scale.kept(scale.kept(0.6)) == 0.6
    assert -0.6 in edges.tolist()
    assert np.all(np.diff(edges) > 0)
    assert str(scale.kept(0.0)) == "0.0"
    assert "sign changed" in scale.note
    assert scale.name == "distance, raw, 0 to 1.37 seen"
