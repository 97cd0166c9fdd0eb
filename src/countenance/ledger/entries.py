"""Entries: what happened, checked against its kind's fields when it is written.

Rules kept here:

- An entry has a kind, a random identifier, a time, and the fields its kind allows, of the types its kind gives them.
- A person or photo stands in it as a random identifier or as a digest under a key that can be destroyed.
- Messages of errors name fields, never their values.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from countenance.core.errors import LedgerError
from countenance.ledger.field_types import FieldType, FieldValue
from countenance.ledger.kinds import SCHEMAS, EntryKind

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")


def utc_text(moment: datetime) -> str:
    """Return a time as the ledger writes it: UTC, microseconds, ``Z``.

    Raises:
        LedgerError: The time says no time zone.
    """
    if moment.utcoffset() is None:
        raise LedgerError("A time for the ledger needs its time zone.")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def keyed_digest(key: bytes, what: str, data: bytes) -> str:
    """Return the digest that stands for a person or photo in the ledger, as 64 hex digits.

    Nobody without the key can test a guess against it, and destroying the key makes it stand for nobody.

    Args:
        key: At least 32 random bytes, kept outside the ledger.
        what: What kind of thing is digested, such as ``subject``; the same bytes as another thing differ.
        data: What is digested.

    Raises:
        LedgerError: The key is shorter than 32 bytes.

    Source: HMAC-SHA-256, RFC 2104 and FIPS 198-1.
    """
    if len(key) < hashlib.sha256().digest_size:
        raise LedgerError("A key for digests in the ledger has at least 32 bytes.")
    return hmac.digest(key, what.encode() + b"\x00" + data, "sha256").hex()


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, with every field in the clear.

    Attributes:
        kind: What it tells of.
        entry_id: Random identifier, 32 hex digits.
        recorded_at: Time by the operator's clock, with its time zone.
        fields: Name → value, as the kind's schema has them.

    Raises:
        LedgerError: A field is unknown, missing, or of the wrong type.
    """

    kind: EntryKind
    entry_id: str
    recorded_at: datetime
    fields: Mapping[str, FieldValue]

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.entry_id):
            raise LedgerError("An entry's identifier is 32 lower-case hex digits.")
        utc_text(self.recorded_at)
        schema = SCHEMAS[self.kind]
        for name, spec in schema.items():
            if spec.required and name not in self.fields:
                raise LedgerError(f"An entry '{self.kind}' needs the field '{name}'.")
        for name, value in self.fields.items():
            if name not in schema:
                raise LedgerError(f"An entry '{self.kind}' has no field '{name}'.")
            schema[name].check(name, value)


def public_reason(kind: str, name: str) -> str | None:
    """Return why an export for outsiders withholds a field by default, or None if it shows it.

    Fields of kinds unknown to this version are withheld.
    """
    try:
        spec = SCHEMAS[EntryKind(kind)].get(name)
    except ValueError:
        spec = None
    if spec is None:
        return "unknown_field"
    if spec.public:
        return None
    return "typed_text" if spec.type is FieldType.TEXT else "personal"
