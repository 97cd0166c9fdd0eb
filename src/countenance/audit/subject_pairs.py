"""The kept comparisons as a sparse table over pairs of people: what resampling people needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.mated_scores import mated_pairs
from countenance.audit.pair_counts import MatedList, PairCounts
from countenance.audit.pair_trials import SubjectPairTrials
from countenance.audit.photo_set import PreparedSets
from countenance.audit.scores import pair_scores
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SubjectComparisons:
    """Comparisons of one set by the people in them, highest first.

    Attributes:
        groups: Names of groups.
        group: Group of each subject, shape (subjects,).
        photos: Photos of each subject, shape (subjects,).
        first: Subject code of each kept non-mated comparison.
        second: The other subject's code.
        score: Their scores, not increasing.
        kept_from: Every non-mated comparison at or above this similarity is listed.
        mated_subject: Subject code of each mated comparison.
        mated_score: Their scores, not increasing.
        trials: Non-mated comparisons by pair of people; None if every photo was compared with every other.
    """

    groups: tuple[str, ...]
    group: IntArray = field(repr=False)
    photos: IntArray = field(repr=False)
    first: IntArray = field(repr=False)
    second: IntArray = field(repr=False)
    score: FloatNumbers = field(repr=False)
    kept_from: float
    mated_subject: IntArray = field(repr=False)
    mated_score: FloatNumbers = field(repr=False)
    trials: SubjectPairTrials | None = field(default=None, repr=False)


def subject_comparisons(counts: PairCounts) -> SubjectComparisons:
    """Return the kept comparisons of one set by subject.

    Raises:
        AuditInputInvalid: The counts are of two sets, or no comparison was kept.
    """
    sets = counts.sets
    if not sets.one_set or not np.isfinite(counts.kept_from):
        raise AuditInputInvalid(
            "Resampling people needs one set whose high comparisons were kept.",
            remedy="Compare a set with itself and give `keep_from` a similarity below the thresholds of interest.",
        )
    subject = np.empty(sets.probes.row.size, dtype=np.int64)
    subject[sets.probes.row] = sets.probes.subject
    mated = counts.mated.listed if counts.mated.listed is not None else _scored(sets)
    order = np.argsort(-mated.score, kind="stable")
    return SubjectComparisons(
        groups=sets.groups,
        group=sets.subject_group,
        photos=sets.probes.photos_each,
        first=subject[counts.kept.probe_row],
        second=subject[counts.kept.reference_row],
        score=counts.kept.score,
        kept_from=counts.kept_from,
        mated_subject=mated.subject[order],
        mated_score=mated.score[order],
        trials=counts.trials.pairs,
    )


def _scored(sets: PreparedSets) -> MatedList:
    """Return the mated comparisons of a set of templates."""
    blocks = [
        (sets.probes.subject[probe], pair_scores(sets.probes.vectors, sets.probes.vectors, probe, reference))
        for probe, reference in mated_pairs(sets)
    ]
    return MatedList(
        np.concatenate([np.empty(0, dtype=np.int64), *(block[0] for block in blocks)]),
        np.concatenate([np.empty(0), *(block[1] for block in blocks)]),
    )
