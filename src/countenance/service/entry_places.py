"""Where an entry stands in the tree, against a checkpoint that was signed before; nothing is signed to look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from countenance.ledger.checkpoint import read_checkpoint
from countenance.ledger.merkle import MerkleTree
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.sealing import SealedEntry, parse_sealed_line, sealed_line
from countenance.service.journal_port import JournalEntry
from countenance.service.ledger_port import EntryRow, KeptCheckpoint, LedgerRows


@dataclass(frozen=True, slots=True)
class Place:
    """An entry's place in the tree; the proof was checked.

    Attributes:
        index: Its number, from 0.
        leaf_hash: Its leaf hash, hex.
        hashes: Hashes from its neighbour to the root's children, hex.
        root: The checkpoint's root, hex.
        checkpoint: The signed checkpoint.
        line: The sealed line as the reader may see it.
    """

    index: int
    leaf_hash: str
    hashes: tuple[str, ...]
    root: str
    checkpoint: KeptCheckpoint
    line: str

    def document(self) -> str:
        """Return the proof as JSON, complete: line, hashes and signed checkpoint."""
        parts = {
            "schema": "countenance.entry-proof/1",
            "index": self.index,
            "entry": json.loads(self.line),
            "leaf_hash": self.leaf_hash,
            "hashes": list(self.hashes),
            "checkpoint": self.checkpoint.signed.decode(),
        }
        return json.dumps(parts, indent=2, ensure_ascii=False) + "\n"


def newest_kept(rows: LedgerRows) -> KeptCheckpoint | None:
    """Return the kept checkpoint that reaches furthest, or None if there is none."""
    return max((KeptCheckpoint(*row) for row in rows.checkpoints()), key=lambda one: one.entries, default=None)


def inclusion(rows: LedgerRows, index: int, kept: KeptCheckpoint) -> tuple[SealedEntry, tuple[bytes, ...]]:
    """Return an entry as sealed, and the hashes that lead from it to a checkpoint's root; the proof was checked.

    Args:
        rows: The ledger's tables.
        index: The entry's number, from 0; the checkpoint reaches it.
        kept: The checkpoint.

    Raises:
        ProofInvalid: Entry and stored tree do not lead to the root that was signed.
    """
    row = EntryRow(*next(iter(rows.all_rows(index, index + 1))))
    sealed = parse_sealed_line(row.sealed_line)
    proof = tuple(MerkleTree(rows.hashes(), kept.entries).inclusion_proof(index))
    root = read_checkpoint(kept.signed).root
    verify_inclusion(index=index, size=kept.entries, leaf_hash=sealed.leaf_hash(), root=root, proof=proof)
    return sealed, proof


def place_of(rows: LedgerRows, entry: JournalEntry, withheld: Callable[[str], str | None]) -> Place | None:
    """Return an entry's place under the newest kept checkpoint, or None where none reaches it yet.

    Args:
        rows: The ledger's tables.
        entry: The entry.
        withheld: Name of a field → why the reader does not see its value, or None if they do; commitments stay.

    Raises:
        ProofInvalid: Entry and stored tree do not lead to the root that was signed.
    """
    kept = newest_kept(rows)
    if kept is None or kept.entries <= entry.index:
        return None
    sealed, proof = inclusion(rows, entry.index, kept)
    return Place(
        index=entry.index,
        leaf_hash=sealed.leaf_hash().hex(),
        hashes=tuple(value.hex() for value in proof),
        root=read_checkpoint(kept.signed).root.hex(),
        checkpoint=kept,
        line=sealed_line(sealed.withholding(withheld)).decode(),
    )
