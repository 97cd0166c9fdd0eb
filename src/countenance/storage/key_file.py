"""The master key's file: made once, private, never overwritten.

Rules kept here:

- The key is in no database and no log. Losing the file loses every template: keep a copy apart from the database's.
- The file appears whole, readable by its owner only, or not at all; an existing one is never replaced.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path

from countenance.core.errors import StorageUnavailable
from countenance.storage.driver_errors import DISK_FULL, storage_errors
from countenance.storage.template_sealing import KEY_BYTES, MasterKey

#: First word of the file; the number grows if the format changes.
FORMAT = "countenance-master-key/1"
#: Read and write for the owner, nothing for anybody else.
PRIVATE = stat.S_IRUSR | stat.S_IWUSR


def read_key_file(path: Path) -> MasterKey:
    """Return the master key in a file.

    Raises:
        FileNotFoundError: There is no such file; what that means depends on the database.
        StorageUnavailable: It cannot be read, or is not a key file.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageUnavailable(
            f"The key file {path} cannot be read: {error.strerror}.", remedy="Check its permissions and its owner."
        ) from error
    try:
        name, encoded = content.decode("ascii").split()
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        # Not chained: a decoding error carries the bytes it failed on.
        name, key = "", b""
    if name != FORMAT or len(key) != KEY_BYTES:
        raise StorageUnavailable(
            f"{path} is not a key file, or is damaged.", remedy="Restore the key file from its copy."
        )
    return MasterKey(key)


def create_key_file(path: Path) -> MasterKey:
    """Make a key file with a new random key and return the key; if the file exists already, return the one in it.

    Several processes may do this at once: all get the same key.

    Raises:
        StorageUnavailable: The file cannot be written, or exists and is not a key file.
        StorageFull: The disk is full.
    """
    content = f"{FORMAT} {base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n".encode()
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    with storage_errors(str(path)):
        try:
            try:
                _write_private(draft, content)
                # A link, not a rename: it fails where a rename would replace another process's key.
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink(missing_ok=True)
            _make_durable(path.parent)
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            raise StorageUnavailable(
                f"The key file {path} cannot be written: {error.strerror}.",
                remedy="Check that its folder exists, may be written to and is on a disk that knows hard links.",
            ) from error
    return read_key_file(path)


def is_private(path: Path) -> bool:
    """Return whether nobody but the file's owner may read or write it."""
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_durable(folder: Path) -> None:
    """Make sure that a new name in a folder survives a power cut; Windows has no such call and does it itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
