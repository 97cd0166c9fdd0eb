"""Exact search against the slow one: the same candidates, scores and order, bit for bit."""

from __future__ import annotations

import gc
import itertools
import math
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.comparison import similarity
from countenance.core.errors import ModelMismatch
from countenance.core.vocabulary import Reference, Template
from countenance.gallery import block_products, index, packed_pairs
from countenance.gallery.index import GalleryIndex, build_index
from countenance.service.ports import IndexBuilder, SearchIndex
from tests.unit.gallery.slow_search import (
    galleries_with_ties,
    model_of,
    random_gallery,
    reference,
    slow_rank_list,
    slow_search,
    template,
)

REVISION = 7
MODEL = model_of(4)
WAYS = [pytest.param(False, id="plain"), pytest.param(True, id="smaller copy")]


def small_pieces(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Search in pieces of so many rows, an even number, with the BLAS and without, and always use the smaller copy."""
    patch.setattr(block_products, "ROWS_IN_A_LOOK", rows)
    patch.setattr(block_products, "ROWS_IN_A_PRODUCT", 3 * rows - rows % 4)
    patch.setattr(block_products, "ROWS_IN_A_BATCH", rows + 1)
    patch.setattr(block_products, "ELEMENTS_IN_ONE_THREAD", rows * 3)
    patch.setattr(index, "PROBES_IN_A_BATCH", 2)
    patch.setattr(packed_pairs, "ROWS_IN_A_LOOK", rows)
    patch.setattr(packed_pairs, "_ROWS_AT_ONCE", rows)
    patch.setattr(packed_pairs, "LARGEST_SHARE_LEFT", 1.0)


def thresholds_for(references: list[Reference], probe: Template, choice: int) -> float:
    """Return a threshold that is a score, the number next to one, or far from all."""
    edges = [-1.5, -1.0, 0.0, 1.0, 1.5]
    for each in references[:10]:
        score = similarity(probe, each.template)
        edges += [score, math.nextafter(score, 2.0), math.nextafter(score, -2.0)]
    return edges[choice % len(edges)]


@pytest.mark.parametrize("smaller_copy", WAYS)
@given(
    gallery=galleries_with_ties(),
    choice=st.integers(0, 1000),
    limit=st.sampled_from([1, 2, 5, 1000]),
    rows_in_a_piece=st.sampled_from([2, 4, 6, 16]),
)
def test_ties_and_scores_at_the_threshold_come_out_as_in_the_slow_search(
    smaller_copy: bool,
    gallery: tuple[list[Reference], Template],
    choice: int,
    limit: int,
    rows_in_a_piece: int,
) -> None:
    references, probe = gallery
    threshold = thresholds_for(references, probe, choice)
    expected = slow_search(references, probe, threshold_value=threshold, limit=limit, revision=REVISION)
    with pytest.MonkeyPatch.context() as patch:
        small_pieces(patch, rows_in_a_piece)
        built = build_index(iter(references), model=probe.model, revision=REVISION, smaller_copy=smaller_copy)
        assert built.search(probe, threshold_value=threshold, limit=limit) == expected
        assert built.search_many([probe] * 3, threshold_value=threshold, limit=limit) == [expected] * 3
        assert list(built.nearest(probe, limit=limit)) == slow_rank_list(references, probe, -math.inf)[:limit]


@pytest.mark.parametrize("smaller_copy", WAYS)
@pytest.mark.parametrize(("dimension", "rows"), [(128, 700), (512, 300), (1, 50)])
def test_random_galleries_come_out_as_in_the_slow_search(smaller_copy: bool, dimension: int, rows: int) -> None:
    references = random_gallery(rows, dimension, seed=dimension, subjects=rows // 2)
    probes = [references[row].template for row in (0, 3, rows - 1)]
    probes += [each.template for each in random_gallery(2, dimension, seed=1)]
    with pytest.MonkeyPatch.context() as patch:
        small_pieces(patch, 32)
        built = build_index(references, model=probes[0].model, revision=REVISION, smaller_copy=smaller_copy)
        for threshold, limit in itertools.product((-1.0, 0.1, 0.5, 0.9), (1, 10, rows)):
            expected = [
                slow_search(references, probe, threshold_value=threshold, limit=limit, revision=REVISION)
                for probe in probes
            ]
            assert built.search_many(probes, threshold_value=threshold, limit=limit) == expected
            assert [built.search(probe, threshold_value=threshold, limit=limit) for probe in probes] == expected


@pytest.mark.parametrize("smaller_copy", WAYS)
def test_a_gallery_of_several_stretches_comes_out_as_in_the_slow_search(smaller_copy: bool) -> None:
    references = random_gallery(50_001, 16, seed=5, subjects=20_000)
    probe = references[40_000].template
    built = build_index(references, model=probe.model, revision=REVISION, smaller_copy=smaller_copy)
    for threshold in (0.3, 0.9):
        assert built.search(probe, threshold_value=threshold, limit=6) == slow_search(
            references, probe, threshold_value=threshold, limit=6, revision=REVISION
        )
    assert list(built.nearest(probe, limit=6)) == slow_rank_list(references, probe, -math.inf)[:6]


@pytest.fixture
def pair() -> GalleryIndex:
    return build_index(
        [
            reference("ada", "r1", template([1, 0, 0, 0], MODEL)),
            reference("ada", "r2", template([1, 1, 0, 0], MODEL)),
            reference("bo", "r3", template([0, 1, 0, 0], MODEL)),
        ],
        model=MODEL,
        revision=REVISION,
    )


def test_index_and_builder_are_what_the_service_asks_for(pair: GalleryIndex) -> None:
    builder: IndexBuilder = build_index
    built: SearchIndex = builder([], model=MODEL, revision=3)
    assert built.revision == 3
    assert pair.revision == REVISION


def test_an_empty_gallery_holds_nobody() -> None:
    built = build_index(iter(()), model=MODEL, revision=0, smaller_copy=True)
    probe = template([1, 0, 0, 0], MODEL)
    found = built.search(probe, threshold_value=-1.0, limit=5)
    assert found == slow_search([], probe, threshold_value=-1.0, limit=5, revision=0)
    assert found.candidates == ()
    assert built.search_many([probe], threshold_value=-1.0, limit=5) == [found]
    assert built.search_many([], threshold_value=-1.0, limit=5) == []
    assert built.nearest(probe, limit=5) == ()


def test_a_stranger_is_an_empty_list_with_what_was_searched(pair: GalleryIndex) -> None:
    found = pair.search(template([0, 0, 0, 1], MODEL), threshold_value=0.3, limit=5)
    assert found.candidates == ()
    assert (found.references_searched, found.subjects_searched) == (3, 2)
    assert found.exact
    assert not found.cut_off


def test_the_best_reference_speaks_for_its_subject(pair: GalleryIndex) -> None:
    found = pair.search(template([1, 0.1, 0, 0], MODEL), threshold_value=-1.0, limit=5)
    assert [(each.subject, each.reference_id, each.references_of_subject) for each in found.candidates] == [
        ("ada", "r1", 2),
        ("bo", "r3", 1),
    ]


def test_a_limit_cuts_off_and_says_so(pair: GalleryIndex) -> None:
    probe = template([1, 1, 0, 0], MODEL)
    one = pair.search(probe, threshold_value=0.5, limit=1)
    both = pair.search(probe, threshold_value=0.5, limit=2)
    assert (len(one.candidates), one.cut_off) == (1, True)
    assert (len(both.candidates), both.cut_off) == (2, False)


def test_a_threshold_between_two_float32_numbers_is_not_rounded_to_a_match() -> None:
    # The score is the float32 nearest to 0.6 (above it in float64); the next float64 above the score is out of reach.
    model = model_of(2)
    built = build_index([reference("ada", "r1", template([1, 0], model))], model=model, revision=0)
    probe = Template(np.array([0.6, 0.8], dtype=np.float32), model)
    score = float(np.float32(0.6))
    assert built.search(probe, threshold_value=score, limit=1).candidates[0].similarity == score
    assert built.search(probe, threshold_value=math.nextafter(score, 1.0), limit=1).candidates == ()


def test_a_subject_with_many_references_takes_one_place() -> None:
    references = [reference("many", f"r{row:04}", template([1, row / 1e4, 0, 0], MODEL)) for row in range(3000)]
    references.insert(1500, reference("other", "x", template([1, 0, 0.5, 0], MODEL)))
    probe = template([1, 0, 0, 0], MODEL)
    found = build_index(references, model=MODEL, revision=0).search(probe, threshold_value=0.0, limit=2)
    assert [(each.subject, each.references_of_subject) for each in found.candidates] == [("many", 3000), ("other", 1)]
    assert found.candidates[0].reference_id == "r0000"
    assert not found.cut_off


def test_equal_references_are_listed_by_subject_then_identifier() -> None:
    same = template([1, 2, 3, 4], MODEL)
    names = [(f"s{n % 40:02}", f"r{(n * 7919) % 4000:04}") for n in range(4000)]
    built = build_index([reference(s, r, same) for s, r in names], model=MODEL, revision=0)
    found = built.search(same, threshold_value=0.9, limit=3)
    assert [(each.subject, each.reference_id) for each in found.candidates] == [
        (subject, min(r for s, r in names if s == subject)) for subject in ("s00", "s01", "s02")
    ]


def test_a_longer_limit_only_adds_to_the_list() -> None:
    references = random_gallery(400, 16, seed=3, subjects=90)
    built = build_index(references, model=references[0].template.model, revision=0)
    probe = references[11].template
    everybody = built.search(probe, threshold_value=-1.0, limit=10**12)
    assert len(everybody.candidates) == 90
    for limit in (1, 7, 89, 90, 91):
        found = built.search(probe, threshold_value=-1.0, limit=limit)
        assert found.candidates == everybody.candidates[:limit]
        assert found.cut_off == (limit < 90)


def test_templates_of_another_model_are_refused_everywhere(pair: GalleryIndex) -> None:
    own, foreign = template([1, 0, 0, 0], MODEL), template([1, 0, 0, 0], model_of(4, weights="1"))
    with pytest.raises(ModelMismatch):
        build_index([reference("ada", "r1", own), reference("bo", "r2", foreign)], model=MODEL, revision=0)
    with pytest.raises(ModelMismatch):
        pair.search(foreign, threshold_value=0.5, limit=1)
    with pytest.raises(ModelMismatch):
        pair.search_many([own, foreign], threshold_value=0.5, limit=1)
    with pytest.raises(ModelMismatch):
        pair.nearest(foreign, limit=1)


def test_nonsense_is_refused(pair: GalleryIndex) -> None:
    probe = template([1, 0, 0, 0], MODEL)
    with pytest.raises(ValueError, match="threshold"):
        pair.search(probe, threshold_value=math.nan, limit=1)
    with pytest.raises(ValueError, match="threshold"):
        pair.search_many([probe], threshold_value=math.nan, limit=1)
    for limit in (0, -1):
        with pytest.raises(ValueError, match="one"):
            pair.search(probe, threshold_value=0.5, limit=limit)
        with pytest.raises(ValueError, match="one"):
            pair.nearest(probe, limit=limit)


def test_the_stream_is_read_once_and_its_objects_are_let_go() -> None:
    vectors: list[weakref.ref[Any]] = []
    most_alive = 0

    def stream() -> Iterator[Reference]:
        nonlocal most_alive
        for each in random_gallery(50, 4, seed=0):
            copy = Template(each.template.vector.copy(), MODEL)
            vectors.append(weakref.ref(copy.vector))
            most_alive = max(most_alive, sum(vector() is not None for vector in vectors))
            yield reference(each.subject, each.reference_id, copy)

    built = build_index(stream(), model=MODEL, revision=0)
    gc.collect()
    assert [vector() for vector in vectors] == [None] * 50
    assert most_alive <= 3
    assert len(built.nearest(template([1, 0, 0, 0], MODEL), limit=99)) == 50


def test_threads_that_search_one_index_at_once_get_the_same_answers() -> None:
    references = random_gallery(600, 64, seed=9, subjects=200)
    with pytest.MonkeyPatch.context() as patch:
        small_pieces(patch, 32)
        built = build_index(references, model=references[0].template.model, revision=0, smaller_copy=True)
        probes = [each.template for each in references[:40]] * 4
        alone = [built.search(probe, threshold_value=0.2, limit=4) for probe in probes]
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda probe: built.search(probe, threshold_value=0.2, limit=4), probes))
    assert together == alone


def test_memory_counts_the_matrix_and_the_smaller_copy() -> None:
    references = random_gallery(601, 1024, seed=2)
    model = references[0].template.model
    matrix = 601 * 1024 * 4
    plain = build_index(references, model=model, revision=0).memory_bytes
    both = build_index(references, model=model, revision=0, smaller_copy=True).memory_bytes
    assert matrix < plain < 1.05 * matrix
    assert both - plain == 301 * 1024 * 4
