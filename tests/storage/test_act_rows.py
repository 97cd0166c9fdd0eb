"""Entries of several acts at once, over real databases: those asked for, in order, and no others."""

from __future__ import annotations

from countenance.ledger.kinds import EntryKind
from countenance.service.journal import LedgerJournal, entry_of
from countenance.service.ledger_port import EntryRow
from countenance.storage.act_rows import SqlActRows
from countenance.storage.ledger_store import SqlLedgerRows
from tests.storage.conftest import StorePlace
from tests.support import ledger_acts


def test_entries_of_the_acts_and_kinds_asked_for_come_in_the_ledger_s_order(place: StorePlace) -> None:
    store = place.open()
    rows = SqlLedgerRows(store)
    journal = LedgerJournal(rows, lambda size: b"\x07" * size, "test")
    numbers = iter(range(1, 1000))
    journal._random_bytes = lambda size: next(numbers).to_bytes(size, "big")
    for number in (3, 1, 2):
        journal.begin_act(ledger_acts.act_id(number), ledger_acts.intent())
        journal.finish_act(ledger_acts.act_id(number), ledger_acts.outcome())
    kinds = (EntryKind.ACT_INTENDED, EntryKind.ACT_COMPLETED)
    acts = SqlActRows(store)
    found = [entry_of(EntryRow(*row)) for row in acts.of_acts([ledger_acts.act_id(1), ledger_acts.act_id(3)], kinds)]
    assert [(entry.fields["act_id"], entry.kind) for entry in found] == [
        (ledger_acts.act_id(number), kind) for number in (3, 1) for kind in kinds
    ]
    assert found == [journal.entry(entry.entry_id) for entry in found]
    assert [row[2] for row in acts.of_acts([ledger_acts.act_id(2)], [EntryKind.ACT_COMPLETED])] == ["act_completed"]
    assert acts.of_acts(["ee" * 16], kinds) == []
    rows.close()
