"""Signed statements: DSSE v1 envelopes with Ed25519, so that other tools can verify them.

The signature covers the exact bytes of the payload; nothing is canonicalised before verifying.

Source: Dead Simple Signing Envelope, version 1 (pre-authentication encoding and JSON form); RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class EnvelopeFault(enum.StrEnum):
    """Why an envelope's payload is not to be believed."""

    UNREADABLE = "unreadable"
    UNTRUSTED_SIGNER = "untrusted_signer"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Opened:
    """What an envelope came to: the payload and who signed it, or the fault.

    Attributes:
        fault: None if the signature holds.
        key_id: Key that signed; empty with a fault.
        payload: The signed bytes; empty with a fault.
    """

    fault: EnvelopeFault | None
    key_id: str = ""
    payload: bytes = field(default=b"", repr=False)


def key_id(public_key: Ed25519PublicKey) -> str:
    """Return the name of a key: hex SHA-256 of its 32 raw bytes."""
    return hashlib.sha256(public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def seal(payload: bytes, payload_type: str, private_key: Ed25519PrivateKey) -> bytes:
    """Return a signed envelope around the payload, as JSON."""
    signature = private_key.sign(_authenticated(payload, payload_type))
    envelope = {
        "payloadType": payload_type,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": key_id(private_key.public_key()), "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope, indent=2).encode() + b"\n"


def open_envelope(data: bytes, payload_type: str, trusted: Mapping[str, Ed25519PublicKey]) -> Opened:
    """Return the payload if one trusted key signed exactly these bytes as this type; otherwise the fault.

    Args:
        data: The envelope as JSON.
        payload_type: The only type accepted.
        trusted: Keys by their ``key_id``.
    """
    try:
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        (signature,) = envelope["signatures"]
        signer, raw = signature["keyid"], base64.b64decode(signature["sig"], validate=True)
        readable = envelope["payloadType"] == payload_type and isinstance(signer, str)
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError):
        return Opened(EnvelopeFault.UNREADABLE)
    if not readable:
        return Opened(EnvelopeFault.UNREADABLE)
    public_key = trusted.get(signer)
    if public_key is None:
        return Opened(EnvelopeFault.UNTRUSTED_SIGNER)
    try:
        public_key.verify(raw, _authenticated(payload, payload_type))
    except InvalidSignature:
        return Opened(EnvelopeFault.ALTERED)
    return Opened(None, signer, payload)


def _authenticated(payload: bytes, payload_type: str) -> bytes:
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
