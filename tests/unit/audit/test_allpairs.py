"""The streamed comparison of all pairs against loops over every comparison, on values made to fall between bins."""

from __future__ import annotations

import bisect
import itertools
import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit import tile_scores
from countenance.audit.allpairs import Request, compare_all
from countenance.audit.pair_counts import PairCounts
from countenance.audit.photo_set import PhotoSet
from countenance.audit.tile_scores import BINS, EDGES, error_bound
from countenance.core.errors import AuditInputInvalid

Vectors = npt.NDArray[np.float32]
EDGE_LIST = EDGES.tolist()
THRESHOLDS = (0.25, 0.5, 0.3)


def unit(vectors: npt.NDArray[np.float64]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def random_set(seed: int, photos: int = 60, people: int = 25, groups: int = 3, mean: float = 0.3) -> PhotoSet:
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, people, photos)
    vectors = unit(rng.normal(size=(people, 24))[subject] + rng.normal(size=(photos, 24)) + mean)
    return PhotoSet(vectors, [f"s{code}" for code in subject], [f"g{code % groups}" for code in subject])


def between_edges() -> PhotoSet:
    """Return templates whose scores are grid similarities rounded to float32: half of them just below the edge."""
    cosines = np.arange(-990, 991, 31).astype(np.float32) / np.float32(1000)
    vectors = np.zeros((cosines.size + 6, 24), dtype=np.float32)
    vectors[:6, 0] = 1.0
    vectors[6:, 0] = cosines
    vectors[6:, 1] = np.sqrt(1.0 - cosines.astype(np.float64) ** 2)
    names = [f"s{row}" for row in range(len(vectors))]
    return PhotoSet(vectors, names, ["a" if row % 3 else "b" for row in range(len(vectors))])


def exact_ties() -> PhotoSet:
    """Return templates of halves: every score is a multiple of 0.25, on an edge and often on a threshold."""
    rng = np.random.default_rng(9)
    vectors = np.zeros((50, 24), dtype=np.float32)
    for row in vectors:
        row[rng.choice(24, 4, replace=False)] = rng.choice([-0.5, 0.5], 4)
    subject = rng.integers(0, 20, 50)
    return PhotoSet(vectors, [f"s{code}" for code in subject], [f"g{code % 2}" for code in subject])


def near_duplicates() -> PhotoSet:
    """Return templates that are nearly one: float32 sums of equal terms round the same way again and again."""
    vectors = np.full((40, 500), 500**-0.5) + 1e-7 * np.random.default_rng(3).normal(size=(40, 500))
    return PhotoSet(unit(vectors), [f"s{row // 2}" for row in range(40)], ["a", "a", "b", "b"] * 10)


SETS = {
    "random": random_set(0),
    "between edges": between_edges(),
    "exact ties": exact_ties(),
    "near duplicates": near_duplicates(),
    "one photo a person": random_set(1, photos=40, people=4000),
    "many photos a person": random_set(2, photos=70, people=3, groups=2),
}


class Slow:
    """Every comparison one by one, its score a correctly rounded sum."""

    def __init__(self, probes: PhotoSet, references: PhotoSet | None, thresholds: tuple[float, ...]) -> None:
        self.names = sorted(set(probes.groups) | set(references.groups if references else ()))
        self.histogram: Counter[tuple[str, str, int]] = Counter()
        self.mated_histogram: Counter[tuple[str, int]] = Counter()
        self.pair_errors: dict[float, Counter[tuple[str, str]]] = {t: Counter() for t in thresholds}
        self.pair_trials: Counter[tuple[str, str]] = Counter()
        self.misses: dict[float, Counter[str]] = {t: Counter() for t in thresholds}
        self.mated_trials: Counter[str] = Counter()
        self.scores: list[tuple[float, int, int]] = []
        self.group: dict[str, str] = {}
        for row, column in self._comparisons(probes, references):
            self._add(probes, probes if references is None else references, row, column, thresholds)

    def _comparisons(self, probes: PhotoSet, references: PhotoSet | None) -> Iterator[tuple[int, int]]:
        if references is not None:
            yield from itertools.product(range(len(probes.subjects)), range(len(references.subjects)))
            return
        for i, j in itertools.combinations(range(len(probes.subjects)), 2):
            # The side of a pair is fixed by group and name, as the result's tables have it.
            first = (probes.groups[i], probes.subjects[i]) <= (probes.groups[j], probes.subjects[j])
            yield (i, j) if first else (j, i)

    def _add(self, probes: PhotoSet, references: PhotoSet, row: int, column: int, ts: tuple[float, ...]) -> None:
        a, b = probes.vectors[row].tolist(), references.vectors[column].tolist()
        score = math.fsum(x * y for x, y in zip(a, b, strict=True))
        at = min(max(bisect.bisect_right(EDGE_LIST, score) - 1, 0), BINS - 1)
        probe, reference = probes.subjects[row], references.subjects[column]
        self.group[probe], self.group[reference] = probes.groups[row], references.groups[column]
        if probe == reference:
            self.mated_histogram[probes.groups[row], at] += 1
            self.mated_trials[probe] += 1
            for t in ts:
                self.misses[t][probe] += score < t
            return
        self.scores.append((score, row, column))
        self.histogram[probes.groups[row], references.groups[column], at] += 1
        self.pair_trials[probe, reference] += 1
        for t in ts:
            self.pair_errors[t][probe, reference] += score >= t


