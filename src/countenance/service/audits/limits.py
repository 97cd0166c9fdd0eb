"""What the data cannot show, in sentences, from the numbers themselves."""

from __future__ import annotations

from countenance.audit.groups import MINIMUM_SUBJECTS, UNKNOWN
from countenance.core.thresholds import one_in
from countenance.service.audits.evidence import Evidence
from countenance.service.audits.material import Material
from countenance.service.audits.measure import Measured


def limits(material: Material, evidence: Evidence, measured: Measured, *, synthetic: bool) -> list[str]:
    """Return the sentences, most important first."""
    said = []
    if synthetic:
        said.append("These people do not exist: nothing here is about real people or about any group of them.")
    if measured.operating.set_on_same_data:
        said.append(
            "The threshold was set on the same data it is judged on: overall rates are those of a fit, not of a test. "
            "How groups differ depends on it less."
        )
    said += _smallest(measured)
    if measured.searched is None:
        why = "comparisons are incomplete" if not evidence.complete else "no photo is left to search with"
        said.append(f"No searches: {why}. Nothing is said about galleries.")
    else:
        most = measured.searched.sizes[measured.searched.measured - 1]
        said.append(f"Galleries of more than {most:,} people were not searched; what stands there is a model.")
    said.append(
        "Labels are those of the data set and can be wrong; a mislabelled photo counts as a false match or non-match."
    )
    said.append("The photos are a sample of some situation. Other cameras, ages, poses and years give other rates.")
    said.append("A group is what a label says. People of one label differ; nothing here explains why rates differ.")
    if not material.attributes:
        said.append("The data has no labels of groups: nothing can be said about whom errors fall on.")
    return said


def _smallest(measured: Measured) -> list[str]:
    groups = measured.groupings[-1]["groups"]
    said = []
    small = [group["name"] for group in groups if not group["comparable"]]
    if small:
        said.append(f"Fewer than {MINIMUM_SUBJECTS} people, so not compared with other groups: {', '.join(small)}.")
    seen = [group["smallest_fmr_independent"] for group in groups if group["smallest_fmr_independent"] is not None]
    if seen:
        said.append(
            f"Within the smallest group no false match rate below {one_in(max(seen))} can be seen, even if all "
            "comparisons were independent, which they are not."
        )
    if any(UNKNOWN in group["name"] for group in groups):
        said.append(
            "People whose label is unknown or who declined to say are a group of their own; nothing is guessed."
        )
    return said
