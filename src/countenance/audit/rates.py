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
    groups = len(counts.sets.groups)
    everybody = np.arange(groups)
    cells = tuple(
        tuple(_false_match_rate(counts, np.array([probe]), np.array([reference])) for reference in range(groups))
        for probe in range(groups)
    )
    return FalseMatchRates(
        groups=counts.sets.groups,
        thresholds=tuple(counts.at_thresholds.thresholds.tolist()),
        cells=cells,
        overall=_false_match_rate(counts, everybody, everybody),
    )


def _false_match_rate(
    counts: PairCounts, probe_groups: IntArray, reference_groups: IntArray
) -> tuple[MeasuredRate, ...]:
    """Return the rate of probes of some groups against references of some groups, by threshold."""
    sets = counts.sets
    table = np.ix_(probe_groups, reference_groups)
    same = np.array_equal(probe_groups, reference_groups)
    once = _once(counts, probe_groups, reference_groups)
    probes = _side(counts, probe_groups, reference_groups, probe_side=True)
    references = _side(counts, reference_groups, probe_groups, probe_side=False)
    within = sets.one_set and same
    # In one set both sides are the same people: the ordered table counts each comparison twice.
    pairs = _pair_sums(counts, table, once, squares=_squared_trials(counts, probe_groups, reference_groups))
    at_probes, at_references = (np.count_nonzero(side[1]) for side in (probes, references))
    subjects = int(min(at_probes, at_references))
    shared = np.count_nonzero((probes[1] > 0) & (references[1] > 0))
    trials = pairs.trials / 2 if within else pairs.trials
    if trials == 0:
        variance: FloatNumbers = np.full(pairs.errors.shape, np.nan)
    elif within:
        variance = within_set_variance(ClusterSums.of(*probes), pairs)
    elif shared:
        variance = overlapping_sets_variance(
            ClusterSums.of(probes[0] + references[0], probes[1] + references[1]), pairs
        )
    else:
        variance = two_way_variance(ClusterSums.of(*probes), ClusterSums.of(*references), pairs)
    return measured_rates(
        pairs.errors / 2 if within else pairs.errors,
        trials,
        variance,
        subjects=subjects,
        disjoint=subjects // 2 if within or shared else subjects,
        method=VERTEX if within else TWO_WAY,
    )


def _once(counts: PairCounts, probe_groups: IntArray, reference_groups: IntArray) -> IntArray:
    """Return how often each cell of the table enters: 2 on the diagonal of one set, whose cells hold each pair once."""
    weights = np.ones((probe_groups.size, reference_groups.size), dtype=np.int64)
    if counts.sets.one_set:
        weights[probe_groups[:, None] == reference_groups[None, :]] = 2
    return weights


def _pair_sums(
    counts: PairCounts, table: tuple[IntArray, ...], weights: npt.NDArray[np.int64], *, squares: float
) -> ClusterSums:
    at = counts.at_thresholds
    by = weights[:, :, None]
    return ClusterSums(
        errors=np.asarray((at.false_matches[table] * by).sum(axis=(0, 1)), dtype=np.float64),
        trials=float((counts.non_mated[table] * weights).sum()),
        squared_errors=np.asarray((at.squared[table] * by).sum(axis=(0, 1)), dtype=np.float64),
        errors_times_trials=np.asarray((at.times_trials[table] * by).sum(axis=(0, 1)), dtype=np.float64),
        squared_trials=squares,
        clusters=0,
    )


def _side(
    counts: PairCounts, own_groups: IntArray, other_groups: IntArray, *, probe_side: bool
) -> tuple[IntArray, IntArray]:
    """Return errors by subject and threshold, and trials by subject, of one side's people in ``own_groups``."""
    sets, at = counts.sets, counts.at_thresholds
    own, other = (sets.probes, sets.references) if probe_side else (sets.references, sets.probes)
    errors = (at.probe_errors if probe_side else at.reference_errors)[:, other_groups].sum(axis=1)
    reached = np.isin(sets.subject_group, other_groups)
    met = int(other.photos_each[reached].sum()) - np.where(reached, other.photos_each, 0)
    mine = np.isin(sets.subject_group, own_groups)
    return errors * mine[:, None], own.photos_each * met * mine


def _squared_trials(counts: PairCounts, probe_groups: IntArray, reference_groups: IntArray) -> float:
    """Return Σ m_ij² over pairs (probe subject, other reference subject); of one set against itself, ordered pairs."""
    sets = counts.sets
    probes = np.where(np.isin(sets.subject_group, probe_groups), sets.probes.photos_each, 0).astype(np.float64)
    references = np.where(np.isin(sets.subject_group, reference_groups), sets.references.photos_each, 0).astype(
        np.float64
    )
    return float((probes**2).sum() * (references**2).sum() - (probes**2 * references**2).sum())


def false_non_match_rates(counts: PairCounts) -> FalseNonMatchRates:
    """Return FNMR of each group and overall, at the thresholds that were counted."""
    group = counts.sets.subject_group

    def of(chosen: npt.NDArray[np.bool_]) -> tuple[MeasuredRate, ...]:
        sums = ClusterSums.of(counts.mated.misses[chosen], counts.mated.trials[chosen])
        return per_subject_rates(sums, method=BY_SUBJECT)

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
