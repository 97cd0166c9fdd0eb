"""Counts from rows of scores against the comparison of all pairs, and against loops where not all were compared."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit import score_table
from countenance.audit.allpairs import Request, compare_all
from countenance.audit.bootstrap import draw_weights, replicate_rates
from countenance.audit.curves import det_curves, score_distributions
from countenance.audit.pair_counts import PairCounts, PairList
from countenance.audit.permutation import rate_tables
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import false_match_rates, false_non_match_rates
from countenance.audit.resampled_measures import weighted_rates
from countenance.audit.score_table import ScoreTable, count_scores
from countenance.audit.scores import pair_scores
from countenance.audit.subject_pairs import subject_comparisons
from countenance.audit.threshold_policy import TargetFalseMatchRate, choose_threshold
from countenance.audit.tile_scores import EDGES
from countenance.core.errors import AuditInputInvalid

THRESHOLDS = (0.5, 0.25, 0.3)
REQUEST = Request(thresholds=THRESHOLDS, keep_from=0.2, highest=7)


def photo_set(seed: int, photos: int, people: int, first: int = 0) -> PhotoSet:
    """Return templates of halves: every score is a multiple of 0.25, often on a threshold and always on an edge."""
    rng = np.random.default_rng(seed)
    vectors = np.zeros((photos, 24), dtype=np.float32)
    for row in vectors:
        row[rng.choice(24, 4, replace=False)] = rng.choice([-0.5, 0.5, 0.5], 4)
    subject = first + rng.integers(0, people, photos)
    return PhotoSet(vectors, [f"s{code:03}" for code in subject], [f"g{code % 3}" for code in subject])


def smooth_set(seed: int, photos: int = 50, people: int = 18) -> PhotoSet:
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, people, photos)
    vectors = rng.normal(size=(people, 16))[subject] + rng.normal(size=(photos, 16)) + 0.3
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PhotoSet(vectors.astype(np.float32), [f"s{s:03}" for s in subject], [f"g{s % 3}" for s in subject])


def groups_of(*sets: PhotoSet) -> dict[str, str]:
    return {s: g for photos in sets for s, g in zip(photos.subjects, photos.groups, strict=True)}


def scored(probes: PhotoSet, references: PhotoSet | None = None, seed: int = 0) -> ScoreTable:
    """Return every comparison as rows in a random order, of one set with the sides exchanged at random."""
    rng = np.random.default_rng(seed)
    other = probes if references is None else references
    rows, columns = np.indices((len(probes.subjects), len(other.subjects))).reshape(2, -1)
    if references is None:
        rows, columns = rows[rows < columns], columns[rows < columns]
        swapped = rng.random(rows.size) < 0.5
        rows, columns = np.where(swapped, columns, rows), np.where(swapped, rows, columns)
    order = rng.permutation(rows.size)
    rows, columns = rows[order].astype(np.int64), columns[order].astype(np.int64)
    return ScoreTable(
        probe_subjects=probes.subjects,
        reference_subjects=None if references is None else references.subjects,
        probe=rows.astype(np.int32),
        reference=columns.astype(np.int32),
        score=pair_scores(probes.vectors, other.vectors, rows, columns),
        edges=EDGES,
    )


def part_of(table: ScoreTable, keep: npt.NDArray[np.bool_]) -> ScoreTable:
    return ScoreTable(
        table.probe_subjects,
        table.reference_subjects,
        table.probe[keep],
        table.reference[keep],
        table.score[keep],
        table.edges,
    )


def listed(pairs: PairList) -> list[tuple[int, int, float]]:
    return list(zip(pairs.probe_row.tolist(), pairs.reference_row.tolist(), pairs.score.tolist(), strict=True))


def assert_equal(found: PairCounts, expected: PairCounts) -> None:
    for name in ("non_mated", "histogram", "edges"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    for name in ("thresholds", "false_matches", "squared", "times_trials", "probe_errors", "reference_errors"):
        assert np.array_equal(getattr(found.at_thresholds, name), getattr(expected.at_thresholds, name)), name
    for name in ("trials", "misses", "histogram"):
        assert np.array_equal(getattr(found.mated, name), getattr(expected.mated, name)), name
    for name in ("squared", "probe", "reference"):
        assert np.array_equal(getattr(found.trials, name), getattr(expected.trials, name)), name
    assert listed(found.kept) == listed(expected.kept)
    assert listed(found.highest) == listed(expected.highest)
    assert found.kept_from == expected.kept_from


SETS = [photo_set(0, 40, 15), photo_set(1, 30, 3000), photo_set(2, 40, 4), smooth_set(3)]


@pytest.mark.parametrize("at", range(len(SETS)))
@pytest.mark.parametrize("step", [4_000_000, 7])
def test_scores_of_one_set_come_to_the_counts_of_its_templates(
    at: int, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_table, "_ROWS_PER_STEP", step)
    photos = SETS[at]
    found, expected = count_scores(scored(photos), groups_of(photos), REQUEST), compare_all(photos, request=REQUEST)
    assert_equal(found, expected)
    assert found.trials.pairs is None
    assert false_match_rates(found) == false_match_rates(expected)
    assert false_non_match_rates(found) == false_non_match_rates(expected)
    for ours, theirs in zip(
        (*det_curves(found), *score_distributions(found)),
        (*det_curves(expected), *score_distributions(expected)),
        strict=True,
    ):
        assert repr(ours) == repr(theirs)
    first, second = subject_comparisons(found), subject_comparisons(expected)
    for name in ("group", "photos", "first", "second", "score"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    assert sorted(zip(first.mated_subject.tolist(), first.mated_score.tolist(), strict=True)) == sorted(
        zip(second.mated_subject.tolist(), second.mated_score.tolist(), strict=True)
    )


@pytest.mark.parametrize("first", [0, 7, 100])
def test_scores_of_two_sets_come_to_the_counts_of_their_templates(first: int) -> None:
    probes, references = photo_set(4, 30, 12), photo_set(5, 35, 14, first)
    found = count_scores(scored(probes, references), groups_of(probes, references), REQUEST)
    expected = compare_all(probes, references, REQUEST)
    assert_equal(found, expected)
    assert false_match_rates(found) == false_match_rates(expected)


def test_a_target_rate_sets_the_threshold_of_the_templates() -> None:
    photos = smooth_set(6, 120, 60)
    policy = TargetFalseMatchRate(0.02)
    found = choose_threshold(policy, count_scores(scored(photos), groups_of(photos), REQUEST))
    assert found == choose_threshold(policy, compare_all(photos, request=REQUEST))


@dataclass
class Cell:
    """Slow sums of one pair of subjects."""

    trials: int = 0
    errors: int = 0


@pytest.mark.parametrize("two_sets", [False, True])
def test_an_incomplete_comparison_is_counted_by_what_was_compared(two_sets: bool) -> None:
    probes = smooth_set(7)
    references = smooth_set(8) if two_sets else None
    whole = scored(probes, references)
    table = part_of(whole, np.random.default_rng(1).random(whole.score.size) < 0.3)
    groups = groups_of(probes, *([references] if references else []))
    found = count_scores(table, groups, REQUEST)
    names = found.sets.groups
    reference_subjects = references.subjects if references else probes.subjects
    cells: dict[tuple[str, str], Cell] = {}
    for probe, reference, score in zip(table.probe, table.reference, table.score, strict=True):
        pair = (probes.subjects[probe], reference_subjects[reference])
        if not two_sets:
            pair = (min(pair), max(pair))
        if pair[0] != pair[1]:
            cell = cells.setdefault(pair, Cell())
            cell.trials += 1
            cell.errors += score >= 0.25
    for g, h in itertools.product(range(len(names)), repeat=2):
        here = [
            cell
            for (a, b), cell in cells.items()
            if (groups[a], groups[b]) == (names[g], names[h])
            or (not two_sets and (groups[b], groups[a]) == (names[g], names[h]))
        ]
        assert found.non_mated[g, h] == sum(cell.trials for cell in here)
        assert found.at_thresholds.false_matches[g, h, 0] == sum(cell.errors for cell in here)
        assert found.at_thresholds.squared[g, h, 0] == sum(cell.errors**2 for cell in here)
        assert found.at_thresholds.times_trials[g, h, 0] == sum(cell.errors * cell.trials for cell in here)
        assert found.trials.squared[g, h] == sum(cell.trials**2 for cell in here)
    rates = false_match_rates(found).overall[0]
    assert rates.rate.errors == sum(cell.errors for cell in cells.values())
    assert rates.rate.trials == sum(cell.trials for cell in cells.values())
    assert 0.0 < rates.rate.low < rates.estimate < rates.rate.high < 1.0


@pytest.mark.parametrize(("cells", "sparse"), [(25_000_000, 0.01), (60, 0.01), (60, 2.0)])
def test_people_of_an_incomplete_comparison_are_resampled_by_what_was_compared(
    cells: int, sparse: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("countenance.audit.pair_trials._CELLS_PER_STEP", cells)
    monkeypatch.setattr("countenance.audit.pair_trials._SPARSE", sparse)
    photos = smooth_set(9)
    whole = scored(photos)
    table = part_of(whole, np.random.default_rng(2).random(whole.score.size) < 0.5)
    counts = count_scores(table, groups_of(photos), REQUEST)
    comparisons = subject_comparisons(counts)
    assert comparisons.trials is not None
    weights = draw_weights(comparisons.group.size, 5, np.random.default_rng(3))
    found = replicate_rates(comparisons, weights, threshold=0.25)
    codes = {name: code for code, name in enumerate(sorted(groups_of(photos), key=lambda s: (groups_of(photos)[s], s)))}
    for at, weight in enumerate(weights):
        errors = trials = 0.0
        for probe, reference, score in zip(table.probe, table.reference, table.score, strict=True):
            first, second = codes[photos.subjects[probe]], codes[photos.subjects[reference]]
            if first != second:
                trials += weight[first] * weight[second]
                errors += weight[first] * weight[second] * (score >= 0.25)
        assert found.overall[at] == pytest.approx(errors / trials)
    tables, expected = rate_tables(comparisons, 0.25), [cell.estimate for cell in false_match_rates(counts).within(0)]
    assert tables.rates(comparisons.group)[0] == pytest.approx(expected)
    labellings = [comparisons.group, np.random.default_rng(4).permutation(comparisons.group)]
    known = comparisons.trials.within_labelled(labellings, 3)
    for labels, trials in zip(labellings, known, strict=True):
        assert np.array_equal(tables.rates(labels, trials)[0], tables.rates(labels)[0])
    drawn, _ = weighted_rates(tables, comparisons.group, weights)
    assert drawn == pytest.approx(found.within, nan_ok=True)
    assert np.array_equal(
        drawn,
        weighted_rates(tables, comparisons.group, weights, comparisons.trials.within(weights, comparisons.group, 3))[0],
        equal_nan=True,
    )


def test_scores_on_any_scale_come_to_the_same_counts() -> None:
    photos = photo_set(0, 40, 15)
    table, stretched = scored(photos), 40.0
    other = ScoreTable(
        table.probe_subjects, None, table.probe, table.reference, table.score * stretched, EDGES * stretched
    )
    request = Request(thresholds=[value * stretched for value in THRESHOLDS], keep_from=0.2 * stretched, highest=7)
    plain = count_scores(table, groups_of(photos), REQUEST)
    found = count_scores(other, groups_of(photos), request)
    assert np.array_equal(found.at_thresholds.false_matches, plain.at_thresholds.false_matches)
    assert np.array_equal(found.histogram, plain.histogram)
    assert det_curves(found)[0].similarity == pytest.approx(det_curves(plain)[0].similarity * stretched)
    assert score_distributions(found)[0].mean == pytest.approx(score_distributions(plain)[0].mean * stretched)


def test_a_score_equal_to_the_threshold_is_a_match() -> None:
    table = ScoreTable(
        ["a", "b", "c"],
        None,
        np.array([0, 0, 1], dtype=np.int32),
        np.array([1, 2, 2], dtype=np.int32),
        np.array([80.0, np.nextafter(80.0, 0.0), 80.1]),
        np.arange(2001) / 20,
    )
    counts = count_scores(table, {"a": "x", "b": "x", "c": "x"}, Request(thresholds=(80.0,)))
    assert counts.at_thresholds.false_matches[0, 0, 0] == 2
    assert counts.histogram[0, 0, 1600] == 1
    assert counts.mated.trials.sum() == 0


def test_what_cannot_be_counted_is_refused() -> None:
    one = np.zeros(1, dtype=np.int32)
    alone = ScoreTable(["a", "a"], None, one, one + 1, np.ones(1), EDGES)
    with pytest.raises(AuditInputInvalid, match="No comparison is non-mated"):
        count_scores(alone, {"a": "x"}, Request())
    photos = SETS[0]
    table = scored(photos)
    with pytest.raises(AuditInputInvalid, match="not a number"):
        count_scores(table, groups_of(photos), Request(thresholds=(float("nan"),)))
    with pytest.raises(AuditInputInvalid, match="More than 5 non-mated"):
        count_scores(table, groups_of(photos), Request(keep_from=-1.0, kept_limit=5))
