"""Accounts of the console, whole: those who keep them, and those who sign in with them.

Rules kept here:

- One object a process: attempts to sign in are bounded over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from countenance.service.account_keeping import AccountKeeping
from countenance.service.account_port import SignedIn
from countenance.service.account_store_port import AccountStore
from countenance.service.journal_port import Journal
from countenance.service.password_check import PasswordCheck
from countenance.service.passwords import Passwords
from countenance.service.refused_credentials import RefusedCredentials
from countenance.service.sessions import Sessions, SessionTerms


class Accounts(AccountKeeping):
    """Who may sign in, and who has."""

    def __init__(
        self,
        store: AccountStore,
        journal: Journal,
        refused: RefusedCredentials,
        clock: Callable[[], datetime],
        *,
        passwords: Passwords | None = None,
        terms: SessionTerms | None = None,
        interface: str = "console",
    ) -> None:
        """Take rows, ledger, where refused attempts are noted, and a clock.

        Args:
            store: Rows.
            journal: Ledger.
            refused: Notes attempts that were not even tried.
            clock: The server's.
            passwords: How passwords are hashed; None: at the usual cost.
            terms: When sessions end; None: as usual.
            interface: The door that people sign in at.
        """
        hashing = passwords or Passwords()
        super().__init__(store, journal, hashing)
        check = PasswordCheck(store, journal, hashing, refused, clock, interface)
        self._sessions = Sessions(
            store, journal, hashing, check, clock, terms=terms or SessionTerms(), interface=interface
        )

    def sign_in(self, name: str, password: str) -> tuple[str, SignedIn]:
        """Return a new session's token and who has signed in; see ``Sessions.sign_in``."""
        return self._sessions.sign_in(name, password)

    def session(self, token: str) -> SignedIn | None:
        """Return who has signed in with a token, or None; see ``Sessions.session``."""
        return self._sessions.session(token)

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""
        self._sessions.sign_out(token)

    def change_password(self, account_id: str, old: str, new: str) -> None:
        """Take another password from the account's holder; see ``Sessions.change_password``."""
        self._sessions.change_password(account_id, old, new)
