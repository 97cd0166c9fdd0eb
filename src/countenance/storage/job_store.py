"""Jobs over an open store: the object that ``bootstrap`` hands to the use cases; each method is one transaction.

Rules kept here:

- A process that runs jobs holds its sign of life (``process_presence``) for as long as it does; who finds that it has
  ended takes its jobs over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from countenance.storage import job_rows
from countenance.storage.job_rows import JobRow, Reject
from countenance.storage.process_presence import ProcessPresence
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import Transaction, new_identifier

#: Key of the lock under which a place in the queue is taken on PostgreSQL: "cntqueue" in ASCII.
_QUEUE_LOCK = int.from_bytes(b"cntqueue")
#: Waiting jobs looked at for one that can be done here; more than ever wait.
MOST_LOOKED_AT = 200


class SqlJobStore:
    """Jobs in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store
        self._presence = ProcessPresence(store.database, new_identifier())
        self._announcing = threading.Lock()

    @property
    def instance_id(self) -> str:
        """Return this process's identifier as a runner of jobs."""
        return self._presence.instance_id

    def announce(self) -> None:
        """Give a sign of life from now until the store is closed; repeated calls do nothing."""
        with self._announcing:
            self._presence.announce()
        self._store.on_close(self._presence.close)

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
        with self._store.transaction() as current:
            _lock_queue(current)
            of_owner = job_rows.taking_place(current.connection, case_id=case_id, account_id=account_id)
            if job_rows.taking_place(current.connection) >= most_waiting or of_owner >= most_waiting_of_owner:
                return False
            values = {
                "kind": str(kind),
                "interface": interface,
                "operator": operator,
                "account_id": account_id,
                "credential_id": credential_id,
                "case_id": case_id,
                "subject_matter": subject_matter,
            }
            job_rows.add(current, job_id, values, parameters)
            return True

    def job(self, job_id: str) -> JobRow | None:
        """Return one job, or None."""
        with self._store.database.reading() as connection:
            return job_rows.by_id(connection, job_id)

    def page(
        self, narrowed: Mapping[str, str], *, after: tuple[datetime, str] | None, limit: int
    ) -> tuple[JobRow, ...]:
        """Return jobs, newest first, those behind ``after``; see ``job_rows.page``."""
        with self._store.database.reading() as connection:
            return job_rows.page(connection, narrowed, after=after, limit=limit)

    def claim(self, able: Callable[[JobRow], bool] = lambda job: True) -> JobRow | None:
        """Return the job that has waited longest, running from now on in this process; None if none waits.

        Args:
            able: Whether a job can be done here: its uploads may lie on another machine.
        """
        with self._store.database.reading() as connection:
            waiting = job_rows.in_state(connection, "queued", limit=MOST_LOOKED_AT)
        for job in filter(able, waiting):
            with self._store.transaction() as current:
                if job_rows.claim(current, job.job_id, self.instance_id):
                    return job_rows.by_id(current.connection, job.job_id)
        return None

    def note_progress(
        self, job_id: str, *, stage: str, done: int, total: int, rate_per_s: float | None, counts: Mapping[str, int]
    ) -> bool:
        """Store how far a running job is; return whether it is to end: cancelled, or taken over by somebody else."""
        with self._store.transaction() as current:
            return job_rows.note_progress(
                current, job_id, stage=stage, done=done, total=total, rate_per_s=rate_per_s, counts=counts
            )

    def finish(
        self,
        job_id: str,
        state: str,
        *,
        result: Mapping[str, Any] | None = None,
        error: tuple[str, str, str] | None = None,
    ) -> bool:
        """Store how a running job ended, or that it was interrupted; False if it does not run any more."""
        with self._store.transaction() as current:
            return job_rows.finish(current, job_id, str(state), result=result, error=error)

    def ask_to_cancel(self, job_id: str) -> str | None:
        """Cancel a waiting job at once, a running one at its next photo; return its state, or None if unknown."""
        with self._store.transaction() as current:
            return job_rows.ask_to_cancel(current, job_id)

    def interrupt_dead(self) -> int:
        """Store as interrupted what runs in processes that have ended; return how many jobs."""
        with self._store.database.reading() as connection:
            running = job_rows.in_state(connection, "running")
        dead = [job for job in running if job.instance_id is None or self._presence.is_dead(job.instance_id)]
        count = 0
        for job in dead:
            with self._store.transaction() as current:
                count += job_rows.finish(current, job.job_id, "interrupted", result=None, error=None)
        return count

    def interrupted(self) -> tuple[JobRow, ...]:
        """Return the jobs that were interrupted, oldest first."""
        with self._store.database.reading() as connection:
            return job_rows.in_state(connection, "interrupted")

    def queue_again(self, job_id: str) -> bool:
        """Let an interrupted job wait again; False if another process was quicker."""
        with self._store.transaction() as current:
            return job_rows.queue_again(current, job_id)

    def fail_interrupted(self, job_id: str, error: tuple[str, str, str]) -> bool:
        """Store that an interrupted job does not go on; False if another process was quicker."""
        with self._store.transaction() as current:
            return job_rows.finish(current, job_id, "failed", result=None, error=error, before=("interrupted",))

    def forget_before(self, moment: datetime) -> tuple[str, ...]:
        """Delete jobs that ended before a moment; return their identifiers."""
        with self._store.transaction() as current:
            return job_rows.forget_before(current, moment)

    def rejects(self, gallery: str, source: str, *, limit: int | None = None) -> Sequence[Reject]:
        """Return the photos of an enrolment's source that were not stored; see ``job_rows.rejects``."""
        with self._store.database.reading() as connection:
            return job_rows.rejects(connection, gallery, source, limit=limit)


def _lock_queue(transaction: Transaction) -> None:
    """Keep others from taking a place in the queue until the transaction ends; SQLite's writers do so anyway."""
    if transaction.connection.dialect.name == "postgresql":
        transaction.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK})
