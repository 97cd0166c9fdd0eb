"""Accounts, sessions and attempts in memory, with the same contract as the SQL ones: small enough to be seen right."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from countenance.core.errors import AccountInvalid
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import OpenTransaction
from countenance.storage.account_rows import AccountRow
from countenance.storage.session_rows import UNKNOWN_KEPT, AttemptsRow, SessionRow


class MemoryAccounts:
    """Implements ``AccountStore``; its transactions are those of a journal in memory, rolled back with it.

    Attributes:
        hashes: Account → what is kept of its password.
        sessions: SHA-256 of a token → session.
        kept_attempts: Name's identifier → (attempts, time of the last, whether an account has the name).
        writes: How many transactions there were.
    """

    def __init__(self, journal: LedgerJournal) -> None:
        self._journal = journal
        self._accounts: dict[str, AccountRow] = {}
        self.hashes: dict[str, str] = {}
        self.sessions: dict[str, SessionRow] = {}
        self.kept_attempts: dict[str, tuple[AttemptsRow, datetime, bool]] = {}
        self.writes = 0

    @contextmanager
    def transaction(self) -> Iterator[OpenTransaction]:
        self.writes += 1
        before = [copy.copy(table) for table in (self._accounts, self.hashes, self.sessions, self.kept_attempts)]
        try:
            with self._journal.transaction() as transaction:
                yield transaction
        except BaseException:
            self._accounts, self.hashes, self.sessions, self.kept_attempts = before  # type: ignore[assignment]
            raise

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
        if self.account_named(name_key) is not None:
            raise AccountInvalid("taken")
        created_at, ends_at = _second(transaction.now), None if password_ends_at is None else _second(password_ends_at)
        row = AccountRow(account_id, name, name_key, frozenset(roles), created_at, None, must_change, ends_at)
        self._accounts[account_id], self.hashes[account_id] = row, password_hash

    def account(self, account_id: str) -> AccountRow | None:
        return self._accounts.get(account_id)

    def account_named(self, name_key: str) -> AccountRow | None:
        return next((row for row in self._accounts.values() if row.name_key == name_key), None)

    def accounts(self, *, after: str | None, limit: int) -> tuple[AccountRow, ...]:
        rows = sorted(self._accounts.values(), key=lambda row: row.name_key)
        return tuple(row for row in rows if after is None or row.name_key > after)[:limit]

    def lock_account(self, account_id: str, *, transaction: OpenTransaction) -> AccountRow | None:
        return self._accounts.get(account_id)

    def password_hash(self, account_id: str, *, transaction: OpenTransaction | None = None) -> str | None:
        return self.hashes.get(account_id)

    def set_roles(self, account_id: str, roles: Iterable[str], *, transaction: OpenTransaction) -> None:
        self._accounts[account_id] = replace(self._accounts[account_id], roles=frozenset(roles))

    def set_password(
        self,
        account_id: str,
        password_hash: str,
        *,
        must_change: bool,
        ends_at: datetime | None,
        transaction: OpenTransaction,
    ) -> None:
        self.hashes[account_id] = password_hash
        self._accounts[account_id] = replace(
            self._accounts[account_id],
            must_change_password=must_change,
            password_ends_at=None if ends_at is None else _second(ends_at),
        )

    def set_disabled(self, account_id: str, disabled: bool, *, transaction: OpenTransaction) -> None:
        at = _second(transaction.now) if disabled else None
        self._accounts[account_id] = replace(self._accounts[account_id], disabled_at=at)

    def add_session(
        self, token_sha256: str, account_id: str, *, csrf: str, ends_at: datetime, transaction: OpenTransaction
    ) -> None:
        now = _second(transaction.now)
        self.sessions = {key: session for key, session in self.sessions.items() if session.ends_at > now}
        self.sessions[token_sha256] = SessionRow(account_id, csrf, now, now, _second(ends_at))

    def session(self, token_sha256: str) -> tuple[SessionRow, AccountRow] | None:
        found = self.sessions.get(token_sha256)
        return None if found is None else (found, self._accounts[found.account_id])

    def note_seen(self, token_sha256: str, *, transaction: OpenTransaction) -> None:
        if token_sha256 in self.sessions:
            seen = replace(self.sessions[token_sha256], last_seen_at=_second(transaction.now))
            self.sessions[token_sha256] = seen

    def end_session(self, token_sha256: str, *, transaction: OpenTransaction) -> None:
        self.sessions.pop(token_sha256, None)

    def end_sessions(self, account_id: str, *, transaction: OpenTransaction) -> int:
        kept = {key: session for key, session in self.sessions.items() if session.account_id != account_id}
        ended, self.sessions = len(self.sessions) - len(kept), kept
        return ended

    def attempts(self, operator_id: str) -> AttemptsRow | None:
        found = self.kept_attempts.get(operator_id)
        return None if found is None else found[0]

    def lock_attempts(self, operator_id: str, *, known: bool, transaction: OpenTransaction) -> AttemptsRow:
        old = _second(transaction.now - UNKNOWN_KEPT)
        self.kept_attempts = {key: row for key, row in self.kept_attempts.items() if row[2] or row[1] >= old}
        self.kept_attempts.setdefault(operator_id, (AttemptsRow(0, None), _second(transaction.now), known))
        return self.kept_attempts[operator_id][0]

    def keep_attempts(
        self,
        operator_id: str,
        *,
        failures: int,
        locked_until: datetime | None,
        known: bool,
        transaction: OpenTransaction,
    ) -> None:
        until = None if locked_until is None else _second(locked_until)
        self.kept_attempts[operator_id] = (AttemptsRow(failures, until), _second(transaction.now), known)

    def forget_attempts(self, operator_id: str, *, transaction: OpenTransaction) -> None:
        self.kept_attempts.pop(operator_id, None)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
