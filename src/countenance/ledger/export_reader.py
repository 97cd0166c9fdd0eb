"""Reading an export line by line: the inverse of ``countenance.ledger.export``, strict about every byte.

Rules kept here:

- A line that is not what the writer would have written is an error that names the line's number.
- Nothing is verified here. Lines are read one at a time, so the size of a file does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import LARGEST_INTEGER, parse_canonical
from countenance.ledger.export import EXPORT_FORMAT
from countenance.ledger.sealing import SealedEntry, sealed_from_json

#: Longest line read, in bytes: an entry with several lists of 1,000 digests has about half a mebibyte.
LONGEST_LINE = 4 * 1024 * 1024
#: Most hashes in a proof: a tree of 2**63 entries needs fewer.
LONGEST_PROOF = 130

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Header:
    """First line: which ledger, and whether all its entries or some."""

    origin: str
    scope: str
    made_at: str


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """The signed checkpoint the file is held against."""

    note: bytes


@dataclass(frozen=True, slots=True)
class ConsistencyLine:
    """A proof that the tree of ``size`` entries continues that of ``older_size``."""

    older_size: int
    size: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry with its place; ``proof`` is None in a whole export."""

    index: int
    entry: SealedEntry
    proof: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class DigestedEntries:
    """What a verification needs of entry lines that follow one another, with indices one apart.

    Attributes:
        index: Place of the first in the ledger.
        leaf_hashes: Their leaf hashes, 32 bytes each, at least one.
        withheld: Fields withheld in them.
        proof: None in a whole export; else there is one entry.
    """

    index: int
    leaf_hashes: Sequence[bytes]
    withheld: int
    proof: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class EndLine:
    """Last line: how many entries there were."""

    entries: int


ExportLine = Header | CheckpointLine | ConsistencyLine | EntryLine | DigestedEntries | EndLine
_Raw = TypeVar("_Raw")


#: What may follow what.
_NEXT: dict[type[ExportLine] | None, tuple[type[ExportLine], ...]] = {
    None: (Header,),
    Header: (CheckpointLine,),
    CheckpointLine: (ConsistencyLine, EntryLine, DigestedEntries, EndLine),
    ConsistencyLine: (ConsistencyLine, EntryLine, DigestedEntries, EndLine),
    EntryLine: (EntryLine, EndLine),
    DigestedEntries: (DigestedEntries, EndLine),
    EndLine: (),
}


def read_lines(lines: Iterable[bytes]) -> Iterator[ExportLine]:
    """Yield the parsed lines of an export, in an order the format allows, ending with the end line.

    Args:
        lines: With or without their line ends; a carriage return before a newline is taken as part of the line end.

    Raises:
        LedgerError: A line is not in the format, not in place, or missing.
    """
    return in_order(lines, parse_line)


def in_order(lines: Iterable[_Raw], parse: Callable[[_Raw], ExportLine]) -> Iterator[ExportLine]:
    """Yield what ``parse`` makes of each item, in an order the format allows; see ``read_lines``."""
    previous: type[ExportLine] | None = None
    number = 1
    for raw in lines:
        try:
            line = parse(raw)
        except LedgerError as error:
            raise LedgerError(f"Line {number}: {error.message}") from error
        if type(line) not in _NEXT[previous]:
            raise LedgerError(f"Line {number}: This kind of line does not belong here.")
        previous = type(line)
        yield line
        number += len(line.leaf_hashes) if isinstance(line, DigestedEntries) else 1
    if previous is not EndLine:
        raise LedgerError(f"Line {number}: The file breaks off before its end line.")


def without_line_end(raw: bytes) -> bytes:
    """Return a line without its newline, and without a carriage return before that."""
    return raw.removesuffix(b"\n").removesuffix(b"\r")


def parse_line(raw: bytes) -> ExportLine:
    """Return one line of an export.

    Raises:
        LedgerError: It is not in the format.
    """
    data = without_line_end(raw)
    if len(data) > LONGEST_LINE:
        raise LedgerError(f"The line is longer than {LONGEST_LINE} bytes.")
    record = parse_canonical(data)
    if not isinstance(record, dict):
        raise LedgerError("The line is not an object.")
    what = record.pop("line", None)
    names = set(record)
    if what == "entry" and names in ({"index", "entry"}, {"index", "entry", "proof"}):
        proof = _hashes(record["proof"]) if "proof" in names else None
        return EntryLine(_count(record["index"]), sealed_from_json(record["entry"]), proof)
    if what == "consistency" and names == {"older_size", "size", "proof"}:
        return ConsistencyLine(_count(record["older_size"]), _count(record["size"]), _hashes(record["proof"]))
    if what == "header" and names == {"format", "origin", "scope", "made_at"}:
        return _header(record)
    if what == "checkpoint" and names == {"note"}:
        return CheckpointLine(_text(record["note"]).encode())
    if what == "end" and names == {"entries"}:
        return EndLine(_count(record["entries"]))
    raise LedgerError("The line is of no known kind, or has other members than its kind.")


def _header(record: dict[str, object]) -> Header:
    if record["format"] != EXPORT_FORMAT:
        raise LedgerError(f"The file is not of the format {EXPORT_FORMAT}.")
    if record["scope"] not in ("whole", "selection"):
        raise LedgerError("The scope is neither whole nor selection.")
    return Header(_text(record["origin"]), _text(record["scope"]), _text(record["made_at"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise LedgerError("A member that is text is something else.")
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_INTEGER:
        raise LedgerError("A member that is a count is something else.")
    return value


def _hashes(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > LONGEST_PROOF:
        raise LedgerError("A proof is not a list of hashes.")
    if not all(isinstance(element, str) and _HASH.fullmatch(element) for element in value):
        raise LedgerError("A hash in a proof is not 64 hex digits.")
    return tuple(bytes.fromhex(element) for element in value)
