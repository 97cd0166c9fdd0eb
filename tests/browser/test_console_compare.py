"""Comparing two photos in a real Chromium: what is said, where the score is drawn, and choosing among several faces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.console_place import ConsolePlace, Visit, console_place, signed_in
from tests.support.looking import LOOK_NAMES, LOOKS
from tests.support.searching_place import faceless_photo, group_photo, photo_of


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with console_place(tmp_path_factory.mktemp("compare")) as made:
        yield made


@pytest.fixture
def visit(place: ConsolePlace, browser: Browser) -> Iterator[Visit]:
    made = signed_in(browser, place, "searcher")
    made.settle()
    yield made
    made.page.context.close()


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return group_photo(tmp_path_factory.mktemp("photos"), "p001", "p020", "p050")


def send(page: Page, a: Path, b: Path) -> None:
    page.goto("/compare")
    page.set_input_files("#f-a", a)
    page.set_input_files("#f-b", b)
    page.click("main button.primary")


def headline(page: Page, words: str) -> None:
    expect(page.locator("#headline")).to_have_text(words)


def choose(page: Page, side: str, number: int) -> None:
    page.check(f"input[name=face_{side}][value='{number}']")


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=LOOK_NAMES)
def test_every_page_fits_and_can_be_read(
    place: ConsolePlace, browser: Browser, group: Path, size: Any, scheme: Any
) -> None:
    made = signed_in(browser, place, "searcher", size=size, scheme=scheme)
    page = made.page
    made.settle()
    page.goto("/compare")
    made.check_look()
    send(page, photo_of("p001"), photo_of("p001", "reference"))
    headline(page, "A match, at this threshold")
    made.check_look()
    shown = page.locator("figure.position svg:visible")
    expect(shown).to_have_count(1)
    assert shown.evaluate("svg => svg.getBoundingClientRect().width") <= size["width"]
    send(page, group, photo_of("p020", "reference"))
    headline(page, "Which face is meant?")
    made.check_look()
    page.context.close()


def test_a_comparison_says_what_its_score_means(place: ConsolePlace, visit: Visit) -> None:
    page = visit.page
    send(page, photo_of("p001"), photo_of("p001", "reference"))
    headline(page, "A match, at this threshold")
    score = float(page.locator(".verdict .number").inner_text())
    calibration = place.parts.app.calibrations.find(place.parts.app.manifest.identity)
    rate = calibration.false_match_rate_at(score)
    said = page.locator("main").inner_text()
    assert f"{rate.errors:,} of {rate.trials:,} comparisons of two people score as high" in said
    assert calibration.data_set in said
    assert calibration.model.digest[:16] in said
    assert "not the probability that this is one person" in said
    drawing = page.locator("figure.position svg:visible")
    assert f"this pair {score:.3f}" in str(drawing.text_content())
    assert f"{score:.3f}" in str(drawing.get_attribute("aria-label"))
    # Both faces are on the page, and have no address of their own.
    pictures = page.locator(".pair img").evaluate_all("all => all.map(one => [one.src.slice(0, 22), one.naturalWidth])")
    assert pictures == [["data:image/jpeg;base64", 200]] * 2


def test_a_stricter_choice_moves_the_threshold(visit: Visit) -> None:
    page = visit.page
    thresholds = []
    for rate in ("0.01", "1e-05"):
        page.goto("/compare")
        page.set_input_files("#f-a", photo_of("p001"))
        page.set_input_files("#f-b", photo_of("p001", "reference"))
        page.select_option("#f-rate", rate)
        page.click("main button.primary")
        label = page.locator("figure.position svg:visible text.threshold")
        thresholds.append(float(str(label.text_content()).removeprefix("threshold ")))
    assert thresholds[0] < thresholds[1] - 0.1


def test_nothing_of_the_photos_is_kept(place: ConsolePlace, visit: Visit) -> None:
    page = visit.page
    send(page, photo_of("p002"), photo_of("p002", "reference"))
    headline(page, "A match, at this threshold")
    entry = place.parts.journal.entry(str(page.locator("a[href^='/ledger/']").get_attribute("href")).rpartition("/")[2])
    assert entry.fields["result"] == "match"
    assert "p002" not in str(entry.fields)
    intent = place.parts.journal.entry(entry.fields["intent_entry_id"])
    assert (intent.fields["interface"], intent.fields["role"]) == ("console", "searcher")


def test_one_of_several_faces_is_chosen_and_no_file_is_asked_for_again(visit: Visit, group: Path) -> None:
    page = visit.page
    send(page, group, photo_of("p020", "reference"))
    headline(page, "Which face is meant?")
    expect(page.locator("svg.boxed rect.frame")).to_have_count(3)
    expect(page.locator("input[type=file]:visible")).to_have_count(0)
    expect(page.locator("[data-kept=a]")).to_contain_text("still at hand")
    # A leap within the page is no way back: nothing is loaded again by it.
    page.evaluate("location.hash = 'headline'")
    headline(page, "Which face is meant?")
    scores = []
    for number in (1, 2, 3):
        choose(page, "a", number)
        page.click("main button.primary")
        page.wait_for_selector(".verdict")
        scores.append(float(page.locator(".verdict .number").inner_text().replace("−", "-")))
        send(page, group, photo_of("p020", "reference"))
        headline(page, "Which face is meant?")
    assert sum(score > 0.6 for score in scores) == 1, scores
    assert visit.troubles == []


def test_without_script_the_file_is_asked_for_again(place: ConsolePlace, browser: Browser, group: Path) -> None:
    made = signed_in(browser, place, "searcher", scripts=False)
    page = made.page
    send(page, group, group)
    headline(page, "Which face is meant?")
    expect(page.locator("input[type=file]:visible")).to_have_count(2)
    choose(page, "a", 2)
    choose(page, "b", 2)
    page.set_input_files("#f-a", group)
    page.set_input_files("#f-b", group)
    page.click("main button.primary")
    headline(page, "A match, at this threshold")
    assert page.locator(".verdict .number").inner_text() == "1.000"
    page.context.close()


def test_a_photo_without_a_face_is_an_answer(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    send(page, faceless_photo(tmp_path), photo_of("p001"))
    headline(page, "Not compared: a photo without a face")
    assert page.locator("figure.position").count() == 0
    assert page.locator(".pair .no-face").count() == 1


def test_what_is_no_photo_is_refused_in_words(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    note = tmp_path / "note.jpg"
    note.write_text("this is no photo")
    send(page, note, photo_of("p001"))
    expect(page.locator("[role=alert]")).to_contain_text("not a picture")
    # The photos are gone with the page; going back begins anew, and sends nothing a second time.
    page.go_back()
    headline(page, "Are these two photos of one person?")


def test_it_can_all_be_done_with_the_keyboard(visit: Visit, group: Path) -> None:
    page = visit.page
    page.goto("/compare")
    page.set_input_files("#f-a", group)
    page.set_input_files("#f-b", photo_of("p001", "reference"))
    page.focus("#f-rate")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    headline(page, "Which face is meant?")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[name=face_a]:checked").get_attribute("value") in ("2", "3")
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict")


def test_going_back_or_loading_again_begins_anew(visit: Visit) -> None:
    page = visit.page
    send(page, photo_of("p001"), photo_of("p001", "reference"))
    headline(page, "A match, at this threshold")
    page.reload()
    headline(page, "Are these two photos of one person?")
    page.go_back()
    headline(page, "Are these two photos of one person?")


def test_a_form_of_another_session_compares_nothing(place: ConsolePlace, visit: Visit) -> None:
    before = place.parts.journal.size()
    answer = visit.page.request.post(
        "/compare",
        multipart={
            name: {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_of("p001").read_bytes()}
            for name in ("a", "b")
        },
    )
    assert answer.status == 403
    assert re.search("not of this session", answer.text())
    assert place.parts.journal.size() == before
