"""Counts from rows of scores of any system, where there are no templates: the tables ``allpairs`` makes.

Rules kept here:

- A comparison is a match if its score is at or above the threshold, exactly; scores are in the system's own units,
  higher is more alike.
- Comparisons need not be complete. What was compared is counted by pair of people, and rates, variances and resampling
  divide by that; given every comparison of a set, every count is the one ``allpairs.compare_all`` makes of it.
- One pass over rows sorted by pair of people: the r-th highest score of a pair adds r² - (r-1)² to its Σc².
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.allpairs import Request
from countenance.audit.pair_counts import MatedCounts, MatedList, PairCounts, PairList, ThresholdCounts, mirrored
from countenance.audit.pair_trials import PairTrials, SubjectPairTrials, complete_trials
from countenance.audit.photo_set import PhotoLabels, PreparedSets, SortedPhotos, prepare_labels
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]
FloatNumbers = npt.NDArray[np.float64]

#: Rows worked on at a time: some ten arrays of 8 bytes each, 320 MB.
_ROWS_PER_STEP = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """Comparisons with their scores, each once.

    Attributes:
        probe_subjects: Who is in each probe photo; of one set, in each photo.
        reference_subjects: Who is in each reference photo; None for one set.
        probe: Probe photo of each comparison, a position in ``probe_subjects``.
        reference: Reference photo, a position in ``reference_subjects``, or in ``probe_subjects`` for one set.
        score: Finite; higher is more alike.
        edges: Lower edges of the bins of histograms, ascending, evenly spaced.
    """

    probe_subjects: Sequence[str] = field(repr=False)
    reference_subjects: Sequence[str] | None = field(repr=False)
    probe: CodeArray = field(repr=False)
    reference: CodeArray = field(repr=False)
    score: FloatNumbers = field(repr=False)
    edges: FloatNumbers = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Comparisons by position in the sorted sides; of one set the earlier position first."""

    sets: PreparedSets
    probe: CodeArray
    reference: CodeArray
    score: FloatNumbers

    def subjects(self, chosen: IntArray | slice) -> tuple[IntArray, IntArray]:
        """Return the subject codes of chosen rows' probes and references."""
        return self.sets.probes.subject[self.probe[chosen]], self.sets.references.subject[self.reference[chosen]]


def prepare_table(table: ScoreTable, groups: Mapping[str, str]) -> PreparedSets:
    """Return the photos of a table coded and sorted, with a group for every subject.

    Raises:
        AuditInputInvalid: A label is empty or unclear.
        KeyError: A subject has no group.
    """

    def side(subjects: Sequence[str]) -> PhotoLabels:
        return PhotoLabels(subjects, [groups[subject] for subject in subjects])

    references = None if table.reference_subjects is None else side(table.reference_subjects)
    return prepare_labels(side(table.probe_subjects), references)


def count_scores(table: ScoreTable, groups: Mapping[str, str], request: Request) -> PairCounts:
    """Return the counts of a table's comparisons.

    Args:
        table: The comparisons.
        groups: Group of every subject.
        request: Thresholds, floor, number of highest pairs and limit, in the table's units; how to go about it is
            ignored.

    Raises:
        AuditInputInvalid: A threshold is not a number, no comparison is non-mated, or more comparisons reach the floor
            than the limit allows.
    """
    similarities = [*request.thresholds, *([] if request.keep_from is None else [request.keep_from])]
    if not all(np.isfinite(value) for value in similarities):
        raise AuditInputInvalid("A threshold is not a number.", remedy="Give scores on the scale of the file.")
    sets = prepare_table(table, groups)
    rows = _positions(table, sets)
    thresholds = np.sort(np.asarray(request.thresholds, dtype=np.float64))
    probe, reference = rows.subjects(slice(None))
    mated_rows, other_rows = np.flatnonzero(probe == reference), np.flatnonzero(probe != reference)
    if not other_rows.size:
        raise AuditInputInvalid(
            "No comparison is non-mated: every row compares photos of one person.",
            remedy="Add comparisons of different people, or check who is named as the subject of which photo.",
        )
    pairs = _PairSums(sets, thresholds)
    keys = probe * sets.subject_group.size + reference
    del probe, reference
    pairs.add(keys[other_rows], rows.score[other_rows])
    kept, highest = _listed_pairs(rows, other_rows, request)
    return PairCounts(
        sets=sets,
        non_mated=mirrored(pairs.non_mated, sets.one_set),
        histogram=_histogram(rows, other_rows, table.edges),
        edges=table.edges,
        trials=pairs.trials(),
        at_thresholds=pairs.counts(),
        mated=_mated(rows, mated_rows, thresholds, table.edges),
        kept=kept,
        kept_from=np.inf if request.keep_from is None else request.keep_from,
        highest=highest,
    )


