"""Sliders: where they start, what their ticks and named thresholds say."""

from __future__ import annotations

from countenance.service.audit_report.controls import context, marks_at, named_stops, size_at_first
from countenance.service.audit_report.showing import Setting
from tests.unit.service.audit_report.made_up_document import made_up_document

DOCUMENT = made_up_document(stops=21, sizes=4)


def test_named_thresholds_stand_in_the_order_of_the_slider_with_their_words() -> None:
    named = named_stops(DOCUMENT)
    assert [(mark["letter"], mark["label"]) for mark in named] == [("A", "vendor default 80"), ("B", "operating point")]
    assert named[0]["stop"] < named[1]["stop"]
    assert marks_at(named, named[1]["stop"]) == " (operating point)"
    assert marks_at(named, 0) == ""


def test_a_mark_nobody_explains_keeps_its_own_name() -> None:
    stops = [{"label": "0.5", "marks": ["asked:0.5"]}]
    assert named_stops({"stops": stops, "operating": {"presets": []}})[0]["label"] == "asked:0.5"


def test_the_gallery_slider_starts_where_the_headline_was_measured_else_at_the_largest_searched() -> None:
    sizes = [{"enrolled": 10}, {"enrolled": 89, "extrapolated": False}, {"enrolled": 1000, "extrapolated": True}]
    assert size_at_first({"headline": {"gallery_size": 0}, "gallery_sizes": sizes}) == 0
    assert size_at_first({"headline": {}, "gallery_sizes": sizes}) == 1
    assert size_at_first({"headline": {}, "gallery_sizes": []}) == 0


def test_ticks_are_labels_of_the_document_at_their_places() -> None:
    ticks = context(DOCUMENT, Setting(stop=3, size=1))["ticks"]
    labels = [stop["label"] for stop in DOCUMENT["stops"]]
    assert [(tick["percent"], tick["label"]) for tick in ticks] == [(5.0 * at, labels[at]) for at in (0, 5, 10, 15, 20)]
