"""The key of a review: seals the probe's picture, and gives each reviewer an order nobody else knows.

Rules kept here:

- A review's key is random, stored only wrapped (AES-256-GCM) under the master key, and deleted when the review ends:
  from then on the probe's picture cannot be opened and no order can be worked out again (each vote's was recorded).

Source: NIST SP 800-38D, as in ``template_sealing``.
"""

from __future__ import annotations

import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, func, select, update

from countenance.core.errors import TemplateUnsealFailed
from countenance.storage.review_tables import reviews
from countenance.storage.template_sealing import KEY_BYTES, NONCE_BYTES, MasterKey
from countenance.storage.transactions import Transaction

_KEY_LABEL = "countenance-review-key/1"
_CROP_LABEL = "countenance-review-probe/1"


def new_key(master_key: MasterKey, review_id: str) -> tuple[bytes, bytes]:
    """Return a new random key for a review, plain and wrapped."""
    key = os.urandom(KEY_BYTES)
    return key, _seal(master_key.key, key, _KEY_LABEL, review_id)


def unwrap(master_key: MasterKey, review_id: str, wrapped: bytes) -> bytes:
    """Return a review's key.

    Raises:
        TemplateUnsealFailed: It was wrapped under another master key, for another review, or was altered.
    """
    return _unseal(master_key.key, wrapped, _KEY_LABEL, review_id)


def seal_probe(key: bytes, review_id: str, probe_number: int, crop: bytes) -> bytes:
    """Return the picture of a probe, encoded, as nonce, ciphertext and tag."""
    return _seal(key, crop, _CROP_LABEL, review_id, str(probe_number))


def unseal_probe(key: bytes, review_id: str, probe_number: int, sealed: bytes) -> bytes:
    """Return the picture that was sealed for this probe of this review.

    Raises:
        TemplateUnsealFailed: It was sealed under another key, for another probe, or was altered.
    """
    return _unseal(key, sealed, _CROP_LABEL, review_id, str(probe_number))


def any_sealed(connection: Connection) -> bool:
    """Return whether a review is under way, so that the master key may not be lost."""
    statement = select(func.count()).select_from(reviews).where(reviews.c.wrapped_key.is_not(None))
    return bool(connection.execute(statement).scalar_one())


def rewrap(transaction: Transaction, new: MasterKey) -> None:
    """Wrap the keys of all reviews under way under another master key.

    Raises:
        TemplateUnsealFailed: A key does not open.
    """
    statement = select(reviews.c.review_id, reviews.c.wrapped_key).where(reviews.c.wrapped_key.is_not(None))
    for row in transaction.connection.execute(statement.with_for_update()).all():
        key = unwrap(transaction.master_key, row.review_id, row.wrapped_key)
        wrapped = _seal(new.key, key, _KEY_LABEL, row.review_id)
        transaction.connection.execute(
            update(reviews).where(reviews.c.review_id == row.review_id).values(wrapped_key=wrapped)
        )


def _seal(key: bytes, plain: bytes, *words: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, json.dumps(words).encode())


def _unseal(key: bytes, sealed: bytes, *words: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], json.dumps(words).encode())
    except (InvalidTag, ValueError):
        raise TemplateUnsealFailed(f"What was sealed for review {words[1]} cannot be opened.") from None
