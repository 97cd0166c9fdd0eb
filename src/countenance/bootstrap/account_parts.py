"""An open store → the accounts of the console, refused credentials, and accounts for a demonstration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

from countenance.bootstrap.repeating import repeating
from countenance.core.errors import AccountNotFound
from countenance.service.account_port import Account, Role
from countenance.service.account_store_port import AccountStore
from countenance.service.accounts import Accounts
from countenance.service.passwords import made_up
from countenance.service.refused_credentials import SPAN, RefusedCredentials
from countenance.service.sessions import SessionTerms

if TYPE_CHECKING:
    from countenance.service.journal_port import Journal
    from countenance.service.standing import Standing
    from countenance.settings import Settings
    from countenance.storage.store import SqlGalleryStore

#: What the record says of changes to accounts of an earlier demonstration.
_REASON = "demonstration"


class OpenParts(Protocol):
    """What accounts for a demonstration need of the open store; ``accountability.AccountableParts`` has it."""

    @property
    def accounts(self) -> Accounts:
        """Return the accounts."""
        ...

    def standing(self) -> Standing:
        """Return on whose behalf they are opened."""
        ...


def accounts(settings: Settings, store: SqlGalleryStore, journal: Journal, refused: RefusedCredentials) -> Accounts:
    """Return the accounts over an open store."""
    from countenance.storage.account_store import SqlAccountStore

    terms = SessionTerms(
        idle=timedelta(minutes=settings.session_idle_minutes), longest=timedelta(hours=settings.session_hours)
    )
    # Every transaction of this process is one of the store's: the port says less of it than storage needs.
    rows = cast("AccountStore", SqlAccountStore(store))
    return Accounts(rows, journal, refused, _now, terms=terms)


def refused_credentials(journal: Journal) -> RefusedCredentials:
    """Return what notes refused credentials in a ledger."""
    return RefusedCredentials(journal, _now)


@contextmanager
def noting(refused: RefusedCredentials, *, every_s: float = SPAN.total_seconds()) -> Iterator[None]:
    """Write what is counted of refused credentials again and again, for as long as the context lasts, and at its end.

    The context has to end before the store is closed.
    """
    try:
        with repeating(refused.write_due, every_s=every_s, name="refused credentials"):
            yield
    finally:
        refused.write_due(everything=True)


def open_demonstration_accounts(
    parts: OpenParts, roles: Iterable[Role | Iterable[Role]]
) -> list[tuple[str, tuple[Role, ...], str]]:
    """Open accounts named for their roles, with made-up passwords that need not be changed.

    One that is there from an earlier demonstration gets another password: the old one was shown once.

    Args:
        parts: The open store.
        roles: The role or roles of each account.

    Returns:
        Name, roles and password of each, to be shown once.

    Raises:
        AccountInvalid: Roles that are kept apart come together.
    """
    by = parts.standing()
    opened = []
    for one in roles:
        held = (one,) if isinstance(one, Role) else tuple(one)
        name, password = " and ".join(role.value for role in held), made_up()
        try:
            known = parts.accounts.find(name)
        except AccountNotFound:
            parts.accounts.add(name, held, by=by, password=password, one_time=False)
        else:
            _restore(parts.accounts, known, held, password, by)
        opened.append((name, held, password))
    return opened


def _restore(accounts: Accounts, known: Account, roles: Iterable[Role], password: str, by: Standing) -> None:
    """Give an account of an earlier demonstration a new password, and what else it has lost since."""
    if known.roles != frozenset(roles):
        accounts.set_roles(known.name, roles, by=by, reason=_REASON)
    if known.disabled_at is not None:
        accounts.enable(known.name, by=by, reason=_REASON)
    accounts.set_password(known.name, by=by, password=password, one_time=False, reason=_REASON)


def _now() -> datetime:
    return datetime.now(UTC)
