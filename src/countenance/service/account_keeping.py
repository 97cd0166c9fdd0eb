"""Accounts kept: opened, given roles and passwords, disabled; each recorded as it happens.

Rules kept here:

- Nobody holds two of the roles that are kept apart; see ``account_port``.
- There is no default password and no password in a setting: whoever opens an account gives one, or gets one made up
  that is good for choosing another and nothing else.
- A change of roles or password, and disabling, end all sessions of the account, in the transaction of the entry.
- An account is not deleted: its name stays taken, so that nobody comes to act under a name of the past.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from countenance.core.errors import AccountInvalid, AccountNotFound
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.account_names import name_key, shown_name
from countenance.service.account_port import Account, Role, checked_roles
from countenance.service.account_store_port import AccountStore, StoredAccount
from countenance.service.journal_port import Journal, OpenTransaction
from countenance.service.passwords import Passwords, made_up, require_password
from countenance.service.standing import Standing, operator_id

#: How long a one-time password can be used: over a weekend.
ONE_TIME_TERM = timedelta(days=3)
#: Most accounts on a page of the list.
LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just opened, or given another password.

    Attributes:
        account: The account.
        password: The password that was made up for it, to be shown once; None: whoever asked gave one.
        entry_id: The ledger entry about it.
    """

    account: Account
    password: str | None = field(repr=False)
    entry_id: str


@dataclass(frozen=True, slots=True)
class ChangedAccount:
    """An account just changed.

    Attributes:
        account: The account as it is now.
        sessions_ended: How many sessions ended with the change.
        entry_id: The ledger entry about it.
    """

    account: Account
    sessions_ended: int
    entry_id: str


