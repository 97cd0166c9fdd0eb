"""C2SP signed notes: a text, and lines in which named keys sign it.

Rules kept here:

- A note is UTF-8 without control characters other than newline: the text, which ends in a newline; a blank line (the
  last of the note); one line for each signature, of em dash, space, key name, space, base64 of key id and signature.
- Signatures of keys that are not known are ignored. A signature of a known key that fails makes the whole note fail.
  A note without a valid signature of a known key fails, and its text is not to be used.
- Up to 100 signatures and a mebibyte are read; a note beyond that is refused before anything is verified.

Source: C2SP signed-note (c2sp.org/signed-note).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from countenance.core.errors import LedgerError, ProofInvalid
from countenance.ledger.signing_keys import (
    KEY_ID_BYTES,
    SIGNATURE_BYTES,
    SignatureType,
    SigningKey,
    VerifierKey,
    decode_base64,
    require_key_name,
)

#: Start of a signature line: em dash (U+2014) and space. Source: C2SP signed-note.
SIGNATURE_START = "\u2014 "
#: Most signatures read. C2SP signed-note asks for at least 16; golang.org/x/mod/sumdb/note takes 100.
MOST_SIGNATURES = 100
#: Largest note read, in bytes: the limit of golang.org/x/mod/sumdb/note.
LARGEST_NOTE = 1_000_000
#: First line of what a witness signs. Source: C2SP tlog-cosignature.
COSIGNATURE_HEADER = "cosignature/v1"

_TIMESTAMP_BYTES = 8


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, verified or not.

    Attributes:
        name: Key name.
        key_id: Four bytes.
        signature: What follows the key id; its form depends on the key's type.
    """

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the signature line, with its newline."""
        return f"{SIGNATURE_START}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note, taken apart; nothing about it is verified yet.

    Attributes:
        text: The text, with its final newline.
        signatures: At least one.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """Return the note's bytes: the inverse of ``parse_note``."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that was verified.

    Attributes:
        key: The known key that made it.
        posix_time: Seconds since 1970 by a witness's clock; None for a signature that carries no time.
    """

    key: VerifierKey
    posix_time: int | None


def parse_note(data: bytes) -> Note:
    """Return the parts of a signed note.

    Raises:
        LedgerError: The bytes are not a signed note.
    """
    if len(data) > LARGEST_NOTE:
        raise LedgerError(f"A signed note is larger than {LARGEST_NOTE} bytes.")
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise LedgerError("A signed note is not UTF-8 text.") from error
    if any(character < " " and character != "\n" for character in note):
        raise LedgerError("A signed note has a control character.")
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not text or not lines.endswith("\n"):
        raise LedgerError("A signed note is text, a blank line, and at least one signature line.")
    signature_lines = lines[:-1].split("\n")
    if len(signature_lines) > MOST_SIGNATURES:
        raise LedgerError(f"A signed note has more than {MOST_SIGNATURES} signatures.")
    return Note(text + "\n", tuple(_parse_signature_line(line) for line in signature_lines))


def sign_note(text: str, key: SigningKey) -> NoteSignature:
    """Return the signature of a text that ends in a newline.

    Raises:
        LedgerError: The text cannot be that of a note.
    """
    require_note_text(text)
    return NoteSignature(key.name, key.verifier_key().key_id, key.private_key.sign(text.encode()))


def cosign_note(text: str, key: SigningKey, posix_time: int) -> NoteSignature:
    """Return a witness's signature: that it saw this checkpoint, as the largest consistent one, at this time.

    Args:
        text: The checkpoint's text.
        key: The witness's key, which is used for nothing else.
        posix_time: Seconds since 1970 by the witness's clock.

    Raises:
        LedgerError: The text cannot be that of a note, or the time is out of range.

    Source: C2SP tlog-cosignature, Ed25519.
    """
    require_note_text(text)
    if not 0 <= posix_time < 2**63:
        raise LedgerError("A witness's time is out of range.")
    signature = key.private_key.sign(_cosigned_message(text, posix_time))
    key_id = key.verifier_key(SignatureType.COSIGNATURE).key_id
    return NoteSignature(key.name, key_id, posix_time.to_bytes(_TIMESTAMP_BYTES, "big") + signature)


def verify_note(note: Note, keys: Sequence[VerifierKey]) -> list[VerifiedSignature]:
    """Return the signatures by known keys, all valid, at least one.

    Raises:
        ProofInvalid: A signature of a known key fails, or no known key signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    verified = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        posix_time, raw, message = _what_was_signed(key, signature.signature, note.text)
        if len(raw) != SIGNATURE_BYTES or not key.verifies(raw, message):
            raise ProofInvalid(f"The signature by {key.name} does not belong to this text.")
        verified.append(VerifiedSignature(key, posix_time))
    if not verified:
        raise ProofInvalid("No known key signed this text.")
    return verified


def require_note_text(text: str) -> None:
    """Return if a text can be signed as a note.

    Raises:
        LedgerError: It does not end in a newline, is empty, has a control character, or is not Unicode text.
    """
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
        raise LedgerError("A text to sign ends in a newline and has no control characters.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise LedgerError("A text to sign is not Unicode text.") from error


def _parse_signature_line(line: str) -> NoteSignature:
    if not line.startswith(SIGNATURE_START):
        raise LedgerError("A signature line does not start with an em dash and a space.")
    name, space, encoded = line[len(SIGNATURE_START) :].partition(" ")
    require_key_name(name)
    blob = decode_base64(encoded) if space else None
    if blob is None or len(blob) <= KEY_ID_BYTES:
        raise LedgerError("A signature line does not end in a key id and signature in base64.")
    return NoteSignature(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _what_was_signed(key: VerifierKey, blob: bytes, text: str) -> tuple[int | None, bytes, bytes]:
    if key.type is SignatureType.NOTE:
        return None, blob, text.encode()
    posix_time = int.from_bytes(blob[:_TIMESTAMP_BYTES], "big")
    return posix_time, blob[_TIMESTAMP_BYTES:], _cosigned_message(text, posix_time)


def _cosigned_message(text: str, posix_time: int) -> bytes:
    return f"{COSIGNATURE_HEADER}\ntime {posix_time}\n{text}".encode()
