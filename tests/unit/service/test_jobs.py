"""Jobs as the doors see them: whose they are, pages, cancelling, and lists that spreadsheets can open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from countenance.core.errors import InputError, JobNotFound, JobNotReady, JobsTooMany
from countenance.service.job_port import JobKind, JobState
from countenance.service.jobs import MOST_WAITING_OF_OWNER, cursor_of, cursor_text, rejects_csv
from countenance.storage.job_rows import Reject
from tests.support.memory_jobs import OWNER, JobPlace


@pytest.fixture
def place(tmp_path: Path) -> Iterator[JobPlace]:
    made = JobPlace(tmp_path)
    yield made
    made.close()


def test_another_case_s_job_is_as_if_there_were_none(place: JobPlace) -> None:
    job = place.take_on()
    assert place.jobs.of_case(job.job_id, OWNER.case_id or "").job_id == job.job_id
    with pytest.raises(JobNotFound) as theirs:
        place.jobs.of_case(job.job_id, "b" * 32)
    with pytest.raises(JobNotFound) as nobodys:
        place.jobs.of_case("f" * 32, "b" * 32)
    assert theirs.value.message.replace(job.job_id, "ID") == nobodys.value.message.replace("f" * 32, "ID")


def test_a_job_that_is_not_taken_on_leaves_no_uploads(place: JobPlace) -> None:
    for _ in range(MOST_WAITING_OF_OWNER):
        place.take_on()
    with pytest.raises(JobsTooMany):
        place.take_on()
    assert len(place.folders.present()) == MOST_WAITING_OF_OWNER


def test_pages_go_on_where_the_one_before_ended(place: JobPlace) -> None:
    made = []
    for number in range(7):
        made.append(place.take_on(JobKind.AUDIT if number % 2 else JobKind.ENROLMENT).job_id)
        place.clock.advance(seconds=number % 2)
    seen, after = [], None
    while True:
        page = place.jobs.page(after=after, limit=3)
        seen += [job.job_id for job in page.jobs]
        after = page.after
        if after is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(place.jobs.page(kind=JobKind.AUDIT).jobs) == 3
    assert place.jobs.page(case_id="b" * 32).jobs == ()


@pytest.mark.parametrize("cursor", ["", "x", "20310506T070809", "20310506T070809-12", "yesterday-" + "a" * 32])
def test_a_cursor_that_is_none_is_refused(place: JobPlace, cursor: str) -> None:
    with pytest.raises(InputError):
        place.jobs.page(after=cursor)


def test_a_cursor_names_the_place_of_its_job(place: JobPlace) -> None:
    job = place.take_on()
    assert cursor_of(cursor_text(job)) == (job.created_at, job.job_id)


@pytest.mark.parametrize("limit", [0, 201])
def test_pages_have_a_size(place: JobPlace, limit: int) -> None:
    with pytest.raises(InputError):
        place.jobs.page(limit=limit)


def test_cancelling_a_waiting_job_wipes_its_uploads(place: JobPlace) -> None:
    job = place.take_on()
    assert place.jobs.cancel(job.job_id).state is JobState.CANCELLED
    assert not place.folders.of(job.job_id).exists()
    with pytest.raises(JobNotFound):
        place.jobs.cancel("f" * 32)


def test_there_is_no_result_before_the_end_and_no_rejects_of_an_audit(place: JobPlace) -> None:
    with pytest.raises(JobNotReady):
        place.jobs.result(place.take_on())
    with pytest.raises(JobNotReady):
        place.jobs.rejects(place.take_on(JobKind.AUDIT))


def test_a_list_of_rejects_holds_no_formula() -> None:
    text = rejects_csv(
        [Reject("=cmd|'/c calc'!A1.jpg", "ada, b", "no_face", 'said "no"'), Reject("+1", "b", "x", "-2")]
    )
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["file", "subject", "outcome", "reason"]
    assert rows[1] == ["'=cmd|'/c calc'!A1.jpg", "ada, b", "no_face", 'said "no"']
    assert rows[2][0] == "'+1"
    assert rows[2][3] == "'-2"


def test_folders_are_private_and_named_by_jobs_only(place: JobPlace) -> None:
    job = place.take_on()
    assert place.folders.of(job.job_id).stat().st_mode & 0o777 == 0o700
    assert place.folders.root.stat().st_mode & 0o777 == 0o700
    for name in ("..", "x", "A" * 32, "a" * 31 + "/"):
        with pytest.raises(ValueError, match="identifier"):
            place.folders.of(name)
