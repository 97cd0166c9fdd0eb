"""Accounts over an open store: settings that reach sessions, demonstration accounts, counts written at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from countenance.bootstrap.account_parts import noting, open_demonstration_accounts
from countenance.bootstrap.accountability import AccountableParts, accountable, now
from countenance.bootstrap.application import Application, load_settings
from countenance.core.errors import AccountInvalid
from countenance.ledger.kinds import EntryKind
from countenance.service import passwords
from countenance.service.account_port import Role
from countenance.service.journal_port import EntryFilter
from countenance.service.refused_credentials import Refusal
from tests.support.account_desk import CHEAP


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountableParts]:
    monkeypatch.setattr(passwords.Passwords.__init__, "__defaults__", (CHEAP,))
    monkeypatch.setenv("COUNTENANCE_SESSION_IDLE_MINUTES", "7")
    with accountable(Application(load_settings(data_dir=tmp_path)), interface="cli") as opened:
        yield opened


def test_demonstration_accounts_sign_in_at_once_and_again_after_the_next_demonstration(parts: AccountableParts) -> None:
    wanted = [Role.SEARCHER, (Role.REVIEWER, Role.RECORDS)]
    first = open_demonstration_accounts(parts, wanted)
    assert [(name, roles) for name, roles, _ in first] == [
        ("searcher", (Role.SEARCHER,)),
        ("reviewer and records", (Role.REVIEWER, Role.RECORDS)),
    ]
    for name, roles, password in first:
        _, signed_in = parts.accounts.sign_in(name, password)
        assert signed_in.roles == frozenset(roles)
        assert not signed_in.must_change_password
    parts.accounts.disable("searcher", by=parts.standing())
    parts.accounts.set_roles("reviewer and records", [Role.AUDITOR], by=parts.standing())
    second = open_demonstration_accounts(parts, wanted)
    assert [name for name, _, _ in second] == [name for name, _, _ in first]
    assert {password for _, _, password in first}.isdisjoint(password for _, _, password in second)
    for name, roles, password in second:
        assert parts.accounts.sign_in(name, password)[1].roles == frozenset(roles)


def test_a_demonstration_separates_roles_too(parts: AccountableParts) -> None:
    with pytest.raises(AccountInvalid):
        open_demonstration_accounts(parts, [(Role.SEARCHER, Role.AUDITOR)])


def test_the_setting_says_when_an_unused_session_ends(parts: AccountableParts) -> None:
    ((name, _, password),) = open_demonstration_accounts(parts, [Role.AUDITOR])
    _, signed_in = parts.accounts.sign_in(name, password)
    assert timedelta(minutes=6) < signed_in.expires_at - now() <= timedelta(minutes=7)


def test_what_is_counted_is_written_again_and_again_and_at_the_end(parts: AccountableParts) -> None:
    def attempts() -> list[object]:
        wanted = EntryFilter(kinds=(EntryKind.CREDENTIAL_REFUSED,))
        return [entry.fields["attempts"] for entry in reversed(parts.journal.entries(wanted))]

    before = set(threading.enumerate())
    asked = threading.Event()
    write_due = parts.refused.write_due

    def counted(**more: bool) -> None:
        write_due(**more)
        asked.set()

    parts.refused.write_due = counted  # type: ignore[method-assign, assignment]
    with noting(parts.refused, every_s=0.01):
        assert asked.wait(10)
        for _ in range(3):
            parts.refused.note("rest", Refusal.UNKNOWN, shown="key")
        assert attempts() == [1]
    assert attempts() == [1, 2]
    # Others in this process may have a thread of that name too: a service that is open for a whole session.
    assert {thread for thread in threading.enumerate() if thread.name == "refused credentials"} <= before
