"""What a code implies, and what counts as covered."""

from __future__ import annotations

import pytest

from countenance.policy.jurisdictions import EU_MEMBERS, implied_jurisdictions, uncovered, without_own_rules


@pytest.mark.parametrize(
    ("stated", "sectors", "implied"),
    [
        ({"US-OR/portland"}, set(), {"US-OR/portland", "US-OR", "US"}),
        ({"DE"}, set(), {"DE", "EU"}),
        ({"DE-BY/munich"}, set(), {"DE-BY/munich", "DE-BY", "DE", "EU"}),
        ({"GB"}, {"le_other_country"}, {"GB"}),
        ({"MX"}, {"us_federal_le"}, {"MX", "US"}),
        ({"EU"}, set(), {"EU"}),
    ],
)
def test_wider_codes_are_implied(stated: set[str], sectors: set[str], implied: set[str]) -> None:
    assert implied_jurisdictions(frozenset(stated), frozenset(sectors)) == implied


def test_union_has_27_members() -> None:
    assert len(EU_MEMBERS) == 27
    assert "GB" not in EU_MEMBERS


def test_star_covers_states_but_no_city() -> None:
    covers = frozenset({"US", "US-*", "US-OR/portland"})

    assert uncovered(["US", "US-OH", "US-OR/portland"], covers) == ()
    assert uncovered(["US-OH/cleveland", "JP", "USA", "DE"], covers) == ("DE", "JP", "US-OH/cleveland", "USA")
    assert uncovered(["US-OH"], frozenset({"US"})) == ("US-OH",)
    assert without_own_rules(["US", "US-OH", "JP"], covers) == ("US-OH",)
