"""One person once per photo, against trying every assignment there is."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.vocabulary import Candidate, CandidateList
from countenance.gallery.assignment import FaceCandidates, assign_each_subject_once, heaviest_assignment

THRESHOLD = 0.4


def face(**similarities: float) -> CandidateList:
    """Return the candidate list of a face, most similar first."""
    order = sorted(similarities, key=lambda subject: (-similarities[subject], subject))
    return CandidateList(
        candidates=tuple(Candidate(subject, f"r-{subject}", similarities[subject], 1) for subject in order),
        references_searched=9,
        subjects_searched=9,
        revision=1,
    )


def assigned(result: tuple[FaceCandidates, ...]) -> list[str | None]:
    return [each.assigned.subject if each.assigned else None for each in result]


def left(result: tuple[FaceCandidates, ...]) -> list[list[str]]:
    return [[candidate.subject for candidate in each.candidates] for each in result]


def every_assignment(faces: list[CandidateList], exempt: set[str]) -> Iterator[list[Candidate | None]]:
    """Yield every way to give each face one of its candidates or nobody, no subject twice unless exempt."""
    for choice in itertools.product(*[[None, *each.candidates] for each in faces]):
        once = [candidate.subject for candidate in choice if candidate is not None and candidate.subject not in exempt]
        if len(set(once)) == len(once):
            yield list(choice)


def worth(choice: list[Candidate | None], threshold: float) -> tuple[Fraction, int]:
    """Return the similarities' exact excess over the threshold, and how many faces are assigned."""
    chosen = [candidate for candidate in choice if candidate is not None]
    excess = (Fraction(candidate.similarity) - Fraction(threshold) for candidate in chosen)
    return sum(excess, Fraction(0)), len(chosen)


@given(
    weights=st.integers(0, 4).flatmap(
        lambda rows: st.integers(rows, 5).flatmap(
            lambda columns: st.lists(
                st.lists(st.integers(-3, 6), min_size=columns, max_size=columns), min_size=rows, max_size=rows
            )
        )
    )
)
def test_the_heaviest_assignment_weighs_as_much_as_the_best_permutation(weights: list[list[int]]) -> None:
    columns = heaviest_assignment(weights)
    assert len(set(columns)) == len(columns) == len(weights)
    best = max(
        sum(row[at] for row, at in zip(weights, choice, strict=True))
        for choice in itertools.permutations(range(len(weights[0]) if weights else 0), len(weights))
    )
    assert sum(row[at] for row, at in zip(weights, columns, strict=True)) == best


def heaviest_total(weights: list[list[int]]) -> int:
    """Return the greatest total by trying every column for every row, remembering the best of each set of columns."""
    best = {0: 0}
    for row in weights:
        following: dict[int, int] = {}
        for taken, total in best.items():
            for at, weight in enumerate(row):
                if not taken >> at & 1:
                    key = taken | 1 << at
                    following[key] = max(total + weight, following.get(key, total + weight))
        best = following
    return max(best.values())


@pytest.mark.parametrize("largest", [1, 3, 20, 10**30])
def test_the_heaviest_assignment_of_larger_tables_is_found(largest: int) -> None:
    rng = random.Random(largest)
    for _ in range(25):
        weights = [[rng.randint(0, largest) for _ in range(8)] for _ in range(7)]
        columns = heaviest_assignment(weights)
        assert len(set(columns)) == 7
        assert sum(row[at] for row, at in zip(weights, columns, strict=True)) == heaviest_total(weights)


SIMILARITIES = st.one_of(
    st.sampled_from([THRESHOLD, 0.5, 0.6, 1.0]), st.floats(THRESHOLD, 1.0), st.just(math.nextafter(0.5, 1.0))
)
FACES = st.lists(
    st.dictionaries(st.sampled_from(["ada", "bo", "cy", "di"]), SIMILARITIES, max_size=4).map(lambda d: face(**d)),
    max_size=4,
)


@given(faces=FACES, exempt=st.sets(st.sampled_from(["ada", "bo", "nobody"]), max_size=2))
def test_the_total_is_that_of_the_best_of_all_assignments(faces: list[CandidateList], exempt: set[str]) -> None:
    result = assign_each_subject_once(faces, threshold_value=THRESHOLD, exempt=exempt)
    choice = [each.assigned for each in result]
    assert choice in list(every_assignment(faces, exempt))
    assert worth(choice, THRESHOLD) == max(worth(each, THRESHOLD) for each in every_assignment(faces, exempt))


@given(
    faces=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=3).map(
            lambda d: face(**d)
        ),
        min_size=3,
        max_size=5,
    )
)
def test_of_equal_totals_one_with_more_faces_is_taken_but_never_a_smaller_total(faces: list[CandidateList]) -> None:
    choice = [each.assigned for each in assign_each_subject_once(faces, threshold_value=0.0)]
    assert worth(choice, 0.0) == max(worth(each, 0.0) for each in every_assignment(faces, set()))


