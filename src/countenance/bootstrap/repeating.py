"""Something small done again and again while a service runs, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(do: Callable[[], None], *, every_s: float, name: str) -> Iterator[None]:
    """Do something every so often, for as long as the context lasts; one that has begun is waited for at the end.

    Args:
        do: What to do; it has to take care of its own errors.
        every_s: Seconds before the first time and between two times.
        name: Of the thread.
    """
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(every_s):
            do()

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
