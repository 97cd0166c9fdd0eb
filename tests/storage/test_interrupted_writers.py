"""A writer that is killed leaves what was there before, whole; a full disk does too."""

from __future__ import annotations

import random
import signal
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select

from countenance.core.errors import StorageFull, StorageUnavailable
from countenance.core.vocabulary import EnrolmentStatus
from countenance.storage import database
from countenance.storage.database import Database
from countenance.storage.tables import metadata
from tests.storage.conftest import StorePlace
from tests.storage.writer_process import Job, run, start
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_reference, stored_outcome

#: More than a batch takes; the test stops at the first number at which the writer lives.
MOST_STATEMENTS = 40


def all_rows(place: StorePlace) -> dict[str, list[object]]:
    """Return every row of every table, opened anew as after a crash."""
    opened = Database(place.url)
    try:
        with opened.reading() as connection:
            if connection.dialect.name == "sqlite":
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            return {
                table.name: sorted(map(repr, connection.execute(select(table)).all()))
                for table in metadata.sorted_tables
            }
    finally:
        opened.close()


def begin(place: StorePlace) -> str:
    """Make a gallery that holds somebody, and an unfinished run with one outcome; return the run."""
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=30)
    present = made_up_reference(1000)
    run_id = store.begin_run("staff", "folder").run_id
    store.record_batch(run_id, [present], [stored_outcome(present)])
    place.close()
    return run_id


def test_a_writer_killed_before_any_statement_or_the_commit_changes_nothing(place: StorePlace) -> None:
    begin(place)
    before = all_rows(place)
    job = Job(place.url, str(place.key_file), batches=1, batch_size=3)
    assert run(Job(place.url, str(place.key_file), batches=1, batch_size=3, kill_at_commit=True)) == -signal.SIGKILL
    assert all_rows(place) == before
    killed_at = 0
    for statement in range(1, MOST_STATEMENTS):
        status = run(Job(**{**vars(job), "kill_at_statement": statement}))
        if status == 0:
            break
        assert status == -signal.SIGKILL
        assert all_rows(place) == before
        killed_at = statement
    # Lock, keys, subjects, references, revision, outcomes: a batch takes at least a statement for each.
    assert 6 < killed_at < MOST_STATEMENTS - 1
    after = all_rows(place)
    assert {name: len(rows) for name, rows in after.items() if rows} == {
        "sealing_state": 1,
        "policy_state": 1,
        "galleries": 1,
        "subjects": 3,
        "subject_keys": 3,
        "stored_references": 4,
        "enrolment_runs": 1,
        "enrolment_outcomes": 4,
    }


def test_a_run_killed_at_any_moment_goes_on_without_losing_or_repeating_anything(place: StorePlace) -> None:
    run_id = begin(place)
    # Real time here: the writers' clock is the machine's.
    place.clock.now = datetime.now(UTC)
    chance = random.Random(7)
    acknowledged = 0
    for _ in range(3):
        with start(Job(place.url, str(place.key_file), batches=500)) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.15))
            process.kill()
            said += process.stdout.read()
        acknowledged = max(acknowledged, said.count("recorded"))
        store = place.open()
        outcomes = store.outcomes(run_id)
        assert {outcome.outcome for outcome in outcomes} == {EnrolmentStatus.STORED}
        assert (len(outcomes) - 1) % 4 == 0
        assert len(outcomes) - 1 >= acknowledged * 4
        assert store.gallery("staff").references == len(outcomes)
        _, references = store.references("staff")
        assert sorted(one.source_name for one in references) == [outcome.source_name for outcome in outcomes]
        place.close()


def test_a_full_disk_is_reported_and_leaves_what_was_there(sqlite_place: StorePlace) -> None:
    run_id = begin(sqlite_place)
    before = all_rows(sqlite_place)
    store = sqlite_place.open()
    limited = True

    def limit(connection: object, *_: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 3 if limited else 1_000_000}")
        cursor.close()

    event.listen(store.database.engine, "checkout", limit)
    references = [made_up_reference(number) for number in range(200)]
    outcomes = [stored_outcome(reference) for reference in references]
    with pytest.raises(StorageFull) as caught:
        store.record_batch(run_id, references, outcomes)
    assert "same command again" in caught.value.remedy
    with pytest.raises(StorageFull):
        store.add_references("staff", references)
    assert store.gallery("staff").references == 1
    assert all_rows(sqlite_place) == before
    limited = False
    store.record_batch(run_id, references, outcomes)
    assert store.gallery("staff").references == 201
    assert len(store.outcomes(run_id)) == 201


def test_a_transaction_that_several_acts_share_is_stored_whole_or_not_at_all(place: StorePlace) -> None:
    begin(place)
    before = all_rows(place)
    store = place.open()

    def act(fails: bool) -> None:
        with store.transaction() as transaction:
            store.create_gallery("new", MADE_UP_MODEL, basis="test", retention_days=None, transaction=transaction)
            store.add_references("new", [made_up_reference(1)], transaction=transaction)
            store.erase_subject("staff", "subject 500", transaction=transaction)
            if fails:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        act(fails=True)
    assert all_rows(place) == before
    act(fails=False)
    assert [(summary.name, summary.references) for summary in store.list_galleries()] == [("new", 1), ("staff", 0)]


def test_a_writer_that_waits_too_long_says_so(sqlite_place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(sqlite_place)
    holder = sqlite_place.open()
    monkeypatch.setattr(database, "WRITE_WAIT_S", 0.1)
    waiter = sqlite_place.open()
    with holder.transaction(), pytest.raises(StorageUnavailable, match="busy"):
        waiter.add_references("staff", [made_up_reference(1)])
    assert waiter.add_references("staff", [made_up_reference(1)]) == 2
