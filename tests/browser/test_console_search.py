"""Cases and searches in a real Chromium: opening a case, searching under it, and what is shown to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from countenance.service.account_port import Role
from countenance.service.case_acts import searches_of
from countenance.service.cases import OpenedCase
from tests.support.console_place import Visit, signed_in
from tests.support.looking import LOOK_NAMES, LOOKS
from tests.support.searching_place import (
    GALLERY,
    MEASURING,
    REASON,
    SearchingPlace,
    blurred_photo,
    faceless_photo,
    group_photo,
    photo_of,
    searching_place,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchingPlace]:
    with searching_place(tmp_path_factory.mktemp("search")) as made:
        yield made


@pytest.fixture
def searcher(place: SearchingPlace, browser: Browser) -> Iterator[Visit]:
    yield from visiting(place, browser, "searcher")


@pytest.fixture
def records(place: SearchingPlace, browser: Browser) -> Iterator[Visit]:
    yield from visiting(place, browser, "records")


def visiting(place: SearchingPlace, browser: Browser, name: str) -> Iterator[Visit]:
    made = signed_in(browser, place.console, name)
    made.settle()
    yield made
    made.page.context.close()


def send(page: Page, opened: OpenedCase, photo: Path, **chosen: str) -> None:
    page.goto(f"/cases/{opened.case.case_id}/search")
    page.set_input_files("#f-photo", photo)
    for name, value in {"probe_source": "still_photo", **chosen}.items():
        page.select_option(f"#f-{name}", value)
    page.click("main button.primary")


def headline(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#headline")).to_have_text(words)


def fill(page: Page, number: str, operator: str = "searcher") -> None:
    page.goto("/cases/new")
    page.fill("#f-case_number", number)
    page.fill("#f-operator", operator)
    page.fill("#f-purpose_text", REASON)
    page.check(f"input[name=galleries][value={GALLERY}]")
    chosen = {
        "actor_sector": "individual",
        "on_behalf_of": "none",
        "purpose": "photo_organisation",
        "intended_use": "lead_only",
        "adverse_effect": "no",
        "timing": "after_the_fact",
        "space": "private_premises",
    }
    for name, value in chosen.items():
        page.select_option(f"#f-{name}", value)
    page.fill("#f-jurisdictions", "US-OH")
    page.check("input[name=selection_basis][value=none]")


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=LOOK_NAMES)
def test_every_page_fits_and_can_be_read(
    place: SearchingPlace, browser: Browser, tmp_path: Path, size: Any, scheme: Any
) -> None:
    officer = signed_in(browser, place.console, "records", size=size, scheme=scheme)
    officer.page.goto("/cases")
    officer.settle()
    officer.check_look()
    fill(officer.page, f"24-{size['width']}-{scheme}")
    officer.page.click("button[value=ask]")
    expect(officer.page.locator("section.notice")).to_contain_text("no rule objects")
    officer.check_look()
    officer.page.click("button[value=open]")
    headline(officer.page, "The case is open")
    officer.check_look()
    officer.page.click("text=To the case")
    officer.check_look()
    officer.page.context.close()

    visit = signed_in(browser, place.console, "searcher", size=size, scheme=scheme)
    visit.page.goto("/cases")
    visit.settle()
    visit.check_look()
    opened, held = place.open_case(), place.open_case(claims=MEASURING)
    send(visit.page, opened, photo_of("p003"))
    headline(visit.page, re.compile("candidate"))
    visit.check_look()
    send(visit.page, opened, group_photo(tmp_path, "p001", "p004"))
    headline(visit.page, "Which face is meant?")
    visit.check_look()
    send(visit.page, held, photo_of("p003"))
    headline(visit.page, "One trained person looks first")
    visit.check_look()
    visit.page.context.close()


# Opening, listing and closing cases


def test_a_records_officer_opens_a_case_whose_credentials_are_shown_once(place: SearchingPlace, records: Visit) -> None:
    page = records.page
    fill(page, "24-7001")
    page.fill("#f-most_searches", "20")
    page.click("button[value=open]")
    headline(page, "The case is open")
    secrets = {kind: page.locator(f"#secret-{kind}").inner_text() for kind in ("aws", "azure", "watson", "token")}
    case = place.console.parts.cases.find("24-7001")
    assert (case.operator, case.attested_by, case.most_searches) == ("searcher", "records", 20)
    book = place.console.parts.case_book
    token = secrets["token"].removeprefix("Authorization: Bearer ")
    assert book.find_by_token(token).case_id == case.case_id
    key = re.search(r"AZURE_FACE_KEY=(\w+)", secrets["azure"])
    assert key is not None
    assert book.find_by_api_key(key[1]).case_id == case.case_id
    assert key[1] in secrets["watson"]
    aws = dict(line.removeprefix("export ").split("=", 1) for line in secrets["aws"].splitlines())
    found = book.find_by_access_key(aws["AWS_ACCESS_KEY_ID"])
    assert found is not None
    assert found[1].decode() == aws["AWS_SECRET_ACCESS_KEY"]
    assert aws["AWS_ENDPOINT_URL_REKOGNITION"] == place.console.url
    # Loading again shows the form, opens nothing more, and no page shows the secrets again.
    page.reload()
    headline(page, "Open a case")
    page.goto(f"/cases/{case.case_id}")
    for secret in (token, key[1], aws["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in page.content()
    assert len(place.console.parts.cases.credentials_of(case.case_id)) == 3
    assert records.troubles == []


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(place: SearchingPlace, records: Visit) -> None:
    page = records.page
    fill(page, "24-7002")
    page.fill("#f-jurisdictions", "Ohio")
    page.fill("#f-most_searches", "many")
    page.select_option("#f-legal_basis", "warrant", force=True)
    page.locator("details.group", has_text="Authority").evaluate("group => group.open = true")
    page.select_option("#f-auth_status", "granted")
    page.click("button[value=open]")
    expect(page.locator("[role=alert]")).to_contain_text("The case was not opened. 4 things to put right")
    for name in ("jurisdictions", "most_searches", "auth_id", "auth_expires"):
        field = page.locator(f"#f-{name}")
        assert field.get_attribute("aria-invalid") == "true"
        assert f"p-{name}" in str(field.get_attribute("aria-describedby"))
        expect(page.locator(f"#p-{name}")).to_be_visible()
    assert page.input_value("#f-jurisdictions") == "Ohio"
    assert page.input_value("#f-purpose") == "photo_organisation"
    assert page.is_checked(f"input[name=galleries][value={GALLERY}]")
    assert page.is_checked("input[name=selection_basis][value=none]")
    assert "24-7002" not in [case.case_number for case in place.console.parts.cases.recent(open_only=False)]


def test_asking_the_rules_opens_and_records_nothing(place: SearchingPlace, records: Visit) -> None:
    page = records.page
    fill(page, "24-7003")
    before = place.console.parts.journal.size()
    page.select_option("#f-purpose", "general_surveillance")
    page.click("button[value=ask]")
    expect(page.locator("section.notice .tag.false")).to_contain_text("refused")
    assert place.console.parts.journal.size() == before
    assert page.input_value("#f-case_number") == "24-7003"


def test_a_searcher_sees_their_own_cases_and_no_others(
    place: SearchingPlace, searcher: Visit, records: Visit, browser: Browser
) -> None:
    own, other = place.open_case(), place.open_case("somebody else")
    page = searcher.page
    page.goto("/cases")
    said = page.locator("main").inner_text()
    assert own.case.case_number in said
    assert other.case.case_number not in said
    for path in (f"/cases/{other.case.case_id}", f"/cases/{other.case.case_id}/search"):
        answer = page.request.get(path)
        assert answer.status == 404
        assert other.case.case_number not in answer.text()
    assert page.request.get("/cases/new").status == 403
    records.page.goto("/cases")
    said = records.page.locator("main").inner_text()
    assert own.case.case_number in said
    assert other.case.case_number in said
    assert records.page.request.get(f"/cases/{own.case.case_id}/search").status == 403
    auditor = signed_in(browser, place.console, Role.AUDITOR.value)
    assert auditor.page.request.get("/cases").status == 403
    auditor.page.context.close()


def test_credentials_are_revoked_renewed_and_end_with_the_case(place: SearchingPlace, records: Visit) -> None:
    opened = place.open_case()
    page = records.page
    page.goto(f"/cases/{opened.case.case_id}")
    page.click("tr:has-text('AWS clients') button")
    expect(page.locator("tr", has_text="AWS clients")).to_contain_text("ended")
    page.click("text=Mint new credentials")
    page.fill("#f-renew-reason", "laptop stolen")
    page.click("button:has-text('End them and mint new ones')")
    headline(page, "New credentials")
    expect(page.locator("section.secret")).to_have_count(4)
    page.click("text=To the case")
    page.click("text=Close this case")
    page.fill("#f-reason", "child found")
    page.click("button:has-text('Close the case')")
    expect(page.locator(".lead")).to_contain_text("closed")
    case = place.console.parts.cases.find(opened.case.case_id)
    assert (case.closed_by, case.close_reason) == ("records", "child found")
    assert all(one.revoked_at for one in place.console.parts.cases.credentials_of(case.case_id))
    assert page.locator("button:has-text('Revoke')").count() == 0


def test_a_searcher_closes_their_own_case_and_searches_no_more(place: SearchingPlace, searcher: Visit) -> None:
    opened = place.open_case()
    page = searcher.page
    page.goto(f"/cases/{opened.case.case_id}")
    assert page.locator("#credentials").count() == 0
    page.click("text=Close this case")
    page.click("button:has-text('Close the case')")
    expect(page.locator(".lead")).to_contain_text("closed")
    assert page.locator("a.primary").count() == 0
    send(page, opened, photo_of("p003"))
    expect(page.locator("[role=alert]")).to_contain_text("The case was closed.")


def test_lists_go_on_on_another_page(place: SearchingPlace, records: Visit) -> None:
    numbers = {place.open_case("paged").case.case_number for _ in range(55)}
    page = records.page
    page.goto("/cases")
    seen: set[str] = set()
    for _ in range(10):
        rows = page.locator("tbody th a").all_inner_texts()
        assert len(rows) <= 50
        seen.update(rows)
        following = page.locator("a[rel=next]")
        if following.count() == 0:
            break
        following.click()
    assert numbers <= seen


# Searching


def test_candidates_come_with_meaning_and_blurred(place: SearchingPlace, searcher: Visit) -> None:
    opened = place.open_case(most_searches=5)
    page = searcher.page
    send(page, opened, photo_of("p003"))
    headline(page, re.compile(rf"\d+ candidates? in {GALLERY}"))
    first = page.locator("ol.candidates > li").first
    expect(first.locator("h3")).to_contain_text("p003")
    said = first.inner_text()
    assert re.search(r"about 1 in [\d,]+ \(0\.\d+", said), said
    assert re.search(r"[\d,]+ of 12,454,344 comparisons", said)
    expect(page.locator(".lead-only")).to_contain_text("an investigative lead, not an identification")
    blurred = "one => getComputedStyle(one).filter"
    picture = first.locator("img.face")
    assert picture.evaluate(blurred) == "blur(10px)"
    assert str(picture.get_attribute("src")).startswith("data:image/jpeg;base64,")
    page.keyboard.press("b")
    assert picture.evaluate(blurred) == "none"
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert place.searches_done(opened) == 1
    (search,) = searches_of(place.console.parts.journal, opened.case.case_id).items
    assert page.locator(f"a[href='/searches/{search.act_id}']").count() == 1
    page.click("text=To the case")
    expect(page.locator("main")).to_contain_text("1 done, 4 left")
    expect(page.locator("table").last).to_contain_text("candidate")
    assert searcher.troubles == []


def test_candidates_are_printed_without_controls_and_blurred_unless_shown(
    place: SearchingPlace, searcher: Visit
) -> None:
    page = searcher.page
    send(page, place.open_case(), photo_of("p003"))
    headline(page, re.compile("candidate"))
    page.emulate_media(media="print")
    for control in (".faces-switch", "nav.areas", ".colophon", "main button"):
        expect(page.locator(f"{control}:visible")).to_have_count(0)
    expect(page.locator("ol.candidates h3").first).to_be_visible()
    assert page.locator("ol.candidates img").first.evaluate("one => getComputedStyle(one).filter") == "blur(10px)"


def test_nobody_is_an_answer(place: SearchingPlace, searcher: Visit) -> None:
    opened = place.open_case()
    send(searcher.page, opened, photo_of("p003"), strictness="rate:1e-06")
    headline(searcher.page, re.compile("candidate|Nobody"))
    send(searcher.page, opened, photo_of("p077"), strictness="rate:1e-06")
    headline(searcher.page, f"Nobody in {GALLERY}")
    expect(searcher.page.locator(".lead")).to_contain_text("not a proof")
    assert searcher.page.locator("ol.candidates").count() == 0


@pytest.mark.parametrize("person", ["p003", "p077"])
def test_a_held_search_tells_of_nobody(place: SearchingPlace, searcher: Visit, person: str) -> None:
    opened = place.open_case(claims=MEASURING)
    page = searcher.page
    send(page, opened, photo_of(person), strictness="rate:1e-06")
    headline(page, "One trained person looks first")
    said = page.locator("main").inner_text()
    assert "P3.no_release_without_reviewer" in said
    assert not re.search(r"\bp0\d\d\b(?!_probe)", said)
    assert page.locator("img").count() == 1  # the photo's own face
    (search,) = searches_of(place.console.parts.journal, opened.case.case_id).items
    assert search.held
    assert page.locator(f"a[href='/reviews/{search.review_id}/lead']").count() == 1
    page.click("text=To the case")
    expect(page.locator("table").last).to_contain_text("held for review")


def test_a_face_is_chosen_and_no_search_is_used_up_by_that(
    place: SearchingPlace, searcher: Visit, tmp_path: Path
) -> None:
    opened = place.open_case(most_searches=1)
    page = searcher.page
    send(page, opened, group_photo(tmp_path, "p001", "p004"), strictness="rate:1e-05")
    headline(page, "Which face is meant?")
    expect(page.locator("svg.boxed rect.frame")).to_have_count(2)
    expect(page.locator("input[type=file]:visible")).to_have_count(0)
    assert place.searches_done(opened) == 0
    page.check("input[name=face_photo][value='2']")
    page.click("main button.primary")
    headline(page, re.compile(f"in {GALLERY}"))
    assert page.locator("ol.candidates h3").first.inner_text().split()[-1] in ("p001", "p004")
    assert place.searches_done(opened) == 1
    # What was chosen before went along.
    expect(page.locator("dl.facts").last).to_contain_text("FMR at most 1e-05")


def test_without_script_the_photo_is_asked_for_again(place: SearchingPlace, browser: Browser, tmp_path: Path) -> None:
    made = signed_in(browser, place.console, "searcher", scripts=False)
    page, opened, photo = made.page, place.open_case(), group_photo(tmp_path, "p001", "p004")
    send(page, opened, photo)
    headline(page, "Which face is meant?")
    page.check("input[name=face_photo][value='1']")
    page.set_input_files("#f-photo", photo)
    page.click("main button.primary")
    headline(page, re.compile(f"in {GALLERY}"))
    page.context.close()


def test_a_photo_without_a_face_is_not_searched(place: SearchingPlace, searcher: Visit, tmp_path: Path) -> None:
    send(searcher.page, place.open_case(), faceless_photo(tmp_path))
    headline(searcher.page, "Not searched: no face was found")


def test_a_poor_photo_is_searched_only_if_asked_for(place: SearchingPlace, searcher: Visit, tmp_path: Path) -> None:
    page = searcher.page
    send(page, place.open_case(), blurred_photo(tmp_path, "p003"))
    headline(page, "Not searched: the photo is not suitable")
    expect(page.locator(".found .refusal li").first).to_be_visible()
    expect(page.locator("input[type=file]:visible")).to_have_count(0)
    page.click("button:has-text('Search with it all the same')")
    headline(page, re.compile(f"in {GALLERY}"))
    expect(page.locator(".notice")).to_contain_text("outside the limits of quality")


def test_no_search_is_left(place: SearchingPlace, searcher: Visit) -> None:
    opened = place.open_case(most_searches=1)
    send(searcher.page, opened, photo_of("p003"))
    headline(searcher.page, re.compile("in album"))
    send(searcher.page, opened, photo_of("p003"))
    expect(searcher.page.locator("[role=alert]")).to_contain_text("no search left")
    assert [one.result for one in searches_of(place.console.parts.journal, opened.case.case_id).items] == [
        "refused",
        "candidates",
    ]


def test_a_gallery_that_the_case_does_not_name_is_refused_and_recorded(place: SearchingPlace, searcher: Visit) -> None:
    opened = place.open_case(galleries=[], any_gallery=False)
    page = searcher.page
    page.goto(f"/cases/{opened.case.case_id}/search")
    expect(page.locator(".empty")).to_contain_text("names no gallery")
    token = page.locator("form.account input[name=csrf]").get_attribute("value")
    answer = page.request.post(
        f"/cases/{opened.case.case_id}/search",
        multipart={
            "csrf": str(token),
            "gallery": GALLERY,
            "photo": {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_of("p003").read_bytes()},
        },
    )
    assert answer.status == 403
    assert "The case does not name this gallery." in answer.text()
    (search,) = searches_of(place.console.parts.journal, opened.case.case_id).items
    assert search.rules == ("case.gallery",)


def test_a_refusal_names_rule_reason_and_entry(place: SearchingPlace, searcher: Visit) -> None:
    opened = place.open_case(purpose="general_surveillance")
    page = searcher.page
    page.goto(f"/cases/{opened.case.case_id}")
    expect(page.locator("table.outlook .tag.false")).to_contain_text("refused")
    send(page, opened, photo_of("p003"))
    headline(page, "Refused: a rule forbids it")
    assert page.locator(".reasons li").count() >= 1
    assert page.locator("a[href^='/ledger/']").count() == 1
