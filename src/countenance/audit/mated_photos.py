"""People from marks alone: photos that comparisons marked as mated hang together are of one person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]


def people_of_marks(probe: CodeArray, reference: CodeArray, mated: npt.NDArray[np.int8], photos: int) -> IntArray:
    """Return a number for the person in each photo: the lowest photo code that mated comparisons lead to.

    Args:
        probe: Photo code of each row.
        reference: Likewise.
        mated: 1 mated, 0 non-mated, negative where it is not said.
        photos: Number of photos.

    Raises:
        AuditInputInvalid: A comparison marked non-mated is between photos that others make one person's.
    """
    person = np.arange(photos, dtype=np.int64)
    first, second = probe[mated == 1].astype(np.int64), reference[mated == 1].astype(np.int64)
    while np.any(person[first] != person[second]):
        lower = np.minimum(person[first], person[second])
        for side in (first, second):
            np.minimum.at(person, side, lower)
            # The person a photo was counted to follows, or chains would take a round a link.
            np.minimum.at(person, person[side], lower)
        person = person[person]
    person = _settled(person)
    wrong = np.flatnonzero((mated == 0) & (person[probe] == person[reference]) & (probe != reference))
    if wrong.size:
        raise AuditInputInvalid(
            f"{wrong.size:,} rows are marked non-mated although other rows make both photos one person's, the first is "
            f"row {int(wrong[0]) + 1:,}.",
            remedy="Correct the marks, or say who is in each photo with --people.",
        )
    return person


def _settled(person: IntArray) -> IntArray:
    while np.any(person[person] != person):
        person = person[person]
    return person
