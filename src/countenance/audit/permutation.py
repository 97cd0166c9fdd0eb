"""What a measure of group differences comes to when groups do not matter: labels shuffled among people.

Rules kept here:

- Whole people change groups, with all their photos; sizes of groups in people stay as they are.
- The p-value counts the observed labelling as one of the shuffles, so it is never zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from countenance.audit.pair_trials import SubjectPairTrials
from countenance.audit.subject_pairs import SubjectComparisons
from countenance.core.comparison import meets
from countenance.core.errors import AuditInputInvalid

FloatNumbers = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: A measure of (FMR within groups, FNMR by group).
Measure = Callable[[FloatNumbers, FloatNumbers], float]


@dataclass(frozen=True, slots=True)
class PermutationNull:
    """A measure beside what it would be without a difference between groups.

    Attributes:
        observed: With the labels as they are.
        mean: Over shuffles.
        upper: 95 % of shuffles are at or below it.
        p_value: Share of shuffles (the observed labelling among them) at or above the observed value.
        shuffles: Shuffles with a finite or infinite value.
        missing: Shuffles without one.
    """

    observed: float
    mean: float
    upper: float
    p_value: float
    shuffles: int
    missing: int


@dataclass(frozen=True, slots=True, eq=False)
class RateTables:
    """What rates by group are made of, by subject: enough to compute them for any labelling."""

    first: IntArray
    second: IntArray
    errors: IntArray
    photos: IntArray
    mated_trials: IntArray
    misses: IntArray
    groups: int
    trials: SubjectPairTrials | None = None

    def rates(self, group: IntArray, non_mated: FloatNumbers | None = None) -> tuple[FloatNumbers, FloatNumbers]:
        """Return FMR within groups and FNMR by group under a labelling of subjects; NaN without comparisons.

        Args:
            group: The labelling.
            non_mated: Comparisons within each group under it, if they are known from another threshold.
        """
        same = group[self.first] == group[self.second]
        errors = np.bincount(group[self.first[same]], weights=self.errors[same], minlength=self.groups)
        mated = np.bincount(group, weights=self.mated_trials, minlength=self.groups)
        misses = np.bincount(group, weights=self.misses, minlength=self.groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            return errors / (self._non_mated(group) if non_mated is None else non_mated), misses / mated

    def _non_mated(self, group: IntArray) -> FloatNumbers:
        """Return the comparisons within each group under a labelling of subjects."""
        if self.trials is not None:
            return np.asarray(self.trials.within_labelled([group], self.groups)[0])
        photos = np.bincount(group, weights=self.photos, minlength=self.groups)
        squares = np.bincount(group, weights=self.photos.astype(np.float64) ** 2, minlength=self.groups)
        return np.asarray((photos**2 - squares) / 2.0)


def rate_tables(comparisons: SubjectComparisons, threshold: float) -> RateTables:
    """Return the tables of one set at a threshold.

    Raises:
        AuditInputInvalid: The threshold is below the kept comparisons.
    """
    if threshold < comparisons.kept_from:
        raise AuditInputInvalid(
            f"Comparisons were kept from {comparisons.kept_from:.3f}; {threshold:.3f} is below.",
            remedy="Keep comparisons from a lower similarity.",
        )
    subjects = comparisons.group.size
    match = meets(comparisons.score, threshold)
    keys, errors = np.unique(comparisons.first[match] * subjects + comparisons.second[match], return_counts=True)
    first, second = np.divmod(keys, subjects)
    missed = ~meets(comparisons.mated_score, threshold)
    return RateTables(
        first=first,
        second=second,
        errors=errors,
        photos=comparisons.photos,
        mated_trials=np.bincount(comparisons.mated_subject, minlength=subjects),
        misses=np.bincount(comparisons.mated_subject[missed], minlength=subjects),
        groups=len(comparisons.groups),
        trials=comparisons.trials,
    )


def permutation_null(
    tables: RateTables, group: IntArray, measure: Measure, *, shuffles: int, generator: np.random.Generator
) -> PermutationNull:
    """Return a measure with its distribution over shuffles of the subjects' groups.

    Args:
        tables: From ``rate_tables``.
        group: Group of each subject.
        measure: Larger is further from parity.
        shuffles: Number of shuffles.
        generator: Source of chance.
    """
    observed = measure(*tables.rates(group))
    return null_of(observed, np.array([measure(*tables.rates(generator.permutation(group))) for _ in range(shuffles)]))


def null_of(observed: float, values: FloatNumbers) -> PermutationNull:
    """Return an observed value beside those of shuffles; NaN stands for a shuffle without one."""
    shuffles = values.size
    present = values[~np.isnan(values)]
    if math.isnan(observed) or not present.size:
        return PermutationNull(observed, math.nan, math.nan, math.nan, int(present.size), int(shuffles - present.size))
    above = int(np.count_nonzero(present >= observed))
    return PermutationNull(
        observed=observed,
        mean=float(present.mean()),
        upper=float(np.quantile(present, 0.95, method="higher")),
        p_value=(above + 1) / (present.size + 1),
        shuffles=int(present.size),
        missing=int(shuffles - present.size),
    )
