"""Which comparisons were made: by group, by person, and by pair of people where not every photo met every other.

Rules kept here:

- A comparison of all photos is *complete*: its numbers follow from photos a person. A file of scores may hold any part
  of it; its numbers are counted.
- Sums of whole numbers in float64 are exact below 2^53 whatever their order, so results are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.photo_set import PreparedSets

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]

#: Cells of the square table of pairs of people worked on at a time (8 bytes each: 200 MB).
_CELLS_PER_STEP = 25_000_000
#: Share of the square table's cells below which going through the list of pairs is quicker than matrix products.
_SPARSE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class PairTrials:
    """Non-mated comparisons made.

    Attributes:
        squared: Σ over pairs of subjects of m_ij² by probe group and reference group, shape (g, g); of one set each
            pair of subjects once, filled on both sides of the diagonal.
        probe: By probe subject and reference group, shape (subjects, g); of one set, with whoever is in the group.
        reference: By reference subject and probe group, same shape; the same array for one set.
        pairs: The pairs of subjects of an incomplete comparison of one set; None if it is complete or of two sets.
    """

    squared: FloatNumbers = field(repr=False)
    probe: IntArray = field(repr=False)
    reference: IntArray = field(repr=False)
    pairs: SubjectPairTrials | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class SubjectPairTrials:
    """Non-mated comparisons by unordered pair of subjects.

    Attributes:
        subjects: Number of people.
        first: Subject code.
        second: The other subject's code.
        trials: Comparisons of the two.
    """

    subjects: int
    first: IntArray = field(repr=False)
    second: IntArray = field(repr=False)
    trials: IntArray = field(repr=False)

    def weighted(self, weights: FloatNumbers) -> FloatNumbers:
        """Return Σ m_ij w_i w_j for each row of weights, shape (rows, subjects) in, (rows,) out."""
        if self.trials.size < _SPARSE * self.subjects**2:
            rows = [float(self.trials @ (row[self.first] * row[self.second])) for row in weights]
            return np.asarray(rows, dtype=np.float64)
        total = np.zeros(len(weights))
        step = max(1, _CELLS_PER_STEP // self.subjects)
        for start in range(0, self.subjects, step):
            inside = (self.first >= start) & (self.first < start + step)
            part = np.zeros((min(step, self.subjects - start), self.subjects))
            part[self.first[inside] - start, self.second[inside]] = self.trials[inside]
            total += np.einsum("rs,rs->r", weights[:, start : start + step] @ part, weights)
        return total

    def within(self, weights: FloatNumbers, group: IntArray, groups: int) -> FloatNumbers:
        """Return the same of pairs within each group, shape (rows, groups)."""
        own = [self.weighted(weights * (group == code)) for code in range(groups)]
        return np.stack(own, axis=1)

    def within_labelled(self, labellings: Sequence[IntArray], groups: int) -> FloatNumbers:
        """Return the comparisons within each group under each labelling of the people, shape (labellings, groups)."""
        step = max(1, _CELLS_PER_STEP // (self.subjects * groups))
        parts = (
            np.stack(
                [
                    (labels == code).astype(np.float64)
                    for labels in labellings[start : start + step]
                    for code in range(groups)
                ]
            )
            for start in range(0, len(labellings), step)
        )
        return np.concatenate([self.weighted(part) for part in parts]).reshape(len(labellings), groups)


def complete_trials(sets: PreparedSets) -> PairTrials:
    """Return the comparisons of every photo with every other photo, or of every probe with every reference."""
    probe = _side(sets, sets.probes.photos_each, sets.references.photos_each)
    return PairTrials(
        squared=_squared(sets),
        probe=probe,
        reference=probe if sets.one_set else _side(sets, sets.references.photos_each, sets.probes.photos_each),
    )


def _side(sets: PreparedSets, own: IntArray, other: IntArray) -> IntArray:
    groups, group = len(sets.groups), sets.subject_group
    photos = np.zeros(groups, dtype=np.int64)
    np.add.at(photos, group, other)
    met = np.tile(photos, (group.size, 1))
    met[np.arange(group.size), group] -= other
    return np.asarray(own[:, None] * met)


def _squared(sets: PreparedSets) -> FloatNumbers:
    groups, group = len(sets.groups), sets.subject_group
    probes = np.bincount(group, weights=sets.probes.photos_each.astype(np.float64) ** 2, minlength=groups)
    references = np.bincount(group, weights=sets.references.photos_each.astype(np.float64) ** 2, minlength=groups)
    mates = (sets.probes.photos_each * sets.references.photos_each).astype(np.float64) ** 2
    squared: FloatNumbers = np.multiply.outer(probes, references).astype(np.float64)
    own = np.arange(groups)
    squared[own, own] -= np.bincount(group, weights=mates, minlength=groups)
    if sets.one_set:
        squared[own, own] = squared[own, own] / 2.0
    return squared
