"""False match rates between all groups, false non-match rates, failures to acquire, and what they come to together.

Rules kept here:

- FMR excludes failures to acquire; FAR and FRR fold them in, GFAR and GFRR also failures to enrol. A group whose photos
  fail most is not flattered by leaving them out.
- Every rate carries its clustered interval and its people. Within a group the cluster is the subject on either side,
  between groups the probe subject and the reference subject.

Source: definitions of ISO/IEC 19795-1 as in the metrics reference, section 1; variances as in ``intervals``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from countenance.audit.intervals import (
    ClusterSums,
    FloatNumbers,
    overlapping_sets_variance,
    two_way_variance,
    within_set_variance,
)
from countenance.audit.jackknife import log_rate_variance
from countenance.audit.measured_rate import MeasuredRate, complement, measured_rates, per_subject_rates, product_rate
from countenance.audit.pair_counts import PairCounts
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]

VERTEX = "Wilson, effective sample size from the variance clustered by subject"
TWO_WAY = "Wilson, effective sample size from the variance clustered by probe subject and reference subject"
BY_SUBJECT = "Wilson, effective sample size from the variance clustered by subject, each trial with one subject"
PRODUCT = "Wilson, effective sample size from the delta method over independent factors"


@dataclass(frozen=True, slots=True)
class FalseMatchRates:
    """False match rates at every threshold.

    Attributes:
        groups: Names of the groups.
        thresholds: Ascending similarities.
        cells: By probe group, reference group, threshold. Of one set, [g][h] and [h][g] are the same comparisons.
        overall: All groups together, by threshold.
    """

    groups: tuple[str, ...]
    thresholds: tuple[float, ...]
    cells: tuple[tuple[tuple[MeasuredRate, ...], ...], ...]
    overall: tuple[MeasuredRate, ...]

    def within(self, at: int) -> tuple[MeasuredRate, ...]:
        """Return each group's rate against itself at the threshold with position ``at``."""
        return tuple(row[own][at] for own, row in enumerate(self.cells))


@dataclass(frozen=True, slots=True)
class FalseNonMatchRates:
    """False non-match rates by group, then threshold, and overall."""

    groups: tuple[str, ...]
    thresholds: tuple[float, ...]
    cells: tuple[tuple[MeasuredRate, ...], ...]
    overall: tuple[MeasuredRate, ...]


@dataclass(frozen=True, slots=True)
class TransactionRates:
    """What one group meets in use: failures folded into the comparison rates.

    Attributes:
        fta: Attempts without a usable template / attempts.
        fte: People who could not be enrolled / people who tried.
        far: FMR·(1 - FTA).
        frr: FTA + FNMR·(1 - FTA).
        gfar: FAR·(1 - FTE).
        gfrr: FTE + (1 - FTE)·FRR.
    """

    fta: MeasuredRate
    fte: MeasuredRate
    far: MeasuredRate
    frr: MeasuredRate
    gfar: MeasuredRate
    gfrr: MeasuredRate


def false_match_rates(counts: PairCounts) -> FalseMatchRates:
    """Return FMR between all groups, within each and overall, at the thresholds that were counted."""
    groups = range(len(counts.sets.groups))
    return FalseMatchRates(
        groups=counts.sets.groups,
        thresholds=tuple(counts.at_thresholds.thresholds.tolist()),
        cells=tuple(tuple(_false_match_rate(counts, probe, reference) for reference in groups) for probe in groups),
        overall=_false_match_rate(counts, None, None),
    )


