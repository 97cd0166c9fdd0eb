"""Run by tests as a process of its own: starts bulk enrolments as children that can be killed at any moment.

``python -m tests.support.enrolment_process``. The process imports everything once and has a single thread, so that a
child is there within milliseconds. Each line of input is a JSON object with the fields of ``EnrolmentJob``; a child is
forked for it, and when it has ended the answer is a line ``ended STATUS`` (negative: the signal that killed it).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from countenance.core.errors import GalleryExists
from countenance.service.enrol import EnrolmentReport, enrol
from countenance.service.journal import LedgerJournal
from countenance.storage.ledger_store import SqlLedgerRows
from countenance.storage.store import SqlGalleryStore, open_store
from tests.support.admitted import admitted
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.synthetic_engine import SyntheticEngine

GALLERY = "staff"


@dataclass(frozen=True)
class EnrolmentJob:
    """What a child does.

    Attributes:
        folder: Where database and key lie; made anew by the first child.
        photos: Folder of synthetic photos.
        delay_s: What looking at a photo takes.
        report: Where to write the counts of the report, before the run is marked as finished.
        kill_after_s: When the child is killed if it still lives; None: it may end.
    """

    folder: str
    photos: str
    delay_s: float
    report: str
    kill_after_s: float | None = None


def enrol_once(job: EnrolmentJob) -> EnrolmentReport:
    """Open the store, create the gallery if need be, enrol the folder, and return the report."""
    folder = Path(job.folder)

    def keep(report: EnrolmentReport) -> None:
        Path(job.report).write_text(json.dumps(counted(report)), encoding="utf-8")

    store = open_store(f"sqlite:///{folder}/countenance.db", folder / "master.key", lambda: datetime.now(UTC))
    try:
        with suppress(GalleryExists):
            store.create_gallery(GALLERY, MADE_UP_MODEL, basis="test", retention_days=None)
        engine = SyntheticEngine(delay_s=job.delay_s)
        act = admitted("enrol", GALLERY, journal=sql_journal(store))
        return enrol(act, GALLERY, Path(job.photos), engine=engine, store=store, workers=2, clock=store.now, keep=keep)
    finally:
        store.close()


def sql_journal(store: SqlGalleryStore) -> LedgerJournal:
    """Return the ledger of a store, without the custody of its key."""
    return LedgerJournal(SqlLedgerRows(store), os.urandom, "0.0.0+test")  # type: ignore[arg-type]


def counted(report: EnrolmentReport) -> dict[str, int]:
    """Return the counts by the outcome's name."""
    return {status.value: count for status, count in report.counts.items()}


def main() -> None:
    """Read jobs until the input ends."""
    for line in sys.stdin:
        job = EnrolmentJob(**json.loads(line))
        child = os.fork()
        if child == 0:
            status = 70
            try:
                enrol_once(job)
                status = 0
            finally:
                os._exit(status)
        if job.kill_after_s is not None:
            time.sleep(job.kill_after_s)
            # Not waited for yet, so the number is the child's even if it has ended.
            os.kill(child, signal.SIGKILL)
        _, wait_status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(wait_status)}", flush=True)


if __name__ == "__main__":
    main()
