"""Where a signed checkpoint goes: a file, or an HTTP address that may answer with a witness's signature.

Rules kept here:

- Only ``http`` and ``https``; no redirect is followed and no proxy is used. A checkpoint is public and signed: nothing
  secret is sent.
- A file is added to, never overwritten: earlier checkpoints in it are the evidence.
- A signature that comes back is kept only if it is valid and by a key the caller knows.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from countenance.core.errors import InputError, LedgerError, StorageUnavailable
from countenance.ledger.checkpoint import verify_checkpoint, with_signature
from countenance.ledger.signed_note import LARGEST_NOTE, parse_note
from countenance.ledger.signing_keys import SignatureType, VerifierKey

#: Seconds for connecting and for each answer: a person may be waiting.
TIMEOUT_S = 15.0
METHODS = ("POST", "PUT")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A checkpoint that arrived.

    Attributes:
        signed: The note, with the witnesses' signatures that came back.
        kind: ``file``, ``http`` or ``https``.
        witnesses: Names of the witnesses whose signature was added.
        ignored: Signature lines that came back by keys nobody named.
    """

    signed: bytes
    kind: str
    witnesses: tuple[str, ...] = ()
    ignored: int = 0


def is_address(destination: str) -> bool:
    """Return whether a destination is meant as an address, not as a file."""
    return "://" in destination


def to_file(signed: bytes, path: Path) -> Delivery:
    """Add a checkpoint at the end of a file; notes in one file are separated by an empty line.

    Raises:
        StorageUnavailable: The file cannot be written.
    """
    try:
        with path.open("ab") as file:
            file.write(b"\n" + signed if file.tell() else signed)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
    return Delivery(signed, "file")


def to_address(
    signed: bytes,
    address: str,
    *,
    method: str = "POST",
    witness_keys: tuple[VerifierKey, ...] = (),
    timeout_s: float = TIMEOUT_S,
) -> Delivery:
    """Send a checkpoint and return it with the signatures that came back by known witnesses.

    Raises:
        InputError: The address is neither http nor https, or the method is another one.
        StorageUnavailable: Nobody took it in time.
        ProofInvalid: A signature by a known witness came back and is not valid.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("A checkpoint is sent to an http or https address, or to a file.")
    if method not in METHODS:
        raise InputError(f"A checkpoint is sent with {' or '.join(METHODS)}.")
    status, body = _exchange(parts, method, signed, timeout_s)
    if not 200 <= status < 300:
        raise StorageUnavailable(
            f"{parts.hostname} answered {status} and did not take the checkpoint.",
            remedy="Check the address; the checkpoint is kept here and can be sent again.",
        )
    return _with_answer(signed, body, parts.scheme, witness_keys)


def _exchange(parts: SplitResult, method: str, signed: bytes, timeout_s: float) -> tuple[int, bytes]:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = make(str(parts.hostname), parts.port, timeout=timeout_s)
        try:
            connection.request(method, target, body=signed, headers={"Content-Type": "text/plain; charset=utf-8"})
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST_NOTE)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise StorageUnavailable(
            f"{parts.hostname} does not take the checkpoint: no answer within {timeout_s:g} seconds, or no connection.",
            remedy="Check the address; the checkpoint is kept here and can be sent again.",
        ) from error


def _with_answer(signed: bytes, body: bytes, kind: str, keys: tuple[VerifierKey, ...]) -> Delivery:
    text = parse_note(signed).text
    try:
        # Either a whole note, or signature lines alone as C2SP tlog-witness has them.
        answer = parse_note(body if body.startswith(text.encode()) else text.encode() + b"\n" + body)
    except LedgerError:
        return Delivery(signed, kind)
    witnesses = {(key.name, key.key_id) for key in keys if key.type is SignatureType.COSIGNATURE}
    own = {(signature.name, signature.key_id) for signature in parse_note(signed).signatures}
    added, ignored, cosigned = [], 0, signed
    for signature in answer.signatures:
        if (signature.name, signature.key_id) in witnesses:
            cosigned = with_signature(cosigned, signature)
            added.append(signature.name)
        elif (signature.name, signature.key_id) not in own:
            ignored += 1
    if added:
        verify_checkpoint(cosigned, keys)
    return Delivery(cosigned, kind, tuple(added), ignored)
