"""Signed envelopes: what verifies, and that every altered byte is noticed."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from countenance.policy.envelope import EnvelopeFault, key_id, open_envelope, seal
from tests.support.certificate_samples import EVALUATOR_KEY, STRANGER_KEY

_TYPE = "application/vnd.example+json"
_TRUSTED = {key_id(EVALUATOR_KEY.public_key()): EVALUATOR_KEY.public_key()}
_SEALED = seal(b'{"a": 1}', _TYPE, EVALUATOR_KEY)


@given(payload=st.binary(max_size=64))
def test_payload_comes_back_as_it_was_sealed(payload: bytes) -> None:
    opened = open_envelope(seal(payload, _TYPE, EVALUATOR_KEY), _TYPE, _TRUSTED)

    assert (opened.fault, opened.payload) == (None, payload)
    assert opened.key_id in _TRUSTED


def test_signature_is_over_the_published_encoding() -> None:
    envelope = json.loads(_SEALED)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    # Written out from the DSSE specification: "DSSEv1" SP length SP type SP length SP body.
    EVALUATOR_KEY.public_key().verify(signature, b'DSSEv1 28 application/vnd.example+json 8 {"a": 1}')


def test_every_changed_character_is_noticed() -> None:
    for at in range(len(_SEALED)):
        changed = _SEALED[:at] + bytes([_SEALED[at] ^ 1]) + _SEALED[at + 1 :]
        opened = open_envelope(changed, _TYPE, _TRUSTED)
        assert opened.fault is not None or opened.payload == b'{"a": 1}', at


def test_stranger_other_type_and_swapped_payload_are_refused() -> None:
    assert open_envelope(seal(b"x", _TYPE, STRANGER_KEY), _TYPE, _TRUSTED).fault is EnvelopeFault.UNTRUSTED_SIGNER
    assert open_envelope(_SEALED, _TYPE + "2", _TRUSTED).fault is EnvelopeFault.UNREADABLE
    envelope = json.loads(_SEALED)
    envelope["payload"] = base64.b64encode(b'{"a": 2}').decode()
    assert open_envelope(json.dumps(envelope).encode(), _TYPE, _TRUSTED).fault is EnvelopeFault.ALTERED
    envelope = json.loads(seal(b"x", _TYPE, STRANGER_KEY))
    envelope["signatures"][0]["keyid"] = key_id(EVALUATOR_KEY.public_key())
    assert open_envelope(json.dumps(envelope).encode(), _TYPE, _TRUSTED).fault is EnvelopeFault.ALTERED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        json.dumps({"payloadType": _TYPE, "payload": "eA==", "signatures": []}).encode(),
        json.dumps({"payloadType": _TYPE, "payload": "?", "signatures": [{"keyid": "", "sig": ""}]}).encode(),
        json.dumps({"payloadType": _TYPE, "payload": "eA==", "signatures": [{"keyid": [], "sig": ""}]}).encode(),
        json.dumps({"payloadType": _TYPE, "payload": 1, "signatures": [{"keyid": "", "sig": ""}]}).encode(),
    ],
)
def test_anything_else_is_unreadable(data: bytes) -> None:
    assert open_envelope(data, _TYPE, _TRUSTED).fault is EnvelopeFault.UNREADABLE


def test_signature_of_the_wrong_length_is_not_a_signature() -> None:
    envelope = json.loads(_SEALED)
    envelope["signatures"][0]["sig"] = base64.b64encode(b"short").decode()
    assert open_envelope(json.dumps(envelope).encode(), _TYPE, _TRUSTED).fault is EnvelopeFault.ALTERED


def test_key_is_named_by_its_raw_bytes() -> None:
    # SHA-256 of 32 zero bytes, computed with sha256sum.
    zeros = Ed25519PublicKey.from_public_bytes(bytes(32))
    assert key_id(zeros) == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
