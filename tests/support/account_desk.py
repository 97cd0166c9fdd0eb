"""The use cases of accounts over one store, with passwords that are hashed at next to no cost."""

from __future__ import annotations

from typing import Any

from countenance.service.account_port import SignedIn
from countenance.service.account_store_port import AccountStore
from countenance.service.accounts import Accounts
from countenance.service.journal import LedgerJournal
from countenance.service.passwords import HashCost, Passwords
from countenance.service.refused_credentials import RefusedCredentials
from countenance.service.standing import Standing, local_standing
from tests.support.settable_clock import SettableClock

#: Cheap enough for a test; nothing but the time a guess takes depends on it.
CHEAP = HashCost(2, 1, 1)
PASSWORD = "herring lantern four oxide"
OTHER = "velvet anchor ninety plum"


class AccountDesk:
    """Accounts over one store.

    Attributes:
        by: Who opens and changes accounts.
    """

    def __init__(
        self, store: AccountStore, journal: LedgerJournal, clock: SettableClock, cost: HashCost = CHEAP
    ) -> None:
        self.store, self.journal, self.clock = store, journal, clock
        self.refused = RefusedCredentials(journal, clock)
        self.accounts = Accounts(store, journal, self.refused, clock, passwords=Passwords(cost))
        self.by: Standing = local_standing("Keeper", interface="cli", keyed_digest=journal.keyed_digest)

    def add(self, name: str = "R. Okafor", *roles: str, password: str = PASSWORD, one_time: bool = False) -> str:
        """Open an account and return its identifier."""
        new = self.accounts.add(name, roles or ("searcher",), by=self.by, password=password, one_time=one_time)
        return new.account.account_id

    def sign_in(self, name: str = "R. Okafor", password: str = PASSWORD) -> tuple[str, SignedIn]:
        """Return a session's token and who has signed in."""
        return self.accounts.sign_in(name, password)

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the fields of the ledger's entries of a kind, oldest first."""
        return [dict(entry.fields) for entry in self.journal.entries(from_index=0, limit=1_000) if entry.kind == kind]
