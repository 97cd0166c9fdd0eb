"""Run by tests as a process of its own: opens a store, writes to it, and may end itself with SIGKILL in the middle.

``python -m tests.storage.writer_process JOB``, where JOB is a JSON object with the fields of ``Job``. Says what it has
recorded as soon as it is committed; where the job waits, says ``ready`` and goes on with the next line of input.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event

from countenance.storage.store import SqlGalleryStore, open_store
from tests.support.made_up_templates import made_up_reference, stored_outcome

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Job:
    """What the process does.

    Attributes:
        url: The database.
        key_file: The master key's file.
        batches: Batches recorded in the run of the source "folder"; none: the store is opened, no more.
        batch_size: References in a batch, all new.
        subject: Of all references; None: two photos a subject.
        waits: True to wait for a line of input before opening the store, and again before writing.
        kill_at_statement: The process ends itself before this statement of the first batch, from 1.
        kill_at_commit: The process ends itself before the first batch is committed.
    """

    url: str
    key_file: str
    batches: int = 0
    batch_size: int = 4
    subject: str | None = None
    waits: bool = False
    kill_at_statement: int | None = None
    kill_at_commit: bool = False


def start(job: Job) -> subprocess.Popen[str]:
    """Start the process and return it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.writer_process", json.dumps(asdict(job))],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(job: Job) -> int:
    """Run the process to its end and return its exit status; negative: the signal it died of."""
    with start(job) as process:
        process.communicate()
    return process.returncode


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(store: SqlGalleryStore, job: Job) -> None:
    statements = 0

    def before_statement(*_arguments: object) -> None:
        nonlocal statements
        statements += 1
        if statements == job.kill_at_statement:
            _die()

    if job.kill_at_statement is not None:
        event.listen(store.database.engine, "before_cursor_execute", before_statement)
    if job.kill_at_commit:
        event.listen(store.database.engine, "commit", lambda _connection: _die())


def main() -> None:
    """Do the job named on the command line."""
    job = Job(**json.loads(sys.argv[1]))
    if job.waits:
        print("ready", flush=True)
        sys.stdin.readline()
    store = open_store(job.url, Path(job.key_file), lambda: datetime.now(UTC))
    try:
        if job.batches:
            _write(store, job)
    finally:
        store.close()


def _write(store: SqlGalleryStore, job: Job) -> None:
    run_id = store.begin_run("staff", "folder").run_id
    if job.waits:
        print("ready", flush=True)
        sys.stdin.readline()
    _arm(store, job)
    for batch in range(job.batches):
        numbers = range(batch * job.batch_size, (batch + 1) * job.batch_size)
        references = [made_up_reference(number, job.subject) for number in numbers]
        store.record_batch(run_id, references, [stored_outcome(reference) for reference in references])
        print(f"recorded {batch}", flush=True)


if __name__ == "__main__":
    main()
