"""Work that goes on after the request that began it: taken on, looked at, cancelled, forgotten.

Rules kept here:

- A job is taken on only if there is a place for it; what is refused leaves nothing behind.
- Who asks for a job that is not theirs learns that there is none.
- A job is forgotten ``KEPT`` after its end. What came of it stays: references, an audit's folder, the ledger.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from countenance.core.errors import InputError, JobNotFound, JobNotReady, JobsTooMany
from countenance.service.job_folders import JobFolders
from countenance.service.job_port import Cursor, Job, JobKind, JobOwner, JobStore, StoredReject, job_of

#: How long a job that has ended can be asked for.
KEPT = timedelta(days=30)
#: Jobs that may wait or run: in all, and of one case or account. One runs at a time; who waits behind more than this
#: would do better to come back.
MOST_WAITING, MOST_WAITING_OF_OWNER = 50, 8
#: Most jobs on one page of a list.
MOST_LISTED = 200
#: Parameter of an enrolment: a folder of this machine, instead of an upload.
FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a list.

    Attributes:
        jobs: Newest first.
        after: Where the next page goes on, as text, or None if this is the last.
    """

    jobs: tuple[Job, ...]
    after: str | None


class Jobs:
    """Jobs as the doors see them.

    Args:
        store: Rows.
        folders: Uploads.
        wake: Called when there is something to do.
    """

    def __init__(self, store: JobStore, folders: JobFolders, wake: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self.folders = folders
        self._wake = wake

    def new_id(self) -> str:
        """Return 16 random bytes as hex: the identifier of a job that is about to be taken on."""
        return os.urandom(16).hex()

    def take_on(
        self, job_id: str, kind: JobKind, owner: JobOwner, *, subject_matter: str, parameters: Mapping[str, Any]
    ) -> Job:
        """Take a job on and return it; its uploads lie in its folder already.

        Raises:
            JobsTooMany: There is no place for it; its folder is wiped.
            InputError: A text cannot be stored.
        """
        try:
            taken = self._store.add(
                job_id,
                kind=kind.value,
                interface=owner.interface,
                operator=owner.operator,
                account_id=owner.account_id,
                credential_id=owner.credential_id,
                case_id=owner.case_id,
                subject_matter=subject_matter,
                parameters=parameters,
                most_waiting=MOST_WAITING,
                most_waiting_of_owner=MOST_WAITING_OF_OWNER,
            )
        except BaseException:
            self.folders.wipe(job_id)
            raise
        if not taken:
            self.folders.wipe(job_id)
            raise JobsTooMany("As many jobs as are taken on are waiting already.")
        self._wake()
        return self.find(job_id)

    def find(self, job_id: str) -> Job:
        """Return a job, whoever it belongs to.

        Raises:
            JobNotFound: There is none.
        """
        stored = self._store.job(job_id) if is_job_id(job_id) else None
        if stored is None:
            raise JobNotFound(f"There is no job {job_id[:32]}.")
        return job_of(stored)

    def of_case(self, job_id: str, case_id: str) -> Job:
        """Return a job of a case.

        Raises:
            JobNotFound: There is none, or it is not the case's.
        """
        job = self.find(job_id)
        if job.owner.case_id != case_id:
            raise JobNotFound(f"There is no job {job_id[:32]}.")
        return job

    def page(
        self,
        *,
        case_id: str | None = None,
        kind: JobKind | None = None,
        subject_matter: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> JobPage:
        """Return jobs, newest first.

        Args:
            case_id: Only a case's.
            kind: Only of a kind.
            subject_matter: Only about a gallery or audit.
            after: ``JobPage.after`` of the page before.
            limit: Most jobs, at most ``MOST_LISTED``.

        Raises:
            InputError: ``after`` is not from such a page, or the limit is out of range.
        """
        if not 1 <= limit <= MOST_LISTED:
            raise InputError(f"A page holds 1 to {MOST_LISTED} jobs.", remedy="Ask for more pages.")
        wanted = {"case_id": case_id, "kind": kind and kind.value, "subject_matter": subject_matter}
        narrowed = {name: value for name, value in wanted.items() if value is not None}
        cursor = None if after is None else cursor_of(after)
        found = [job_of(one) for one in self._store.page(narrowed, after=cursor, limit=limit + 1)]
        shown = tuple(found[:limit])
        return JobPage(shown, cursor_text(shown[-1]) if len(found) > limit else None)

    def cancel(self, job_id: str) -> Job:
        """Ask a job to end and return it as it is then; one that has ended stays as it is.

        Raises:
            JobNotFound: There is none.
        """
        if not is_job_id(job_id) or self._store.ask_to_cancel(job_id) is None:
            raise JobNotFound(f"There is no job {job_id[:32]}.")
        job = self.find(job_id)
        if job.state.over:
            self.folders.wipe(job_id)
        return job

    def rejects(self, job: Job, *, limit: int | None = None) -> Sequence[StoredReject]:
        """Return photos of an enrolment that were not stored, at most ``limit``; none once gallery or person are gone.

        Raises:
            JobNotReady: The job is no enrolment.
        """
        if job.kind is not JobKind.ENROLMENT:
            raise JobNotReady("This job has no list of rejects.", remedy="Only enrolments have one.")
        folder = job.parameters.get(FOLDER)
        source = Path(str(folder)) if folder else self.folders.of(job.job_id)
        return self._store.rejects(job.subject_matter, str(source.resolve()), limit=limit)

    def result(self, job: Job) -> Mapping[str, Any]:
        """Return what came of a job that is done.

        Raises:
            JobNotReady: It is not.
        """
        if job.result is None:
            raise JobNotReady(f"The job is {job.state.value}; it has no result.")
        return job.result


def rejects_csv(rejects: Sequence[StoredReject]) -> str:
    """Return rejects as CSV with a header: file, subject, outcome, reason."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "subject", "outcome", "reason"])
    # A cell that begins so is a formula to a spreadsheet; names of files come from anybody.
    # Source: OWASP, "CSV Injection".
    for one in rejects:
        cells = (one.file, one.subject, one.outcome, one.reason)
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells])
    return text.getvalue()


def is_job_id(text: str) -> bool:
    """Return whether a text from elsewhere is written like a job's identifier."""
    return len(text) == 32 and not set(text) - set("0123456789abcdef")


def cursor_text(job: Job) -> str:
    """Return where a page that ends with a job goes on."""
    return f"{job.created_at:%Y%m%dT%H%M%S}-{job.job_id}"


def cursor_of(text: str) -> Cursor:
    """Return the place that a cursor names.

    Raises:
        InputError: It is none of ours.
    """
    moment, dash, job_id = text.partition("-")
    try:
        if not dash or not is_job_id(job_id):
            raise ValueError(text)
        return datetime.fromisoformat(f"{moment}+00:00"), job_id
    except ValueError as error:
        raise InputError("The cursor is not from a list of jobs.", remedy="Begin without one.") from error
