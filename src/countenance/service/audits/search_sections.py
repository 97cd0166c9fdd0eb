"""Identification in the result document: FPIR and FNIR at every stop and gallery size, ranks, growth with the gallery.

Rules kept here:

- Measured sizes are exact averages over all smaller galleries; larger ones are a model's, by name and flagged.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from countenance.audit.identification import (
    METHOD,
    false_negative_identification,
    false_positive_growth,
    rank_hit_rates,
    selectivity,
)
from countenance.audit.intervals import ClusterSums
from countenance.audit.measured_rate import MeasuredRate, per_subject_rates
from countenance.audit.search_outcomes import SearchOutcomes, chance_of_any
from countenance.service.audits.rate_entries import Entry, averaged_entry, modelled_entry, number, rate_entry
from countenance.service.audits.searches import Searched, people_taken

#: Ranks the mate's place is reported at.
RANKS = (1, 5, 10)
HETEROGENEOUS = "model-heterogeneous"


def identification_section(searched: Searched, outcomes: SearchOutcomes) -> list[Entry]:
    """Return, for each stop, FNIR by group and for each gallery size FPIR by group and the people taken for another."""
    missed = false_negative_identification(outcomes, rank=outcomes.enrolled)
    by_size = [_false_positives(outcomes, size) for size in searched.sizes[: searched.measured]]
    models = _Models(outcomes)
    section = []
    for at in range(outcomes.thresholds.size):
        sizes: list[Entry] = []
        candidates = selectivity(outcomes, at)
        others = float(outcomes.others[outcomes.non_mated].mean())
        for order, size in enumerate(searched.sizes):
            share = size / others
            entry: Entry = {
                "false_candidates_a_search": {
                    "estimate": number(candidates.estimate * share),
                    "low": number(candidates.low * share),
                    "high": number(candidates.high * share),
                }
            }
            if order < searched.measured:
                cells, overall = by_size[order]
                entry |= {
                    "fpir": [averaged_entry(cell[at]) for cell in cells],
                    "fpir_overall": averaged_entry(overall[at]),
                    "people_taken_for_another": people_taken(searched, at, size),
                }
            else:
                by_group, everybody = models.at(at, size)
                entry |= {
                    "fpir": [modelled_entry(value, HETEROGENEOUS) for value in by_group],
                    "fpir_overall": modelled_entry(everybody, HETEROGENEOUS),
                    "people_taken_for_another": None,
                }
            sizes.append(entry)
        section.append(
            {
                "fnir": [rate_entry(cell[at]) for cell in missed.cells],
                "fnir_overall": rate_entry(missed.overall[at]),
                "sizes": sizes,
            }
        )
    return section


def _false_positives(
    outcomes: SearchOutcomes, size: int
) -> tuple[list[tuple[MeasuredRate, ...]], tuple[MeasuredRate, ...]]:
    """Return FPIR of each group and overall, by threshold, averaged over all galleries of ``size`` people."""
    chosen = outcomes.non_mated
    found = outcomes.candidates.sum(axis=1)[chosen]
    chances = np.stack(
        [chance_of_any(found[:, at], outcomes.others[chosen], size) for at in range(found.shape[1])], axis=1
    )
    group = outcomes.group[chosen]

    def of(which: npt.NDArray[np.bool_]) -> tuple[MeasuredRate, ...]:
        _, subject = np.unique(outcomes.subject[chosen][which], return_inverse=True)
        count = int(subject.max(initial=-1)) + 1
        by_subject = np.zeros((count, chances.shape[1]))
        np.add.at(by_subject, subject, chances[which])
        return per_subject_rates(ClusterSums.of(by_subject, np.bincount(subject, minlength=count)), method=METHOD)

    return [of(group == code) for code in range(len(outcomes.groups))], of(np.ones(group.size, dtype=np.bool_))


class _Models:
    """FPIR as the heterogeneous model has it: one chance a pair of groups, gallery groups in proportion."""

    def __init__(self, outcomes: SearchOutcomes) -> None:
        self._outcomes = outcomes
        self._people = np.bincount(outcomes.gallery_group, minlength=len(outcomes.groups)).astype(np.float64)

    def at(self, at: int, size: int) -> tuple[list[float], float]:
        """Return the model's FPIR by probe group, and over the probes as they are."""
        outcomes, people = self._outcomes, self._people
        group = outcomes.group[outcomes.non_mated]
        found = outcomes.candidates[outcomes.non_mated][:, :, at]
        missed = []
        for code in range(len(outcomes.groups)):
            chance = found[group == code].sum(axis=0) / (np.maximum(people, 1.0) * max(1, int((group == code).sum())))
            with np.errstate(divide="ignore"):
                logs = np.log1p(-np.minimum(chance, 1.0)) * (people * size / people.sum())
            missed.append(float(np.exp(logs.sum())))
        probes = np.bincount(group, minlength=len(outcomes.groups))
        return [1.0 - value for value in missed], float(1.0 - np.average(missed, weights=probes))


def rank_section(outcomes: SearchOutcomes) -> list[Entry]:
    """Return the shares of mated searches with the mate within each of ``RANKS``, by group and overall."""
    section = []
    for rank in RANKS:
        by_group, overall = rank_hit_rates(outcomes, rank=rank)
        section.append({"rank": rank, "hit": [rate_entry(one) for one in by_group], "hit_overall": rate_entry(overall)})
    return section


def growth_section(searched: Searched, outcomes: SearchOutcomes) -> list[list[Entry]]:
    """Return, for each stop, FPIR against measured gallery sizes beside both models."""
    sizes = searched.sizes[: searched.measured]
    return [
        [
            {
                "enrolled": point.enrolled,
                "measured": averaged_entry(point.measured),
                "binomial": number(point.binomial),
                "heterogeneous": number(point.heterogeneous),
            }
            for point in false_positive_growth(outcomes, at, sizes)
        ]
        for at in range(outcomes.thresholds.size)
    ]
