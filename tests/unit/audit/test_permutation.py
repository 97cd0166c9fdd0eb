"""Shuffled labels: rates against the counted ones, and a null that finds nothing where nothing is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.permutation import permutation_null, rate_tables
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import false_match_rates, false_non_match_rates
from countenance.audit.subject_pairs import subject_comparisons
from countenance.audit.summary_measures import spread_measures
from countenance.core.errors import AuditInputInvalid

T = 0.5
Rates = npt.NDArray[np.float64]


def photo_set(seed: int, crowding: float, people: int = 60) -> PhotoSet:
    """Return two photos each of people in two groups; the second group's people lie closer together."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(people), 2)
    centres = rng.normal(size=(people, 10))
    centres[people // 2 :, 0] += crowding
    vectors = centres[subject] + 0.5 * rng.normal(size=(people * 2, 10))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(
        vectors.astype(np.float32), [f"s{s:02}" for s in subject], ["a" if s < people // 2 else "b" for s in subject]
    )


def gini(fmr: Rates, _: Rates) -> float:
    return spread_measures(fmr).gini_corrected


def p_value(seed: int, crowding: float, shuffles: int = 99) -> float:
    counts = compare_all(photo_set(seed, crowding), request=Request(keep_from=T))
    data = subject_comparisons(counts)
    null = permutation_null(
        rate_tables(data, T), data.group, gini, shuffles=shuffles, generator=np.random.default_rng(seed)
    )
    assert null.shuffles == shuffles
    return null.p_value


def test_rates_under_the_true_labels_are_the_counted_ones() -> None:
    counts = compare_all(photo_set(0, 2.0), request=Request(thresholds=(T,), keep_from=0.3))
    data = subject_comparisons(counts)
    fmr, fnmr = rate_tables(data, T).rates(data.group)
    assert fmr == pytest.approx([rate.estimate for rate in false_match_rates(counts).within(0)])
    assert fnmr == pytest.approx([cell[0].estimate for cell in false_non_match_rates(counts).cells])


def test_a_real_difference_is_rare_among_shuffles() -> None:
    assert p_value(1, crowding=3.0) == pytest.approx(0.01)


def test_no_difference_is_found_about_as_often_as_stated() -> None:
    found = [p_value(seed, crowding=0.0) for seed in range(100, 140)]
    # 40 draws of a 5 % event: more than 6 has a probability under 1 %.
    assert sum(p <= 0.05 for p in found) <= 6
    assert 0.3 < float(np.mean(found)) < 0.7


def test_noise_alone_moves_a_measure_away_from_parity() -> None:
    counts = compare_all(photo_set(3, 0.0), request=Request(keep_from=T))
    data = subject_comparisons(counts)
    null = permutation_null(rate_tables(data, T), data.group, gini, shuffles=50, generator=np.random.default_rng(0))
    assert 0.0 < null.mean < null.upper


def test_a_measure_without_a_value_has_no_null() -> None:
    counts = compare_all(photo_set(3, 0.0), request=Request(keep_from=T))
    data = subject_comparisons(counts)
    null = permutation_null(
        rate_tables(data, T), data.group, lambda a, b: math.nan, shuffles=5, generator=np.random.default_rng(0)
    )
    assert math.isnan(null.p_value)
    assert null.missing == 5


def test_a_threshold_below_the_kept_comparisons_is_refused() -> None:
    data = subject_comparisons(compare_all(photo_set(3, 0.0), request=Request(keep_from=T)))
    with pytest.raises(AuditInputInvalid, match="is below"):
        rate_tables(data, T - 0.1)