def assert_equal_to_slow(found: PairCounts, slow: Slow, one_set: bool) -> None:
    names, at_t = slow.names, found.at_thresholds
    assert found.sets.groups == tuple(names)
    for (g, first), (h, second) in itertools.product(enumerate(names), enumerate(names)):
        key = (first, second) if not one_set else tuple(sorted((first, second)))
        expected = {k[2]: v for k, v in slow.histogram.items() if k[:2] == key}
        got = found.histogram[g, h]
        assert {int(b): int(got[b]) for b in np.flatnonzero(got)} == expected
        assert found.non_mated[g, h] == sum(expected.values())
        for at, t in enumerate(at_t.thresholds.tolist()):
            cells = {p: c for p, c in slow.pair_errors[t].items() if (slow.group[p[0]], slow.group[p[1]]) == key}
            assert at_t.false_matches[g, h, at] == sum(cells.values())
            assert at_t.squared[g, h, at] == sum(c * c for c in cells.values())
            assert at_t.times_trials[g, h, at] == sum(c * slow.pair_trials[p] for p, c in cells.items())
    assert_subjects_equal(found, slow, one_set)
    for g, name in enumerate(names):
        got = found.mated.histogram[g]
        assert {int(b): int(got[b]) for b in np.flatnonzero(got)} == {
            k[1]: v for k, v in slow.mated_histogram.items() if k[0] == name
        }


def assert_subjects_equal(found: PairCounts, slow: Slow, one_set: bool) -> None:
    # Codes of subjects follow (group, name).
    people = sorted(slow.group, key=lambda name: (slow.group[name], name))
    for code, name in enumerate(people):
        assert found.mated.trials[code] == slow.mated_trials[name]
        for at, t in enumerate(found.at_thresholds.thresholds.tolist()):
            assert found.mated.misses[code, at] == slow.misses[t][name]
            for g, group in enumerate(slow.names):
                errors = slow.pair_errors[t]
                as_probe = sum(c for p, c in errors.items() if p[0] == name and slow.group[p[1]] == group)
                as_reference = sum(c for p, c in errors.items() if p[1] == name and slow.group[p[0]] == group)
                if one_set:
                    as_probe = as_reference = as_probe + as_reference
                assert found.at_thresholds.probe_errors[code, g, at] == as_probe
                assert found.at_thresholds.reference_errors[code, g, at] == as_reference


@pytest.mark.parametrize("name", SETS)
def test_one_set_equals_a_loop_over_every_comparison(name: str) -> None:
    found = compare_all(SETS[name], request=Request(thresholds=THRESHOLDS, tile=(16, 32), workers=2))
    assert_equal_to_slow(found, Slow(SETS[name], None, THRESHOLDS), one_set=True)


@pytest.mark.parametrize(("probes", "references"), [("random", "one photo a person"), ("exact ties", "exact ties")])
def test_probes_against_references_equal_a_loop_and_shared_people_are_mated(probes: str, references: str) -> None:
    left, right = SETS[probes], SETS[references]
    if probes != references:
        shared = list(right.subjects)
        shared[:3], groups = ["s1", "s2", "s1"], list(right.groups)
        groups[:3] = ["g1", "g2", "g1"]
        right = PhotoSet(right.vectors, shared, groups)
    found = compare_all(left, right, Request(thresholds=THRESHOLDS, tile=(16, 8), workers=2))
    slow = Slow(left, right, THRESHOLDS)
    assert slow.mated_trials
    assert_equal_to_slow(found, slow, one_set=False)


def everything(found: PairCounts) -> list[object]:
    at = found.at_thresholds
    arrays = [found.histogram, found.non_mated, at.false_matches, at.squared, at.times_trials, at.probe_errors]
    arrays += [found.mated.histogram, found.mated.misses]
    for pairs in (found.kept, found.highest):
        arrays += [pairs.probe_row, pairs.reference_row, pairs.score]
    return [array.tolist() for array in arrays]


@pytest.mark.parametrize("name", SETS)
def test_no_tile_shape_and_no_number_of_threads_changes_a_digit(name: str) -> None:
    outcomes = [
        everything(
            compare_all(
                SETS[name],
                request=Request(thresholds=THRESHOLDS, keep_from=0.4, highest=17, tile=tile, workers=workers),
            )
        )
        for tile, workers in [((1, 1), 1), ((5, 3), 3), ((64, 16), 2), ((10_000, 10_000), 1)]
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes[1:])


