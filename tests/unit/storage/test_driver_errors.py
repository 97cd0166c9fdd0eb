"""Drivers' errors, by their codes, as errors of this package."""

from __future__ import annotations

import errno
import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from countenance.core.errors import CountenanceError, GalleryNotFound, StorageError, StorageFull, StorageUnavailable
from countenance.storage.driver_errors import is_busy, storage_error, storage_errors

NAME = "Ada Lovelace"


class SqliteFailure(sqlite3.OperationalError):
    def __init__(self, code: int) -> None:
        super().__init__(f"failed on {NAME}")
        self.sqlite_errorcode = code


class PostgresqlFailure(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(f"failed on {NAME}")
        self.sqlstate = sqlstate


def translated(cause: Exception) -> CountenanceError:
    return storage_error(OperationalError(f"INSERT {NAME}", {"name": NAME}, cause), "place.db")


@pytest.mark.parametrize(
    ("cause", "expected", "words"),
    [
        (SqliteFailure(sqlite3.SQLITE_FULL), StorageFull, "full"),
        (PostgresqlFailure("53100"), StorageFull, "full"),
        (SqliteFailure(sqlite3.SQLITE_BUSY), StorageUnavailable, "busy"),
        (SqliteFailure(sqlite3.SQLITE_BUSY_SNAPSHOT), StorageUnavailable, "busy"),
        (SqliteFailure(sqlite3.SQLITE_CANTOPEN), StorageUnavailable, "cannot be opened"),
        (SqliteFailure(sqlite3.SQLITE_CANTOPEN_ISDIR), StorageUnavailable, "cannot be opened"),
        (SqliteFailure(sqlite3.SQLITE_READONLY), StorageUnavailable, "written"),
        (SqliteFailure(sqlite3.SQLITE_CORRUPT), StorageUnavailable, "damaged"),
        (SqliteFailure(sqlite3.SQLITE_NOTADB), StorageUnavailable, "not an SQLite database"),
        (SqliteFailure(sqlite3.SQLITE_IOERR_FSYNC), StorageUnavailable, "disk"),
        (SqliteFailure(sqlite3.SQLITE_ERROR), StorageUnavailable, "SQLite code 1"),
        (PostgresqlFailure("57P01"), StorageUnavailable, "57P01"),
        (PostgresqlFailure(None), StorageUnavailable, "reached"),
    ],
)
def test_a_failure_is_known_by_its_code(cause: Exception, expected: type[StorageError], words: str) -> None:
    error = translated(cause)
    assert type(error) is expected
    assert words in error.message
    assert "place.db" in error.message
    assert error.remedy
    assert NAME not in error.message


def test_only_a_lock_that_was_waited_for_counts_as_busy() -> None:
    def raised(cause: Exception) -> OperationalError:
        return OperationalError("SELECT 1", {}, cause)

    assert is_busy(raised(SqliteFailure(sqlite3.SQLITE_BUSY)))
    assert is_busy(raised(SqliteFailure(sqlite3.SQLITE_BUSY_RECOVERY)))
    assert not is_busy(raised(SqliteFailure(sqlite3.SQLITE_LOCKED)))
    assert not is_busy(raised(PostgresqlFailure("55P03")))


def test_a_refused_constraint_is_no_outage() -> None:
    error = storage_error(IntegrityError(f"INSERT {NAME}", {}, SqliteFailure(sqlite3.SQLITE_CONSTRAINT)), "place.db")
    assert type(error) is StorageError
    assert NAME not in error.message


def test_an_exhausted_pool_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable, match="came free"), storage_errors("place.db"):
        raise NoConnectionLeft("pool limit")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_operating_systems_full_disk_is_a_full_disk(number: int) -> None:
    with pytest.raises(StorageFull), storage_errors("place.db"):
        raise OSError(number, "full")


def test_other_errors_pass_through() -> None:
    with pytest.raises(PermissionError), storage_errors("place.db"):
        raise PermissionError(errno.EACCES, "no")
    with pytest.raises(GalleryNotFound), storage_errors("place.db"):
        raise GalleryNotFound("no")
