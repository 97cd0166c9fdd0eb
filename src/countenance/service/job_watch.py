"""How a job tells where it is, and learns that it has to end.

Rules kept here:

- Progress is written twice a second at most; each writing is durable and would otherwise cost more than the work.
- A job ends between two photos, never within one. What ends it is no ordinary error: nothing that handles errors of
  photos takes it for one, and the ledger records the act as interrupted, not as failed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from countenance.service.job_port import JobState, JobStore

#: Seconds between two writings of progress.
EVERY_S = 0.5
#: Seconds that a rate looks back: long enough to be steady, short enough to follow a machine that gets busy.
WINDOW_S = 15.0
#: Seconds that have to have passed before a rate is told.
LEAST_S = 1.0


class JobStopped(BaseException):
    """The job has to end now: it was cancelled, or the service ends.

    Attributes:
        state: What the job is then.
    """

    def __init__(self, state: JobState) -> None:
        super().__init__(state.value)
        self.state = state


class Watch:
    """What a running job reports to. May be used from several threads."""

    def __init__(
        self,
        store: JobStore,
        job_id: str,
        *,
        stopping: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """Take rows, the job, what says that the service ends, a clock, and what waits while requests need cores."""
        self._store = store
        self._job_id = job_id
        self._stopping = stopping
        self._monotonic = monotonic
        self._pause = pause
        self._lock = threading.Lock()
        self._stage, self._done, self._total = "beginning", 0, 0
        self._counts: Mapping[str, int] = {}
        self._seen: deque[tuple[float, int]] = deque()
        self._written = float("-inf")
        self._cancelled = False

    def check(self) -> None:
        """Return if the job may go on.

        Raises:
            JobStopped: It may not.
        """
        if self._cancelled:
            raise JobStopped(JobState.CANCELLED)
        if self._stopping.is_set():
            raise JobStopped(JobState.INTERRUPTED)

    def photo(self) -> None:
        """Count one more photo that is being looked at, after waiting for a moment in which requests need nothing.

        Raises:
            JobStopped: The job has to end.
        """
        self.check()
        self._pause()
        with self._lock:
            self._set(self._done + 1 if not self._total else min(self._total, self._done + 1))
        self._write()
        self.check()

    def progress(self, stage: str, done: int, total: int, counts: Mapping[str, int] | None = None) -> None:
        """Say how far it is.

        Args:
            stage: What is being done.
            done: Units dealt with; what ``photo`` has counted beyond it stays.
            total: All of them.
            counts: Outcome → photos, if they are known.

        Raises:
            JobStopped: The job has to end.
        """
        with self._lock:
            new = stage != self._stage
            if new:
                self._seen.clear()
            self._stage, self._total = stage, total
            if counts is not None:
                self._counts = dict(counts)
            self._set(done if new else max(done, min(self._done, total)))
        self._write(now=new or (total > 0 and done >= total))
        self.check()

    def _set(self, done: int) -> None:
        now = self._monotonic()
        self._done = done
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()

    def _rate(self) -> float | None:
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return (last - first) / (now - began) if now - began >= LEAST_S and last > first else None

    def _write(self, *, now: bool = False) -> None:
        with self._lock:
            moment = self._monotonic()
            if not now and moment - self._written < EVERY_S:
                return
            self._written = moment
            told: dict[str, Any] = {
                "stage": self._stage,
                "done": self._done,
                "total": self._total,
                "rate_per_s": self._rate(),
                "counts": self._counts,
            }
        if self._store.note_progress(self._job_id, **told):
            self._cancelled = True
