"""One attempt with a name and a password: counted, checked, and recorded if it is refused.

Rules kept here:

- One answer for whatever was wrong, after the same work. What was wrong is in the ledger, and not public.
- The name typed enters neither ledger nor table: it may be a password. A keyed digest stands for it, the one that the
  acts of an account of that name are recorded by.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from countenance.core.errors import SignInRefused, SignInTooOften
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.account_store_port import AccountStore, StoredAccount, StoredAttempts
from countenance.service.journal_port import Journal
from countenance.service.passwords import MOST_CHARACTERS, Passwords
from countenance.service.refused_credentials import Refusal, RefusedCredentials
from countenance.service.sign_in_limits import LONGEST_WAIT, MOST_FAILURES, SignInLimits, too_often, wait_after
from countenance.service.standing import operator_id

#: Most characters of a name typed that are looked at; no account has one as long.
_LONGEST_TYPED = 200


def refused() -> SignInRefused:
    """Return the one answer to whoever could not sign in."""
    return SignInRefused("Name and password do not fit together, or the account is not open.")


class PasswordCheck:
    """Checks passwords of accounts."""

    def __init__(
        self,
        store: AccountStore,
        journal: Journal,
        passwords: Passwords,
        noted: RefusedCredentials,
        clock: Callable[[], datetime],
        interface: str,
    ) -> None:
        """Take rows, ledger, hashing, where attempts that were not tried are noted, a clock, and the door's name."""
        self._store = store
        self._journal = journal
        self._passwords = passwords
        self._noted = noted
        self._clock = clock
        self._interface = interface
        self._limits = SignInLimits(clock)

    def verified(self, account: StoredAccount | None, name: str, password: str) -> tuple[StoredAccount, str]:
        """Return an account and what is kept of its password, which is the one typed.

        Args:
            account: The account of that name, if there is one.
            name: As typed.
            password: As typed.

        Raises:
            SignInRefused: It is not, or the account is not open; recorded.
            SignInTooOften: Nothing was tried; noted.
            LedgerError, StorageError: The attempt cannot be counted or recorded.
        """
        # What is no Unicode cannot be digested; no account has such a name.
        typed = name[:_LONGEST_TYPED].encode(errors="replace").decode() if account is None else account.name
        holder_id = self.identifier(typed)
        # Looked at first, so that a name that waits costs no write however often it is tried.
        before = self._store.attempts(holder_id)
        if before is not None and (wait_s := _wait_s(before, self._clock())):
            raise self._turned_away(wait_s, typed)
        with self._limits.attempt():
            attempts = self._counted(holder_id, typed, known=account is not None)
            kept = None if account is None else self._store.password_hash(account.account_id)
            fits = len(password) <= MOST_CHARACTERS and self._passwords.fits(password, kept)
            wrong = self._what_is_wrong(account, fits)
        if account is None or kept is None or wrong is not None:
            self._record(holder_id, account, wrong or "unknown_name", attempts)
            raise refused()
        self._limits.succeeded()
        return account, kept

    def identifier(self, name: str) -> str:
        """Return what stands for a name in the ledger."""
        return operator_id(name, self._journal.keyed_digest)

    def _what_is_wrong(self, account: StoredAccount | None, fits: bool) -> str | None:
        if account is None:
            return "unknown_name"
        if not fits:
            return "password"
        if account.disabled_at is not None:
            return "disabled"
        if account.password_ends_at is not None and self._clock() >= account.password_ends_at:
            return "password_ended"
        return None

    def _counted(self, holder_id: str, typed: str, *, known: bool) -> tuple[int, datetime | None]:
        """Count an attempt as failed; return how many there were, this one included, and until when the next waits."""
        with self._store.transaction() as transaction:
            before = self._store.lock_attempts(holder_id, known=known, transaction=transaction)
            failures = before.failures + 1
            wait, until = wait_after(failures), None
            # Another attempt may have come before this one since it was looked at.
            wait_s = _wait_s(before, transaction.now)
            if not wait_s:
                until = None if wait is None else transaction.now + wait
                self._store.keep_attempts(
                    holder_id, failures=failures, locked_until=until, known=known, transaction=transaction
                )
        if wait_s:
            # What was not tried is no failure of everybody's, either.
            self._limits.succeeded()
            raise self._turned_away(wait_s, typed)
        return failures, until

    def _turned_away(self, wait_s: float, typed: str) -> SignInTooOften:
        self._noted.note(self._interface, Refusal.TOO_OFTEN, shown=typed)
        return too_often(wait_s)

    def _record(
        self, holder_id: str, account: StoredAccount | None, wrong: str, attempts: tuple[int, datetime | None]
    ) -> None:
        failures, until = attempts
        fields: dict[str, FieldValue] = {
            "operator_id": holder_id,
            "interface": self._interface,
            "refusal": wrong,
            "failures": failures,
        }
        if account is not None:
            fields["account_id"] = account.account_id
        if until is not None:
            fields["locked_until"] = utc_text(until)
        self._journal.record(EntryKind.SIGN_IN_REFUSED, fields)


def _wait_s(attempts: StoredAttempts, now: datetime) -> float:
    if attempts.failures >= MOST_FAILURES:
        return LONGEST_WAIT.total_seconds()
    if attempts.locked_until is None or now >= attempts.locked_until:
        return 0.0
    return max(1.0, (attempts.locked_until - now).total_seconds())
