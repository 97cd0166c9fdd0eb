"""The variance of a rate's logarithm against one that leaves each person out and counts everything again."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.jackknife import HALF_AN_ERROR, log_rate_variance
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import false_match_rates, false_non_match_rates

THRESHOLD = 0.2


def made_up(people: int, seed: int) -> PhotoSet:
    generator = np.random.default_rng(seed)
    photos = [person for person in range(people) for _ in range(1 + person % 3)]
    vectors = generator.normal(size=(people, 8))[photos] + 0.7 * generator.normal(size=(len(photos), 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(vectors.astype(np.float32), [f"p{person:02}" for person in photos], ["all"] * len(photos))


def without(photos: PhotoSet, subject: str) -> PhotoSet:
    keep = [row for row, name in enumerate(photos.subjects) if name != subject]
    return replace(
        photos,
        vectors=photos.vectors[keep],
        subjects=[photos.subjects[row] for row in keep],
        groups=[photos.groups[row] for row in keep],
    )


def variance_of(errors_and_trials: list[tuple[int, int]]) -> float:
    logarithms = [math.log((errors + HALF_AN_ERROR) / trials) for errors, trials in errors_and_trials]
    people, mean = len(logarithms), sum(logarithms) / len(logarithms)
    return (people - 1) / people * sum((one - mean) ** 2 for one in logarithms)


def test_it_is_what_counting_again_without_each_person_gives() -> None:
    photos = made_up(12, 3)
    request = Request(thresholds=[THRESHOLD])
    match, miss = [], []
    for subject in sorted(set(photos.subjects)):
        counts = compare_all(without(photos, subject), request=request)
        for rate, into in (
            (false_match_rates(counts).within(0)[0].rate, match),
            (false_non_match_rates(counts).cells[0][0].rate, miss),
        ):
            into.append((rate.errors, rate.trials))
    counts = compare_all(photos, request=request)
    assert false_match_rates(counts).within(0)[0].log_variance == pytest.approx(variance_of(match), rel=1e-12)
    # People with one photo have no mated comparison; leaving them out changes nothing, and they are not counted.
    with_mates = [one for one, subject in zip(miss, sorted(set(photos.subjects)), strict=True) if int(subject[1:]) % 3]
    assert false_non_match_rates(counts).cells[0][0].log_variance == pytest.approx(variance_of(with_mates), rel=1e-12)


def test_of_two_sets_the_people_of_both_are_left_out_in_turn() -> None:
    probes, references = made_up(7, 1), made_up(9, 2)
    references = replace(references, subjects=[f"r{name}" for name in references.subjects])
    request = Request(thresholds=[THRESHOLD])

    def counted(left: PhotoSet, right: PhotoSet) -> tuple[int, int]:
        rate = false_match_rates(compare_all(left, right, request)).overall[0].rate
        return rate.errors, rate.trials

    expected = variance_of([counted(without(probes, one), references) for one in sorted(set(probes.subjects))])
    expected += variance_of([counted(probes, without(references, one)) for one in sorted(set(references.subjects))])
    found = false_match_rates(compare_all(probes, references, request)).overall[0].log_variance
    assert found == pytest.approx(expected, rel=1e-12)


def test_one_person_who_carries_every_error_gives_a_large_but_finite_variance() -> None:
    errors = np.array([[40], [20], [20], [0], [0]])
    found = log_rate_variance(errors, np.full(5, 100), np.array([40.0]), 250.0)
    assert 1.0 < found[0] < math.inf


@pytest.mark.parametrize("trials", [[0, 0, 0], [10, 0, 0], [10, 10, 0]])
def test_without_anybody_left_to_compare_there_is_no_variance(trials: list[int]) -> None:
    errors = np.minimum(np.array(trials), 1)[:, None]
    # Two people share one block of comparisons: without either of them none is left.
    found = log_rate_variance(errors, np.array(trials), np.array([1.0]), max(sum(trials) / 2, 1.0))
    assert math.isnan(found[0])
