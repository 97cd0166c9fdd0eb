"""Entry lines digested without building their values: several times faster than parsing, and never more lenient.

Rules kept here:

- A line is digested here only if it matches, byte for byte, the form that ``export_reader`` and ``sealing`` accept;
  anything else (a rare but allowed form as well) is left to them. So they alone refuse lines and word the refusals.
- The values themselves are never decoded: a commitment is a hash over the very bytes that stand in the line, which the
  canonical form allows.

A test holds this against the slow reader, on sound lines and on lines with any byte changed.
"""

from __future__ import annotations

import hashlib
import itertools
import re

from countenance.ledger.sealing import LEAF_VERSION

_PLAIN = rb'"[^"\\\x00-\x1f]*"'
#: Canonical escapes only: the short ones, and \u00xx for the control characters that have none.
_TEXT = rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f])))*"'
#: Up to 15 digits: all of them are in range. Longer numbers are left to the slow reader.
_NUMBER = rb"(?:0|-?[1-9][0-9]{0,14})"
_LIST = rb"\[(?:(?:%b)(?:,(?:%b))*|%b(?:,%b)*)?\]" % (_TEXT, _TEXT, _NUMBER, _NUMBER)
_VALUE = rb"(?:%b|%b|true|false|%b|%b)" % (_PLAIN, _NUMBER, _LIST, _TEXT)
_NAME = rb"[a-z][a-z0-9_]{0,63}"
#: Names, salts, commitments and reasons are taken as they come and checked together afterwards.
_fields = re.compile(
    rb'"([^"]+)":\{"(?:salt":"([^"]{32})","value":(%b)|commitment":"([^"]{64})","reason":"([^"]+)")\}(?:,|\Z)' % _VALUE
).findall
_entry = re.compile(
    rb'\{"entry":\{"fields":\{(.*)\},("id":"[0-9a-f]{32}","kind":"%b",'
    rb'"time":"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
    rb'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"),"v":%d\},'
    rb'"index":(0|[1-9][0-9]{0,14}),"line":"entry"\}' % (_NAME, LEAF_VERSION),
    re.DOTALL,
).fullmatch
_is_name = re.compile(_NAME).fullmatch
_HEX = b"0123456789abcdef"
#: Bytes of a field beside its name and value: "":{"salt":"32 digits","value":} and the comma.
_BESIDE_SHOWN = len(b'"":{"salt":"","value":},') + 32
_BESIDE_WITHHELD = len(b'"":{"commitment":"","reason":""},') + 64
_HEAD, _TAIL = b'\x00{"fields":{', b',"v":%d}' % LEAF_VERSION
#: Parts of what a commitment is made over: ["salt","name",value]
_OPEN, _MIDDLE, _VALUE_FOLLOWS, _CLOSE = b'["', b'","', b'",', b"]"

#: Sequences of names seen to be well formed, sorted and without repetition; entries of one kind have few.
_known_names: set[tuple[bytes, ...]] = set()
#: Most sequences kept, so that a made-up file cannot fill the memory.
_MOST_KNOWN = 4096


def digest_entry_line(line: bytes) -> tuple[int, bytes, int] | None:
    """Return (index, leaf hash, number of withheld fields) of an entry line of a whole export, or None.

    Args:
        line: The line without its line end.

    None means: not digested here; read it with ``countenance.ledger.export_reader``.
    """
    matched = _entry(line)
    if matched is None:
        return None
    section, rest, index = matched.groups()
    if not line.isascii():
        try:
            line.decode()
        except UnicodeDecodeError:
            return None
    found = _fields(section)
    if not found:
        return None
    names, salts, values, commitments, reasons = zip(*found, strict=True)
    if names not in _known_names and not _are_in_order(names):
        return None
    withheld = salts.count(b"")
    beside = withheld * _BESIDE_WITHHELD + (len(found) - withheld) * _BESIDE_SHOWN
    # What the pattern passed over between two matches, or before and after them, would be missing from the sum.
    if beside + len(b"".join(names + values + reasons)) != len(section) + 1:
        return None
    if b"".join(salts + commitments).strip(_HEX) or (withheld and not all(_is_name(r) for r in reasons if r)):
        return None
    digest, join = hashlib.sha256, b"".join
    members = [
        f'"{name.decode()}":"{digest(join((_OPEN, salt, _MIDDLE, name, _VALUE_FOLLOWS, value, _CLOSE))).hexdigest()}"'
        if salt
        else f'"{name.decode()}":"{commitment.decode()}"'
        for name, salt, value, commitment, _ in found
    ]
    leaf = digest(join((_HEAD, ",".join(members).encode(), b"},", rest, _TAIL))).digest()
    return int(index), leaf, withheld


def _are_in_order(names: tuple[bytes, ...]) -> bool:
    if not all(_is_name(name) for name in names) or any(first >= second for first, second in itertools.pairwise(names)):
        return False
    if len(_known_names) < _MOST_KNOWN:
        _known_names.add(names)
    return True
