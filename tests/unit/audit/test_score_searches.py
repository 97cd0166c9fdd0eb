"""Searches from rows of scores against searches of the templates."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from countenance.audit.identification import false_negative_identification, false_positive_growth
from countenance.audit.photo_set import PhotoSet
from countenance.audit.score_searches import NotSearched, score_searches
from countenance.audit.score_table import ScoreTable
from countenance.audit.scores import pair_scores
from countenance.audit.search_outcomes import SearchOutcomes, search_all
from countenance.audit.tile_scores import EDGES


def photo_set(seed: int, photos: int, first: int) -> PhotoSet:
    rng = np.random.default_rng(seed)
    subject = first + rng.integers(0, 20, photos)
    vectors = np.random.default_rng(1).normal(size=(60, 12))[subject] + 0.6 * rng.normal(size=(photos, 12)) + 0.2
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(vectors.astype(np.float32), [f"s{s}" for s in subject], [f"g{s % 2}" for s in subject])


PROBES, GALLERY = photo_set(0, 30, 0), photo_set(4, 45, 10)
GROUPS = {s: g for photos in (PROBES, GALLERY) for s, g in zip(photos.subjects, photos.groups, strict=True)}
THRESHOLDS = (0.5, 0.3)


def table() -> ScoreTable:
    rows, columns = np.indices((30, 45)).reshape(2, -1)
    order = np.random.default_rng(2).permutation(rows.size)
    rows, columns = rows[order], columns[order]
    score = pair_scores(PROBES.vectors, GALLERY.vectors, rows, columns)
    return ScoreTable(PROBES.subjects, GALLERY.subjects, rows.astype(np.int32), columns.astype(np.int32), score, EDGES)


@pytest.mark.parametrize("taken_out", [False, True])
def test_every_probe_with_every_reference_is_a_search(taken_out: bool) -> None:
    found = score_searches(table(), GROUPS, THRESHOLDS, take_mates_out=taken_out)
    expected = search_all(PROBES, GALLERY, THRESHOLDS, take_mates_out=taken_out)
    assert isinstance(found, SearchOutcomes)
    for field in dataclasses.fields(SearchOutcomes):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if field.name in ("candidate_scores", "mate_score"):
            assert ours == pytest.approx(theirs, abs=1e-12, nan_ok=True)
        else:
            assert np.array_equal(ours, theirs), field.name
    assert false_positive_growth(found, 0, [1, 5]) == false_positive_growth(expected, 0, [1, 5])
    assert false_negative_identification(found, rank=1) == false_negative_identification(expected, rank=1)


def test_a_missing_comparison_is_a_reason_not_a_rate() -> None:
    whole = table()
    cut = dataclasses.replace(whole, probe=whole.probe[1:], reference=whole.reference[1:], score=whole.score[1:])
    found = score_searches(cut, GROUPS, THRESHOLDS)
    assert isinstance(found, NotSearched)
    assert "1 of 30 probes were not compared with each of the 45 references" in found.reason


def test_one_set_has_no_gallery() -> None:
    whole = table()
    found = score_searches(dataclasses.replace(whole, reference_subjects=None), GROUPS, THRESHOLDS)
    assert isinstance(found, NotSearched)
    assert "no gallery" in found.reason
