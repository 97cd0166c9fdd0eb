"""Run by tests as a process of its own: does jobs over a database, slowly, until the one it was given has ended.

``python -m tests.support.job_process FOLDER DELAY_S [ARCHIVE]``. With an archive it takes an enrolment on; without,
it goes on with what an earlier process left. It prints ``begun ID`` and, at the end, ``ended STATE COUNTS`` as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from countenance.bootstrap.accountability import AccountableParts, accountable
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.job_parts import working
from countenance.core.vocabulary import Face
from countenance.policy.terms import GallerySource
from countenance.service.account_port import AccountNotFound
from countenance.service.job_folders import Incoming
from countenance.service.job_port import JobKind, JobOwner
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.synthetic_engine import SyntheticEngine

GALLERY, OPERATOR = "staff", "owner"


class PicturingSyntheticEngine(SyntheticEngine):
    """Makes up the pictures for reviewers as well."""

    def picture(self, data: bytes, face: Face, *, side_px: int) -> bytes:
        return b"picture of a face"


def application(folder: Path, delay_s: float) -> Application:
    """Return the application with a synthetic engine that takes its time."""

    class Slow(Application):
        manifest = type("Manifest", (), {"identity": MADE_UP_MODEL, "name": "made-up"})()

        def engine(self, *, threads: int | None = None) -> Any:
            return PicturingSyntheticEngine(delay_s=delay_s)

    return Slow(load_settings(data_dir=folder, database_url="", key_file=""))


def begin(parts: AccountableParts, archive: Path) -> str:
    """Take an enrolment of an archive on and return its number; gallery and account are made if need be."""
    try:
        account = parts.accounts.find(OPERATOR)
    except AccountNotFound:
        account = parts.accounts.add(OPERATOR, ["gallery_owner"], by=parts.standing()).account
        parts.create_gallery(
            GALLERY, parts.standing(), basis="test", source=GallerySource.CONSENTED_ENROLMENT, retention_days=None
        )
    jobs = parts.background.jobs
    job_id = jobs.new_id()
    place = jobs.folders.make(job_id)
    shutil.copyfile(archive, place / "1")
    jobs.folders.keep_list(job_id, [Incoming("photos.zip", place / "1")])
    owner = JobOwner("console", OPERATOR, account_id=account.account_id)
    return jobs.take_on(job_id, JobKind.ENROLMENT, owner, subject_matter=GALLERY, parameters={}).job_id


def main() -> None:
    """Begin or go on, and wait for the end."""
    folder, delay_s, *archive = sys.argv[1:]
    with accountable(application(Path(folder), float(delay_s)), interface="console") as parts:
        if archive:
            print(f"begun {begin(parts, Path(archive[0]))}", flush=True)
        with working(parts.background):
            jobs = parts.background.jobs
            (job,) = jobs.page().jobs
            while not job.state.over:
                time.sleep(0.02)
                job = jobs.find(job.job_id)
        counts = dict(job.progress.counts)
        print(f"ended {json.dumps([job.state.value, counts, job.attempts, job.progress.done])}", flush=True)


if __name__ == "__main__":
    main()
