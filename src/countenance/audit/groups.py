"""Groups as the data set labels them: unknown kept as a group, intersections, and what a group's size can show.

Rules kept here:

- A label is never guessed. Who is unknown or declined to say stays in the audit as a group of that name.
- A group below the minimum number of subjects keeps its counts and its part in overall rates, and is flagged; its
  rate enters no summary measure and no comparison of groups.
- What could be seen at all is known before anything is compared: pairs available and the smallest rate they could show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from countenance.audit.intervals import zero_error_bounds
from countenance.core.errors import AuditInputInvalid

#: The group of everybody whose label is missing, unknown or declined.
UNKNOWN = "unknown/declined"
#: What data sets write for it, in small letters.
UNKNOWN_SPELLINGS = frozenset(
    {"", "unknown", "unk", "declined", "declined to say", "prefer not to say", "not stated", "n/a", "na", "none", "?"}
    | {UNKNOWN}
)
#: Between the parts of an intersectional group's name.
AND = " × "
#: Fewest subjects for a group's rate to be compared with others. Below ten, Student's quantile is over 2.26 and the
#: half-width of an interval on independent subjects over 0.7 standard deviations.
MINIMUM_SUBJECTS = 10


@dataclass(frozen=True, slots=True)
class GroupSize:
    """What a group's numbers allow.

    Attributes:
        name: The group.
        subjects: People.
        photos: Photos with a template.
        mated: Comparisons of one person's photos.
        non_mated: Comparisons of different people within the group.
        smallest_fmr_independent: Upper 95 % bound if none of those were a match and they were independent; None if
            there are none.
        smallest_fmr_guaranteed: The same from pairs that share nobody; None for fewer than two people.
        comparable: Whether the group has the minimum number of subjects.
    """

    name: str
    subjects: int
    photos: int
    mated: int
    non_mated: int
    smallest_fmr_independent: float | None
    smallest_fmr_guaranteed: float | None
    comparable: bool


def group_labels(values: Sequence[str]) -> list[str]:
    """Return labels with spaces trimmed and every spelling of "not known" written as ``UNKNOWN``."""
    trimmed = [" ".join(value.split()) for value in values]
    return [UNKNOWN if value.casefold() in UNKNOWN_SPELLINGS else value for value in trimmed]


def intersect(attributes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return intersectional group labels, such as ``female × darker``, one a row, in the order of the attributes.

    Raises:
        AuditInputInvalid: No attribute, or columns of different length.
    """
    columns = [group_labels(values) for values in attributes.values()]
    if not columns or len({len(column) for column in columns}) > 1:
        raise AuditInputInvalid(
            "Intersectional groups need one or more columns of labels of the same length.",
            remedy="Give each person a value in each column; write 'unknown' where there is none.",
        )
    return [AND.join(parts) for parts in zip(*columns, strict=True)]


def group_sizes(
    subjects: Sequence[str], groups: Sequence[str], *, minimum_subjects: int = MINIMUM_SUBJECTS
) -> tuple[GroupSize, ...]:
    """Return what each group's numbers allow, by name, from one subject and one group label a photo."""
    names, codes = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    people = np.asarray(subjects, dtype=object).astype(str)
    return tuple(
        _size(str(name), np.unique(people[codes == code], return_counts=True)[1].tolist(), minimum_subjects)
        for code, name in enumerate(names)
    )


def _size(name: str, photos_each: list[int], minimum_subjects: int) -> GroupSize:
    photos = sum(photos_each)
    mated = sum(count * (count - 1) // 2 for count in photos_each)
    non_mated = photos * (photos - 1) // 2 - mated
    bounds = zero_error_bounds(non_mated, len(photos_each)) if len(photos_each) > 1 else None
    return GroupSize(
        name=name,
        subjects=len(photos_each),
        photos=photos,
        mated=mated,
        non_mated=non_mated,
        smallest_fmr_independent=None if bounds is None else bounds.independent,
        smallest_fmr_guaranteed=None if bounds is None else bounds.disjoint_pairs,
        comparable=len(photos_each) >= minimum_subjects,
    )
