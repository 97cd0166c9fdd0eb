"""Kills a process with SIGKILL while people search, vote, release and are erased, and checks what it left each time.

``python -m tests.storage.review_kills --data-dir FOLDER [--url URL] [--kills 100] [--seed 1]``; a process of its own,
because it forks. Each child is killed at a random statement or commit of its own.

After every kill the store is opened as by the next start, and then:

- reviews, votes and ends in the tables are those in the ledger, no more and no fewer;
- whatever the child was handed, a review number or a lead, is recorded; nothing was released that is not;
- every intent has exactly one end, and a held search has its review;
- no probe's picture is left of a review that has ended, and no reference's picture of somebody erased;
- the whole ledger verifies.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event, text

from countenance.bootstrap.accountability import AccountableParts, accountable
from countenance.bootstrap.application import Application, load_settings
from countenance.ledger.kinds import EntryKind
from countenance.service.faces import PhotoInput
from countenance.service.journal_port import EntryFilter, JournalEntry
from countenance.service.review_ballots import Ballot
from countenance.service.search import SearchRequest
from tests.support.review_place import FIRST, GALLERY, PEOPLE, SECOND, enrol_people, shown_people, synthetic_engine
from tests.support.synthetic_engine import synthetic_photo

#: Statements of one story from search to release: about two hundred.
MOST_STATEMENTS = 260
STORIES = 12


def child(app: Application, said: Path, folder: Path, chance: random.Random) -> None:
    """Tell one story after another until killed; say what was handed out, in a file that survives the kill."""
    log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with accountable(app, interface="cli") as parts:
        at, statements = chance.randrange(1, MOST_STATEMENTS), 0

        def count(*_: object) -> None:
            nonlocal statements
            statements += 1
            if statements == at:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(parts.store.database.engine, "before_cursor_execute", count)
        event.listen(parts.store.database.engine, "commit", count)
        for number in range(STORIES):
            story(parts, folder, chance, lambda word, name: os.write(log, f"{word} {name}\n".encode()), number)


def story(parts: AccountableParts, folder: Path, chance: random.Random, say: object, number: int) -> None:
    """Search for somebody, have two people vote, release, and now and then erase and enrol somebody."""
    assert callable(say)
    name = chance.choice(PEOPLE)
    request = SearchRequest(GALLERY, PhotoInput("probe.jpg", synthetic_photo(name, variant="probe")))
    standing = parts.standing({"purpose": "data_subject_request", "jurisdictions": ("US-OH",)})
    review = parts.jobs(standing).search(request, galleries=parts.gallery_search, policies=parts.policies).review_id
    assert review is not None
    say("held", review)
    agreed = chance.random() < 0.7
    for who in (FIRST, SECOND):
        letters = {person: letter for letter, person in shown_people(parts.reviews.look(review, who)).items()}
        chosen = {letters[name]: 2} if agreed and name in letters else {}
        cast = parts.reviews.vote(review, who, Ballot(chosen, rest=-3, none_of_these=not chosen))
        say("voted", cast.entry_id)
    if cast.state == "agreed":
        say("released", parts.release(review, standing.operator).value.entry_id)
    if number % 3 == 2:
        parts.store.erase_subject(GALLERY, name)
        enrol_people(parts, folder, [name])


def check(parts: AccountableParts, said: Path) -> dict[str, int]:
    """Hold what the child left against what it was handed, and tables against the ledger; return counts."""
    handed: dict[str, set[str]] = {"held": set(), "voted": set(), "released": set()}
    for line in said.read_text().splitlines() if said.exists() else ():
        word, what = line.split()
        handed[word].add(what)
    written = every(parts)
    by_kind: dict[str, list[JournalEntry]] = {}
    for entry in written:
        by_kind.setdefault(entry.kind, []).append(entry)

    def of(kind: EntryKind, field: str) -> list[str]:
        return [str(entry.fields[field]) for entry in by_kind.get(kind, [])]

    with parts.store.database.reading() as connection:

        def column(statement: str) -> list[str]:
            return list(connection.execute(text(statement)).scalars())

        opened = column("SELECT review_id FROM reviews")
        assert sorted(opened) == sorted(of(EntryKind.REVIEW_OPENED, "review_id")), "reviews and their entries differ"
        votes = column("SELECT entry_id FROM review_votes")
        assert sorted(votes) == sorted(one.entry_id for one in by_kind.get("review_vote", [])), "votes differ"
        for state, kind in (("released", EntryKind.REVIEW_RELEASED), ("closed", EntryKind.REVIEW_CLOSED)):
            ended = column(f"SELECT end_entry_id FROM reviews WHERE state = '{state}'")  # noqa: S608
            assert sorted(ended) == sorted(one.entry_id for one in by_kind.get(kind, [])), f"{state} reviews differ"
        left = "SELECT count(*) FROM review_probes JOIN reviews USING (review_id) WHERE sealed_crop IS NOT NULL AND "
        assert column(left + "state IN ('released', 'closed')") == [0], "a probe's picture outlived its review"
        orphans = "SELECT count(*) FROM reference_crops WHERE reference_id NOT IN (SELECT reference_id FROM "
        assert column(orphans + "stored_references)") == [0], "a picture outlived its reference"
        without = "SELECT count(*) FROM stored_references WHERE reference_id NOT IN (SELECT reference_id FROM "
        assert column(without + "reference_crops)") == [0], "a reference was stored without its picture"
    assert handed["held"] <= set(opened)
    assert handed["voted"] <= set(votes)
    assert handed["released"] <= {one.entry_id for one in by_kind.get("review_released", [])}, "released, not recorded"
    ends = of(EntryKind.ACT_COMPLETED, "act_id") + of(EntryKind.ACT_INTERRUPTED, "act_id")
    assert sorted(ends) == sorted(of(EntryKind.ACT_INTENDED, "act_id")), "an intent has no end, or two"
    held = [one.fields["review_id"] for one in by_kind["act_completed"] if one.fields.get("held_for_review")]
    assert sorted(map(str, held)) == sorted(opened), "a held search without its review, or the reverse"
    result = parts.app.ledger(parts.store).verify([], [])
    assert result.verified, result.findings
    return {"reviews": len(opened), "votes": len(votes), "interrupted": len(of(EntryKind.ACT_INTERRUPTED, "act_id"))}


def every(parts: AccountableParts) -> list[JournalEntry]:
    """Return all entries."""
    found: list[JournalEntry] = []
    while page := parts.journal.entries(EntryFilter(), limit=1000, from_index=len(found)):
        found += page
    return found


def main() -> None:
    """Run the rounds and print what was counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--url")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    Application.engine = synthetic_engine  # type: ignore[method-assign, assignment]
    app = Application(load_settings(data_dir=options.data_dir, database_url=options.url))
    folder, said = options.data_dir / "photos", options.data_dir / "said.txt"
    with accountable(app, interface="cli") as parts:
        enrol_people(parts, folder, PEOPLE)
        parts.changes(parts.standing()).enable("two-people", "test")
        for who in (FIRST, SECOND):
            parts.reviewers.attest(who, datetime.now(UTC) + timedelta(days=9), parts.standing_as("Chief"))
    counts: Counter[str] = Counter()
    latest: dict[str, int] = {}
    while counts["kills"] < options.kills:
        pid = os.fork()
        if pid == 0:
            try:
                child(app, said, folder, random.Random(options.seed * 10_000 + counts["rounds"]))
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), "the child ended by itself"
        counts.update({"rounds": 1, "kills": 1})
        with accountable(app, interface="cli") as parts:
            # Somebody whose erasure was recorded and whose enrolment anew was not.
            gone = set(PEOPLE) - set(parts.store.known_photos(GALLERY).values())
            enrol_people(parts, folder, sorted(gone))
            latest = check(parts, said)
    print(json.dumps({**counts, **latest}))


if __name__ == "__main__":
    main()
