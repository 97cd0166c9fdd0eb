"""The journal over tables in memory, SQLite and PostgreSQL: written once, whole or not at all, and read back."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from countenance.core.errors import LedgerError, TemplateUnsealFailed
from countenance.ledger.kinds import EntryKind
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import EntryFilter
from countenance.service.ledger_checks import check_stored
from countenance.service.ledger_port import LedgerRows
from countenance.storage.ledger_store import SqlLedgerRows
from countenance.storage.store import SqlGalleryStore
from tests.storage.conftest import POSTGRESQL, SQLITE, StorePlace
from tests.support.ledger_acts import act_id, gallery_deleted, intent, outcome
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_reference
from tests.support.memory_journal import CountedBytes, MemoryLedgerRows
from tests.support.settable_clock import SettableClock

THREADS = 6


def journal_over(rows: LedgerRows) -> LedgerJournal:
    return LedgerJournal(rows, os.urandom, "0.0.0+test")


@dataclass
class Held:
    """A journal and what is behind it."""

    journal: LedgerJournal
    rows: LedgerRows
    clock: SettableClock


@pytest.fixture(params=[pytest.param("memory", id="memory"), SQLITE, POSTGRESQL])
def held(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock, empty_database: Callable[[str], str]
) -> Iterator[Held]:
    """Yield an empty journal of each kind; all three are held to the same behaviour."""
    if request.param == "memory":
        memory = MemoryLedgerRows(clock)
        yield Held(LedgerJournal(memory, CountedBytes(), "0.0.0+test"), memory, clock)
        return
    place = StorePlace(empty_database(request.param), tmp_path / "master.key", clock)
    rows = ledger_rows(place.open())
    yield Held(journal_over(rows), rows, clock)
    place.close()


def ledger_rows(store: SqlGalleryStore) -> SqlLedgerRows:
    """Return the ledger's tables of a store, closed with it."""
    rows = SqlLedgerRows(store)
    store.on_close(rows.close)
    return rows


def require_sound(rows: LedgerRows) -> None:
    """Fail unless rows and tree fit together."""
    result = check_stored(rows, [], [])
    assert result.verified, result.findings


def test_entries_come_back_as_they_were_written(held: Held) -> None:
    recorded = held.journal.record(*gallery_deleted())
    assert (recorded.index, recorded.kind, recorded.recorded_at) == (0, EntryKind.GALLERY_DELETED, held.clock.now)
    found = held.journal.entry(recorded.entry_id)
    assert (found.index, found.entry_id, found.kind) == (0, recorded.entry_id, "gallery_deleted")
    assert (found.recorded_at, dict(found.fields)) == (held.clock.now, gallery_deleted()[1])
    assert held.journal.size() == 1
    require_sound(held.rows)
    with pytest.raises(LedgerError, match="no entry"):
        held.journal.entry("ab" * 16)


def test_several_entries_are_written_whole_or_not_at_all(held: Held) -> None:
    written = held.journal.record_many([gallery_deleted(act_id(number)) for number in range(7)])
    assert [entry.index for entry in written] == list(range(7))
    bad = (EntryKind.GALLERY_DELETED, {"gallery_id": act_id(1)})
    with pytest.raises(LedgerError, match="needs the field"):
        held.journal.record_many([gallery_deleted(), bad])
    assert held.journal.size() == 7
    assert held.journal.record_many([]) == []
    require_sound(held.rows)


def test_a_transaction_that_fails_leaves_no_entry(held: Held) -> None:
    held.journal.record(*gallery_deleted())

    def fail() -> None:
        with held.journal.transaction() as transaction:
            held.journal.record(*gallery_deleted(), transaction=transaction)
            held.journal.begin_act(act_id(1), intent(), transaction=transaction)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert held.journal.size() == 1
    with pytest.raises(LedgerError, match="not open"):
        held.journal.finish_act(act_id(1), outcome())
    held.journal.record(*gallery_deleted())
    require_sound(held.rows)


def test_an_act_is_finished_once(held: Held) -> None:
    begun = held.journal.begin_act(act_id(1), intent())
    finished = held.journal.finish_act(act_id(1), outcome())
    assert held.journal.entry(finished.entry_id).fields["intent_entry_id"] == begun.entry_id
    with pytest.raises(LedgerError, match="not open") as caught:
        held.journal.finish_act(act_id(1), outcome())
    assert "released" in caught.value.remedy
    assert held.journal.size() == 2


