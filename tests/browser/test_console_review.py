"""Blind review in a real Chromium: by keys, without script, on a telephone; votes, leads, closing, who sees what."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import EntryFilter
from tests.support.console_place import Visit, signed_in
from tests.support.looking import DESKTOP, PHONE
from tests.support.reviewing_place import NUMBER, PEOPLE, REVIEWER, SEARCHER, SECOND, ReviewingPlace, reviewing_place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewingPlace]:
    with reviewing_place(tmp_path_factory.mktemp("reviewing")) as made:
        yield made


def cookies(page: Page) -> dict[str, str]:
    return {item["name"]: item["value"] for item in page.context.cookies()}


def judged_by_keys(page: Page, pairs: int, *, same: int | None = None) -> None:
    """Judge every pair with the keyboard alone."""
    for number in range(pairs):
        page.keyboard.press("j")
        page.keyboard.press("7" if number == same else "1")


def blur(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.face')).filter"))


def test_a_reviewer_judges_with_the_keyboard_alone_and_gets_a_receipt(place: ReviewingPlace, browser: Browser) -> None:
    review_id = place.held("p003")
    visit = signed_in(browser, place.console, REVIEWER)
    page = visit.page
    page.goto("/reviews")
    page.keyboard.press("j")
    page.goto(f"/reviews/{review_id}")
    pairs = page.locator("[data-pair]").count()
    letters = place.letters(review_id, REVIEWER)
    assert pairs == len(letters)
    assert blur(page) == "blur(10px)"
    page.keyboard.press("b")
    assert blur(page) == "none"
    person = next(number for number, name in place.names(review_id).items() if name == "p003")
    order = [page.locator("[data-pair]").nth(n).get_attribute("id") for n in range(pairs)]
    at = order.index(f"pair-{letters[person]}")
    judged_by_keys(page, pairs, same=at)
    expect(page.locator("[data-judged]")).to_have_text(str(pairs))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"You say that picture {letters[person]} shows the person in the probe.")
    page.keyboard.press("Tab")
    page.locator("button.primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reviews/{review_id}/receipt")
    entry_id = page.locator("a[href^='/ledger/']").inner_text()
    entry = place.console.parts.journal.entry(entry_id)
    assert entry.kind == EntryKind.REVIEW_VOTE
    assert sorted(entry.fields["ratings"]) == [-3] * (pairs - 1) + [3]
    assert "One more reviewer looks" in page.content()
    assert page.evaluate("sessionStorage.length") == 0
    page.goto(f"/reviews/{review_id}")
    page.wait_for_url("**/receipt")
    assert visit.complaints() == []
    page.context.close()


def test_the_page_holds_no_name_score_rank_gallery_or_vote_and_no_address_of_a_picture(
    place: ReviewingPlace, browser: Browser
) -> None:
    review_id = place.held("p009")
    place.vote(review_id, SECOND, "p009")
    visit = signed_in(browser, place.console, REVIEWER)
    visit.page.goto(f"/reviews/{review_id}")
    html = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", visit.page.content())
    items = place.items(review_id)
    secrets = set(place.names(review_id).values()) | {item.reference_id for item in items}
    secrets |= {f"{item.similarity:.3f}" for item in items if item.similarity is not None}
    secrets |= {"shelter photos", SECOND, "left ear lobe", NUMBER}
    assert not [secret for secret in secrets if secret in html]
    sources = visit.page.locator("img.face").evaluate_all("all => all.map((one) => one.src)")
    assert len(sources) == 2 * len(items)
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    probe = place.console.parts.review_store.probes(place.console.parts.reviews.find(review_id))[1]
    assert base64.b64decode(sources[0].partition(",")[2]) == probe
    visit.page.context.close()


def test_each_reviewer_has_an_order_of_their_own(place: ReviewingPlace, browser: Browser) -> None:
    review_id = place.held("p004")
    seen = []
    for name in (REVIEWER, SECOND):
        visit = signed_in(browser, place.console, name)
        visit.page.goto(f"/reviews/{review_id}")
        shown = visit.page.locator("[data-pair] figure:nth-child(2) img")
        seen.append(shown.evaluate_all("all => all.map((one) => one.src)"))
        visit.page.context.close()
    assert sorted(seen[0]) == sorted(seen[1])
    assert seen[0] != seen[1]


def test_what_is_missing_is_told_and_what_was_filled_in_survives_going_back(
    place: ReviewingPlace, browser: Browser
) -> None:
    review_id = place.held("p012")
    visit = signed_in(browser, place.console, REVIEWER)
    page = visit.page
    page.goto(f"/reviews/{review_id}")
    pairs = page.locator("[data-pair]").count()
    page.keyboard.press("b")
    judged_by_keys(page, 2, same=1)
    page.fill("#f-reason", "brow ridge")
    page.click("text=Read it over before it counts")
    expect(page.locator("[role=alert]")).to_contain_text("Not judged yet:")
    page.wait_for_load_state()
    assert page.locator("input[type=radio]:checked").count() == 2
    assert page.input_value("#f-reason") == "brow ridge"
    assert blur(page) == "none"
    judged_by_keys(page, pairs, same=1)
    page.click("text=Read it over before it counts")
    page.click("text=Go back and change it")
    expect(page.locator("input[type=radio]:checked")).to_have_count(pairs)
    page.wait_for_load_state()
    # A page that was left and is opened again: judgements are there, faces are blurred as on every new page.
    page.goto("/reviews")
    page.goto(f"/reviews/{review_id}")
    expect(page.locator("input[type=radio]:checked")).to_have_count(pairs)
    assert blur(page) == "blur(10px)"
    assert page.input_value("#f-reason") == "brow ridge"
    page.goto("/password")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    # Another session in the same tab finds nothing of it.
    page.fill("#f-name", SECOND)
    page.fill("#f-password", place.console.passwords[SECOND])
    page.click("main button.primary")
    expect(page.locator("form.account .name")).to_have_text(SECOND)
    page.goto(f"/reviews/{review_id}")
    assert page.locator("input[type=radio]:checked").count() == 0
    page.context.close()


def test_voting_works_without_script(place: ReviewingPlace, browser: Browser) -> None:
    review_id = place.held("p014")
    visit = signed_in(browser, place.console, REVIEWER, scripts=False)
    page = visit.page
    page.goto(f"/reviews/{review_id}")
    page.locator("label.toggle").click()
    assert page.locator(".face").first.is_visible()
    page.locator("input[name=none_of_these]").check()
    page.click("text=Read it over before it counts")
    expect(page.locator("h1")).to_have_text("You say that nobody shown is the person in the probe.")
    page.click("text=Go back and change it")
    expect(page.locator("input[name=none_of_these]")).to_be_checked()
    page.click("text=Read it over before it counts")
    page.click("text=Cast this vote")
    expect(page.locator("h1")).to_have_text("Your vote counts")
    page.context.close()


def test_whoever_asked_for_the_search_learns_nothing_until_the_reviewers_agree_and_then_one_lead(
    place: ReviewingPlace, browser: Browser
) -> None:
    review_id = place.held("p005")
    visit = signed_in(browser, place.console, SEARCHER)
    page = visit.page
    page.goto(f"/reviews/{review_id}")
    page.wait_for_url("**/lead")
    assert page.locator("h1").inner_text() == "Reviewers are looking"
    assert page.locator("button:has-text('lead')").count() == 0
    place.vote(review_id, REVIEWER, "p005", rating=3)
    place.vote(review_id, SECOND, "p005", rating=1)
    page.reload()
    assert page.locator("h1").inner_text() == "The reviewers agree: there is a lead"
    assert "p005" not in page.content()
    page.wait_for_load_state()
    before = place.console.parts.journal.size()
    page.keyboard.press("l")
    expect(page.locator("h1")).to_have_text("Investigative lead, not an identification.")
    assert page.locator(".leads h2").all_inner_texts() == ["p005"]
    others = set(PEOPLE) - {"p005"}
    assert not [name for name in others if name in page.locator("main").inner_text()]
    assert blur(page) == "blur(10px)"
    page.keyboard.press("b")
    assert blur(page) == "none"
    released = place.console.parts.journal.entries(EntryFilter(kinds=(EntryKind.REVIEW_RELEASED,), review_id=review_id))
    assert [entry.index >= before for entry in released] == [True]
    asked = place.console.parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_INTENDED,)), limit=1)[0]
    assert (asked.fields["action"], asked.fields["interface"]) == ("release", "console")
    assert visit.complaints() == []
    page.context.close()


def test_a_review_that_agreed_on_nobody_leads_to_nothing(place: ReviewingPlace, browser: Browser) -> None:
    review_id = place.held("p006")
    place.vote(review_id, REVIEWER)
    place.vote(review_id, SECOND)
    visit = signed_in(browser, place.console, SEARCHER)
    visit.page.goto(f"/reviews/{review_id}/lead")
    assert visit.page.locator("h1").inner_text() == "There is no lead"
    token = visit.page.locator("input[name=csrf]").first.get_attribute("value")
    answer = httpx.post(
        f"{place.console.url}/reviews/{review_id}/lead", data={"csrf": token}, cookies=cookies(visit.page)
    )
    assert answer.status_code == 409
    assert "p006" not in answer.text
    visit.page.context.close()


def test_a_records_officer_closes_a_review_with_a_reason_and_nobody_else_does(
    place: ReviewingPlace, browser: Browser
) -> None:
    review_id = place.held("p016")
    visit = signed_in(browser, place.console, "records")
    page = visit.page
    page.goto("/reviews/all?show=open")
    page.locator(f"a[href='/reviews/{review_id}/close']").click()
    page.fill("#f-reason", "the person was found")
    page.click("main button.grave")
    page.wait_for_url("**/searches/*")
    (entry,) = place.console.parts.journal.entries(EntryFilter(kinds=(EntryKind.REVIEW_CLOSED,), review_id=review_id))
    assert (entry.fields["result"], entry.fields["reason"]) == ("withdrawn", "the person was found")
    page.goto(f"/reviews/{review_id}/close")
    assert page.locator(".kicker").inner_text() == "409 · review_over"
    page.context.close()
    for name in (REVIEWER, SEARCHER, "auditor"):
        other = signed_in(browser, place.console, name)
        answer = httpx.get(f"{place.console.url}/reviews/{review_id}/close", cookies=cookies(other.page))
        assert answer.status_code == 403
        other.page.context.close()


def test_a_reviewer_without_training_is_told_so_and_a_records_officer_can_vouch_for_them(
    place: ReviewingPlace, browser: Browser
) -> None:
    parts, name = place.console.parts, "third reviewer"
    parts.accounts.add(name, ["reviewer"], by=parts.standing(), password="another four words here")
    place.console.passwords[name] = "another four words here"
    review_id = place.held("p018")
    third = signed_in(browser, place.console, name)
    third.page.goto("/reviews")
    assert "You cannot look at any of them yet." in third.page.content()
    third.page.goto(f"/reviews/{review_id}")
    assert third.page.locator(".kicker").inner_text() == "403 · reviewer_refused"
    records = signed_in(browser, place.console, "records")
    records.page.goto("/reviews/reviewers")
    for typed, said in (("thrid reviewer", "no account 'thrid reviewer'"), (name, "2099; records vouches for it")):
        records.page.fill("#f-name", typed)
        records.page.fill("#f-until", "2099-12-31")
        records.page.click("text=Vouch for it")
        expect(records.page.locator("main")).to_contain_text(said)
    third.page.goto(f"/reviews/{review_id}")
    assert third.page.locator("[data-pair]").count() > 0
    records.page.context.close()
    third.page.context.close()


def test_what_waits_says_what_is_left_out_and_why(place: ReviewingPlace, browser: Browser) -> None:
    review_id = place.held("p020")
    place.vote(review_id, REVIEWER, "p020")
    visit = signed_in(browser, place.console, REVIEWER)
    visit.page.goto("/reviews")
    assert f"/reviews/{review_id}" not in visit.page.content()
    assert re.search(r"on \d+ you have voted: a vote is cast once", visit.page.content())
    visit.page.goto("/reviews/done")
    assert visit.page.locator(f"a[href='/reviews/{review_id}/receipt']").count() == 1
    visit.page.context.close()


def test_pages_of_others_are_closed_and_an_unknown_review_is_not_there(place: ReviewingPlace, browser: Browser) -> None:
    review_id = place.held("p022")
    for name, paths in {
        SEARCHER: ["/reviews", "/reviews/all", f"/reviews/{review_id}/receipt"],
        "gallery_owner": [f"/reviews/{review_id}/lead", f"/reviews/{review_id}", "/reviews/reviewers"],
        REVIEWER: ["/reviews/all"],
    }.items():
        visit = signed_in(browser, place.console, name)
        for path in paths:
            answer = httpx.get(f"{place.console.url}{path}", cookies=cookies(visit.page))
            assert answer.status_code == 403, (name, path, answer.status_code)
        if name == REVIEWER:
            for path in (f"/reviews/{'0' * 32}", f"/reviews/{review_id[:8]}", f"/reviews/{'0' * 32}/lead",
                         f"/reviews/{review_id}/receipt"):  # fmt: skip
                answer = httpx.get(f"{place.console.url}{path}", cookies=cookies(visit.page))
                assert answer.status_code == 404, path
        visit.page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_about_reviews_can_be_read_and_never_scroll_sideways(
    place: ReviewingPlace, browser: Browser, size: dict[str, int], scheme: str
) -> None:
    waiting, ended = place.held("p002"), place.held("p008")
    place.vote(ended, REVIEWER, "p008")
    place.vote(ended, SECOND, "p008")
    paths = {
        REVIEWER: ["/reviews", "/reviews/done", f"/reviews/{waiting}", f"/reviews/{ended}/receipt"],
        SEARCHER: [f"/reviews/{waiting}/lead", f"/reviews/{ended}/lead"],
        "records": ["/reviews/all", "/reviews/all?show=open", f"/reviews/{waiting}/close", "/reviews/reviewers"],
    }
    for name, shown in paths.items():
        visit = signed_in(browser, place.console, name, size=size, scheme=scheme)
        visit.page.goto("/password")
        visit.troubles.clear()
        for path in shown:
            visit.page.goto(path)
            _readable(visit, path)
            if path.endswith(f"{ended}/lead"):
                visit.page.click("main button.primary")
                expect(visit.page.locator("h1")).to_have_text("Investigative lead, not an identification.")
                _readable(visit, "lead")
            if path == f"/reviews/{waiting}":
                visit.page.locator("input[name=none_of_these]").check()
                visit.page.click("text=Read it over before it counts")
                expect(visit.page.locator("h1")).to_have_text("You say that nobody shown is the person in the probe.")
                _readable(visit, "confirm")
        assert visit.complaints() == []
        visit.page.context.close()


def _readable(visit: Visit, path: str) -> None:
    assert visit.contrasts_too_low() == [], path
    assert visit.too_wide_px() == 0, path
