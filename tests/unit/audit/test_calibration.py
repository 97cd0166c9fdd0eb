"""Calibration against a loop over every comparison, and its record there and back."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit import calibration as module
from countenance.audit.calibration import calibrate, calibration_from_json, calibration_to_json
from countenance.audit.calibration_counts import ScoreGrid, count_on_grid
from countenance.audit.intervals import (
    ClusterSums,
    clustered_wilson,
    per_subject_variance,
    within_set_variance,
)
from countenance.core.errors import AuditInputInvalid
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration

MODEL = ModelIdentity(name="toy", digest="0" * 64, dimension=16)
PHOTOS = [3, 1, 2, 4, 1, 2, 5, 1, 2, 2]


def people(seed: int = 0, photos: list[int] = PHOTOS) -> tuple[npt.NDArray[np.float32], list[str]]:
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(len(photos)), photos)
    centres = rng.normal(size=(len(photos), 16)) + 0.5
    vectors = centres[subject] + 0.9 * rng.normal(size=(subject.size, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = rng.permutation(subject.size)
    return vectors[order].astype(np.float32), [f"p{code}" for code in subject[order]]


def run(vectors: npt.NDArray[np.float32], subjects: list[str], **more: Any) -> Calibration:
    return calibrate(vectors, subjects, model=MODEL, data_set="toy", date="2026-01-01", failures_to_acquire=2, **more)


def slow_counts(
    vectors: npt.NDArray[np.float32], subjects: list[str], threshold: float
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]], Counter[str], Counter[str]]:
    """Return (errors, trials) by ordered pair of subjects and (errors, trials) by mated subject, one by one."""
    errors: Counter[tuple[str, str]] = Counter()
    trials: Counter[tuple[str, str]] = Counter()
    misses: Counter[str] = Counter()
    mated: Counter[str] = Counter()
    for i, j in itertools.combinations(range(len(subjects)), 2):
        score = float(np.dot(vectors[i].astype(np.float64), vectors[j].astype(np.float64)))
        match = score >= threshold - 1e-9
        first, second = subjects[i], subjects[j]
        if first == second:
            mated[first] += 1
            misses[first] += not match
        else:
            for pair in ((first, second), (second, first)):
                trials[pair] += 1
                errors[pair] += match
    return errors, trials, misses, mated


def test_counts_and_intervals_equal_a_loop_over_all_comparisons() -> None:
    vectors, subjects = people()
    found = run(vectors, subjects)
    names = sorted(set(subjects))
    for at in (0, 700, 1000, 1100, 1250, 1333, 1500, 2000):
        errors, trials, misses, mated = slow_counts(vectors, subjects, float(found.grid[at]))
        assert found.false_matches[at] == sum(errors.values()) // 2
        assert found.non_mated == sum(trials.values()) // 2
        assert found.false_non_matches[at] == sum(misses.values())
        assert found.mated == sum(mated.values())
        c = np.array([[errors[a, b] for b in names] for a in names])
        m = np.array([[trials[a, b] for b in names] for a in names])
        variance = within_set_variance(ClusterSums.of(c.sum(1), m.sum(1)), ClusterSums.of(c.ravel(), m.ravel()))
        expected = clustered_wilson(c.sum() / 2, m.sum() / 2, variance, clusters=len(names))
        if 0 < c.sum() < m.sum():
            assert found.false_match_interval[at, 0] == pytest.approx(float(expected.low), rel=2e-4)
            assert found.false_match_interval[at, 1] == pytest.approx(float(expected.high), rel=2e-4)
        e, k = np.array([misses[a] for a in names]), np.array([mated[a] for a in names])
        spread = per_subject_variance(ClusterSums.of(e, k))
        expected = clustered_wilson(e.sum(), k.sum(), spread, clusters=int((k > 0).sum()))
        if 0 < e.sum() < k.sum():
            assert found.false_non_match_interval[at, 0] == pytest.approx(float(expected.low), rel=2e-4)
            assert found.false_non_match_interval[at, 1] == pytest.approx(float(expected.high), rel=2e-4)


def test_sums_over_pairs_of_subjects_equal_a_loop() -> None:
    vectors, subjects = people(4)
    order = np.argsort(subjects, kind="stable")
    each = np.array([subjects.count(name) for name in sorted(set(subjects))])
    counts = count_on_grid(vectors[order], each, module.GRID, scores_per_block=100)
    for at in (900, 1150, 1400):
        errors, trials, _, _ = slow_counts(vectors, subjects, float(module.GRID.values()[at]))
        assert counts.subject_pairs.squared_errors[at] == sum(c**2 for c in errors.values())
        assert counts.subject_pairs.errors_times_trials[at] == sum(c * trials[pair] for pair, c in errors.items())
        assert counts.subject_pairs.squared_trials == sum(m**2 for m in trials.values())


@pytest.mark.parametrize("scores_per_block", [1, 57, 500, 10**9])
def test_the_size_of_a_block_changes_nothing(scores_per_block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, subjects = people(1)
    expected = calibration_to_json(run(vectors, subjects))
    monkeypatch.setattr(module, "SCORES_PER_BLOCK", scores_per_block)
    assert calibration_to_json(run(vectors, subjects)) == expected


def test_the_order_of_photos_changes_nothing() -> None:
    vectors, subjects = people(2)
    back = run(vectors[::-1].copy(), subjects[::-1])
    assert calibration_to_json(back) == calibration_to_json(run(vectors, subjects))


def test_a_score_equal_to_a_grid_similarity_is_at_it() -> None:
    # Unit vectors of quarters: every score is a whole number of sixteenths, and 0.5 and 0.25 are on the grid.
    vectors = np.zeros((4, 16), dtype=np.float32)
    vectors[0, :4] = vectors[1, :4] = 0.5
    vectors[2, :2] = vectors[3, :2] = 0.5
    vectors[2, 4:6] = vectors[3, 4:6] = 0.5
    found = run(vectors, ["a", "a", "b", "b"])
    at = int(np.searchsorted(found.grid, 0.5))
    assert found.false_matches[at] == 4
    assert found.false_matches[at + 1] == 0
    # Both people's own photos are identical: similarity 1 is at the grid's last point, so there is no non-match.
    assert found.false_non_matches[-1] == 0


def test_grid_positions_agree_with_a_search_in_the_grid() -> None:
    grid = ScoreGrid(steps_per_unit=1000, tolerance=1e-9)
    scores = np.concatenate([np.random.default_rng(0).uniform(-1, 1, 20_000), grid.values(), [1.0000001, -1.0000001]])
    slow = np.clip(np.searchsorted(grid.values(), scores + 1e-9, side="right") - 1, 0, grid.size - 1)
    assert np.array_equal(grid.positions(scores), slow)


def test_a_rate_looked_up_at_any_score_is_not_understated() -> None:
    vectors, subjects = people(3)
    found = run(vectors, subjects)
    for score in np.linspace(-0.5, 0.9, 37):
        errors, _, _, _ = slow_counts(vectors, subjects, float(score))
        assert found.false_match_rate_at(float(score)).errors >= sum(errors.values()) // 2


def test_progress_reaches_the_number_of_photos() -> None:
    vectors, subjects = people()
    seen: list[tuple[int, int]] = []
    run(vectors, subjects, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(subjects), len(subjects))


def test_without_an_error_the_bound_uses_the_design_effect_of_looser_similarities() -> None:
    vectors, subjects = people(5, photos=[3] * 20)
    found = run(vectors, subjects)
    none = found.false_match_rate_at(0.999)
    assert none.errors == 0
    assert none.low == 0.0
    optimistic = clustered_wilson(0, found.non_mated, 0.0, clusters=20)
    assert none.high > 1.5 * float(optimistic.high)


def test_one_person_or_single_photos_are_refused() -> None:
    vectors, _ = people()
    with pytest.raises(AuditInputInvalid, match="fewer than two people"):
        run(vectors, ["a"] * len(vectors))
    with pytest.raises(AuditInputInvalid, match="fewer than two people"):
        run(vectors, [f"p{row}" for row in range(len(vectors))])


def test_templates_of_another_dimension_or_with_nan_are_refused() -> None:
    vectors, subjects = people()
    with pytest.raises(AuditInputInvalid, match="8 elements"):
        run(np.eye(8, dtype=np.float32), ["a", "a", "b", "b", "c", "c", "d", "d"])
    vectors[0, 0] = np.nan
    with pytest.raises(AuditInputInvalid, match="not finite"):
        run(vectors, subjects)


def test_all_templates_alike_give_flat_rates_and_no_failure() -> None:
    vectors = np.tile(np.eye(1, 16, dtype=np.float32), (6, 1))
    found = run(vectors, ["a", "a", "b", "b", "c", "c"])
    assert set(found.false_matches.tolist()) == {12}
    assert set(found.false_non_matches.tolist()) == {0}


def test_the_record_holds_exactly_what_was_measured() -> None:
    before = run(*people())
    text = calibration_to_json(before)
    after = calibration_from_json(text)
    assert calibration_to_json(after) == text
    for name in ("grid", "false_matches", "false_match_interval", "false_non_matches", "false_non_match_interval"):
        assert np.array_equal(getattr(before, name), getattr(after, name))
        assert getattr(before, name).dtype == getattr(after, name).dtype
    for name in ("model", "data_set", "date", "subjects", "photos", "failures_to_acquire", "method", "mated"):
        assert getattr(before, name) == getattr(after, name)
    assert before.non_mated == after.non_mated


def test_the_record_holds_no_label_of_a_person() -> None:
    vectors, subjects = people()
    named = [f"Person{name}" for name in subjects]
    assert "Person" not in calibration_to_json(run(vectors, named))


def _edited(**changes: Any) -> str:
    document = json.loads(calibration_to_json(run(*people())))
    document.update(changes)
    return json.dumps({key: value for key, value in document.items() if value is not None})


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        _edited(schema="countenance-calibration/2"),
        _edited(date=None),
        _edited(extra=1),
        _edited(mated="many"),
        _edited(mated=-1),
        _edited(non_mated=3),
        _edited(grid={"from": -1.0, "to": 1.0, "points": 5}),
        _edited(model={"name": "x"}),
        _edited(false_matches={"from_point": [0], "count": [1], "low": [0.5], "high": [0.4]}),
        _edited(false_matches={"from_point": [0, 5], "count": [1, 2], "low": [0, 0], "high": [1, 1]}),
        _edited(false_matches={"from_point": [3], "count": [1], "low": [0], "high": [1]}),
        _edited(false_matches={"from_point": [0], "count": [1.5], "low": [0], "high": [1]}),
        _edited(false_matches={"from_point": [], "count": [], "low": [], "high": []}),
        _edited(false_matches=7),
        _edited(data_set=7),
    ],
)
def test_a_malformed_record_is_refused(text: str) -> None:
    with pytest.raises(AuditInputInvalid, match="not a calibration record"):
        calibration_from_json(text)
