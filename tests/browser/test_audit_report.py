"""The audit report in a real Chromium: sliders, keyboard, contrast, printing, and that it asks for nothing."""

from __future__ import annotations

import base64
import io
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from countenance.service.audit_report.packing import pack
from countenance.service.audit_report.report import render_report
from countenance.service.audit_report.showing import Setting, Shown
from tests.support.looking import CONTRAST, CONTRAST_OF_LARGE, CONTRASTS, DESKTOP, PHONE
from tests.unit.service.audit_report.made_up_document import made_up_document

DOCUMENT = made_up_document(stops=21, sizes=4)
#: The figures the report has to reach for 5,000 photos.
MOST_BYTES, MOST_MS = 15_000_000, 1_000

_ALL_NUMBERS = """() => [...document.querySelectorAll("[data-of]")].map((element) => ({
  path: element.dataset.of, manner: element.dataset.as, grouping: Number(element.dataset.g ?? 0),
  text: element.dataset.as === "heat" ? element.className : element.textContent}))"""

_FOCUSED = "document.activeElement.id || document.activeElement.dataset.stop || document.activeElement.name"
# The element in focus, or the label's text after an input that covers it.
_OUTLINED = """[document.activeElement, document.activeElement.nextElementSibling]
  .some((element) => element && getComputedStyle(element).outlineStyle !== "none")"""
_BLURRED = """[...document.querySelectorAll(".pairs img")]
  .filter((image) => getComputedStyle(image).filter.includes("blur")).length"""
_LOADED = """[...document.querySelectorAll(".pairs img")]
  .every((image) => image.complete && image.naturalWidth > 0)"""


