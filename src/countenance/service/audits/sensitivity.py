"""What the vendor will say: the answers that always come, each worked out and shown whatever it comes to.

Rules kept here:

- Five runs, always the same five. One that could not be made says why; none is left out for what it shows.
- Each changes one thing. Everything else stays as in the audit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countenance.audit.allpairs import Request
from countenance.audit.measured_rate import MeasuredRate
from countenance.audit.pair_counts import PairCounts
from countenance.audit.rates import false_match_rates, false_non_match_rates
from countenance.audit.threshold_policy import TargetFalseMatchRate, choose_threshold
from countenance.core.errors import AuditInputInvalid, CalibrationUnsupported
from countenance.service.audits.evidence import Evidence
from countenance.service.audits.group_sections import groups_of
from countenance.service.audits.material import Material
from countenance.service.audits.measure import Measured, Plan, count, finest_grouping
from countenance.service.audits.rate_entries import Entry, rate_entry
from countenance.service.audits.search_sections import HETEROGENEOUS
from countenance.service.audits.searches import people_taken, search
from countenance.service.audits.spreads import ratios

#: Names of thresholds somebody recommends start with this.
RECOMMENDED = "recommended"


@dataclass(frozen=True, slots=True)
class OtherEvidence:
    """Another model's scores of the same photos.

    Attributes:
        name: The model.
        material: The photos with what this model made of them.
        evidence: Its scores.
    """

    name: str
    material: Material
    evidence: Evidence


def sensitivity(
    material: Material,
    evidence: Evidence,
    plan: Plan,
    measured: Measured,
    *,
    other: OtherEvidence | None,
    model: str,
) -> list[Entry]:
    """Return the five runs, each with what it changed, its headline and its rates."""
    return [
        _recommended(material, evidence, plan, measured),
        _equal_misses(material, evidence, measured),
        _without_low_quality(material, evidence, measured),
        _another_model(measured, other, model),
        _gallery(measured),
    ]


def _entry(name: str, claim: str, changed: str, result: Entry | None, reason: str = "") -> Entry:
    return {
        "name": name,
        "why": claim,
        "what_changed": changed,
        "run": result is not None,
        "not_run": "" if result is not None else reason,
        "headline": None if result is None else result["headline"],
        "result": result,
    }


def brief(material: Material, evidence: Evidence, threshold: float) -> Entry:
    """Return the rates by the finest groups at one threshold, with a headline sentence."""
    grouping = finest_grouping(material)
    counts = count(grouping, material, evidence, Request(thresholds=[threshold]))
    comparable = groups_of(grouping, material, counts).comparable
    fmr, fnmr = false_match_rates(counts), false_non_match_rates(counts)
    within, missed = fmr.within(0), tuple(cell[0] for cell in fnmr.cells)
    searched = search(material, evidence, grouping, [threshold])
    taken = None if searched is None else people_taken(searched, 0, searched.sizes[searched.measured - 1])
    return {
        "headline": _headline(taken, fmr.overall[0]),
        "threshold": threshold,
        "groups": list(counts.sets.groups),
        "fmr_overall": rate_entry(fmr.overall[0]),
        "fnmr_overall": rate_entry(fnmr.overall[0]),
        "fmr_within": [rate_entry(rate) for rate in within],
        "fnmr": [rate_entry(rate) for rate in missed],
        "fmr_ratios": ratios(counts.sets.groups, within, comparable),
        "fnmr_ratios": ratios(counts.sets.groups, missed, comparable),
        "people_taken_for_another": taken,
    }


def _headline(taken: Entry | None, overall: MeasuredRate) -> str:
    if taken is not None:
        return str(taken["sentence"])
    return f"Photos of two different people were called a match in {overall.rate.in_words()} comparisons."


def _recommended(material: Material, evidence: Evidence, plan: Plan, measured: Measured) -> Entry:
    found = next((one for one in plan.named if one.name.startswith(RECOMMENDED)), None)
    claim = "You used the wrong threshold; we recommend another one."
    if found is None:
        return _entry("recommended threshold", claim, "", None, "No recommended threshold is known for this system.")
    changed = (
        f"threshold {found.threshold:.3f} ({found.label}; {found.source}) instead of {measured.operating.value:.3f}"
    )
    return _entry("recommended threshold", claim, changed, brief(material, evidence, found.threshold))


def _equal_misses(material: Material, evidence: Evidence, measured: Measured) -> Entry:
    name, claim = "equal false non-match rates", "At equal false non-match rates the difference goes away."
    overall = measured.groupings[-1]["at"][measured.at]["fnmr_overall"]["estimate"]
    if overall is None:
        return _entry(name, claim, "", None, "There are no mated comparisons.")
    counts = measured.counts
    grouping = measured.finest
    thresholds = [_threshold_for_misses(counts, at, overall) for at in range(len(counts.sets.groups))]
    if any(value is None for value in thresholds):
        return _entry(name, claim, "", None, "A group has no mated comparisons.")
    wanted = sorted({value for value in thresholds if value is not None})
    again = count(grouping, material, evidence, Request(thresholds=wanted))
    fmr, fnmr = false_match_rates(again), false_non_match_rates(again)
    places = [wanted.index(value) for value in thresholds if value is not None]
    within = [fmr.cells[own][own][at] for own, at in enumerate(places)]
    missed = [fnmr.cells[own][at] for own, at in enumerate(places)]
    comparable = groups_of(grouping, material, again).comparable
    highest = max(range(len(within)), key=lambda at: within[at].estimate if within[at].rate.trials else -1.0)
    result: Entry = {
        "headline": (
            f"With a threshold of its own for every group, each missing at most {overall:.1%} of its own people, the "
            f"highest false match rate within a group is {within[highest].rate.in_words()} "
            f"({counts.sets.groups[highest]})."
        ),
        "thresholds": thresholds,
        "groups": list(counts.sets.groups),
        "fmr_within": [rate_entry(rate) for rate in within],
        "fnmr": [rate_entry(rate) for rate in missed],
        "fmr_ratios": ratios(counts.sets.groups, within, comparable),
        "fnmr_ratios": ratios(counts.sets.groups, missed, comparable),
    }
    changed = f"one threshold a group, the highest at which at most {overall:.4g} of its mated comparisons are missed"
    return _entry(name, claim, changed, result)


def _threshold_for_misses(counts: PairCounts, group: int, most: float) -> float | None:
    """Return the highest grid similarity at which at most this share of a group's mated comparisons is below it."""
    histogram = counts.mated.histogram[group]
    if not histogram.sum():
        return None
    missed = np.cumsum(histogram) - histogram
    return float(counts.edges[int(np.flatnonzero(missed <= most * histogram.sum())[-1])])


