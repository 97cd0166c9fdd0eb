"""One score whatever the route, and a quick product that never rules out too much."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.comparison import similarity
from countenance.gallery import block_products
from countenance.gallery.block_products import (
    BlockProducts,
    exact_scores,
    lowest_product,
    product_error_bound,
    quick_products,
    stretches,
)
from countenance.gallery.reference_table import collect_references
from countenance.gallery.shortlist import Shortlist
from tests.unit.gallery.slow_search import model_of, random_gallery


@pytest.mark.parametrize("dimension", [1, 2, 7, 31, 32, 33, 127, 128, 129, 512, 513, 2048, 10_001])
def test_a_score_is_the_similarity_to_the_last_bit(dimension: int) -> None:
    references = random_gallery(40, dimension, seed=dimension)
    matrix = np.stack([each.template.vector for each in references])
    for probe in (references[0].template, references[39].template):
        one_by_one = [similarity(probe, each.template) for each in references]
        assert exact_scores(probe.vector, matrix).tolist() == one_by_one
        # Gathered rows lie at other addresses; no score may depend on that.
        assert exact_scores(probe.vector, matrix[::-3]).tolist() == one_by_one[::-3]
        assert exact_scores(probe.vector, matrix[1:4]).tolist() == one_by_one[1:4]


@given(
    dimension=st.sampled_from([1, 3, 64, 128, 512, 2000]),
    seed=st.integers(0, 2**32 - 1),
    length=st.sampled_from([1.0, 1.0009]),
    spread=st.sampled_from([0.0, 1.0, 8.0]),
)
def test_products_in_any_order_stay_within_the_bound(dimension: int, seed: int, length: float, spread: float) -> None:
    rng = np.random.default_rng(seed)
    # A spread over many orders of magnitude makes the order of addition matter.
    numbers = rng.standard_normal((2, dimension)) * np.exp(spread * rng.standard_normal((2, dimension)))
    one, other = (numbers / np.linalg.norm(numbers, axis=1, keepdims=True) * length).astype(np.float32)
    shuffled = rng.permutation(dimension)
    true = math.fsum((one.astype(np.float64) * other.astype(np.float64)).tolist())
    products = [
        float(np.dot(one, other)),
        float(np.dot(one[shuffled], other[shuffled])),
        float((other[None] @ one)[0]),
        float(quick_products(other[None], one)[0]),
        float(np.add.accumulate(one * other)[-1]),
    ]
    for product in products:
        assert abs(product - true) <= product_error_bound(dimension) / 2
    assert max(products) - min(products) <= product_error_bound(dimension)


def test_at_a_cut_of_minus_one_no_product_is_too_low() -> None:
    assert lowest_product(-1.0, 1e-6) == -math.inf
    assert lowest_product(-math.inf, 1e-6) == -math.inf
    assert lowest_product(0.5, 0.125) == 0.375


@pytest.mark.parametrize("short_first", [True, False])
@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 48, 64, 65, 1000])
def test_stretches_cover_every_row_once(rows: int, short_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_products, "ROWS_IN_A_LOOK", 16)
    monkeypatch.setattr(block_products, "ROWS_IN_A_PRODUCT", 48)
    covered = [range(start, stop) for start, stop in stretches(rows, short_first=short_first)]
    assert [row for each in covered for row in each] == list(range(rows))
    assert all(0 < len(each) <= 48 for each in covered)
    assert not covered or len(covered[0]) == min(rows, 16 if short_first else 48)


@pytest.mark.parametrize("in_one_thread", [0, 10**9])
@pytest.mark.parametrize("rows", [1, 64, 65, 200])
def test_stretches_and_batches_offer_every_row_that_meets_the_cut_once(
    rows: int, in_one_thread: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_products, "ROWS_IN_A_LOOK", 16)
    monkeypatch.setattr(block_products, "ROWS_IN_A_PRODUCT", 64)
    monkeypatch.setattr(block_products, "ROWS_IN_A_BATCH", 50)
    monkeypatch.setattr(block_products, "ELEMENTS_IN_ONE_THREAD", in_one_thread)
    references = random_gallery(rows, 512, seed=rows)
    table = collect_references(references, model_of(512))
    products = BlockProducts(table.matrix)
    probe = references[-1].template
    scores = [similarity(probe, each.template) for each in references]
    for threshold in (-1.0, sorted(scores)[rows // 2]):
        offered = Recorder(table, threshold_value=threshold, keep=rows + 1)
        for start, stop in stretches(rows, short_first=False):
            products.offer_stretch(start, stop, probe.vector, offered)
        in_batch = [Recorder(table, threshold_value=threshold, keep=rows + 1) for _ in range(2)]
        products.offer_batch(np.stack([probe.vector] * 2), in_batch)
        expected = {row: score for row, score in enumerate(scores) if score >= threshold}
        for recorder in (offered, *in_batch):
            met = {row: score for row, score in recorder.offers if score >= threshold}
            assert met == expected
            assert len(recorder.offers) == len({row for row, _ in recorder.offers})


def test_a_low_cut_is_raised_by_the_best_rows_before_all_others_are_scored() -> None:
    references = random_gallery(2000, 16, seed=4)
    table = collect_references(references, model_of(16))
    recorder = Recorder(table, threshold_value=-1.0, keep=3)
    BlockProducts(table.matrix).offer_stretch(0, 2000, references[0].template.vector, recorder)
    assert len(recorder.offers) < 20


def test_estimates_may_be_off_by_their_bound_without_changing_what_is_kept() -> None:
    references = random_gallery(500, 16, seed=8)
    table = collect_references(references, model_of(16))
    probe = references[3].template
    scores = exact_scores(probe.vector, table.matrix)
    bound = 0.2
    # The best ten look worse than they are, all others better.
    estimates = scores + np.where(scores >= np.sort(scores)[-10], -bound, bound)
    shortlist = Shortlist(table, threshold_value=-1.0, keep=10)
    products = BlockProducts(table.matrix)
    products.offer_estimated(np.arange(500), estimates, bound + 1e-9, probe.vector, shortlist)
    assert shortlist.best()[1].tolist() == sorted(scores.tolist(), reverse=True)[:10]


class Recorder(Shortlist):
    """A shortlist that remembers what it was offered."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.offers: list[tuple[int, float]] = []

    def offer(self, rows: np.ndarray, scores: np.ndarray) -> None:
        self.offers += zip(rows.tolist(), scores.tolist(), strict=True)
        super().offer(rows, scores)
