"""Opening a database: empty, present, too new, half there, by many at once; and what it says about itself."""

from __future__ import annotations

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text

from countenance.core.errors import StorageUnavailable
from countenance.storage import migrations
from countenance.storage.database import Database
from countenance.storage.migrations import REVISIONS
from countenance.storage.schema import VERSION_TABLE, ensure_schema
from countenance.storage.tables import metadata
from tests.storage.conftest import StorePlace
from tests.storage.writer_process import Job, start
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_reference

PROCESSES = 4


def differences(connection: Connection) -> list[object]:
    """Return what Alembic would change to make a database agree with ``tables.py``."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
    return list(compare_metadata(context, metadata))


def test_all_steps_together_make_the_tables_of_the_code(place: StorePlace) -> None:
    store = place.open()
    with store.database.reading() as connection:
        assert differences(connection) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, VERSION_TABLE}
    with store.database.writing() as connection:
        connection.execute(text("DROP INDEX ix_enrolment_runs_gallery_id"))
        connection.execute(text("ALTER TABLE galleries ADD COLUMN surprise INTEGER"))
        assert len(differences(connection)) == 2


def test_the_list_of_revisions_is_the_list_of_files() -> None:
    script = ScriptDirectory(str(Path(str(migrations.__file__)).parent))
    assert tuple(step.revision for step in script.walk_revisions())[::-1] == REVISIONS


def test_opening_a_present_database_changes_nothing(place: StorePlace) -> None:
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    store.add_references("staff", [made_up_reference(1)])
    ensure_schema(store.database)
    again = place.open()
    assert again.list_galleries() == store.list_galleries()
    assert [reference.source_name for reference in again.references("staff")[1]] == ["1.jpg"]


def test_a_schema_newer_than_the_code_is_refused_and_left_alone(place: StorePlace) -> None:
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE countenance_schema SET version_num = '9999'"))
    with pytest.raises(StorageUnavailable, match="9999") as caught:
        place.open()
    assert "version" in caught.value.remedy
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM countenance_schema")).scalar_one() == "9999"
    assert [summary.name for summary in store.list_galleries()] == ["staff"]


def test_an_upgrade_that_fails_leaves_nothing_behind(place: StorePlace) -> None:
    database = Database(place.url)
    try:
        with database.writing() as connection:
            # The last table of the first step: everything before it has been made when it is in the way.
            connection.execute(text("CREATE TABLE enrolment_outcomes (in_the_way INTEGER)"))
        with pytest.raises(StorageUnavailable):
            ensure_schema(database)
        with database.reading() as connection:
            assert inspect(connection).get_table_names() == ["enrolment_outcomes"]
        with database.writing() as connection:
            connection.execute(text("DROP TABLE enrolment_outcomes"))
    finally:
        database.close()
    assert place.open().list_galleries() == []


def test_another_programs_migrations_in_the_same_database_do_not_matter(place: StorePlace) -> None:
    database = Database(place.url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of another program')"))
    database.close()
    with place.open().database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "of another program"


def test_a_configuration_file_in_the_working_directory_is_not_read(
    place: StorePlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "working directory"
    folder.mkdir()
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\nsqlalchemy.url = nowhere\n")
    monkeypatch.chdir(folder)
    assert place.open().describe().schema_revision == REVISIONS[-1]
    assert [path.name for path in folder.iterdir()] == ["alembic.ini"]


def test_processes_that_open_an_empty_database_at_once_agree_on_schema_and_key(place: StorePlace) -> None:
    processes = [start(Job(place.url, str(place.key_file), waits=True)) for _ in range(PROCESSES)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    store.add_references("staff", [made_up_reference(1)])
    assert [path.name for path in place.key_file.parent.glob("*master.key*")] == ["master.key"]


def test_an_upgrade_waits_for_one_that_has_begun(place: StorePlace) -> None:
    first, second = Database(place.url), Database(place.url)
    commits, about_to_commit, may_commit = [], threading.Event(), threading.Event()

    def hold_the_upgrade(_connection: Connection) -> None:
        commits.append(1)
        # The first commit ends the look at what is there.
        if len(commits) == 2:
            about_to_commit.set()
            may_commit.wait()

    event.listen(first.engine, "commit", hold_the_upgrade)
    try:
        with ThreadPoolExecutor(2) as pool:
            upgrading = pool.submit(ensure_schema, first)
            assert about_to_commit.wait(timeout=30)
            waiting = pool.submit(ensure_schema, second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            may_commit.set()
            upgrading.result()
            waiting.result()
    finally:
        may_commit.set()
        first.close()
        second.close()
    assert place.open().list_galleries() == []


def test_sqlite_works_as_the_rules_say(sqlite_place: StorePlace) -> None:
    store = sqlite_place.open()
    with store.database.reading() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    # synchronous 2 is FULL. Source: https://www.sqlite.org/pragma.html.
    assert values == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 30_000
    }  # fmt: skip


def test_the_database_and_its_companions_are_private(sqlite_place: StorePlace, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = sqlite_place.open()
        store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir() if path.is_file()}
    finally:
        os.umask(before)
    assert set(modes) == {"countenance.db", "countenance.db-wal", "countenance.db-shm", "master.key"}
    assert set(modes.values()) == {0o600}


def test_a_store_says_what_it_is_made_of(place: StorePlace) -> None:
    description = place.open().describe()
    assert description.dialect in place.url
    assert description.server_version[0].isdigit()
    assert description.schema_revision == REVISIONS[-1]
    assert description.location.endswith(("countenance.db", "/postgres"))
    assert description.key_file == str(place.key_file)
    assert description.key_file_private
    place.key_file.chmod(0o640)
    store = place.open()
    assert not store.describe().key_file_private
    place.key_file.unlink()
    assert not store.describe().key_file_private


def test_a_store_can_be_closed_in_the_middle_of_reading_and_opened_again(place: StorePlace) -> None:
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    store.add_references("staff", [made_up_reference(number) for number in range(3000)])
    _, references = store.references("staff")
    next(references)
    references.close()  # type: ignore[attr-defined]
    assert list(references) == []
    assert store.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    _, forgotten = store.references("staff")
    next(forgotten)
    del forgotten
    assert store.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    store.close()
    assert place.open().gallery("staff").references == 3000
