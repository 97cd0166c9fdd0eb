"""What use cases need of the rows of accounts, sessions and attempts to sign in, as Protocols.

Rules kept here:

- A session is known by the SHA-256 of its token; the token itself is with the browser and nowhere else.
- What is kept of a password is asked for by itself, never read along with the account.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from countenance.service.journal_port import OpenTransaction


class StoredAccount(Protocol):
    """An account as kept, without its password; ``Account`` says what each means."""

    @property
    def account_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_key(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def disabled_at(self) -> datetime | None: ...
    @property
    def must_change_password(self) -> bool: ...
    @property
    def password_ends_at(self) -> datetime | None: ...


class StoredSession(Protocol):
    """A session as kept."""

    @property
    def account_id(self) -> str:
        """Return whose it is."""
        ...

    @property
    def csrf(self) -> str:
        """Return what forms carry."""
        ...

    @property
    def last_seen_at(self) -> datetime:
        """Return when it was last noted as used."""
        ...

    @property
    def ends_at(self) -> datetime:
        """Return when it ends whatever is done."""
        ...


class StoredAttempts(Protocol):
    """Attempts to sign in with one name since the last that succeeded."""

    @property
    def failures(self) -> int:
        """Return how many; each counts as failed until it has succeeded."""
        ...

    @property
    def locked_until(self) -> datetime | None:
        """Return before which moment the name is not tried again; None: it may be."""
        ...


class AccountStore(Protocol):
    """Accounts, sessions and attempts; every writing method takes part in the caller's transaction."""

    def transaction(self) -> AbstractContextManager[OpenTransaction]:
        """Return a context: commits durably at its end, rolls everything back on any error."""
        ...

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
        transaction: OpenTransaction,
    ) -> None:
        """Store a new account.

        Raises:
            AccountInvalid: There is one of this name key.
        """
        ...

    def account(self, account_id: str) -> StoredAccount | None:
        """Return one account, or None."""
        ...

    def account_named(self, name_key: str) -> StoredAccount | None:
        """Return the account of a name key, or None."""
        ...

    def accounts(self, *, after: str | None, limit: int) -> tuple[StoredAccount, ...]:
        """Return accounts by name key, those behind ``after``."""
        ...

    def lock_account(self, account_id: str, *, transaction: OpenTransaction) -> StoredAccount | None:
        """Return one account as it is now, locked until the transaction ends, or None."""
        ...

    def password_hash(self, account_id: str, *, transaction: OpenTransaction | None = None) -> str | None:
        """Return what is kept of an account's password, or None if there is no such account."""
        ...

    def set_roles(self, account_id: str, roles: Iterable[str], *, transaction: OpenTransaction) -> None:
        """Store other roles."""
        ...

    def set_password(
        self,
        account_id: str,
        password_hash: str,
        *,
        must_change: bool,
        ends_at: datetime | None,
        transaction: OpenTransaction,
    ) -> None:
        """Store another password."""
        ...

    def set_disabled(self, account_id: str, disabled: bool, *, transaction: OpenTransaction) -> None:
        """Store whether an account is disabled, from the transaction's moment on."""
        ...

    def add_session(
        self, token_sha256: str, account_id: str, *, csrf: str, ends_at: datetime, transaction: OpenTransaction
    ) -> None:
        """Store a session that begins now, and delete those of anybody that have reached their end."""
        ...

    def session(self, token_sha256: str) -> tuple[StoredSession, StoredAccount] | None:
        """Return a session, whatever its state, with its account, or None."""
        ...

    def note_seen(self, token_sha256: str, *, transaction: OpenTransaction) -> None:
        """Store that a session was used at the transaction's moment."""
        ...

    def end_session(self, token_sha256: str, *, transaction: OpenTransaction) -> None:
        """Delete a session, if there is one."""
        ...

    def end_sessions(self, account_id: str, *, transaction: OpenTransaction) -> int:
        """Delete all sessions of an account; return how many."""
        ...

    def attempts(self, operator_id: str) -> StoredAttempts | None:
        """Return the attempts of a name as they were a moment ago; None: there was none."""
        ...

    def lock_attempts(self, operator_id: str, *, known: bool, transaction: OpenTransaction) -> StoredAttempts:
        """Return the attempts of a name, locked until the transaction ends; old ones of unknown names are forgotten.

        Args:
            operator_id: Stands for the name, as in the ledger.
            known: Whether an account has the name.
            transaction: Where it is locked.
        """
        ...

    def keep_attempts(
        self,
        operator_id: str,
        *,
        failures: int,
        locked_until: datetime | None,
        known: bool,
        transaction: OpenTransaction,
    ) -> None:
        """Store the attempts of a name that this transaction has locked.

        Args:
            operator_id: Stands for the name.
            failures: How many since the last that succeeded.
            locked_until: Until when the name is not tried.
            known: Whether an account has the name.
            transaction: The one that locked them.
        """
        ...

    def forget_attempts(self, operator_id: str, *, transaction: OpenTransaction) -> None:
        """Forget the attempts of a name: somebody signed in with it."""
        ...
