"""Measures of many resamplings at once are those of one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.made_up_audit import made_up_material

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.bootstrap import draw_weights, replicate_rates
from countenance.audit.permutation import rate_tables
from countenance.audit.photo_set import PhotoSet
from countenance.audit.resampled_measures import (
    COMBINED,
    SPREAD,
    combined_values,
    labelled_counts,
    ratio_p_values,
    spread_values,
    weighted_rates,
)
from countenance.audit.subject_pairs import SubjectComparisons, subject_comparisons
from countenance.audit.summary_measures import combined_measures, spread_measures


@pytest.fixture(scope="module")
def comparisons() -> SubjectComparisons:
    material, vectors = made_up_material()
    photos = material.photos
    labels = PhotoSet(vectors, [photo.subject for photo in photos], [photo.labels["region"] for photo in photos])
    return subject_comparisons(compare_all(labels, None, Request(keep_from=0.2, workers=1)))


def test_spread_and_combined_values_equal_those_worked_out_one_row_at_a_time() -> None:
    rng = np.random.default_rng(3)
    fmr, fnmr = rng.random((40, 4)) * 0.1, rng.random((40, 4)) * 0.5
    fmr[0] = 0.0
    fmr[1, 2] = fnmr[2, 0] = 0.0
    spread, both = spread_values(fmr), combined_values(fmr, fnmr, 0.3)
    for row in range(40):
        alone, pair = spread_measures(fmr[row]), combined_measures(fmr[row], fnmr[row], alpha=0.3)
        for name in SPREAD:
            assert spread[name][row] == pytest.approx(getattr(alone, name), rel=1e-12, nan_ok=True), (row, name)
        for name in COMBINED:
            assert both[name][row] == pytest.approx(getattr(pair, name), rel=1e-12, nan_ok=True), (row, name)


def test_a_row_with_a_group_without_a_rate_has_no_value() -> None:
    assert all(np.isnan(value[0]) for value in spread_values(np.array([[0.1, np.nan, 0.2]])).values())


def test_weighted_rates_equal_the_replicates_of_the_bootstrap(comparisons: SubjectComparisons) -> None:
    weights = draw_weights(comparisons.group.size, 50, np.random.default_rng(1))
    slow = replicate_rates(comparisons, weights, threshold=0.4)
    fmr, fnmr = weighted_rates(rate_tables(comparisons, 0.4), comparisons.group, weights)
    np.testing.assert_allclose(fmr, slow.within, rtol=1e-12)
    np.testing.assert_allclose(fnmr, slow.fnmr, rtol=1e-12)


def test_labelled_counts_give_the_rates_of_each_labelling(comparisons: SubjectComparisons) -> None:
    tables = rate_tables(comparisons, 0.4)
    generator = np.random.default_rng(2)
    labellings = np.stack([comparisons.group, *(generator.permutation(comparisons.group) for _ in range(20))])
    fmr, fnmr = labelled_counts(tables, labellings).rates()
    for row, labels in enumerate(labellings):
        slow_fmr, slow_fnmr = tables.rates(labels)
        np.testing.assert_array_equal(fmr[row], slow_fmr)
        np.testing.assert_array_equal(fnmr[row], slow_fnmr)


def test_a_p_value_counts_the_observed_labelling_and_shuffles_as_far_from_parity_either_way() -> None:
    trials = np.full((4, 2), 100.0)
    errors = np.array([[40.0, 10.0], [10.0, 40.0], [25.0, 25.0], [26.0, 24.0]])
    # One of three shuffles is as far away: (1 + 1) / (3 + 1).
    np.testing.assert_allclose(ratio_p_values(errors, trials), [0.5, 0.5])


def test_a_group_without_an_error_is_infinitely_far_from_parity() -> None:
    trials = np.full((3, 2), 100.0)
    errors = np.array([[0.0, 9.0], [4.0, 5.0], [9.0, 0.0]])
    np.testing.assert_allclose(ratio_p_values(errors, trials), [2 / 3, 2 / 3])
    assert np.isnan(ratio_p_values(np.zeros((3, 2)), trials)).all()
