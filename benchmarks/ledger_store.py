"""The ledger in the database: appending, proofs, pages, the check of what is stored, and the check of a whole export.

Entries are the two of a search, intent and outcome, with every field the wrapper fills in (24 on average), and short
ones of three fields. Acts are made up, about nobody. The export is verified as its readers do, from a file.

Rates of verifying are elapsed time, because what is asked is how long a board waits; processor time stands beside
them, and tells what a machine with nothing else to do would take.

Run: ``python -m benchmarks.ledger_store [--searches 200000] [--short 1000000] [--write]``. For the time of the run, a
million entries of searches need 6 GB of disk, short ones 2 GB.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.machine import machine_lines
from benchmarks.rows import Row, as_markdown, as_text
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.ledger import OpenLedger
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import MerkleTree, RunningRoot
from countenance.ledger.verify import verify_export
from countenance.service.journal_port import EntryFilter
from countenance.service.ledger_exports import ExportMade, Redaction

RESULTS = Path(__file__).parent / "results" / "ledger.md"
#: Entries a transaction, when many are appended at once.
BATCH = 1_000
#: Acts appended one by one, each entry on the disk before the next.
SINGLE_ACTS = 1_000
#: Proofs and pages timed.
QUESTIONS = 300
PROCESSES = 2
Fields = dict[str, FieldValue]


def identifier(words: str) -> str:
    """Return an identifier made from words."""
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def digest(words: str) -> str:
    """Return a digest made from words."""
    return hashlib.sha256(words.encode()).hexdigest()


def intent(number: int) -> Fields:
    """Return the intent of a made-up search, without its act."""
    return {
        "action": "Search1N",
        "operator_id": identifier(f"operator {number % 50}"),
        "role": "searcher",
        "actor_sector": "us_local_police",
        "on_behalf_of": "agency",
        "credential_id": identifier(f"credential {number % 500}"),
        "interface": "rest",
        "purpose": "missing_person",
        "purpose_text": f"Missing since Tuesday, last seen at ferry {number % 97}.",
        "case_id": identifier(f"case {number % 500}"),
        "case_number": f"26-{number % 500:04} / B",
        "jurisdictions": ("US", "US-WA"),
        "legal_basis": "court_order",
        "decision": "review",
        "deciding_rules": ("permit.missing-person", "review.two-people"),
        "policy_digest": digest("policy"),
        "packs": ("us-wa-6280", "pledge-amazon", "accuracy"),
        "request_digest": digest(f"request {number}"),
        "model_digest": digest("model"),
        "threshold_value": "0.494",
        "threshold_digest": digest("threshold"),
        "gallery_ids": (identifier("gallery"),),
        "gallery_source": "consented_enrolment",
        "gallery_revision": 12,
        "gallery_subjects": 10_000,
        "mode": "search",
        "timing": "after_the_fact",
        "space": "public",
        "probe_digest": digest(f"probe {number}"),
        "probe_source": "still_photo",
        "intended_use": "lead_only",
    }


def outcome(number: int) -> Fields:
    """Return the outcome of a made-up search, without its act and intent."""
    return {
        "result": "held_for_review",
        "started_at": "2026-08-01T09:33:00.000000Z",
        "finished_at": "2026-08-01T09:33:00.081250Z",
        "faces_found": 1,
        "candidate_count": 2,
        "candidate_reference_ids": (identifier(f"a {number}"), identifier(f"b {number}")),
        "candidate_subject_digests": (digest(f"a {number}"), digest(f"b {number}")),
        "candidate_scores": ("0.6132", "0.5501"),
        "expected_false_candidates": "0.1",
        "exact_search": True,
        "held_for_review": True,
        "model_digest": digest("model"),
        "threshold_value": "0.494",
        "gallery_revision": 12,
        "gallery_subjects": 10_000,
    }


def searches(first: int, count: int) -> list[tuple[EntryKind, Fields]]:
    """Return the entries of searches, two each."""
    entries: list[tuple[EntryKind, Fields]] = []
    for number in range(first, first + count // 2):
        act = identifier(f"act {number}")
        entries.append((EntryKind.ACT_INTENDED, {**intent(number), "act_id": act}))
        intent_entry = identifier(f"intent {number}")
        entries.append((EntryKind.ACT_COMPLETED, {**outcome(number), "act_id": act, "intent_entry_id": intent_entry}))
    return entries


def short_entries(first: int, count: int) -> list[tuple[EntryKind, Fields]]:
    """Return entries of three fields."""
    return [
        (
            EntryKind.GALLERY_DELETED,
            {"operator_id": identifier("operator"), "gallery_id": identifier(f"gallery {number}"), "references": 3},
        )
        for number in range(first, first + count)
    ]


@dataclass(frozen=True, slots=True)
class Timed:
    """Elapsed and processor seconds of one thing; processor time counts child processes."""

    elapsed: float
    processor: float


def timed(act: Callable[[], object]) -> Timed:
    """Do something and return how long it took."""
    began, busy = time.perf_counter(), _processor()
    act()
    return Timed(time.perf_counter() - began, _processor() - busy)


def _processor() -> float:
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def measure(search_entries: int, short: int, folder: Path) -> Iterator[Row]:
    """Yield the figures of a ledger of search entries, and of one of short entries."""
    for what, make, entries in (("searches", searches, search_entries), ("short entries", short_entries, short)):
        data = folder / what.replace(" ", "-")
        app = Application(load_settings(data_dir=data))
        with app.store() as store:
            app.journal(store)
            yield from measure_one(app.ledger(store), what, make, entries, folder)


def measure_one(
    ledger: OpenLedger,
    what: str,
    make: Callable[[int, int], list[tuple[EntryKind, Fields]]],
    entries: int,
    folder: Path,
) -> Iterator[Row]:
    """Yield the figures of one ledger."""
    journal = ledger.journal
    if what == "searches":
        yield from single_acts(ledger)

    def append_all() -> None:
        for first in range(0, entries, BATCH):
            journal.record_many(make(first, BATCH))

    took = timed(append_all)
    size = journal.size()
    yield Row(
        f"append, {what}, {BATCH:,} a transaction",
        f"{entries / took.elapsed:,.0f} entries/s ({entries / took.processor:,.0f} a processor second); {size:,} there",
    )
    yield from questions(ledger, what)
    export = folder / "export.jsonl"
    with export.open("wb") as file:
        exports, made = ledger.exports, list[ExportMade]()
        took = timed(
            lambda: made.append(exports.whole(file.write, redaction=Redaction.DEFAULT, operator_id=identifier("me")))
        )
    size = made[0].entries
    bytes_each = made[0].size_bytes / size
    yield Row(
        f"write a whole export, {what}",
        f"{size / took.elapsed:,.0f} entries/s ({size / took.processor:,.0f} a processor second), "
        f"{bytes_each:,.0f} bytes an entry, "
        f"{made[0].fields_redacted / size:.1f} values withheld in each",
    )
    yield from verifications(ledger, what, export, made[0].checkpoint.signed, size)
    export.unlink()


def single_acts(ledger: OpenLedger) -> Iterator[Row]:
    """Yield what one act costs, each of its two entries on the disk before the next step."""
    times = []
    busy = time.process_time()
    for number in range(SINGLE_ACTS):
        act = os.urandom(16).hex()
        began = time.perf_counter()
        ledger.journal.begin_act(act, intent(number))
        ledger.journal.finish_act(act, outcome(number))
        times.append((time.perf_counter() - began) * 1e3)
    busy = (time.process_time() - busy) / SINGLE_ACTS * 1e3
    times.sort()
    yield Row(
        f"an act: two entries of a search, each durable on its own ({SINGLE_ACTS:,} acts, SQLite on disk)",
        f"{statistics.median(times):.2f} ms (median), p99 {times[int(len(times) * 0.99)]:.2f} ms; "
        f"processor {busy:.2f} ms",
        reach="≤ 10 ms with policy and search's own commit",
    )


def questions(ledger: OpenLedger, what: str) -> Iterator[Row]:
    """Yield what proofs and pages cost."""
    size = ledger.journal.size()
    tree = MerkleTree(ledger.rows.hashes(), size)
    times = []
    for number in range(QUESTIONS):
        index = number * 7_919 % size
        began = time.perf_counter()
        tree.inclusion_proof(index)
        times.append((time.perf_counter() - began) * 1e3)
    times.sort()
    yield Row(
        f"inclusion proof among {size:,}, {what}",
        f"{statistics.median(times):.2f} ms (median), p99 {times[int(len(times) * 0.99)]:.2f} ms",
        reach="< 5 ms",
    )
    if what == "searches":
        for name, wanted in (
            ("newest 100", EntryFilter()),
            ("newest 100 of a kind", EntryFilter(kinds=(EntryKind.ACT_COMPLETED,))),
            ("newest 100 of a case", EntryFilter(case_id=identifier("case 7"))),
        ):
            pages = []
            for _ in range(20):
                began = time.perf_counter()
                ledger.journal.entries(wanted, limit=100)
                pages.append((time.perf_counter() - began) * 1e3)
            yield Row(f"page: {name} among {size:,}", f"{statistics.median(pages):.1f} ms (median of 20)")


def verifications(ledger: OpenLedger, what: str, export: Path, signed: bytes, size: int) -> Iterator[Row]:
    """Yield what the checks cost: of the export, in one process and in several, and of the database."""
    keys = [str(key) for key in ledger.custody.verifier_keys()]

    def verify(processes: int) -> None:
        with export.open("rb") as lines:
            assert verify_export(lines, held=[signed], keys=keys, processes=processes).verified

    one, several = timed(lambda: verify(1)), timed(lambda: verify(PROCESSES))
    yield Row(
        f"verify the whole export, {what}, 1 process",
        f"{size / one.elapsed:,.0f} entries/s ({size / one.processor:,.0f} a processor second)",
    )
    yield Row(
        f"verify the whole export, {what}, {PROCESSES} processes",
        f"{size / several.elapsed:,.0f} entries/s ({size / several.processor:,.0f} a processor second)",
        peer=f"1 process {size / one.elapsed:,.0f} entries/s",
        ratio=one.elapsed / several.elapsed,
        reach="≥ 200,000 entries/s",
    )

    tree = timed(lambda: RunningRoot().extended([bytes(32)] * size))
    yield Row(
        f"of that the tree alone, {size:,} leaf hashes in memory",
        f"{size / tree.elapsed:,.0f} entries/s",
        peer=f"whole, 1 process {size / one.elapsed:,.0f} entries/s",
        ratio=one.elapsed / tree.elapsed,
    )
    stored = timed(lambda: ledger.verify([], []))
    yield Row(
        f"`ledger verify`: check of the database, {what}",
        f"{size / stored.elapsed:,.0f} entries/s ({size / stored.processor:,.0f} a processor second)",
    )


def main() -> None:
    """Measure, print, and with ``--write`` keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=200_000, help="entries of searches")
    parser.add_argument("--short", type=int, default=1_000_000, help="short entries")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="countenance-ledger-") as folder:
        rows = list(measure(options.searches, options.short, Path(folder)))
    facts = [f"date: {date.today()}", *machine_lines()]  # noqa: DTZ011 - the machine's day is meant
    print("\n".join(facts), as_text(rows), sep="\n\n")
    if options.write:
        RESULTS.write_text(page(facts, rows), encoding="utf-8")


#: Said below the table.
NOTE = """
Verifying a whole export at 200,000 entries a second is not reached for entries of searches. Each of their fields (24 on
average) is a salted hash of its own, so that any one can be withheld: of some 29 µs an entry, about 9 are hashing, 8
finding the fields in the line, the rest putting commitments together; the tree is under half a microsecond. With all
public fields of an entry in one salted hash there would be about 6 hashes instead of 26, for giving up that public
fields can be withheld one by one. Where the load of the machine is above 1, two processes had less than two processors.
"""


def page(facts: list[str], rows: list[Row]) -> str:
    """Return the table with its facts in Markdown."""
    return (
        "# Figures of the ledger\n\nWritten by `python -m benchmarks.ledger_store --write`; every ratio is of times "
        "measured in this run.\n\n" + "".join(f"- {fact}\n" for fact in facts) + f"\n{as_markdown(rows)}\n" + NOTE
    )


if __name__ == "__main__":
    main()
