"""One explicit threshold for everybody: fixed, for a false match rate overall or in a named group, or for an FPIR at N.

Rules kept here:

- One global threshold. A per-group threshold would hide what is being measured.
- A target is met by the lowest grid similarity whose *measured* rate is at or below it; nothing is extrapolated.
- How a threshold came about travels with it in words. A threshold set on the data it is then judged on says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countenance.audit.pair_counts import PairCounts
from countenance.audit.search_outcomes import SearchOutcomes
from countenance.core.errors import AuditInputInvalid, CalibrationUnsupported
from countenance.core.thresholds import ERRORS_FOR_THRESHOLD


@dataclass(frozen=True, slots=True)
class FixedThreshold:
    """A similarity somebody chose: a vendor's recommendation, an operator's setting."""

    value: float


@dataclass(frozen=True, slots=True)
class TargetFalseMatchRate:
    """The lowest similarity with at most this FMR overall, or within one group."""

    rate: float
    group: str | None = None


@dataclass(frozen=True, slots=True)
class TargetFalsePositiveIdentificationRate:
    """The lowest similarity with at most this FPIR in a gallery of ``enrolled`` people."""

    rate: float
    enrolled: int


ThresholdPolicy = FixedThreshold | TargetFalseMatchRate | TargetFalsePositiveIdentificationRate


@dataclass(frozen=True, slots=True)
class ChosenThreshold:
    """A threshold with how it came about.

    Attributes:
        value: The similarity.
        basis: The policy and what it was measured on, in words.
        achieved: The rate the policy speaks of, as measured at ``value``; None for a fixed threshold.
        set_on_same_data: True if the data the audit measures also set the threshold.
    """

    value: float
    basis: str
    achieved: float | None
    set_on_same_data: bool


def choose_threshold(
    policy: ThresholdPolicy, counts: PairCounts, searches: SearchOutcomes | None = None
) -> ChosenThreshold:
    """Return the threshold a policy comes to on measured comparisons or searches.

    Args:
        policy: What is asked for.
        counts: All comparisons.
        searches: Searches of the gallery, for a target FPIR.

    Raises:
        AuditInputInvalid: A target out of range, an unknown group, or no searches where they are needed.
        CalibrationUnsupported: The data is too small for the target.
    """
    if isinstance(policy, FixedThreshold):
        if not np.isfinite(policy.value):
            raise AuditInputInvalid("The threshold is not a number.", remedy="Give a similarity between -1 and 1.")
        return ChosenThreshold(policy.value, "fixed before the audit", None, set_on_same_data=False)
    if not 0.0 < policy.rate < 1.0:
        raise AuditInputInvalid(f"A target rate of {policy.rate} is not between 0 and 1.", remedy="Give 1e-4, say.")
    if isinstance(policy, TargetFalseMatchRate):
        return _for_false_match_rate(policy, counts)
    if searches is None:
        raise AuditInputInvalid("A target FPIR needs searches of a gallery.", remedy="Give a gallery to search.")
    return _for_false_positive_identification_rate(policy, counts, searches)


def _for_false_match_rate(policy: TargetFalseMatchRate, counts: PairCounts) -> ChosenThreshold:
    groups = counts.sets.groups
    if policy.group is None:
        once = np.triu(np.ones((len(groups), len(groups)), dtype=np.bool_)) | (not counts.sets.one_set)
        histogram, trials = counts.histogram[once].sum(axis=0), int(counts.non_mated[once].sum())
        where = "all non-mated comparisons"
    elif policy.group in groups:
        at = groups.index(policy.group)
        histogram, trials = counts.histogram[at, at], int(counts.non_mated[at, at])
        where = f"non-mated comparisons within the group {policy.group!r}"
    else:
        raise AuditInputInvalid(f"There is no group {policy.group!r}.", remedy=f"The groups are: {', '.join(groups)}.")
    if policy.rate * trials < ERRORS_FOR_THRESHOLD:
        raise CalibrationUnsupported(
            f"{trials:,} {where} cannot show an FMR of {policy.rate:.3g}.",
            remedy=f"Ask for {ERRORS_FOR_THRESHOLD / max(trials, 1):.2g} or more, or audit more people.",
        )
    tail = np.cumsum(histogram[::-1])[::-1]
    met = np.flatnonzero(tail <= policy.rate * trials)
    if not met.size:
        raise CalibrationUnsupported(
            f"No similarity up to {counts.edges[-1]:g} has an FMR of {policy.rate:.3g} or less in {where}."
        )
    at_edge = int(met[0])
    return ChosenThreshold(
        value=float(counts.edges[at_edge]),
        basis=(
            f"lowest similarity in steps of {_step(counts)} with an FMR of at most {policy.rate:.3g} over {trials:,} "
            f"{where}"
        ),
        achieved=int(tail[at_edge]) / trials,
        set_on_same_data=True,
    )


def _for_false_positive_identification_rate(
    policy: TargetFalsePositiveIdentificationRate, counts: PairCounts, searches: SearchOutcomes
) -> ChosenThreshold:
    edges = counts.edges
    probes = int(searches.non_mated.sum())
    if policy.rate * probes < ERRORS_FOR_THRESHOLD:
        raise CalibrationUnsupported(
            f"{probes:,} non-mated searches cannot show an FPIR of {policy.rate:.3g}.",
            remedy=f"Ask for {ERRORS_FOR_THRESHOLD / max(probes, 1):.2g} or more, or search more people.",
        )
    low, high = 0, edges.size - 1
    if searches.false_positive_rate_at(float(edges[high]), policy.enrolled) > policy.rate:
        raise CalibrationUnsupported(f"No similarity up to {edges[-1]:g} has an FPIR of {policy.rate:.3g} or less.")
    while low < high:
        middle = (low + high) // 2
        if searches.false_positive_rate_at(float(edges[middle]), policy.enrolled) <= policy.rate:
            high = middle
        else:
            low = middle + 1
    value = float(edges[low])
    return ChosenThreshold(
        value=value,
        basis=(
            f"lowest similarity in steps of {_step(counts)} with an FPIR of at most {policy.rate:.3g} over "
            f"{probes:,} non-mated searches of {policy.enrolled:,} people"
        ),
        achieved=searches.false_positive_rate_at(value, policy.enrolled),
        set_on_same_data=True,
    )


def _step(counts: PairCounts) -> str:
    """Return the distance of the grid's similarities in words."""
    return f"{counts.edges[1] - counts.edges[0]:.3g}"
