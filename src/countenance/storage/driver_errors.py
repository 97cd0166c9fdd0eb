"""Drivers' errors in the package's words: what is full, what is busy, what cannot be reached.

Rules kept here:

- Errors are told apart by the driver's code, never by its wording.
- A message names the place and the code. Statements, parameters and rows stay out of it: they hold people's names.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from countenance.core.errors import StorageError, StorageFull, StorageUnavailable

#: SQLSTATE for a full disk. Source: PostgreSQL documentation, appendix A, class 53 (insufficient resources).
POSTGRESQL_DISK_FULL = "53100"
#: The low byte of an SQLite result code is its kind, the rest tells variants apart.
#: Source: https://www.sqlite.org/rescode.html, "Result Codes versus Error Codes".
SQLITE_KIND = 0xFF

#: Error numbers of the operating system for "no room": the disk is full, or this user's share of it is.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

_SQLITE_FAILURES = {
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check that its folder exists and may be written to."),
    sqlite3.SQLITE_READONLY: ("may not be written to", "Check the permissions of the file and of its folder."),
    sqlite3.SQLITE_PERM: ("may not be opened", "Check the permissions of the file and of its folder."),
    sqlite3.SQLITE_NOTADB: ("is not an SQLite database", "Check the path in the database URL."),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "Stop all processes that use it and restore it from a backup."),
    sqlite3.SQLITE_IOERR: ("cannot be read or written: the disk reports an error", "Check the disk, then try again."),
}


@contextmanager
def storage_errors(location: str) -> Iterator[None]:
    """Raise what goes wrong inside the block as errors of this package; let its own errors through.

    Args:
        location: Where the database is, for the message, without a password.

    Raises:
        StorageFull: The disk is full.
        StorageUnavailable: The database cannot be reached, opened, read or written, or is busy.
        StorageError: A constraint of the database refused the change.
    """
    try:
        yield
    except DBAPIError as error:
        raise storage_error(error, location) from error
    except NoConnectionLeft as error:
        raise StorageUnavailable(
            f"No connection to {location} came free in time.", remedy="Try again when fewer requests are running."
        ) from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise StorageFull(f"The disk is full; nothing was stored in {location}.") from error
        raise


def is_busy(error: DBAPIError) -> bool:
    """Return whether SQLite gave up waiting for another process's lock."""
    return getattr(error.orig, "sqlite_errorcode", 0) & SQLITE_KIND == sqlite3.SQLITE_BUSY


def storage_error(error: DBAPIError, location: str) -> StorageError:
    """Return a driver's error as the error of this package that it stands for."""
    cause = error.orig
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlite_code == sqlite3.SQLITE_FULL or sqlstate == POSTGRESQL_DISK_FULL:
        return StorageFull(f"The disk is full; nothing of this change was stored in {location}.")
    if isinstance(error, IntegrityError):
        return StorageError(
            f"A constraint of the database {location} refused the change; nothing of it was stored.",
            remedy="Run the command again; if it fails again, report it: the program should have seen this coming.",
        )
    if is_busy(error):
        return StorageUnavailable(
            f"The database {location} is busy: another process has been writing for too long.",
            remedy="Run the same command again.",
        )
    if sqlite_code is not None:
        what, remedy = _SQLITE_FAILURES.get(
            sqlite_code & SQLITE_KIND, (f"refused a statement (SQLite code {sqlite_code})", None)
        )
        return StorageUnavailable(f"The database {location} {what}.", remedy=remedy)
    if sqlstate is None:
        return StorageUnavailable(f"The database {location} cannot be reached, or the connection to it was lost.")
    return StorageUnavailable(f"The database {location} refused a statement (SQLSTATE {sqlstate}).")