def _positions(table: ScoreTable, sets: PreparedSets) -> _Rows:
    def place(side: SortedPhotos) -> CodeArray:
        position = np.empty(side.row.size, dtype=np.int32)
        position[side.row] = np.arange(side.row.size, dtype=np.int32)
        return position

    probe, reference = place(sets.probes)[table.probe], place(sets.references)[table.reference]
    if sets.one_set:
        probe, reference = np.minimum(probe, reference), np.maximum(probe, reference)
    return _Rows(sets, probe, reference, table.score)


class _PairSums:
    """Sums over pairs of subjects, from their comparisons."""

    def __init__(self, sets: PreparedSets, thresholds: FloatNumbers) -> None:
        self._sets, self._thresholds = sets, thresholds
        groups, subjects, levels = len(sets.groups), sets.subject_group.size, thresholds.size + 1
        self.non_mated = np.zeros((groups, groups), dtype=np.int64)
        self._trials_squared = np.zeros((groups, groups), dtype=np.int64)
        self._tables = [np.zeros((groups, groups, levels), dtype=np.int64) for _ in range(3)]
        self._probe_errors = np.zeros((subjects, groups, levels), dtype=np.int64)
        self._reference_errors = self._probe_errors if sets.one_set else np.zeros_like(self._probe_errors)
        self._probe_trials = np.zeros((subjects, groups), dtype=np.int64)
        self._reference_trials = self._probe_trials if sets.one_set else np.zeros_like(self._probe_trials)
        self._pairs: list[tuple[IntArray, IntArray]] = []

    def add(self, pair: IntArray, score: FloatNumbers) -> None:
        """Add all non-mated comparisons, by pair of subjects (probe subject · subjects + reference subject)."""
        levels = self._thresholds.size + 1
        # Sorted by pair, then from the highest level down: level k is at or above the k lowest thresholds.
        key = pair * levels + (levels - 1 - np.searchsorted(self._thresholds, score, side="right"))
        key.sort()
        for part in _whole_pairs(key, levels):
            pairs, lowered = np.divmod(part, levels)
            self._add_sorted(pairs, levels - 1 - lowered)

    def _add_sorted(self, pair: IntArray, level: IntArray) -> None:
        starts = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
        trials = np.diff(np.append(starts, pair.size))
        rank = np.arange(1, pair.size + 1) - np.repeat(starts, trials)
        subjects, group = self._sets.subject_group.size, self._sets.subject_group
        probe, reference = np.divmod(pair[starts], subjects)
        cell = (group[probe], group[reference])
        np.add.at(self.non_mated, cell, trials)
        np.add.at(self._trials_squared, cell, trials * trials)
        np.add.at(self._probe_trials, (probe, group[reference]), trials)
        np.add.at(self._reference_trials, (reference, group[probe]), trials)
        self._pairs.append((pair[starts], trials))
        whole = (*(np.repeat(side, trials) for side in cell), level)
        amounts = (np.ones_like(rank), 2 * rank - 1, np.repeat(trials, trials))
        for table, amount in zip(self._tables, amounts, strict=True):
            np.add.at(table, whole, amount)
        reached = np.flatnonzero(level)
        who, whom = np.divmod(pair[reached], subjects)
        np.add.at(self._probe_errors, (who, group[whom], level[reached]), 1)
        np.add.at(self._reference_errors, (whom, group[who], level[reached]), 1)

    def counts(self) -> ThresholdCounts:
        """Return the sums at every threshold."""
        one_set = self._sets.one_set
        false_matches, squared, times_trials = (mirrored(_at_or_above(table), one_set) for table in self._tables)
        probe_errors = _at_or_above(self._probe_errors)
        return ThresholdCounts(
            thresholds=self._thresholds,
            false_matches=false_matches,
            squared=squared,
            times_trials=times_trials,
            probe_errors=probe_errors,
            reference_errors=probe_errors if one_set else _at_or_above(self._reference_errors),
        )

    def trials(self) -> PairTrials:
        """Return which comparisons were made."""
        complete = complete_trials(self._sets)
        if np.array_equal(self._probe_trials, complete.probe):
            return complete
        pairs = None
        if self._sets.one_set:
            subjects = self._sets.subject_group.size
            first, second = np.divmod(np.concatenate([part[0] for part in self._pairs]), subjects)
            pairs = SubjectPairTrials(subjects, first, second, np.concatenate([part[1] for part in self._pairs]))
        return PairTrials(
            squared=mirrored(self._trials_squared, self._sets.one_set).astype(np.float64),
            probe=self._probe_trials,
            reference=self._reference_trials,
            pairs=pairs,
        )


