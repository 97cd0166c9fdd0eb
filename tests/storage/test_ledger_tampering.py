"""A thousand seeded changes of one row, in entries or tree, by somebody who may repair the tree: all are noticed."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.ledger import OpenLedger
from countenance.ledger.hash_store import MemoryHashStore
from countenance.ledger.merkle import RunningRoot, grow
from countenance.ledger.sealing import SealedEntry, Shown, parse_sealed_line, sealed_line
from countenance.service.journal import row_of
from tests.support.ledger_acts import act_id, gallery_deleted, intent, outcome

TRIALS = 1_000
ACTS = 11
Row = tuple[object, ...]


@dataclass
class Victim:
    """A ledger in a file, the checkpoint that somebody outside holds, and a way to change rows behind its back."""

    ledger: OpenLedger
    outside: Path
    raw: sqlite3.Connection
    entries: list[Row]
    nodes: list[Row]

    def write(self, entries: list[Row], nodes: list[Row]) -> None:
        """Put these rows in the place of those that are there."""
        self.raw.execute("BEGIN IMMEDIATE")
        self.raw.execute("DELETE FROM ledger_entries")
        self.raw.execute("DELETE FROM ledger_nodes")
        self.raw.executemany("INSERT INTO ledger_entries VALUES (?,?,?,?,?,?,?,?,?)", entries)
        self.raw.executemany("INSERT INTO ledger_nodes VALUES (?,?)", nodes)
        self.raw.execute("COMMIT")

    def is_noticed(self) -> bool:
        """Return whether a verification against the checkpoint outside speaks against the ledger."""
        return not self.ledger.verify([self.outside], []).verified


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """Yield a ledger of an odd number of entries with every kind of column filled."""
    app = Application(load_settings(data_dir=tmp_path))
    with app.store() as store:
        journal = app.journal(store)
        for number in range(ACTS):
            journal.begin_act(act_id(number), intent(case_id=act_id(1000 + number)))
            journal.record(*gallery_deleted(act_id(2000 + number)))
            journal.finish_act(act_id(number), outcome())
        ledger = app.ledger(store)
        outside = tmp_path / "outside.txt"
        outside.write_bytes(ledger.custody.checkpoint().signed)
        # Both are this machine's own memory; what is tested is what a checkpoint elsewhere shows.
        with store.transaction() as transaction:
            transaction.connection.exec_driver_sql("DELETE FROM ledger_checkpoints")
        ledger.files.remembered_file.unlink()
        raw = sqlite3.connect(tmp_path / "countenance.db", isolation_level=None)
        raw.execute("PRAGMA synchronous = OFF")
        entries = raw.execute("SELECT * FROM ledger_entries ORDER BY entry_index").fetchall()
        nodes = raw.execute("SELECT * FROM ledger_nodes ORDER BY position").fetchall()
        yield Victim(ledger, outside, raw, entries, nodes)
        raw.close()


def forged(chance: random.Random, row: Row) -> Row:
    """Return an entry's row in which the sealed line says something else, and the columns agree with it."""
    sealed = parse_sealed_line(bytes(row[4]))  # type: ignore[call-overload]
    fields = dict(sealed.fields)
    what = chance.choice(["value", "salt", "gone", "id", "kind", "time"])
    name = chance.choice(sorted(fields))
    field = fields[name]
    assert isinstance(field, Shown)
    kind, entry_id, moment = sealed.kind, sealed.entry_id, sealed.recorded_at
    if what == "value":
        fields[name] = Shown(field.salt, "forged")
    elif what == "salt":
        fields[name] = Shown(chance.randbytes(16).hex(), field.value)
    elif what == "gone":
        del fields[name]
    elif what == "id":
        entry_id = chance.randbytes(16).hex()
    elif what == "kind":
        kind = "expiry" if kind != "expiry" else "erasure"
    else:
        moment = f"20{chance.randrange(32, 99)}{moment[4:]}"
    changed = SealedEntry(kind, entry_id, moment, fields)
    return tuple(row_of(int(str(row[0])), changed))


def damaged_line(chance: random.Random, row: Row) -> Row:
    """Return an entry's row with one byte of its line changed."""
    line = bytearray(bytes(row[4]))  # type: ignore[call-overload]
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    return (*row[:4], bytes(line), *row[5:])


