"""Evidence and labels → every number of the result document that comes from scores.

Rules kept here:

- The same material, evidence, plan and seed give the same numbers, from templates or from a table of scores.
- One threshold for everybody; how it came about is part of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countenance.audit.allpairs import Request
from countenance.audit.pair_counts import PairCounts
from countenance.audit.threshold_policy import (
    ChosenThreshold,
    TargetFalsePositiveIdentificationRate,
    ThresholdPolicy,
    choose_threshold,
)
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.curve_sections import det_section, distribution_section, trade_off_section
from countenance.service.audits.evidence import Evidence, Labels
from countenance.service.audits.group_sections import (
    groups_of,
    groups_section,
    rates_section,
)
from countenance.service.audits.material import EVERYBODY, AuditedPhoto, Grouping, Material
from countenance.service.audits.rate_entries import Entry
from countenance.service.audits.search_sections import growth_section, identification_section, rank_section
from countenance.service.audits.searches import (
    Searched,
    codes_by_name,
    regrouped,
    search,
)
from countenance.service.audits.stops import Named, Stop, choose_stops

#: Highest non-mated comparisons listed, for the contact sheet and for suspected labels.
HIGHEST = 60

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How an audit decides.

    Attributes:
        policy: How the operating threshold comes about.
        basis: Where a fixed threshold is from, in words; empty for one that is set on the data.
        named: Other thresholds to stop at.
        seed: Of every resampling.
    """

    policy: ThresholdPolicy
    basis: str = ""
    named: tuple[Named, ...] = ()
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Everything measured.

    Attributes:
        operating: The threshold in use.
        stops: Slider positions.
        at: Position of the operating stop.
        groupings: The document's ``groupings``.
        growth: FPIR against gallery size at each stop; empty without searches.
        searched: All searches, or None.
        counts: All comparisons under the finest grouping.
        finest: That grouping.
    """

    operating: ChosenThreshold
    stops: tuple[Stop, ...]
    at: int
    groupings: tuple[Entry, ...]
    growth: list[list[Entry]]
    searched: Searched | None
    counts: PairCounts
    finest: Grouping


def finest_grouping(material: Material) -> Grouping:
    """Return the grouping by all attributes together; of everybody in one group where there are no labels."""
    groupings = material.groupings()
    return groupings[-1] if groupings else Grouping(EVERYBODY, ())


def labels_of(grouping: Grouping, photos: Sequence[AuditedPhoto]) -> Labels:
    """Return subjects and groups of photos."""
    return [photo.subject for photo in photos], grouping.of(photos)


def count(
    grouping: Grouping, material: Material, evidence: Evidence, request: Request, progress: Progress | None = None
) -> PairCounts:
    """Return all comparisons counted under one grouping."""
    references = material.usable_references
    update = None if progress is None else (lambda done, total: progress(f"comparing by {grouping.name}", done, total))
    return evidence.count(
        labels_of(grouping, material.usable),
        None if references is None else labels_of(grouping, references),
        request,
        update,
    )


def measure(material: Material, evidence: Evidence, plan: Plan, progress: Progress | None = None) -> Measured:
    """Return everything the document shows of these scores.

    Raises:
        AuditInputInvalid: Labels, templates or scores that cannot be used, or too few people.
        CalibrationUnsupported: The data is too small for the target rate.
    """
    _require_agreement(material, evidence)
    finest = finest_grouping(material)
    first = count(finest, material, evidence, Request(), progress)
    operating = _operating(material, evidence, finest, first, plan)
    named = (Named("operating", "the audit's threshold", operating.value, operating.basis), *plan.named)
    stops = choose_stops(first, named)
    thresholds = [stop.threshold for stop in stops]
    request = Request(
        thresholds=thresholds, keep_from=thresholds[0] if evidence.one_set else None, highest=HIGHEST
    )  # fmt: skip
    searched = search(material, evidence, finest, thresholds)
    counts = first
    groupings = []
    for order, grouping in enumerate(material.groupings() or (finest,)):
        counts = count(grouping, material, evidence, request, progress)
        seed = (plan.seed, order)
        groupings.append(_grouping_entry(grouping, material, evidence, counts, stops, searched, finest, seed))
    return Measured(
        operating=operating,
        stops=stops,
        at=thresholds.index(operating.value),
        groupings=tuple(groupings),
        growth=[] if searched is None else growth_section(searched, searched.by_photo),
        searched=searched,
        counts=counts,
        finest=finest,
    )


def _require_agreement(material: Material, evidence: Evidence) -> None:
    references = material.usable_references
    rows = len(material.usable)
    columns = rows if references is None else len(references)
    if evidence.shape != (rows, columns) or evidence.one_set != (references is None):
        raise AuditInputInvalid(
            f"Scores of {evidence.shape[0]:,} × {evidence.shape[1]:,} photos do not go with {rows:,} × {columns:,} "
            "labelled ones.",
            remedy="Run the audit again: photos or labels have changed since.",
        )


def _operating(
    material: Material, evidence: Evidence, finest: Grouping, counts: PairCounts, plan: Plan
) -> ChosenThreshold:
    searches = None
    if isinstance(plan.policy, TargetFalsePositiveIdentificationRate):
        searched = search(material, evidence, finest, [])
        searches = None if searched is None else searched.by_photo
    chosen = choose_threshold(plan.policy, counts, searches)
    if plan.basis and not chosen.set_on_same_data:
        return ChosenThreshold(chosen.value, plan.basis, chosen.achieved, set_on_same_data=False)
    return chosen


def _grouping_entry(
    grouping: Grouping,
    material: Material,
    evidence: Evidence,
    counts: PairCounts,
    stops: Sequence[Stop],
    searched: Searched | None,
    finest: Grouping,
    seed: Sequence[int],
) -> Entry:
    groups = groups_of(grouping, material, counts)
    comparisons = evidence.comparisons(counts) if evidence.one_set else None
    entry: Entry = {
        "name": grouping.name,
        "attributes": list(grouping.attributes),
        "groups": groups_section(groups, counts),
        "at": rates_section(counts, groups, stops, comparisons, seed),
        "identification": None,
        "ranks": [],
        "det": det_section(counts),
        "trade_off": trade_off_section(counts, comparisons, seed),
        "distributions": distribution_section(counts),
    }
    if searched is not None:
        photos = (*material.usable, *(material.usable_references or ()))
        names, codes = codes_by_name(
            labels_of(finest, photos)[1], labels_of(grouping, photos)[1], searched.by_photo.groups
        )
        outcomes = regrouped(searched.by_photo, names, codes)
        entry["identification"] = identification_section(searched, outcomes)
        entry["ranks"] = rank_section(outcomes)
    return entry
