"""One person once per photo: who is where, when the candidate lists of several faces name the same people.

Rules kept here:

- A subject is assigned to at most one face of a photo and a face gets at most one subject, so that the similarities
  above the threshold add up to as much as possible; of equal totals, one that assigns more faces is taken. The result
  is optimal and the arithmetic exact (whole numbers), so no tolerance decides.
- Nothing disappears silently: a candidate taken out of a face's list is returned with the reason.
- The rule is false for some people. Exempt subjects (a twin enrolled once for both, somebody also shown on a poster
  in the picture) may be on several faces and are never taken out.
- Only listed candidates take part. A list that was cut off at its limit is not known any further down.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from countenance.core.comparison import meets
from countenance.core.vocabulary import Candidate, CandidateList


@dataclass(frozen=True, slots=True)
class RemovedCandidate:
    """A candidate taken out of a face's list because the subject was assigned to another face of the photo.

    Attributes:
        candidate: The entry as it was.
        assigned_to_face: Number of the other face, from 1.
        similarity_there: The subject's similarity to that face. It may be lower than here: the total decides.
    """

    candidate: Candidate
    assigned_to_face: int
    similarity_there: float

    @property
    def reason(self) -> str:
        """Return one sentence in words; it names no subject."""
        return (
            f"assigned to face {self.assigned_to_face} of the same photo, where the similarity is "
            f"{self.similarity_there:.3f} (here {self.candidate.similarity:.3f})"
        )


@dataclass(frozen=True, slots=True)
class FaceCandidates:
    """What is left for one face of a photo under "one person once".

    Attributes:
        assigned: The candidate this face was assigned, or None if none is left for it.
        candidates: The candidates left, most similar first; the assigned one is among them.
        removed: Those taken out, in the same order.
    """

    assigned: Candidate | None
    candidates: tuple[Candidate, ...]
    removed: tuple[RemovedCandidate, ...]


def assign_each_subject_once(
    faces: Sequence[CandidateList], *, threshold_value: float, exempt: Collection[str] = ()
) -> tuple[FaceCandidates, ...]:
    """Return, for each face of one photo, the candidates left when nobody is in the photo twice.

    Args:
        faces: Candidate lists of the faces, searched with one threshold.
        threshold_value: That threshold. What a similarity exceeds it by is what the assignment adds up.
        exempt: Subjects who may be on several faces.

    Raises:
        ValueError: A candidate is below the threshold, or a list names a subject twice.
    """
    exempt = frozenset(exempt)
    for face in faces:
        _check(face.candidates, threshold_value)
    listed = Counter(candidate.subject for face in faces for candidate in face.candidates)
    contested = sorted(subject for subject, count in listed.items() if count > 1 and subject not in exempt)
    column = {subject: number for number, subject in enumerate(contested)}

    # One column a contested subject, then one column a face: the best of its candidates whom no other face competes
    # for (listed nowhere else, or exempt), or nobody. The weaker ones of that kind cannot make a greater total.
    weights = [[0] * (len(contested) + len(faces)) for _ in faces]
    choices: list[dict[int, Candidate]] = [{} for _ in faces]
    weight_of = _whole_weights(faces, threshold_value)
    for number, face in enumerate(faces):
        for candidate in face.candidates:
            at = column.get(candidate.subject, len(contested) + number)
            weight = weight_of[candidate.similarity]
            if weight > weights[number][at]:
                weights[number][at] = weight
                choices[number][at] = candidate
    assigned = [choices[number].get(at) for number, at in enumerate(heaviest_assignment(weights))]
    holders = {
        candidate.subject: (number, candidate.similarity)
        for number, candidate in enumerate(assigned)
        if candidate is not None and candidate.subject not in exempt
    }
    return tuple(_left_for(number, face, assigned[number], holders) for number, face in enumerate(faces))


def heaviest_assignment(weights: Sequence[Sequence[int]]) -> list[int]:
    """Return the column of each row, all different, so that the weights add up to the greatest total possible.

    Rows are brought in one at a time, each along the cheapest path that moves earlier rows to other columns; time
    grows with rows² × columns.

    Args:
        weights: One sequence a row, of equal length; at least as many columns as rows.

    Source: Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 1955, in the
    shortest-path form of Jonker and Volgenant, Computing 1987.
    """
    columns = range(len(weights[0]) if weights else 0)
    row_price = [0] * len(weights)
    column_price = [0] * len(columns)
    row_of: dict[int, int] = {}
    for new_row in range(len(weights)):
        # Dijkstra over columns: taking a column costs -weight less both prices, which is never negative once the new
        # row's price is set; it is a constant on all paths, so it is set last.
        length: dict[int, int] = {}
        came_from: dict[int, int | None] = {}
        settled: list[int] = []
        open_columns = set(columns)
        row, at, so_far = new_row, None, 0
        while True:
            for to in open_columns:
                through = so_far - weights[row][to] - row_price[row] - column_price[to]
                if to not in length or through < length[to]:
                    length[to], came_from[to] = through, at
            at = min(open_columns, key=lambda to: (length[to], to))
            so_far = length[at]
            if at not in row_of:
                break
            open_columns.remove(at)
            settled.append(at)
            row = row_of[at]

        row_price[new_row] += so_far
        for to in settled:
            row_price[row_of[to]] += so_far - length[to]
            column_price[to] -= so_far - length[to]
        _move_along(at, came_from, row_of, new_row)
    column_of = {row: to for to, row in row_of.items()}
    return [column_of[row] for row in range(len(weights))]


def _move_along(last: int, came_from: Mapping[int, int | None], row_of: dict[int, int], new_row: int) -> None:
    """Give each column on a path to ``last`` the row of the column before it, and the first one the new row."""
    before = came_from[last]
    while before is not None:
        row_of[last] = row_of[before]
        last, before = before, came_from[before]
    row_of[last] = new_row


def _check(candidates: Sequence[Candidate], threshold_value: float) -> None:
    if not math.isfinite(threshold_value):
        raise ValueError("the threshold of an assignment is a finite number")
    if not bool(meets(np.array([candidate.similarity for candidate in candidates]), threshold_value).all()):
        raise ValueError("a candidate is below the threshold the lists are said to be searched with")
    if len({candidate.subject for candidate in candidates}) < len(candidates):
        raise ValueError("a candidate list names a subject once")


def _whole_weights(faces: Sequence[CandidateList], threshold_value: float) -> dict[float, int]:
    """Return similarity → weight, in whole numbers proportional to its excess over the threshold, plus 1.

    The excess is first multiplied by more than the number of faces, so the ones that are added (one an assigned face)
    only decide between equal totals.
    """
    threshold = Fraction(threshold_value)
    excess = {
        candidate.similarity: Fraction(candidate.similarity) - threshold
        for face in faces
        for candidate in face.candidates
    }
    scale = math.lcm(*(value.denominator for value in excess.values())) * (len(faces) + 1)
    return {similarity: int(value * scale) + 1 for similarity, value in excess.items()}


def _left_for(
    number: int, face: CandidateList, assigned: Candidate | None, holders: Mapping[str, tuple[int, float]]
) -> FaceCandidates:
    left: list[Candidate] = []
    removed: list[RemovedCandidate] = []
    for candidate in face.candidates:
        holder, similarity_there = holders.get(candidate.subject, (number, candidate.similarity))
        if holder == number:
            left.append(candidate)
        else:
            removed.append(RemovedCandidate(candidate, holder + 1, similarity_there))
    return FaceCandidates(assigned=assigned, candidates=tuple(left), removed=tuple(removed))
