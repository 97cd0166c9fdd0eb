"""Whose request is it? The ways this vendor's clients show a key, all of which lead to one credential.

========================================  =====================================================
what the user writes                      what arrives
========================================  =====================================================
``iam_apikey`` and ``iam_url``            ``Bearer`` and a token made by this service
``iam_access_token``                      ``Bearer`` and whatever they have: a token or the key
``iam_apikey`` that begins with ``icp-``  ``Basic``, user ``apikey``
user name and password                    ``Basic``; the password is the key
``api_key`` (clients before 2.0)          the query
========================================  =====================================================
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from urllib.parse import parse_qs

from countenance.service.credentials import Credential
from countenance.web.context import Cases
from countenance.web.watson.tokens import ACCESS, Tokens
from countenance.web.wire import RequestHead

#: How a key begins that the client is to send as it is, instead of exchanging it for a token.
AS_IT_IS = "icp-"
#: Longest header that is looked at.
_LONGEST = 4_000


def shows_a_key(head: RequestHead) -> bool:
    """Return whether a request shows anything at all; whoever shows nothing need not send a hundred megabytes."""
    return head.header("authorization") is not None or "api_key=" in head.raw_query


def credential_of(head: RequestHead, cases: Cases, tokens: Tokens, now: datetime) -> Credential | None:
    """Return the credential a request shows, or None. It may have ended: the use case refuses and records that."""
    scheme, shown = _scheme_and_shown(head)
    return _of_bearer(shown, cases, tokens, now) if scheme == "bearer" else key_credential(shown, cases)


def shown_by(head: RequestHead) -> str:
    """Return the key, token or password that a request shows, or an empty text."""
    return _scheme_and_shown(head)[1]


def key_credential(key: str, cases: Cases) -> Credential | None:
    """Return the credential of an API key, with or without ``icp-`` in front, or None."""
    return cases.find_by_api_key(key.removeprefix(AS_IT_IS))


def query_value(head: RequestHead, name: str) -> str:
    """Return a value of the query, or an empty text."""
    try:
        return parse_qs(head.raw_query, max_num_fields=50).get(name, [""])[0]
    except ValueError:
        return ""


def _scheme_and_shown(head: RequestHead) -> tuple[str, str]:
    scheme, _, shown = (head.header("authorization") or "")[:_LONGEST].partition(" ")
    match scheme.lower():
        case "bearer":
            return "bearer", shown.strip()
        case "basic":
            return "basic", _password(shown.strip())
    return "", query_value(head, "api_key")


def _of_bearer(shown: str, cases: Cases, tokens: Tokens, now: datetime) -> Credential | None:
    credential_id = tokens.credential_id(shown, ACCESS, now)
    if credential_id is not None:
        return cases.find_by_id(credential_id)
    return cases.find_by_token(shown) or key_credential(shown, cases)


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
