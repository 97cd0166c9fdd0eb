"""Ed25519 keys of a ledger and of those who vouch for it, in the text form that C2SP tools read.

Rules kept here:

- A verifier key is ``name+key id+base64(type, public key)``: what a board pins to the wall. It is no secret.
- The key id is the first four bytes of SHA-256(name, newline, type, public key), as eight hex digits. It only finds
  the right key; the signature is what counts.
- A signing key leaves this module as PEM bytes only (PKCS #8, encrypted if a passphrase is given). Where they are
  written is the caller's business. Random bytes are an argument.

Source: C2SP signed-note, sections "Signatures" and "Verifier keys"; RFC 8032; RFC 5958.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countenance.core.errors import LedgerError

#: Length of an Ed25519 seed and public key, in bytes. Source: RFC 8032 section 5.1.
KEY_BYTES = 32
#: Length of an Ed25519 signature, in bytes. Source: RFC 8032 section 5.1.6.
SIGNATURE_BYTES = 64
#: Length of a key id, in bytes. Source: C2SP signed-note.
KEY_ID_BYTES = 4


class SignatureType(enum.IntEnum):
    """The two types of C2SP signed-note that are used here; the number is part of key and key id."""

    NOTE = 0x01
    """Ed25519 over the note's text: what the ledger itself signs with."""
    COSIGNATURE = 0x04
    """Ed25519 over time and text: what a witness signs with (C2SP tlog-cosignature)."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name and use it is known by.

    Attributes:
        name: Key name; for a ledger, the same as the origin line of its checkpoints.
        type: What it signs.
        public_key: 32 bytes.

    Raises:
        LedgerError: The name is empty or has a space or plus sign, or the public key has another length.
    """

    name: str
    type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise LedgerError(f"An Ed25519 public key has {KEY_BYTES} bytes.")

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that a signature line names the key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed_key()).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """Return the key as text, ``name+key id+base64``: the inverse of ``parse_verifier_key``."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._typed_key()).decode()}"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Return whether the signature over the message was made with this key's private half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _typed_key(self) -> bytes:
        return bytes([self.type]) + self.public_key


def parse_verifier_key(text: str) -> VerifierKey:
    """Return the key that a verifier key's text stands for.

    Raises:
        LedgerError: The text is not ``name+key id+base64``, of a type not used here, or its key id is not its own.
    """
    name, _, rest = text.partition("+")
    key_id, plus, encoded = rest.partition("+")
    if not plus:
        raise LedgerError("A verifier key reads NAME+KEYID+KEY.", remedy=_KEY_REMEDY)
    typed_key = decode_base64(encoded)
    if typed_key is None or len(typed_key) != 1 + KEY_BYTES or typed_key[0] not in set(SignatureType):
        raise LedgerError("A verifier key's last part is not an Ed25519 key in base64.", remedy=_KEY_REMEDY)
    key = VerifierKey(name, SignatureType(typed_key[0]), typed_key[1:])
    if key.key_id.hex() != key_id:
        raise LedgerError("A verifier key's id does not belong to its name and key.", remedy=_KEY_REMEDY)
    return key


_KEY_REMEDY = "Copy the whole line that `countenance ledger key` printed, without line breaks."


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name. It has no printable form.

    Attributes:
        name: Key name; for a ledger, also the origin line of its checkpoints.
        private_key: The private half.
    """

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        require_key_name(self.name)

    def verifier_key(self, signature_type: SignatureType = SignatureType.NOTE) -> VerifierKey:
        """Return the public half, for use with this type of signature."""
        return VerifierKey(self.name, signature_type, self.private_key.public_key().public_bytes_raw())


def signing_key_pem(seed: bytes, *, passphrase: bytes | None = None) -> bytes:
    """Return a signing key as PEM (PKCS #8), encrypted if a passphrase is given.

    Args:
        seed: 32 fresh random bytes: they *are* the private key.
        passphrase: Not empty, or None for a file that only its permissions protect.

    Raises:
        LedgerError: The seed is not 32 bytes, or the passphrase is empty.
    """
    if len(seed) != KEY_BYTES:
        raise LedgerError(f"A signing key is made from {KEY_BYTES} random bytes.")
    if passphrase == b"":
        raise LedgerError("A passphrase for the signing key is empty.")
    encryption = (
        serialization.NoEncryption() if passphrase is None else serialization.BestAvailableEncryption(passphrase)
    )
    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def load_signing_key(pem: bytes, name: str, *, passphrase: bytes | None = None) -> SigningKey:
    """Return the signing key of PEM bytes: the inverse of ``signing_key_pem``.

    Raises:
        LedgerError: The bytes are not an Ed25519 private key, or the passphrase is not the right one.
    """
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LedgerError(
            "The ledger's signing key cannot be read: not a PEM key, or another passphrase.",
            remedy="Check the key file and its passphrase; `countenance ledger key` makes a new one.",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError("The ledger's signing key is not an Ed25519 key.")
    return SigningKey(name, key)


def require_key_name(name: str) -> None:
    """Return if a key name may stand in a signature line.

    Raises:
        LedgerError: It is empty, or has a space, a control character or a plus sign.
    """
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise LedgerError("A key name is empty or has a space or plus sign.")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise LedgerError("A key name is not Unicode text.") from error


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of standard base64 in its one form (RFC 4648 section 4, padded, no spare bits), or None."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
