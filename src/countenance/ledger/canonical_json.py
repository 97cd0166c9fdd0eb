"""One way to write a record as bytes: the part of RFC 8785 (JSON Canonicalization Scheme) that the ledger needs.

Rules kept here:

- Values are objects, arrays, strings, whole numbers from -(2**53 - 1) to 2**53 - 1, ``true`` and ``false``. There is
  no ``null`` (what is absent is left out) and no fraction (decimals are strings, such as ``"0.494"``).
- UTF-8, no white space; members sorted by name. Names are ASCII, so that sorting by code point and by UTF-16 code
  unit, as RFC 8785 section 3.2.3 asks, are the same.
- Strings escape ``"``, ``\\``, ``\\b``, ``\\f``, ``\\n``, ``\\r``, ``\\t`` and, as ``\\u00xx`` in lower case, the other
  control characters; nothing else (RFC 8785 section 3.2.2.2). Unicode is not normalised. Lone surrogates are refused.
- A reader takes only what a writer would have written: the text must come out again, byte for byte. That also refuses
  a repeated member name, which two readers could understand in two ways.

Source: RFC 8785; the range of whole numbers is that of RFC 7493 (I-JSON) section 2.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from countenance.core.errors import LedgerError

#: Largest whole number that every JSON reader keeps exactly. Source: RFC 7493 section 2.2.
LARGEST_INTEGER = 2**53 - 1

JsonValue = str | int | bool | Sequence["JsonValue"] | Mapping[str, "JsonValue"]

_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode
_quoted: Callable[[str], str] = json.encoder.encode_basestring


def canonical_text(value: str | int | bool | Sequence[str] | Sequence[int]) -> str:
    """Return the canonical text of a single value or a list, for records built piece by piece.

    The same text as in ``canonical_bytes``, several times faster; the caller has checked that numbers are in range.
    """
    # A member of a string enumeration is a string, too, and must not be taken for a list of its letters.
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "[" + ",".join([canonical_text(element) for element in value]) + "]"


def canonical_bytes(value: JsonValue) -> bytes:
    """Return the only bytes that stand for a value.

    Raises:
        LedgerError: The value holds something outside the subset: a fraction, ``None``, a name that is not ASCII, a
            whole number out of range, a lone surrogate.
    """
    _require_subset(value)
    try:
        return _write(value).encode()
    except UnicodeEncodeError as error:
        raise LedgerError("A text for the ledger holds half of a surrogate pair, which is not Unicode text.") from error


def parse_canonical(data: bytes) -> JsonValue:
    """Return the value that canonical bytes stand for; arrays as lists, objects as dicts.

    Raises:
        LedgerError: The bytes are not JSON, leave the subset, or are not what ``canonical_bytes`` would have written.
    """
    try:
        value: JsonValue = _read(data.decode())
        written = _write(value).encode()
    except (ValueError, RecursionError) as error:
        raise LedgerError("The bytes are not JSON text in UTF-8 as the ledger writes it.") from error
    if written != data:
        raise LedgerError("The bytes are JSON, but not in the one form the ledger writes.")
    # All else that leaves the subset was refused while reading; the walk is needed for these two alone.
    if b"null" in data or not data.isascii():
        _require_subset(value)
    return value


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not a whole number")


def _whole_number(text: str) -> int:
    # Sixteen digits and a sign are enough for the range; int() of very long text would be slow.
    if len(text) > 17 or abs(number := int(text)) > LARGEST_INTEGER:
        raise ValueError("a whole number is out of range")
    return number


_read = json.JSONDecoder(parse_int=_whole_number, parse_float=_refuse_number, parse_constant=_refuse_number).decode


def _require_subset(value: object) -> None:
    if isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise LedgerError(f"A whole number for the ledger is beyond {LARGEST_INTEGER}.")
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise LedgerError("A member name for the ledger is not ASCII text.")
            _require_subset(member)
    elif isinstance(value, list | tuple):
        for element in value:
            _require_subset(element)
    else:
        raise LedgerError(f"A value of type {type(value).__name__} cannot be written to the ledger.")
