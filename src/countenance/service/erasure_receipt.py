"""The receipt of an erasure: what went, where that is recorded, what looking again came to; signed by the ledger's key.

Rules kept here:

- It is JSON in one canonical form, signed with Ed25519 under a label of its own, so that no signature on a checkpoint
  can pass for one on a receipt, nor the other way round.
- It brings the entries of the erasure with their proofs and the signed checkpoint these lead to: whoever holds a later
  checkpoint of the same ledger can see that the entries are still there.
- What it does not prove stands in it, in words, under the same signature.
- No copy is kept; the ledger keeps its digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from countenance.core.errors import InputError, LedgerError
from countenance.ledger.canonical_json import JsonValue, canonical_bytes
from countenance.ledger.checkpoint import verify_checkpoint
from countenance.ledger.findings import Finding, Verification
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.sealing import SealedEntry, Shown, parse_sealed_line
from countenance.ledger.signing_keys import VerifierKey, parse_verifier_key
from countenance.service.act_records import decimal
from countenance.service.erasure_proof import ProofOfAbsence, SearchedAgain

RECEIPT_FORMAT = "countenance-erasure-receipt/1"
#: First line of what is signed.
_LABEL = f"{RECEIPT_FORMAT}\n".encode()
#: Largest file read as a receipt, in bytes; a receipt of a hundred galleries is a tenth of that.
LARGEST_RECEIPT = 4_000_000

#: What no receipt can show.
DOES_NOT_PROVE = (
    "That no copy exists elsewhere: photo files, e-mails, prints, exports, other systems.",
    "That backups are gone. A backup from before, with the master key of its day, still opens. It becomes unreadable "
    "for this person once the master key is rotated and the old key file and its copies are destroyed.",
    "That audit workspaces hold nothing: an audit keeps templates of the photos it was given in a folder of its own, "
    "which this database does not know.",
    "That nobody who looks alike is found in their place, or that the same person is not held under another name. How "
    "many others were alike is stated above, without saying who.",
    "That the person was not in a photo somebody searched with. Such photos are not kept, but for pictures under "
    "review, until the review ends, and for temporary faces of clients, until their time is up.",
    "That entries about the person are gone: they stay, under random identifiers and digests that nobody can link to "
    "the person any more.",
    "That running processes forgot at once: each drops its copy in memory before its next search of the gallery.",
    "That the operator ran the software unchanged. The signature shows who states this, not that it is true.",
)
_SERVER_FILES = (
    "That the database server's own files hold nothing: PostgreSQL keeps deleted rows until it reuses their space. "
    "What they hold of this person opens only with the master key, as in a backup."
)


@dataclass(frozen=True, slots=True)
class ErasedHere:
    """What went in one gallery, as counts; and where that is recorded."""

    gallery: str
    gallery_id: str
    references: int
    pictures: int
    keys: int
    collection_faces: int
    collection_users: int
    bookkeeping: int
    answers: int
    reviews: int
    entry_id: str


class ProvedEntry(Protocol):
    """An entry fit for outsiders: position, sealed line, hashes of its proof."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> str: ...
    @property
    def hashes(self) -> tuple[str, ...]: ...


class ProvedEntries(Protocol):
    """Entries and the signed checkpoint that their proofs lead to."""

    @property
    def checkpoint(self) -> str: ...
    @property
    def entries(self) -> Sequence[ProvedEntry]: ...


class Notary(Protocol):
    """Proves entries and signs; see ``service.entry_proofs``."""

    @property
    def verifier_key(self) -> str:
        """Return the public half of the key in use, as text."""
        ...

    def prove(self, entry_ids: Sequence[str]) -> ProvedEntries:
        """Return entries with proofs to a checkpoint signed now."""
        ...

    def sign(self, message: bytes) -> str:
        """Return the signature on a message, base64."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed receipt.

    Attributes:
        content: What it says.
        document: The file: content and signature as JSON.
        sha256: Digest of the file, as recorded.
    """

    content: Mapping[str, Any] = field(repr=False)
    document: bytes = field(repr=False)
    sha256: str


