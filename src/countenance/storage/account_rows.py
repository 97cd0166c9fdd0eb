"""Rows of accounts: opened, changed, disabled; never deleted.

Rules kept here:

- Who changes an account locks its row first: what is recorded as the state before is the state before.
- A password's hash is read by itself, never with the account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from countenance.core.errors import AccountInvalid
from countenance.storage.account_tables import accounts
from countenance.storage.storable_text import require_storable_name
from countenance.storage.transactions import Transaction, as_text

_SHOWN: tuple[Column[Any], ...] = (
    accounts.c.account_id,
    accounts.c.name,
    accounts.c.name_key,
    accounts.c.roles,
    accounts.c.created_at,
    accounts.c.disabled_at,
    accounts.c.must_change_password,
    accounts.c.password_ends_at,
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as stored, without its password.

    Attributes:
        account_id: Random identifier.
        name: As shown.
        name_key: What it is found and sorted by.
        roles: Words of what it may do.
        created_at: When it was opened.
        disabled_at: Since when nobody signs in with it, or None.
        must_change_password: Whether its password is good for changing it and nothing else.
        password_ends_at: Until when its password can be used; None: it does not end.
    """

    account_id: str
    name: str
    name_key: str
    roles: frozenset[str]
    created_at: datetime
    disabled_at: datetime | None
    must_change_password: bool
    password_ends_at: datetime | None


def add(
    transaction: Transaction,
    account_id: str,
    *,
    name: str,
    name_key: str,
    roles: Iterable[str],
    password_hash: str,
    must_change: bool,
    password_ends_at: datetime | None,
) -> None:
    """Store a new account.

    Raises:
        AccountInvalid: There is one of this name key, or roles that are kept apart come together.
        InputError: The name cannot be stored.
    """
    require_storable_name(name, "account")
    require_storable_name(name_key, "account")
    statement = insert(accounts).values(
        account_id=account_id,
        name=name,
        name_key=name_key,
        roles=_stored(roles),
        password_hash=password_hash,
        must_change_password=must_change,
        password_ends_at=None if password_ends_at is None else as_text(password_ends_at),
        created_at=transaction.now_text,
    )
    try:
        transaction.connection.execute(statement)
    except IntegrityError:
        raise AccountInvalid(
            f"An account named {name} exists already.", remedy="Choose another name; capitals do not tell names apart."
        ) from None


def by_id(connection: Connection, account_id: str) -> AccountRow | None:
    """Return one account, or None."""
    row = connection.execute(select(*_SHOWN).where(accounts.c.account_id == account_id)).one_or_none()
    return None if row is None else account_of(row)


def by_key(connection: Connection, name_key: str) -> AccountRow | None:
    """Return the account of a name key, or None."""
    row = connection.execute(select(*_SHOWN).where(accounts.c.name_key == name_key)).one_or_none()
    return None if row is None else account_of(row)


def page(connection: Connection, *, after: str | None, limit: int) -> tuple[AccountRow, ...]:
    """Return accounts by name key, those behind ``after``."""
    statement = select(*_SHOWN).order_by(accounts.c.name_key).limit(limit)
    if after is not None:
        statement = statement.where(accounts.c.name_key > after)
    return tuple(account_of(row) for row in connection.execute(statement))


def lock(transaction: Transaction, account_id: str) -> AccountRow | None:
    """Return one account as it is now, locked until the transaction ends, or None."""
    statement = select(*_SHOWN).where(accounts.c.account_id == account_id).with_for_update()
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else account_of(row)


def password_hash(connection: Connection, account_id: str) -> str | None:
    """Return what is kept of an account's password, or None if there is no such account."""
    statement = select(accounts.c.password_hash).where(accounts.c.account_id == account_id)
    return connection.execute(statement).scalar_one_or_none()


def change(transaction: Transaction, account_id: str, **values: Any) -> None:
    """Store other values of an account's columns."""
    transaction.connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(**values))


def set_roles(transaction: Transaction, account_id: str, roles: Iterable[str]) -> None:
    """Store other roles."""
    change(transaction, account_id, roles=_stored(roles))


def account_of(row: Row[Any]) -> AccountRow:
    """Return the account in a row that has its columns."""
    return AccountRow(
        account_id=row.account_id,
        name=row.name,
        name_key=row.name_key,
        roles=frozenset(row.roles.split()),
        created_at=datetime.fromisoformat(row.created_at),
        disabled_at=_moment(row.disabled_at),
        must_change_password=bool(row.must_change_password),
        password_ends_at=_moment(row.password_ends_at),
    )


def _stored(roles: Iterable[str]) -> str:
    return " ".join(sorted(set(roles)))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
