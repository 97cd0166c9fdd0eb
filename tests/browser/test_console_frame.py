"""The console's frame in a real Chromium: sessions, forms from elsewhere, roles, light and dark, keys, telephone."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from countenance.service.account_port import Role
from countenance.web.console.navigation import AREAS, areas_of
from tests.support.console_place import ConsolePlace, console_place, signed_in
from tests.support.looking import DESKTOP, PHONE, texts_hard_to_read, too_wide_px


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with console_place(tmp_path_factory.mktemp("frame")) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/password", "/nowhere-at-all"])
def test_nothing_is_shown_to_whoever_has_not_signed_in(place: ConsolePlace, path: str) -> None:
    answer = httpx.get(f"{place.url}{path}", follow_redirects=True)
    assert "Sign out" not in answer.text
    assert answer.status_code == (404 if path == "/nowhere-at-all" else 200)


@pytest.mark.parametrize(
    ("path", "to"), [("/sign-in/", "/sign-in"), ("//elsewhere.example/", "/elsewhere.example"), ("/a/b//", "/a/b")]
)
def test_a_slash_too_many_leads_to_the_page_and_to_no_other_host(place: ConsolePlace, path: str, to: str) -> None:
    with httpx.Client() as client:
        answer = client.get(httpx.URL(f"{place.url}/").copy_with(raw_path=path.encode()))
    assert (answer.status_code, answer.headers["location"]) == (303, to)


def test_every_answer_carries_the_strict_policy(place: ConsolePlace) -> None:
    for path in ("/sign-in", "/nowhere", "/"):
        answer = httpx.get(f"{place.url}{path}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_wrong_password_and_a_wrong_name_are_told_the_same(place: ConsolePlace, browser: Browser) -> None:
    said = []
    for name in ("searcher", "nobody-of-this-name"):
        page = browser.new_context(base_url=place.url).new_page()
        page.goto("/sign-in")
        page.fill("#f-name", name)
        page.fill("#f-password", "not the right password")
        page.keyboard.press("Enter")
        said.append(page.locator("[role=alert]").inner_text())
        assert page.input_value("#f-name") == name
        page.context.close()
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "way", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(place: ConsolePlace, browser: Browser, way: str) -> None:
    page = browser.new_context(base_url=place.url).new_page()
    page.goto(f"/sign-in?next={way}")
    page.fill("#f-name", "auditor")
    page.fill("#f-password", place.passwords["auditor"])
    page.click("main button.primary")
    expect(page.locator("form.account .name")).to_have_text("auditor")
    assert page.url.startswith(place.url)
    page.context.close()


def test_signing_in_leads_back_to_the_page_that_was_asked_for(place: ConsolePlace, browser: Browser) -> None:
    page = browser.new_context(base_url=place.url).new_page()
    page.goto("/password?x=1")
    page.fill("#f-name", "auditor")
    page.fill("#f-password", place.passwords["auditor"])
    page.click("main button.primary")
    page.wait_for_url("**/password?x=1")
    page.context.close()


def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_ends_with_signing_out(
    place: ConsolePlace, browser: Browser
) -> None:
    visit = signed_in(browser, place, "reviewer")
    (cookie,) = [item for item in visit.page.context.cookies() if item["name"] == "countenance"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert visit.page.evaluate("document.cookie") == ""
    visit.page.click("text=Sign out")
    visit.page.wait_for_url("**/sign-in")
    replayed = httpx.get(f"{place.url}/password", cookies={"countenance": cookie["value"]})
    assert replayed.status_code == 303
    visit.page.context.close()


def test_a_form_without_the_session_s_token_or_from_elsewhere_changes_nothing(
    place: ConsolePlace, browser: Browser
) -> None:
    visit = signed_in(browser, place, "records")
    cookies = {item["name"]: item["value"] for item in visit.page.context.cookies()}
    fields = {"old": place.passwords["records"], "new": "another good password", "again": "another good password"}
    token = visit.page.locator("input[name=csrf]").first.get_attribute("value") or ""
    for extra, headers in (
        ({}, {}),
        ({"csrf": "guessed"}, {}),
        ({"csrf": token}, {"Origin": "https://elsewhere.example"}),
        ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        answer = httpx.post(f"{place.url}/password", data=fields | extra, cookies=cookies, headers=headers)
        assert answer.status_code == 403, answer.text
    again = signed_in(browser, place, "records")
    again.page.context.close()
    visit.page.context.close()


def test_a_script_written_into_a_page_does_not_run(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "records")
    visit.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    visit.page.wait_for_timeout(100)
    assert visit.page.evaluate("window.ran") is None
    visit.page.context.close()


@pytest.mark.parametrize("role", list(Role))
def test_everybody_finds_the_pages_that_are_theirs(place: ConsolePlace, browser: Browser, role: Role) -> None:
    visit = signed_in(browser, place, role.value)
    visit.page.goto("/password")
    shown = visit.page.locator("nav.areas a").all_inner_texts()
    assert shown == [area.title for area in areas_of(frozenset({role}))]
    visit.page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_the_frame_can_be_read_and_never_scroll_sideways(
    place: ConsolePlace, browser: Browser, size: dict[str, int], scheme: str
) -> None:
    visit = signed_in(browser, place, "auditor", size=size, scheme=scheme)
    for path in ("/password", "/nowhere"):
        visit.page.goto(path)
        assert texts_hard_to_read(visit.page) == []
        assert too_wide_px(visit.page) == 0
    assert [trouble for trouble in visit.complaints() if "404" not in trouble] == []
    visit.page.context.close()


def test_light_and_dark_are_chosen_without_script_and_kept(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "auditor", scheme="light", scripts=False)
    visit.page.goto("/password")
    visit.page.click("button[name=theme][value=dark]")
    visit.page.wait_for_url("**/password")
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    visit.page.goto("/nowhere")
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    visit.page.click("button[name=theme][value=system]")
    assert visit.page.get_attribute("html", "data-theme") is None
    visit.page.context.close()


def test_with_script_light_and_dark_change_the_page_that_is_there(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "auditor", scheme="light")
    visit.page.goto("/password")
    visit.page.fill("#f-old", "typed")
    with visit.page.expect_response("**/theme"):
        visit.page.click("button[name=theme][value=dark]")
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    assert visit.page.input_value("#f-old") == "typed"
    assert visit.page.get_attribute("button[name=theme][value=dark]", "aria-pressed") == "true"
    visit.page.goto("/nowhere")
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    visit.page.context.close()


def test_keys_lead_to_pages_and_a_list_of_keys_opens(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "auditor")
    visit.page.goto("/password")
    visit.page.keyboard.press("?")
    expect(visit.page.locator("#keys")).to_be_visible()
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("g")
    visit.page.keyboard.press("k")
    visit.page.wait_for_url("**/compat")
    visit.page.context.close()


def test_keys_are_letters_when_somebody_types(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "auditor")
    visit.page.goto("/password")
    visit.page.locator("#f-old").press_sequentially("gk?")
    assert visit.page.input_value("#f-old") == "gk?"
    assert visit.page.url.endswith("/password")
    visit.page.context.close()


def test_a_one_time_password_opens_nothing_but_the_page_to_change_it(place: ConsolePlace, browser: Browser) -> None:
    parts = place.parts
    made = parts.accounts.add("newcomer", ["reviewer"], by=parts.standing())
    place.passwords["newcomer"] = made.password
    visit = signed_in(browser, place, "newcomer")
    for path in ("/", "/compare", "/reviews"):
        visit.page.goto(path)
        if visit.page.url.endswith("/password"):
            continue
        assert visit.page.locator("h1").inner_text() == "There is nothing here"
    visit.page.goto("/password")
    visit.page.fill("#f-old", made.password)
    visit.page.fill("#f-new", "four words of my own")
    visit.page.fill("#f-again", "four words of my own")
    visit.page.click("main button.primary")
    visit.page.wait_for_url("**/sign-in")
    place.passwords["newcomer"] = "four words of my own"
    signed_in(browser, place, "newcomer").page.context.close()
    visit.page.context.close()


def test_the_letters_of_the_keys_are_all_different() -> None:
    assert len({area.key for area in AREAS}) == len(AREAS)


def test_static_files_are_kept_for_ever_under_an_address_of_their_own(place: ConsolePlace) -> None:
    page = httpx.get(f"{place.url}/sign-in").text
    address = page.partition('href="/static/')[2].partition('"')[0]
    answer = httpx.get(f"{place.url}/static/{address}")
    assert "immutable" in answer.headers["cache-control"]
    for other in (f"0/{address.partition('/')[2]}", address.replace("console.css", "..%2Fshell.py")):
        assert httpx.get(f"{place.url}/static/{other}").status_code == 404


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
def test_the_page_about_compatibility_is_one_of_the_console_to_whoever_has_signed_in(
    place: ConsolePlace, browser: Browser, size: dict[str, int]
) -> None:
    assert "Sign out" not in httpx.get(f"{place.url}/compat").text
    visit = signed_in(browser, place, "auditor", size=size, scheme="dark")
    visit.page.goto("/compat")
    assert visit.page.locator("nav.areas a[aria-current=page]").inner_text() == "Compatibility"
    expect(visit.page.locator("main h1")).to_have_text("What your client finds here, and what its numbers mean")
    assert texts_hard_to_read(visit.page) == []
    assert too_wide_px(visit.page) == 0
    assert visit.complaints() == []
    visit.page.context.close()


def test_an_error_after_a_form_leads_back_to_it(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "auditor")
    visit.page.goto("/compare")
    visit.page.evaluate("document.querySelector('main form').noValidate = true")
    visit.page.click("main button.primary")
    visit.page.click("text=Back to the form")
    expect(visit.page.locator("h1")).to_have_text("Are these two photos of one person?")
    visit.page.context.close()
