"""Threads that do the work of requests, with a queue that ends: who comes when it is full is told so at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Busy(Exception):
    """All threads are at work and the queue is full.

    Attributes:
        seconds: After how long to come back: a photo or two are done by then.
    """

    seconds = 2.0


class WorkPool:
    """A number of threads and a queue of limited length."""

    def __init__(self, name: str, *, workers: int, queue: int) -> None:
        """Take a name for the threads, how many there are, and how many jobs may wait."""
        self.name = name
        self.workers = workers
        self._places = workers + queue
        self._taken = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=f"countenance-{name}")

    @property
    def taken(self) -> int:
        """Return how many jobs are at work or waiting."""
        return self._taken

    async def run(self, job: Callable[[], T]) -> T:
        """Return what a job comes to, done in one of the threads.

        Once begun, a job is done to its end even if whoever asked has gone: half an enrolment is not undone by a lost
        connection, and its outcome is recorded.

        Raises:
            Busy: There is no place left; nothing was done.
        """
        with self._lock:
            if self._taken >= self._places:
                raise Busy
            self._taken += 1
        future = self._threads.submit(job)
        future.add_done_callback(lambda _: self._release())
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Wait for what is under way, drop what is waiting, and end the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _release(self) -> None:
        with self._lock:
            self._taken -= 1