def _photo(name: str, side: int = 320) -> bytes:
    """Return a made-up picture of noise, which compresses worse than any face."""
    noise = random.Random(name).randbytes(side * side // 16 * 3)
    held = io.BytesIO()
    Image.frombytes("RGB", (side // 4, side // 4), noise).resize((side, side)).save(held, "JPEG", quality=90)
    return held.getvalue()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(DOCUMENT, photos=_photo), encoding="utf-8")
    return path


class Opened:
    """A page with everything it complained about or asked for."""

    def __init__(self, browser: Browser, path: Path, **options: Any) -> None:
        self.page: Page = browser.new_page(**{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html.plotted")

    def to(self, slider: str, value: int) -> None:
        """Move a slider as an input event would."""
        self.page.locator(slider).evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
            value,
        )
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Opened]:
    shown = Opened(browser, report)
    yield shown
    shown.page.close()


def test_it_opens_without_a_request_and_without_a_complaint(opened: Opened) -> None:
    page = opened.page
    for top in range(0, page.evaluate("document.documentElement.scrollHeight"), 700):
        page.evaluate("(top) => scrollTo(0, top)", top)
        page.wait_for_timeout(30)
    page.locator("[name=grouping]").last.check()
    page.get_by_role("button", name="Show all faces").click()
    assert page.locator(".plot .main-svg").count() > 5
    assert [url for url in opened.requests if not url.startswith("data:image/jpeg")] == [page.url]
    assert opened.complaints == []


@pytest.mark.parametrize(("stop", "size"), [(0, 0), (7, 3), (20, 1), (12, 4)])
def test_both_sliders_change_every_number_to_the_documents(opened: Opened, stop: int, size: int) -> None:
    opened.to("#threshold", stop)
    opened.to("#size", size)
    shown = Shown(pack(DOCUMENT), Setting(stop=stop, size=size))
    numbers = opened.page.evaluate(_ALL_NUMBERS)
    assert len(numbers) > 1_000
    wrong = [
        (number, expected)
        for number in numbers
        if number["text"] != (expected := shown.text(number["path"], number["manner"], number["grouping"]))
    ]
    assert wrong == []
    people = DOCUMENT["groupings"][0]["identification"][stop]["sizes"][size]["people_taken_for_another"]
    headline = people["sentence"] if people else "No search was made in a gallery of 1,000,000 people (model)."
    assert opened.page.locator("h1").inner_text() == headline
    assert opened.page.locator("#findings li").first.is_visible() == (people is not None)


def test_what_the_file_says_at_first_is_what_its_script_says(opened: Opened) -> None:
    before = opened.page.evaluate(_ALL_NUMBERS)
    start = int(opened.page.locator("#threshold").get_attribute("value") or "")
    opened.to("#threshold", start - 3)
    between = opened.page.evaluate(_ALL_NUMBERS)
    opened.to("#threshold", start)
    assert opened.page.evaluate(_ALL_NUMBERS) == before != between


def test_plots_follow_the_slider_and_draw_the_documents_numbers(opened: Opened) -> None:
    read = """() => document.querySelector('.plot[data-rates="at.fmr_within"]').data
        .filter((trace) => trace.mode === "markers").map((trace) => trace.x[0])"""
    for stop in (4, 9):
        opened.to("#threshold", stop)
        opened.page.locator(".plot").first.scroll_into_view_if_needed()
        opened.page.wait_for_timeout(100)
        at = DOCUMENT["groupings"][0]["at"][stop]
        expected = [rate["estimate"] for rate in (*at["fmr_within"], at["fmr_overall"]) if rate["estimate"]]
        assert opened.page.evaluate(read) == pytest.approx(expected, rel=1e-8)


def test_the_keyboard_reaches_and_moves_everything(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_FOCUSED))
        assert page.evaluate(_OUTLINED), f"{reached[-1]} shows no focus"
        if reached[-1] == "size":
            break
    assert "threshold" in reached
    page.locator("#threshold").focus()
    before = page.locator("#threshold").input_value()
    page.keyboard.press("ArrowRight")
    assert int(page.locator("#threshold").input_value()) == int(before) + 1
    page.keyboard.press("Home")
    expect(page.locator("#threshold")).to_have_attribute("aria-valuetext", DOCUMENT["stops"][0]["label"])
    page.get_by_role("button", name="operating point").press("Enter")
    expect(page.locator("#threshold")).to_have_attribute("aria-valuetext", re.compile(r"\(operating point\)$"))
    page.locator("[name=grouping]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-grouping].chosen").first.get_attribute("data-grouping") == "1"


def test_what_changed_is_said_aloud(opened: Opened) -> None:
    opened.to("#threshold", 5)
    expect(opened.page.locator("#said")).not_to_be_empty()
    said = opened.page.locator("#said[aria-live=polite]").inner_text()
    assert said.startswith(f"Threshold {DOCUMENT['stops'][5]['label']}")
    assert "were taken for somebody else" in said


def test_faces_are_blurred_until_asked_for_one_pair_or_all(opened: Opened) -> None:
    page = opened.page
    opened.to("#threshold", 0)
    everything = 2 * len(DOCUMENT["false_matches"])
    assert page.evaluate(_BLURRED) == everything
    assert page.evaluate(_LOADED)
    first = page.get_by_role("button", name="Show these two").first
    first.press("Enter")
    assert page.evaluate(_BLURRED) == everything - 2
    page.get_by_role("button", name="Show all faces").press("Space")
    assert page.evaluate(_BLURRED) == 0
    page.get_by_role("button", name="Blur all faces").click()
    assert page.evaluate(_BLURRED) == everything


def test_pairs_below_the_threshold_leave_the_contact_sheet(opened: Opened) -> None:
    for stop in (0, 17, 20):
        opened.to("#threshold", stop)
        expected = sum(pair["score"] >= DOCUMENT["stops"][stop]["threshold"] for pair in DOCUMENT["false_matches"])
        assert opened.page.locator(".pairs > li:visible").count() == expected
        assert opened.page.locator("[data-pairs-shown]").inner_text() == str(expected)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("stop", [2, 12])
def test_every_text_has_contrast_in_both_themes(browser: Browser, report: Path, theme: str, stop: int) -> None:
    shown = Opened(browser, report, color_scheme="dark" if theme == "light" else "light")
    shown.page.locator(f"[name=theme][value={theme}]").check(force=True)
    shown.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    shown.to("#threshold", stop)
    for top in range(0, shown.page.evaluate("document.documentElement.scrollHeight"), 700):
        shown.page.evaluate("(top) => scrollTo(0, top)", top)
        shown.page.wait_for_timeout(20)
    texts = shown.page.evaluate(CONTRASTS)
    assert len(texts) > 500
    poor = [text for text in texts if text["ratio"] < (CONTRAST_OF_LARGE if text["large"] else CONTRAST)]
    assert poor == []
    shown.page.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_page_never_scrolls_sideways(browser: Browser, report: Path, viewport: dict[str, int]) -> None:
    shown = Opened(browser, report, viewport=viewport)
    shown.page.locator("[name=grouping]").last.check()
    shown.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    for top in range(0, shown.page.evaluate("document.documentElement.scrollHeight"), 1_500):
        shown.page.evaluate("(top) => scrollTo(0, top)", top)
        shown.page.wait_for_timeout(20)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    shown.page.close()


def test_it_prints_every_plot_and_table_and_says_the_chosen_values(opened: Opened) -> None:
    page = opened.page
    opened.to("#threshold", 9)
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert page.locator("details[open]").count() < page.locator("details").count(), "closed again after printing"
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    undrawn = page.locator("[data-grouping].chosen .plot:not(:has(.main-svg))").count()
    assert undrawn == 0
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("output[for=threshold]").inner_text().startswith(DOCUMENT["stops"][9]["label"])
    assert not page.locator("#threshold").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_a_script_every_grouping_and_number_is_still_there(browser: Browser, report: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    assert page.locator("[data-grouping]:visible").count() == page.locator("[data-grouping]").count()
    assert page.locator("#findings .big").first.inner_text()
    page.close()


def test_5000_photos_stay_below_15_mb_and_paint_within_a_second(browser: Browser, tmp_path: Path) -> None:
    document = made_up_document(people=1_667, photos_each=3, stops=61, sizes=9, matches=200, det_points=400)
    path = tmp_path / "large.html"
    path.write_text(render_report(document, photos=_photo), encoding="utf-8")
    assert document["data"]["photos"] >= 5_000
    assert path.stat().st_size < MOST_BYTES
    shown = Opened(browser, path)
    painted = shown.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < MOST_MS
    assert shown.complaints == []
    shown.page.close()


def test_embedded_pictures_are_the_photos_of_the_pair(opened: Opened) -> None:
    source = opened.page.locator(".pairs img").first.get_attribute("src") or ""
    embedded = base64.b64decode(source.removeprefix("data:image/jpeg;base64,"))
    photo = _photo(DOCUMENT["false_matches"][0]["probe"]["file"])
    shades = [_shades(content) for content in (embedded, photo)]
    assert max(abs(one - other) for one, other in zip(*shades, strict=True)) < 24
    assert max(shades[1]) - min(shades[1]) > 24


def _shades(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("L").resize((16, 16)).tobytes()
