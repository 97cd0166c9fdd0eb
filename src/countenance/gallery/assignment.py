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

from collections import Counter
from collections.abc import Collection, Sequence
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

    # One column a contested subject, then one column a face: its best candidate whom no other face competes for (listed
    # nowhere else, or exempt), or nobody. Weaker candidates of that kind can never be better for the total.
    weights = [[0] * (len(contested) + len(faces)) for _ in faces]
    choices: list[dict[int, Candidate]] = [{} for _ in faces]
    one_step = _weight_of(faces, threshold_value)
    for number, face in enumerate(faces):
        for candidate in face.candidates:
            at = column.get(candidate.subject, len(contested) + number)
            if at not in choices[number]:
                choices[number][at] = candidate
                weights[number][at] = one_step(candidate)
    columns = heaviest_assignment(weights)
    assigned = [choices[number].get(at) for number, at in enumerate(columns)]
    holder = {
        candidate.subject: (number, candidate)
        for number, candidate in enumerate(assigned)
        if candidate is not None and candidate.subject not in exempt
    }
    return tuple(_left_for(number, face, assigned[number], holder) for number, face in enumerate(faces))
