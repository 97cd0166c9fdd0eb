"""Accounts over an open store: the object that ``bootstrap`` hands to the use cases.

Rules kept here:

- Writing takes part in the caller's transaction, so that a change and the ledger's entry about it are stored together
  or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime

from countenance.storage import account_rows, session_rows
from countenance.storage.account_rows import AccountRow
from countenance.storage.session_rows import AttemptsRow, SessionRow
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import Transaction, as_text


class SqlAccountStore:
    """Accounts, sessions and attempts in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a context for a transaction of the store, for the methods here and for the ledger to take part in."""
        return self._store.transaction()

    def add_account(
        self,
        account_id: str,
        *,
        name: str,
        name_key: str,
        roles: Iterable[str],
        password_hash: str,
        must_change: bool,
        password_ends_at: datetime | None,
        transaction: Transaction,
    ) -> None:
        """Store a new account; see ``account_rows.add``."""
        account_rows.add(
            transaction,
            account_id,
            name=name,
            name_key=name_key,
            roles=roles,
            password_hash=password_hash,
            must_change=must_change,
            password_ends_at=password_ends_at,
        )

    def account(self, account_id: str) -> AccountRow | None:
        """Return one account, or None."""
        with self._store.database.reading() as connection:
            return account_rows.by_id(connection, account_id)

    def account_named(self, name_key: str) -> AccountRow | None:
        """Return the account of a name key, or None."""
        with self._store.database.reading() as connection:
            return account_rows.by_key(connection, name_key)

    def accounts(self, *, after: str | None, limit: int) -> tuple[AccountRow, ...]:
        """Return accounts by name key, those behind ``after``."""
        with self._store.database.reading() as connection:
            return account_rows.page(connection, after=after, limit=limit)

    def lock_account(self, account_id: str, *, transaction: Transaction) -> AccountRow | None:
        """Return one account as it is now, locked until the transaction ends, or None."""
        return account_rows.lock(transaction, account_id)

    def password_hash(self, account_id: str, *, transaction: Transaction | None = None) -> str | None:
        """Return what is kept of an account's password, or None if there is no such account."""
        if transaction is not None:
            return account_rows.password_hash(transaction.connection, account_id)
        with self._store.database.reading() as connection:
            return account_rows.password_hash(connection, account_id)

    def set_roles(self, account_id: str, roles: Iterable[str], *, transaction: Transaction) -> None:
        """Store other roles."""
        account_rows.set_roles(transaction, account_id, roles)

    def set_password(
        self,
        account_id: str,
        password_hash: str,
        *,
        must_change: bool,
        ends_at: datetime | None,
        transaction: Transaction,
    ) -> None:
        """Store another password."""
        account_rows.change(
            transaction,
            account_id,
            password_hash=password_hash,
            must_change_password=must_change,
            password_ends_at=None if ends_at is None else as_text(ends_at),
        )

    def set_disabled(self, account_id: str, disabled: bool, *, transaction: Transaction) -> None:
        """Store whether an account is disabled, from the transaction's moment on."""
        account_rows.change(transaction, account_id, disabled_at=transaction.now_text if disabled else None)

    def add_session(
        self, token_sha256: str, account_id: str, *, csrf: str, ends_at: datetime, transaction: Transaction
    ) -> None:
        """Store a session that begins now, and delete those of anybody that have reached their end."""
        session_rows.add(transaction, token_sha256, account_id, csrf=csrf, ends_at=ends_at)

    def session(self, token_sha256: str) -> tuple[SessionRow, AccountRow] | None:
        """Return a session, whatever its state, with its account, or None."""
        with self._store.database.reading() as connection:
            return session_rows.find(connection, token_sha256)

    def note_seen(self, token_sha256: str, *, transaction: Transaction) -> None:
        """Store that a session was used at the transaction's moment."""
        session_rows.note_seen(transaction, token_sha256)

    def end_session(self, token_sha256: str, *, transaction: Transaction) -> None:
        """Delete a session, if there is one."""
        session_rows.end(transaction, token_sha256)

    def end_sessions(self, account_id: str, *, transaction: Transaction) -> int:
        """Delete all sessions of an account; return how many."""
        return session_rows.end_all(transaction, account_id)

    def attempts(self, operator_id: str) -> AttemptsRow | None:
        """Return the attempts of a name as they were a moment ago; None: there was none."""
        with self._store.database.reading() as connection:
            return session_rows.attempts(connection, operator_id)

    def lock_attempts(self, operator_id: str, *, known: bool, transaction: Transaction) -> AttemptsRow:
        """Return the attempts of a name, locked until the transaction ends; see ``session_rows.lock_attempts``."""
        return session_rows.lock_attempts(transaction, operator_id, known=known)

    def keep_attempts(
        self,
        operator_id: str,
        *,
        failures: int,
        locked_until: datetime | None,
        known: bool,
        transaction: Transaction,
    ) -> None:
        """Store the attempts of a name that this transaction has locked."""
        session_rows.keep_attempts(transaction, operator_id, failures=failures, locked_until=locked_until, known=known)

    def forget_attempts(self, operator_id: str, *, transaction: Transaction) -> None:
        """Forget the attempts of a name."""
        session_rows.forget_attempts(transaction, operator_id)
