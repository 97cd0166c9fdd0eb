"""Open-set identification: who is found who is not there, who is missed who is, and how both grow with the gallery.

Rules kept here:

- A candidate is a *person* at or above the threshold, by that person's most similar reference.
- FPIR counts searches that return anybody, selectivity counts who is returned. A person in probe and gallery is a mate
  and never a false candidate.
- A mate is found within rank R if fewer than R other people reach its similarity: ties count against it.
- FPIR at a smaller gallery is the exact average over *all* sub-galleries of that size, not over a few drawn ones. A
  larger gallery than the one searched is never computed from it; models are drawn beside the measurement, by name.

Source: ISO/IEC 19795-1 terms as in the metrics reference, sections 1 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from countenance.audit.intervals import ClusterSums, critical_value, per_subject_variance
from countenance.audit.measured_rate import MeasuredRate, per_subject_rates
from countenance.audit.search_outcomes import SearchOutcomes, chance_of_any
from countenance.core.comparison import meets
from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]

METHOD = "Wilson, effective sample size from the variance clustered by probe subject; for the gallery as searched"


@dataclass(frozen=True, slots=True)
class IdentificationRates:
    """One rate by probe group and threshold, and overall.

    Attributes:
        groups: Names of the groups.
        thresholds: Ascending.
        cells: By group, then threshold.
        overall: By threshold.
    """

    groups: tuple[str, ...]
    thresholds: tuple[float, ...]
    cells: tuple[tuple[MeasuredRate, ...], ...]
    overall: tuple[MeasuredRate, ...]


@dataclass(frozen=True, slots=True)
class Selectivity:
    """Expected false candidates a search.

    Attributes:
        estimate: Candidates / searches; may exceed 1.
        low: Lower end of the 95 % interval, not below 0.
        high: Upper end.
        candidates: Other people returned.
        searches: Non-mated searches.
    """

    estimate: float
    low: float
    high: float
    candidates: int
    searches: int


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """FPIR at one gallery size, measured and as two models have it.

    Attributes:
        enrolled: People in the gallery.
        measured: Exact average over all sub-galleries of that size.
        binomial: 1 - (1 - p)^N with one chance p a person, as if all comparisons were independent.
        heterogeneous: 1 - Π_h (1 - p_gh)^{N_h}, averaged over the probes' groups, gallery groups in proportion.
    """

    enrolled: int
    measured: MeasuredRate
    binomial: float
    heterogeneous: float


def false_positive_identification(outcomes: SearchOutcomes) -> IdentificationRates:
    """Return FPIR(N, T): non-mated searches with at least one candidate / non-mated searches."""
    hit = outcomes.candidates.sum(axis=1) > 0
    return _by_group(outcomes, hit, outcomes.non_mated)


def false_negative_identification(outcomes: SearchOutcomes, *, rank: int) -> IdentificationRates:
    """Return FNIR(N, R, T): mated searches whose mate is not within rank R and at or above T / mated searches.

    Raises:
        AuditInputInvalid: The rank is below 1.
    """
    _require_rank(rank)
    within = (outcomes.mate_rank <= rank)[:, None]
    missed = np.stack([~meets(outcomes.mate_score, threshold) for threshold in outcomes.thresholds.tolist()], axis=1)
    return _by_group(outcomes, missed | ~within, outcomes.mated)


def rank_hit_rates(outcomes: SearchOutcomes, *, rank: int) -> tuple[tuple[MeasuredRate, ...], MeasuredRate]:
    """Return the shares of mated searches with the mate within ``rank`` whatever its score: by group, and overall.

    Raises:
        AuditInputInvalid: The rank is below 1.
    """
    _require_rank(rank)
    hit = (outcomes.mate_rank <= rank)[:, None]
    found = _by_group(outcomes, hit, outcomes.mated)
    return tuple(cell[0] for cell in found.cells), found.overall[0]


def selectivity(outcomes: SearchOutcomes, at: int, group: int | None = None) -> Selectivity:
    """Return the expected number of false candidates a search at the threshold with position ``at``.

    Args:
        outcomes: Searches.
        at: Position of the threshold.
        group: Probe group; all when None.

    Source: metrics reference, sections 1 and 5: SEL = candidates / non-mated searches, an expectation whatever the
    dependence; interval from the variance by probe subject, with Student's quantile.
    """
    chosen = outcomes.non_mated if group is None else outcomes.non_mated & (outcomes.group == group)
    found = outcomes.candidates[chosen, :, at].sum(axis=1)
    sums = _sums(outcomes, found[:, None].astype(np.float64), chosen)
    searches = int(chosen.sum())
    if sums.clusters < 2:
        return Selectivity(float(found.mean()) if searches else math.nan, 0.0, math.inf, int(found.sum()), searches)
    reach = critical_value(clusters=sums.clusters) * float(np.sqrt(per_subject_variance(sums)[0]))
    estimate = float(sums.rate[0])
    return Selectivity(estimate, max(0.0, estimate - reach), estimate + reach, int(found.sum()), searches)


def false_positive_growth(outcomes: SearchOutcomes, at: int, sizes: Sequence[int]) -> tuple[GrowthPoint, ...]:
    """Return FPIR at each gallery size up to the one searched, beside the binomial and the heterogeneous model.

    Args:
        outcomes: Searches.
        at: Position of the threshold.
        sizes: People enrolled.

    Raises:
        AuditInputInvalid: A size is below 1 or above the gallery searched, or there is no non-mated search.

    Source: metrics reference, section 5; Drozdowski et al. 2021 for the heterogeneous model. A sub-gallery of N of G
    people misses all k candidates with probability C(G - k, N) / C(G, N).
    """
    chosen = outcomes.non_mated
    if not chosen.any():
        raise AuditInputInvalid(
            "There is no search of a person who is not enrolled.",
            remedy="Search people who are not in the gallery, or take mates out of it.",
        )
    others = outcomes.others[chosen]
    by_group = outcomes.candidates[chosen, :, at]
    everybody = by_group.sum(axis=1)
    people = np.bincount(outcomes.gallery_group, minlength=len(outcomes.groups)).astype(np.float64)
    chance = everybody.sum() / others.sum()
    per_group = _chance_by_groups(outcomes, by_group, chosen, people)
    points = []
    for size in sizes:
        measured = _sums(outcomes, chance_of_any(everybody, others, size)[:, None], chosen)
        in_gallery = people * size / people.sum()
        with np.errstate(divide="ignore"):
            missed = np.exp((np.log1p(-per_group) * in_gallery[None, :]).sum(axis=1))
        points.append(
            GrowthPoint(
                enrolled=size,
                measured=per_subject_rates(measured, method=METHOD)[0],
                binomial=float(-np.expm1(size * np.log1p(-chance))) if chance < 1.0 else 1.0,
                heterogeneous=float((1.0 - missed)[outcomes.group[chosen]].mean()),
            )
        )
    return tuple(points)


def _chance_by_groups(
    outcomes: SearchOutcomes, by_group: IntArray, chosen: npt.NDArray[np.bool_], people: FloatNumbers
) -> FloatNumbers:
    """Return p_gh, a person of gallery group h being a candidate for a probe of group g, shape (g, g)."""
    groups = len(outcomes.groups)
    chances = np.zeros((groups, groups))
    for own in range(groups):
        of_group = outcomes.group[chosen] == own
        searched = np.maximum(people, 1.0) * max(1, int(of_group.sum()))
        chances[own] = by_group[of_group].sum(axis=0) / searched
    return np.minimum(chances, 1.0)


def _by_group(
    outcomes: SearchOutcomes, error: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]
) -> IdentificationRates:
    def of(which: npt.NDArray[np.bool_]) -> tuple[MeasuredRate, ...]:
        return per_subject_rates(_sums(outcomes, error[which].astype(np.float64), which), method=METHOD)

    return IdentificationRates(
        groups=outcomes.groups,
        thresholds=tuple(outcomes.thresholds.tolist()),
        cells=tuple(of(chosen & (outcomes.group == code)) for code in range(len(outcomes.groups))),
        overall=of(chosen),
    )


def _sums(outcomes: SearchOutcomes, errors: FloatNumbers, chosen: npt.NDArray[np.bool_]) -> ClusterSums:
    """Return cluster sums by probe subject of errors by chosen probe, shape (chosen, t)."""
    _, subject = np.unique(outcomes.subject[chosen], return_inverse=True)
    count = int(subject.max(initial=-1)) + 1
    by_subject = np.zeros((count, errors.shape[1]))
    np.add.at(by_subject, subject, errors)
    return ClusterSums.of(by_subject, np.bincount(subject, minlength=count))


def _require_rank(rank: int) -> None:
    if rank < 1:
        raise AuditInputInvalid(f"Rank {rank} does not exist.", remedy="Ranks start at 1, the most similar person.")
