"""The operator's signing key in the data folder, and public keys of others in files.

The key enters a federal law, and nothing else. It is made on first use, readable by its owner only, never overwritten.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from countenance.core.errors import FileUnreadable, StorageUnavailable

KEY_FILE = "operator.key"
_PRIVATE = 0o600


def operator_key(folder: Path) -> Ed25519PrivateKey:
    """Return the key in ``folder/operator.key``, made if there is none.

    Raises:
        StorageUnavailable: It cannot be read or written, or is no such key.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise StorageUnavailable(f"The key {path} cannot be read or made.", remedy="Restore it from a copy.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StorageUnavailable(f"{path} is not an Ed25519 key.", remedy="Restore it from a copy.")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Return the Ed25519 public key in a PEM file.

    Raises:
        FileUnreadable: It cannot be read, or is no such key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise FileUnreadable(f"{path} is not a public key in PEM form.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise FileUnreadable(f"{path} is not an Ed25519 public key.")
    return key


def _create(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails where a rename would replace another process's key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
