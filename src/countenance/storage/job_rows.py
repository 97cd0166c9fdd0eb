"""Rows of jobs: waiting, claimed, under way, ended.

Rules kept here:

- A job is claimed by one process: claiming is one statement that tests the state it changes.
- Once a job has ended, its row does not change any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Row, delete, func, insert, or_, select, tuple_, update

from countenance.storage.job_tables import jobs
from countenance.storage.storable_text import require_storable
from countenance.storage.tables import enrolment_outcomes, enrolment_runs, galleries
from countenance.storage.transactions import Transaction, as_text, in_portions

#: States of a job that has not ended, and of one that takes a place in the queue.
UNDER_WAY, TAKING_PLACE = ("running",), ("queued", "running", "interrupted")
OVER = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as stored; ``service.job_port.Job`` says what each field means."""

    job_id: str
    kind: str
    state: str
    interface: str
    operator: str
    account_id: str | None
    credential_id: str | None
    case_id: str | None
    subject_matter: str
    parameters: Mapping[str, Any] = field(repr=False)
    stage: str
    done: int
    total: int
    rate_per_s: float | None
    counts: Mapping[str, int]
    result: Mapping[str, Any] | None
    error: tuple[str, str, str] | None
    attempts: int
    instance_id: str | None
    cancel_asked_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A photo that was not stored, and why."""

    file: str
    subject: str
    outcome: str
    reason: str


def add(transaction: Transaction, job_id: str, values: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Store a new job that waits.

    Raises:
        InputError: A text cannot be stored.
    """
    for name in ("operator", "subject_matter"):
        require_storable(values[name], "name")
    text = json.dumps(dict(parameters), sort_keys=True, allow_nan=False)
    transaction.connection.execute(
        insert(jobs).values(
            job_id=job_id,
            **values,
            parameters=text,
            state="queued",
            stage="waiting",
            done=0,
            total=0,
            counts="{}",
            attempts=0,
            created_at=transaction.now_text,
        )
    )


def taking_place(connection: Connection, *, case_id: str | None = None, account_id: str | None = None) -> int:
    """Return how many jobs wait or run: in all, or of a case, or of an account."""
    statement = select(func.count()).select_from(jobs).where(jobs.c.state.in_(TAKING_PLACE))
    if case_id is not None:
        statement = statement.where(jobs.c.case_id == case_id)
    elif account_id is not None:
        statement = statement.where(jobs.c.account_id == account_id)
    return connection.execute(statement).scalar_one()


def by_id(connection: Connection, job_id: str) -> JobRow | None:
    """Return one job, or None."""
    row = connection.execute(select(jobs).where(jobs.c.job_id == job_id)).one_or_none()
    return None if row is None else job_of(row)


def page(
    connection: Connection, narrowed: Mapping[str, str], *, after: tuple[datetime, str] | None, limit: int
) -> tuple[JobRow, ...]:
    """Return jobs, newest first, those behind ``after``.

    Args:
        connection: The database.
        narrowed: Column → the only value that counts.
        after: Time and identifier of the last job before.
        limit: Most jobs.
    """
    statement = select(jobs).where(*(jobs.c[name] == value for name, value in narrowed.items()))
    if after is not None:
        statement = statement.where(tuple_(jobs.c.created_at, jobs.c.job_id) < tuple_(as_text(after[0]), after[1]))
    rows = connection.execute(statement.order_by(jobs.c.created_at.desc(), jobs.c.job_id.desc()).limit(limit))
    return tuple(job_of(row) for row in rows)


def in_state(connection: Connection, state: str, *, limit: int | None = None) -> tuple[JobRow, ...]:
    """Return jobs in a state, oldest first."""
    statement = select(jobs).where(jobs.c.state == state).order_by(jobs.c.created_at, jobs.c.job_id)
    return tuple(job_of(row) for row in connection.execute(statement.limit(limit)))


def claim(transaction: Transaction, job_id: str, instance_id: str) -> bool:
    """Let a waiting job run in a process; return False if it does not wait any more."""
    now = transaction.now_text
    return _changed(
        transaction, job_id, ("queued",),
        state="running", stage="beginning", instance_id=instance_id, heartbeat_at=now, attempts=jobs.c.attempts + 1,
        started_at=func.coalesce(jobs.c.started_at, now), rate_per_s=None,
    )  # fmt: skip


def note_progress(
    transaction: Transaction,
    job_id: str,
    *,
    stage: str,
    done: int,
    total: int,
    rate_per_s: float | None,
    counts: Mapping[str, int],
) -> bool:
    """Store how far a running job is; return whether somebody asked to cancel it, or it does not run any more."""
    runs = _changed(
        transaction, job_id, UNDER_WAY,
        stage=stage, done=done, total=total, rate_per_s=None if rate_per_s is None else f"{rate_per_s:.6g}",
        counts=json.dumps(dict(counts), sort_keys=True), heartbeat_at=transaction.now_text,
    )  # fmt: skip
    asked = select(jobs.c.cancel_asked_at).where(jobs.c.job_id == job_id)
    return not runs or transaction.connection.execute(asked).scalar_one_or_none() is not None


