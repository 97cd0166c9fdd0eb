"""A served console over a new installation, with accounts, and a Chromium that is signed in to it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from countenance.bootstrap.account_parts import open_demonstration_accounts
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.serving import Service, ServiceLimits, service
from countenance.policy.terms import GallerySource
from countenance.service.account_port import Role
from countenance.service.collection_parts import CollectionTerms
from tests.support.looking import DESKTOP, texts_hard_to_read, too_wide_px
from tests.support.serving import served


@dataclass
class ConsolePlace:
    """A console that is served.

    Attributes:
        url: Its address, without a slash at the end.
        service: What is behind it, in this process: ``service.parts`` is the accountable parts.
        passwords: By account name; an account is named for its role.
    """

    url: str
    service: Service
    passwords: dict[str, str] = field(repr=False)

    @property
    def parts(self) -> Any:
        """Return the accountable parts."""
        return self.service.parts


@contextlib.contextmanager
def console_place(folder: Path, *, roles: Sequence[Role] = tuple(Role)) -> Iterator[ConsolePlace]:
    """Yield a served console with the real models and one account a role, named for it: ``searcher`` …"""
    app = Application(load_settings(data_dir=folder, database_url="", key_file=""))
    terms = CollectionTerms(GallerySource.CONSENTED_ENROLMENT, "tests", 30)
    with service(app, terms=terms, limits=ServiceLimits(requests_per_second=0)) as ready:
        made = open_demonstration_accounts(ready.parts, roles)
        with served(ready.app) as url:
            yield ConsolePlace(url, ready, {name: password for name, _, password in made})


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Yield Debian's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "Chromium is not installed. Install it first: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that somebody is signed in on.

    Attributes:
        page: The browser's page.
        troubles: What the browser complained of: errors of scripts, refusals by the page's policy, failed requests.
    """

    page: Page
    troubles: list[str]

    def contrasts_too_low(self) -> list[str]:
        """Return the texts on the page with less contrast than they need."""
        return texts_hard_to_read(self.page)

    def too_wide_px(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        return too_wide_px(self.page)

    def complaints(self) -> list[str]:
        """Return what the browser complained of; leaving a page while it loads is no complaint."""
        return [trouble for trouble in self.troubles if not trouble.startswith("failed:")]

    def settle(self) -> None:
        """Let the page on which somebody begins load to its end: what is cut short counts as trouble."""
        self.page.wait_for_load_state("networkidle")
        self.troubles.clear()

    def check_look(self) -> None:
        """Fail if the page is wider than the screen, has a text that is hard to read, or gave trouble so far."""
        assert self.too_wide_px() == 0
        assert self.contrasts_too_low() == []
        assert self.troubles == []


def signed_in(
    browser: Browser, place: ConsolePlace, name: str, *, size: Any = None, scheme: Any = "light", scripts: bool = True
) -> Visit:
    """Return a page on which an account has signed in through the form."""
    context = browser.new_context(
        base_url=place.url, viewport=size or DESKTOP, color_scheme=scheme, java_script_enabled=scripts
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    page.on("console", lambda said: troubles.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
    page.goto("/sign-in")
    page.fill("#f-name", name)
    page.fill("#f-password", place.passwords[name])
    page.click("main button.primary")
    assert page.locator("form.account .name").inner_text() == name, page.content()
    # What the first page fetches is fetched before a test goes elsewhere: broken off, it would count as a trouble.
    page.wait_for_load_state()
    return Visit(page, troubles)
