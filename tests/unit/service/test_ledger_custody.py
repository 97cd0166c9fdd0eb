"""The ledger's name, key, checkpoints and memory: what is refused after a roll-back, and how work goes on."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import pytest

from countenance.core.errors import LedgerError, ProofInvalid, SettingsInvalid, StorageUnavailable
from countenance.ledger.checkpoint import read_checkpoint, verify_checkpoint
from countenance.ledger.hash_store import MemoryHashStore
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import RunningRoot, grow
from countenance.ledger.sealing import parse_sealed_line
from countenance.service.journal import LedgerJournal
from countenance.service.ledger_custody import REMEMBER_EVERY, LedgerCustody
from tests.support.ledger_acts import OPERATOR, act_id, gallery_deleted, intent, outcome
from tests.support.memory_journal import CountedBytes, MemoryLedgerRows
from tests.support.memory_ledger_files import MemoryLedgerFiles
from tests.support.settable_clock import SettableClock


@dataclass
class Machine:
    """A database and the files beside it."""

    rows: MemoryLedgerRows = field(default_factory=lambda: MemoryLedgerRows(SettableClock()))
    files: MemoryLedgerFiles = field(default_factory=MemoryLedgerFiles)
    random_bytes: CountedBytes = field(default_factory=CountedBytes)

    def custody(self, origin: str = "") -> LedgerCustody:
        """Return the custody as a new process builds it."""
        return LedgerCustody(
            self.rows,
            self.journal(),
            self.files,
            random_bytes=self.random_bytes,
            origin=origin,
            software_version="0.0.0+test",
        )

    def journal(self) -> LedgerJournal:
        return LedgerJournal(self.rows, self.random_bytes, "0.0.0+test")

    def restore(self, backup: MemoryLedgerRows) -> None:
        """Put an older copy of the database in place; the files stay."""
        self.rows = backup


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def used(machine: Machine) -> Machine:
    """Return a machine with a started ledger of six entries."""
    machine.custody().start()
    machine.journal().record_many([gallery_deleted(act_id(number)) for number in range(5)])
    return machine


def copied(machine: Machine) -> MemoryLedgerRows:
    """Return a backup of the database."""
    # A lock cannot be copied; a new object has its own.
    kept = {name: copy.deepcopy(getattr(machine.rows, name)) for name in ("rows", "store", "acts", "keys", "kept")}
    return MemoryLedgerRows(machine.rows.clock, **kept)


def test_the_first_start_names_the_ledger_and_its_key(machine: Machine) -> None:
    custody = machine.custody()
    assert custody.start() == []
    first = machine.journal().entries()[0]
    key = custody.verifier_keys()[0]
    assert first.kind == "ledger_started"
    assert first.fields == {"origin": key.name, "software_version": "0.0.0+test", "key": str(key)}
    assert key.name.startswith("countenance/")
    assert custody.signing_key().verifier_key() == key
    machine.custody().start()
    assert machine.rows.size() == 1


def test_a_name_can_be_chosen_before_the_first_entry(machine: Machine) -> None:
    machine.custody(origin="log.example/faces").start()
    assert machine.custody().verifier_keys()[0].name == "log.example/faces"
    signed = machine.custody().checkpoint().signed
    assert read_checkpoint(signed).origin == "log.example/faces"


@pytest.mark.parametrize("origin", ["two words", "a+b", "x" * 65, "ümlaut"])
def test_a_name_that_does_not_fit_is_refused_before_anything_is_made(machine: Machine, origin: str) -> None:
    with pytest.raises(SettingsInvalid, match="ledger_origin"):
        machine.custody(origin=origin).start()
    assert (machine.rows.size(), machine.files.key) == (0, None)


def test_a_missing_or_foreign_key_is_said_at_the_start(used: Machine) -> None:
    own, used.files.key = used.files.key, None
    with pytest.raises(LedgerError, match="not on this machine") as caught:
        used.custody().start()
    assert "ledger key rotate" in caught.value.remedy
    used.files.key = b"not a key"
    with pytest.raises(LedgerError, match="cannot be read"):
        used.custody().start()
    # The counted bytes go on, so the key of the next machine is another one.
    other = Machine(random_bytes=used.random_bytes)
    other.custody().start()
    used.files.key = other.files.key
    with pytest.raises(LedgerError, match="not on this machine"):
        used.custody().start()
    used.files.key = own
    used.custody().start()


def test_acts_found_interrupted_are_recorded_at_the_start(used: Machine) -> None:
    used.journal().begin_act(act_id(1), intent())
    used.rows.dead.add(act_id(1))
    assert [entry.kind for entry in used.custody().start()] == [EntryKind.ACT_INTERRUPTED]


def test_a_checkpoint_counts_what_is_there_and_is_kept_and_remembered(used: Machine) -> None:
    custody = used.custody()
    kept = custody.checkpoint()
    assert kept.entries == 6
    assert verify_checkpoint(kept.signed, custody.verifier_keys()).checkpoint.size == 6
    assert used.files.remembered == kept.signed
    assert used.rows.checkpoints() == [kept]


def test_an_older_backup_is_refused_until_it_is_recorded(used: Machine) -> None:
    backup = copied(used)
    used.journal().record(*gallery_deleted())
    used.custody().start()
    used.restore(backup)
    with pytest.raises(ProofInvalid, match=r"had 7 entries .* has 6 now") as caught:
        used.custody().start()
    assert "ledger restored" in caught.value.remedy
    with pytest.raises(ProofInvalid):
        used.custody().checkpoint()
    recorded = used.custody().accept_restored(OPERATOR, "the disk failed")
    fields = used.journal().entry(recorded.entry_id).fields
    assert (fields["entries_before"], fields["entries_after"]) == (7, 6)
    used.custody().start()
    assert used.custody().checkpoint().entries == 7


def test_a_ledger_rewritten_at_the_same_length_is_refused(used: Machine) -> None:
    used.custody().start()
    other = Machine(files=used.files)
    other.rows.keys = list(used.rows.keys)
    other.journal().record_many([gallery_deleted(act_id(number)) for number in range(9)])
    with pytest.raises(ProofInvalid, match="not those that this machine remembers"):
        other.custody().start()


def test_a_damaged_memory_is_said_and_not_taken_for_nothing(used: Machine) -> None:
    used.files.remembered = b"not a checkpoint"
    with pytest.raises(ProofInvalid, match="damaged or of another ledger"):
        used.custody().start()


def test_nothing_is_signed_over_entries_that_differ_from_their_tree(used: Machine) -> None:
    custody = used.custody()
    custody.checkpoint()
    used.journal().record_many([gallery_deleted(), gallery_deleted()])
    used.rows.rows[7] = used.rows.rows[7]._replace(sealed_line=used.rows.rows[6].sealed_line)
    with pytest.raises(ProofInvalid, match="nothing was signed"):
        custody.checkpoint()
    assert len(used.rows.checkpoints()) == 1


def test_a_checkpoint_that_contradicts_a_kept_one_is_not_signed(used: Machine) -> None:
    used.custody().checkpoint()
    used.files.remembered = None
    del used.rows.rows[-1]
    used.rows.store = MemoryHashStore()
    leaves = [parse_sealed_line(row.sealed_line).leaf_hash() for row in used.rows.rows]
    grow(used.rows.store, RunningRoot(), leaves)
    with pytest.raises(ProofInvalid, match="had 6 entries"):
        used.custody().checkpoint()


def test_where_a_checkpoint_went_is_recorded(used: Machine) -> None:
    custody = used.custody()
    kept = custody.checkpoint()
    recorded = custody.published(
        kept.signed, destination="the board", destination_kind="file", witnesses=("w.example",)
    )
    fields = used.journal().entry(recorded.entry_id).fields
    assert (fields["entries"], fields["destination"], fields["witnesses"]) == (6, "the board", ("w.example",))
    assert [one.destination for one in used.rows.checkpoints()] == ["", "the board"]


def test_a_new_key_is_recorded_and_signs_from_then_on(used: Machine) -> None:
    custody = used.custody()
    earlier = custody.checkpoint()
    before = custody.verifier_keys()[-1]
    after = custody.rotate_key(OPERATOR)
    assert custody.verifier_keys() == [before, after]
    newest = used.journal().entries(limit=1)[0]
    assert (newest.fields["key_before"], newest.fields["key_after"]) == (str(before), str(after))
    later = custody.checkpoint()
    assert verify_checkpoint(later.signed, [after]).checkpoint.size == 7
    with pytest.raises(ProofInvalid):
        verify_checkpoint(later.signed, [before])
    assert verify_checkpoint(earlier.signed, custody.verifier_keys()).checkpoint.size == 6
    assert len(used.files.kept_keys) == 1
    used.custody().start()


def test_a_change_of_keys_that_was_cut_off_is_completed(used: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: MemoryLedgerFiles) -> None:
        raise StorageUnavailable("power cut")

    with monkeypatch.context() as cut:
        cut.setattr(MemoryLedgerFiles, "adopt_staged_key", fail)
        with pytest.raises(StorageUnavailable):
            used.custody().rotate_key(OPERATOR)
    staged = used.files.read_staged_key()
    assert staged is not None
    used.custody().start()
    assert (used.files.read_key(), used.files.read_staged_key()) == (staged, None)
    assert used.custody().signing_key().verifier_key() == used.custody().verifier_keys()[-1]


def test_a_lost_key_can_be_replaced_and_the_ledger_says_so(used: Machine) -> None:
    used.files.key = None
    after = used.custody().rotate_key(OPERATOR)
    used.custody().start()
    assert used.custody().signing_key().verifier_key() == after


def test_the_end_is_remembered_now_and_then_and_a_failure_does_no_harm(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    custody = machine.custody()
    custody.start()
    journal = machine.journal()
    journal.after_act = custody.remember_if_due
    journal.record_many([gallery_deleted()] * (REMEMBER_EVERY - 3))

    def remembered() -> int:
        assert machine.files.remembered is not None
        return read_checkpoint(machine.files.remembered).size

    journal.begin_act(act_id(1), intent())
    journal.finish_act(act_id(1), outcome())
    assert remembered() == 1

    def fail(self: MemoryLedgerFiles, signed: bytes) -> None:
        raise StorageUnavailable("disk full")

    with monkeypatch.context() as full:
        full.setattr(MemoryLedgerFiles, "remember", fail)
        journal.begin_act(act_id(2), intent())
        journal.finish_act(act_id(2), outcome())
    assert remembered() == 1
    journal.begin_act(act_id(3), intent())
    journal.finish_act(act_id(3), outcome())
    assert remembered() == machine.rows.size()


def test_the_end_is_remembered_too_after_acts_that_end_with_their_change(machine: Machine) -> None:
    custody = machine.custody()
    custody.start()
    journal = machine.journal()
    journal.after_act = custody.remember_if_due
    journal.record_many([gallery_deleted()] * REMEMBER_EVERY)
    journal.begin_act(act_id(1), intent())

    def rolled_back() -> None:
        with journal.transaction() as current:
            journal.finish_act(act_id(1), outcome(), transaction=current)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rolled_back()
    remembered = machine.files.remembered
    with journal.transaction() as current:
        journal.finish_act(act_id(1), outcome(), transaction=current)
        assert machine.files.remembered == remembered, "nothing is remembered that is not stored for good"
    assert machine.files.remembered is not None
    assert read_checkpoint(machine.files.remembered).size == machine.rows.size()


def test_a_ledger_that_was_not_started_says_so(machine: Machine) -> None:
    with pytest.raises(LedgerError, match="no ledger yet"):
        machine.custody().verifier_keys()
