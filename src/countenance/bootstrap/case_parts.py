"""Settings and an open store → the parts that keep cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from countenance.core.errors import SettingsInvalid
from countenance.service.account_names import name_key
from countenance.service.account_port import EXCLUSIVE, Role
from countenance.service.case_book import CaseBook
from countenance.service.case_lists import CsvCaseList, HttpCaseList
from countenance.service.case_ports import CaseList, CaseStore
from countenance.service.cases import Cases
from countenance.service.journal_port import Journal

if TYPE_CHECKING:
    from countenance.settings import Settings
    from countenance.storage.store import SqlGalleryStore


def case_list(settings: Settings) -> CaseList | None:
    """Return the list of cases that the settings name, or None if they name none.

    Raises:
        SettingsInvalid: The address or its token file cannot be used.
    """
    named = settings.case_list
    if not named:
        return None
    if named.startswith(("http://", "https://")):
        from countenance.bootstrap.case_list_fetch import HttpFetch

        return HttpCaseList(HttpFetch(named, settings.case_list_timeout_s, _token(settings.case_list_token_file)))
    return CsvCaseList(Path(named).expanduser().resolve())


def case_store(store: SqlGalleryStore) -> CaseStore:
    """Return cases and credentials in the database of an open store."""
    from countenance.storage.case_store import SqlCaseStore

    # Every transaction of this process is one of the store's: the port says less of it than storage needs.
    return cast("CaseStore", SqlCaseStore(store))


def cases(settings: Settings, store: SqlGalleryStore, journal: Journal, policy_digest: Callable[[], str]) -> Cases:
    """Return what is done to cases, over an open store."""
    return Cases(
        case_store(store), journal, case_list(settings), lambda: datetime.now(UTC), policy_digest, kept_apart(store)
    )


def case_book(settings: Settings, store: SqlGalleryStore, journal: Journal) -> CaseBook:
    """Return the cases as requests meet them, over an open store."""
    return CaseBook(case_store(store), case_list(settings), journal.keyed_digest, kept_apart(store))


def kept_apart(store: SqlGalleryStore) -> Callable[[str], bool]:
    """Return what says whether the account of a name has a role that nobody holds together with searching."""
    from countenance.storage.account_store import SqlAccountStore

    rows = SqlAccountStore(store)
    others = EXCLUSIVE - {Role.SEARCHER}

    def has_other_role(name: str) -> bool:
        account = rows.account_named(name_key(name))
        return account is not None and bool(others & set(account.roles))

    return has_other_role


def _token(file: str) -> str:
    if not file:
        return ""
    try:
        token = Path(file).expanduser().read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token.isprintable() or not token or " " in token:
        raise SettingsInvalid(
            f"The file {file} of the setting case_list_token_file holds no token.",
            remedy="Put the token, and nothing else, on one line.",
        )
    return token
