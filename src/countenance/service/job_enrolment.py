"""Bulk enrolment as a job: uploads laid out, then enrolled, resumable between two photos.

Rules kept here:

- A file that is refused before it is looked at (a link, an archive within the archive, a damaged entry) is an outcome
  like a photo without a face: counted, and listed with its reason in enrolment's own bookkeeping.
- Half laid out is not laid out: what an interruption left is begun anew from the uploads.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentRun, EnrolmentStatus
from countenance.service.face_jobs import FaceJobs
from countenance.service.job_archives import ArchiveLimits
from countenance.service.job_folders import JobFolders
from countenance.service.job_layout import Arranged, allowed_folder, arrange, require_inside
from countenance.service.job_port import Job
from countenance.service.job_watch import Watch
from countenance.service.jobs import FOLDER
from countenance.service.policy_port import PolicyStore
from countenance.service.ports import EnrolmentStore

#: Parameter of the job: number of the case it is done under, for an account of the console.
CASE = "case"
_PHOTOS, _ARRANGED = "photos", "arranged.json"
UNPACKING, LOOKING = "unpacking", "looking at photos"


class EnrolmentWork:
    """Does enrolments.

    Args:
        folders: Uploads.
        jobs: (job, watch) → the face jobs of its owner.
        store: Keeps references.
        policies: Keeps galleries' sources.
        workers: Photos looked at side by side.
        allowed: Folders of this machine that photos may be enrolled from.
        limits: How much an archive may hold.
    """

    def __init__(
        self,
        folders: JobFolders,
        jobs: Callable[[Job, Watch], FaceJobs],
        *,
        store: EnrolmentStore,
        policies: PolicyStore,
        workers: int,
        allowed: Sequence[Path] = (),
        limits: ArchiveLimits | None = None,
    ) -> None:
        self._folders = folders
        self._jobs = jobs
        self._store = store
        self._policies = policies
        self._workers = workers
        self._allowed = tuple(allowed)
        self._limits = limits or ArchiveLimits()

    def can_go_on(self, job: Job) -> bool:
        """Return whether its photos are on this machine."""
        folder = job.parameters.get(FOLDER)
        return Path(str(folder)).exists() if folder else bool(self._folders.incoming(job.job_id))

    def run(self, job: Job, watch: Watch) -> Mapping[str, Any]:
        """Arrange and enrol the photos; return counts by outcome and where the act is recorded."""
        gallery = job.subject_matter
        folder = job.parameters.get(FOLDER)
        arranged = self._from_folder(str(folder)) if folder else self._from_uploads(job, watch)
        require_inside(arranged.source)
        before = len(arranged.refused)

        def progress(done: int, total: int, counts: Counter[EnrolmentStatus]) -> None:
            told = {status.value: number for status, number in counts.items() if number}
            # Refused files are in the counts from the beginning; they are no photos to look at.
            watch.progress(LOOKING, min(done, total), total, told)

        done = self._jobs(job, watch).enrol(
            gallery,
            arranged.source,
            store=_NotingRefused(self._store, arranged.refused) if before else self._store,
            policies=self._policies,
            workers=self._workers,
            progress=progress,
        )
        report = done.value
        return {
            "gallery": gallery,
            "photos": report.photos,
            "counts": {status.value: number for status, number in report.counts.items() if number},
            "act_id": done.act_id,
            "intent_entry_id": done.intent_entry_id,
            "outcome_entry_id": done.outcome_entry_id,
        }

    def _from_folder(self, named: str) -> Arranged:
        """Return a folder or list of this machine, if it lies within an allowed one.

        Raises:
            InputError: It does not.
        """
        return Arranged(allowed_folder(named, self._allowed), ())

    def _from_uploads(self, job: Job, watch: Watch) -> Arranged:
        folder = self._folders.of(job.job_id)
        noted = folder / _ARRANGED
        photos = folder / _PHOTOS
        if noted.exists():
            known = json.loads(noted.read_text(encoding="utf-8"))
            return Arranged(folder / known["source"], tuple(tuple(one) for one in known["refused"]))
        shutil.rmtree(photos, ignore_errors=True)
        arranged = arrange(
            self._folders.incoming(job.job_id), photos, job.parameters, self._limits,
            check=lambda done, total: watch.progress(UNPACKING, done, total),
        )  # fmt: skip
        plain = {"source": arranged.source.relative_to(folder).as_posix(), "refused": arranged.refused}
        part = noted.with_suffix(".part")
        part.write_text(json.dumps(plain), encoding="utf-8")
        part.replace(noted)
        return arranged


class _NotingRefused:
    """The store of an enrolment whose run begins with the files that were refused before."""

    def __init__(self, store: EnrolmentStore, refused: Sequence[tuple[str, str, str]]) -> None:
        self._store = store
        self._refused = refused

    def begin_run(self, gallery: str, source: str) -> EnrolmentRun:
        """Return the run, the refused files recorded in it."""
        run = self._store.begin_run(gallery, source)
        items = dict.fromkeys((name, subject) for name, subject, _ in self._refused)
        reasons = {(name, subject): reason for name, subject, reason in self._refused}
        outcomes = [
            EnrolmentOutcome(name, subject, EnrolmentStatus.UNREADABLE, reason=reasons[name, subject])
            for name, subject in items
        ]
        self._store.record_batch(run.run_id, (), outcomes)
        return self._store.begin_run(gallery, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
