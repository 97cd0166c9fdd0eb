"""What is kept of all comparisons: counts by pair of groups, by subject and by pair of subjects.

Rules kept here:

- Counts only; a subject is a number. Sums over pairs of subjects replace the pairs themselves.
- In one set each unordered comparison counts once. Tables by pair of groups are filled on both sides of the diagonal
  then, and the two entries of a pair of groups are the same comparisons.
- All of a pair of subjects' comparisons must reach ``Tally.add`` in one call, or Σc² would miss products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.pair_trials import PairTrials
from countenance.audit.photo_set import PreparedSets
from countenance.core.comparison import meets

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PairList:
    """Non-mated comparisons with their scores, highest first; equal scores by probe row, then reference row.

    Attributes:
        probe_row: Row in the probe set as it was given.
        reference_row: Row in the reference set as it was given.
        score: float64.
    """

    probe_row: IntArray = field(repr=False)
    reference_row: IntArray = field(repr=False)
    score: FloatNumbers = field(repr=False)

    def __len__(self) -> int:
        return int(self.score.size)


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdCounts:
    """Non-mated comparisons at or above thresholds; the last axis of every array is the threshold.

    Attributes:
        thresholds: Ascending, shape (t,).
        false_matches: By probe group and reference group, shape (g, g, t).
        squared: Σ over pairs of subjects of c_ij², same shape.
        times_trials: Σ over pairs of subjects of c_ij m_ij, same shape.
        probe_errors: By probe subject and reference group, shape (subjects, g, t).
        reference_errors: By reference subject and probe group, same shape; the same array for one set.
    """

    thresholds: FloatNumbers
    false_matches: IntArray = field(repr=False)
    squared: IntArray = field(repr=False)
    times_trials: IntArray = field(repr=False)
    probe_errors: IntArray = field(repr=False)
    reference_errors: IntArray = field(repr=False)


class Tally:
    """Adds up ``ThresholdCounts`` from comparisons in any order (but see the module's last rule)."""

    def __init__(self, sets: PreparedSets, thresholds: Sequence[float] | FloatNumbers) -> None:
        self._sets = sets
        self.thresholds = np.sort(np.asarray(thresholds, dtype=np.float64))
        groups, subjects, count = len(sets.groups), sets.subject_group.size, self.thresholds.size
        self._false_matches = np.zeros((groups, groups, count), dtype=np.int64)
        self._squared = np.zeros_like(self._false_matches)
        self._times_trials = np.zeros_like(self._false_matches)
        self._probe_errors = np.zeros((subjects, groups, count), dtype=np.int64)
        self._reference_errors = self._probe_errors if sets.one_set else np.zeros_like(self._probe_errors)

    def add(self, probe: IntArray, reference: IntArray, score: FloatNumbers) -> None:
        """Add non-mated comparisons.

        Args:
            probe: Positions in the sorted probe side.
            reference: Positions in the sorted reference side.
            score: Exact, or far enough from every threshold.
        """
        subjects = self._sets.subject_group.size
        pair = self._sets.probes.subject[probe] * subjects + self._sets.references.subject[reference]
        for at, threshold in enumerate(self.thresholds.tolist()):
            chosen = pair[meets(score, threshold)]
            if chosen.size:
                pairs, errors = np.unique(chosen, return_counts=True)
                self._add_pairs(at, *np.divmod(pairs, subjects), errors)

    def _add_pairs(self, at: int, probe: IntArray, reference: IntArray, errors: IntArray) -> None:
        group = self._sets.subject_group
        probe_group, reference_group = group[probe], group[reference]
        trials = self._sets.probes.photos_each[probe] * self._sets.references.photos_each[reference]
        where = (probe_group, reference_group)
        np.add.at(self._false_matches[:, :, at], where, errors)
        np.add.at(self._squared[:, :, at], where, errors * errors)
        np.add.at(self._times_trials[:, :, at], where, errors * trials)
        np.add.at(self._probe_errors[:, :, at], (probe, reference_group), errors)
        np.add.at(self._reference_errors[:, :, at], (reference, probe_group), errors)

    def counts(self) -> ThresholdCounts:
        """Return what was added so far."""
        return ThresholdCounts(
            thresholds=self.thresholds,
            false_matches=mirrored(self._false_matches, self._sets.one_set),
            squared=mirrored(self._squared, self._sets.one_set),
            times_trials=mirrored(self._times_trials, self._sets.one_set),
            probe_errors=self._probe_errors,
            reference_errors=self._reference_errors,
        )


def mirrored(table: IntArray, one_set: bool) -> IntArray:
    """Return a table by pair of groups with its lower triangle filled from the upper one, if it is of one set."""
    if not one_set:
        return table.copy()
    whole = table + table.swapaxes(0, 1)
    diagonal = np.arange(table.shape[0])
    whole[diagonal, diagonal] = table[diagonal, diagonal]
    return whole


@dataclass(frozen=True, slots=True, eq=False)
class MatedList:
    """Mated comparisons one by one, where there are no templates to score them from again.

    Attributes:
        subject: Subject code.
        score: float64.
    """

    subject: IntArray = field(repr=False)
    score: FloatNumbers = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class MatedCounts:
    """Mated comparisons.

    Attributes:
        trials: By subject, shape (subjects,).
        misses: By subject, below each threshold, shape (subjects, t).
        histogram: By group, over ``PairCounts.edges``, shape (g, bins).
        listed: Each of them, if the sets hold no templates; else None.
    """

    trials: IntArray = field(repr=False)
    misses: IntArray = field(repr=False)
    histogram: IntArray = field(repr=False)
    listed: MatedList | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """All comparisons of one set, or of probes and references.

    Attributes:
        sets: The sets' codes.
        non_mated: Comparisons by probe group and reference group, shape (g, g).
        histogram: Their scores over ``edges``, shape (g, g, bins).
        edges: Lower edges of the histograms' bins, ascending and evenly spaced; the first bin also holds what is
            below, the last what is above.
        trials: Non-mated comparisons made, by subject.
        at_thresholds: Counts at the thresholds asked for.
        mated: Mated comparisons, at the same thresholds.
        kept: Every non-mated comparison at or above the floor asked for; empty without one.
        kept_from: That floor, or infinity.
        highest: The highest non-mated comparisons.
    """

    sets: PreparedSets
    non_mated: IntArray
    histogram: IntArray = field(repr=False)
    edges: FloatNumbers = field(repr=False)
    trials: PairTrials = field(repr=False)
    at_thresholds: ThresholdCounts
    mated: MatedCounts
    kept: PairList
    kept_from: float
    highest: PairList


def non_mated_trials(sets: PreparedSets) -> IntArray:
    """Return the number of non-mated comparisons by probe group and reference group, shape (g, g)."""
    groups = len(sets.groups)
    probes = np.bincount(sets.probes.group, minlength=groups)
    references = np.bincount(sets.references.group, minlength=groups)
    trials = np.outer(probes, references)
    mated = np.zeros(groups, dtype=np.int64)
    np.add.at(mated, sets.subject_group, sets.probes.photos_each * sets.references.photos_each)
    diagonal = np.arange(groups)
    trials[diagonal, diagonal] -= mated
    if sets.one_set:
        trials[diagonal, diagonal] //= 2
    return trials
