"""Accounts, sessions and attempts: the same in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import func, select, text

from countenance.core.errors import (
    AccountInvalid,
    AccountNotFound,
    CountenanceError,
    LedgerError,
    SignInRefused,
    SignInTooOften,
    StorageFull,
)
from countenance.service.account_keeping import ONE_TIME_TERM
from countenance.service.account_port import Role, checked_roles
from countenance.service.account_store_port import AccountStore
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import OpenTransaction
from countenance.service.ledger_port import LedgerRows
from countenance.service.passwords import HashCost
from countenance.service.sign_in_limits import FREE_FAILURES, LONGEST_WAIT, MOST_FAILURES
from countenance.service.standing import operator_id
from countenance.storage.account_store import SqlAccountStore
from countenance.storage.account_tables import account_sessions, sign_in_attempts
from countenance.storage.ledger_store import SqlLedgerRows
from countenance.storage.store import SqlGalleryStore, open_store
from tests.storage.conftest import POSTGRESQL, SQLITE, StorePlace
from tests.support.account_desk import OTHER, PASSWORD, AccountDesk
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_journal import memory_journal
from tests.support.settable_clock import SettableClock

THREADS = 6
NAME = "R. Okafor"


def sql_desk(store: SqlGalleryStore, clock: SettableClock) -> AccountDesk:
    journal = LedgerJournal(cast("LedgerRows", SqlLedgerRows(store)), os.urandom, "0.0.0+test")
    return AccountDesk(cast("AccountStore", SqlAccountStore(store)), journal, clock)


@pytest.fixture(params=[pytest.param("memory", id="memory"), SQLITE, POSTGRESQL])
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock, empty_database: Callable[[str], str]
) -> Iterator[AccountDesk]:
    if request.param == "memory":
        journal = memory_journal(clock)
        yield AccountDesk(cast("AccountStore", MemoryAccounts(journal)), journal, clock)
        return
    store = open_store(empty_database(request.param), tmp_path / "master.key", clock)
    yield sql_desk(store, clock)
    store.close()


def break_ledger(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise LedgerError("told to fail")

    monkeypatch.setattr(desk.journal, "record", refuse)


def test_an_account_comes_back_as_it_was_opened(desk: AccountDesk) -> None:
    new = desk.accounts.add(" R.  Okafor ", ["searcher", "reviewer"], by=desk.by, password=PASSWORD)
    found = desk.accounts.find("r. OKAFOR")
    assert found == new.account
    assert (found.name, found.name_key) == (NAME, "r. okafor")
    assert found.roles == {Role.SEARCHER, Role.REVIEWER}
    assert (found.created_at, found.disabled_at, found.must_change_password) == (desk.clock.now, None, False)
    assert new.password is None
    (entry,) = desk.entries("account_changed")
    assert entry == {
        "operator_id": desk.by.operator_id,
        "interface": "cli",
        "account_id": found.account_id,
        "holder_id": operator_id(NAME, desk.journal.keyed_digest),
        "change": "opened",
        "roles_after": ("reviewer", "searcher"),
    }


def test_a_name_is_taken_once_however_it_is_written(desk: AccountDesk) -> None:
    desk.add()
    for name in (NAME, "r. okafor", "R.  OKAFOR", "\uff32. Okafor"):
        with pytest.raises(AccountInvalid):
            desk.add(name)
    assert len(desk.accounts.list()) == 1
    assert len(desk.entries("account_changed")) == 1


def test_neither_account_nor_change_is_stored_without_its_entry(
    desk: AccountDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add()
    token, _ = desk.sign_in()
    with monkeypatch.context() as broken:
        break_ledger(desk, broken)
        for change in (
            lambda: desk.add("Somebody else"),
            lambda: desk.accounts.set_roles(NAME, ["auditor"], by=desk.by),
            lambda: desk.accounts.set_password(NAME, by=desk.by, password=OTHER),
            lambda: desk.accounts.disable(NAME, by=desk.by),
            lambda: desk.accounts.change_password(desk.accounts.find(NAME).account_id, PASSWORD, OTHER),
        ):
            with pytest.raises(LedgerError):
                change()
    found = desk.accounts.find(NAME)
    assert (found.roles, found.disabled_at) == ({Role.SEARCHER}, None)
    assert len(desk.accounts.list()) == 1
    assert desk.accounts.session(token) is not None
    desk.sign_in()


def test_whoever_has_signed_in_is_found_by_the_token_and_by_nothing_else(desk: AccountDesk) -> None:
    account_id = desk.add()
    token, signed_in = desk.sign_in(" r. okafor")
    assert (signed_in.account_id, signed_in.name, signed_in.roles) == (account_id, NAME, {Role.SEARCHER})
    assert desk.accounts.session(token) == signed_in
    for wrong in ("", "x", token[:-1], token + "x", "x" * 10_000, "\0", "ÿ", "\udc80"):
        assert desk.accounts.session(wrong) is None
    other_token, other = desk.sign_in()
    assert other_token != token
    assert other.csrf != signed_in.csrf
    desk.accounts.sign_out(token)
    desk.accounts.sign_out(token)
    assert desk.accounts.session(token) is None
    assert desk.accounts.session(other_token) == other


def test_a_session_ends_when_it_is_not_used_and_when_its_time_is_over(desk: AccountDesk) -> None:
    desk.add()
    began, (token, _) = desk.clock.now, desk.sign_in()
    desk.clock.advance(seconds=30 * 60 - 1)
    assert desk.accounts.session(token) is not None
    desk.clock.advance(seconds=30 * 60)
    assert desk.accounts.session(token) is None
    began, (token, _) = desk.clock.now, desk.sign_in()
    while desk.accounts.session(token) is not None:
        desk.clock.advance(seconds=20 * 60)
    assert desk.clock.now - began == timedelta(hours=12)


def test_the_end_told_is_the_end(desk: AccountDesk) -> None:
    desk.add()
    token, _ = desk.sign_in()
    desk.clock.advance(seconds=700)
    told = desk.accounts.session(token)
    assert told is not None
    assert told.expires_at == desk.clock.now + timedelta(minutes=30)
    desk.clock.now = told.expires_at - timedelta(seconds=1)
    assert desk.accounts.session(token) is not None
    token, _ = desk.sign_in()
    told = desk.accounts.session(token)
    assert told is not None
    desk.clock.now = told.expires_at
    assert desk.accounts.session(token) is None


def test_roles_password_and_disabling_end_all_sessions_of_the_account(desk: AccountDesk) -> None:
    account_id = desk.add()
    desk.add("Somebody else", "auditor")
    untouched, _ = desk.sign_in("Somebody else")
    password = PASSWORD
    changes: list[tuple[Callable[[], object], str]] = [
        (lambda: desk.accounts.set_roles(NAME, ["records"], by=desk.by, reason="desk"), "roles"),
        (lambda: desk.accounts.set_password(NAME, by=desk.by, password=PASSWORD), "password_set"),
        (lambda: desk.accounts.change_password(account_id, PASSWORD, OTHER), "password_changed"),
        (lambda: desk.accounts.disable(NAME, by=desk.by), "disabled"),
    ]
    for change, word in changes:
        tokens = [desk.sign_in(password=password)[0] for _ in range(2)]
        change()
        password = OTHER if word == "password_changed" else password
        assert [desk.accounts.session(token) for token in tokens] == [None, None]
        entry = desk.entries("account_changed")[-1]
        assert (entry["change"], entry["sessions_ended"]) == (word, 2)
    assert (
        desk.entries("account_changed")[2] | {"roles_before": ("searcher",), "roles_after": ("records",)}
        == (desk.entries("account_changed")[2])
    )
    assert desk.accounts.session(untouched) is not None
    desk.accounts.enable(NAME, by=desk.by)
    assert desk.sign_in(password=OTHER)[1].roles == {Role.RECORDS}


def test_what_is_so_already_is_not_done_again(desk: AccountDesk) -> None:
    desk.add()
    with pytest.raises(AccountInvalid):
        desk.accounts.set_roles(NAME, ["searcher"], by=desk.by)
    with pytest.raises(AccountInvalid):
        desk.accounts.enable(NAME, by=desk.by)
    desk.accounts.disable(NAME, by=desk.by)
    with pytest.raises(AccountInvalid):
        desk.accounts.disable(NAME, by=desk.by)
    for call in (
        lambda: desk.accounts.disable("Nobody", by=desk.by),
        lambda: desk.accounts.set_roles("Nobody", ["auditor"], by=desk.by),
        lambda: desk.accounts.set_password("Nobody", by=desk.by),
        lambda: desk.accounts.find(""),
    ):
        with pytest.raises(AccountNotFound):
            call()
    assert [entry["change"] for entry in desk.entries("account_changed")] == ["opened", "disabled"]


def test_every_reason_to_refuse_has_the_same_answer_and_its_own_entry(desk: AccountDesk) -> None:
    desk.add()
    desk.add("Gone", "auditor")
    desk.accounts.disable("Gone", by=desk.by)
    late = desk.accounts.add("Late", ["auditor"], by=desk.by)
    assert late.password is not None
    desk.clock.advance(seconds=ONE_TIME_TERM.total_seconds())
    answers = set()
    for name, password in (
        (NAME, OTHER), ("Nobody", PASSWORD), ("Gone", PASSWORD), ("Late", late.password),
        (NAME, ""), (NAME, "x" * 100_000), ("\0", "\udc80"), ("x" * 100_000, PASSWORD),
    ):  # fmt: skip
        with pytest.raises(SignInRefused) as refused:
            desk.sign_in(name, password)
        answers.add((refused.value.message, refused.value.remedy))
    assert len(answers) == 1
    entries = desk.entries("sign_in_refused")
    assert [entry["refusal"] for entry in entries] == [
        "password", "unknown_name", "disabled", "password_ended", "password", "password", "unknown_name",
        "unknown_name",
    ]  # fmt: skip
    assert entries[0]["operator_id"] == operator_id(NAME, desk.journal.keyed_digest)
    assert [entry["failures"] for entry in entries] == [1, 1, 1, 1, 2, 3, 1, 1]
    assert ["account_id" in entry for entry in entries] == [True, False, True, True, True, True, False, False]


def test_a_made_up_password_has_to_be_changed_and_ends(desk: AccountDesk) -> None:
    new = desk.accounts.add(NAME, ["searcher"], by=desk.by)
    assert new.password is not None
    _, signed_in = desk.sign_in(password=new.password)
    assert signed_in.must_change_password
    desk.accounts.change_password(signed_in.account_id, new.password, PASSWORD)
    desk.clock.advance(seconds=2 * ONE_TIME_TERM.total_seconds())
    assert not desk.sign_in()[1].must_change_password
    again = desk.accounts.set_password(NAME, by=desk.by, reason="forgotten")
    assert again.password not in (None, new.password)
    assert again.account.must_change_password
    assert desk.entries("account_changed")[-1]["reason"] == "forgotten"


def test_a_name_waits_longer_with_each_failure_whether_an_account_has_it_or_not(desk: AccountDesk) -> None:
    desk.add()
    told: dict[str, list[tuple[str, int]]] = {}
    began = desk.clock.now
    for name in (NAME, "Nobody"):
        desk.clock.now = began
        told[name] = []
        for _ in range(FREE_FAILURES + 6):
            try:
                desk.sign_in(name, OTHER)
            except SignInTooOften as error:
                told[name].append(("wait", error.seconds))
                desk.clock.advance(seconds=error.seconds)
            except SignInRefused:
                told[name].append(("refused", 0))
    assert told[NAME] == told["Nobody"]
    waits = [seconds for word, seconds in told[NAME] if word == "wait"]
    assert waits == [30, 60, 120]
    desk.clock.advance(seconds=3600)
    desk.sign_in()
    with pytest.raises(SignInRefused):
        desk.sign_in(NAME, OTHER)
    assert desk.entries("sign_in_refused")[-1]["failures"] == 1
    assert {entry["refusal"] for entry in desk.entries("credential_refused")} == {"too_often"}


def test_a_wait_holds_for_the_right_password_too_and_a_new_one_ends_it(desk: AccountDesk) -> None:
    desk.add()
    for _ in range(FREE_FAILURES):
        with pytest.raises(SignInRefused):
            desk.sign_in(NAME, OTHER)
    with pytest.raises(SignInTooOften):
        desk.sign_in()
    desk.accounts.set_password(NAME, by=desk.by, password=OTHER)
    desk.sign_in(password=OTHER)


def test_after_a_hundred_failures_only_a_new_password_helps(desk: AccountDesk) -> None:
    desk.add()
    for _ in range(MOST_FAILURES):
        with pytest.raises(SignInRefused):
            desk.sign_in(NAME, OTHER)
        desk.clock.advance(seconds=LONGEST_WAIT.total_seconds())
    desk.clock.advance(days=400)
    with pytest.raises(SignInTooOften):
        desk.sign_in()
    desk.accounts.set_password(NAME, by=desk.by, password=PASSWORD)
    desk.sign_in()


def test_guesses_at_the_old_password_of_an_open_session_are_counted_too(desk: AccountDesk) -> None:
    account_id = desk.add()
    token, _ = desk.sign_in()
    for _ in range(FREE_FAILURES):
        with pytest.raises(SignInRefused):
            desk.accounts.change_password(account_id, "a guess at the password", OTHER)
    with pytest.raises(SignInTooOften):
        desk.accounts.change_password(account_id, PASSWORD, OTHER)
    assert desk.accounts.session(token) is not None
    for new in (PASSWORD, "short", "r. okafor r. okafor"):
        with pytest.raises(AccountInvalid):
            desk.accounts.change_password(account_id, PASSWORD, new)
    with pytest.raises(SignInRefused):
        desk.accounts.change_password("0" * 32, PASSWORD, OTHER)


def test_a_password_is_hashed_again_at_todays_cost_when_it_is_typed(desk: AccountDesk) -> None:
    account_id = desk.add()
    before = desk.store.password_hash(account_id)
    dearer = AccountDesk(desk.store, desk.journal, desk.clock, HashCost(4, 1, 1))
    dearer.sign_in()
    after = desk.store.password_hash(account_id)
    assert before is not None
    assert after is not None
    assert (before.split("$")[1], after.split("$")[1]) == ("2", "4")
    dearer.sign_in()
    assert desk.store.password_hash(account_id) == after


def test_pages_of_accounts_follow_each_other_by_name(desk: AccountDesk) -> None:
    names = [f"Person {number:02}" for number in range(7)] + ["\u00c4rzte", "zoe"]
    for name in reversed(names):
        desk.add(name)
    seen: list[str] = []
    after: str | None = None
    while page := desk.accounts.list(after=after, limit=4):
        seen += [account.name_key for account in page]
        after = page[-1].name_key
    assert len(seen) == len(names)
    assert set(seen) == {name.casefold() for name in names}


def test_attempts_of_names_that_nobody_has_are_forgotten_after_a_day(place: StorePlace) -> None:
    store = place.open()
    desk = sql_desk(store, place.clock)
    desk.add()
    for name in (NAME, "a", "b", "c"):
        with pytest.raises(SignInRefused):
            desk.sign_in(name, OTHER)
    place.clock.advance(days=1, seconds=1)
    with pytest.raises(SignInRefused):
        desk.sign_in("d", OTHER)
    with store.database.reading() as connection:
        rows = connection.execute(select(sign_in_attempts.c.known)).scalars().all()
    assert sorted(map(bool, rows)) == [False, True]


def test_reading_a_page_writes_once_a_minute_at_most(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add()
    token, _ = desk.sign_in()
    transaction, writes = desk.store.transaction, []

    def counted() -> AbstractContextManager[OpenTransaction]:
        writes.append(desk.clock.now)
        return transaction()

    monkeypatch.setattr(desk.store, "transaction", counted)
    for _ in range(18):
        assert desk.accounts.session(token) is not None
        desk.clock.advance(seconds=10)
    assert [later - earlier for earlier, later in pairwise(writes)] == [timedelta(minutes=1)]


def test_pages_can_be_read_while_nothing_can_be_written(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add()
    token, signed_in = desk.sign_in()

    def full() -> AbstractContextManager[OpenTransaction]:
        raise StorageFull("told to fail")

    monkeypatch.setattr(desk.store, "transaction", full)
    desk.clock.advance(seconds=29 * 60)
    assert desk.accounts.session(token) == signed_in
    desk.clock.advance(seconds=60)
    assert desk.accounts.session(token) is None


def test_sessions_that_are_over_are_deleted_with_the_next_one(place: StorePlace) -> None:
    store = place.open()
    desk = sql_desk(store, place.clock)
    desk.add()
    for _ in range(3):
        desk.sign_in()
    place.clock.advance(days=1)
    desk.sign_in()
    with store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(account_sessions)).scalar_one() == 1


def test_no_password_and_no_token_lies_in_the_database(sqlite_place: StorePlace) -> None:
    store = sqlite_place.open()
    desk = sql_desk(store, sqlite_place.clock)
    desk.add()
    token, _ = desk.sign_in()
    with pytest.raises(SignInRefused):
        desk.sign_in("a password typed as name", OTHER)
    sqlite_place.close()
    data = b"".join(path.read_bytes() for path in Path(sqlite_place.key_file).parent.glob("countenance.db*"))
    for secret in (PASSWORD, OTHER, token, "a password typed as name"):
        assert secret.encode() not in data
    assert NAME.encode() in data


def test_the_database_takes_exactly_the_roles_that_the_rule_lets_be_held(place: StorePlace) -> None:
    store = place.open()
    sql_desk(store, place.clock).add()
    statement = text("UPDATE accounts SET roles = :roles")
    for size in range(1, len(Role) + 1):
        for some in combinations(sorted(Role), size):
            roles = {"roles": " ".join(role.value for role in some)}
            try:
                checked_roles(some)
            except AccountInvalid:
                with pytest.raises(CountenanceError), store.database.writing() as connection:
                    connection.execute(statement, roles)
            else:
                with store.database.writing() as connection:
                    connection.execute(statement, roles)


def test_many_at_once_take_a_name_once(place: StorePlace) -> None:
    desk, start = sql_desk(place.open(), place.clock), threading.Barrier(THREADS)

    def add(number: int) -> bool:
        start.wait()
        try:
            desk.add(NAME if number % 2 else NAME.upper())
        except AccountInvalid:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(add, range(THREADS))) == 1
    assert len(desk.entries("account_changed")) == 1


def test_guesses_at_once_are_counted_like_one_after_the_other(place: StorePlace) -> None:
    desk, start = sql_desk(place.open(), place.clock), threading.Barrier(THREADS)
    desk.add()

    def guess(_: int) -> list[str]:
        start.wait()
        outcomes = []
        for _ in range(3):
            try:
                desk.sign_in(NAME, OTHER)
            except SignInTooOften:
                outcomes.append("too often")
            except SignInRefused:
                outcomes.append("refused")
        return outcomes

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = [word for words in pool.map(guess, range(THREADS)) for word in words]
    assert outcomes.count("refused") == FREE_FAILURES
    assert len(outcomes) == 3 * THREADS
    assert sorted(entry["failures"] for entry in desk.entries("sign_in_refused")) == [1, 2, 3, 4, 5]


def test_an_account_disabled_while_its_password_is_checked_opens_no_session(desk: AccountDesk) -> None:
    desk.add()
    checked = desk.store.password_hash

    def disabled_meanwhile(account_id: str, **more: object) -> str | None:
        if not more:
            desk.accounts.disable(NAME, by=desk.by)
        return checked(account_id, **more)  # type: ignore[arg-type]

    desk.store.password_hash = disabled_meanwhile  # type: ignore[method-assign]
    with pytest.raises(SignInRefused):
        desk.sign_in()
    del desk.store.password_hash
    desk.accounts.enable(NAME, by=desk.by)
    desk.sign_in()