def relabelled(chance: random.Random, row: Row) -> Row:
    """Return an entry's row with one of the columns beside the line changed."""
    column = chance.choice([1, 2, 3, 5, 6, 7, 8])
    value = None if row[column] is not None and column >= 5 and chance.random() < 0.5 else chance.randbytes(16).hex()
    return (*row[:column], value, *row[column + 1 :])


def renumbered(rows: list[Row]) -> list[Row]:
    """Return rows numbered from 0 in the order they are in."""
    return [(number, *row[1:]) for number, row in enumerate(rows)]


def tree_of(entries: list[Row]) -> list[Row]:
    """Return the rows of the tree that these entries make: what a thorough forger writes."""
    store = MemoryHashStore()
    grow(store, RunningRoot(), [parse_sealed_line(bytes(row[4])).leaf_hash() for row in entries])  # type: ignore[call-overload]
    return list(enumerate(store.read(range(len(store)))))


def tampered(chance: random.Random, entries: list[Row], nodes: list[Row]) -> tuple[str, list[Row], list[Row]]:
    """Return what was done, and the rows afterwards."""
    table = chance.choice(["entries", "entries", "nodes"])
    rows = entries if table == "entries" else nodes
    place = chance.randrange(len(rows))
    how = chance.choice(["edit", "delete", "insert", "reorder", "truncate"])
    repairs = table == "entries" and chance.random() < 0.5
    if how == "edit":
        if table == "nodes":
            hashed = bytearray(bytes(rows[place][1]))  # type: ignore[call-overload]
            hashed[chance.randrange(32)] ^= 1 << chance.randrange(8)
            changed = [*rows[:place], (place, bytes(hashed)), *rows[place + 1 :]]
        else:
            edit = chance.choice([forged, damaged_line, relabelled])
            repairs = repairs and edit is forged
            changed = [*rows[:place], edit(chance, rows[place]), *rows[place + 1 :]]
    elif how == "delete":
        changed = [*rows[:place], *rows[place + 1 :]]
        changed = renumbered(changed) if repairs or chance.random() < 0.5 else changed
    elif how == "insert":
        new = (place, chance.randbytes(32)) if table == "nodes" else forged_insert(chance, rows[place])
        changed = renumbered([*rows[:place], new, *rows[place:]])
    elif how == "reorder":
        other = chance.choice([number for number in range(len(rows)) if number != place])
        changed = list(rows)
        changed[place], changed[other] = rows[other], rows[place]
        changed = renumbered(changed)
    else:
        changed = rows[: len(rows) - chance.randrange(1, len(rows))]
    what = f"{how} {table}{' and repair the tree' if repairs else ''}"
    if table == "nodes":
        return what, entries, changed
    return what, changed, tree_of(changed) if repairs else nodes


def forged_insert(chance: random.Random, row: Row) -> Row:
    """Return a row that was never written, with an identifier of its own."""
    sealed = parse_sealed_line(bytes(row[4]))  # type: ignore[call-overload]
    new = SealedEntry(sealed.kind, chance.randbytes(16).hex(), sealed.recorded_at, sealed.fields)
    assert sealed_line(new) != row[4]
    return tuple(row_of(int(str(row[0])), new))


def test_every_change_of_a_row_is_noticed_against_a_checkpoint_held_outside(victim: Victim) -> None:
    assert not victim.is_noticed()
    chance = random.Random(20_260_801)
    done: Counter[str] = Counter()
    for number in range(TRIALS):
        what, entries, nodes = tampered(chance, victim.entries, victim.nodes)
        assert (entries, nodes) != (victim.entries, victim.nodes), f"trial {number}, {what}, changed nothing"
        victim.write(entries, nodes)
        assert victim.is_noticed(), f"trial {number}, {what}, went unnoticed"
        done[what] += 1
    victim.write(victim.entries, victim.nodes)
    assert not victim.is_noticed()
    assert sum(done.values()) == TRIALS
    assert len(done) == 15
    assert min(done.values()) >= 20


def test_without_a_checkpoint_from_outside_a_thorough_forger_is_not_noticed_and_the_words_say_so(
    victim: Victim,
) -> None:
    """The other half of the claim: what the test above shows comes from the checkpoint, not from the database."""
    entries = victim.entries[:-1]
    victim.write(entries, tree_of(entries))
    result = victim.ledger.verify([], [])
    assert result.verified
    assert "no checkpoint from outside was given" in result.not_shown[0]
    assert victim.is_noticed()
