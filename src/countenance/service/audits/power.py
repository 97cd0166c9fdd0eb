"""What could be seen at all, before anything is compared: people, comparisons and the smallest rate, by group."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.audit.groups import MINIMUM_SUBJECTS, group_sizes
from countenance.core.thresholds import one_in
from countenance.service.audits.material import Material

RULE_OF_THREE = (
    "No error in n independent comparisons means a rate below about 3/n (95 %). Comparisons of the same people are not "
    "independent, so the smallest rate that is sure to be seen is larger: that of pairs which share nobody."
)


@dataclass(frozen=True, slots=True)
class PowerRow:
    """What one group's numbers allow.

    Attributes:
        grouping: The attribute, or several.
        group: Its value.
        people: People with a photo.
        photos: Photos with a face.
        mated: Comparisons of one person's photos.
        non_mated: Comparisons of different people of the group.
        smallest_fmr: Smallest false match rate that could be seen if comparisons were independent; None without any.
        smallest_fmr_sure: The same whatever the dependence.
        in_words: The first as a natural frequency.
        note: What to beware of; empty if nothing.
    """

    grouping: str
    group: str
    people: int
    photos: int
    mated: int
    non_mated: int
    smallest_fmr: float | None
    smallest_fmr_sure: float | None
    in_words: str
    note: str


def power_table(material: Material) -> tuple[PowerRow, ...]:
    """Return one row a group of each grouping; with another set as gallery, comparisons within the probes' set."""
    photos = material.usable
    rows = []
    for grouping in material.groupings():
        for size in group_sizes([photo.subject for photo in photos], grouping.of(photos)):
            notes = []
            if not size.comparable:
                notes.append(f"fewer than {MINIMUM_SUBJECTS} people: not compared with others")
            if not size.mated:
                notes.append("no person with two photos: no false non-match rate")
            bound = size.smallest_fmr_independent
            rows.append(
                PowerRow(
                    grouping=grouping.name,
                    group=size.name,
                    people=size.subjects,
                    photos=size.photos,
                    mated=size.mated,
                    non_mated=size.non_mated,
                    smallest_fmr=bound,
                    smallest_fmr_sure=size.smallest_fmr_guaranteed,
                    in_words="none" if bound is None else one_in(bound),
                    note="; ".join(notes),
                )
            )
    return tuple(rows)
