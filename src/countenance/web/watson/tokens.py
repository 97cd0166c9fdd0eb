"""Bearer tokens in exchange for an API key: three-part tokens that carry a credential's identifier and an end.

Rules kept here:

- A token stands for the credential it was made from and outlives neither it nor an hour: the case, its limits and its
  closing count as they do for the key. Nothing is stored.
- The signature is a digest under this installation's key, compared in constant time. Clients decode a token without
  checking it, to learn when it ends; so ``iat`` and ``exp`` are numbers.

Source of the form: RFC 7519 (JSON Web Token); what the client reads: ``iam_token_manager`` of ibm-cloud-sdk-core.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from countenance.service.credentials import Credential

#: How long a token is good for. Source: IBM Cloud IAM, one hour.
LIFETIME = timedelta(hours=1)
#: Longest token that is looked at.
LONGEST = 2_000
#: What a token is for: asking, or getting another one.
ACCESS, REFRESH = "access", "refresh"
#: Named in the digest, so that it can stand for nothing else.
_WHAT = "watson-token"
_HEADER = {"alg": "HS256", "typ": "JWT"}


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client gets for its key.

    Attributes:
        access: Bearer token.
        refresh: Good for getting another pair.
        expires_at: When the first ends.
        expires_in_s: Seconds until then.
    """

    access: str
    refresh: str
    expires_at: datetime
    expires_in_s: int


class Tokens:
    """Makes and reads tokens of one installation."""

    def __init__(self, keyed_digest: Callable[[str, bytes], str]) -> None:
        """Take the journal's ``keyed_digest``."""
        self._keyed_digest = keyed_digest

    def pair(self, credential: Credential, now: datetime) -> TokenPair:
        """Return new tokens of a credential; its own end is theirs too."""
        ends = min(now + LIFETIME, credential.expires_at)
        return TokenPair(
            access=self._signed(ACCESS, credential, now, ends),
            refresh=self._signed(REFRESH, credential, now, credential.expires_at),
            expires_at=ends,
            expires_in_s=max(0, int((ends - now).total_seconds())),
        )

    def credential_id(self, token: str, kind: str, now: datetime) -> str | None:
        """Return the credential a token stands for, or None: made elsewhere, changed, ended, or of the other kind."""
        said = self._said(token)
        if said is None or said["use"] != kind or now.timestamp() >= said["exp"]:
            return None
        return str(said["sub"])

    def ended_credential_id(self, token: str, now: datetime) -> str | None:
        """Return the credential a token stood for, of either kind, if it is one that was made here and has ended."""
        said = self._said(token)
        return None if said is None or now.timestamp() < said["exp"] else str(said["sub"])

    def _said(self, token: str) -> dict[str, Any] | None:
        """Return what a token made here says, or None."""
        parts = token.split(".")
        if len(token) > LONGEST or len(parts) != 3 or not token.isascii():
            return None
        if not hmac.compare_digest(parts[2], self._signature(f"{parts[0]}.{parts[1]}")):
            return None
        try:
            return dict(json.loads(_decoded(parts[1])))
        except (ValueError, binascii.Error):
            return None

    def _signed(self, kind: str, credential: Credential, now: datetime, ends: datetime) -> str:
        said = {
            "iss": "countenance",
            "sub": credential.credential_id,
            "use": kind,
            "iat": int(now.timestamp()),
            "exp": int(ends.timestamp()),
        }
        head = f"{_encoded(json.dumps(_HEADER).encode())}.{_encoded(json.dumps(said).encode())}"
        return f"{head}.{self._signature(head)}"

    def _signature(self, head: str) -> str:
        return _encoded(bytes.fromhex(self._keyed_digest(_WHAT, head.encode())))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
