"""Waiting for what happens in another thread or process, as long as a busy machine may need and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Long after anything the tests wait for; nothing is measured by it.
PATIENCE_S = 120.0


def until(condition: Callable[[], object], *, every_s: float = 0.01) -> None:
    """Return once a condition holds; it fails the test if it never does."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_at, "what is waited for never came"
        time.sleep(every_s)
