"""Bulk enrolment with the real SQLite store, killed again and again: nothing lost, twice or half-written."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import event

from countenance.core.errors import StorageFull
from countenance.core.vocabulary import EnrolmentStatus
from countenance.service.enrol import BATCH, EnrolmentReport, enrol
from countenance.storage.store import SqlGalleryStore
from tests.storage.conftest import StorePlace
from tests.support.admitted import admitted
from tests.support.enrolment_process import GALLERY, EnrolmentJob, counted, enrol_once, sql_journal
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

REPOSITORY = Path(__file__).parents[2]
KILLS = 50
PHOTOS = 120
#: Enough that a run takes a tenth of a second or two, so that a random moment falls anywhere in it.
DELAY_S = 0.004


def write_photos(folder: Path, count: int = PHOTOS) -> Path:
    """Write photos of 30 people, with every kind of reject among them."""
    for number in range(count):
        person = f"p{number % 30:02}"
        content = {
            0: synthetic_photo(note=f"{number}"),
            1: synthetic_photo(person, "somebody", note=f"{number}"),
            2: synthetic_photo(person, blurred=True, note=f"{number}"),
            3: b"damaged\n" + str(number).encode(),
            4: synthetic_photo("p00", note="the same bytes every time"),
        }.get(number % 12, synthetic_photo(person, variant=str(number)))
        path = folder / person / f"{number:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def require_sound(database: Path) -> int:
    """Hold references and outcomes against one another; return how many photos are dealt with."""
    if not database.exists() or not rows(database, "SELECT 1 FROM sqlite_master WHERE name = 'enrolment_outcomes'"):
        return 0
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    assert rows(database, "PRAGMA foreign_key_check") == []
    outcomes = rows(database, "SELECT source_name, subject, outcome FROM enrolment_outcomes")
    stored = sorted(str(name) for name, _, outcome in outcomes if outcome == "stored")
    assert sorted(str(name) for (name,) in rows(database, "SELECT source_name FROM stored_references")) == stored
    assert len({(name, subject) for name, subject, _ in outcomes}) == len(outcomes)
    return len(outcomes)


def is_finished(database: Path) -> bool:
    return require_sound(database) == PHOTOS and rows(database, "SELECT finished_at FROM enrolment_runs") != [(None,)]


class Nursery:
    """The process that starts enrolments."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.enrolment_process"],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: EnrolmentJob) -> int:
        """Have a child do the job; return its status; negative is the signal that killed it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().split()
        assert said[:1] == ["ended"], f"the enrolment process is gone: {said}"
        return int(said[1])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.mark.slow
def test_an_enrolment_killed_at_fifty_random_moments_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos")
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    began = time.monotonic()
    expected = enrol_once(EnrolmentJob(str(undisturbed), str(photos), DELAY_S, str(undisturbed / "report.json")))
    whole_s = time.monotonic() - began
    assert expected.photos == PHOTOS
    assert all(expected.counts.values()), "every kind of outcome occurs"
    expected_outcomes = rows(
        undisturbed / "countenance.db",
        "SELECT source_name, subject, outcome, reason, sha256 FROM enrolment_outcomes ORDER BY 1, 2",
    )

    chance = random.Random(20)
    kills, finished, seen = 0, 0, Counter[int]()
    nursery = Nursery()
    try:
        while kills < KILLS:
            folder = tmp_path / f"round{finished}"
            folder.mkdir()
            report = folder / "report.json"
            job = EnrolmentJob(str(folder), str(photos), DELAY_S, str(report))
            # A run that is finished is over, even if its process was killed right after: the same call is a new run.
            while not is_finished(folder / "countenance.db"):
                # Once enough kills are made the last round may end.
                moment = chance.uniform(0.0, whole_s * 0.8) if kills < KILLS else None
                status = nursery.run(replace(job, kill_after_s=moment))
                assert status in (0, -signal.SIGKILL)
                kills += status != 0
                seen[require_sound(folder / "countenance.db")] += 1
            finished += 1
            assert json.loads(report.read_text(encoding="utf-8")) == counted(expected)
            assert expected_outcomes == rows(
                folder / "countenance.db",
                "SELECT source_name, subject, outcome, reason, sha256 FROM enrolment_outcomes ORDER BY 1, 2",
            )
            assert rows(
                folder / "countenance.db", "SELECT COUNT(*), COUNT(DISTINCT source_sha256) FROM stored_references"
            ) == [(expected.counts[EnrolmentStatus.STORED],) * 2]
    finally:
        nursery.close()
    assert kills >= KILLS
    # The moments fell before the first batch, between batches, and after the last.
    assert {0, PHOTOS} < set(seen)
    assert all(count % BATCH == 0 or count == PHOTOS for count in seen)


def run(store: SqlGalleryStore, photos: Path) -> EnrolmentReport:
    return enrol(
        admitted("enrol", GALLERY, journal=sql_journal(store)),
        GALLERY,
        photos,
        engine=SyntheticEngine(),
        store=store,
        workers=2,
        clock=store.now,
    )


def test_a_disk_that_fills_up_during_an_enrolment_keeps_the_earlier_batches_and_goes_on_later(
    sqlite_place: StorePlace, tmp_path: Path
) -> None:
    photos = write_photos(tmp_path / "photos", 6 * BATCH)
    store = sqlite_place.open()
    store.create_gallery(GALLERY, MADE_UP_MODEL, basis="test", retention_days=None)
    pages_left = 20
    limit = 0

    def restrict(connection: object, *_: object) -> None:
        nonlocal limit
        cursor = connection.cursor()  # type: ignore[attr-defined]
        limit = limit or cursor.execute("PRAGMA page_count").fetchone()[0] + pages_left
        cursor.execute(f"PRAGMA max_page_count = {limit}")
        cursor.close()

    event.listen(store.database.engine, "checkout", restrict)
    with pytest.raises(StorageFull) as caught:
        run(store, photos)
    assert "goes on where it stopped" in caught.value.remedy
    database = tmp_path / "countenance.db"
    dealt_with = require_sound(database)
    assert 0 < dealt_with < 6 * BATCH
    assert dealt_with % BATCH == 0
    with pytest.raises(StorageFull):
        run(store, photos)
    assert require_sound(database) == dealt_with

    limit = 1_000_000
    report = run(store, photos)
    assert report.resumed == dealt_with
    assert report.photos == require_sound(database) == 6 * BATCH
    assert store.gallery(GALLERY).references == report.counts[EnrolmentStatus.STORED]
