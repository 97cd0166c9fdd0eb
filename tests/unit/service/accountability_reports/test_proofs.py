"""Proofs for whoever looks often: they hold, and looking at the same entries again signs nothing."""

from __future__ import annotations

import pytest

from countenance.core.errors import LedgerError
from countenance.ledger.checkpoint import read_checkpoint
from countenance.ledger.proofs import verify_inclusion
from countenance.service.accountability_reports.proofs import KeptProofs, Proofs
from countenance.service.ledger_exports import EntryProof
from countenance.service.ledger_port import KeptCheckpoint
from tests.support.report_samples import ReportLedger


def holds(proof: EntryProof) -> bool:
    verify_inclusion(
        index=proof.entry.index, size=proof.checkpoint.entries, leaf_hash=bytes.fromhex(proof.leaf_hash),
        root=read_checkpoint(proof.checkpoint.signed).root, proof=[bytes.fromhex(one) for one in proof.hashes],
    )  # fmt: skip
    return True


def test_entries_that_a_kept_checkpoint_reaches_are_proved_against_it_and_nothing_is_signed() -> None:
    ledger = ReportLedger()
    custody = ledger.custody()
    entries = []
    for _ in range(5):
        ledger.refusal()
        entries.append(ledger.journal.entries(limit=1)[0].entry_id)
    first = KeptProofs(ledger.rows, ledger.journal, custody)(entries[2])
    assert holds(first)
    kept = [KeptCheckpoint(*row) for row in ledger.rows.checkpoints()]
    for entry_id in entries:
        proof = KeptProofs(ledger.rows, ledger.journal, custody)(entry_id)
        assert holds(proof)
        assert proof.checkpoint == first.checkpoint
    assert [KeptCheckpoint(*row) for row in ledger.rows.checkpoints()] == kept
    Proofs(ledger.rows, ledger.journal, custody)(entries[0])
    assert len(ledger.rows.checkpoints()) == len(kept) + 1


def test_an_entry_that_none_reaches_is_proved_against_one_that_is_signed_now() -> None:
    ledger = ReportLedger()
    custody = ledger.custody()
    ledger.refusal()
    custody.checkpoint()
    ledger.refusal()
    newest = ledger.journal.entries(limit=1)[0]
    proof = KeptProofs(ledger.rows, ledger.journal, custody)(newest.entry_id)
    assert holds(proof)
    assert proof.checkpoint.entries == newest.index + 1


def test_an_entry_that_there_is_not_has_no_proof() -> None:
    ledger = ReportLedger()
    proofs = KeptProofs(ledger.rows, ledger.journal, ledger.custody())
    with pytest.raises(LedgerError):
        proofs("0" * 32)