class AccountKeeping:
    """What is done to accounts by those who keep them."""

    def __init__(self, store: AccountStore, journal: Journal, passwords: Passwords) -> None:
        """Take rows, ledger, and how passwords are hashed."""
        self._store = store
        self._journal = journal
        self._passwords = passwords

    def add(
        self,
        name: str,
        roles: Iterable[str],
        *,
        by: Standing,
        password: str | None = None,
        one_time: bool | None = None,
    ) -> NewAccount:
        """Open an account.

        Args:
            name: The person's name, as cases and reviews have it.
            roles: What they may do.
            by: Who opens it.
            password: Its password; None: one is made up.
            one_time: Whether it has to be changed at the first sign-in; None: if it was made up.

        Raises:
            AccountInvalid: The name is taken, or name, roles or password cannot be used.
            LedgerError, StorageError: It cannot be recorded or stored; there is no account then.
        """
        shown, held = shown_name(name), checked_roles(roles)
        given, kept, must_change = self._password(shown, password, one_time)
        account_id, holder_id = secrets.token_hex(16), self._identifier(shown)
        with self._store.transaction() as transaction:
            self._store.add_account(
                account_id,
                name=shown,
                name_key=name_key(shown),
                roles=held,
                password_hash=kept,
                must_change=must_change,
                password_ends_at=transaction.now + ONE_TIME_TERM if must_change else None,
                transaction=transaction,
            )
            change: dict[str, FieldValue] = {"change": "opened", "roles_after": _words(held)}
            entry_id = self._record(account_id, holder_id, by, change, transaction)
        return NewAccount(self._present(account_id), given, entry_id)

    def set_roles(self, name: str, roles: Iterable[str], *, by: Standing, reason: str = "") -> ChangedAccount:
        """Give an account other roles; its sessions end.

        Raises:
            AccountNotFound: There is none of this name.
            AccountInvalid: The roles cannot be held together, or are those it has.
        """
        held = checked_roles(roles)
        account_id, holder_id = self._meant(name)
        with self._store.transaction() as transaction:
            before = self._locked(account_id, transaction).roles
            if before == held:
                raise AccountInvalid("The account has these roles already.", remedy="There is nothing to do.")
            self._store.set_roles(account_id, held, transaction=transaction)
            change: dict[str, FieldValue] = {
                "change": "roles",
                "roles_before": _words(before),
                "roles_after": _words(held),
            }
            return self._ended(account_id, holder_id, by, change, reason, transaction)

    def set_password(
        self, name: str, *, by: Standing, password: str | None = None, one_time: bool | None = None, reason: str = ""
    ) -> NewAccount:
        """Give an account another password; its sessions end, and attempts that failed are forgotten.

        Args:
            name: The account's.
            by: Who gives it.
            password: The password; None: one is made up.
            one_time: Whether it has to be changed at the next sign-in; None: if it was made up.
            reason: Why; goes into the record.

        Raises:
            AccountNotFound: There is none of this name.
            AccountInvalid: The password cannot be used.
        """
        account_id, holder_id = self._meant(name)
        given, kept, must_change = self._password(self._present(account_id).name, password, one_time)
        with self._store.transaction() as transaction:
            self._locked(account_id, transaction)
            ends_at = transaction.now + ONE_TIME_TERM if must_change else None
            self._store.set_password(
                account_id, kept, must_change=must_change, ends_at=ends_at, transaction=transaction
            )
            self._store.forget_attempts(holder_id, transaction=transaction)
            changed = self._ended(account_id, holder_id, by, {"change": "password_set"}, reason, transaction)
        return NewAccount(self._present(account_id), given, changed.entry_id)

    def disable(self, name: str, *, by: Standing, reason: str = "") -> ChangedAccount:
        """Let nobody sign in with an account any more; its sessions end.

        Raises:
            AccountNotFound: There is none of this name.
            AccountInvalid: It is disabled already.
        """
        return self._set_disabled(name, True, by, reason)

    def enable(self, name: str, *, by: Standing, reason: str = "") -> ChangedAccount:
        """Let an account that was disabled be used again, with the password and roles it had.

        Raises:
            AccountNotFound: There is none of this name.
            AccountInvalid: It is not disabled.
        """
        return self._set_disabled(name, False, by, reason)

    def find(self, name: str) -> Account:
        """Return the account of a name.

        Raises:
            AccountNotFound: There is none.
        """
        return self._present(self._meant(name)[0])

    def list(self, after: str | None = None, limit: int = 50) -> tuple[Account, ...]:
        """Return accounts in the order of their names.

        Args:
            after: The ``name_key`` of the last account on the page before; None: from the beginning.
            limit: Most accounts on the page.
        """
        found = self._store.accounts(after=after, limit=max(1, min(limit, LARGEST_PAGE)))
        return tuple(_account(one) for one in found)

    def _set_disabled(self, name: str, disabled: bool, by: Standing, reason: str) -> ChangedAccount:
        account_id, holder_id = self._meant(name)
        with self._store.transaction() as transaction:
            if (self._locked(account_id, transaction).disabled_at is not None) is disabled:
                state = "disabled already" if disabled else "not disabled"
                raise AccountInvalid(f"The account is {state}.", remedy="There is nothing to do.")
            self._store.set_disabled(account_id, disabled, transaction=transaction)
            change: dict[str, FieldValue] = {"change": "disabled" if disabled else "enabled"}
            return self._ended(account_id, holder_id, by, change, reason, transaction)

    def _password(self, name: str, password: str | None, one_time: bool | None) -> tuple[str | None, str, bool]:
        """Return the password if it was made up, what is kept of it, and whether it has to be changed."""
        chosen = made_up() if password is None else password
        if password is not None:
            require_password(password, name)
        must_change = password is None if one_time is None else one_time
        return (chosen if password is None else None), self._passwords.kept(chosen), must_change

    def _meant(self, name: str) -> tuple[str, str]:
        """Return the identifier of an account, and what stands for its name in the ledger."""
        found = self._store.account_named(name_key(name))
        if found is None:
            raise AccountNotFound("There is no account of this name.")
        # Made before a transaction begins: the key of identifiers may be read, or made, in one of its own.
        return found.account_id, self._identifier(found.name)

    def _locked(self, account_id: str, transaction: OpenTransaction) -> Account:
        return _required(self._store.lock_account(account_id, transaction=transaction))

    def _present(self, account_id: str) -> Account:
        return _required(self._store.account(account_id))

    def _ended(
        self,
        account_id: str,
        holder_id: str,
        by: Standing,
        change: Mapping[str, FieldValue],
        reason: str,
        transaction: OpenTransaction,
    ) -> ChangedAccount:
        """End the sessions of an account that has just changed, and record both."""
        ended = self._store.end_sessions(account_id, transaction=transaction)
        fields = {**change, "sessions_ended": ended, **({"reason": reason} if reason else {})}
        entry_id = self._record(account_id, holder_id, by, fields, transaction)
        return ChangedAccount(self._locked(account_id, transaction), ended, entry_id)

    def _record(
        self,
        account_id: str,
        holder_id: str,
        by: Standing,
        fields: Mapping[str, FieldValue],
        transaction: OpenTransaction,
    ) -> str:
        who: dict[str, FieldValue] = {
            "operator_id": by.operator_id,
            "interface": by.interface,
            "account_id": account_id,
            "holder_id": holder_id,
        }
        return self._journal.record(EntryKind.ACCOUNT_CHANGED, {**who, **fields}, transaction=transaction).entry_id

    def _identifier(self, name: str) -> str:
        return operator_id(name, self._journal.keyed_digest)


def _words(roles: Iterable[Role]) -> tuple[str, ...]:
    return tuple(sorted(role.value for role in roles))


def _required(stored: StoredAccount | None) -> Account:
    if stored is None:
        raise AccountNotFound("There is no such account.")
    return _account(stored)


def _account(stored: StoredAccount) -> Account:
    return Account(
        account_id=stored.account_id,
        name=stored.name,
        name_key=stored.name_key,
        roles=frozenset(Role(role) for role in stored.roles),
        created_at=stored.created_at,
        disabled_at=stored.disabled_at,
        must_change_password=stored.must_change_password,
        password_ends_at=stored.password_ends_at,
    )
