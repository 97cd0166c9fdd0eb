"""Enrolment as a job: laid out once, taken up where it was interrupted, what was refused among its outcomes."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from countenance.core.vocabulary import EnrolmentStatus
from countenance.service.enrol import enrol
from countenance.service.job_enrolment import EnrolmentWork
from countenance.service.job_folders import Incoming, JobFolders
from countenance.service.job_port import Job, JobKind, JobOwner, JobState, Progress
from countenance.service.job_watch import JobStopped
from tests.support.admitted import admitted
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

JOB_ID = "1" * 32


class Watch:
    """Remembers what was told, and stops when told to."""

    def __init__(self, stop_at: Callable[[str, int], bool] = lambda stage, done: False) -> None:
        self.told: list[tuple[str, int, int, dict[str, int]]] = []
        self.stop_at = stop_at

    def progress(self, stage: str, done: int, total: int, counts: dict[str, int] | None = None) -> None:
        self.told.append((stage, done, total, counts or {}))
        if self.stop_at(stage, done):
            raise JobStopped(JobState.INTERRUPTED)


class Place:
    """A work over a store in memory, and a job with an archive."""

    def __init__(self, folder: Path) -> None:
        self.clock = SettableClock()
        self.store = MemoryStore(self.clock)
        self.store.create_gallery("staff", MADE_UP_MODEL, basis="tests", retention_days=None)
        self.folders = JobFolders(folder / "jobs")
        self.engine = SyntheticEngine()
        self.work = EnrolmentWork(
            self.folders,
            lambda job, watch: SimpleNamespace(enrol=self.enrol),  # type: ignore[arg-type,return-value]
            store=self.store,
            policies=None,  # type: ignore[arg-type]
            workers=2,
        )

    def enrol(self, gallery: str, source: Path, *, store: Any, policies: Any, workers: int, progress: Any) -> Any:
        report = enrol(
            admitted("enrol", gallery), gallery, source,
            engine=self.engine, store=store, workers=workers, clock=self.clock, progress=progress,
        )  # fmt: skip
        return SimpleNamespace(value=report, act_id="2" * 32, intent_entry_id="3" * 32, outcome_entry_id="4" * 32)

    def send(self, files: dict[str, bytes]) -> Job:
        place = self.folders.make(JOB_ID)
        with zipfile.ZipFile(place / "1", "w") as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        self.folders.keep_list(JOB_ID, [Incoming("photos.zip", place / "1")])
        now = self.clock.now
        return Job(
            JOB_ID, JobKind.ENROLMENT, JobState.RUNNING, JobOwner("rest", "a"), "staff", {}, Progress(), None, None, 1,
            None, now, now, None, now,
        )  # fmt: skip

    def run(self, job: Job, watch: Watch) -> Any:
        return self.work.run(job, watch)  # type: ignore[arg-type]

    def outcomes(self) -> Counter[EnrolmentStatus]:
        source = str((self.folders.of(JOB_ID) / "photos").resolve())
        run = self.store.begin_run("staff", source)
        return Counter(run.already.values())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def photos(people: int, each: int = 2) -> dict[str, bytes]:
    return {
        f"p{person}/{number}.jpg": synthetic_photo(f"p{person}", variant=str(number))
        for person in range(people)
        for number in range(each)
    }


def test_refused_files_are_among_the_outcomes_from_the_beginning_to_the_end(place: Place) -> None:
    job = place.send(photos(40) | {"p0/in.zip": b"PK\x03\x04", "../x.jpg": b"x"})
    watch = Watch()
    result = place.run(job, watch)
    assert result["counts"] == {"stored": 80, "unreadable": 2}
    assert result["photos"] == 82
    assert result["outcome_entry_id"] == "4" * 32
    looked = [told for told in watch.told if told[0] == "looking at photos"]
    assert looked[0][3] == {"unreadable": 2}
    assert looked[-1] == ("looking at photos", 80, 80, {"stored": 80, "unreadable": 2})


def test_an_interruption_while_looking_repeats_nothing_that_was_stored(place: Place) -> None:
    job = place.send(photos(40) | {"p0/in.zip": b"PK\x03\x04"})
    with pytest.raises(JobStopped):
        place.run(job, Watch(lambda stage, done: stage == "looking at photos" and done >= 32))
    assert place.outcomes()[EnrolmentStatus.STORED] == 32
    place.engine.reads = 0
    assert place.run(job, Watch())["counts"] == {"stored": 80, "unreadable": 1}
    assert place.engine.reads == 80 - 32


def test_an_interruption_while_unpacking_begins_anew(place: Place) -> None:
    job = place.send(photos(10))
    with pytest.raises(JobStopped):
        place.run(job, Watch(lambda stage, done: stage == "unpacking" and done == 7))
    assert place.work.can_go_on(job)
    assert place.run(job, Watch())["counts"] == {"stored": 20}


def test_without_its_uploads_a_job_cannot_go_on(place: Place) -> None:
    job = place.send(photos(1))
    place.folders.wipe(JOB_ID)
    assert not place.work.can_go_on(job)
