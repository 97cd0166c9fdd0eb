"""Where an entry stands in the tree, against a checkpoint that was signed before; nothing is signed to look."""

from __future__ import annotations

import json
from dataclasses import dataclass

from countenance.ledger.checkpoint import read_checkpoint
from countenance.ledger.merkle import MerkleTree
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.sealing import parse_sealed_line, sealed_line
from countenance.service.journal_port import JournalEntry
from countenance.service.ledger_port import EntryRow, KeptCheckpoint, LedgerRows
from countenance.web.console.ledger.sight import Sight


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


def place_of(rows: LedgerRows, entry: JournalEntry, sight: Sight, *, reviewing: bool) -> Place | None:
    """Return an entry's place under the newest kept checkpoint, or None where none reaches it yet.

    Args:
        rows: The ledger's tables.
        entry: The entry.
        sight: What the reader sees; values they do not see are withheld, their commitments stay.
        reviewing: Whether the review that the entry speaks of goes on.

    Raises:
        ProofInvalid: The stored tree does not lead to the checkpoint.
    """
    kept = max((KeptCheckpoint(*row) for row in rows.checkpoints()), key=lambda one: one.entries, default=None)
    if kept is None or kept.entries <= entry.index:
        return None
    row = EntryRow(*next(iter(rows.all_rows(entry.index, entry.index + 1))))
    sealed = parse_sealed_line(row.sealed_line)
    leaf, root = sealed.leaf_hash(), read_checkpoint(kept.signed).root
    proof = MerkleTree(rows.hashes(), kept.entries).inclusion_proof(entry.index)
    verify_inclusion(index=entry.index, size=kept.entries, leaf_hash=leaf, root=root, proof=proof)
    seen = sealed.withholding(lambda name: sight.hidden(entry, name, reviewing=reviewing))
    hashes = tuple(value.hex() for value in proof)
    return Place(entry.index, leaf.hex(), hashes, root.hex(), kept, sealed_line(seen).decode())
