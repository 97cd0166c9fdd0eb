"""Exports of the ledger for people outside: all of it, or single entries with their proofs.

Rules kept here:

- An export is held against a checkpoint that is signed, kept and remembered first, and brings a proof for every other
  checkpoint that was ever kept, so that whoever holds one of those can compare.
- That an export was made is itself an entry, with the digest of what was handed over.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from countenance.core.errors import LedgerError
from countenance.ledger.entries import public_reason
from countenance.ledger.export import Withholding, export_selection, export_whole, show_everything
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import MerkleTree
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.sealing import SealedEntry, Shown, parse_sealed_line
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import JournalEntry, RecordedEntry
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.ledger_port import EntryRow, KeptCheckpoint, LedgerRows


class Redaction(enum.StrEnum):
    """Which fields an export withholds."""

    DEFAULT = "default"
    """What is personal or typed by an operator: fit for outsiders."""
    EVERYTHING = "everything"
    """All fields: shows only that entries of these kinds were written at these times."""
    NONE = "none"
    """Nothing: for those who may see everything."""


@dataclass(frozen=True, slots=True)
class ExportMade:
    """An export that was written.

    Attributes:
        entries: Entries in it.
        fields_redacted: Fields whose value it withholds.
        size_bytes: Bytes written.
        content_digest: SHA-256 of them, hex.
        checkpoint: The checkpoint it is held against.
        recorded: The entry about it.
    """

    entries: int
    fields_redacted: int
    size_bytes: int
    content_digest: str
    checkpoint: KeptCheckpoint
    recorded: RecordedEntry


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry with its place in the tree.

    Attributes:
        entry: The entry.
        leaf_hash: Its leaf hash, hex.
        hashes: Hashes from its neighbour to the root's children, hex.
        checkpoint: The signed checkpoint that the proof leads to.
    """

    entry: JournalEntry
    leaf_hash: str
    hashes: tuple[str, ...]
    checkpoint: KeptCheckpoint


class LedgerExports:
    """Writes exports and proofs."""

    def __init__(self, rows: LedgerRows, journal: LedgerJournal, custody: LedgerCustody) -> None:
        self._rows = rows
        self._journal = journal
        self._custody = custody

    def whole(
        self, write: Callable[[bytes], object], *, redaction: Redaction, operator_id: str, recipient: str = ""
    ) -> ExportMade:
        """Write every entry there is, line by line, and record it.

        Args:
            write: Takes the lines in order, each with its newline.
            redaction: Which fields are withheld.
            operator_id: Who makes it.
            recipient: For whom, as typed; empty if not said.
        """
        kept = self._custody.checkpoint()
        entries = (_sealed(EntryRow(*row)) for row in self._rows.all_rows(0, kept.entries))
        counted = _Counted(write)
        for line in export_whole(
            signed_checkpoint=kept.signed,
            entries=counted.entries(entries, _rule(redaction)),
            store=self._rows.hashes(),
            withhold=_rule(redaction),
            made_at=_moment(kept),
            other_sizes=self._other_sizes(kept),
        ):
            counted.line(line)
        return self._recorded(counted, kept, operator_id, recipient, first_entry=0)

    def selection(
        self,
        entry_ids: list[str],
        write: Callable[[bytes], object],
        *,
        redaction: Redaction,
        operator_id: str,
        recipient: str = "",
    ) -> ExportMade:
        """Write some entries, each with its proof, and record it; see ``whole``.

        Raises:
            LedgerError: One of them does not exist.
        """
        chosen = sorted({self._index(entry_id) for entry_id in entry_ids})
        kept = self._custody.checkpoint()
        counted = _Counted(write)
        entries = ((index, self._sealed_at(index)) for index in chosen)
        rule = _rule(redaction)
        for line in export_selection(
            signed_checkpoint=kept.signed,
            entries=((index, counted.entry(entry, rule)) for index, entry in entries),
            store=self._rows.hashes(),
            withhold=rule,
            made_at=_moment(kept),
            other_sizes=self._other_sizes(kept),
        ):
            counted.line(line)
        return self._recorded(counted, kept, operator_id, recipient, first_entry=chosen[0] if chosen else 0)

    def prove(self, entry_id: str) -> EntryProof:
        """Return one entry with the hashes that lead to a newly signed checkpoint; the proof was checked.

        Raises:
            LedgerError: There is no such entry.
            ProofInvalid: The stored tree does not lead to the checkpoint.
        """
        entry = self._journal.entry(entry_id)
        kept = self._custody.checkpoint()
        tree = MerkleTree(self._rows.hashes(), kept.entries)
        proof, leaf = tree.inclusion_proof(entry.index), self._sealed_at(entry.index).leaf_hash()
        verify_inclusion(index=entry.index, size=kept.entries, leaf_hash=leaf, root=tree.root(), proof=proof)
        return EntryProof(entry, leaf.hex(), tuple(value.hex() for value in proof), kept)

    def _index(self, entry_id: str) -> int:
        return self._journal.entry(entry_id).index

    def _sealed_at(self, index: int) -> SealedEntry:
        for row in self._rows.all_rows(index, index + 1):
            return _sealed(EntryRow(*row))
        raise LedgerError(f"Entry {index} is missing from the ledger.", remedy="Run `countenance ledger verify`.")

    def _other_sizes(self, kept: KeptCheckpoint) -> list[int]:
        return sorted({size for size, *_ in self._rows.checkpoints() if 0 < size < kept.entries})

    def _recorded(
        self, counted: _Counted, kept: KeptCheckpoint, operator_id: str, recipient: str, first_entry: int
    ) -> ExportMade:
        digest = counted.digest.hexdigest()
        recorded = self._journal.record(
            EntryKind.EXPORT_MADE,
            {
                "operator_id": operator_id,
                "what": "ledger",
                "first_entry": first_entry,
                "entries": counted.count,
                "fields_redacted": counted.redacted,
                "content_digest": digest,
                **({"recipient": recipient} if recipient else {}),
            },
        )
        return ExportMade(counted.count, counted.redacted, counted.size, digest, kept, recorded)


class _Counted:
    """Passes lines on and counts what is in them."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.count = self.redacted = self.size = 0
        self.digest = hashlib.sha256()

    def entry(self, entry: SealedEntry, rule: Withholding) -> SealedEntry:
        self.count += 1
        self.redacted += sum(
            not isinstance(field, Shown) or rule(entry.kind, name) is not None for name, field in entry.fields.items()
        )
        return entry

    def entries(self, entries: Iterator[SealedEntry], rule: Withholding) -> Iterator[SealedEntry]:
        return (self.entry(entry, rule) for entry in entries)

    def line(self, line: bytes) -> None:
        self.size += len(line)
        self.digest.update(line)
        self._write(line)


def _rule(redaction: Redaction) -> Withholding:
    if redaction is Redaction.NONE:
        return show_everything
    if redaction is Redaction.DEFAULT:
        return public_reason
    return _withhold_everything


def _withhold_everything(kind: str, name: str) -> str | None:
    del kind, name
    return "not_disclosed"


def _sealed(row: EntryRow) -> SealedEntry:
    return parse_sealed_line(row.sealed_line)


def _moment(kept: KeptCheckpoint) -> datetime:
    return datetime.fromisoformat(kept.made_at).astimezone(UTC)