def _without_low_quality(material: Material, evidence: Evidence, measured: Measured) -> Entry:
    name, claim = "low-quality photos out", "Your photos were bad; with good ones the errors go away."
    bad = np.array([bool(photo.quality) for photo in material.usable], dtype=np.bool_)
    references = material.usable_references
    other = None if references is None else np.array([bool(photo.quality) for photo in references], dtype=np.bool_)
    removed = int(bad.sum()) + (0 if other is None else int(other.sum()))
    if not removed:
        return _entry(name, claim, "", None, "Every photo is within all quality limits, or none was measured.")
    kept = material.without(bad, other)
    part = evidence.subset(np.flatnonzero(~bad), None if other is None else np.flatnonzero(~other))
    changed = f"{removed:,} photos below a quality limit left out; the same threshold"
    try:
        return _entry(name, claim, changed, brief(kept, part, measured.operating.value))
    except AuditInputInvalid as error:
        return _entry(name, claim, changed, None, f"Too little is left: {error.message}")


def _another_model(measured: Measured, other: OtherEvidence | None, model: str) -> Entry:
    name, claim = "another model", "Every system does this; it is not ours."
    if other is None:
        return _entry(name, claim, "", None, f"Only {model} was run; give a second engine with --compare-with.")
    rate = measured.groupings[-1]["at"][measured.at]["fmr_overall"]["estimate"]
    counts = count(finest_grouping(other.material), other.material, other.evidence, Request())
    try:
        chosen = choose_threshold(TargetFalseMatchRate(rate), counts)
    except (AuditInputInvalid, CalibrationUnsupported) as error:
        return _entry(name, claim, "", None, f"No threshold of {other.name} has the same false match rate: {error}")
    changed = f"{other.name} instead of {model}, at the threshold with the same overall false match rate on this data"
    return _entry(name, claim, changed, brief(other.material, other.evidence, chosen.value))


def _gallery(measured: Measured) -> Entry:
    name, claim = "another gallery size", "Nobody searches a gallery of that size."
    searched = measured.searched
    if searched is None:
        return _entry(name, claim, "", None, "There were no searches.")
    sizes = measured.groupings[-1]["identification"][measured.at]["sizes"]
    rows = [
        {
            "enrolled": enrolled,
            "extrapolated": order >= searched.measured,
            "fpir_overall": sizes[order]["fpir_overall"],
            "people_taken_for_another": sizes[order]["people_taken_for_another"],
        }
        for order, enrolled in enumerate(searched.sizes)
    ]
    small, large = rows[0], rows[searched.measured - 1]
    headline = (
        f"A search of somebody not enrolled returns somebody in {small['fpir_overall']['in_words']} searches among "
        f"{small['enrolled']:,} people and in {large['fpir_overall']['in_words']} among {large['enrolled']:,}."
    )
    result: Entry = {
        "headline": headline,
        "threshold": measured.operating.value,
        "sizes": rows,
        "model": HETEROGENEOUS,
    }
    return _entry(name, claim, "the number of people in the gallery; larger than searched is a model", result)
