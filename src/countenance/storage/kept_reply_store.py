"""Replies kept for a day, so that a request that comes again with the same key is not done again.

Rules kept here:

- Who comes first claims the key with one insert; whoever comes then finds the claim.
- A claim whose request never ended lapses after a while: the process may have died.
- A body is sealed under the master key, bound to its key. One that does not open any more, because the master key was
  changed, counts as not kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from countenance.storage.job_tables import kept_replies
from countenance.storage.store import SqlGalleryStore
from countenance.storage.template_sealing import NONCE_BYTES, MasterKey
from countenance.storage.transactions import Transaction, as_text, new_identifier

_LABEL = "countenance-kept-reply/1"


@dataclass(frozen=True, slots=True)
class KeptReply:
    """What is known of a key.

    Attributes:
        fingerprint: Of the request that claimed it.
        status: Of the reply, or None while that request is under way.
        headers: Of the reply.
        body: The reply's body, or None if it was not kept.
    """

    fingerprint: str
    status: int | None
    headers: Mapping[str, str]
    body: bytes | None = field(repr=False)


class SqlKeptReplies:
    """Kept replies in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def claim(self, scope: str, key: str, fingerprint: str, *, lasting: timedelta) -> str | KeptReply:
        """Return a new claim's identifier, or what is known of a key that is claimed already.

        Args:
            scope: Whose key it is.
            key: The key.
            fingerprint: Of the request, a hex SHA-256.
            lasting: After how long a claim without a reply lapses.
        """
        digest = _digest(key)
        for _ in range(2):
            with self._store.transaction() as current:
                _forget_lapsed(current, scope, digest)
                found = _row(current.connection, scope, digest)
                if found is not None:
                    return self._kept(found)
                claim_id = new_identifier()
                values = {
                    "scope": scope,
                    "key_sha256": digest,
                    "fingerprint": fingerprint,
                    "claim_id": claim_id,
                    "created_at": current.now_text,
                    "expires_at": as_text(current.now + lasting),
                }
                # On PostgreSQL another request may claim it in the same moment.
                try:
                    with current.connection.begin_nested():
                        current.connection.execute(insert(kept_replies).values(**values))
                except IntegrityError:
                    continue
                return claim_id
        raise AssertionError("a claim that is in the way can be read")

    def keep(
        self, scope: str, key: str, claim_id: str, *, status: int, headers: Mapping[str, str], body: bytes | None,
        lasting: timedelta,
    ) -> bool:  # fmt: skip
        """Store the reply of a claim; False if the claim has lapsed."""
        digest = _digest(key)
        with self._store.transaction() as current:
            sealed = None if body is None else _seal(current.master_key, scope, digest, body)
            changed = current.connection.execute(
                update(kept_replies)
                .where(*_is(scope, digest), kept_replies.c.claim_id == claim_id)
                .values(
                    status=status,
                    headers=json.dumps(dict(headers), sort_keys=True),
                    sealed_body=sealed,
                    expires_at=as_text(current.now + lasting),
                )
            )
            return changed.rowcount == 1

    def release(self, scope: str, key: str, claim_id: str) -> None:
        """Give a claim back: its request was not done, and may come again."""
        with self._store.transaction() as current:
            claimed = (*_is(scope, _digest(key)), kept_replies.c.claim_id == claim_id)
            current.connection.execute(delete(kept_replies).where(*claimed, kept_replies.c.status.is_(None)))

    def forget_expired(self) -> int:
        """Delete what has reached its end; return how many replies."""
        with self._store.transaction() as current:
            past = delete(kept_replies).where(kept_replies.c.expires_at <= current.now_text)
            gone = current.connection.execute(past).rowcount
            current.deleted = current.deleted or bool(gone)
            return gone

    def _kept(self, row: Row[tuple[object, ...]]) -> KeptReply:
        headers = {} if row.headers is None else json.loads(row.headers)
        body = None
        if row.sealed_body is not None:
            body = _unseal(self._store.master_key, row.scope, row.key_sha256, bytes(row.sealed_body))
        return KeptReply(row.fingerprint, row.status, headers, body)


def _forget_lapsed(transaction: Transaction, scope: str, digest: str) -> None:
    lapsed = (*_is(scope, digest), kept_replies.c.expires_at <= transaction.now_text)
    transaction.connection.execute(delete(kept_replies).where(*lapsed))


def _row(connection: Connection, scope: str, digest: str) -> Row[tuple[object, ...]] | None:
    return connection.execute(select(kept_replies).where(*_is(scope, digest))).one_or_none()


def _is(scope: str, digest: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return kept_replies.c.scope == scope, kept_replies.c.key_sha256 == digest


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _seal(master_key: MasterKey, scope: str, digest: str, body: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master_key.key).encrypt(nonce, body, _bound_to(scope, digest))


def _unseal(master_key: MasterKey, scope: str, digest: str, sealed: bytes) -> bytes | None:
    try:
        return AESGCM(master_key.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(scope, digest))
    except (InvalidTag, ValueError):
        return None


def _bound_to(scope: str, digest: str) -> bytes:
    return json.dumps([_LABEL, scope, digest]).encode()
