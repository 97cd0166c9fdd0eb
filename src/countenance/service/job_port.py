"""Jobs that go on after the request that began them: what they are, and what running them needs of storage.

Rules kept here:

- A job is somebody's: a case's, through a credential, or an account's of the console. Nobody else finds it.
- Once a job has ended it does not begin again. One that was interrupted has not ended: it goes on, or is said to have
  failed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol


class JobKind(enum.StrEnum):
    """What is done."""

    ENROLMENT = "enrolment"
    AUDIT = "audit"


class JobState(enum.StrEnum):
    """How far it is. The words are stored; none changes its meaning."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def over(self) -> bool:
        """Return whether a job in this state has ended."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class JobOwner:
    """Whose job it is.

    Attributes:
        interface: The door it came in by: ``rest`` or ``console``.
        operator: The operator's name.
        account_id: The console's account, or None.
        credential_id: The credential, or None.
        case_id: Its case, or None.
    """

    interface: str
    operator: str
    account_id: str | None = None
    credential_id: str | None = None
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job failed: the error's code, message and remedy."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        stage: What is being done, in a word or two.
        done: Photos, or other units of the stage, that are dealt with.
        total: How many there are; 0 if that is not known yet.
        rate_per_s: Units a second in this stage lately, or None if too few were dealt with to say.
        counts: Outcome → photos.
    """

    stage: str = "waiting"
    done: int = 0
    total: int = 0
    rate_per_s: float | None = None
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def seconds_left(self) -> float | None:
        """Return an estimate of how long this stage still takes, or None if there is nothing to estimate from."""
        if not self.rate_per_s or not self.total:
            return None
        return max(0, self.total - self.done) / self.rate_per_s


@dataclass(frozen=True, slots=True)
class Job:
    """A job as stored.

    Attributes:
        job_id: Random identifier, 32 hex digits.
        kind: What is done.
        state: How far it is.
        owner: Whose it is.
        subject_matter: The gallery's or audit's name.
        parameters: What it was asked to do, as JSON types.
        progress: How far it is.
        result: What came of it, as JSON types, or None.
        error: Why it failed or was interrupted, or None.
        attempts: How often it was begun.
        cancel_asked_at: When somebody asked to cancel it, or None.
        created_at, started_at, finished_at, heartbeat_at: Its times.
    """

    job_id: str
    kind: JobKind
    state: JobState
    owner: JobOwner
    subject_matter: str
    parameters: Mapping[str, Any] = field(repr=False)
    progress: Progress
    result: Mapping[str, Any] | None
    error: JobFailure | None
    attempts: int
    cancel_asked_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None


#: Where a page of a list ends: the time and identifier of its last job.
Cursor = tuple[datetime, str]


class StoredJob(Protocol):
    """A job as rows have it; ``Job`` says what each field means."""

    @property
    def job_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def interface(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def account_id(self) -> str | None: ...
    @property
    def credential_id(self) -> str | None: ...
    @property
    def case_id(self) -> str | None: ...
    @property
    def subject_matter(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def stage(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def rate_per_s(self) -> float | None: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def result(self) -> Mapping[str, Any] | None: ...
    @property
    def error(self) -> tuple[str, str, str] | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def instance_id(self) -> str | None: ...
    @property
    def cancel_asked_at(self) -> datetime | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...
    @property
    def heartbeat_at(self) -> datetime | None: ...


class StoredReject(Protocol):
    """A photo that was not stored, and why."""

    @property
    def file(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str: ...


class JobStore(Protocol):
    """Rows of jobs. Each method is a transaction of its own."""

    @property
    def instance_id(self) -> str:
        """Return this process's identifier as a runner of jobs."""
        ...

    def announce(self) -> None:
        """Give a sign of life from now until the store is closed."""
        ...

    def add(
        self,
        job_id: str,
        *,
        kind: str,
        interface: str,
        operator: str,
        account_id: str | None,
        credential_id: str | None,
        case_id: str | None,
        subject_matter: str,
        parameters: Mapping[str, Any],
        most_waiting: int,
        most_waiting_of_owner: int,
    ) -> bool:
        """Store a new job that waits; False if as many as that wait or run already, in all or of its owner."""
        ...

    def job(self, job_id: str) -> StoredJob | None:
        """Return one job, or None."""
        ...

    def page(self, narrowed: Mapping[str, str], *, after: Cursor | None, limit: int) -> Sequence[StoredJob]:
        """Return jobs with these values, newest first, those behind ``after``."""
        ...

    def claim(self, able: Callable[[StoredJob], bool] = ...) -> StoredJob | None:
        """Return the job that has waited longest of those that can be done here, running from now on; or None."""
        ...

    def note_progress(
        self, job_id: str, *, stage: str, done: int, total: int, rate_per_s: float | None, counts: Mapping[str, int]
    ) -> bool:
        """Store how far a running job is; return whether it is to end: cancelled, or taken over by somebody else."""
        ...

    def finish(
        self,
        job_id: str,
        state: str,
        *,
        result: Mapping[str, Any] | None = None,
        error: tuple[str, str, str] | None = None,
    ) -> bool:
        """Store how a running job ended, or that it was interrupted; False if it does not run any more."""
        ...

    def ask_to_cancel(self, job_id: str) -> str | None:
        """Cancel a waiting job at once, a running one at its next photo; return its state, or None if unknown."""
        ...

    def interrupt_dead(self) -> int:
        """Store as interrupted what runs in processes that have ended; return how many jobs."""
        ...

    def interrupted(self) -> Sequence[StoredJob]:
        """Return the jobs that were interrupted, oldest first."""
        ...

    def queue_again(self, job_id: str) -> bool:
        """Let an interrupted job wait again; False if another process was quicker."""
        ...

    def fail_interrupted(self, job_id: str, error: tuple[str, str, str]) -> bool:
        """Store that an interrupted job does not go on; False if another process was quicker."""
        ...

    def forget_before(self, moment: datetime) -> Sequence[str]:
        """Delete jobs that ended before a moment; return their identifiers."""
        ...

    def rejects(self, gallery: str, source: str, *, limit: int | None = None) -> Sequence[StoredReject]:
        """Return the photos of an enrolment's source that were not stored."""
        ...


def job_of(stored: StoredJob) -> Job:
    """Return a job from its row."""
    return Job(
        job_id=stored.job_id,
        kind=JobKind(stored.kind),
        state=JobState(stored.state),
        owner=JobOwner(stored.interface, stored.operator, stored.account_id, stored.credential_id, stored.case_id),
        subject_matter=stored.subject_matter,
        parameters=stored.parameters,
        progress=Progress(stored.stage, stored.done, stored.total, stored.rate_per_s, stored.counts),
        result=stored.result,
        error=None if stored.error is None else JobFailure(*stored.error),
        attempts=stored.attempts,
        cancel_asked_at=stored.cancel_asked_at,
        created_at=stored.created_at,
        started_at=stored.started_at,
        finished_at=stored.finished_at,
        heartbeat_at=stored.heartbeat_at,
    )
