"""The ledger's files in the data folder: the signing key, and the checkpoint this machine remembers.

Rules kept here:

- ``ledger.key`` is private, appears whole or not at all, and is never overwritten: a key that is replaced is kept as
  ``ledger-1.key``, ``ledger-2.key`` and so on.
- ``ledger.remembered`` is replaced by renaming, so the old or the new checkpoint is there after a power cut.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from countenance.core.errors import StorageUnavailable

_PRIVATE = 0o600


class LedgerFolder:
    """The ledger's files; implements ``countenance.service.ledger_port.LedgerFiles``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.key_file = folder / "ledger.key"
        self.staged_key_file = folder / "ledger.key.next"
        self.remembered_file = folder / "ledger.remembered"

    def read_key(self) -> bytes | None:
        """Return the signing key's PEM bytes, or None if there is no such file."""
        return _read(self.key_file)

    def create_key(self, pem: bytes) -> bytes:
        """Write the signing key's file unless there is one; return what it then holds."""
        draft = self._write_draft(self.key_file, pem)
        try:
            # A link, not a rename: it fails where a rename would replace another process's key.
            with suppress(FileExistsError):
                os.link(draft, self.key_file)
        except OSError as error:
            raise _cannot_write(self.key_file, error) from error
        finally:
            draft.unlink(missing_ok=True)
        self._make_durable()
        present = self.read_key()
        if present is None:
            raise StorageUnavailable(f"{self.key_file} vanished while it was being made.")
        return present

    def stage_key(self, pem: bytes) -> None:
        """Write the next signing key beside the present one."""
        self._replace(self.staged_key_file, pem)

    def read_staged_key(self) -> bytes | None:
        """Return the next signing key's PEM bytes, or None."""
        return _read(self.staged_key_file)

    def adopt_staged_key(self) -> None:
        """Put the next signing key in the place of the present one, which is kept under another name."""
        try:
            if self.key_file.exists():
                number = len(list(self._folder.glob("ledger-*.key"))) + 1
                os.link(self.key_file, self._folder / f"ledger-{number}.key")
            self.staged_key_file.replace(self.key_file)
        except OSError as error:
            raise _cannot_write(self.key_file, error) from error
        self._make_durable()

    def read_remembered(self) -> bytes | None:
        """Return the remembered signed checkpoint, or None if there is no such file."""
        return _read(self.remembered_file)

    def remember(self, signed: bytes) -> None:
        """Replace the remembered checkpoint."""
        self._replace(self.remembered_file, signed)

    def _replace(self, path: Path, content: bytes) -> None:
        draft = self._write_draft(path, content)
        try:
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _cannot_write(path, error) from error
        self._make_durable()

    def _write_draft(self, path: Path, content: bytes) -> Path:
        draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _cannot_write(path, error) from error
        return draft

    def _make_durable(self) -> None:
        """Make sure that new names in the folder survive a power cut; Windows has no such call and does it itself."""
        if os.name == "posix":
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageUnavailable(
            f"{path} cannot be read: {error.strerror}.", remedy="Check its permissions and its owner."
        ) from error


def _cannot_write(path: Path, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        f"{path} cannot be written: {error.strerror}.", remedy="Check that its folder exists and may be written to."
    )
