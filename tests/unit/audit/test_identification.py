"""Open-set searches against a loop over people, and growth with the gallery against drawn and enumerated galleries."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from countenance.audit.identification import (
    false_negative_identification,
    false_positive_growth,
    false_positive_identification,
    rank_hit_rates,
    selectivity,
)
from countenance.audit.photo_set import PhotoSet
from countenance.audit.search_outcomes import SearchOutcomes, chance_of_any, search_all
from countenance.core.errors import AuditInputInvalid

THRESHOLDS = (0.35, 0.5)


def photo_set(seed: int, photos: int, people: range) -> PhotoSet:
    rng = np.random.default_rng(seed)
    subject = np.concatenate([np.array(people), rng.choice(np.array(people), photos - len(people))])
    vectors = np.random.default_rng(1).normal(size=(200, 12))[subject] + 0.6 * rng.normal(size=(photos, 12)) + 0.2
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = rng.permutation(photos)
    return PhotoSet(
        vectors[order].astype(np.float32), [f"s{s}" for s in subject[order]], [f"g{s % 2}" for s in subject[order]]
    )


PROBES, GALLERY = photo_set(0, 40, range(30)), photo_set(4, 60, range(15, 45))


def slow_search(at: int) -> tuple[dict[str, float], float | None]:
    """Return the best similarity of every other person in the gallery, and the mate's."""
    best: dict[str, float] = {}
    for reference, person in enumerate(GALLERY.subjects):
        score = math.fsum(
            float(a) * float(b) for a, b in zip(PROBES.vectors[at], GALLERY.vectors[reference], strict=True)
        )
        best[person] = max(best.get(person, -2.0), score)
    mate = best.pop(PROBES.subjects[at], None)
    return best, mate


@pytest.mark.parametrize("taken_out", [False, True])
def test_outcomes_equal_a_loop_over_people(taken_out: bool) -> None:
    found = search_all(PROBES, GALLERY, THRESHOLDS, take_mates_out=taken_out)
    assert found.enrolled == 30
    for at in range(len(PROBES.subjects)):
        best, mate = slow_search(at)
        assert found.mated[at] == (mate is not None)
        assert found.non_mated[at] == (taken_out or mate is None)
        assert found.others[at] == len(best)
        assert found.candidate_scores[at, : len(best)] == pytest.approx(sorted(best.values(), reverse=True))
        for t, threshold in enumerate(THRESHOLDS):
            for g in range(2):
                expected = sum(score >= threshold and int(name[1:]) % 2 == g for name, score in best.items())
                assert found.candidates[at, g, t] == expected
        if mate is not None:
            assert found.mate_score[at] == pytest.approx(mate)
            assert found.mate_rank[at] == 1 + sum(score >= mate for score in best.values())
        else:
            assert math.isnan(found.mate_score[at])
            assert found.mate_rank[at] == 0


def test_rates_equal_a_loop_over_searches() -> None:
    found = search_all(PROBES, GALLERY, THRESHOLDS)
    false_positives = false_positive_identification(found)
    misses = false_negative_identification(found, rank=2)
    hits, all_hits = rank_hit_rates(found, rank=2)
    searches = [slow_search(at) for at in range(len(PROBES.subjects))]
    for t, threshold in enumerate(THRESHOLDS):
        non_mated = [best for best, mate in searches if mate is None]
        assert false_positives.overall[t].rate.trials == len(non_mated)
        assert false_positives.overall[t].rate.errors == sum(max(best.values()) >= threshold for best in non_mated)
        mated = [(best, mate) for best, mate in searches if mate is not None]
        missed = sum(mate < threshold or 1 + sum(s >= mate for s in best.values()) > 2 for best, mate in mated)
        assert misses.overall[t].rate.errors == missed
        assert misses.overall[t].rate.trials == len(mated)
        found_sel = selectivity(found, t)
        assert found_sel.candidates == sum(s >= threshold for best in non_mated for s in best.values())
        assert found_sel.low <= found_sel.estimate <= found_sel.high
        assert found_sel.estimate >= false_positives.overall[t].estimate
    assert all_hits.rate.errors == sum(
        1 + sum(s >= mate for s in best.values()) <= 2 for best, mate in searches if mate is not None
    )
    assert sum(hit.rate.errors for hit in hits) == all_hits.rate.errors
    assert sum(cell[0].rate.trials for cell in false_positives.cells) == false_positives.overall[0].rate.trials


def test_a_mate_tied_with_somebody_else_stands_behind() -> None:
    gallery = PhotoSet(np.eye(2, dtype=np.float32)[[0, 0, 1]], ["mate", "other", "third"], ["g"] * 3)
    probes = PhotoSet(np.eye(2, dtype=np.float32)[[0]], ["mate"], ["g"])
    assert search_all(probes, gallery, [0.5]).mate_rank.tolist() == [2]


def test_a_candidate_at_the_threshold_is_returned() -> None:
    vectors = np.array([[0.5, 0.5, 0.5, 0.5]], dtype=np.float32)
    gallery = PhotoSet(np.eye(4, dtype=np.float32), list("abcd"), ["g"] * 4)
    found = search_all(PhotoSet(vectors, ["x"], ["g"]), gallery, [0.5])
    assert found.candidates.sum() == 4


