"""Jobs over a real SQLite file, and works that do as a test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from countenance.service.job_folders import JobFolders
from countenance.service.job_port import Job, JobKind, JobOwner
from countenance.service.job_runner import JobRunner
from countenance.service.job_watch import Watch
from countenance.service.jobs import Jobs
from countenance.storage.job_store import SqlJobStore
from countenance.storage.store import SqlGalleryStore, open_store
from tests.support.settable_clock import SettableClock

OWNER = JobOwner("rest", "A. Searcher", credential_id="c" * 32, case_id="a" * 32)


class ScriptedWork:
    """Does what it was given, and remembers which jobs it was asked for."""

    def __init__(self, act: Callable[[Job, Watch], Mapping[str, Any]]) -> None:
        self.act = act
        self.asked: list[str] = []
        self.able = True

    def run(self, job: Job, watch: Watch) -> Mapping[str, Any]:
        self.asked.append(job.job_id)
        return self.act(job, watch)

    def can_go_on(self, job: Job) -> bool:
        return self.able


class JobPlace:
    """A new database with jobs, their folders, and a runner that is called by hand."""

    def __init__(self, folder: Path, act: Callable[[Job, Watch], Mapping[str, Any]] = lambda job, watch: {}) -> None:
        self.clock = SettableClock()
        self.folder = folder
        self.opened: list[SqlGalleryStore] = []
        self.store = self.open()
        self.rows = SqlJobStore(self.store)
        self.rows.announce()
        self.folders = JobFolders(folder / "jobs")
        self.work = ScriptedWork(act)
        self.runner = self.runner_over(self.rows)
        self.jobs = Jobs(self.rows, self.folders)

    def open(self) -> SqlGalleryStore:
        """Return the store, opened once more."""
        self.opened.append(open_store(f"sqlite:///{self.folder}/x.db", self.folder / "master.key", self.clock))
        return self.opened[-1]

    def runner_over(self, rows: SqlJobStore) -> JobRunner:
        """Return a runner over rows."""
        return JobRunner(rows, self.folders, dict.fromkeys(JobKind, self.work), self.clock)

    def take_on(self, kind: JobKind = JobKind.ENROLMENT, **parameters: Any) -> Job:
        """Return a new job with a folder."""
        job_id = self.jobs.new_id()
        (self.folders.make(job_id) / "1").write_bytes(b"a photo")
        return self.jobs.take_on(job_id, kind, OWNER, subject_matter="staff", parameters=parameters)

    def close(self) -> None:
        """Close every store."""
        for store in self.opened:
            store.close()