def test_kept_and_highest_pairs_are_those_of_a_loop() -> None:
    for name, photos in SETS.items():
        slow = Slow(photos, None, ())
        found = compare_all(photos, request=Request(keep_from=0.35, highest=9, tile=(8, 8), workers=2))
        expected = sorted(slow.scores, reverse=True)
        assert found.highest.score == pytest.approx([score for score, _, _ in expected[:9]], abs=1e-15), name
        kept = {frozenset((i, j)) for score, i, j in expected if score >= 0.35}
        rows = zip(found.kept.probe_row.tolist(), found.kept.reference_row.tolist(), strict=True)
        assert {frozenset(pair) for pair in rows} == kept
        assert len(found.kept) == len(kept)


def test_a_tile_that_rounds_worse_than_usual_is_judged_by_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = everything(compare_all(SETS["near duplicates"], request=Request(thresholds=THRESHOLDS)))
    monkeypatch.setattr(tile_scores, "USUAL_ERROR", 1e-11)
    monkeypatch.setattr(tile_scores, "USUAL_STRONG_ERROR", 1e-11)
    assert everything(compare_all(SETS["near duplicates"], request=Request(thresholds=THRESHOLDS))) == expected


def test_a_product_with_errors_up_to_the_bound_changes_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    photos = random_set(5, photos=120, people=60)
    expected = everything(compare_all(photos, request=Request(thresholds=THRESHOLDS, keep_from=0.3, highest=5)))
    matmul, rng = np.matmul, np.random.default_rng(0)

    def rounding_badly(a: Vectors, b: Vectors, *, out: Vectors) -> Vectors:
        matmul(a, b, out=out)
        out += (rng.uniform(-0.8, 0.8, out.shape) * 1000 * error_bound(24)).astype(np.float32)
        return out

    monkeypatch.setattr(tile_scores.np, "matmul", rounding_badly)
    assert everything(compare_all(photos, request=Request(thresholds=THRESHOLDS, keep_from=0.3, highest=5))) == expected


@pytest.mark.parametrize("mean", [0.0, 0.3, 2.0])
def test_a_larger_set_equals_one_float64_product_wherever_its_scores_lie(mean: float) -> None:
    photos = random_set(7, photos=900, people=300, groups=4, mean=mean)
    thresholds = (-0.9, 0.05, 0.4, 0.9)
    found = compare_all(photos, request=Request(thresholds=thresholds, highest=5, tile=(600, 600), workers=2))
    vectors = photos.vectors.astype(np.float64)
    score = vectors @ vectors.T
    names = np.array(photos.subjects)
    apart = np.triu(names[:, None] != names[None, :], 1)
    bins = np.searchsorted(EDGES, score[apart], side="right") - 1
    once = np.triu_indices(len(found.sets.groups))
    assert np.array_equal(found.histogram[once].sum(axis=0), np.bincount(bins, minlength=BINS))
    for at, threshold in enumerate(thresholds):
        assert found.at_thresholds.false_matches[*once, at].sum() == (score[apart] >= threshold).sum()
    assert found.highest.score == pytest.approx(np.sort(score[apart])[::-1][:5])


def test_the_tail_of_a_histogram_at_an_edge_is_the_exact_count() -> None:
    found = compare_all(SETS["exact ties"], request=Request(thresholds=(0.25, 0.5)))
    for at, t in enumerate(found.at_thresholds.thresholds.tolist()):
        edge = int(np.searchsorted(EDGES, t))
        assert np.array_equal(found.histogram[:, :, edge:].sum(axis=2), found.at_thresholds.false_matches[:, :, at])


def test_progress_ends_at_the_number_of_scores() -> None:
    seen: list[tuple[int, int]] = []
    compare_all(SETS["random"], request=Request(tile=(8, 8)), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_too_many_kept_pairs_are_an_error_and_not_a_cut() -> None:
    with pytest.raises(AuditInputInvalid, match="More than 10 non-mated"):
        compare_all(SETS["random"], request=Request(keep_from=-1.0, kept_limit=10, tile=(8, 8), workers=2))


def test_one_person_has_nothing_to_be_mistaken_for() -> None:
    with pytest.raises(AuditInputInvalid, match="only one person"):
        compare_all(PhotoSet(np.eye(3, dtype=np.float32), ["a"] * 3, ["g"] * 3))


@pytest.mark.parametrize(
    "request_", [Request(thresholds=(math.nan,)), Request(keep_from=math.inf), Request(tile=(0, 5)), Request(workers=0)]
)
def test_parameters_that_make_no_sense_are_refused(request_: Request) -> None:
    with pytest.raises(AuditInputInvalid):
        compare_all(SETS["random"], request=request_)


def test_threads_do_not_need_the_library_that_limits_products(monkeypatch: pytest.MonkeyPatch) -> None:
    from countenance.audit import blas_threads

    expected = everything(compare_all(SETS["random"], request=Request(thresholds=THRESHOLDS)))
    monkeypatch.setattr(blas_threads, "threadpool_limits", None)
    assert everything(compare_all(SETS["random"], request=Request(thresholds=THRESHOLDS))) == expected
