"""One threshold from each policy, checked by counting at it and just below."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.audit.allpairs import compare_all
from countenance.audit.photo_set import PhotoSet
from countenance.audit.search_outcomes import search_all
from countenance.audit.threshold_policy import (
    FixedThreshold,
    TargetFalseMatchRate,
    TargetFalsePositiveIdentificationRate,
    choose_threshold,
)
from countenance.core.errors import AuditInputInvalid, CalibrationUnsupported


def photo_set(seed: int, people: int, name: str) -> PhotoSet:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(people, 10)) + np.where(np.arange(people) % 2, 0.6, 0.0)[:, None]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(
        vectors.astype(np.float32),
        [f"{name}{row}" for row in range(people)],
        ["wide" if row % 2 else "near" for row in range(people)],
    )


PHOTOS = photo_set(0, 120, "p")
COUNTS = compare_all(PHOTOS)
SEARCHES = search_all(photo_set(1, 80, "q"), PHOTOS, [0.5])


def scores(rows: np.ndarray) -> np.ndarray:
    vectors = PHOTOS.vectors[rows].astype(float)
    return (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]


@pytest.mark.parametrize("group", [None, "wide", "near"])
def test_a_target_fmr_is_met_at_the_threshold_and_not_one_step_below(group: str | None) -> None:
    chosen = choose_threshold(TargetFalseMatchRate(0.01, group), COUNTS)
    rows = np.arange(120) if group is None else np.flatnonzero(np.array(PHOTOS.groups) == group)
    measured = scores(rows)
    assert (measured >= chosen.value).mean() <= 0.01 < (measured >= chosen.value - 0.001).mean()
    assert chosen.achieved == pytest.approx((measured >= chosen.value).mean())
    assert chosen.set_on_same_data
    assert (group or "all") in chosen.basis


def test_two_sets_count_every_comparison_once() -> None:
    counts = compare_all(photo_set(1, 80, "q"), PHOTOS)
    chosen = choose_threshold(TargetFalseMatchRate(0.01), counts)
    measured = photo_set(1, 80, "q").vectors.astype(float) @ PHOTOS.vectors.astype(float).T
    assert chosen.achieved == pytest.approx((measured >= chosen.value).mean())


@pytest.mark.parametrize("enrolled", [120, 30])
def test_a_target_fpir_is_met_at_the_threshold_and_not_one_step_below(enrolled: int) -> None:
    chosen = choose_threshold(TargetFalsePositiveIdentificationRate(0.2, enrolled), COUNTS, SEARCHES)
    assert SEARCHES.false_positive_rate_at(chosen.value, enrolled) == chosen.achieved <= 0.2
    assert SEARCHES.false_positive_rate_at(chosen.value - 0.001, enrolled) > 0.2


def test_a_smaller_gallery_allows_a_lower_threshold() -> None:
    small, large = (
        choose_threshold(TargetFalsePositiveIdentificationRate(0.2, enrolled), COUNTS, SEARCHES).value
        for enrolled in (20, 120)
    )
    assert small < large


def test_a_fixed_threshold_is_taken_as_it_is() -> None:
    chosen = choose_threshold(FixedThreshold(0.0), COUNTS)
    assert (chosen.value, chosen.achieved, chosen.set_on_same_data) == (0.0, None, False)


@pytest.mark.parametrize("policy", [TargetFalseMatchRate(1e-4), TargetFalseMatchRate(1e-3, "near")])
def test_what_the_data_cannot_show_is_refused(policy: TargetFalseMatchRate) -> None:
    with pytest.raises(CalibrationUnsupported, match="cannot show"):
        choose_threshold(policy, COUNTS)
    with pytest.raises(CalibrationUnsupported, match="cannot show"):
        choose_threshold(TargetFalsePositiveIdentificationRate(0.01, 50), COUNTS, SEARCHES)


def test_identical_templates_reach_no_target() -> None:
    vectors = np.tile(np.eye(1, 4, dtype=np.float32), (30, 1))
    counts = compare_all(PhotoSet(vectors, [f"p{row}" for row in range(30)], ["g"] * 30))
    with pytest.raises(CalibrationUnsupported, match="No similarity up to 1"):
        choose_threshold(TargetFalseMatchRate(0.1), counts)


@pytest.mark.parametrize(
    "policy",
    [
        FixedThreshold(math.nan),
        TargetFalseMatchRate(0.0),
        TargetFalseMatchRate(0.1, "nobody"),
        TargetFalsePositiveIdentificationRate(0.1, 10),
    ],
)
def test_policies_that_cannot_be_followed_are_refused(
    policy: FixedThreshold | TargetFalseMatchRate | TargetFalsePositiveIdentificationRate,
) -> None:
    with pytest.raises(AuditInputInvalid):
        choose_threshold(policy, COUNTS)
