"""Settings and an open store → work in the background: jobs, what does them, the audits' folder, kept replies."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from countenance.bootstrap.watched_engine import WatchedEngine
from countenance.core.errors import AccountNotFound, CaseNotFound, CredentialRefused
from countenance.service.account_port import Role
from countenance.service.audit_shelf import AuditShelf
from countenance.service.idempotency import IdempotencyKeys
from countenance.service.job_archives import ArchiveLimits
from countenance.service.job_audit import AuditWork, Brought
from countenance.service.job_enrolment import CASE, EnrolmentWork
from countenance.service.job_folders import JobFolders
from countenance.service.job_port import Job, JobKind
from countenance.service.job_runner import JobRunner, Work
from countenance.service.job_watch import Watch
from countenance.service.jobs import Jobs
from countenance.service.standing import Profile, Standing, local_standing

if TYPE_CHECKING:
    from countenance.bootstrap.application import Application
    from countenance.service.accounts import Accounts
    from countenance.service.case_book import CaseBook
    from countenance.service.cases import Cases
    from countenance.service.face_jobs import FaceJobs
    from countenance.service.job_port import JobStore
    from countenance.service.journal_port import Journal
    from countenance.service.policy_port import PolicyStore
    from countenance.service.ports import PicturingEngine
    from countenance.storage.store import SqlGalleryStore

#: How much nicer the thread of jobs is than those of requests. Source: nice(2); 10 leaves it about a tenth of a core
#: that requests want too.
NICENESS = 10
#: Longest wait before a photo while requests need the cores, and how often to look.
LONGEST_PAUSE_S, LOOK_S = 0.25, 0.02
JOBS_FOLDER, AUDITS_FOLDER = "jobs", "audits"


class OpenParts(Protocol):
    """What jobs need of the open store; ``accountability.AccountableParts`` has it."""

    @property
    def app(self) -> Application: ...
    @property
    def store(self) -> SqlGalleryStore: ...
    @property
    def policies(self) -> PolicyStore: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def case_book(self) -> CaseBook: ...
    @property
    def many_photos_engine(self) -> PicturingEngine: ...

    def jobs(self, standing: Standing, *, engine: PicturingEngine | None = None) -> FaceJobs:
        """Return the jobs on somebody's behalf."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class JobParts:
    """Work in the background.

    Attributes:
        jobs: Jobs as the doors see them.
        runner: Does them.
        shelf: The audits.
        keys: Requests that come again.
        allowed: Folders of this machine that photos may be enrolled from.
    """

    jobs: Jobs
    runner: JobRunner
    shelf: AuditShelf
    keys: IdempotencyKeys
    allowed: tuple[Path, ...]