@given(faces=FACES, exempt=st.sets(st.sampled_from(["ada", "bo"]), max_size=2))
def test_every_candidate_is_left_or_removed_with_a_reason(faces: list[CandidateList], exempt: set[str]) -> None:
    result = assign_each_subject_once(faces, threshold_value=THRESHOLD, exempt=exempt)
    names = assigned(result)
    assert len(result) == len(faces)
    for number, (given_face, each) in enumerate(zip(faces, result, strict=True)):
        removed = [entry.candidate for entry in each.removed]
        assert sorted([*each.candidates, *removed], key=given_face.candidates.index) == list(given_face.candidates)
        assert [c for c in given_face.candidates if c in each.candidates] == list(each.candidates)
        assert each.assigned is None or each.assigned in each.candidates
        elsewhere = {name for at, name in enumerate(names) if at != number} - exempt
        assert {candidate.subject for candidate in removed} == elsewhere & {c.subject for c in given_face.candidates}
        for entry in each.removed:
            holder = result[entry.assigned_to_face - 1].assigned
            assert holder is not None
            assert (holder.subject, holder.similarity) == (entry.candidate.subject, entry.similarity_there)


def test_a_subject_stays_with_the_face_it_resembles_more() -> None:
    result = assign_each_subject_once([face(ada=0.5), face(ada=0.9)], threshold_value=THRESHOLD)
    assert left(result) == [[], ["ada"]]
    assert assigned(result) == [None, "ada"]
    assert result[0].removed[0].reason == (
        "assigned to face 2 of the same photo, where the similarity is 0.900 (here 0.500)"
    )


def test_the_greatest_total_may_move_a_subject_to_the_face_it_resembles_less() -> None:
    # ada + nobody: 0.50 above the threshold; bo + ada: 0.35 + 0.45.
    result = assign_each_subject_once([face(ada=0.9, bo=0.75), face(ada=0.85)], threshold_value=THRESHOLD)
    assert assigned(result) == ["bo", "ada"]
    assert left(result) == [["bo"], ["ada"]]
    # A weak second choice does not: 0.01 + 0.45 is less.
    result = assign_each_subject_once([face(ada=0.9, bo=0.41), face(ada=0.85)], threshold_value=THRESHOLD)
    assert assigned(result) == ["ada", None]
    assert left(result) == [["ada", "bo"], []]


def test_subjects_nobody_is_assigned_stay_in_every_list() -> None:
    result = assign_each_subject_once([face(ada=0.9, cy=0.45), face(bo=0.8, cy=0.5)], threshold_value=THRESHOLD)
    assert assigned(result) == ["ada", "bo"]
    assert left(result) == [["ada", "cy"], ["bo", "cy"]]
    assert all(each.removed == () for each in result)


def test_exempt_subjects_may_be_on_several_faces() -> None:
    faces = [face(twin=0.9, bo=0.6), face(twin=0.8), face(bo=0.5)]
    assert assigned(assign_each_subject_once(faces, threshold_value=THRESHOLD)) == ["bo", "twin", None]
    result = assign_each_subject_once(faces, threshold_value=THRESHOLD, exempt=["twin"])
    assert assigned(result) == ["twin", "twin", "bo"]
    assert left(result) == [["twin"], ["twin"], ["bo"]]


def test_a_similarity_at_the_threshold_is_assigned() -> None:
    assert assigned(assign_each_subject_once([face(ada=THRESHOLD)], threshold_value=THRESHOLD)) == ["ada"]


def test_the_last_bit_decides() -> None:
    more = math.nextafter(0.7, 1.0)
    assert assigned(assign_each_subject_once([face(ada=0.7), face(ada=more)], threshold_value=THRESHOLD)) == [
        None,
        "ada",
    ]
    assert assigned(assign_each_subject_once([face(ada=more), face(ada=0.7)], threshold_value=THRESHOLD)) == [
        "ada",
        None,
    ]


def test_a_photo_of_a_crowd_is_assigned_at_once() -> None:
    # Every face lists the same 60 people, in another order of similarity: 80 faces × 60 subjects.
    crowd = [face(**{f"s{s}": 0.5 + ((s * 37 + number * 61) % 101) / 250 for s in range(60)}) for number in range(80)]
    names = [name for name in assigned(assign_each_subject_once(crowd, threshold_value=THRESHOLD)) if name]
    assert len(names) == len(set(names)) == 60


def test_no_faces_and_faces_without_candidates_are_results_too() -> None:
    assert assign_each_subject_once([], threshold_value=THRESHOLD) == ()
    empty = FaceCandidates(assigned=None, candidates=(), removed=())
    assert assign_each_subject_once([face(), face()], threshold_value=THRESHOLD) == (empty, empty)


def test_lists_that_cannot_come_from_one_search_are_refused() -> None:
    with pytest.raises(ValueError, match="below the threshold"):
        assign_each_subject_once([face(ada=0.39)], threshold_value=THRESHOLD)
    twice = CandidateList(face(ada=0.5).candidates * 2, references_searched=1, subjects_searched=1, revision=1)
    with pytest.raises(ValueError, match="once"):
        assign_each_subject_once([twice], threshold_value=THRESHOLD)
    with pytest.raises(ValueError, match="finite"):
        assign_each_subject_once([face()], threshold_value=-math.inf)
