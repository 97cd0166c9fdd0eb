"""Checkpoints: the ledger's size and root on one day, signed, in the form that other logs' tools read.

Rules kept here:

- A checkpoint is a signed note whose text is three lines: origin (which ledger), number of entries, root in base64.
  Extension lines are read, since the format has them, and never written.
- The ledger's key has the origin as its name, so a key signs for one ledger.
- A ledger never signs a checkpoint that does not continue every one it signed before. Keeping that is the caller's
  duty; showing that it was broken is what held checkpoints are for.

Source: C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint) and tlog-cosignature.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from countenance.core.errors import LedgerError, ProofInvalid
from countenance.ledger.merkle import HASH_BYTES
from countenance.ledger.signed_note import Note, NoteSignature, VerifiedSignature, parse_note, sign_note, verify_note
from countenance.ledger.signing_keys import SignatureType, SigningKey, VerifierKey, decode_base64, require_key_name

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
#: Largest number of entries: what fits the signed 64-bit integers of databases and other readers.
LARGEST_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A ledger's size and root.

    Attributes:
        origin: Which ledger: a name unique to it, by habit a web address without its scheme.
        size: Number of entries.
        root: Root of the tree over them, 32 bytes.
        extensions: Further lines, not interpreted.

    Raises:
        LedgerError: A value cannot be written as a checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if any(not line or any(character < " " for character in line) for line in lines):
            raise LedgerError("A line of a checkpoint is empty or has a control character.")
        if not 0 <= self.size <= LARGEST_SIZE or len(self.root) != HASH_BYTES:
            raise LedgerError("A checkpoint's size or root is out of range.")

    def text(self) -> str:
        """Return the text that is signed: the inverse of ``parse_checkpoint_text``."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint whose signatures were verified.

    Attributes:
        checkpoint: Size and root.
        ledger_keys: Keys of the ledger that signed it; empty if only a witness's key is known.
        witnesses: Cosignatures by known witnesses, each with its time.
    """

    checkpoint: Checkpoint
    ledger_keys: tuple[VerifierKey, ...]
    witnesses: tuple[VerifiedSignature, ...]


def parse_checkpoint_text(text: str) -> Checkpoint:
    """Return the checkpoint of a note's text.

    Raises:
        LedgerError: The text is not that of a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "":
        raise LedgerError("A checkpoint has at least three lines: origin, size, root.")
    origin, size, encoded_root, *extensions = lines
    root = decode_base64(encoded_root)
    if not _SIZE.fullmatch(size) or root is None:
        raise LedgerError("A checkpoint's size or root is malformed.")
    return Checkpoint(origin, int(size), root, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """Return the signed checkpoint: what is published.

    Raises:
        LedgerError: The key has another name than the origin, or the checkpoint has extension lines.
    """
    require_key_name(checkpoint.origin)
    if key.name != checkpoint.origin:
        raise LedgerError(f"The key of {key.name} does not sign for the ledger {checkpoint.origin}.")
    if checkpoint.extensions:
        raise LedgerError("Checkpoints are signed without extension lines.")
    text = checkpoint.text()
    return Note(text, (sign_note(text, key),)).to_bytes()


def with_signature(signed: bytes, signature: NoteSignature) -> bytes:
    """Return the signed checkpoint with one more signature line at its end, such as a witness's."""
    note = parse_note(signed)
    return Note(note.text, (*note.signatures, signature)).to_bytes()


def read_checkpoint(signed: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note *without* verifying it: good for its own side, for nobody else's.

    Raises:
        LedgerError: The bytes are not a signed checkpoint.
    """
    return parse_checkpoint_text(parse_note(signed).text)


def verify_checkpoint(signed: bytes, keys: Sequence[VerifierKey]) -> VerifiedCheckpoint:
    """Return the checkpoint with its verified signatures.

    Args:
        signed: The signed note.
        keys: Known keys. Lines by other keys are ignored; a failing line by a known key fails the checkpoint. A note
            key counts only for the ledger whose origin it is named for.

    Raises:
        LedgerError: The bytes are not a signed checkpoint.
        ProofInvalid: A signature fails, or no key counts.
    """
    note = parse_note(signed)
    checkpoint = parse_checkpoint_text(note.text)
    relevant = [key for key in keys if key.type is SignatureType.COSIGNATURE or key.name == checkpoint.origin]
    if not relevant:
        raise ProofInvalid(f"No key is known for the ledger {checkpoint.origin}.")
    verified = verify_note(note, relevant)
    return VerifiedCheckpoint(
        checkpoint,
        tuple(signature.key for signature in verified if signature.key.type is SignatureType.NOTE),
        tuple(signature for signature in verified if signature.key.type is SignatureType.COSIGNATURE),
    )