def finish(
    transaction: Transaction,
    job_id: str,
    state: str,
    *,
    result: Mapping[str, Any] | None,
    error: tuple[str, str, str] | None,
    before: Sequence[str] = UNDER_WAY,
) -> bool:
    """Store how a job in one of the states ``before`` ended or was interrupted; return False if it is in another."""
    code, message, remedy = error or (None, None, None)
    return _changed(
        transaction, job_id, before,
        state=state, stage=state, instance_id=None, error_code=code, error_message=message, error_remedy=remedy,
        result=None if result is None else json.dumps(dict(result), sort_keys=True, allow_nan=False),
        finished_at=transaction.now_text if state in OVER else None,
    )  # fmt: skip


def ask_to_cancel(transaction: Transaction, job_id: str) -> str | None:
    """Cancel a job that does not run, ask one that does to end; return its state then, or None if it is unknown."""
    waiting = ("queued", "interrupted")
    if not finish(transaction, job_id, "cancelled", result=None, error=None, before=waiting):
        _changed(
            transaction, job_id, UNDER_WAY, cancel_asked_at=func.coalesce(jobs.c.cancel_asked_at, transaction.now_text)
        )
    return transaction.connection.execute(select(jobs.c.state).where(jobs.c.job_id == job_id)).scalar_one_or_none()


def queue_again(transaction: Transaction, job_id: str) -> bool:
    """Let an interrupted job wait again; return False if it is not interrupted."""
    return _changed(
        transaction, job_id, ("interrupted",),
        state="queued", stage="waiting", error_code=None, error_message=None, error_remedy=None,
    )  # fmt: skip


def forget_before(transaction: Transaction, moment: datetime, *, limit: int = 1000) -> tuple[str, ...]:
    """Delete jobs that ended before a moment, at most ``limit``; return their identifiers."""
    ended = select(jobs.c.job_id).where(jobs.c.state.in_(OVER), jobs.c.finished_at < as_text(moment)).limit(limit)
    gone = tuple(transaction.connection.execute(ended).scalars())
    for some in in_portions(gone):
        transaction.connection.execute(delete(jobs).where(jobs.c.job_id.in_(some)))
        transaction.deleted = True
    return gone


def rejects(connection: Connection, gallery: str, source: str, *, limit: int | None = None) -> tuple[Reject, ...]:
    """Return the photos of an enrolment's source, or of one within it, that were not stored, by name.

    None is left once the bookkeeping is gone: with the gallery, its retention, or the person.
    """
    outcome = enrolment_outcomes.c
    within = or_(enrolment_runs.c.source == source, enrolment_runs.c.source.startswith(f"{source}/", autoescape=True))
    statement = (
        select(outcome.source_name, outcome.subject, outcome.outcome, outcome.reason)
        .select_from(enrolment_outcomes.join(enrolment_runs).join(galleries))
        .where(galleries.c.name == gallery, within, outcome.outcome != "stored")
        .order_by(outcome.source_name, outcome.subject)
        .limit(limit)
    )
    return tuple(
        Reject(row.source_name, row.subject, row.outcome, row.reason or "") for row in connection.execute(statement)
    )


def job_of(row: Row[tuple[object, ...]]) -> JobRow:
    """Return a job from its row."""
    return JobRow(
        job_id=row.job_id,
        kind=row.kind,
        state=row.state,
        interface=row.interface,
        operator=row.operator,
        account_id=row.account_id,
        credential_id=row.credential_id,
        case_id=row.case_id,
        subject_matter=row.subject_matter,
        parameters=json.loads(row.parameters),
        stage=row.stage,
        done=row.done,
        total=row.total,
        rate_per_s=None if row.rate_per_s is None else float(row.rate_per_s),
        counts=json.loads(row.counts),
        result=None if row.result is None else json.loads(row.result),
        error=None if row.error_code is None else (row.error_code, row.error_message or "", row.error_remedy or ""),
        attempts=row.attempts,
        instance_id=row.instance_id,
        cancel_asked_at=_moment(row.cancel_asked_at),
        created_at=datetime.fromisoformat(row.created_at),
        started_at=_moment(row.started_at),
        finished_at=_moment(row.finished_at),
        heartbeat_at=_moment(row.heartbeat_at),
    )


def _changed(transaction: Transaction, job_id: str, states: Sequence[str], **values: object) -> bool:
    statement = update(jobs).where(jobs.c.job_id == job_id, jobs.c.state.in_(states)).values(**values)
    return cast("CursorResult[Any]", transaction.connection.execute(statement)).rowcount == 1


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
