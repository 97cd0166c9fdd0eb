"""Pagination tokens: opaque to clients, bound to the operation and collection they were given for.

A token holds the place where the next page begins and a check sum; a token from elsewhere, or made up, is refused. It
is no secret and grants nothing: whoever sends it is checked like everybody else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from countenance.web.rekognition.errors import INVALID_TOKEN, AwsError

#: Longest token. Source: Rekognition service model, PaginationToken.
LONGEST = 255
_CHECK_BYTES = 9


def token_for(operation: str, collection: str, place: str) -> str:
    """Return the token of a page that begins after a place."""
    content = place.encode()
    return base64.urlsafe_b64encode(_check(operation, collection, content) + content).decode().rstrip("=")


def place_of(operation: str, collection: str, token: str | None) -> str:
    """Return the place a token stands for; empty for no token.

    Raises:
        AwsError: It is not a token of this operation on this collection.
    """
    if token is None:
        return ""
    try:
        if len(token) > LONGEST or "=" in token:
            raise ValueError("too long, or not written by us")
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        check, content = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if check != _check(operation, collection, content) or not content:
            raise ValueError("not ours")
        return content.decode()
    except (ValueError, binascii.Error):
        raise AwsError(INVALID_TOKEN) from None


def _check(operation: str, collection: str, content: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((operation.encode(), collection.encode(), content))).digest()[:_CHECK_BYTES]
