"""Work that takes longer than a page may: done in a thread of its own, with progress, and looked at from pages.

Rules kept here:

- One run works at a time; the others wait. Pages never wait for any of them.
- A run belongs to whoever began it, and is forgotten when many newer ones have begun, and with the process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from countenance.core.errors import CountenanceError
from countenance.web.work_pool import Busy

_LOGGER = logging.getLogger("countenance.web")
#: Runs remembered, and runs that may be under way or waiting: a handful of people ask for them, each a few a day.
REMEMBERED, UNDER_WAY = 50, 8
_UNFORESEEN = "Try again; if it happens again, look into the server's log."


@dataclass(slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        done: Steps done.
        total: Steps there are; 0 while nobody knows.
    """

    done: int = 0
    total: int = 0

    @property
    def share(self) -> float | None:
        """Return the share done, 0 to 1, or None while nobody knows."""
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(slots=True)
class Run:
    """One run.

    Attributes:
        run_id: Random identifier.
        key: What it is about; runs of one key are the same work.
        account_id: Whose it is; empty for nobody's in particular.
        started_at: When it was asked for.
        progress: How far it has come.
        result: What it came to, once it is over.
        error: What went wrong, or None.
    """

    run_id: str
    key: str
    account_id: str
    started_at: datetime
    progress: Progress = field(default_factory=Progress)
    result: Any = None
    error: CountenanceError | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        """Return whether it has ended."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, for so long at most; return whether it has ended."""
        return self._over.wait(seconds)

    def finish(self) -> None:
        """Note that it has ended."""
        self._over.set()


class Runs:
    """The runs of one process."""

    def __init__(self, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        """Take the server's clock and a source of random identifiers."""
        self._clock = clock
        self._new_id = new_id
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def start(self, key: str, job: Callable[[Progress], Any], *, account_id: str = "") -> Run:
        """Begin a run, or return the one that does the same work for the same account already.

        Args:
            key: What it is about.
            job: Does it, and notes how far it has come.
            account_id: Whose it is.

        Raises:
            Busy: Too many are under way.
        """
        with self._lock:
            under_way = [run for run in self._runs.values() if not run.over]
            for run in under_way:
                if (run.key, run.account_id) == (key, account_id):
                    return run
            if len(under_way) >= UNDER_WAY:
                raise Busy
            run = Run(self._new_id(), key, account_id, self._clock())
            self._runs[run.run_id] = run
            for old in [old for old in self._runs.values() if old.over][: max(0, len(self._runs) - REMEMBERED)]:
                del self._runs[old.run_id]
        # A daemon: a server that is told to stop does not wait for a check that nobody will read.
        threading.Thread(target=self._do, args=(run, job), name="countenance-run", daemon=True).start()
        return run

    def find(self, run_id: str, account_id: str = "") -> Run | None:
        """Return a run of an account, or None."""
        run = self._runs.get(run_id)
        return run if run is not None and run.account_id == account_id else None

    def _do(self, run: Run, job: Callable[[Progress], Any]) -> None:
        try:
            with self._one_at_a_time:
                run.result = job(run.progress)
        except CountenanceError as error:
            run.error = error
        except Exception as error:  # the outermost handler of this thread
            _LOGGER.exception("a run of the console failed: %s", type(error).__name__)
            run.error = CountenanceError("It ended in something that was not foreseen.", remedy=_UNFORESEEN)
        finally:
            run.finish()
