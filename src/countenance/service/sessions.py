"""Signing in and out, sessions, and one's own password.

Rules kept here:

- Of a session's token only the SHA-256 is stored. A session ends when it is not used, when its time is over, and with
  the password, the roles or the account it was opened for.
- Reading a page writes nothing: that a session is in use is noted once a minute at most.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from countenance.core.errors import AccountInvalid, StorageError
from countenance.ledger.kinds import EntryKind
from countenance.service.account_names import name_key
from countenance.service.account_port import Role, SignedIn
from countenance.service.account_store_port import AccountStore, StoredAccount
from countenance.service.journal_port import Journal, OpenTransaction
from countenance.service.password_check import PasswordCheck, refused
from countenance.service.passwords import Passwords, require_password

#: Bytes of a token, and of what forms carry: 256 bits.
_TOKEN_BYTES = 32
#: Longest text that is looked up as a token at all.
_LONGEST_TOKEN = 200
#: How often the use of a session is noted at most.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """When sessions end.

    Attributes:
        idle: After this long without use. Source: NIST SP 800-63B (2017), section 4.2.3: 30 minutes.
        longest: After this long whatever is done. Source: as above: 12 hours.
    """

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(
        self,
        store: AccountStore,
        journal: Journal,
        passwords: Passwords,
        check: PasswordCheck,
        clock: Callable[[], datetime],
        *,
        terms: SessionTerms,
        interface: str,
    ) -> None:
        """Take rows, ledger, hashing, what checks passwords, a clock, when sessions end, and the door's name."""
        self._store = store
        self._journal = journal
        self._passwords = passwords
        self._check = check
        self._clock = clock
        self._terms = terms
        self._interface = interface

    def sign_in(self, name: str, password: str) -> tuple[str, SignedIn]:
        """Return a new session's token, known to nobody else, and who has signed in.

        Raises:
            SignInRefused: Name and password do not open one; recorded.
            SignInTooOften: Nothing was tried; noted.
        """
        account, kept = self._check.verified(self._store.account_named(name_key(name)), name, password)
        renewed = self._passwords.kept(password) if self._passwords.outdated(kept) else None
        token, csrf = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
        holder_id = self._check.identifier(account.name)
        with self._store.transaction() as transaction:
            now = self._unchanged(account.account_id, kept, transaction)
            if renewed is not None:
                self._store.set_password(
                    account.account_id,
                    renewed,
                    must_change=now.must_change_password,
                    ends_at=now.password_ends_at,
                    transaction=transaction,
                )
            ends_at = transaction.now + self._terms.longest
            self._store.add_session(
                digest_of(token), account.account_id, csrf=csrf, ends_at=ends_at, transaction=transaction
            )
            self._store.forget_attempts(holder_id, transaction=transaction)
            expires_at = min(ends_at, transaction.now + self._terms.idle)
        return token, _signed_in(now, csrf, expires_at)

    def session(self, token: str) -> SignedIn | None:
        """Return who has signed in with a token, or None if its session has ended or there was none."""
        if not 0 < len(token) <= _LONGEST_TOKEN or not token.isascii():
            return None
        digest = digest_of(token)
        found = self._store.session(digest)
        if found is None:
            return None
        session, account = found
        now = self._clock()
        if now >= min(session.ends_at, session.last_seen_at + self._terms.idle) or account.disabled_at is not None:
            return None
        seen_at = session.last_seen_at
        if now - seen_at >= NOTED_EVERY:
            try:
                with self._store.transaction() as transaction:
                    self._store.note_seen(digest, transaction=transaction)
                seen_at = now
            except StorageError:
                # With a full disk, pages can still be read; the session ends as if it had not been used.
                pass
        return _signed_in(account, session.csrf, min(session.ends_at, seen_at + self._terms.idle))

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""
        with self._store.transaction() as transaction:
            self._store.end_session(digest_of(token), transaction=transaction)

    def change_password(self, account_id: str, old: str, new: str) -> None:
        """Take another password from the account's holder; all sessions of the account end.

        Raises:
            SignInRefused: The old one is not the account's; recorded.
            SignInTooOften: Nothing was tried; noted.
            AccountInvalid: The new one cannot be taken, or is the old one.
        """
        account = self._store.account(account_id)
        if account is None:
            raise refused()
        require_password(new, account.name)
        if new == old:
            raise AccountInvalid("The new password is the old one.", remedy="Choose another one.")
        _, kept = self._check.verified(account, account.name, old)
        renewed, holder_id = self._passwords.kept(new), self._check.identifier(account.name)
        with self._store.transaction() as transaction:
            self._unchanged(account_id, kept, transaction)
            self._store.set_password(account_id, renewed, must_change=False, ends_at=None, transaction=transaction)
            self._store.forget_attempts(holder_id, transaction=transaction)
            ended = self._store.end_sessions(account_id, transaction=transaction)
            self._journal.record(
                EntryKind.ACCOUNT_CHANGED,
                {
                    "operator_id": holder_id,
                    "holder_id": holder_id,
                    "account_id": account_id,
                    "change": "password_changed",
                    "sessions_ended": ended,
                    "interface": self._interface,
                },
                transaction=transaction,
            )

    def _unchanged(self, account_id: str, kept: str, transaction: OpenTransaction) -> StoredAccount:
        """Return an account, locked, if it is still open and its password the one that was checked outside."""
        account = self._store.lock_account(account_id, transaction=transaction)
        if account is None or account.disabled_at is not None:
            raise refused()
        if self._store.password_hash(account_id, transaction=transaction) != kept:
            raise refused()
        return account


def digest_of(token: str) -> str:
    """Return what is stored of a token: its SHA-256, hex. It has 256 random bits, so nobody guesses it back."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _signed_in(account: StoredAccount, csrf: str, expires_at: datetime) -> SignedIn:
    roles = frozenset(Role(role) for role in account.roles)
    return SignedIn(account.account_id, account.name, roles, csrf, expires_at, account.must_change_password)
