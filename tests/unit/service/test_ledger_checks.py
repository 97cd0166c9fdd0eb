"""The stored ledger, checked: what is said of each kind of damage. A thousand random ones are in tests/storage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from countenance.ledger.checkpoint import Checkpoint, sign_checkpoint
from countenance.ledger.entries import public_reason
from countenance.ledger.findings import Verification
from countenance.ledger.merkle import EMPTY_ROOT, MerkleTree
from countenance.ledger.sealing import parse_sealed_line, sealed_line
from countenance.ledger.signing_keys import SigningKey
from countenance.service.journal import entry_of
from countenance.service.ledger_checks import HeldCheckpoint, check_stored
from countenance.service.ledger_port import KeptCheckpoint
from tests.support.ledger_acts import act_id, gallery_deleted, intent
from tests.support.ledger_samples import signing_key
from tests.support.memory_journal import MemoryLedgerRows, memory_journal
from tests.support.settable_clock import SettableClock

KEY = signing_key()


@pytest.fixture
def rows() -> MemoryLedgerRows:
    made = MemoryLedgerRows(SettableClock())
    journal = memory_journal(rows=made)
    journal.begin_act(act_id(1), intent())
    journal.record_many([gallery_deleted(act_id(number)) for number in range(5)])
    return made


def signed(rows: MemoryLedgerRows, size: int, key: SigningKey = KEY) -> bytes:
    return sign_checkpoint(Checkpoint(key.name, size, MerkleTree(rows.store, size).root()), key)


def check(rows: MemoryLedgerRows, *notes: bytes) -> Verification:
    held = [HeldCheckpoint(f"Checkpoint {number}", note, outside=True) for number, note in enumerate(notes)]
    return check_stored(rows, held, [KEY.verifier_key()])


def codes(result: Verification) -> list[str]:
    return [finding.code for finding in result.findings]


def test_a_sound_ledger_verifies_and_says_what_was_compared(rows: MemoryLedgerRows) -> None:
    result = check(rows, signed(rows, 2), signed(rows, 6), signed(rows, 6).replace(b"\n", b"\r\n"))
    assert result.verified
    assert result.entries == 6
    assert codes(result) == ["entries_in_order", "tree_matches"] + ["checkpoint_continued"] * 3
    assert "first 2 of 6 entries" in result.findings[2].text
    assert not any("no checkpoint from outside" in text for text in result.not_shown)


def test_an_empty_ledger_verifies(rows: MemoryLedgerRows) -> None:
    empty = MemoryLedgerRows(SettableClock())
    note = sign_checkpoint(Checkpoint(KEY.name, 0, EMPTY_ROOT), KEY)
    assert check(empty, note).verified
    assert not check(empty, signed(rows, 1)).verified


def test_kept_checkpoints_are_compared_in_one_finding(rows: MemoryLedgerRows) -> None:
    for size in (1, 4, 6):
        rows.kept.append(KeptCheckpoint(size, signed(rows, size), "2031-05-06T07:08:09.000000Z", ""))
    result = check(rows)
    assert codes(result)[-1] == "kept_continued"
    assert "All 3 checkpoints" in result.findings[-1].text
    assert "no checkpoint from outside" in result.not_shown[0]
    other = MemoryLedgerRows(SettableClock())
    memory_journal(rows=other).record_many([gallery_deleted()] * 9)
    rows.kept.append(KeptCheckpoint(3, signed(other, 3), "2031-05-06T07:08:09.000000Z", ""))
    assert codes(check(rows))[-1] == "checkpoint_contradicted"


def test_a_checkpoint_by_another_key_or_damaged_speaks_against(rows: MemoryLedgerRows) -> None:
    assert codes(check(rows, signed(rows, 3, signing_key(what="another"))))[0] == "checkpoint_not_signed"
    assert codes(check(rows, b"nonsense"))[0] == "checkpoint_not_signed"
    assert not check(rows, b"nonsense").verified


def test_an_end_that_is_gone_is_seen_from_a_checkpoint(rows: MemoryLedgerRows) -> None:
    note = signed(rows, 6)
    shorter = MemoryLedgerRows(SettableClock())
    shorter.rows = rows.rows[:4]
    shorter.store.append(0, rows.store.read(range(7)))
    assert check(shorter).verified
    result = check(shorter, note)
    assert not result.verified
    assert "counts 6 entries, and 4 are here" in result.findings[-1].text


def _edit(rows: MemoryLedgerRows) -> None:
    line = rows.rows[2].sealed_line
    rows.rows[2] = rows.rows[2]._replace(sealed_line=line.replace(b'"references":{', b'"references" :{'))


def _misname(rows: MemoryLedgerRows) -> None:
    rows.rows[2] = rows.rows[2]._replace(kind="enrolment")


def _invent_act(rows: MemoryLedgerRows) -> None:
    rows.rows[2] = rows.rows[2]._replace(act_id=act_id(9))


def _hide_act(rows: MemoryLedgerRows) -> None:
    rows.rows[0] = rows.rows[0]._replace(act_id=None)


def _gap(rows: MemoryLedgerRows) -> None:
    del rows.rows[3]


def _change_hash(rows: MemoryLedgerRows) -> None:
    hashes = rows.store.read(range(len(rows.store)))
    rows.store = type(rows.store)()
    rows.store.append(0, [hashes[1], *hashes[1:]])


def _lose_hash(rows: MemoryLedgerRows) -> None:
    hashes = rows.store.read(range(len(rows.store)))
    rows.store = type(rows.store)()
    rows.store.append(0, hashes[:-1])


def _gain_hash(rows: MemoryLedgerRows) -> None:
    rows.store.append(len(rows.store), [bytes(32)])


def _other_value(rows: MemoryLedgerRows) -> None:
    line = rows.rows[2].sealed_line.replace(b'"value":3', b'"value":4')
    rows.rows[2] = rows.rows[2]._replace(sealed_line=line)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_edit, "entry_damaged"),
        (_misname, "entry_mislabelled"),
        (_invent_act, "entry_mislabelled"),
        (_hide_act, "entry_mislabelled"),
        (_gap, "entry_missing"),
        (_change_hash, "tree_differs"),
        (_lose_hash, "tree_differs"),
        (_gain_hash, "tree_differs"),
        (_other_value, "tree_differs"),
    ],
)
def test_each_kind_of_damage_is_named(
    rows: MemoryLedgerRows, damage: Callable[[MemoryLedgerRows], None], code: str
) -> None:
    damage(rows)
    result = check(rows)
    assert not result.verified
    assert [finding.code for finding in result.findings if not finding.ok] == [code]


def test_a_value_that_was_taken_out_is_said_and_breaks_nothing(rows: MemoryLedgerRows) -> None:
    note = signed(rows, 6)
    sealed = parse_sealed_line(rows.rows[0].sealed_line)
    taken = sealed.withholding(lambda name: public_reason(sealed.kind, name))
    rows.rows[0] = rows.rows[0]._replace(sealed_line=sealed_line(taken))
    result = check(rows, note)
    assert result.verified
    assert result.withheld == 2
    assert "fields_withheld" in codes(result)
    assert entry_of(rows.rows[0]).withheld == {"operator_id": "personal", "purpose_text": "typed_text"}
