"""Groups: unknown kept, intersections, and the power table."""

from __future__ import annotations

import math

import pytest

from countenance.audit.groups import UNKNOWN, group_labels, group_sizes, intersect
from countenance.core.errors import AuditInputInvalid


@pytest.mark.parametrize("spelling", ["", " ", "unknown", "Declined", "N/A", "prefer not to  say"])
def test_every_spelling_of_not_known_is_one_group(spelling: str) -> None:
    assert group_labels([spelling, "east asian"]) == [UNKNOWN, "east asian"]


def test_intersections_keep_what_is_unknown_in_one_attribute() -> None:
    assert intersect({"sex": ["female", "male"], "skin": ["darker ", ""]}) == ["female × darker", f"male × {UNKNOWN}"]


@pytest.mark.parametrize("attributes", [{}, {"sex": ["f"], "skin": []}])
def test_columns_that_do_not_fit_are_refused(attributes: dict[str, list[str]]) -> None:
    with pytest.raises(AuditInputInvalid, match="columns of labels"):
        intersect(attributes)


def test_the_power_table_hand_worked() -> None:
    subjects = ["a", "a", "a", "b", "c", "d"]
    groups = ["x", "x", "x", "x", "x", "y"]
    first, second = group_sizes(subjects, groups, minimum_subjects=3)
    # Five photos make ten pairs, three of them of one person.
    assert (first.name, first.subjects, first.photos, first.mated, first.non_mated) == ("x", 3, 5, 3, 7)
    assert first.smallest_fmr_independent == pytest.approx(-math.log(0.05) / 7)
    assert first.smallest_fmr_guaranteed == 1.0
    assert first.comparable
    assert (second.subjects, second.non_mated, second.smallest_fmr_guaranteed) == (1, 0, None)
    assert not second.comparable
