"""Tokens stand for a credential, end, and cannot be changed or made elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from countenance.service.credentials import Credential, CredentialKind
from countenance.web.watson.tokens import ACCESS, LIFETIME, REFRESH, Tokens

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CREDENTIAL = Credential("c" * 32, "a" * 32, CredentialKind.API_KEY, NOW + timedelta(days=1), None)


def tokens(key: bytes = b"k" * 32) -> Tokens:
    return Tokens(lambda what, data: hmac.new(key, what.encode() + data, hashlib.sha256).hexdigest())


def test_a_token_leads_back_to_its_credential_for_an_hour() -> None:
    pair = tokens().pair(CREDENTIAL, NOW)
    assert pair.expires_in_s == 3600
    assert tokens().credential_id(pair.access, ACCESS, NOW) == CREDENTIAL.credential_id
    assert tokens().credential_id(pair.access, ACCESS, NOW + LIFETIME) is None


def test_no_token_outlives_its_credential() -> None:
    short = Credential("c" * 32, "a" * 32, CredentialKind.API_KEY, NOW + timedelta(minutes=5), None)
    pair = tokens().pair(short, NOW)
    assert pair.expires_in_s == 300
    for token, kind in ((pair.access, ACCESS), (pair.refresh, REFRESH)):
        assert tokens().credential_id(token, kind, NOW + timedelta(minutes=4)) is not None
        assert tokens().credential_id(token, kind, NOW + timedelta(minutes=5)) is None


def test_the_client_can_read_when_it_ends() -> None:
    _, said, _ = tokens().pair(CREDENTIAL, NOW).access.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(said + "=="))
    assert decoded["exp"] - decoded["iat"] == 3600


def test_one_kind_is_not_taken_for_the_other() -> None:
    pair = tokens().pair(CREDENTIAL, NOW)
    assert tokens().credential_id(pair.access, REFRESH, NOW) is None
    assert tokens().credential_id(pair.refresh, ACCESS, NOW) is None


def test_changed_foreign_and_broken_tokens_lead_nowhere() -> None:
    access = tokens().pair(CREDENTIAL, NOW).access
    head, said, signature = access.split(".")
    other = base64.urlsafe_b64encode(b'{"sub":"x","use":"access","exp":9999999999}').rstrip(b"=").decode()
    for broken in (f"{head}.{other}.{signature}", f"{head}.{said}.", "", "a.b.c", "..", access + "é", access * 20):
        assert tokens().credential_id(broken, ACCESS, NOW) is None, broken
    assert tokens(b"other" * 8).credential_id(access, ACCESS, NOW) is None


def test_an_ended_token_still_says_whose_it_was_and_a_foreign_one_does_not() -> None:
    pair = tokens().pair(CREDENTIAL, NOW)
    assert tokens().ended_credential_id(pair.access, NOW) is None
    assert tokens().ended_credential_id(pair.access, NOW + LIFETIME) == CREDENTIAL.credential_id
    assert tokens().ended_credential_id(pair.refresh, NOW + timedelta(days=2)) == CREDENTIAL.credential_id
    assert tokens(b"other" * 8).ended_credential_id(pair.access, NOW + LIFETIME) is None
    assert tokens().ended_credential_id("a.b.c", NOW + LIFETIME) is None
