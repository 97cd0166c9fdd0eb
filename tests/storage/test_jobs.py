"""Jobs in the database: taken on within limits, claimed once, listed by whose they are, taken over from the dead."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from countenance.core.errors import InputError
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus
from countenance.storage.job_store import SqlJobStore
from countenance.storage.store import SqlGalleryStore
from tests.storage.conftest import StorePlace
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.settable_clock import SettableClock


def add(jobs: SqlJobStore, number: int, **changes: Any) -> bool:
    values: dict[str, Any] = {
        "kind": "enrolment",
        "interface": "rest",
        "operator": "A. Searcher",
        "account_id": None,
        "credential_id": "c" * 32,
        "case_id": "a" * 32,
        "subject_matter": "staff",
        "parameters": {"person": None},
        "most_waiting": 50,
        "most_waiting_of_owner": 50,
    }
    return jobs.add(f"{number:032x}", **(values | changes))


@pytest.fixture
def jobs(sql_store: SqlGalleryStore) -> SqlJobStore:
    made = SqlJobStore(sql_store)
    made.announce()
    return made


def test_a_job_comes_back_as_it_was_taken_on(jobs: SqlJobStore, clock: SettableClock) -> None:
    assert add(jobs, 1, parameters={"person": "Ada", "labels": ["sex"]})
    job = jobs.job(f"{1:032x}")
    assert job is not None
    assert (job.state, job.stage, job.done, job.total, job.attempts) == ("queued", "waiting", 0, 0, 0)
    assert job.parameters == {"person": "Ada", "labels": ["sex"]}
    assert (job.operator, job.case_id, job.account_id) == ("A. Searcher", "a" * 32, None)
    assert job.created_at == clock.now.replace(microsecond=0)
    assert job.result is None
    assert job.error is None
    assert jobs.job("f" * 32) is None


def test_no_more_jobs_wait_than_are_taken_on_however_many_come_at_once(jobs: SqlJobStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: add(jobs, number, most_waiting=5), range(12)))
    assert sum(taken) == 5


def test_one_owner_cannot_take_every_place(jobs: SqlJobStore) -> None:
    assert [add(jobs, number, most_waiting_of_owner=2) for number in range(3)] == [True, True, False]
    assert add(jobs, 9, case_id="b" * 32, most_waiting_of_owner=2)
    assert add(jobs, 10, case_id=None, account_id="d" * 32, most_waiting_of_owner=1)
    assert not add(jobs, 11, case_id=None, account_id="d" * 32, most_waiting_of_owner=1)


def test_a_job_is_claimed_by_one_of_many(place: StorePlace) -> None:
    first, second = (SqlJobStore(place.open()) for _ in range(2))
    for number in range(20):
        add(first, number)
    with ThreadPoolExecutor(4) as pool:
        claimed = [job for job in pool.map(lambda n: (first, second)[n % 2].claim(), range(40)) if job is not None]
    assert len({job.job_id for job in claimed}) == len(claimed)
    while (job := first.claim()) is not None:
        claimed.append(job)
    assert sorted(job.job_id for job in claimed) == [f"{number:032x}" for number in range(20)]
    assert all(job.state == "running" and job.attempts == 1 for job in claimed)


def test_the_job_that_waited_longest_comes_first(jobs: SqlJobStore, clock: SettableClock) -> None:
    for number in (3, 1, 2):
        add(jobs, number)
        clock.advance(seconds=1)
    claimed = [jobs.claim() for _ in range(4)]
    assert [None if job is None else int(job.job_id, 16) for job in claimed] == [3, 1, 2, None]


def test_progress_is_kept_and_says_when_somebody_cancels(jobs: SqlJobStore) -> None:
    add(jobs, 1)
    jobs.claim()
    told: dict[str, Any] = {"stage": "looking", "done": 3, "total": 9, "rate_per_s": 12.5}
    told["counts"] = {"stored": 2, "no_face": 1}
    assert jobs.note_progress(f"{1:032x}", **told) is False
    job = jobs.job(f"{1:032x}")
    assert job is not None
    assert (job.stage, job.done, job.total, job.rate_per_s) == ("looking", 3, 9, 12.5)
    assert job.counts == {"stored": 2, "no_face": 1}
    assert jobs.ask_to_cancel(f"{1:032x}") == "running"
    assert jobs.note_progress(f"{1:032x}", **told) is True


def test_a_waiting_job_is_cancelled_at_once_and_an_ended_one_stays_as_it_is(jobs: SqlJobStore) -> None:
    add(jobs, 1)
    assert jobs.ask_to_cancel(f"{1:032x}") == "cancelled"
    assert jobs.claim() is None
    add(jobs, 2)
    jobs.claim()
    assert jobs.finish(f"{2:032x}", "done", result={"photos": 3})
    assert jobs.ask_to_cancel(f"{2:032x}") == "done"
    assert not jobs.finish(f"{2:032x}", "failed", error=("x", "y", "z"))
    job = jobs.job(f"{2:032x}")
    assert job is not None
    assert job.result == {"photos": 3}
    assert job.finished_at is not None
    assert jobs.ask_to_cancel("f" * 32) is None


def test_jobs_of_a_dead_process_are_interrupted_and_wait_again(place: StorePlace) -> None:
    dying, living = place.open(), SqlJobStore(place.open())
    living.announce()
    theirs = SqlJobStore(dying)
    theirs.announce()
    add(theirs, 1)
    add(theirs, 2)
    assert theirs.claim() is not None
    assert living.interrupt_dead() == 0
    dying.close()
    place.opened.remove(dying)
    assert living.interrupt_dead() == 1
    (interrupted,) = living.interrupted()
    assert interrupted.job_id == f"{1:032x}"
    assert living.queue_again(interrupted.job_id)
    assert not living.queue_again(interrupted.job_id)
    again = living.claim()
    assert again is not None
    assert (again.job_id, again.attempts) == (f"{1:032x}", 2)


def test_a_job_that_was_taken_over_no_longer_obeys_its_first_process(jobs: SqlJobStore) -> None:
    add(jobs, 1)
    jobs.claim()
    jobs.finish(f"{1:032x}", "interrupted")
    assert jobs.note_progress(f"{1:032x}", stage="s", done=1, total=1, rate_per_s=None, counts={}) is True
    assert jobs.fail_interrupted(f"{1:032x}", ("job_interrupted", "why", "what"))
    assert not jobs.finish(f"{1:032x}", "done", result={})
    job = jobs.job(f"{1:032x}")
    assert job is not None
    assert job.error == ("job_interrupted", "why", "what")


def test_pages_go_through_all_jobs_newest_first_each_once(jobs: SqlJobStore, clock: SettableClock) -> None:
    for number in range(23):
        add(jobs, number, case_id="a" * 32 if number % 2 else "b" * 32)
        if number % 3 == 0:
            clock.advance(seconds=1)
    seen: list[int] = []
    after = None
    while page := jobs.page({"case_id": "a" * 32}, after=after, limit=4):
        seen += [int(job.job_id, 16) for job in page]
        after = (page[-1].created_at, page[-1].job_id)
    assert sorted(seen) == [number for number in range(23) if number % 2]
    times = [job.created_at for job in jobs.page({}, after=None, limit=100)]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({}, "ix_jobs_created_at_job_id"),
        ({"case_id": "a" * 32}, "ix_jobs_case_id_created_at_job_id"),
        ({"kind": "audit"}, "ix_jobs_kind_created_at_job_id"),
        ({"kind": "audit", "subject_matter": "staff"}, "ix_jobs_kind_subject_matter_created_at_job_id"),
    ],
)
def test_every_page_is_found_through_an_index(sqlite_place: StorePlace, narrowed: dict[str, str], index: str) -> None:
    where = " AND ".join(
        [*(f"{name} = '{value}'" for name, value in narrowed.items()), "(created_at, job_id) < ('2', '3')"]
    )
    statement = f"SELECT * FROM jobs WHERE {where} ORDER BY created_at DESC, job_id DESC LIMIT 50"  # noqa: S608
    with sqlite_place.open().database.reading() as connection:
        plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all())
    assert f"{index} " in plan
    assert "TEMP B-TREE" not in plan


def test_ended_jobs_are_forgotten_and_others_are_not(jobs: SqlJobStore, clock: SettableClock) -> None:
    for number in (1, 2):
        add(jobs, number)
    jobs.claim()
    jobs.finish(f"{1:032x}", "done", result={})
    clock.advance(days=40)
    assert jobs.forget_before(clock.now - timedelta(days=30)) == (f"{1:032x}",)
    assert jobs.job(f"{1:032x}") is None
    assert jobs.job(f"{2:032x}") is not None


def test_a_name_that_cannot_be_stored_is_refused(jobs: SqlJobStore) -> None:
    with pytest.raises(InputError):
        add(jobs, 1, subject_matter="nul\0")


def test_rejects_are_those_of_the_job_s_own_folder(sql_store: SqlGalleryStore, jobs: SqlJobStore) -> None:
    sql_store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    for source in ("/data/jobs/a_b/photos", "/data/jobs/axb/photos"):
        run = sql_store.begin_run("staff", source)
        outcomes = [
            EnrolmentOutcome(f"{number}.jpg", "ada", EnrolmentStatus.NO_FACE, reason=source) for number in range(3)
        ]
        sql_store.record_batch(run.run_id, (), outcomes)
    found = jobs.rejects("staff", "/data/jobs/a_b")
    assert [one.file for one in found] == ["0.jpg", "1.jpg", "2.jpg"]
    assert {one.reason for one in found} == {"/data/jobs/a_b/photos"}
    assert len(jobs.rejects("staff", "/data/jobs/a_b", limit=2)) == 2
    sql_store.erase_subject("staff", "ada")
    assert jobs.rejects("staff", "/data/jobs/a_b") == ()
