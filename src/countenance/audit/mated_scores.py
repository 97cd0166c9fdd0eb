"""Mated comparisons: few beside the non-mated ones, so each is scored exactly, one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from countenance.audit.pair_counts import MatedCounts
from countenance.audit.photo_set import PreparedSets
from countenance.audit.scores import pair_scores
from countenance.audit.tile_scores import BINS, EDGES
from countenance.core.comparison import meets

IntArray = npt.NDArray[np.int64]

#: Comparisons held at a time; a subject with more of them is one block.
_PER_BLOCK = 262_144


def mated_counts(sets: PreparedSets, thresholds: npt.NDArray[np.float64]) -> MatedCounts:
    """Return the mated comparisons of one set (each unordered pair once), or between probes and references."""
    subjects = sets.subject_group.size
    trials = np.zeros(subjects, dtype=np.int64)
    misses = np.zeros((subjects, thresholds.size), dtype=np.int64)
    histogram = np.zeros((len(sets.groups), BINS), dtype=np.int64)
    for probe, reference in mated_pairs(sets):
        score = pair_scores(sets.probes.vectors, sets.references.vectors, probe, reference)
        subject = sets.probes.subject[probe]
        trials += np.bincount(subject, minlength=subjects)
        for at, threshold in enumerate(thresholds.tolist()):
            misses[:, at] += np.bincount(subject[~meets(score, threshold)], minlength=subjects)
        bins = np.clip(np.searchsorted(EDGES, score, side="right") - 1, 0, BINS - 1)
        np.add.at(histogram, (sets.subject_group[subject], bins), 1)
    return MatedCounts(trials, misses, histogram)


def mated_pairs(sets: PreparedSets) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield blocks of mated comparisons as positions in the sorted probe and reference sides."""
    probe_start = np.cumsum(sets.probes.photos_each) - sets.probes.photos_each
    reference_start = np.cumsum(sets.references.photos_each) - sets.references.photos_each
    waiting: list[tuple[IntArray, IntArray]] = []
    held = 0
    # Most people have one of a few numbers of photos.
    shapes: dict[tuple[int, int], tuple[IntArray, IntArray]] = {}
    for subject in np.flatnonzero((sets.probes.photos_each > 0) & (sets.references.photos_each > 0)).tolist():
        rows, columns = int(sets.probes.photos_each[subject]), int(sets.references.photos_each[subject])
        if (rows, columns) not in shapes:
            every = np.triu_indices(rows, 1) if sets.one_set else np.indices((rows, columns)).reshape(2, -1)
            shapes[rows, columns] = (every[0], every[1])
        probe, reference = shapes[rows, columns]
        waiting.append((probe + probe_start[subject], reference + reference_start[subject]))
        held += probe.size
        if held >= _PER_BLOCK:
            yield _stacked(waiting)
            waiting, held = [], 0
    if held:
        yield _stacked(waiting)


def _stacked(parts: list[tuple[IntArray, IntArray]]) -> tuple[IntArray, IntArray]:
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