def make_receipt(
    *,
    name: str,
    requested_at: datetime | None,
    erased_at: datetime,
    act_id: str,
    erased: Sequence[ErasedHere],
    looked_in: Sequence[str],
    proof: ProofOfAbsence,
    notary: Notary,
    software_version: str,
) -> Receipt:
    """Return the receipt of an erasure that was looked for again."""
    proved = notary.prove([one.entry_id for one in erased])
    content: dict[str, JsonValue] = {
        "format": RECEIPT_FORMAT,
        "name": name,
        "erased_at": _second(erased_at),
        "act_id": act_id,
        "looked_in": list(looked_in),
        "erased": [_erased(one) for one in erased],
        "looked_again": _looked_again(proof),
        "does_not_prove": [*DOES_NOT_PROVE, *([_SERVER_FILES] if proof.files.found is None else [])],
        "software_version": software_version,
        "entries": [{"index": one.index, "line": one.line, "hashes": list(one.hashes)} for one in proved.entries],
        "checkpoint": proved.checkpoint,
    }
    if requested_at is not None:
        content["requested_at"] = _second(requested_at)
    signature = {"key": notary.verifier_key, "signature": notary.sign(_LABEL + canonical_bytes(content))}
    document = json.dumps({"receipt": content, **signature}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return Receipt(content, document.encode(), hashlib.sha256(document.encode()).hexdigest())


def read_receipt(document: bytes) -> tuple[dict[str, Any], str, str]:
    """Return (content, key as text, signature) of a receipt's file; nothing is verified yet.

    Raises:
        InputError: It is not a receipt.
    """
    try:
        if len(document) > LARGEST_RECEIPT:
            raise ValueError
        parsed = json.loads(document)
        content, key, signature = parsed["receipt"], parsed["key"], parsed["signature"]
        if content["format"] != RECEIPT_FORMAT or not isinstance(key, str) or not isinstance(signature, str):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("This is not an erasure receipt.", remedy="Give the .json file, not the page.") from error
    return content, key, signature


def verify_receipt(document: bytes, keys: Sequence[str] = ()) -> Verification:
    """Return what a receipt shows, checked without any database.

    Args:
        document: The file.
        keys: Verifier keys that count. None given: the one in the receipt, which shows only that it agrees with itself.

    Raises:
        InputError: It is not a receipt.
        LedgerError: A key given is malformed.
    """
    content, named, signature = read_receipt(document)
    trusted = [parse_verifier_key(key) for key in keys]
    findings: list[Finding] = []
    try:
        key = parse_verifier_key(named)
    except LedgerError:
        findings.append(Finding("key", False, "The key it names is no verifier key."))
        return _verification(content, findings, complete=False, trusted=bool(keys))
    if trusted:
        known = key in trusted
        text = "It is signed by a key that you trust." if known else "None of the keys that you trust signed it."
        findings.append(Finding("key", known, text))
    findings.append(_signature(content, key, signature))
    findings += _entries(content, key)
    return _verification(content, findings, complete=True, trusted=bool(keys))


def _signature(content: Mapping[str, Any], key: VerifierKey, signature: str) -> Finding:
    try:
        raw = base64.b64decode(signature.encode("ascii"), validate=True)
        good = key.verifies(raw, _LABEL + canonical_bytes(content))
    except (binascii.Error, ValueError, LedgerError):
        good = False
    if good:
        return Finding("signature", True, f"Every word of it is as {key.name} signed it.")
    return Finding("signature", False, "The signature does not belong to this text: something was changed.")


def _entries(content: Mapping[str, Any], key: VerifierKey) -> list[Finding]:
    """Return whether the entries it brings are in the ledger and say the same."""
    try:
        checkpoint = verify_checkpoint(str(content["checkpoint"]).encode(), [key]).checkpoint
        found = []
        for one in content["entries"]:
            sealed = parse_sealed_line(str(one["line"]).encode())
            verify_inclusion(
                index=int(one["index"]),
                size=checkpoint.size,
                leaf_hash=sealed.leaf_hash(),
                root=checkpoint.root,
                proof=[bytes.fromhex(value) for value in one["hashes"]],
            )
            found.append(sealed)
    except (LedgerError, KeyError, TypeError, ValueError) as error:
        reason = error.message if isinstance(error, LedgerError) else "A part of it is missing or malformed."
        return [Finding("entries", False, f"Its entries are not shown to be in the ledger. {reason}")]
    text = (
        f"Its {len(found)} entr{'y is' if len(found) == 1 else 'ies are'} in the ledger of {checkpoint.size} entries."
    )
    return [Finding("entries", bool(found), text), _same_words(content, found)]


def _same_words(content: Mapping[str, Any], entries: Sequence[SealedEntry]) -> Finding:
    said = {
        (one.get("entry_id"), content.get("act_id"), one.get("gallery_id"), one.get("references"), one.get("keys"))
        for one in content.get("erased", ())
        if isinstance(one, dict)
    }
    recorded = {
        (
            entry.entry_id,
            *(_shown(entry, name) for name in ("act_id", "gallery_id", "references", "keys_destroyed")),
        )
        for entry in entries
        if entry.kind == "erasure"
    }
    if said and said == recorded:
        return Finding("agrees", True, "The entries say the same of galleries, references and keys as the receipt.")
    return Finding("agrees", False, "The entries do not say what the receipt says.")


def _shown(entry: SealedEntry, name: str) -> object:
    value = entry.fields.get(name)
    return value.value if isinstance(value, Shown) else None


def _verification(
    content: Mapping[str, Any], findings: Sequence[Finding], *, complete: bool, trusted: bool
) -> Verification:
    listed = content.get("does_not_prove")
    not_shown = tuple(str(text) for text in listed) if isinstance(listed, list) else DOES_NOT_PROVE
    if not trusted:
        not_shown = (
            "That the key is the operator's: it was taken from the receipt itself. Give --key with one you have from "
            "elsewhere.",
            *not_shown,
        )
    entries = content.get("entries")
    return Verification(tuple(findings), complete, len(entries) if isinstance(entries, list) else 0, 0, not_shown)


def _erased(one: ErasedHere) -> dict[str, JsonValue]:
    return {
        "gallery": one.gallery,
        "gallery_id": one.gallery_id,
        "references": one.references,
        "pictures": one.pictures,
        "keys": one.keys,
        "collection_faces": one.collection_faces,
        "collection_users": one.collection_users,
        "bookkeeping": one.bookkeeping,
        "answers": one.answers,
        "reviews": one.reviews,
        "entry_id": one.entry_id,
    }


def _looked_again(proof: ProofOfAbsence) -> dict[str, JsonValue]:
    files: dict[str, JsonValue] = {
        "database": proof.files.database,
        "bytes_read": proof.files.bytes_read,
        "log_emptied": proof.files.log_emptied,
    }
    if proof.files.found is not None:
        files["found"] = proof.files.found
    return {
        "holds": proof.holds,
        "searched": [_searched(one) for one in proof.searched],
        "not_searched": [
            {"gallery": one.gallery, "reason": one.reason, **({"entry_id": one.entry_id} if one.entry_id else {})}
            for one in proof.not_searched
        ],
        "templates": proof.templates,
        "rows_left": proof.rows_left,
        "files": files,
    }


def _searched(one: SearchedAgain) -> dict[str, JsonValue]:
    said: dict[str, JsonValue] = {
        "gallery": one.gallery,
        "revision": one.revision,
        "references": one.references,
        "erased_found": one.erased_found,
        "same_picture": one.same_picture,
        "at_least": one.at_least,
        "entry_id": one.entry_id,
    }
    if one.threshold is not None and one.alike is not None:
        said["threshold"] = decimal(one.threshold.value)
        said["alike"] = one.alike
    return said


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


__all__ = [
    "DOES_NOT_PROVE",
    "RECEIPT_FORMAT",
    "ErasedHere",
    "Notary",
    "Receipt",
    "Verification",
    "make_receipt",
    "read_receipt",
    "verify_receipt",
]
