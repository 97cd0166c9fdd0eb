"""Sealed entries: the form that is stored, exported and hashed, in which a field can be withheld later.

Rules kept here:

- Each field goes into the tree as a salted commitment: SHA-256 over the canonical JSON ``[salt, name, value]``, the
  salt being 16 random bytes as 32 hex digits. Whoever is shown salt and value can check the commitment; whoever is not
  learns nothing from it, however few values are possible.
- The leaf's data is the canonical JSON of kind, identifier, time and all commitments by field name. So a line with any
  fields withheld has the same leaf hash as the line with all of them.
- What is sealed is never sealed again with other salts: the stored line is the entry.

A stored line, with one field shown and one withheld::

    {"fields":{"gallery_id":{"salt":"…32 hex…","value":"…32 hex…"},
               "reason":{"commitment":"…64 hex…","reason":"typed_text"}},
     "id":"…32 hex…","kind":"gallery_deleted","time":"2026-08-01T09:30:00.000000Z","v":1}

Source: salted hashes of single claims are the method of RFC 9901 (SD-JWT), here over canonical JSON.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import JsonValue, canonical_text, parse_canonical
from countenance.ledger.entries import Entry, utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import SCHEMAS, EntryKind
from countenance.ledger.merkle import leaf_hash

#: Version of the leaf's form; part of every leaf, so that another form can never be mistaken for this one.
LEAF_VERSION = 1
#: Salt length in bytes: guessing a withheld value means guessing 128 bits. Source: the least that RFC 9901 (SD-JWT)
#: recommends under "Entropy of the Salt".
SALT_BYTES = 16
#: Length of the secret that one entry's salts are derived from, in bytes.
SEED_BYTES = 32

_MEMBERS = {"fields", "id", "kind", "time", "v"}
_SHOWN = {"salt", "value"}
_WITHHELD = {"commitment", "reason"}
_is_identifier = re.compile(r"[0-9a-f]{32}").fullmatch
_is_commitment = re.compile(r"[0-9a-f]{64}").fullmatch
_is_name = re.compile(r"[a-z][a-z0-9_]{0,63}").fullmatch
_is_time = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
).fullmatch
#: Names that need no closer look when a line is read.
_KNOWN_NAMES = frozenset(name for schema in SCHEMAS.values() for name in schema)


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with its value and the salt that opens its commitment (32 hex digits)."""

    salt: str
    value: FieldValue

    def committed(self, name: str) -> str:
        """Return the field's commitment, computed from what is shown."""
        return commitment(self.salt, name, self.value)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A field without its value: the commitment (64 hex digits) and why it is withheld (a short code)."""

    commitment: str
    reason: str

    def committed(self, name: str) -> str:
        """Return the field's commitment, as given."""
        del name
        return self.commitment


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry as it is stored, exported and hashed; some fields may be withheld.

    Attributes:
        kind: What it tells of; a plain word, since a newer version's kinds can be verified without being known.
        entry_id: Random identifier, 32 hex digits.
        recorded_at: Time as text, UTC.
        fields: Name → value with salt, or commitment.
    """

    kind: str
    entry_id: str
    recorded_at: str
    fields: Mapping[str, Shown | Withheld]

    def leaf_data(self) -> bytes:
        """Return the bytes whose hash is the leaf: the same whatever is withheld."""
        commitments = ",".join([f'"{name}":"{field.committed(name)}"' for name, field in sorted(self.fields.items())])
        # Put together by hand, since this is most of the work of verifying; no member but the fields needs escaping.
        # A test holds it against ``canonical_bytes``.
        return (
            f'{{"fields":{{{commitments}}},"id":"{self.entry_id}","kind":"{self.kind}",'
            f'"time":"{self.recorded_at}","v":{LEAF_VERSION}}}'
        ).encode()

    def leaf_hash(self) -> bytes:
        """Return the entry's leaf hash in the tree, 32 bytes."""
        return leaf_hash(self.leaf_data())

    def withholding(self, reason_of: Callable[[str], str | None]) -> SealedEntry:
        """Return the entry with fields withheld; its leaf hash stays the same.

        Args:
            reason_of: Field name → why it is withheld (a short code), or None to show it.
        """
        fields: dict[str, Shown | Withheld] = {}
        for name, field in self.fields.items():
            reason = reason_of(name) if isinstance(field, Shown) else None
            if isinstance(field, Shown) and reason is not None:
                fields[name] = Withheld(commitment(field.salt, name, field.value), _named(reason))
            else:
                fields[name] = field
        return SealedEntry(self.kind, self.entry_id, self.recorded_at, fields)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the entry as JSON members, for ``canonical_bytes``."""
        fields: dict[str, JsonValue] = {
            name: {"commitment": field.commitment, "reason": field.reason}
            if isinstance(field, Withheld)
            else {"salt": field.salt, "value": field.value}
            for name, field in self.fields.items()
        }
        return {
            "fields": fields,
            "id": self.entry_id,
            "kind": self.kind,
            "time": self.recorded_at,
            "v": LEAF_VERSION,
        }


def commitment(salt: str, name: str, value: FieldValue) -> str:
    """Return the commitment of one field, 64 hex digits: SHA-256 over the canonical JSON ``[salt, name, value]``."""
    return hashlib.sha256(f'["{salt}","{name}",{canonical_text(value)}]'.encode()).hexdigest()


def seal(entry: Entry, seed: bytes) -> SealedEntry:
    """Return the entry with a salt for each field.

    Args:
        entry: What happened.
        seed: 32 fresh random bytes, used for this entry alone. Each salt is HMAC-SHA-256(seed, name), cut to 16 bytes,
            so showing one salt tells nothing of the others; the seed itself need not be kept.

    Raises:
        LedgerError: The seed is not 32 bytes.
    """
    if len(seed) != SEED_BYTES:
        raise LedgerError(f"An entry is sealed with {SEED_BYTES} random bytes.")
    fields = {
        name: Shown(hmac.digest(seed, name.encode(), "sha256")[:SALT_BYTES].hex(), value)
        for name, value in entry.fields.items()
    }
    return SealedEntry(entry.kind.value, entry.entry_id, utc_text(entry.recorded_at), fields)


def open_entry(sealed: SealedEntry) -> Entry:
    """Return the entry in the clear: the inverse of ``seal``.

    Raises:
        LedgerError: A field is withheld, or the entry does not fit its kind.
    """
    fields: dict[str, FieldValue] = {}
    for name, field in sealed.fields.items():
        if isinstance(field, Withheld):
            raise LedgerError(f"Field '{name}' of an entry is withheld ({field.reason}), so it cannot be read whole.")
        fields[name] = field.value
    try:
        kind = EntryKind(sealed.kind)
    except ValueError as error:
        raise LedgerError(f"Entries of kind '{sealed.kind[:64]}' are not known to this version.") from error
    try:
        moment = datetime.fromisoformat(sealed.recorded_at).astimezone(UTC)
    except ValueError as error:
        raise LedgerError("An entry's time is not a day of the calendar.") from error
    return Entry(kind, sealed.entry_id, moment, fields)


def sealed_line(sealed: SealedEntry) -> bytes:
    """Return the sealed entry as one line of canonical JSON, without a newline: what storage keeps.

    Raises:
        LedgerError: A text holds half of a surrogate pair, which is not Unicode text.
    """
    # Put together by hand for the same reason as ``leaf_data``; a test holds it against ``canonical_bytes``.
    fields = ",".join(
        [
            f'"{name}":{{"salt":"{field.salt}","value":{canonical_text(field.value)}}}'
            if isinstance(field, Shown)
            else f'"{name}":{{"commitment":"{field.commitment}","reason":"{field.reason}"}}'
            for name, field in sorted(sealed.fields.items())
        ]
    )
    line = (
        f'{{"fields":{{{fields}}},"id":"{sealed.entry_id}","kind":"{sealed.kind}",'
        f'"time":"{sealed.recorded_at}","v":{LEAF_VERSION}}}'
    )
    try:
        return line.encode()
    except UnicodeEncodeError as error:
        raise LedgerError("A text for the ledger holds half of a surrogate pair, which is not Unicode text.") from error


def parse_sealed_line(line: bytes) -> SealedEntry:
    """Return the sealed entry of a line: the inverse of ``sealed_line``.

    Raises:
        LedgerError: The line is not a sealed entry in its one canonical form.
    """
    return sealed_from_json(parse_canonical(line))


def sealed_from_json(record: object) -> SealedEntry:
    """Return the sealed entry of JSON members: the inverse of ``SealedEntry.to_json``.

    Only the form is checked, not the kind's schema, so that entries of a newer version can still be verified.

    Raises:
        LedgerError: The members are not those of a sealed entry.
    """
    if not isinstance(record, dict) or record.keys() != _MEMBERS:
        raise LedgerError("An entry has exactly the members fields, id, kind, time and v.")
    fields, entry_id, kind, time = record["fields"], record["id"], record["kind"], record["time"]
    if type(record["v"]) is not int or record["v"] != LEAF_VERSION:
        raise LedgerError(f"An entry is not of version {LEAF_VERSION}.")
    if not (type(entry_id) is str and type(kind) is str and type(time) is str):
        raise LedgerError("An entry's identifier, kind or time is not text.")
    if not (_is_identifier(entry_id) and _is_name(kind) and _is_time(time)):
        raise LedgerError("An entry's identifier, kind or time is malformed.")
    if not isinstance(fields, dict):
        raise LedgerError("An entry's fields are not members by name.")
    return SealedEntry(kind, entry_id, time, {name: _field_from_json(name, field) for name, field in fields.items()})


def _field_from_json(name: str, record: object) -> Shown | Withheld:
    if (name not in _KNOWN_NAMES and not _is_name(name)) or not isinstance(record, dict):
        raise LedgerError("A field of an entry is malformed.")
    if record.keys() == _SHOWN:
        salt = record["salt"]
        if type(salt) is not str or not _is_identifier(salt):
            raise LedgerError(f"The salt of field '{name}' is not {2 * SALT_BYTES} hex digits.")
        return Shown(salt, _value_from_json(name, record["value"]))
    if record.keys() == _WITHHELD:
        digest, reason = record["commitment"], record["reason"]
        if not (type(digest) is str and type(reason) is str and _is_commitment(digest) and _is_name(reason)):
            raise LedgerError(f"The commitment or reason of field '{name}' is malformed.")
        return Withheld(digest, reason)
    raise LedgerError(f"Field '{name}' is neither shown (salt, value) nor withheld (commitment, reason).")


def _value_from_json(name: str, value: object) -> FieldValue:
    if type(value) is str or type(value) is int or type(value) is bool:
        return value
    if isinstance(value, list):
        if all(type(element) is str for element in value):
            return tuple(value)
        if all(type(element) is int for element in value):
            return tuple(value)
    raise LedgerError(f"Field '{name}' holds a value of no known type.")


def _named(reason: str) -> str:
    if not _is_name(reason):
        raise LedgerError("A reason for withholding is a short code: lower-case letters, digits and underscores.")
    return reason
