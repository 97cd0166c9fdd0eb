"""Paths lead to the right entry of the document."""

from __future__ import annotations

import pytest

from countenance.service.audit_report.packing import pack
from countenance.service.audit_report.showing import Setting, Shown
from countenance.service.audit_report.writing import NOTHING
from tests.unit.service.audit_report.made_up_document import made_up_document, made_up_rate


def test_paths_follow_the_setting() -> None:
    document = made_up_document(stops=7, sizes=3)
    shown = Shown(pack(document), Setting(stop=2, size=1))
    at = document["groupings"][1]["at"][2]
    assert shown.find("at.fmr_within.1", 1)[3:5] == [at["fmr_within"][1]["errors"], at["fmr_within"][1]["trials"]]
    search = document["groupings"][2]["identification"][2]["sizes"][1]
    assert shown.text("search.fpir.0", "counts", 2) == f"{search['fpir'][0]['errors']} of {search['fpir'][0]['trials']}"
    assert shown.text("stop.label", "text") == document["stops"][2]["label"]
    assert shown.find("growing.1.enrolled") == document["growth"][2][1]["enrolled"]


@pytest.mark.parametrize("path", ["at.nothing", "search.fpir.99", "nowhere", "at.fmr_overall.0.0"])
def test_what_the_document_does_not_have_is_a_dash(path: str) -> None:
    shown = Shown(pack(made_up_document(stops=3, sizes=2)), Setting(stop=0, size=0))
    assert shown.text(path, "text") == NOTHING


def test_without_searches_nothing_about_searches_is_found() -> None:
    document = made_up_document(stops=3, sizes=2)
    for grouping in document["groupings"]:
        grouping["identification"] = None
    shown = Shown(pack(document | {"growth": [], "gallery_sizes": []}), Setting(stop=0, size=0))
    assert (
        shown.find("search.fpir") is shown.find("id.fnir") is shown.find("growing") is shown.find("size.label") is None
    )


def test_a_group_without_comparisons_has_no_number_and_says_so() -> None:
    document = made_up_document(stops=3, sizes=2)
    document["groupings"][0]["at"][0]["fnmr"][0] = made_up_rate(0, 0, 5)
    shown = Shown(pack(document), Setting(stop=0, size=0))
    written = [shown.text("at.fnmr.0", manner) for manner in ("words", "rate", "interval", "interval-words", "counts")]
    assert written == ["no comparisons", NOTHING, NOTHING, NOTHING, "0 of 0"]