def test_an_outcome_that_cannot_be_written_leaves_the_act_open(held: Held) -> None:
    held.journal.begin_act(act_id(1), intent())
    with pytest.raises(LedgerError, match="no field"):
        held.journal.finish_act(act_id(1), {**outcome(), "surprise": 1})
    held.journal.finish_act(act_id(1), outcome())
    assert [entry.kind for entry in held.journal.entries()] == ["act_completed", "act_intended"]


def test_an_act_cannot_be_begun_twice_while_it_is_open(held: Held) -> None:
    held.journal.begin_act(act_id(1), intent())
    with pytest.raises(LedgerError, match="open already"):
        held.journal.begin_act(act_id(1), intent())
    assert held.journal.size() == 1
    require_sound(held.rows)


def test_pages_are_newest_first_or_from_an_index_on(held: Held) -> None:
    held.journal.record_many([gallery_deleted(act_id(number)) for number in range(10)])
    newest = held.journal.entries(limit=4)
    assert [entry.index for entry in newest] == [9, 8, 7, 6]
    assert [entry.index for entry in held.journal.entries(limit=4, before_index=6)] == [5, 4, 3, 2]
    assert [entry.index for entry in held.journal.entries(limit=4, from_index=8)] == [8, 9]
    assert held.journal.entries(limit=4, before_index=0) == []
    for limit in (0, 10_001):
        with pytest.raises(LedgerError, match="page"):
            held.journal.entries(limit=limit)


def test_entries_are_found_by_kind_act_case_gallery_and_time(held: Held) -> None:
    for number in range(3):
        held.journal.begin_act(act_id(number), intent(case_id=act_id(100 + number % 2)))
        held.clock.advance(seconds=60)
        held.journal.finish_act(act_id(number), outcome())
        held.journal.record(*gallery_deleted(act_id(200 + number)))

    def indices(wanted: EntryFilter) -> list[int]:
        return [entry.index for entry in held.journal.entries(wanted, from_index=0)]

    start = held.clock.now - timedelta(seconds=180)
    assert indices(EntryFilter(kinds=(EntryKind.ACT_INTENDED,))) == [0, 3, 6]
    assert indices(EntryFilter(kinds=(EntryKind.ACT_INTENDED, EntryKind.GALLERY_DELETED))) == [0, 2, 3, 5, 6, 8]
    assert indices(EntryFilter(act_id=act_id(1))) == [3, 4]
    assert indices(EntryFilter(case_id=act_id(100))) == [0, 6]
    assert indices(EntryFilter(gallery_id=act_id(202))) == [8]
    assert indices(EntryFilter(review_id=act_id(1))) == []
    assert indices(EntryFilter(before=start + timedelta(seconds=60))) == [0]
    assert indices(EntryFilter(since=start + timedelta(seconds=120))) == [4, 5, 6, 7, 8]
    assert indices(EntryFilter(kinds=(EntryKind.ACT_COMPLETED,), since=start + timedelta(seconds=120))) == [4, 7]


def test_digests_differ_by_what_is_digested_and_stay_the_same(held: Held) -> None:
    digest = held.journal.keyed_digest("photo", b"bytes")
    assert digest == held.journal.keyed_digest("photo", b"bytes")
    assert len({digest, held.journal.keyed_digest("subject", b"bytes"), held.journal.keyed_digest("photo", b"")}) == 3


def test_a_subjects_digests_end_with_the_subject(place: StorePlace) -> None:
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    store.add_references("staff", [made_up_reference(1, "ada"), made_up_reference(2, "ben")])
    journal = journal_over(ledger_rows(store))
    ada, ben = journal.subject_digests("staff", ["ada", "ben"])
    assert (ada, ben) == journal.subject_digests("staff", ["ada", "ben"])
    assert journal.subject_digests("staff", ["ada"], what="photo", data=[b"x"]) != (ada,)
    with store.transaction() as transaction:
        assert journal.subject_digests("staff", ["ben"], transaction=transaction) == (ben,)
    store.erase_subject("staff", "ada")
    assert journal.subject_digests("staff", ["ada", "ben"]) != (ada, ben)
    assert journal.subject_digests("staff", ["ada"]) != journal.subject_digests("staff", ["ada"])
    store.add_references("staff", [made_up_reference(1, "ada")])
    assert journal.subject_digests("staff", ["ada"]) != (ada,)
    assert len(set(journal.subject_digests("no such gallery", ["ada", "ada"]))) == 2


