"""How every page is looked at in a browser: two screens, and whether each text can be read against its background."""

from __future__ import annotations

import itertools
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.support.waiting import until

#: Width and height of a desk's screen and a telephone's, in CSS pixels.
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: Every page is looked at on both, in light and dark; and what the tests are called.
LOOKS = tuple(itertools.product((DESKTOP, PHONE), ("light", "dark")))
LOOK_NAMES = tuple(f"{'desk' if size is DESKTOP else 'telephone'}-{scheme}" for size, scheme in LOOKS)
#: WCAG 2.2, 1.4.3: text below 24 px (18.66 px if bold), and larger text.
CONTRAST, CONTRAST_OF_LARGE = 4.5, 3.0

#: Every visible text with its colour against the first opaque background behind it.
CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((part) => linear(part / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest("script, style, template, .unseen, .skip")) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const svg = element.namespaceURI.endsWith("svg");
    const text = luminance(rgba(svg ? style.fill : style.color));
    const [one, other] = [text, luminance(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    found.push({text: walker.currentNode.textContent.trim().slice(0, 40), ratio: (one + 0.05) / (other + 0.05),
      large: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)});
  }
  return found;
}"""


def texts_hard_to_read(page: Page) -> list[str]:
    """Return the visible texts of a page with less contrast than their size needs; there has to be text at all."""
    texts = page.evaluate(CONTRASTS)
    assert texts, "the page has no text"
    return [
        f"{text['text']}: {text['ratio']:.2f}"
        for text in texts
        if text["ratio"] < (CONTRAST_OF_LARGE if text["large"] else CONTRAST)
    ]


def too_wide_px(page: Page) -> int:
    """Return by how many pixels a page is wider than its screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def texts_until_gone(page: Page, selector: str) -> list[str]:
    """Return what an element says time after time, until a page without it has taken its place."""
    said: list[str] = []

    def gone() -> bool:
        try:
            # Read in one go: the element may be gone between two questions.
            text = page.evaluate("(selector) => document.querySelector(selector)?.textContent", selector)
        except Error:
            # The page is just being loaded again.
            return False
        if text is not None:
            said.append(text)
        return text is None and page.evaluate("document.readyState") == "complete"

    until(gone, every_s=0.15)
    return said


def download(page: Page, press: str) -> bytes:
    """Return the file that a button or link hands out."""
    with page.expect_download() as waiting:
        page.locator(press).click()
    return Path(waiting.value.path()).read_bytes()
