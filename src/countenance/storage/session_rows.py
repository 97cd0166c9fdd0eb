"""Rows of sessions, and of attempts to open one.

Rules kept here:

- A session is found by the SHA-256 of its token.
- Attempts of names that no account has are forgotten after a day, so that typing names fills no table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from countenance.storage import account_rows
from countenance.storage.account_rows import AccountRow
from countenance.storage.account_tables import account_sessions, sign_in_attempts
from countenance.storage.transactions import Transaction, as_text

#: How long attempts of names that no account has are kept: past every wait they could lead to.
UNKNOWN_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as stored.

    Attributes:
        account_id: Whose it is.
        csrf: What forms carry.
        created_at: When it was opened.
        last_seen_at: When it was last noted as used.
        ends_at: When it ends whatever is done.
    """

    account_id: str
    csrf: str = field(repr=False)
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptsRow:
    """Attempts of one name since the last that succeeded.

    Attributes:
        failures: How many.
        locked_until: Until when the name is not tried again, or None.
    """

    failures: int
    locked_until: datetime | None


def add(transaction: Transaction, token_sha256: str, account_id: str, *, csrf: str, ends_at: datetime) -> None:
    """Store a session that begins now, and delete those of anybody that have reached their end."""
    ended = delete(account_sessions).where(account_sessions.c.ends_at <= transaction.now_text)
    transaction.connection.execute(ended)
    transaction.connection.execute(
        insert(account_sessions).values(
            token_sha256=token_sha256,
            account_id=account_id,
            csrf=csrf,
            created_at=transaction.now_text,
            last_seen_at=transaction.now_text,
            ends_at=as_text(ends_at),
        )
    )


def find(connection: Connection, token_sha256: str) -> tuple[SessionRow, AccountRow] | None:
    """Return a session, whatever its state, with its account, or None."""
    row = connection.execute(
        select(account_sessions).where(account_sessions.c.token_sha256 == token_sha256)
    ).one_or_none()
    account = None if row is None else account_rows.by_id(connection, row.account_id)
    if row is None or account is None:
        return None
    session = SessionRow(
        account_id=row.account_id,
        csrf=row.csrf,
        created_at=datetime.fromisoformat(row.created_at),
        last_seen_at=datetime.fromisoformat(row.last_seen_at),
        ends_at=datetime.fromisoformat(row.ends_at),
    )
    return session, account


def note_seen(transaction: Transaction, token_sha256: str) -> None:
    """Store that a session was used at the transaction's moment."""
    statement = update(account_sessions).where(account_sessions.c.token_sha256 == token_sha256)
    transaction.connection.execute(statement.values(last_seen_at=transaction.now_text))


def end(transaction: Transaction, token_sha256: str) -> None:
    """Delete a session, if there is one."""
    transaction.connection.execute(delete(account_sessions).where(account_sessions.c.token_sha256 == token_sha256))


def end_all(transaction: Transaction, account_id: str) -> int:
    """Delete all sessions of an account; return how many."""
    statement = delete(account_sessions).where(account_sessions.c.account_id == account_id)
    return int(transaction.connection.execute(statement).rowcount)


def attempts(connection: Connection, operator_id: str) -> AttemptsRow | None:
    """Return the attempts of a name, or None."""
    row = connection.execute(
        select(sign_in_attempts).where(sign_in_attempts.c.operator_id == operator_id)
    ).one_or_none()
    return None if row is None else _attempts(row)


def lock_attempts(transaction: Transaction, operator_id: str, *, known: bool) -> AttemptsRow:
    """Return the attempts of a name, locked until the transaction ends, and forget old ones of names nobody has."""
    connection = transaction.connection
    old = as_text(transaction.now - UNKNOWN_KEPT)
    connection.execute(
        delete(sign_in_attempts).where(sign_in_attempts.c.last_at < old, sign_in_attempts.c.known.is_(False))
    )
    # Two processes may meet the same name at once: whoever comes second waits for the first one's row.
    new = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(sign_in_attempts)
    values = {"operator_id": operator_id, "failures": 0, "last_at": transaction.now_text, "known": known}
    connection.execute(new.values(values).on_conflict_do_nothing())
    statement = select(sign_in_attempts).where(sign_in_attempts.c.operator_id == operator_id).with_for_update()
    return _attempts(connection.execute(statement).one())


def keep_attempts(
    transaction: Transaction, operator_id: str, *, failures: int, locked_until: datetime | None, known: bool
) -> None:
    """Store the attempts of a name that this transaction has locked."""
    statement = update(sign_in_attempts).where(sign_in_attempts.c.operator_id == operator_id)
    transaction.connection.execute(
        statement.values(
            failures=failures,
            last_at=transaction.now_text,
            locked_until=None if locked_until is None else as_text(locked_until),
            known=known,
        )
    )


def forget_attempts(transaction: Transaction, operator_id: str) -> None:
    """Forget the attempts of a name."""
    transaction.connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.operator_id == operator_id))


def _attempts(row: Row[Any]) -> AttemptsRow:
    locked = row.locked_until
    return AttemptsRow(row.failures, None if locked is None else datetime.fromisoformat(locked))
