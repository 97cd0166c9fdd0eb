"""What a field of a ledger entry may hold: closed types, each with the one text form it has.

Rules kept here:

- Values are text, whole numbers, yes/no, or lists of the first two. A fraction is a decimal in text.
- A person appears as a random identifier or a keyed digest. No type holds bytes, so no photo and no template fits.
- ``TEXT`` is what an operator typed. It may name somebody against the rules, so a schema never marks it public, and
  since only a salted commitment of it is in the tree, it can be taken out later without breaking the tree.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import LARGEST_INTEGER

FieldValue = str | int | bool | tuple[str, ...] | tuple[int, ...]

#: Longest text an operator can put into an entry, in characters: about a page.
LONGEST_TEXT = 4000
#: Most elements in a list: a bulk enrolment writes one entry for up to this many photos.
LONGEST_LIST = 1000


class FieldType(enum.StrEnum):
    """The type of a field's value."""

    WORD = "word"
    """A word of a vocabulary, a version or a rule's name: letters, digits and ``_ . : / @ + -``, up to 128."""
    IDENTIFIER = "identifier"
    """A random identifier: 32 lower-case hex digits."""
    DIGEST = "digest"
    """SHA-256 of a document, model or policy: 64 lower-case hex digits."""
    KEYED_DIGEST = "keyed digest"
    """HMAC-SHA-256 under a key that can be destroyed: 64 lower-case hex digits."""
    DECIMAL = "decimal"
    """A number as digits, such as ``0.494``."""
    COUNT = "count"
    """A whole number, 0 or more."""
    INTEGER = "integer"
    """A whole number."""
    FLAG = "flag"
    """Yes or no."""
    TIME = "time"
    """A UTC time to the microsecond, such as ``2026-08-01T09:30:00.000000Z``."""
    TEXT = "text"
    """What an operator typed, up to 4,000 characters."""
    SENTENCE = "sentence"
    """A sentence this software wrote, such as a rule's reason; it names no person. Same length as TEXT."""


_PATTERNS = {
    FieldType.WORD: re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,127}"),
    FieldType.IDENTIFIER: re.compile(r"[0-9a-f]{32}"),
    FieldType.DIGEST: re.compile(r"[0-9a-f]{64}"),
    FieldType.KEYED_DIGEST: re.compile(r"[0-9a-f]{64}"),
    FieldType.DECIMAL: re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?"),
    FieldType.TIME: re.compile(
        r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
    ),
    FieldType.TEXT: re.compile(rf"[^\ud800-\udfff]{{1,{LONGEST_TEXT}}}"),
    FieldType.SENTENCE: re.compile(rf"[^\ud800-\udfff]{{1,{LONGEST_TEXT}}}"),
}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What one field of an entry kind may hold.

    Attributes:
        type: Type of the value, or of each element.
        required: Whether an entry of the kind must have the field.
        public: Whether an export for outsiders shows it unless told otherwise. Never true for ``TEXT``.
        many: Whether the value is a list (a tuple) of the type, in an order that means something.
    """

    type: FieldType
    required: bool = False
    public: bool = True
    many: bool = False

    def __post_init__(self) -> None:
        if self.public and self.type is FieldType.TEXT:
            raise LedgerError("A field that an operator types into is never public.")

    def check(self, name: str, value: FieldValue) -> None:
        """Return if the value is of this type.

        Raises:
            LedgerError: It is not. The message names the field and never repeats the value.
        """
        if self.many:
            if not isinstance(value, tuple) or len(value) > LONGEST_LIST:
                raise LedgerError(f"Field '{name}' is not a tuple of up to {LONGEST_LIST} elements.")
            if not all(_fits(self.type, element) for element in value):
                raise LedgerError(f"Field '{name}' has an element that is not a {self.type}.")
        elif not _fits(self.type, value):
            raise LedgerError(f"Field '{name}' is not a {self.type}.")


def _fits(expected: FieldType, value: object) -> bool:
    if expected is FieldType.FLAG:
        return isinstance(value, bool)
    if expected in (FieldType.COUNT, FieldType.INTEGER):
        lowest = 0 if expected is FieldType.COUNT else -LARGEST_INTEGER
        return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= LARGEST_INTEGER
    return isinstance(value, str) and _PATTERNS[expected].fullmatch(value) is not None
