"""Keys that the ledger's digests of people and photos are made with: one for the installation, one for each subject.

Rules kept here:

- The installation's key is random, made on first use, and stored only wrapped (AES-256-GCM) under the master key.
- A subject's is derived from the subject's own key and needs no row: erasing the subject destroys both.
- Keys leave this module as bytes for ``countenance.ledger.entries.keyed_digest`` and are written nowhere.

Source: NIST SP 800-38D, as in ``template_sealing``; derivation: HMAC-SHA-256 as a pseudorandom function.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, func, insert, select, update

from countenance.core.errors import TemplateUnsealFailed
from countenance.storage.ledger_tables import ledger_digest_key
from countenance.storage.template_sealing import KEY_BYTES, NONCE_BYTES, MasterKey
from countenance.storage.transactions import Transaction

_LABEL = b"countenance-ledger-digest-key/1"


def stored(connection: Connection, master_key: MasterKey) -> bytes | None:
    """Return the installation's key, or None if none was made yet.

    Raises:
        TemplateUnsealFailed: It was wrapped under another master key, or altered.
    """
    wrapped = connection.execute(select(ledger_digest_key.c.wrapped_key)).scalar_one_or_none()
    return None if wrapped is None else _unwrap(wrapped, master_key)


def make(transaction: Transaction) -> bytes:
    """Return the installation's key, made now unless another process was quicker; the ledger is locked."""
    present = stored(transaction.connection, transaction.master_key)
    if present is not None:
        return present
    key = os.urandom(KEY_BYTES)
    values = {"row_number": 1, "wrapped_key": _wrap(key, transaction.master_key)}
    transaction.connection.execute(insert(ledger_digest_key).values(values))
    return key


def any_sealed(connection: Connection) -> bool:
    """Return whether the installation's key exists, so that the master key may not be lost."""
    return bool(connection.execute(select(func.count()).select_from(ledger_digest_key)).scalar_one())


def rewrap(transaction: Transaction, new: MasterKey) -> None:
    """Wrap the installation's key, if there is one, under another master key."""
    key = stored(transaction.connection, transaction.master_key)
    if key is not None:
        transaction.connection.execute(update(ledger_digest_key).values(wrapped_key=_wrap(key, new)))


def _wrap(key: bytes, master_key: MasterKey) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master_key.key).encrypt(nonce, key, _LABEL)


def _unwrap(wrapped: bytes, master_key: MasterKey) -> bytes:
    try:
        return AESGCM(master_key.key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _LABEL)
    except (InvalidTag, ValueError):
        raise TemplateUnsealFailed("The key of the ledger's digests cannot be opened.") from None
