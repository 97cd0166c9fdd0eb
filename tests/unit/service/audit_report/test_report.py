"""The report as a file: complete in itself, strict, and true to its document whatever parts that has."""

from __future__ import annotations

import base64
import copy
import hashlib
import html.parser
import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from countenance.service.audit_report.report import render_report
from tests.unit.service.audit_report.made_up_document import made_up_document

DOCUMENT = made_up_document(stops=9, sizes=3)
REPORT = render_report(DOCUMENT)
_FETCHING = {"src", "href", "srcset", "action", "formaction", "data", "poster", "ping", "background"}


class _Page(html.parser.HTMLParser):
    """Collects elements with their attributes, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = (tag, dict(attrs)) if tag in ("script", "style") else None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.raw.append((*self._open, data))

    def handle_endtag(self, tag: str) -> None:
        self._open = None


PAGE = _Page(REPORT)


def test_these_tests_render_what_the_schema_allows() -> None:
    schema = json.loads((files("countenance.service.audits") / "schema" / "audit-result-1.json").read_text("utf-8"))
    jsonschema.validate(DOCUMENT, schema)


def test_nothing_in_the_page_points_out_of_it() -> None:
    pointing = [
        (tag, name, value)
        for tag, attributes in PAGE.elements
        for name, value in attributes.items()
        if name in _FETCHING and value and not value.startswith(("#", "data:"))
    ]
    assert not pointing
    assert not any(tag in ("link", "iframe", "object", "embed", "base") for tag, _ in PAGE.elements)


def test_there_are_no_inline_handlers_and_no_style_attributes() -> None:
    assert not [
        name for _, attributes in PAGE.elements for name in attributes if name.startswith("on") or name == "style"
    ]


def test_the_policy_allows_exactly_the_scripts_and_styles_of_the_page() -> None:
    policy = next(
        attributes["content"] or ""
        for tag, attributes in PAGE.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    parts = {part.split()[0]: set(part.split()[1:]) for part in policy.split("; ")}

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    runs = {
        digest(text)
        for tag, attributes, text in PAGE.raw
        if tag == "script" and attributes.get("type") in (None, "text/plain")
    }
    assert parts["default-src"] == {"'none'"}
    assert parts["script-src"] == runs
    assert len(runs) == 3
    assert parts["style-src-elem"] == {digest(text) for tag, _, text in PAGE.raw if tag == "style"} | {digest("")}


def test_the_plotting_library_keeps_its_licence() -> None:
    library = next(text for _, attributes, text in PAGE.raw if attributes.get("id") == "plotting-library")
    assert "Licensed under the MIT license" in library[:300]


def test_a_label_cannot_become_markup() -> None:
    document = copy.deepcopy(DOCUMENT)
    hostile = '</script><img src=x onerror="alert(1)">'
    document["title"] = document["groupings"][0]["groups"][0]["name"] = document["limits"][0] = hostile
    document["false_matches"][0]["probe"]["subject"] = hostile
    page = _Page(render_report(document))
    assert not [attributes for _, attributes in page.elements if "onerror" in attributes]
    numbers = next(text for _, attributes, text in page.raw if attributes.get("id") == "numbers")
    assert json.loads(numbers)["groupings"][0]["groups"][0]["name"] == hostile


def test_every_plot_names_a_table_that_is_there_and_has_a_caption() -> None:
    ids = {attributes.get("id"): tag for tag, attributes in PAGE.elements if attributes.get("id")}
    plots = [attributes for _, attributes in PAGE.elements if attributes.get("class") == "plot"]
    assert len(plots) > 20
    for plot in plots:
        table = re.sub(r"^((?:scores|det)-\d+)-\d+$", r"\1", plot["data-table"] or "")
        assert ids[table] == "table"
        assert plot["aria-describedby"] in ids
        assert plot["aria-label"]
        assert plot["role"] == "img"


def test_ids_are_unique() -> None:
    ids = [attributes["id"] for _, attributes in PAGE.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("word", ["unbiased", "fairness", "passed", "compliant", "lawful"])
def test_our_own_words_are_no_verdict(word: str) -> None:
    from countenance.service.audit_report import report

    own = "".join(
        report._page(name) for name in (*report.PARTS, "opening.html.j2", "findings.html.j2", "controls.html.j2")
    )
    assert word not in own.casefold()


def test_the_headline_is_the_documents_with_false_matches_marked() -> None:
    assert re.search(r'<h1[^>]*>\d+ of \d+ people <span class="false">were taken for somebody else</span></h1>', REPORT)


def test_photos_are_embedded_but_never_shown_without_the_script_that_blurs_and_reveals() -> None:
    from tests.unit.service.audit_report.test_pictures import _photo

    content = _photo()
    page = _Page(render_report(DOCUMENT, photos=lambda _: content))
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == 2 * len(DOCUMENT["false_matches"])
    assert not any("src" in attributes for attributes in images)


def _without(**changes: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT) | changes
    if changes.get("gallery_sizes") == []:
        document["headline"]["gallery_size"] = None
        for grouping in document["groupings"]:
            grouping |= {"identification": None, "ranks": []}
    return document


@pytest.mark.parametrize(
    "document",
    [
        _without(gallery_sizes=[], growth=[]),
        _without(false_matches=[], suspected_same_person={"rule": "", "from_similarity": None, "pairs": []}),
        _without(sensitivity=[], methods=[], limits=[], provenance={}, digests={}),
        _without(groupings=[{**DOCUMENT["groupings"][0], "det": [], "distributions": [], "trade_off": []}]),
        _without(system={**DOCUMENT["system"], "model": None, "kind": "scores"}),
    ],
    ids=["no searches", "no pairs", "no statements", "no curves", "scores only"],
)
def test_parts_a_document_lacks_are_left_out_or_said_to_be_missing(document: dict[str, Any]) -> None:
    page = render_report(document)
    assert "<h1" in page
    assert "None" not in re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL).replace(
        "None.", ""
    )


def test_without_searches_the_headline_stays_the_documents_own() -> None:
    page = render_report(_without(gallery_sizes=[], growth=[]))
    assert 'data-headline="false"' in page
    assert "As found at threshold" in page
