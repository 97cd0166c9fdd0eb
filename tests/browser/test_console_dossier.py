"""Searches and their dossiers in a real Chromium: the list and its filters, who sees which, paper, JSON, packets."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from countenance.core.errors import PolicyError
from countenance.ledger.kinds import EntryKind
from countenance.service.faces import PhotoInput
from countenance.service.journal_port import EntryFilter
from countenance.service.search import SearchRequest
from tests.support.console_place import signed_in
from tests.support.looking import DESKTOP, PHONE
from tests.support.reviewing_place import GALLERY, NUMBER, REVIEWER, SEARCHER, SECOND, ReviewingPlace, reviewing_place


class Places:
    """A place with one search of each kind: released, chosen nobody, under review, refused."""

    def __init__(self, place: ReviewingPlace) -> None:
        self.place, self.console, parts = place, place.console, place.console.parts
        released, nobody, waiting = (place.held(name) for name in ("p005", "p007", "p009"))
        place.vote(released, REVIEWER, "p005", rating=3)
        place.vote(released, SECOND, "p005")
        parts.release(released, SEARCHER)
        place.vote(nobody, REVIEWER)
        place.vote(nobody, SECOND)
        self.reviews = {"released": released, "nobody": nobody, "waiting": waiting}
        self.acts = {word: parts.reviews.find(review).act_id for word, review in self.reviews.items()}
        jobs, request = parts.jobs(parts.standing()), SearchRequest(GALLERY, PhotoInput("probe.jpg", b"no photo"))
        with pytest.raises(PolicyError):
            jobs.search(request, galleries=parts.gallery_search, policies=parts.policies)
        (denied,) = parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_DENIED,)), limit=1)
        self.acts["refused"] = str(denied.fields["act_id"])

    def get(self, page: Page, path: str) -> httpx.Response:
        """Return what somebody who is signed in gets."""
        held = {item["name"]: item["value"] for item in page.context.cookies()}
        return httpx.get(f"{self.console.url}{path}", cookies=held)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    with reviewing_place(tmp_path_factory.mktemp("dossiers")) as made:
        yield Places(made)


def listed(page: Page) -> list[str]:
    return [str(link.get_attribute("href")).rpartition("/")[2] for link in page.locator(".searched .says a").all()]


def test_the_list_has_refusals_among_searches_and_is_narrowed_by_outcome_case_and_day(
    places: Places, browser: Browser
) -> None:
    visit = signed_in(browser, places.console, "records")
    page = visit.page
    page.goto("/searches")
    acts = places.acts
    assert listed(page) == [acts["refused"], acts["waiting"], acts["nobody"], acts["released"]]
    for word, wanted in (("refused", "refused"), ("waiting", "waiting"), ("released", "released"),
                         ("not_released", "nobody")):  # fmt: skip
        page.select_option("#f-outcome", word)
        with page.expect_navigation():
            page.click("main button:has-text('Show')")
        assert listed(page) == [acts[wanted]]
    for word in ("candidates", "nobody", "no_result"):
        page.goto(f"/searches?outcome={word}")
        assert "No search fits." in page.content()
    page.goto("/searches")
    page.fill("#f-case", NUMBER)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert set(listed(page)) == set(acts.values()) - {acts["refused"]}
    page.goto("/searches?case=no-such-case")
    assert "There is no case no-such-case." in page.content()
    page.goto("/searches?to=2020-01-01")
    assert listed(page) == []
    assert visit.complaints() == []
    page.context.close()


def test_rows_are_reached_and_opened_by_keys(places: Places, browser: Browser) -> None:
    visit = signed_in(browser, places.console, "auditor")
    visit.page.goto("/searches")
    visit.page.keyboard.press("j")
    visit.page.keyboard.press("j")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url(f"**/searches/{places.acts['waiting']}")
    visit.page.context.close()


def test_a_dossier_shows_every_candidate_each_blind_vote_and_its_place_in_the_ledger(
    places: Places, browser: Browser
) -> None:
    visit = signed_in(browser, places.console, "records")
    page, act = visit.page, places.acts["released"]
    page.goto(f"/searches/{act}")
    text = page.locator("main").inner_text()
    for words in (
        "Investigative lead, not an identification.", NUMBER, "R. Supervisor", "Girl of nine", "shelter photos",
        "24 people, 24 references", "about 1 in", "comparisons", "left ear lobe and hairline",
        "of the candidates, after review",
    ):  # fmt: skip
        assert words in text, words
    items = places.place.items(places.reviews["released"])
    found = [item for item in items if not item.is_filler]
    assert page.locator("table.candidates").first.locator("tbody tr").count() == len(found)
    assert page.locator("tr.released th").inner_text() == "p005"
    strips = page.locator("table.candidates svg").evaluate_all(
        "all => all.map((one) => one.getAttribute('aria-label'))"
    )
    assert strips[0] == "reviewer 1: +3; reviewer 2: +2"
    entry = page.locator(".entries-of a").first.get_attribute("href") or ""
    assert places.console.parts.journal.entry(entry.removeprefix("/ledger/")).kind == EntryKind.CASE_OPENED
    # A review's identifier leads to the search whose result it is about.
    page.goto(f"/searches/{places.reviews['released']}")
    page.wait_for_url(f"**/searches/{act}")
    assert visit.complaints() == []
    page.context.close()


def test_while_people_review_nobody_is_told_whom_the_search_listed(places: Places, browser: Browser) -> None:
    act, review = places.acts["waiting"], places.reviews["waiting"]
    secrets = {item.reference_id for item in places.place.items(review)} | set(places.place.names(review).values())
    for name in ("records", "auditor", SEARCHER):
        visit = signed_in(browser, places.console, name)
        for path in (f"/searches/{act}", f"/searches/{act}/dossier.json", f"/searches/{act}/print"):
            answer = places.get(visit.page, path)
            assert answer.status_code == 200
            assert not [secret for secret in secrets if secret in answer.text], (name, path)
        visit.page.goto(f"/searches/{act}")
        assert "Held for review" in visit.page.locator("h1").inner_text()
        assert visit.page.locator("text=Make the packet").count() == 0
        visit.page.context.close()


def test_each_sees_the_searches_that_are_theirs(places: Places, browser: Browser) -> None:
    acts = places.acts
    seen = {
        "records": set(acts), "auditor": set(acts), SEARCHER: {"released", "nobody", "waiting"},
        REVIEWER: {"released", "nobody"}, "gallery_owner": set(), "policy_owner": set(),
    }  # fmt: skip
    for name, theirs in seen.items():
        visit = signed_in(browser, places.console, name)
        for word, act in acts.items():
            for path in (f"/searches/{act}", f"/searches/{act}/dossier.json", f"/searches/{act}/print"):
                expected = 200 if word in theirs else 403
                assert places.get(visit.page, path).status_code == expected, (name, word, path)
        assert places.get(visit.page, f"/searches/{'0' * 32}").status_code == 404
        visit.page.context.close()


def test_whoever_searches_is_not_told_names_that_were_not_released(places: Places, browser: Browser) -> None:
    names = places.place.names(places.reviews["nobody"])
    candidates = [names[item.item_number] for item in places.place.items(places.reviews["nobody"])
                  if not item.is_filler]  # fmt: skip
    for name, told in ((SEARCHER, False), (REVIEWER, False), ("records", True)):
        visit = signed_in(browser, places.console, name)
        for path in ("", "/dossier.json", "/print"):
            text = places.get(visit.page, f"/searches/{places.acts['nobody']}{path}").text
            assert [one in text for one in candidates] == [told] * len(candidates), (name, path)
        visit.page.context.close()


def test_a_searcher_finds_their_own_searches_and_no_others(places: Places, browser: Browser) -> None:
    visit = signed_in(browser, places.console, SEARCHER)
    visit.page.goto("/searches")
    assert set(listed(visit.page)) == set(places.acts.values()) - {places.acts["refused"]}
    visit.page.goto("/searches?outcome=refused")
    assert listed(visit.page) == []
    visit.page.context.close()
    reviewer = signed_in(browser, places.console, REVIEWER)
    reviewer.page.goto("/searches")
    reviewer.page.wait_for_url("**/reviews/done")
    reviewer.page.context.close()


def test_the_page_for_paper_stands_by_itself_under_a_policy_that_names_its_styles(
    places: Places, browser: Browser
) -> None:
    visit = signed_in(browser, places.console, "records")
    page, act = visit.page, places.acts["released"]
    answer = places.get(page, f"/searches/{act}/print")
    policy = answer.headers["content-security-policy"]
    assert "style-src-elem 'sha256-" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"(src|href)=\"(?!#)", answer.text)
    page.goto(f"/searches/{act}/print")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily").startswith('"Iowan')
    assert visit.complaints() == []
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    page.context.close()


def test_the_dossier_for_machines_is_the_same_document(places: Places, browser: Browser) -> None:
    visit = signed_in(browser, places.console, "auditor")
    answer = places.get(visit.page, f"/searches/{places.acts['released']}/dossier.json")
    document = json.loads(answer.text)
    assert document["schema"] == "countenance.dossier/1"
    assert document["act_id"] == places.acts["released"]
    assert document["who"]["operator"] == SEARCHER
    assert "attachment" in answer.headers["content-disposition"]
    visit.page.context.close()


def test_a_packet_is_made_for_somebody_and_that_is_recorded(places: Places, browser: Browser) -> None:
    visit = signed_in(browser, places.console, "records")
    page = visit.page
    page.goto(f"/searches/{places.acts['nobody']}")
    page.fill("#f-recipient", "Defence counsel")
    with page.expect_download() as started:
        page.click("text=Make the packet")
    content = started.value.path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as packet:
        names = packet.namelist()
        dossier = packet.read(f"dossiers/{places.acts['nobody']}.json").decode()
    assert "ledger/countenance_verify.py" in names
    assert "not named here" in dossier
    (entry,) = places.console.parts.journal.entries(EntryFilter(kinds=(EntryKind.EXPORT_MADE,)), limit=1)
    assert entry.fields["recipient"] == "Defence counsel"
    assert entry.fields["operator_id"] == places.console.parts.reviews.person("records")
    page.reload()
    assert "Defence counsel" in page.locator("main").inner_text()
    page.context.close()


def test_only_records_and_auditors_hand_out_packets(places: Places, browser: Browser) -> None:
    for name, status in ((SEARCHER, 403), (REVIEWER, 403)):
        visit = signed_in(browser, places.console, name)
        held = {item["name"]: item["value"] for item in visit.page.context.cookies()}
        visit.page.goto(f"/searches/{places.acts['nobody']}")
        assert visit.page.locator("text=Make the packet").count() == 0
        token = visit.page.locator("input[name=csrf]").first.get_attribute("value")
        answer = httpx.post(f"{places.console.url}/searches/{places.acts['nobody']}/packet", data={"csrf": token},
                            cookies=held)  # fmt: skip
        assert answer.status_code == status
        visit.page.context.close()


def test_whoever_asked_says_what_came_of_it_and_it_stands_in_the_dossier(places: Places, browser: Browser) -> None:
    visit = signed_in(browser, places.console, SEARCHER)
    page = visit.page
    page.goto(f"/searches/{places.acts['released']}")
    page.click("summary:has-text('Say what came of it')")
    page.select_option("#f-came", "false_match")
    page.fill("#f-reason", "it was her cousin")
    page.click("text=Record it")
    expect(page.locator("#came + ul")).to_contain_text("known to be a false match")
    assert "it was her cousin" in page.content()
    page.goto(f"/searches/{places.acts['waiting']}")
    assert page.locator("summary:has-text('Say what came of it')").count() == 0
    page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_about_searches_can_be_read_and_never_scroll_sideways(
    places: Places, browser: Browser, size: dict[str, int], scheme: str
) -> None:
    visit = signed_in(browser, places.console, "records", size=size, scheme=scheme)
    visit.page.goto("/password")
    visit.troubles.clear()
    paths = ["/searches", *(f"/searches/{act}" for act in places.acts.values())]
    for path in paths:
        visit.page.goto(path)
        for details in visit.page.locator("main details > summary").all():
            details.click()
        assert visit.contrasts_too_low() == [], path
        assert visit.too_wide_px() == 0, path
    assert visit.complaints() == []
    visit.page.context.close()