def test_digests_outlive_a_new_master_key_and_no_lost_one(place: StorePlace, tmp_path: Path) -> None:
    store = place.open()
    digest = journal_over(ledger_rows(store)).keyed_digest("photo", b"bytes")
    new_key = tmp_path / "new.key"
    store.rotate_master_key(new_key)
    place.close()
    again = place.open(new_key)
    assert journal_over(ledger_rows(again)).keyed_digest("photo", b"bytes") == digest
    place.close()
    new_key.unlink()
    with pytest.raises(TemplateUnsealFailed, match="missing"):
        place.open(new_key)


def test_acts_of_a_dead_process_are_recorded_as_interrupted_once(place: StorePlace) -> None:
    dying, living, store = place.open(), place.open(), place.open()
    dying_rows = SqlLedgerRows(dying)
    journal_over(dying_rows).begin_act(act_id(1), intent())
    journal_over(ledger_rows(living)).begin_act(act_id(2), intent())
    journal = journal_over(ledger_rows(store))
    assert journal.interrupted_acts() == []
    dying_rows.close()
    together = threading.Barrier(THREADS)

    def start(_: int) -> int:
        opened = journal_over(ledger_rows(store))
        together.wait()
        return len(opened.interrupted_acts())

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(start, range(THREADS))) == 1
    newest = journal.entries(limit=1)[0]
    assert (newest.kind, newest.fields["act_id"]) == ("act_interrupted", act_id(1))
    with pytest.raises(LedgerError, match="interrupted"):
        journal.finish_act(act_id(1), outcome())
    journal.finish_act(act_id(2), outcome())


def test_writers_at_once_make_one_ledger(place: StorePlace) -> None:
    stores = [place.open() for _ in range(2)]
    together = threading.Barrier(THREADS)

    def write(number: int) -> None:
        journal = journal_over(ledger_rows(stores[number % 2]))
        together.wait()
        for turn in range(8):
            act = act_id(100 * number + turn)
            journal.begin_act(act, intent())
            with journal.transaction() as transaction:
                journal.record_many([gallery_deleted(act)] * 2, transaction=transaction)
                journal.finish_act(act, outcome(), transaction=transaction)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, range(THREADS)))
    rows = ledger_rows(stores[0])
    assert rows.size() == THREADS * 8 * 4
    require_sound(rows)


def test_reading_does_not_wait_for_a_writer(place: StorePlace) -> None:
    writer, reader = place.open(), place.open()
    writing = journal_over(ledger_rows(writer))
    first = writing.record(*gallery_deleted())
    reading = journal_over(ledger_rows(reader))
    with writing.transaction() as transaction:
        writing.record(*gallery_deleted(), transaction=transaction)
        assert reading.size() == 1
        assert reading.entry(first.entry_id).index == 0
        assert [entry.index for entry in reading.entries()] == [0]
    assert reading.size() == 2


def test_a_tree_that_does_not_fit_its_entries_is_not_added_to(place: StorePlace) -> None:
    store = place.open()
    journal = journal_over(ledger_rows(store))
    journal.record_many([gallery_deleted()] * 3)
    for damage in ("DELETE FROM ledger_entries WHERE entry_index = 2", "DELETE FROM ledger_nodes WHERE position = 2"):
        with store.database.writing() as connection:
            connection.execute(text(damage))
        with pytest.raises(LedgerError, match="hash") as caught:
            journal.record(*gallery_deleted())
        assert "ledger verify" in caught.value.remedy


def test_commits_are_durable_even_on_a_server_set_up_to_be_quicker(place: StorePlace) -> None:
    store = place.open()
    rows = ledger_rows(store)
    with store.transaction() as transaction:
        if transaction.connection.dialect.name == "postgresql":
            transaction.connection.execute(text("SET synchronous_commit = off"))
            rows.locked_size(transaction)
            setting = transaction.connection.execute(text("SHOW synchronous_commit")).scalar_one()
            assert setting == "on"
        else:
            # 2 is FULL. Source: https://www.sqlite.org/pragma.html#pragma_synchronous
            assert transaction.connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
