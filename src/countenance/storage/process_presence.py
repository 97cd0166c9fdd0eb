"""Which processes are alive: each holds a lock that the operating system or the server lets go of when it dies.

Rules kept here:

- With SQLite, all processes are on one machine: a process locks a file of its own beside the database. With PostgreSQL,
  it holds an advisory lock on a connection of its own.
- A process is dead when its lock can be had. A lock that cannot be asked for counts as held: an act that is taken for
  alive is recorded later, one that is taken for dead too early could contradict its own outcome.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from countenance.core.errors import StorageUnavailable
from countenance.storage.database import Database

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
#: How often a new file's lock is tried: a process that tidies up holds it for less than a millisecond.
_ATTEMPTS = 50
_PAUSE_S = 0.01


class ProcessPresence:
    """This process's sign of life, and the question whether another one gives one."""

    def __init__(self, database: Database, instance_id: str) -> None:
        """Take an open database and a random identifier for this process; nothing is locked yet."""
        self.instance_id = instance_id
        self._database = database
        url = database.engine.url
        self._folder = Path(f"{url.database}-instances") if url.get_backend_name() == "sqlite" else None
        self._held: int | Connection | None = None

    def announce(self) -> None:
        """Hold this process's lock from now on; repeated calls do nothing.

        Raises:
            StorageUnavailable: The lock cannot be had.
        """
        if self._held is not None:
            return
        if self._folder is None:
            connection = self._lock_connection()
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _lock_key(self.instance_id)})
            self._held = connection
            return
        for _ in range(_ATTEMPTS):
            descriptor = self._locked_file(self._folder)
            if descriptor is not None:
                self._held = descriptor
                return
            time.sleep(_PAUSE_S)
        raise StorageUnavailable(f"The folder {self._folder} is on a disk that knows no file locks.")

    def is_dead(self, instance_id: str) -> bool:
        """Return whether the process that announced itself under this identifier has ended."""
        if instance_id == self.instance_id:
            return False
        if self._folder is None:
            with self._lock_connection() as connection:
                key = {"key": _lock_key(instance_id)}
                free: bool = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one()
                if free:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                return free
        try:
            descriptor = os.open(self._folder / instance_id, os.O_RDWR)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            return _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def tidy(self, still_named: Collection[str]) -> None:
        """Remove the files of dead processes that no open act names any more."""
        if self._folder is None or not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if path.name not in still_named and path.name != self.instance_id:
                with suppress(OSError):
                    descriptor = os.open(path, os.O_RDWR)
                    try:
                        if _try_lock(descriptor):
                            path.unlink()
                    finally:
                        os.close(descriptor)

    def close(self) -> None:
        """Let go of this process's lock."""
        held, self._held = self._held, None
        if isinstance(held, int) and self._folder is not None:
            # Removed while it is still locked: nobody can have found it free.
            with suppress(OSError):
                (self._folder / self.instance_id).unlink()
            os.close(held)
        elif isinstance(held, Connection):
            held.close()

    def _locked_file(self, folder: Path) -> int | None:
        """Return the descriptor of this process's locked file, or None if a process that tidies up got in between."""
        path = folder / self.instance_id
        try:
            folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
        except OSError as error:
            raise StorageUnavailable(
                f"No file can be made in {folder}: {error.strerror}.", remedy="Check the folder's permissions."
            ) from error
        with suppress(FileNotFoundError):
            # The file has to be the one that others find under this name.
            if _try_lock(descriptor) and path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)
        return None

    def _lock_connection(self) -> Connection:
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Out of the pool: it is kept for as long as the process lives, and closed, not returned, at its end.
        connection.detach()
        return connection


def _lock_key(instance_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"countenance-instance {instance_id}".encode()).digest()[:8], signed=True)


def _try_lock(descriptor: int) -> bool:
    """Return whether an exclusive lock on an open file could be had; it ends with the file's closing."""
    locking: Any
    try:
        if os.name == "nt":
            import msvcrt as locking

            locking.locking(descriptor, locking.LK_NBLCK, 1)
        else:
            import fcntl as locking

            locking.flock(descriptor, locking.LOCK_EX | locking.LOCK_NB)
    except OSError:
        return False
    return True