def test_chance_over_sub_galleries_equals_enumeration() -> None:
    for others, reached, enrolled in itertools.product([1, 5, 6], range(4), range(1, 6)):
        if reached > others or enrolled > others:
            continue
        galleries = list(itertools.combinations(range(others), enrolled))
        slow = sum(any(person < reached for person in gallery) for gallery in galleries) / len(galleries)
        fast = chance_of_any(np.array([reached]), np.array([others]), enrolled)
        assert fast[0] == pytest.approx(slow)


def test_growth_ends_at_the_measured_rate_and_starts_at_the_chance_of_one_person() -> None:
    found = search_all(PROBES, GALLERY, THRESHOLDS)
    first, *_, last = false_positive_growth(found, 0, [1, 5, 10, 30])
    assert last.measured.estimate == pytest.approx(false_positive_identification(found).overall[0].estimate)
    assert first.measured.estimate == pytest.approx(selectivity(found, 0).estimate / 30)
    assert first.binomial == pytest.approx(first.measured.estimate)


def test_independent_candidates_grow_as_the_binomial_model_and_clustered_ones_more_slowly() -> None:
    rng = np.random.default_rng(0)
    independent = synthetic(rng.random((400, 300)) < 0.005)
    wolves = synthetic((rng.random((400, 1)) < 0.1) & (rng.random((400, 300)) < 0.05))
    even = false_positive_growth(independent, 0, [100])[0]
    assert even.binomial == pytest.approx(even.measured.estimate, rel=0.1)
    uneven = false_positive_growth(wolves, 0, [100])[0]
    assert uneven.measured.estimate < 0.5 * uneven.binomial


def test_the_heterogeneous_model_knows_the_make_up_of_the_gallery() -> None:
    rng = np.random.default_rng(1)
    group = np.arange(300) % 2
    chance = np.where(group[None, :] == group[np.arange(300) % 2][:, None], 0.02, 0.001)
    found = synthetic(rng.random((300, 300)) < chance)
    point = false_positive_growth(found, 0, [50])[0]
    assert point.heterogeneous == pytest.approx(point.measured.estimate, rel=0.1)


def synthetic(hit: np.ndarray) -> SearchOutcomes:
    probes, people = hit.shape
    gallery_group = np.arange(people) % 2
    candidates = np.stack([hit[:, gallery_group == g].sum(axis=1) for g in range(2)], axis=1)[:, :, None]
    return SearchOutcomes(
        groups=("g0", "g1"),
        group=np.arange(probes) % 2,
        subject=np.arange(probes),
        mated=np.zeros(probes, dtype=bool),
        non_mated=np.ones(probes, dtype=bool),
        enrolled=people,
        gallery_group=gallery_group,
        others=np.full(probes, people),
        candidate_scores=-np.sort(-hit.astype(float), axis=1)[:, :20],
        thresholds=np.array([0.5]),
        candidates=candidates,
        mate_score=np.full(probes, np.nan),
        mate_rank=np.zeros(probes, dtype=int),
    )


def test_fpir_at_any_threshold_is_never_understated_when_the_kept_list_is_full() -> None:
    full = search_all(PROBES, GALLERY, THRESHOLDS)
    short = search_all(PROBES, GALLERY, THRESHOLDS, candidates_kept=2)
    for enrolled in (5, 30):
        for threshold in (0.2, 0.5, 0.9):
            assert short.false_positive_rate_at(threshold, enrolled) >= full.false_positive_rate_at(threshold, enrolled)
    assert full.false_positive_rate_at(0.5, 30) == false_positive_identification(full).overall[1].estimate


def test_nothing_is_said_about_a_larger_gallery_than_was_searched() -> None:
    found = search_all(PROBES, GALLERY, THRESHOLDS)
    with pytest.raises(AuditInputInvalid, match="not measured"):
        false_positive_growth(found, 0, [31])
    with pytest.raises(AuditInputInvalid, match="not measured"):
        false_positive_growth(found, 0, [0])


def test_growth_needs_people_who_are_not_enrolled() -> None:
    with pytest.raises(AuditInputInvalid, match="not enrolled"):
        false_positive_growth(search_all(GALLERY, GALLERY, [0.5]), 0, [5])


def test_ranks_start_at_one_and_thresholds_are_numbers() -> None:
    found = search_all(PROBES, GALLERY, THRESHOLDS)
    with pytest.raises(AuditInputInvalid, match="Rank 0"):
        rank_hit_rates(found, rank=0)
    with pytest.raises(AuditInputInvalid, match="not a number"):
        search_all(PROBES, GALLERY, [math.nan])


def test_progress_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from countenance.audit import search_outcomes

    whole = search_all(PROBES, GALLERY, THRESHOLDS)
    monkeypatch.setattr(search_outcomes, "SCORES_PER_BLOCK", 61)
    seen: list[tuple[int, int]] = []
    parts = search_all(PROBES, GALLERY, THRESHOLDS, progress=lambda done, total: seen.append((done, total)))
    assert np.array_equal(whole.candidates, parts.candidates)
    assert np.array_equal(whole.mate_rank, parts.mate_rank)
    assert seen[-1] == (40, 40)
    assert len(seen) == 40
