"""What does jobs: each error ends its job alone, interruptions go on, nothing that is over keeps its uploads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countenance.core.errors import CaseClosed, GalleryNotFound, StorageUnavailable
from countenance.service.job_port import Job, JobState
from countenance.service.job_runner import ABSENT, INTERRUPTED, LONGEST_UPLOAD_S, MOST_ATTEMPTS, TOO_OFTEN, UNEXPECTED
from countenance.service.job_watch import JobStopped, Watch
from countenance.service.jobs import KEPT
from countenance.storage.job_store import SqlJobStore
from tests.support.memory_jobs import JobPlace
from tests.support.waiting import until


@pytest.fixture
def place(tmp_path: Path) -> Iterator[JobPlace]:
    made = JobPlace(tmp_path)
    yield made
    made.close()


def test_a_job_that_is_done_has_its_result_and_no_uploads(place: JobPlace) -> None:
    place.work.act = lambda job, watch: {"photos": 3}
    job = place.take_on()
    assert place.runner.run_one()
    done = place.jobs.find(job.job_id)
    assert (done.state, done.result, done.progress.stage) == (JobState.DONE, {"photos": 3}, "done")
    assert not place.folders.of(job.job_id).exists()
    assert not place.runner.run_one()


def test_an_error_of_ours_is_told_without_paths_of_this_machine(place: JobPlace) -> None:
    def fail(job: Job, watch: Watch) -> dict[str, object]:
        error = GalleryNotFound(f"There is nothing at {place.folders.of(job.job_id)}/photos/x.jpg.", remedy="Look.")
        error.add_note("Recorded as entry 1.")
        raise error

    place.work.act = fail
    job = place.take_on()
    place.runner.run_one()
    failed = place.jobs.find(job.job_id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.code == "gallery_not_found"
    assert failed.error.message == "There is nothing at photos/x.jpg. Recorded as entry 1."
    assert failed.error.remedy == "Look."
    assert not place.folders.of(job.job_id).exists()


def test_what_was_not_foreseen_ends_its_job_and_no_other(place: JobPlace) -> None:
    def fail(job: Job, watch: Watch) -> dict[str, object]:
        if len(place.work.asked) == 1:
            raise ZeroDivisionError("names and secrets")
        return {}

    place.work.act = fail
    first, second = place.take_on(), place.take_on()
    while place.runner.run_one():
        pass
    states = {place.jobs.find(job.job_id).state for job in (first, second)}
    assert states == {JobState.FAILED, JobState.DONE}
    (failed,) = [job for job in map(place.jobs.find, (first.job_id, second.job_id)) if job.error is not None]
    assert failed.error is not None
    assert (failed.error.code, failed.error.message, failed.error.remedy) == UNEXPECTED


def test_cancelling_ends_a_job_at_its_next_photo(place: JobPlace) -> None:
    def cancelled_midway(job: Job, watch: Watch) -> dict[str, object]:
        watch.progress("looking", 1, 3)
        place.jobs.cancel(job.job_id)
        watch.progress("looking", 3, 3)
        raise AssertionError("it went on")

    place.work.act = cancelled_midway
    job = place.take_on()
    place.runner.run_one()
    assert place.jobs.find(job.job_id).state is JobState.CANCELLED
    assert not place.folders.of(job.job_id).exists()


def test_a_job_that_the_service_s_end_stops_goes_on_at_the_next_start(place: JobPlace) -> None:
    def stopped(job: Job, watch: Watch) -> dict[str, object]:
        raise JobStopped(JobState.INTERRUPTED)

    place.work.act = stopped
    job = place.take_on()
    place.runner.run_one()
    assert place.jobs.find(job.job_id).state is JobState.INTERRUPTED
    assert place.folders.of(job.job_id).exists()
    place.work.act = lambda job, watch: {"photos": 1}
    place.runner.recover()
    assert place.runner.run_one()
    done = place.jobs.find(job.job_id)
    assert (done.state, done.attempts) == (JobState.DONE, 2)


def test_what_is_needed_to_go_on_is_gone_and_that_is_said(place: JobPlace) -> None:
    place.work.act = lambda job, watch: (_ for _ in ()).throw(JobStopped(JobState.INTERRUPTED))
    job = place.take_on()
    place.runner.run_one()
    place.work.able = False
    place.runner.recover()
    assert place.jobs.find(job.job_id).state is JobState.INTERRUPTED
    place.clock.advance(seconds=ABSENT.total_seconds() + 1)
    place.runner.recover()
    failed = place.jobs.find(job.job_id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.message == INTERRUPTED[1]


def test_a_job_whose_uploads_lie_on_another_machine_is_left_to_it(place: JobPlace) -> None:
    job = place.take_on()
    place.work.able = False
    assert not place.runner.run_one()
    assert place.jobs.find(job.job_id).state is JobState.QUEUED
    place.work.able = True
    assert place.runner.run_one()


def test_a_job_that_never_ends_is_not_begun_for_ever(place: JobPlace) -> None:
    place.work.act = lambda job, watch: (_ for _ in ()).throw(JobStopped(JobState.INTERRUPTED))
    job = place.take_on()
    for _ in range(MOST_ATTEMPTS + 2):
        place.runner.run_one()
        place.runner.recover()
    failed = place.jobs.find(job.job_id)
    assert (failed.state, failed.attempts) == (JobState.FAILED, MOST_ATTEMPTS)
    assert failed.error is not None
    assert failed.error.message == TOO_OFTEN[1]


def test_a_dead_process_s_job_is_taken_over(place: JobPlace) -> None:
    store = place.open()
    theirs = SqlJobStore(store)
    theirs.announce()
    job = place.take_on()
    assert theirs.claim() is not None
    place.runner.recover()
    assert place.jobs.find(job.job_id).state is JobState.RUNNING
    store.close()
    place.opened.remove(store)
    place.runner.recover()
    assert place.runner.run_one()
    assert place.jobs.find(job.job_id).state is JobState.DONE


def test_folders_that_nobody_needs_are_wiped_and_others_stay(place: JobPlace) -> None:
    waiting = place.take_on()
    uploading, broken_off = place.jobs.new_id(), place.jobs.new_id()
    for job_id in (uploading, broken_off):
        place.folders.make(job_id)
    old = time.time() - LONGEST_UPLOAD_S - 10
    os.utime(place.folders.of(broken_off), (old, old))
    (place.folders.root / "not a job").mkdir()
    place.runner.recover()
    assert sorted(path.name for path in place.folders.root.iterdir()) == sorted(
        [waiting.job_id, uploading, "not a job"]
    )


def test_ended_jobs_are_forgotten_after_their_time(place: JobPlace) -> None:
    job = place.take_on()
    place.runner.run_one()
    place.clock.advance(days=KEPT.days + 1)
    place.runner.recover()
    assert place.rows.job(job.job_id) is None


def test_the_thread_does_jobs_as_they_come_and_ends_when_told(place: JobPlace) -> None:
    place.runner.start()
    job = place.take_on()
    place.runner.wake()
    until(lambda: place.jobs.find(job.job_id).state.over)
    place.runner.stop()
    assert place.jobs.find(job.job_id).state is JobState.DONE


def test_stopping_interrupts_the_job_under_way_between_two_photos(place: JobPlace) -> None:
    def long(job: Job, watch: Watch) -> dict[str, object]:
        for number in range(100_000):
            watch.progress("looking", number, 100_000)
            time.sleep(0.002)
        return {}

    place.work.act = long
    job = place.take_on()
    place.runner.start()
    until(lambda: place.jobs.find(job.job_id).progress.done >= 3)
    place.runner.stop()
    stopped = place.jobs.find(job.job_id)
    assert stopped.state is JobState.INTERRUPTED
    assert stopped.progress.done >= 3


def test_a_database_that_is_away_for_a_while_is_asked_again(place: JobPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, failures = place.rows.claim, [StorageUnavailable("away"), StorageUnavailable("away")]

    def sometimes(*able: Any) -> object:
        if failures:
            raise failures.pop()
        return claim(*able)

    monkeypatch.setattr("countenance.service.job_runner.LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(place.rows, "claim", sometimes)
    job = place.take_on()
    place.runner.start()
    until(lambda: place.jobs.find(job.job_id).state.over)
    place.runner.stop()
    assert place.jobs.find(job.job_id).state is JobState.DONE


def test_a_case_s_refusal_is_told_with_its_code(place: JobPlace) -> None:
    place.work.act = lambda job, watch: (_ for _ in ()).throw(CaseClosed("The case is closed."))
    job = place.take_on()
    place.runner.run_one()
    failed = place.jobs.find(job.job_id).error
    assert failed is not None
    assert failed.code == "case_closed"
