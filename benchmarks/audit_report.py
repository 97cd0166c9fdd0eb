"""The audit report of 5,000 photos: how large the file is, how long it takes to write, and when it is first painted."""

from __future__ import annotations

import random
import shutil
import statistics
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from tests.unit.service.audit_report.made_up_document import made_up_document

from benchmarks.rows import Row, as_text
from countenance.service.audit_report.report import render_report

#: 1,667 people with three photos each; the contact sheet of 200 pairs has up to 400 pictures.
PEOPLE, PHOTOS_EACH, STOPS, SIZES, MATCHES = 1_667, 3, 61, 9, 200
REACH_MB, REACH_MS = 15.0, 1_000.0
_ROUNDS = 5
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def run() -> list[Row]:
    """Return size, rendering time and first paint."""
    document = made_up_document(
        people=PEOPLE, photos_each=PHOTOS_EACH, stops=STOPS, sizes=SIZES, matches=MATCHES, det_points=400
    )
    started = time.perf_counter()
    page = render_report(document, photos=_photo)
    took = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        megabytes = path.stat().st_size / 1e6
        paints, plots = _opened(path)
    paint = statistics.median(paints)
    return [
        Row("report of 5,001 photos, size", f"{megabytes:.1f} MB", "", megabytes / REACH_MB, f"< {REACH_MB:.0f} MB"),
        Row("the same, first paint in Chromium", f"{paint:.0f} ms", "", paint / REACH_MS, f"< {REACH_MS:.0f} ms"),
        Row("the same, plots drawn", f"{statistics.median(plots):.0f} ms"),
        Row("the same, written from the document with 400 pictures", f"{took:.1f} s"),
    ]


def _opened(path: Path) -> tuple[list[float], list[float]]:
    """Return milliseconds to the first paint and to the first plot, one a fresh page."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is not installed. Install it first: apt-get install chromium")
    paints, plots = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(_ROUNDS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_selector("html.plotted")
            page.mouse.wheel(0, 900)
            page.wait_for_selector(".plot .main-svg")
            paints.append(float(page.evaluate(_PAINTED)))
            plots.append(float(page.evaluate("performance.now()")))
            page.close()
        browser.close()
    return paints, plots


def _photo(name: str) -> bytes:
    from PIL import Image

    noise = random.Random(name).randbytes(60 * 60 * 3)
    held = BytesIO()
    Image.frombytes("RGB", (60, 60), noise).resize((480, 480)).save(held, "JPEG", quality=90)
    return held.getvalue()


if __name__ == "__main__":
    print(as_text(run()))
