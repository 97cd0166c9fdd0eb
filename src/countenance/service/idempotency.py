"""A request that comes again with the same key is not done again: the reply it had is given once more.

Rules kept here:

- A key belongs to a scope (a credential or an account) and to one request: the same key with another method, path or
  body is refused, not answered with somebody else's reply.
- While the first request is under way, the second is told so. If the first never ends, because its process died, the
  key is free again after ``CLAIM``: whether it was done then stands in the ledger.
- A reply is kept for a day, sealed. A reply that holds identities is not kept at all, and neither is a large one: the
  second request then learns that it was done, with the reply's status and headers (``Location``, the act's number),
  and asks for the result where it is kept under its own rules. So erasing a person leaves nothing of them here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from countenance.core.errors import InputError

#: How long a reply is kept, and how long an unanswered claim lasts: longer than any request takes, which is cut off
#: after the server's grace at the latest when it stops.
KEPT, CLAIM = timedelta(hours=24), timedelta(minutes=10)
#: Largest body kept, in bytes. A page of a list or a job's record is a tenth of that.
LARGEST_BODY = 64_000
#: Longest key; a UUID has 36 letters.
LONGEST_KEY = 200


class Kept(Protocol):
    """What is known of a claimed key; ``status`` is None while its request is under way."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes | None: ...


class KeptReplies(Protocol):
    """Rows of keys and replies; see ``storage.kept_reply_store``."""

    def claim(self, scope: str, key: str, fingerprint: str, *, lasting: timedelta) -> str | Kept:
        """Return a new claim's identifier, or what is known of a key that is claimed already."""
        ...

    def keep(
        self,
        scope: str,
        key: str,
        claim_id: str,
        *,
        status: int,
        headers: Mapping[str, str],
        body: bytes | None,
        lasting: timedelta,
    ) -> bool:
        """Store the reply of a claim; False if the claim has lapsed."""
        ...

    def release(self, scope: str, key: str, claim_id: str) -> None:
        """Give a claim back."""
        ...

    def forget_expired(self) -> int:
        """Delete what has reached its end; return how many replies."""
        ...


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody came with this key yet: do it, then call ``finish`` or ``abandon``."""

    scope: str
    key: str
    claim_id: str


@dataclass(frozen=True, slots=True)
class Replay:
    """It was done. ``body`` is None if the reply was not kept: it held identities, or was large."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class InProgress:
    """The first request with this key is under way."""


class IdempotencyKeys:
    """Keys of requests and the replies these had."""

    def __init__(self, replies: KeptReplies) -> None:
        self._replies = replies

    def begin(self, scope: str, key: str, fingerprint: str) -> Fresh | Replay | Conflict | InProgress:
        """Return what is to become of a request with a key.

        Args:
            scope: Whose key it is, such as ``credential:`` and its identifier.
            key: As the client gave it.
            fingerprint: Of the request; see ``fingerprint_of``.

        Raises:
            InputError: The key is empty, too long, or not printable ASCII.
        """
        if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            raise InputError(
                f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters.", remedy="Use a random UUID."
            )
        found = self._replies.claim(scope, key, fingerprint, lasting=CLAIM)
        if isinstance(found, str):
            return Fresh(scope, key, found)
        if found.fingerprint != fingerprint:
            return Conflict()
        return InProgress() if found.status is None else Replay(found.status, found.headers, found.body)

    def finish(
        self, fresh: Fresh, *, status: int, headers: Mapping[str, str], body: bytes, identities: bool = False
    ) -> bool:
        """Keep the reply of a request that was done; return whether its body is kept.

        Args:
            fresh: What ``begin`` returned.
            status: HTTP status.
            headers: Those to be sent again.
            body: The reply.
            identities: Whether the body says who somebody is; it is not kept then.
        """
        kept = None if identities or len(body) > LARGEST_BODY else body
        known = self._replies.keep(
            fresh.scope, fresh.key, fresh.claim_id, status=status, headers=headers, body=kept, lasting=KEPT
        )
        return known and kept is not None

    def abandon(self, fresh: Fresh) -> None:
        """Free the key of a request that was refused or failed before anything was done: it may come again."""
        self._replies.release(fresh.scope, fresh.key, fresh.claim_id)

    def forget_expired(self) -> int:
        """Delete what has reached its end; return how many replies."""
        return self._replies.forget_expired()


def fingerprint_of(method: str, path: str, body: bytes, *, content_type: str = "") -> str:
    """Return the hex SHA-256 that tells one request from another: of method, path, kind and body, each with its length.

    A multipart body has a boundary that differs each time a client sends it; give the digests of its parts instead.
    """
    digest = hashlib.sha256()
    for part in (method.encode(), path.encode(), content_type.encode(), body):
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


__all__ = [
    "CLAIM",
    "KEPT",
    "LARGEST_BODY",
    "Conflict",
    "Fresh",
    "IdempotencyKeys",
    "InProgress",
    "KeptReplies",
    "Replay",
    "fingerprint_of",
]
