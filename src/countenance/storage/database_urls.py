"""Database URLs: which are accepted, how they are shown, and the file an SQLite URL names.

Rules kept here:

- A password never leaves the URL: not into a message, not into a description.
- SQLite's file is private from its first byte.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from countenance.core.errors import StorageUnavailable
from countenance.storage.driver_errors import DISK_FULL, storage_errors

#: Read and write for the owner, nothing for anybody else.
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR


def supported_url(url: str) -> URL:
    """Return a database URL, read and found usable.

    Raises:
        StorageUnavailable: It cannot be read, is of another kind, or names no file that several processes can share.
    """
    remedy = "Give sqlite:///path/to/file.db or postgresql://user@host/database."
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        # Not chained and not quoted: a URL that is cut in the wrong places may show its password as something else.
        raise StorageUnavailable("The database URL cannot be read.", remedy=remedy) from None
    if parsed.drivername not in {"sqlite", "postgresql", "postgresql+psycopg"}:
        raise StorageUnavailable(f"Databases of the kind {parsed.drivername} are not supported.", remedy=remedy)
    if backend == "sqlite" and (parsed.database in (None, "", ":memory:") or parsed.query):
        raise StorageUnavailable("The database URL has to name a file, without parameters.", remedy=remedy)
    return parsed


def location_of(url: URL) -> str:
    """Return where a database is, for messages: path, or server and database name; no user, no password."""
    if url.get_backend_name() == "sqlite":
        return str(Path(str(url.database)).absolute())
    host = url.host or url.query.get("host") or "the local server"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"


def create_private_file(path: Path, location: str) -> None:
    """Make the file with access for its owner only; SQLite gives its companion files the same mode.

    Raises:
        StorageUnavailable: It cannot be made or opened.
        StorageFull: The disk is full.
    """
    with storage_errors(location):
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE))
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            raise StorageUnavailable(
                f"The database {location} cannot be opened: {error.strerror}.",
                remedy="Check that its folder exists and may be written to.",
            ) from error
