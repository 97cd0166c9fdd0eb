"""Kills a process with SIGKILL while it appends to a ledger, again and again, and checks what it left each time.

``python -m tests.storage.ledger_kills --data-dir FOLDER [--url URL] [--kills 200] [--seed 1]``; a process of its own,
because it forks. Half of the children are killed after a random time, half at a random statement or commit of theirs.

After every kill the ledger is opened as by the next start, and then:

- what the child said was recorded is recorded, and nothing is that it did not try;
- every intent has exactly one end: the outcome, or the note that it was interrupted;
- the whole ledger verifies, against the checkpoint held outside from the round before as well.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from sqlalchemy import event

from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.ledger import OpenLedger
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import EntryFilter, JournalEntry
from tests.support.ledger_acts import gallery_deleted, intent, outcome

#: A child that has not been killed by then ends itself; the round still counts as a check, not as a kill.
MOST_ACTS = 400
#: Statements of an act: about a dozen. The first are those of the start.
MOST_STATEMENTS = 60
LONGEST_LIFE_S = 0.12
#: A server needs a moment to see that a killed client is gone.
NOTICE_S = 10.0


def child(app: Application, said: Path, chance: random.Random) -> None:
    """Append acts until killed; every step is said, before and after, in a file that survives the kill."""
    log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(word: str, act: str) -> None:
        os.write(log, f"{word} {act}\n".encode())

    with app.store() as store:
        journal = app.journal(store)
        say("started", "-")
        if chance.random() < 0.5:
            at, statements = chance.randrange(1, MOST_STATEMENTS), 0

            def count(*_: object) -> None:
                nonlocal statements
                statements += 1
                if statements == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(store.database.engine, "before_cursor_execute", count)
            event.listen(store.database.engine, "commit", count)
        for _ in range(MOST_ACTS):
            act = os.urandom(16).hex()
            say("intends", act)
            journal.begin_act(act, intent())
            say("began", act)
            if chance.random() < 0.5:
                say("finishes", act)
                journal.finish_act(act, outcome())
            else:
                with journal.transaction() as transaction:
                    kind, fields = gallery_deleted(act)
                    say("finishes", act)
                    journal.record(kind, fields, transaction=transaction)
                    journal.finish_act(act, outcome("changed"), transaction=transaction)
            say("finished", act)


def run_and_kill(app: Application, said: Path, seed: int) -> bool:
    """Let a child append and kill it; return whether it died of the kill."""
    chance = random.Random(seed)
    life = chance.uniform(0.0, LONGEST_LIFE_S)
    pid = os.fork()
    if pid == 0:
        try:
            child(app, said, chance)
        finally:
            os._exit(0)
    give_up_at = time.monotonic() + NOTICE_S
    while not (said.exists() and said.stat().st_size) and time.monotonic() < give_up_at:
        time.sleep(0.001)
    time.sleep(life)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def check(ledger: OpenLedger, said: Path, first: int, outside: Path) -> dict[str, int]:
    """Hold what the child left against what it said; return counts."""
    journal = ledger.started()
    give_up_at = time.monotonic() + NOTICE_S
    while open_acts(every(ledger, 0)) and time.monotonic() < give_up_at:
        time.sleep(0.02)
        journal.interrupted_acts()
    lines = [line.split() for line in said.read_text().splitlines()]
    words = {word: {act for said_word, act in lines if said_word == word} for word in ("intends", "began", "finished")}
    finishes = {act for word, act in lines if word == "finishes"}
    written = every(ledger, first)
    acts = {kind: [entry.fields["act_id"] for entry in written if entry.kind == kind] for kind in (
        EntryKind.ACT_INTENDED, EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)}  # fmt: skip
    intended, completed, interrupted = (set(found) for found in acts.values())
    assert all(len(found) == len(set(found)) for found in acts.values()), "an act was recorded twice"
    assert words["began"] <= intended <= words["intends"], "an intent was lost, or nobody had it"
    assert words["finished"] <= completed <= finishes, "an outcome was lost, or nobody had it"
    assert intended == completed | interrupted, "an intent has no end"
    assert not completed & interrupted, "an intent has two ends"
    changed = {entry.fields["gallery_id"] for entry in written if entry.kind == EntryKind.GALLERY_DELETED}
    ends = {entry.fields["act_id"] for entry in written if entry.fields.get("result") == "changed"}
    assert changed == ends, "a change and its outcome were not stored together"
    result = ledger.verify([outside] if outside.exists() else [], [])
    assert result.verified, result.findings
    return {"intended": len(intended), "completed": len(completed), "interrupted": len(interrupted)}


def every(ledger: OpenLedger, first: int) -> list[JournalEntry]:
    """Return all entries from an index on."""
    found: list[JournalEntry] = []
    while page := ledger.journal.entries(EntryFilter(), limit=1000, from_index=first + len(found)):
        found += page
    return found


def open_acts(entries: list[JournalEntry]) -> set[FieldValue]:
    """Return the acts that have an intent and no end."""
    ended = (EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)
    return {entry.fields["act_id"] for entry in entries if entry.kind == EntryKind.ACT_INTENDED} - {
        entry.fields["act_id"] for entry in entries if entry.kind in ended
    }


def main() -> None:
    """Run the rounds and print what was counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--url")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    app = Application(load_settings(data_dir=options.data_dir, database_url=options.url))
    said, outside = options.data_dir / "said.txt", options.data_dir / "outside.txt"
    totals: Counter[str] = Counter()
    first = 0
    while totals["kills"] < options.kills:
        said.unlink(missing_ok=True)
        killed = run_and_kill(app, said, options.seed * 10_000 + totals["rounds"])
        with app.store() as store:
            ledger = app.ledger(store)
            totals.update(check(ledger, said, first, outside))
            outside.write_bytes(ledger.custody.checkpoint().signed)
            first = ledger.journal.size()
        totals.update({"rounds": 1, "kills": int(killed)})
    print(json.dumps({**totals, "entries": first}))


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    main()
