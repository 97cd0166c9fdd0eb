"""An entry's place: checked hashes to a checkpoint that was signed before, whatever of the entry is withheld."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from countenance.core.errors import ProofInvalid
from countenance.ledger.checkpoint import read_checkpoint
from countenance.ledger.hash_store import MemoryHashStore
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import RunningRoot
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.sealing import parse_sealed_line, sealed_from_json
from countenance.service.account_port import Role, SignedIn
from countenance.service.entry_places import inclusion, place_of
from countenance.service.journal_port import JournalEntry
from countenance.web.console.ledger.sight import sight_of
from tests.support.report_samples import ANNA, START, ReportLedger


def hidden(entry: JournalEntry, role: Role) -> Callable[[str], str | None]:
    """Return what the ledger's pages keep from somebody of a role."""
    sight = sight_of(SignedIn("0" * 32, "A", frozenset({role}), "", START), ANNA)
    return lambda name: sight.hidden(entry, name, reviewing=False)


@pytest.fixture
def ledger() -> ReportLedger:
    made = ReportLedger()
    for _ in range(7):
        made.search("candidates", case_id="ca" * 16, case_number="24-1183")
    return made


@pytest.mark.parametrize("role", [Role.RECORDS, Role.SEARCHER])
def test_a_proof_holds_for_the_entry_as_the_reader_sees_it(ledger: ReportLedger, role: Role) -> None:
    kept = ledger.custody().checkpoint()
    for entry in ledger.journal.entries(from_index=0, limit=100):
        place = place_of(ledger.rows, entry, hidden(entry, role))
        assert place is not None
        document = json.loads(place.document())
        verify_inclusion(
            index=document["index"],
            size=kept.entries,
            leaf_hash=sealed_from_json(document["entry"]).leaf_hash(),
            root=read_checkpoint(document["checkpoint"].encode()).root,
            proof=[bytes.fromhex(one) for one in document["hashes"]],
        )
        is_intent = entry.kind == EntryKind.ACT_INTENDED
        assert ("24-1183" in place.line) is (is_intent and role is Role.RECORDS)


def test_no_checkpoint_that_reaches_it_is_no_place_and_nothing_is_signed(ledger: ReportLedger) -> None:
    entry = ledger.journal.entries(limit=1)[0]
    assert place_of(ledger.rows, entry, hidden(entry, Role.RECORDS)) is None
    ledger.custody().checkpoint()
    ledger.search("nobody")
    newest = ledger.journal.entries(limit=1)[0]
    before = len(ledger.rows.checkpoints())

    assert place_of(ledger.rows, newest, hidden(newest, Role.RECORDS)) is None
    assert place_of(ledger.rows, entry, hidden(entry, Role.RECORDS)) is not None
    assert len(ledger.rows.checkpoints()) == before


def test_a_tree_that_was_made_again_does_not_lead_to_what_was_signed(ledger: ReportLedger) -> None:
    kept = ledger.custody().checkpoint()
    leaves = [parse_sealed_line(row.sealed_line).leaf_hash() for row in ledger.rows.rows[: kept.entries]]
    # Another entry was exchanged, and the whole tree fits it; this entry and its leaf are as they were.
    leaves[5] = bytes(32)
    ledger.rows.store = MemoryHashStore()
    ledger.rows.store.append(0, RunningRoot().extended(leaves)[1])

    with pytest.raises(ProofInvalid):
        inclusion(ledger.rows, 3, kept)


def test_an_entry_that_was_changed_has_no_proof(ledger: ReportLedger) -> None:
    ledger.custody().checkpoint()
    entry = ledger.journal.entries(from_index=3, limit=1)[0]
    row = ledger.rows.rows[3]
    ledger.rows.rows[3] = row._replace(sealed_line=row.sealed_line.replace(b'"kind":"act', b'"kind":"axt'))

    with pytest.raises(ProofInvalid):
        place_of(ledger.rows, entry, hidden(entry, Role.RECORDS))
