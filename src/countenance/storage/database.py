"""One engine for SQLite or PostgreSQL, and the two kinds of transaction everything else runs in.

Rules kept here:

- A writer holds the write lock from its first statement: SQLite begins with ``BEGIN IMMEDIATE``, PostgreSQL locks the
  gallery's row (see ``galleries.lock``). What a writer has read cannot change before it commits.
- A reader sees one snapshot for as long as its transaction lasts, however many statements it runs.
- What is committed survives a crash of the process and of the machine (``synchronous=FULL``).
- What is deleted is overwritten in the SQLite file (``secure_delete``) and, after ``scrub``, in its write-ahead log.
  PostgreSQL keeps deleted rows until it vacuums; there, and in every backup, a destroyed key is what makes a deleted
  template unreadable (see ``subject_keys``).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from countenance.core.errors import StorageUnavailable
from countenance.storage.database_urls import create_private_file, location_of, supported_url
from countenance.storage.driver_errors import is_busy, storage_errors

#: How long a writer waits for another one. A batch of enrolments holds the lock for well under a second; a writer that
#: waits this long is queueing behind something that is stuck.
WRITE_WAIT_S = 30
#: How long to wait for a server's answer to a first connection, so that a wrong host is noticed while one looks on.
CONNECT_WAIT_S = 10
#: How long ``scrub`` waits for readers of old snapshots. What it leaves is scrubbed by the next one or the last close.
SCRUB_WAIT_S = 1
#: Pause between attempts to switch a new file's journal; the switch itself takes a few milliseconds.
SWITCH_PAUSE_S = 0.01

#: Execution option: the statement an SQLite transaction begins with; without it, statements run outside of any.
_BEGIN = "countenance_begin"


class Database:
    """An open database. One object a process; its connections may be used from any thread.

    Attributes:
        engine: SQLAlchemy's engine, for this package and its tests only.
        location: Where it is, for messages: path, or server and database name, without user and password.
    """

    def __init__(self, url: str) -> None:
        """Open the database at ``url``: ``sqlite:///file.db``, ``postgresql://…`` or ``postgresql+psycopg://…``.

        Raises:
            StorageUnavailable: The URL is not one of these, its driver is not installed, or SQLite's file cannot be
                created. A server is reached with the first transaction.
        """
        parsed = supported_url(url)
        self.location = location_of(parsed)
        self._is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine = self._sqlite(parsed) if self._is_sqlite else self._postgresql(parsed)
        if self._is_sqlite:
            try:
                self._use_write_ahead_log()
            except BaseException:
                self.close()
                raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that may write; commit at the end, roll back on any error.

        Raises:
            StorageFull, StorageUnavailable: As ``driver_errors`` says; nothing of the transaction was stored.
        """
        with self._connected({_BEGIN: "BEGIN IMMEDIATE"}) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one unchanging snapshot, taken with its first statement.

        Raises:
            StorageUnavailable: The database cannot be reached or read.
        """
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._connected({_BEGIN: "BEGIN"} if self._is_sqlite else snapshot) as connection, connection.begin():
            yield connection

    def scrub(self) -> bool:
        """Empty SQLite's write-ahead log, where pages from before a deletion may linger; return whether it is empty.

        False means that a reader of an older snapshot was in the way. True at once on PostgreSQL.
        """
        if not self._is_sqlite:
            return True
        with self._connected({}) as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {SCRUB_WAIT_S * 1000}")
            try:
                blocked = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {WRITE_WAIT_S * 1000}")
        return not blocked

    def server_version(self) -> str:
        """Return the database's own version, such as ``3.45.1`` or ``18.4``."""
        with self.reading() as connection:
            if self._is_sqlite:
                return sqlite3.sqlite_version
            return str(connection.exec_driver_sql("SHOW server_version").scalar_one())

    def close(self) -> None:
        """Close all connections. SQLite then folds its write-ahead log into the file."""
        self.engine.dispose()

    @contextmanager
    def _connected(self, options: dict[str, Any]) -> Iterator[Connection]:
        with storage_errors(self.location), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def _sqlite(self, url: URL) -> Engine:
        create_private_file(Path(str(url.database)), self.location)
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": WRITE_WAIT_S})
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _use_write_ahead_log(self) -> None:
        """Let readers and one writer work at the same time. The mode is kept in the file.

        SQLite does not wait by itself for other processes that are switching the same new file, so this waits for it.
        """
        give_up_at = time.monotonic() + WRITE_WAIT_S
        mode = None
        while mode is None:
            with self._connected({}) as connection:
                try:
                    mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
                except OperationalError as error:
                    if not is_busy(error) or time.monotonic() > give_up_at:
                        raise
            if mode is None:
                time.sleep(SWITCH_PAUSE_S)
        if mode != "wal":
            raise StorageUnavailable(
                f"The database {self.location} lies where SQLite cannot share it between processes (mode {mode}).",
                remedy="Put the file on a local disk, not on a network share, or use PostgreSQL.",
            )

    def _postgresql(self, url: URL) -> Engine:
        try:
            return create_engine(
                url.set(drivername="postgresql+psycopg"),
                hide_parameters=True,
                # A pooled connection may have died with a restart of the server; ask before trusting it.
                pool_pre_ping=True,
                connect_args={"connect_timeout": CONNECT_WAIT_S, "application_name": "countenance"},
            )
        except ModuleNotFoundError as error:
            raise StorageUnavailable(
                "The driver for PostgreSQL is not installed.", remedy="pip install 'countenance[postgresql]'"
            ) from error


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions by itself: it would begin them without IMMEDIATE.
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN)
    if statement is not None:
        connection.exec_driver_sql(statement)
