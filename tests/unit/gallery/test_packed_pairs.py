"""The smaller copy: sums read back without error, and no row ruled out that could meet the cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.gallery import packed_pairs
from countenance.gallery.block_products import exact_scores, quick_products
from countenance.gallery.packed_pairs import (
    LARGEST_SHARE_LEFT,
    LARGEST_SUM,
    SPREAD,
    PackedPairs,
    two_sums,
)

WHOLE = st.integers(-int(LARGEST_SUM), int(LARGEST_SUM))


@given(first=st.lists(WHOLE, min_size=1), second=WHOLE)
def test_two_sums_are_read_back_from_one_float32(first: list[int], second: int) -> None:
    packed = np.array([int(SPREAD) * each + second for each in first])
    assert (packed.astype(np.float32) == packed).all()
    one, other = two_sums(packed.astype(np.float32))
    assert one.tolist() == first
    assert other.tolist() == [second] * len(first)


def test_two_sums_are_read_back_at_the_edges_of_the_range() -> None:
    edge = int(LARGEST_SUM)
    corners = [
        (a, b) for a in (-edge, 1 - edge, -1, 0, 1, edge - 1, edge) for b in (-edge, 1 - edge, 0, edge - 1, edge)
    ]
    one, other = two_sums(np.array([SPREAD * a + b for a, b in corners], dtype=np.float32))
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == corners


def matrix_of(kind: str, rows: int, dimension: int, *, seed: int = 0) -> np.ndarray:
    """Return unit vectors: random ones, or those on which rounding to steps does most or least."""
    rng = np.random.default_rng(seed)
    numbers = {
        "random": lambda: rng.standard_normal((rows, dimension)),
        "flat": lambda: rng.choice([-1.0, 1.0], (rows, dimension)),
        "one element": lambda: np.eye(dimension)[rng.integers(0, dimension, rows)] * rng.choice([-1, 1], (rows, 1)),
        "heavy tails": lambda: rng.standard_normal((rows, dimension)) ** 5,
        "alike": lambda: np.ones((rows, dimension)) + 0.1 * rng.standard_normal((rows, dimension)),
    }[kind]()
    return np.asarray(numbers / np.linalg.norm(numbers, axis=1, keepdims=True), dtype=np.float32)


KINDS = ["random", "flat", "one element", "heavy tails", "alike"]


@pytest.mark.parametrize("length", [1.0, 1.0009])
@pytest.mark.parametrize("dimension", [1, 2, 16, 128, 512, 4096])
@pytest.mark.parametrize("kind", KINDS)
def test_sums_are_whole_and_in_range_and_no_score_is_further_off_than_the_bound(
    kind: str, dimension: int, length: float
) -> None:
    matrix = matrix_of(kind, 128, dimension) * np.float32(length)
    packed = PackedPairs(matrix)
    assert packed.memory_bytes == matrix.nbytes // 2
    for probe in [*matrix[:3], -matrix[5], *matrix_of("random", 2, dimension, seed=1)]:
        ready = packed.filter_for(probe)
        # Every element and sum is a whole number that float32 holds, so integers must give the same.
        pairs = packed._pairs.reshape(-1, dimension)
        as_integers = pairs.astype(np.int64) @ ready._probe_steps.astype(np.int64)
        sums = pairs @ ready._probe_steps
        assert (sums == as_integers).all()
        partial_sums = np.cumsum(pairs.astype(np.int64) * ready._probe_steps.astype(np.int64), axis=1)
        assert np.abs(partial_sums).max() < 2**24
        rows = np.stack(two_sums(sums), axis=1).ravel()
        assert np.abs(rows).max() <= LARGEST_SUM
        assert np.abs(rows / ready._unit - exact_scores(probe, matrix)).max() <= ready.error_bound


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_that_meets_the_cut_is_ruled_out(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_pairs, "LARGEST_SHARE_LEFT", 1.0)
    monkeypatch.setattr(packed_pairs, "_ROWS_AT_ONCE", 50)
    monkeypatch.setattr(packed_pairs, "ROWS_IN_A_LOOK", 24)
    matrix = matrix_of(kind, 321, 128, seed=2)
    packed = PackedPairs(matrix)
    tried = 0
    for probe in [matrix[7], *matrix_of("random", 3, 128, seed=3), matrix[200] * np.float32(-1)]:
        scores = exact_scores(probe, matrix)
        for cut in np.unique(np.concatenate([scores[::10], [-1.0, 0.0, 0.9]])).tolist():
            for start in range(0, 321, 64):
                at = range(start, min(start + 64, 321))
                ready = packed.filter_for(probe)
                found = ready.rows_left(at.start, at.stop, cut)
                if found is None:
                    continue
                tried += 1
                left, estimates = found
                assert np.abs(estimates - scores[left]).max(initial=0.0) <= ready.error_bound
                assert set(left.tolist()) <= set(at)
                assert len(set(left.tolist())) == len(left)
                assert set(left.tolist()) >= {row for row in at if scores[row] >= cut}
    assert tried > 400


def test_most_rows_are_ruled_out_at_a_useful_threshold() -> None:
    matrix = matrix_of("random", 3200, 128, seed=4)
    ready = PackedPairs(matrix).filter_for(matrix[1000])
    left = ready.rows_left(0, 3200, 0.45)
    assert left is not None
    assert 1000 in left[0].tolist()
    assert len(left[0]) <= 20
    assert ready.error_bound < 0.15


def test_a_copy_that_rules_out_too_little_is_not_tried_again_until_the_cut_has_risen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matrix = np.concatenate([matrix_of("alike", 64, 128), matrix_of("random", 640, 128)])
    ready = PackedPairs(matrix).filter_for(matrix[0])
    assert ready.rows_left(64, 704, 0.5) is not None
    assert ready.rows_left(0, 64, 0.5) is None
    with monkeypatch.context() as patch:
        patch.setattr(packed_pairs, "quick_products", None)  # not even looked at
        assert ready.rows_left(64, 704, 0.5 + ready.error_bound / 5) is None
    left = ready.rows_left(64, 704, 0.5 + ready.error_bound / 3)
    assert left is not None
    assert len(left[0]) <= LARGEST_SHARE_LEFT * 640


def test_the_first_piece_settles_whether_the_rest_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_pairs, "ROWS_IN_A_LOOK", 64)
    matrix = np.concatenate([matrix_of("alike", 64, 128), matrix_of("random", 64_000, 128)])
    sizes = []

    def counted(pairs: np.ndarray, probe: np.ndarray) -> np.ndarray:
        sizes.append(len(pairs))
        return quick_products(pairs, probe)

    monkeypatch.setattr(packed_pairs, "quick_products", counted)
    assert PackedPairs(matrix).filter_for(matrix[0]).rows_left(0, len(matrix), 0.5) is None
    assert sizes == [32]


def test_a_cut_below_all_sums_is_left_to_the_exact_product(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = matrix_of("random", 64, 128)
    ready = PackedPairs(matrix).filter_for(matrix[0])
    monkeypatch.setattr(packed_pairs, "quick_products", None)  # not even looked at
    for cut in (-np.inf, -1.0, -0.99):
        assert ready.rows_left(0, 64, cut) is None


@pytest.mark.parametrize("rows", [1, 2, 3, 65])
def test_an_odd_row_at_the_end_has_nobody_beside_it(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_pairs, "LARGEST_SHARE_LEFT", 2.0)
    matrix = matrix_of("random", rows, 8)
    packed = PackedPairs(matrix)
    assert packed.memory_bytes == (rows + 1) // 2 * 8 * 4
    left = packed.filter_for(matrix[-1]).rows_left(0, rows, -0.5)
    assert left is not None
    assert rows - 1 in left[0].tolist()
    assert max(left[0].tolist()) < rows
    assert len(left[0]) == len(left[1])


def test_no_rows_pack_to_nothing() -> None:
    packed = PackedPairs(np.empty((0, 8), dtype=np.float32))
    assert packed.memory_bytes == 0
    assert packed.filter_for(matrix_of("random", 1, 8)[0]).error_bound < 0.1
