"""The vendor scale: fixed points are measured rates, the order is kept, and a decision agrees with the number shown."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from countenance.core.thresholds import ERRORS_FOR_MEASURED
from countenance.service.similarity_scale import RATE_POINTS, VendorScale, vendor_scale
from tests.support.made_up_calibration import calibration_from_scores, ordinary_calibration


@pytest.fixture
def scale() -> VendorScale:
    return vendor_scale(ordinary_calibration())


def test_a_fixed_point_is_where_its_rate_was_measured(scale: VendorScale) -> None:
    record = scale.calibration
    for value, rate in RATE_POINTS:
        if rate < record.smallest_supported_rate:
            continue
        similarity = record.threshold_for(rate).value
        assert scale.value_of(similarity) == value
        assert scale.similarity_at(value) == similarity
        assert record.false_match_rate_at(scale.similarity_at(value)).estimate <= rate


def test_the_ends_are_the_ends_of_the_similarity(scale: VendorScale) -> None:
    assert [scale.value_of(similarity) for similarity in (-1.0, 1.0, -2.0, 1.0000001)] == [0.0, 100.0, 0.0, 100.0]


def test_more_alike_is_never_a_smaller_number_and_never_the_same_between_the_ends(scale: VendorScale) -> None:
    values = [scale.value_of(similarity) for similarity in np.linspace(-1, 1, 20_001)]
    assert all(later > earlier for earlier, later in itertools.pairwise(values))


def test_there_and_back_is_where_one_was(scale: VendorScale) -> None:
    for value in np.linspace(0, 100, 1001):
        assert scale.value_of(scale.similarity_at(float(value))) == pytest.approx(value, abs=1e-9)


def test_a_decision_agrees_with_the_number_shown(scale: VendorScale) -> None:
    generator = np.random.default_rng(5)
    for similarity in generator.uniform(-1, 1, 300):
        shown = scale.value_of(float(similarity))
        assert scale.reaches(float(similarity), shown)
        assert not scale.reaches(float(similarity), float(np.nextafter(shown, 101)))


def test_the_strictest_point_rests_on_thirty_errors_and_is_left_out_where_80_asks_for_fewer() -> None:
    # 40,000 comparisons measure a rate of 30 in 40,000, which is more than the rate of 80.
    assert 99.0 not in vendor_scale(ordinary_calibration()).values
    ordinary, non_mated = ordinary_calibration(), 12_000_000
    falling = (non_mated * 10.0 ** (-6.0 * (ordinary.grid + 1.0))).astype(np.int64)
    record = replace(ordinary, false_matches=falling, non_mated=non_mated)
    scale = vendor_scale(record)
    strictest = scale.similarity_at(99.0)
    assert 99.0 in scale.values
    assert record.false_match_rate_at(strictest).errors == pytest.approx(ERRORS_FOR_MEASURED, abs=1)


def test_a_point_the_data_does_not_carry_is_left_out_and_the_order_is_kept() -> None:
    scores = [-0.5, 0.0, 0.1, 0.2, 0.3] * 80
    scale = vendor_scale(calibration_from_scores(scores, [0.6, 0.8]))
    assert 95.0 not in scale.values
    assert 80.0 not in scale.values
    assert list(scale.values) == sorted(set(scale.values))
    assert list(scale.similarities) == sorted(set(scale.similarities))


def test_a_value_outside_of_the_scale_is_refused(scale: VendorScale) -> None:
    for value in (-0.1, 100.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 100"):
            scale.similarity_at(value)


def test_the_meaning_counts_false_candidates_by_gallery_size(scale: VendorScale) -> None:
    meaning = scale.meaning(75.0, (1_000, 10_000))
    rate = scale.calibration.false_match_rate_at(scale.similarity_at(75.0)).estimate
    assert [item.expected for item in meaning.false_candidates] == [rate * 1_000, rate * 10_000]
    assert "75 on the vendor scale, version 1" in meaning.threshold.target


def test_the_version_names_recipe_recogniser_and_record(scale: VendorScale) -> None:
    assert scale.version.startswith("countenance-scale/1; made-up@")
    assert scale.calibration.date in scale.version
