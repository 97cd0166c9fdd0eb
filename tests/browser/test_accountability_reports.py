"""Records in a real Chromium: two sheets a dossier, nothing cut off, legible in light and dark, nothing asked for."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.dossier import dossier
from countenance.service.accountability_reports.exceptions import exceptions_report
from countenance.service.accountability_reports.pages import dossier_page, exceptions_page, period_page
from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.transparency import transparency_report
from tests.support.looking import CONTRAST, CONTRAST_OF_LARGE, CONTRASTS
from tests.support.report_samples import BRUNO, ReportLedger, references, reviewed_search

CASE = "0c" * 16
YEAR = Period(date(2031, 1, 1), date(2031, 12, 31))
VIEWS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
DOSSIERS = ("reviewed", "sixty", "refused", "undecided")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return every page by name, of a ledger in which much happened."""
    ledger = ReportLedger()
    ledger.custody()
    ledger.open_case(
        CASE,
        purpose_text="Girl of nine, last seen at the ferry landing on 4 May; her mother asks to compare the photos of "
        "the shelters along the river, and has signed a release for the two photos she brought.",
        case_list_checked=False,
    )
    for number in range(40):
        purpose = ("missing_person", "victim_identification", "deceased_identification")[number % 3]
        ledger.search("candidates" if number % 3 else "nobody", case_id=CASE, purpose=purpose)
    acts = {"refused": [ledger.refusal() for _ in range(9)][-1]}
    ledger.search("failed", error_code="image_unreadable", threshold_value="0.3")
    ledger.record(EntryKind.OVERRIDE, operator_id=BRUNO, reason="child in danger", overridden_rules=("a.b",))
    acts["reviewed"] = reviewed_search(ledger, case_id=CASE, case_number="24-1183")
    acts["sixty"] = ledger.search(
        candidate_count=60,
        candidate_reference_ids=references(60),
        candidate_scores=tuple(f"{0.9 - number / 200:.3f}" for number in range(60)),
    )
    sources = ledger.sources(now=ledger.clock.now + timedelta(days=40))
    undecided = ReportLedger()
    undecided.custody()
    still_open = reviewed_search(undecided, end=False)
    written = {
        "period": period_page(transparency_report(sources, YEAR)),
        "exceptions": exceptions_page(exceptions_report(sources, YEAR)),
        "undecided": dossier_page(dossier(undecided.sources(), still_open)),
        **{name: dossier_page(dossier(sources, act)) for name, act in acts.items()},
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, content in written.items():
        (folder / f"{name}.html").write_text(content, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in written}


@pytest.mark.parametrize("name", DOSSIERS)
def test_a_dossier_prints_to_two_sheets(name: str, pages: dict[str, Path], browser: Browser) -> None:
    page = browser.new_page()
    page.goto(pages[name].as_uri())
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert 1 <= len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 2


@pytest.mark.parametrize("name", ["period", "exceptions", *DOSSIERS])
@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_a_page_is_legible_and_nothing_of_it_is_beside_the_screen(
    name: str, width: int, scheme: Any, pages: dict[str, Path], browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(pages[name].as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    texts = page.evaluate(CONTRASTS)
    page.close()
    assert wide <= width
    assert complaints == []
    assert requests == [pages[name].as_uri()]
    faint = [text for text in texts if text["ratio"] < (CONTRAST_OF_LARGE if text["large"] else CONTRAST)]
    assert faint == []
    assert len(texts) > 30
