"""Kills a process with SIGKILL while it erases people, again and again, and checks what it left each time.

``python -m tests.storage.erasure_kills --data-dir FOLDER [--url URL] [--kills 20] [--seed 1]``; a process of its own,
because it forks. Each child is killed at a random statement or commit of its erasures. After every kill:

- whoever is gone is recorded as erased, and whoever is recorded as erased is gone;
- the references of the record are those that went;
- the whole ledger verifies.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
from collections import Counter
from pathlib import Path

from sqlalchemy import event

from countenance.bootstrap.accountability import AccountableParts, accountable
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.subjects import subject_erasure
from countenance.core.vocabulary import NewReference
from countenance.ledger.kinds import EntryKind
from countenance.policy.terms import GallerySource
from countenance.service.erasure import ErasureRequest
from countenance.service.journal_port import EntryFilter
from tests.support.synthetic_engine import synthetic_template

GALLERY = "album"
#: People enrolled before each round; a child that erases all of them has not been killed.
PEOPLE = 4
#: Statements and commits of an erasure with its proof: more than a hundred. A child is killed at one of the first of so
#: many.
MOST_STATEMENTS = 500


def names(round_number: int) -> list[str]:
    """Return the people of a round."""
    return [f"r{round_number}-{number}" for number in range(PEOPLE)]


def enrol(parts: AccountableParts, round_number: int) -> None:
    """Enrol the people of a round, two photos each."""
    model = parts.app.manifest.identity
    parts.store.add_references(
        GALLERY,
        [
            NewReference(name, synthetic_template(name, str(photo), model), os.urandom(32).hex(), f"{photo}.jpg")
            for name in names(round_number)
            for photo in range(2)
        ],
    )


def child(app: Application, round_number: int, chance: random.Random) -> None:
    """Erase the people of a round one after the other until killed."""
    with accountable(app, interface="cli") as parts:
        at, statements = chance.randrange(1, MOST_STATEMENTS), 0

        def count(*_: object) -> None:
            nonlocal statements
            statements += 1
            if statements == at:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(parts.store.database.engine, "before_cursor_execute", count)
        event.listen(parts.store.database.engine, "commit", count)
        erasure = subject_erasure(parts)
        for name in names(round_number):
            erasure.erase(ErasureRequest(name), parts.standing({"jurisdictions": ("US-OH",)}))


def check(parts: AccountableParts, round_number: int, known: int) -> tuple[int, int, int]:
    """Hold what is there against what is recorded; return (people gone, looked for again, entries)."""
    there = {reference.subject for reference in parts.store.references(GALLERY)[1]}
    gone = [name for name in names(round_number) if name not in there]
    entries = parts.journal.entries(EntryFilter(kinds=(EntryKind.ERASURE,)), limit=10_000, from_index=known)
    erased = [entry.fields for entry in entries if entry.fields["result"] == "erased"]
    looked = {entry.fields["act_id"] for entry in entries if entry.fields["result"] == "looked_again"}
    assert len(erased) == len(gone), f"{len(gone)} gone, {len(erased)} recorded"
    assert all(fields["references"] == 2 and fields["keys_destroyed"] == 1 for fields in erased)
    assert looked <= {fields["act_id"] for fields in erased}
    assert parts.app.ledger(parts.store).verify([], []).verified
    return len(gone), len(looked), parts.journal.size()


def main() -> None:
    """Run the rounds and print what was counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--url")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    app = Application(load_settings(data_dir=options.data_dir, database_url=options.url))
    totals: Counter[str] = Counter()
    while totals["kills"] < options.kills:
        round_number = totals["rounds"]
        with accountable(app, interface="cli") as parts:
            if round_number == 0:
                source = GallerySource.CONSENTED_ENROLMENT
                parts.create_gallery(GALLERY, parts.standing(), basis="test", source=source, retention_days=None)
            enrol(parts, round_number)
            known = parts.journal.size()
        pid = os.fork()
        if pid == 0:
            try:
                child(app, round_number, random.Random(options.seed * 10_000 + round_number))
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        with accountable(app, interface="cli") as parts:
            gone, looked, entries = check(parts, round_number, known)
            for name in names(round_number):
                parts.store.erase_subject(GALLERY, name)
        totals.update({"rounds": 1, "kills": int(os.WIFSIGNALED(status)), "gone": gone, "looked": looked})
        totals["entries"] = entries
    print(json.dumps(totals))


if __name__ == "__main__":
    main()
