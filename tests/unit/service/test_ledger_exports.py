"""Exports and proofs from a live ledger: they verify with both verifiers, withhold what they should, are recorded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest

from countenance.core.errors import LedgerError
from countenance.ledger.checkpoint import read_checkpoint
from countenance.ledger.kinds import EntryKind
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.standalone_verifier import verify as verify_alone
from countenance.ledger.verify import verify_export
from countenance.service.journal import LedgerJournal
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.ledger_exports import LedgerExports, Redaction
from tests.support.ledger_acts import OPERATOR, act_id, gallery_deleted, intent, outcome
from tests.support.memory_journal import CountedBytes, MemoryLedgerRows
from tests.support.memory_ledger_files import MemoryLedgerFiles
from tests.support.settable_clock import SettableClock


@dataclass
class Live:
    """A started ledger with a checkpoint that was handed out early."""

    journal: LedgerJournal
    custody: LedgerCustody
    exports: LedgerExports
    early: bytes

    @property
    def keys(self) -> list[str]:
        return [str(key) for key in self.custody.verifier_keys()]


@pytest.fixture
def live() -> Live:
    rows, random_bytes = MemoryLedgerRows(SettableClock()), CountedBytes()
    journal = LedgerJournal(rows, random_bytes, "0.0.0+test")
    custody = LedgerCustody(
        rows, journal, MemoryLedgerFiles(), random_bytes=random_bytes, origin="", software_version="0.0.0+test"
    )
    custody.start()
    early = custody.checkpoint().signed
    for number in range(4):
        journal.begin_act(act_id(number), intent())
        journal.finish_act(act_id(number), outcome())
    journal.record(*gallery_deleted())
    return Live(journal, custody, LedgerExports(rows, journal, custody), early)


@pytest.mark.parametrize(
    ("redaction", "withheld"), [(Redaction.NONE, 0), (Redaction.DEFAULT, 4 * 3 + 1), (Redaction.EVERYTHING, 4 * 15 + 6)]
)
def test_a_whole_export_verifies_whatever_is_withheld(live: Live, redaction: Redaction, withheld: int) -> None:
    lines: list[bytes] = []
    made = live.exports.whole(lines.append, redaction=redaction, operator_id=OPERATOR, recipient="the board")
    result = verify_export(lines, held=[live.early], keys=live.keys)
    assert result.verified, result.findings
    assert verify_alone(lines, [live.early], live.keys)["verified"]
    assert (result.entries, result.withheld) == (made.entries, made.fields_redacted) == (10, withheld)
    content = b"".join(lines)
    assert (made.size_bytes, made.content_digest) == (len(content), hashlib.sha256(content).hexdigest())
    fields = live.journal.entry(made.recorded.entry_id).fields
    assert fields["content_digest"] == made.content_digest
    assert (fields["recipient"], fields["fields_redacted"]) == ("the board", withheld)
    assert (b"camera 4" in content) == (redaction is Redaction.NONE)
    assert (b"missing_person" in content) == (redaction is not Redaction.EVERYTHING)


def test_a_selection_brings_its_proofs_and_connects_to_earlier_checkpoints(live: Live) -> None:
    denied = [entry for entry in live.journal.entries() if entry.kind == EntryKind.ACT_COMPLETED]
    lines: list[bytes] = []
    chosen = [denied[0].entry_id, denied[2].entry_id, denied[0].entry_id]
    made = live.exports.selection(chosen, lines.append, redaction=Redaction.DEFAULT, operator_id=OPERATOR)
    assert made.entries == 2
    result = verify_export(lines, held=[live.early], keys=live.keys)
    assert result.verified, result.findings
    assert verify_alone(lines, [live.early], live.keys)["verified"]
    with pytest.raises(LedgerError, match="no entry"):
        live.exports.selection(["ab" * 16], lines.append, redaction=Redaction.DEFAULT, operator_id=OPERATOR)


def test_a_proof_leads_from_the_entry_to_the_checkpoint(live: Live) -> None:
    entry = live.journal.entries(limit=3)[2]
    proof = live.exports.prove(entry.entry_id)
    checkpoint = read_checkpoint(proof.checkpoint.signed)
    verify_inclusion(
        index=entry.index,
        size=checkpoint.size,
        leaf_hash=bytes.fromhex(proof.leaf_hash),
        root=checkpoint.root,
        proof=[bytes.fromhex(value) for value in proof.hashes],
    )
    assert proof.entry == entry
