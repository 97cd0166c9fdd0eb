"""Cases and credentials: opened, counted, closed and sealed alike in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text, update

from countenance.core.errors import CaseLimitReached, CredentialRefused, LedgerError, StorageError, TemplateUnsealFailed
from countenance.ledger.kinds import EntryKind
from countenance.service.case_book import CaseBook
from countenance.service.case_ports import CaseStore
from countenance.service.cases import Cases, OpenedCase
from countenance.service.credentials import CredentialKind
from countenance.service.journal import LedgerJournal
from countenance.service.ledger_port import LedgerRows
from countenance.storage.case_store import SqlCaseStore
from countenance.storage.case_tables import credentials
from countenance.storage.ledger_store import SqlLedgerRows
from countenance.storage.store import SqlGalleryStore, open_store
from tests.storage.case_process import start
from tests.storage.conftest import POSTGRESQL, SQLITE, StorePlace
from tests.support.case_samples import NUMBER, terms
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.memory_cases import MemoryCases
from tests.support.memory_journal import memory_journal
from tests.support.settable_clock import SettableClock

THREADS = 6
PROCESSES = 3
LIMIT = 7


class Desk:
    """The use cases over one store."""

    def __init__(self, store: CaseStore, journal: LedgerJournal, clock: SettableClock) -> None:
        self.store, self.journal, self.clock = store, journal, clock
        self.cases = Cases(store, journal, None, clock, lambda: "0" * 64)
        self.book = CaseBook(store, None, journal.keyed_digest)

    def open(self, **changes: object) -> OpenedCase:
        return self.cases.open(terms(self.clock.now, **changes))

    def admit(self, opened: OpenedCase, searches: int = 1, kind: int = 0) -> None:
        credential_id = opened.credentials[kind].credential_id
        self.book.admit(opened.case.case_id, self.clock.now, searches, credential_id=credential_id)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.journal.entries(from_index=0)]


def sql_desk(store: SqlGalleryStore, clock: SettableClock) -> Desk:
    journal = LedgerJournal(cast("LedgerRows", SqlLedgerRows(store)), os.urandom, "0.0.0+test")
    return Desk(cast("CaseStore", SqlCaseStore(store)), journal, clock)


@pytest.fixture(params=[pytest.param("memory", id="memory"), SQLITE, POSTGRESQL])
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock, empty_database: Callable[[str], str]
) -> Iterator[Desk]:
    if request.param == "memory":
        journal = memory_journal(clock)
        yield Desk(cast("CaseStore", MemoryCases(journal)), journal, clock)
        return
    store = open_store(empty_database(request.param), tmp_path / "master.key", clock)
    yield sql_desk(store, clock)
    store.close()


def test_a_case_comes_back_as_it_was_opened(desk: Desk) -> None:
    opened = desk.open(most_searches=3, most_candidates=5, auth_document="warrant.pdf", auth_issuer="A court")
    (found,) = desk.store.cases_named(NUMBER)
    assert found == desk.store.case(opened.case.case_id) == opened.case
    assert found.claims == terms(desk.clock.now).claims
    assert (found.most_searches, found.most_candidates, found.searches_done) == (3, 5, 0)
    assert (found.operator, found.attested_by, found.authorisation_issuer) == ("R. Example", "M. Example", "A court")
    assert found.opened_at == desk.clock.now
    assert found.vague_reason is None
    assert desk.store.cases_named(opened.case.case_id[:8]) == (found,)
    assert desk.store.cases_named(opened.case.case_id[:7]) == ()


def test_case_credentials_and_entries_are_stored_together_or_not_at_all(desk: Desk) -> None:
    desk.open()
    assert desk.kinds()[-4:] == [EntryKind.CASE_OPENED, *[EntryKind.CREDENTIAL_MINTED] * 3]
    before = desk.kinds()

    def refuse(*_arguments: object, **_more: object) -> None:
        raise LedgerError("told to fail")

    desk.journal.record = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(LedgerError):
        desk.open(case_number="24-2000")
    del desk.journal.record
    assert desk.store.cases_named("24-2000") == ()
    assert desk.kinds() == before


def test_credentials_are_found_by_what_a_client_shows_and_nothing_else(desk: Desk) -> None:
    opened = desk.open()
    aws, key, token = opened.credentials
    assert [one.kind for one in opened.credentials] == list(CredentialKind)
    found = desk.book.find_by_access_key(aws.lookup)
    assert found is not None
    assert found[1].decode() == aws.secret
    assert found[0].credential_id == aws.credential_id
    by_key, by_token = desk.book.find_by_api_key(key.secret), desk.book.find_by_token(token.secret)
    assert by_key is not None
    assert by_token is not None
    assert (by_key.credential_id, by_token.credential_id) == (key.credential_id, token.credential_id)
    for wrong in (key.secret[:-1], key.secret + "x", token.secret, "", key.lookup, "x" * 10_000, "\0", "\udc80"):
        assert desk.book.find_by_api_key(wrong) is None
    assert desk.book.find_by_token(key.secret) is None
    for wrong in (aws.lookup.lower(), aws.secret, key.lookup, "", "ключ"):
        assert desk.book.find_by_access_key(wrong) is None


def test_searches_are_counted_to_the_limit_all_or_none(desk: Desk) -> None:
    opened = desk.open(most_searches=3)
    desk.admit(opened, 0)
    assert desk.store.cases_named(NUMBER)[0].first_search_at is None
    desk.admit(opened, 2)
    first = desk.clock.now
    desk.clock.advance(seconds=60)
    with pytest.raises(CaseLimitReached):
        desk.admit(opened, 2)
    desk.admit(opened)
    with pytest.raises(CaseLimitReached):
        desk.admit(opened)
    desk.admit(opened, 0)
    (case,) = desk.store.cases_named(NUMBER)
    assert (case.searches_done, case.first_search_at) == (3, first)


def test_threads_cannot_take_the_last_search_twice(desk: Desk) -> None:
    opened = desk.open(most_searches=LIMIT)
    together = threading.Barrier(THREADS)

    def take(_: int) -> int:
        together.wait()
        taken = 0
        for _attempt in range(LIMIT):
            try:
                desk.admit(opened)
            except CaseLimitReached:
                continue
            taken += 1
        return taken

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(take, range(THREADS))) == LIMIT
    assert desk.store.cases_named(NUMBER)[0].searches_done == LIMIT


def test_processes_cannot_take_the_last_search_twice(place: StorePlace) -> None:
    desk = sql_desk(place.open(), place.clock)
    opened = desk.open(most_searches=LIMIT)
    processes = [
        start(place.url, str(place.key_file), opened.case.case_id, place.clock.now, LIMIT) for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [int(process.communicate()[0]) for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    assert sum(taken) == LIMIT
    assert desk.store.cases_named(NUMBER)[0].searches_done == LIMIT


def test_the_database_itself_refuses_a_count_above_the_limit(place: StorePlace) -> None:
    store = place.open()
    sql_desk(store, place.clock).open(most_searches=1)
    with pytest.raises(StorageError, match="constraint"), store.database.writing() as connection:
        connection.execute(text("UPDATE cases SET searches_done = 2"))


def test_closing_ends_every_credential_at_once_and_says_so(desk: Desk) -> None:
    opened, other = desk.open(), desk.open(case_number="24-2000")
    desk.cases.revoke(opened.credentials[1].credential_id, by="M. Example", reason="lost")
    closed = desk.cases.close(NUMBER, by="M. Example", reason="found")
    assert closed.credentials_ended == 2
    assert closed.case.close_reason == "found"
    assert all(one.revoked_at for one in desk.cases.credentials_of(opened.case.case_id))
    assert not any(one.revoked_at for one in desk.cases.credentials_of(other.case.case_id))
    assert desk.kinds()[-3:] == [EntryKind.CREDENTIAL_REVOKED, EntryKind.CREDENTIAL_REVOKED, EntryKind.CASE_CLOSED]


def test_a_revoked_credential_is_refused_and_the_others_go_on(desk: Desk) -> None:
    opened = desk.open()
    desk.cases.revoke(opened.credentials[0].lookup, by="M. Example")
    with pytest.raises(CredentialRefused, match="revoked"):
        desk.admit(opened, kind=0)
    desk.admit(opened, kind=1)
    # Whose it was can still be told, and its signature checked, so that an attempt with it can be recorded.
    assert desk.book.find_by_access_key(opened.credentials[0].lookup) is not None
    with pytest.raises(CredentialRefused, match="ended already"):
        desk.cases.revoke(opened.credentials[0].credential_id, by="M. Example")
    with pytest.raises(CredentialRefused, match="no such"):
        desk.cases.revoke("0" * 32, by="M. Example")


def test_renewing_replaces_every_credential_and_leaves_term_and_count(desk: Desk) -> None:
    opened = desk.open(most_searches=2)
    desk.admit(opened)
    renewed = desk.cases.renew(NUMBER, by="M. Example")
    assert {one.secret for one in renewed.credentials}.isdisjoint(one.secret for one in opened.credentials)
    with pytest.raises(CredentialRefused):
        desk.admit(opened)
    desk.admit(renewed)
    with pytest.raises(CaseLimitReached):
        desk.admit(renewed)
    assert renewed.case.expires_at == opened.case.expires_at


def test_cases_are_listed_newest_first_and_page_by_page(desk: Desk) -> None:
    for number in range(5):
        desk.open(case_number=f"24-{number}")
        desk.clock.advance(seconds=1)
    desk.cases.close("24-3", by="M. Example")
    assert [case.case_number for case in desk.cases.recent()] == ["24-4", "24-2", "24-1", "24-0"]
    everything = [desk.cases.recent(open_only=False, limit=2, offset=start) for start in (0, 2, 4)]
    assert [case.case_number for page in everything for case in page] == ["24-4", "24-3", "24-2", "24-1", "24-0"]
    desk.clock.advance(days=1)
    assert desk.cases.recent() == ()


def test_a_gallery_made_anew_under_the_same_name_is_not_the_one_the_case_names(place: StorePlace) -> None:
    store = place.open()
    desk = sql_desk(store, place.clock)
    for name in ("shelter", "other"):
        store.create_gallery(name, MADE_UP_MODEL, basis="test", retention_days=None)
    opened = desk.open(galleries=["shelter"])
    assert desk.store.present_galleries(opened.case.case_id) == {"shelter"}
    store.delete_gallery("shelter")
    store.create_gallery("shelter", MADE_UP_MODEL, basis="test", retention_days=None)
    assert desk.store.present_galleries(opened.case.case_id) == frozenset()
    assert list(opened.case.galleries.values()) == ["shelter"]


def test_no_secret_is_in_the_database_file(sqlite_place: StorePlace) -> None:
    store = sqlite_place.open()
    opened = sql_desk(store, sqlite_place.clock).open()
    folder = sqlite_place.key_file.parent
    content = b"".join(path.read_bytes() for path in folder.iterdir() if path.name.startswith("countenance.db"))
    assert opened.credentials[0].lookup.encode() in content
    for one in opened.credentials:
        assert one.secret.encode() not in content


def test_the_secrets_of_expired_credentials_are_destroyed_with_the_next_change(place: StorePlace) -> None:
    store = place.open()
    desk = sql_desk(store, place.clock)
    opened = desk.open(expires="1h")
    place.clock.advance(seconds=3600)
    assert desk.book.find_by_access_key(opened.credentials[0].lookup) is not None
    desk.open(case_number="24-2000")
    assert desk.book.find_by_access_key(opened.credentials[0].lookup) is None
    with store.database.reading() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM credentials WHERE sealed_secret IS NOT NULL")).scalar() == 1
        )


def test_a_secret_moved_to_another_case_or_altered_does_not_open(place: StorePlace) -> None:
    store = place.open()
    desk = sql_desk(store, place.clock)
    first, second = desk.open(), desk.open(case_number="24-2000")
    rows = [desk.store.credential(one.credentials[0].credential_id) for one in (first, second)]
    sealed = [cast("Any", row).sealed_secret for row in rows]
    for content in (sealed[1], sealed[0][:-1] + bytes([sealed[0][-1] ^ 1]), b""):
        with store.database.writing() as connection:
            connection.execute(
                update(credentials)
                .where(credentials.c.credential_id == first.credentials[0].credential_id)
                .values(sealed_secret=content)
            )
        with pytest.raises(TemplateUnsealFailed):
            desk.book.find_by_access_key(first.credentials[0].lookup)


def test_secrets_move_with_the_database_to_a_new_master_key(place: StorePlace, tmp_path: Path) -> None:
    store = place.open()
    opened = sql_desk(store, place.clock).open()
    store.rotate_master_key(tmp_path / "new.key")
    found = sql_desk(place.open(tmp_path / "new.key"), place.clock).book.find_by_access_key(
        opened.credentials[0].lookup
    )
    assert found is not None
    assert found[1].decode() == opened.credentials[0].secret


def test_a_database_with_a_sealed_secret_is_not_opened_with_a_new_key(place: StorePlace, tmp_path: Path) -> None:
    sql_desk(place.open(), place.clock).open()
    with pytest.raises(TemplateUnsealFailed, match="missing"):
        place.open(tmp_path / "another.key")
    assert not (tmp_path / "another.key").exists()


def test_a_store_left_behind_by_a_rotation_mints_nothing(place: StorePlace, tmp_path: Path) -> None:
    left_behind, store = place.open(), place.open()
    desk = sql_desk(left_behind, place.clock)
    desk.open()
    store.rotate_master_key(tmp_path / "new.key")
    with pytest.raises(TemplateUnsealFailed):
        desk.open(case_number="24-2000")


def test_sqlite_keeps_no_secret_in_its_journal_files_after_closing(sqlite_place: StorePlace) -> None:
    desk = sql_desk(sqlite_place.open(), sqlite_place.clock)
    opened = desk.open()
    sqlite_place.close()
    with sqlite3.connect(sqlite_place.key_file.parent / "countenance.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    for one in opened.credentials:
        assert one.secret not in dump
        assert one.secret.encode().hex() not in dump.lower()
