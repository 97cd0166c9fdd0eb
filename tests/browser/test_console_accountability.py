"""The records officer's pages in Chromium: exceptions first, every number with its list, reports to hand out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import EntryFilter
from tests.support.console_place import ConsolePlace, Visit, signed_in
from tests.support.governed_place import ATTESTER, CASES, governed_place
from tests.support.looking import PHONE, download

PATHS = (
    "/accountability", "/accountability/exceptions", "/accountability/operators", "/accountability/reviews",
    "/accountability/retention", "/accountability/report", "/accountability/laws/maryland",
    "/accountability/laws/eu-ai-act",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with governed_place(tmp_path_factory.mktemp("accountability")) as opened:
        yield opened


@pytest.fixture(scope="module")
def records(browser: Browser, place: ConsolePlace) -> Visit:
    return signed_in(browser, place, "records")


def counted(page: Page, path: str) -> Page:
    """Return a page once nothing on it is being counted any more."""
    page.goto(path)
    page.wait_for_function("() => !document.querySelector('.counting')", timeout=30_000)
    return page


def figure(page: Page, what: str) -> str:
    return page.locator(f".figures a:has-text('{what}') .number").inner_text()


def test_a_records_officer_begins_with_what_needs_an_answer(browser: Browser, place: ConsolePlace) -> None:
    visit = signed_in(browser, place, "records")
    visit.page.wait_for_function("() => !document.querySelector('.counting')", timeout=30_000)

    # Case 3 was not checked in a list; the reasons of cases 2 and 3 say too little.
    assert visit.page.url.endswith("/accountability")
    assert visit.page.locator("#headline").inner_text() == "3 things need an answer"
    first = visit.page.locator(".to-answer li").first.inner_text()
    assert CASES[2] in first
    assert ATTESTER in first
    assert "due" in first
    visit.page.context.close()


def test_figures_are_those_of_the_ledger_and_lead_to_lists(place: ConsolePlace, records: Visit) -> None:
    page = counted(records.page, "/accountability")
    journal = place.parts.journal
    ran = len(journal.entries(EntryFilter(kinds=(EntryKind.ACT_INTENDED,)), limit=1_000))
    refused = len(journal.entries(EntryFilter(kinds=(EntryKind.ACT_DENIED,)), limit=1_000))

    assert figure(page, "searches that ran") == str(ran)
    assert figure(page, "searches refused by a rule") == str(refused)
    assert figure(page, "a checkpoint went outside") == "never"
    links = page.locator(".figures a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(links) == 7
    for link in links:
        page.goto(link)
        assert page.locator("body.error").count() == 0, link


def test_every_exception_leads_to_what_is_behind_it(records: Visit) -> None:
    page = counted(records.page, "/accountability/exceptions")
    links = page.locator(".known a").evaluate_all("links => links.map(link => link.getAttribute('href'))")

    assert len(links) == 3
    assert all(link.startswith(("/searches/", "/cases/", "/ledger/")) for link in links)


def test_a_period_is_picked_and_an_empty_one_says_so(records: Visit) -> None:
    page = counted(records.page, "/accountability")
    page.fill("#p-from", "2020-01-01")
    page.fill("#p-to", "2020-01-31")
    page.click(".spans button")
    page.wait_for_function("() => !document.querySelector('.counting')", timeout=30_000)

    assert page.locator("#headline").inner_text() == "Nothing on the list needs an answer"
    assert figure(page, "searches that ran") == "0"


def test_days_the_wrong_way_round_are_told_apart_from_a_failure(records: Visit) -> None:
    records.page.goto("/accountability?from=2026-05-02&to=2026-05-01")

    assert "2026-05-02" in records.page.locator("main").inner_text()
    assert records.page.locator(".kicker").inner_text().startswith("400")


def test_operators_are_listed_with_their_searches(records: Visit) -> None:
    page = counted(records.page, "/accountability/operators")
    assert page.locator("tbody tr").count() == 4
    page.click("tbody a:has-text('A. Searcher')")

    assert page.locator("#headline").inner_text() == "A. Searcher"
    assert page.locator("tbody a[href^='/searches/']").count() > 10


def test_the_report_is_handed_out_as_page_tables_and_data(records: Visit) -> None:
    page = counted(records.page, "/accountability/report")
    data = json.loads(download(page, "text=Data (JSON)"))
    tables = zipfile.ZipFile(io.BytesIO(download(page, "text=Tables (CSV, zip)")))
    html = download(page, "text=Page (HTML)").decode()

    assert data["schema"] == "countenance.transparency-report/1"
    assert f"{data['searches']['asked']:,} searches were asked for" in page.locator("#headline").inner_text()
    rows = list(csv.reader(io.StringIO(tables.read("tables.csv").decode())))
    assert rows[0] == ["table", "row", "column", "count", "shown"]
    assert "searches were" in html
    assert not page.locator("text=Being counted").count()


def test_the_report_opens_in_the_browser_with_its_style(records: Visit) -> None:
    page = counted(records.page, "/accountability/report")
    records.troubles.clear()
    page.click("text=Open the report")
    page.wait_for_selector("h1")

    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily.toLowerCase()").count("serif")
    assert [one for one in records.troubles if one.startswith(("script", "console"))] == []


def test_a_law_names_what_is_missing_and_who_would_know(records: Visit) -> None:
    page = counted(records.page, "/accountability/laws/maryland")

    text = page.locator("main").inner_text()

    assert "Missing. Who would know: The agency's case files." in text
    rows = list(csv.reader(io.StringIO(download(page, "text=Download (CSV)").decode())))
    assert [row[1] for row in rows[1:]] == page.locator("tbody th").all_inner_texts()
    assert all(row[2] or row[3] == "missing" for row in rows[1:])


def test_small_counts_can_be_shown_or_withheld(records: Visit) -> None:
    page = counted(records.page, "/accountability/report?minimum=100")
    withheld = page.locator("main").inner_text().count("ithheld")
    counted(page, "/accountability/report?minimum=1")

    assert page.locator("figure:has-text('withheld')").count() == 0
    assert withheld > 2


def test_a_request_for_information_gets_the_entries_of_these_days(records: Visit) -> None:
    page = counted(records.page, "/accountability/report")
    page.click("text=Make the export")
    page.wait_for_selector("text=Download ledger.zip")
    packed = zipfile.ZipFile(io.BytesIO(download(page, "text=Download ledger.zip")))

    lines = packed.read("ledger.jsonl").decode()
    assert "typed_text" in lines
    assert CASES[0] not in lines


@pytest.mark.parametrize("name", ["searcher", "reviewer", "gallery_owner"])
def test_other_roles_are_told_that_these_pages_are_not_theirs(browser: Browser, place: ConsolePlace, name: str) -> None:
    visit = signed_in(browser, place, name)
    for path in PATHS:
        visit.page.goto(path)
        assert visit.page.locator(".kicker").inner_text().startswith("403"), path
    visit.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_on_both_screens(browser: Browser, place: ConsolePlace, scheme: str) -> None:
    for size in (None, PHONE):
        visit = signed_in(browser, place, "policy_owner", size=size, scheme=scheme)
        for path in PATHS:
            counted(visit.page, path)
            assert visit.contrasts_too_low() == [], path
            assert visit.too_wide_px() == 0, path
        assert visit.complaints() == []
        visit.page.context.close()
