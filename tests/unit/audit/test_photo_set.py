"""Sorting and coding of labelled templates."""

from __future__ import annotations

import numpy as np
import pytest

from countenance.audit.photo_set import PhotoSet, prepare
from countenance.core.errors import AuditInputInvalid


def photos(subjects: str, groups: str, dimension: int = 4) -> PhotoSet:
    return PhotoSet(np.eye(len(subjects), dimension, dtype=np.float32), list(subjects), list(groups))


def test_photos_are_sorted_by_group_then_subject_and_rows_lead_back() -> None:
    given = photos("dacb", "ywyw")
    sets = prepare(given)
    assert sets.groups == ("w", "y")
    assert [given.subjects[row] for row in sets.probes.row] == ["a", "b", "c", "d"]
    assert sets.probes.group.tolist() == [0, 0, 1, 1]
    assert np.array_equal(sets.probes.vectors, given.vectors[sets.probes.row])
    assert sets.one_set
    assert sets.references is sets.probes


def test_two_sets_share_the_codes_of_people() -> None:
    sets = prepare(photos("ab", "xx"), photos("bc", "xz"))
    assert sets.probes.subject.tolist() == [0, 1]
    assert sets.references.subject.tolist() == [1, 2]
    assert sets.probes.photos_each.tolist() == [1, 1, 0]
    assert sets.references.photos_each.tolist() == [0, 1, 1]


def test_a_subject_in_two_groups_is_named_by_rows() -> None:
    with pytest.raises(AuditInputInvalid, match="Rows 1 and 3 put one subject into two groups"):
        prepare(photos("aba", "xyy"))


def test_a_subject_in_another_group_in_the_other_set_is_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="two groups"):
        prepare(photos("ab", "xx"), photos("b", "y"))


def test_labels_must_be_complete() -> None:
    with pytest.raises(AuditInputInvalid, match="2 subject labels and 1 group labels"):
        prepare(PhotoSet(np.eye(2, dtype=np.float32), ["a", "b"], ["x"]))
    with pytest.raises(AuditInputInvalid, match="0 subject labels"):
        prepare(PhotoSet(np.empty((0, 4), dtype=np.float32), [], []))


def test_templates_of_two_lengths_are_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="numbers of elements"):
        prepare(photos("ab", "xx", 4), photos("ab", "xx", 5))
