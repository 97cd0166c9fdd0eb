"""The thread that does jobs, one at a time, behind whatever requests need.

Rules kept here:

- A job is done by one process. Whose process has died is taken over by another that has its folder, or said to have
  failed, with the reason.
- When the service ends, the job under way stops between two photos and is noted as interrupted; it goes on at the next
  start. One that was begun ``MOST_ATTEMPTS`` times and never ended is not begun again: it may be what ends the process.
- Whatever a job raises ends that job and nothing else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from countenance.core.errors import CountenanceError, StorageError
from countenance.service.job_folders import JobFolders
from countenance.service.job_port import Job, JobKind, JobState, JobStore, job_of
from countenance.service.job_watch import JobStopped, Watch
from countenance.service.jobs import KEPT

_LOGGER = logging.getLogger("countenance.jobs")
#: How often to look for jobs that another process took on, and, less often, for those of processes that have died.
LOOK_EVERY_S, RECOVER_EVERY_S = 2.0, 60.0
MOST_ATTEMPTS = 5
#: How long an interrupted job waits for a machine that has what it needs.
ABSENT = timedelta(minutes=10)
#: Seconds that the end of the service waits for the photo under way.
STOP_WAIT_S = 60.0
#: Seconds after which an upload that became no job counts as broken off.
LONGEST_UPLOAD_S = 3600.0
INTERRUPTED = (
    "job_interrupted",
    "The service ended while the job ran, and what it needs to go on is not there any more.",
    "Begin it again; what was done before stays and is passed over.",
)
TOO_OFTEN = (
    "job_interrupted",
    f"The service ended {MOST_ATTEMPTS} times while the job ran; it is not begun again.",
    "Look into the server's log for what ends the process, then begin the job again.",
)
UNEXPECTED = (
    "unexpected",
    "Something went wrong that was not foreseen; the server's log has the place.",
    "Begin it again; if it happens again, give the job's number to whoever runs this server.",
)


class Work(Protocol):
    """One kind of job."""

    def run(self, job: Job, watch: Watch) -> Mapping[str, Any]:
        """Do it, from the beginning or from where it was interrupted, and return what came of it, as JSON types."""
        ...

    def can_go_on(self, job: Job) -> bool:
        """Return whether what it needs is on this machine."""
        ...


class JobRunner:
    """Does jobs in a thread.

    Args:
        store: Rows.
        folders: Uploads.
        works: How each kind is done.
        clock: The server's clock.
        prepare: Called once in the thread, before the first job: lowers its priority.
        tidy: Called about once a minute: forgets what else has reached its end.
    """

    def __init__(
        self,
        store: JobStore,
        folders: JobFolders,
        works: Mapping[JobKind, Work],
        clock: Callable[[], datetime],
        *,
        prepare: Callable[[], None] = lambda: None,
        tidy: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._folders = folders
        self._works = works
        self._clock = clock
        self._prepare = prepare
        self._pause: Callable[[], None] = lambda: None
        self._tidy = tidy
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="countenance-jobs", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs."""
        self._thread.start()

    def let_pass(self, pause: Callable[[], None]) -> None:
        """Have something called before each photo: it waits while requests need the cores."""
        self._pause = pause

    def wake(self) -> None:
        """Look for jobs at once."""
        self._wake.set()

    def stop(self) -> None:
        """Stop the job under way between two photos, note it as interrupted, and end the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WAIT_S)

    def recover(self) -> None:
        """Let interrupted jobs go on, or say why they do not; forget old ones; wipe folders that nobody needs."""
        self._store.interrupt_dead()
        for job in map(job_of, self._store.interrupted()):
            if job.attempts >= MOST_ATTEMPTS:
                self._store.fail_interrupted(job.job_id, TOO_OFTEN)
            elif self._works[job.kind].can_go_on(job):
                self._store.queue_again(job.job_id)
            elif self._clock() - (job.heartbeat_at or job.created_at) > ABSENT:
                # Until then, the machine that has the uploads may come back.
                self._store.fail_interrupted(job.job_id, INTERRUPTED)
        self._store.forget_before(self._clock() - KEPT)
        self._wipe_orphans()
        self._tidy()

    def run_one(self) -> bool:
        """Do the job that has waited longest, if any does; return whether there was one."""
        stored = self._store.claim(lambda job: self._works[JobKind(job.kind)].can_go_on(job_of(job)))
        if stored is None:
            return False
        self._run(job_of(stored))
        return True

    def _work(self) -> None:
        self._prepare()
        recovered = float("-inf")
        while not self._stopping.is_set():
            self._wake.clear()
            # What storage refuses now, it may take the next time; requests say meanwhile that it is away.
            with suppress(StorageError):
                self._store.announce()
                if time.monotonic() - recovered > RECOVER_EVERY_S:
                    self.recover()
                    recovered = time.monotonic()
                while not self._stopping.is_set() and self.run_one():
                    pass
            self._wake.wait(LOOK_EVERY_S)

    def _run(self, job: Job) -> None:
        watch = Watch(self._store, job.job_id, stopping=self._stopping, pause=self._pause)
        try:
            result = self._works[job.kind].run(job, watch)
        except JobStopped as stopped:
            self._end(job, stopped.state)
        except CountenanceError as error:
            self._end(job, JobState.FAILED, error=self._told(job, error))
        except Exception as error:
            _LOGGER.error("job %s failed: %s", job.job_id, type(error).__name__, exc_info=error)
            self._end(job, JobState.FAILED, error=UNEXPECTED)
        else:
            self._end(job, JobState.DONE, result=result)

    def _end(
        self,
        job: Job,
        state: JobState,
        *,
        result: Mapping[str, Any] | None = None,
        error: tuple[str, str, str] | None = None,
    ) -> None:
        self._store.finish(job.job_id, state.value, result=result, error=error)
        if state.over:
            self._folders.wipe(job.job_id)

    def _told(self, job: Job, error: CountenanceError) -> tuple[str, str, str]:
        """Return an error as it is told: without this machine's paths; a refusal names its rules and its entry."""
        message = error.message.replace(f"{self._folders.of(job.job_id)}/", "")
        for note in getattr(error, "__notes__", ()):
            message = f"{message} {note}"
        return error.code, message, error.remedy

    def _wipe_orphans(self) -> None:
        """Remove folders whose job has ended, or never began: an upload takes an hour at most."""
        for job_id in self._folders.present():
            stored = self._store.job(job_id)
            if stored is None:
                with suppress(OSError):
                    age_s = time.time() - self._folders.of(job_id).stat().st_mtime
                    if age_s > LONGEST_UPLOAD_S:
                        self._folders.wipe(job_id)
            elif JobState(stored.state).over:
                self._folders.wipe(job_id)