def job_parts(parts: OpenParts, profile: Callable[[], Profile]) -> JobParts:
    """Return the parts over an open store; nothing runs yet.

    Args:
        parts: What it acts and records with.
        profile: What this installation states about everybody who works with it.
    """
    from countenance.storage.job_store import SqlJobStore

    app = parts.app
    store = cast("JobStore", SqlJobStore(parts.store))
    folders = JobFolders(app.settings.data_dir / JOBS_FOLDER)
    limits = ArchiveLimits(entry_bytes=app.settings.max_image_bytes)
    shelf = AuditShelf(app.settings.data_dir / AUDITS_FOLDER, limits)
    # Half of the cores: the other half is for whoever waits for an answer.
    workers = max(1, app.workers // 2)

    def bring(job: Job, watch: Watch) -> Brought:
        engine = WatchedEngine(parts.many_photos_engine, watch)
        return Brought(parts.jobs(standing_of(parts, job, profile), engine=engine), engine)

    allowed = enrolment_folders(app)
    works: dict[JobKind, Work] = {
        JobKind.ENROLMENT: EnrolmentWork(
            folders, lambda job, watch: bring(job, watch).jobs, store=parts.store, policies=parts.policies,
            workers=workers, allowed=allowed, limits=limits,
        ),
        JobKind.AUDIT: AuditWork(
            shelf, bring, calibrations=app.calibrations, workers=workers, clock=lambda: datetime.now(UTC)
        ),
    }  # fmt: skip
    keys = idempotency_keys(parts)
    runner = JobRunner(store, folders, works, lambda: datetime.now(UTC), prepare=_be_nice, tidy=keys.forget_expired)
    return JobParts(Jobs(store, folders, runner.wake), runner, shelf, keys, allowed)


@contextmanager
def working(background: JobParts, taken: Callable[[], int] = lambda: 0) -> Iterator[None]:
    """Do jobs for as long as the context lasts; the one under way is interrupted then, and goes on the next time.

    Args:
        background: The parts.
        taken: How many requests about photos are at work or waiting: these go first.
    """
    background.runner.let_pass(behind_requests(taken))
    background.runner.start()
    try:
        yield
    finally:
        background.runner.stop()


def idempotency_keys(parts: OpenParts) -> IdempotencyKeys:
    """Return the keys of requests that may come again."""
    from countenance.storage.kept_reply_store import SqlKeptReplies

    return IdempotencyKeys(SqlKeptReplies(parts.store))


def enrolment_folders(app: Application) -> tuple[Path, ...]:
    """Return the folders of this machine that jobs may enrol from; none unless the settings name some."""
    named = app.settings.enrolment_folders.split(os.pathsep)
    return tuple(Path(name).expanduser().resolve() for name in named if name.strip())


def standing_of(parts: OpenParts, job: Job, profile: Callable[[], Profile]) -> Standing:
    """Return on whose behalf a job is done, as it is now and not as it was when it was taken on.

    Raises:
        CredentialRefused: The credential or account is gone or disabled.
        CaseNotFound: There is no such case.
    """
    owner = job.owner
    if owner.credential_id is not None:
        credential = parts.case_book.find_by_id(owner.credential_id)
        if credential is None:
            raise CredentialRefused("The credential that the job was taken on with is gone.")
        return parts.case_book.standing(credential, owner.interface, datetime.now(UTC))
    needed = Role.AUDITOR if job.kind is JobKind.AUDIT else Role.GALLERY_OWNER
    with suppress(AccountNotFound):
        account = parts.accounts.find(owner.operator)
        if account.account_id == owner.account_id and account.disabled_at is None and needed in account.roles:
            return console_standing(parts, job, profile)
    raise CredentialRefused(
        "The account that the job was taken on with is gone, disabled, or has another role now.",
        remedy="Somebody else has to begin it.",
    )


def console_standing(parts: OpenParts, job: Job, profile: Callable[[], Profile]) -> Standing:
    """Return the standing of a job's account: what this installation's profile states, or the case the job names.

    Raises:
        CaseNotFound: There is no such case of this operator.
    """
    owner, named = job.owner, job.parameters.get(CASE)
    if named:
        case = parts.cases.find(str(named))
        if case.operator != owner.operator:
            raise CaseNotFound("There is no such case of this operator.")
        return parts.case_book.standing_of(case, owner.interface, datetime.now(UTC))
    stated = dict(profile().claims)
    if job.kind is JobKind.AUDIT:
        stated["purpose"] = "accuracy_evaluation"
    return local_standing(
        owner.operator, interface=owner.interface, keyed_digest=parts.journal.keyed_digest, stated=stated
    )


def behind_requests(taken: Callable[[], int]) -> Callable[[], None]:
    """Return what waits, a little at most, while requests about photos are at work or waiting.

    Args:
        taken: How many are.
    """

    def pause() -> None:
        give_up_at = time.monotonic() + LONGEST_PAUSE_S
        while taken() and time.monotonic() < give_up_at:
            time.sleep(LOOK_S)

    return pause


def _be_nice() -> None:
    """Lower this thread's priority, and that of the threads it starts; only Linux has priorities of threads."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
