"""Inclusion proofs of several entries against one checkpoint, signed when the first is asked for."""

from __future__ import annotations

from countenance.service.entry_places import inclusion, newest_kept
from countenance.service.journal_port import Journal
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.ledger_exports import EntryProof
from countenance.service.ledger_port import KeptCheckpoint, LedgerRows


class Proofs:
    """Proves entries; all of them lead to the same checkpoint unless newer ones are asked for."""

    def __init__(self, rows: LedgerRows, journal: Journal, custody: LedgerCustody) -> None:
        self._rows = rows
        self._journal = journal
        self._custody = custody
        self._kept: KeptCheckpoint | None = None

    def __call__(self, entry_id: str) -> EntryProof:
        """Return one entry with the hashes that lead to the checkpoint; the proof was checked.

        Raises:
            LedgerError: There is no such entry.
            ProofInvalid: The stored tree does not lead to the checkpoint.
        """
        entry = self._journal.entry(entry_id)
        if self._kept is None or entry.index >= self._kept.entries:
            self._kept = self._custody.checkpoint()
        sealed, proof = inclusion(self._rows, entry.index, self._kept)
        return EntryProof(entry, sealed.leaf_hash().hex(), tuple(value.hex() for value in proof), self._kept)


class KeptProofs(Proofs):
    """Proves against the newest checkpoint that was kept; signs one only for an entry that none of them reaches.

    For whoever looks often: looking at the same entries again writes nothing.
    """

    def __call__(self, entry_id: str) -> EntryProof:
        """Return one entry with its proof; see ``Proofs``."""
        if self._kept is None:
            self._kept = newest_kept(self._rows)
        return super().__call__(entry_id)
