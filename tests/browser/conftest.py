"""The browser that the tests of a module share; each test opens pages of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.console_place import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a Chromium; not for the whole session, since its driver keeps a loop running in the thread."""
    with chromium() as opened:
        yield opened
