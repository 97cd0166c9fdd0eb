"""Pairs of the contact sheet and of suspected labels."""

from __future__ import annotations

import pytest

from countenance.service.audit_report.listings import context
from countenance.service.audit_report.pictures import Pictures
from countenance.service.audit_report.showing import Setting
from tests.unit.service.audit_report.made_up_document import made_up_document

DOCUMENT = made_up_document(stops=41, sizes=2)


@pytest.mark.parametrize("stop", [0, 30, 34, 40])
def test_pairs_are_shown_where_their_score_reaches_the_threshold(stop: int) -> None:
    listed = context(DOCUMENT, Setting(stop=stop, size=0), Pictures(None))
    threshold = DOCUMENT["stops"][stop]["threshold"]
    expected = [pair["score"] >= threshold for pair in DOCUMENT["false_matches"]]
    assert [pair["shown"] for pair in listed["pairs"]] == expected
    assert listed["pairs_shown"] == sum(expected)


def test_a_score_equal_to_the_threshold_is_a_match() -> None:
    stop = DOCUMENT["stops"][20]
    pair = {**DOCUMENT["false_matches"][0], "score": stop["threshold"]}
    listed = context({**DOCUMENT, "false_matches": [pair]}, Setting(stop=20, size=0), Pictures(None))
    assert listed["pairs"][0]["shown"]
    assert listed["pairs"][0]["meaning"].startswith(f"{stop['label']} or more in ")


def test_a_pair_names_both_files_and_their_labels() -> None:
    first = context(DOCUMENT, Setting(stop=0, size=0), Pictures(None))["pairs"][0]
    assert [(side["role"], side["groups"]) for side in first["sides"]] == [
        ("searched", "female, dark"),
        ("taken for", "female, light"),
    ]
    assert not first["pictures"]


def test_suspected_pairs_are_listed_with_the_rule() -> None:
    listed = context(DOCUMENT, Setting(stop=0, size=0), Pictures(None))
    assert listed["suspected"][0]["first"] == "p001 (photos/p001_probe.jpg)"
    assert listed["suspected_rule"]