def _at_or_above(table: IntArray) -> IntArray:
    """Return counts at or above each threshold from counts by level; level 0 is below all."""
    return np.ascontiguousarray(np.cumsum(table[..., ::-1], axis=-1)[..., ::-1][..., 1:])


def _whole_pairs(key: IntArray, levels: int) -> Iterator[IntArray]:
    """Yield parts of sorted keys that end where a pair of subjects ends."""
    start = 0
    while start < key.size:
        stop = start + _ROWS_PER_STEP
        if stop < key.size:
            stop = int(np.searchsorted(key, (key[stop] // levels + 1) * levels))
        yield key[start:stop]
        start = stop


def _steps(rows: IntArray) -> Iterator[IntArray]:
    for start in range(0, rows.size, _ROWS_PER_STEP):
        yield rows[start : start + _ROWS_PER_STEP]


def bins_of(score: FloatNumbers, edges: FloatNumbers) -> IntArray:
    """Return the bin of each score: the last whose lower edge it reaches, the first if it reaches none."""
    return np.maximum(np.searchsorted(edges, score, side="right") - 1, 0)


def _histogram(rows: _Rows, chosen: IntArray, edges: FloatNumbers) -> IntArray:
    groups = len(rows.sets.groups)
    table = np.zeros(groups * groups * edges.size, dtype=np.int64)
    for part in _steps(chosen):
        probe, reference = (rows.sets.subject_group[side] for side in rows.subjects(part))
        cell = (probe * groups + reference) * edges.size + bins_of(rows.score[part], edges)
        table += np.bincount(cell, minlength=table.size)
    return mirrored(table.reshape(groups, groups, edges.size), rows.sets.one_set)


def _mated(rows: _Rows, chosen: IntArray, thresholds: FloatNumbers, edges: FloatNumbers) -> MatedCounts:
    subjects = rows.sets.subject_group.size
    subject, score = rows.subjects(chosen)[0], rows.score[chosen]
    level = np.searchsorted(thresholds, score, side="right")
    by_level = np.zeros((subjects, thresholds.size + 1), dtype=np.int64)
    np.add.at(by_level, (subject, level), 1)
    histogram = np.zeros((len(rows.sets.groups), edges.size), dtype=np.int64)
    np.add.at(histogram, (rows.sets.subject_group[subject], bins_of(score, edges)), 1)
    return MatedCounts(
        trials=np.bincount(subject, minlength=subjects),
        misses=np.cumsum(by_level, axis=1)[:, :-1],
        histogram=histogram,
        listed=MatedList(subject, score),
    )


def _listed_pairs(rows: _Rows, chosen: IntArray, request: Request) -> tuple[PairList, PairList]:
    """Return the kept non-mated comparisons and the highest ones."""
    score = rows.score[chosen]
    kept = chosen[:0] if request.keep_from is None else chosen[score >= request.keep_from]
    if kept.size > request.kept_limit:
        raise AuditInputInvalid(
            f"More than {request.kept_limit:,} non-mated comparisons reach a score of {request.keep_from:g}.",
            remedy="Keep pairs from a higher score.",
        )
    count = min(request.highest, chosen.size)
    floor = np.partition(score, score.size - count)[score.size - count] if count else np.inf
    return _pair_list(rows, kept, None), _pair_list(rows, chosen[score >= floor], count)


def _pair_list(rows: _Rows, chosen: IntArray, most: int | None) -> PairList:
    order = chosen[np.lexsort((rows.reference[chosen], rows.probe[chosen], -rows.score[chosen]))][:most]
    return PairList(
        rows.sets.probes.row[rows.probe[order]], rows.sets.references.row[rows.reference[order]], rows.score[order]
    )
