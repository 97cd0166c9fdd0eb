"""Entries with their place in the tree, held against a newly signed checkpoint; and the ledger's signature on a text.

What a receipt needs of the ledger, so that whoever gets it can check it without asking again.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from countenance.core.errors import LedgerError
from countenance.ledger.entries import public_reason
from countenance.ledger.merkle import MerkleTree
from countenance.ledger.sealing import parse_sealed_line, sealed_line
from countenance.service.journal_port import Journal
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.ledger_port import EntryRow, LedgerRows


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry fit for outsiders, with its proof.

    Attributes:
        index: Position in the ledger, from 0.
        line: The sealed line; what is personal or typed is withheld.
        hashes: Hashes from its neighbour to the root's children, hex.
    """

    index: int
    line: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProvedEntries:
    """Entries and the signed checkpoint that their proofs lead to."""

    checkpoint: str
    entries: tuple[ProvedEntry, ...]


class EntryProofs:
    """Proves entries and signs with the ledger's key."""

    def __init__(self, rows: LedgerRows, journal: Journal, custody: LedgerCustody) -> None:
        self._rows = rows
        self._journal = journal
        self._custody = custody

    @property
    def verifier_key(self) -> str:
        """Return the public half of the key in use, as text."""
        return str(self._custody.verifier_keys()[-1])

    def prove(self, entry_ids: Sequence[str]) -> ProvedEntries:
        """Return entries with proofs to a checkpoint signed now.

        Raises:
            LedgerError: There is no such entry.
            ProofInvalid: The stored tree does not continue what was signed before.
        """
        kept = self._custody.checkpoint()
        tree = MerkleTree(self._rows.hashes(), kept.entries)
        return ProvedEntries(kept.signed.decode(), tuple(self._prove(entry_id, tree) for entry_id in entry_ids))

    def sign(self, message: bytes) -> str:
        """Return the signature of the ledger's key, base64."""
        return base64.b64encode(self._custody.signing_key().private_key.sign(message)).decode()

    def _prove(self, entry_id: str, tree: MerkleTree) -> ProvedEntry:
        index = self._journal.entry(entry_id).index
        row = next(iter(self._rows.all_rows(index, index + 1)), None)
        if row is None:
            raise LedgerError(f"Entry {index} is missing from the ledger.", remedy="Run `countenance ledger verify`.")
        sealed = parse_sealed_line(EntryRow(*row).sealed_line)
        shown = sealed.withholding(lambda name: public_reason(sealed.kind, name))
        hashes = tuple(value.hex() for value in tree.inclusion_proof(index))
        return ProvedEntry(index, sealed_line(shown).decode(), hashes)