def _false_match_rate(
    counts: PairCounts, probe_group: int | None, reference_group: int | None
) -> tuple[MeasuredRate, ...]:
    """Return the rate of probes of one group (all when None) against references of one group, by threshold."""
    within = counts.sets.one_set and probe_group == reference_group
    probes = _side(counts, probe_group, reference_group, probe_side=True)
    references = _side(counts, reference_group, probe_group, probe_side=False)
    pairs = _pair_sums(counts, probe_group, reference_group)
    shared = probe_group == reference_group and bool(np.any((probes.trials > 0) & (references.trials > 0)))
    variance: FloatNumbers
    if pairs.trials == 0:
        variance = np.full(pairs.errors.shape, np.nan)
    elif within:
        variance = within_set_variance(probes.sums(), pairs)
    elif shared:
        both = ClusterSums.of(probes.errors + references.errors, probes.trials + references.trials)
        variance = overlapping_sets_variance(both, pairs)
    else:
        variance = two_way_variance(probes.sums(), references.sums(), pairs)
    subjects = int(min(np.count_nonzero(probes.trials), np.count_nonzero(references.trials)))
    errors, trials = (pairs.errors / 2, pairs.trials / 2) if within else (pairs.errors, pairs.trials)
    logarithm = None
    # Ratios compare rates within groups; of the cells between two groups nobody asks.
    if probe_group == reference_group:
        logarithm = log_rate_variance(probes.errors, probes.trials, errors, trials)
        if not within:
            # Both sides' people are left out, each in turn: of two sides the two variances add up.
            logarithm = logarithm + log_rate_variance(references.errors, references.trials, errors, trials)
    return measured_rates(
        errors,
        trials,
        variance,
        subjects=subjects,
        disjoint=subjects // 2 if within or shared else subjects,
        method=VERTEX if within else TWO_WAY,
        log_variance=logarithm,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Errors, shape (subjects, t), and trials, shape (subjects,), of one side's people."""

    errors: IntArray
    trials: IntArray

    def sums(self) -> ClusterSums:
        return ClusterSums.of(self.errors, self.trials)


def _people(counts: PairCounts, group: int | None) -> slice:
    """Return the subjects of a group: their codes follow the groups."""
    if group is None:
        return slice(None)
    first, last = np.searchsorted(counts.sets.subject_group, (group, group + 1))
    return slice(int(first), int(last))


def _side(counts: PairCounts, own_group: int | None, other_group: int | None, *, probe_side: bool) -> _Side:
    at, people = counts.at_thresholds, _people(counts, own_group)
    errors = (at.probe_errors if probe_side else at.reference_errors)[people]
    trials = (counts.trials.probe if probe_side else counts.trials.reference)[people]
    if other_group is None:
        return _Side(errors.sum(axis=1), trials.sum(axis=1))
    return _Side(errors[:, other_group], trials[:, other_group])


def _pair_sums(counts: PairCounts, probe_group: int | None, reference_group: int | None) -> ClusterSums:
    """Return sums over pairs (probe subject, other reference subject); of one set against itself, ordered pairs."""
    sets, at = counts.sets, counts.at_thresholds

    def total(table: IntArray | FloatNumbers) -> IntArray | FloatNumbers:
        if probe_group is not None and reference_group is not None:
            # The cell of a group against itself holds each comparison of one set once.
            cell = table[probe_group, reference_group]
            return np.asarray(2 * cell if sets.one_set and probe_group == reference_group else cell)
        own = np.arange(table.shape[0])
        everything = table.sum(axis=(0, 1))
        return np.asarray(everything + table[own, own].sum(axis=0) if sets.one_set else everything)

    return ClusterSums(
        errors=total(at.false_matches).astype(np.float64),
        trials=float(total(counts.non_mated)),
        squared_errors=total(at.squared).astype(np.float64),
        errors_times_trials=total(at.times_trials).astype(np.float64),
        squared_trials=float(total(counts.trials.squared)),
        clusters=0,
    )


def false_non_match_rates(counts: PairCounts) -> FalseNonMatchRates:
    """Return FNMR of each group and overall, at the thresholds that were counted."""
    group = counts.sets.subject_group

    def of(chosen: npt.NDArray[np.bool_]) -> tuple[MeasuredRate, ...]:
        misses, trials = counts.mated.misses[chosen], counts.mated.trials[chosen]
        sums = ClusterSums.of(misses, trials)
        logarithm = log_rate_variance(misses, trials, sums.errors, sums.trials)
        return per_subject_rates(sums, method=BY_SUBJECT, log_variance=logarithm)

    return FalseNonMatchRates(
        groups=counts.sets.groups,
        thresholds=tuple(counts.at_thresholds.thresholds.tolist()),
        cells=tuple(of(group == code) for code in range(len(counts.sets.groups))),
        overall=of(np.ones(group.size, dtype=np.bool_)),
    )


def failure_rate(failed: Sequence[bool], subjects: Sequence[str]) -> MeasuredRate:
    """Return FTA (one entry an attempt) or FTE (one entry a person who tried), clustered by subject.

    Args:
        failed: Whether no usable template came of it.
        subjects: Whose attempt it was.

    Raises:
        AuditInputInvalid: The two differ in length.
    """
    if len(failed) != len(subjects):
        raise AuditInputInvalid(
            f"{len(failed):,} attempts and {len(subjects):,} subjects.", remedy="Give one subject an attempt."
        )
    _, codes = np.unique(np.asarray(subjects, dtype=object).astype(str), return_inverse=True)
    count = int(codes.max(initial=-1)) + 1
    errors = np.bincount(codes, weights=np.asarray(failed, dtype=np.float64), minlength=count)
    sums = ClusterSums.of(errors[:, None], np.bincount(codes, minlength=count))
    return per_subject_rates(sums, method=BY_SUBJECT)[0]


def transaction_rates(fmr: MeasuredRate, fnmr: MeasuredRate, fta: MeasuredRate, fte: MeasuredRate) -> TransactionRates:
    """Return FAR, FRR, GFAR and GFRR of single-attempt transactions.

    Source: metrics reference, section 1. FRR = 1 - (1 - FNMR)(1 - FTA), which is the same as FTA + FNMR·(1 - FTA).
    """
    acquired, enrolled, matched = complement(fta), complement(fte), complement(fnmr)
    return TransactionRates(
        fta=fta,
        fte=fte,
        far=product_rate([fmr, acquired], method=PRODUCT),
        frr=product_rate([matched, acquired], method=PRODUCT, one_minus=True),
        gfar=product_rate([fmr, acquired, enrolled], method=PRODUCT),
        gfrr=product_rate([matched, acquired, enrolled], method=PRODUCT, one_minus=True),
    )
