"""The page about compatibility in a real Chromium, with its policy in force: light, dark, desk, telephone, keyboard."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Route

from countenance.service.similarity_scale import vendor_scale
from countenance.web.compat.page import compat_router
from countenance.web.context import WebContext
from countenance.web.observation import Exchange, Metrics
from tests.support.looking import CONTRAST, CONTRAST_OF_LARGE, CONTRASTS, DESKTOP, PHONE
from tests.support.made_up_calibration import ordinary_calibration

URL = "http://service.example/compat"


def answer(*, called: bool = True) -> httpx.Response:
    """Return the page as the service sends it."""
    metrics = Metrics(())
    if called:
        for operation, status in (("DetectFaces", 200), ("DetectLabels", 400), ("RecognizeCelebrities", 400)):
            metrics.end(Exchange("x", dialect="rekognition", operation=operation, status=status), 0.01)
    context = cast("WebContext", SimpleNamespace(metrics=metrics))
    app = FastAPI()
    app.include_router(compat_router(context, lambda: vendor_scale(ordinary_calibration()), version="1.2.3"))

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            return await client.get(URL)

    # In a thread of its own: the browser's driver has a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(get())).result()


def opened(browser: Browser, said: httpx.Response, *, size: Any, scheme: Any = "light") -> tuple[Page, list[str]]:
    """Return the page, without scripts, and what the browser complained of or asked for besides."""
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))

    def serve(route: Route) -> None:
        if route.request.url != URL:
            troubles.append(route.request.url)
            route.abort()
        else:
            route.fulfill(status=200, headers=dict(said.headers), body=said.text)

    page.route("**/*", serve)
    page.goto(URL)
    return page, [item for item in troubles if "favicon" not in item]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
def test_it_fits_can_be_read_and_asks_for_nothing(browser: Browser, size: dict[str, int], scheme: str) -> None:
    page, troubles = opened(browser, answer(), size=size, scheme=scheme)
    assert troubles == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    # The style is in force: the policy names its digest.
    assert page.evaluate("getComputedStyle(document.querySelector('.notice')).borderLeftWidth") == "4px"
    low = [
        item for item in page.evaluate(CONTRASTS) if item["ratio"] < (CONTRAST_OF_LARGE if item["large"] else CONTRAST)
    ]
    assert low == []
    page.context.close()


def test_every_table_can_be_reached_and_scrolled_by_keyboard(browser: Browser) -> None:
    page, _ = opened(browser, answer(), size=PHONE)
    regions = page.evaluate("document.querySelectorAll('[role=region]').length")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert regions == 3
    assert {"Calls by operation", "Rates at each threshold", "False candidates by size of gallery"} <= reached
    page.context.close()


def test_links_on_the_page_lead_somewhere_and_headings_are_in_order(browser: Browser) -> None:
    page, _ = opened(browser, answer(called=False), size=DESKTOP)
    targets = page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    assert len(targets) == 5
    assert all(page.locator(target).count() == 1 for target in targets)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert "None yet" in page.inner_text("main")
    page.context.close()
