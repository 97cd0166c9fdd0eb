"""Runs: what takes long is done once, beside the pages, and its end is told apart from its failure."""

from __future__ import annotations

import itertools
import threading

import pytest

from countenance.core.errors import LedgerError
from countenance.web.console.ledger.runs import REMEMBERED, UNDER_WAY, Progress, Runs
from countenance.web.work_pool import Busy
from tests.support.report_samples import START


@pytest.fixture
def runs() -> Runs:
    numbers = itertools.count()
    return Runs(clock=lambda: START, new_id=lambda: str(next(numbers)))


def test_a_run_is_found_by_its_owner_and_nobody_else(runs: Runs) -> None:
    run = runs.start("sum", lambda progress: 3, account_id="anna")

    assert run.wait(5)
    assert run.result == 3
    assert runs.find(run.run_id, "anna") is run
    assert runs.find(run.run_id, "bruno") is None
    assert runs.find("another", "anna") is None


def test_the_same_work_is_not_begun_twice(runs: Runs) -> None:
    go = threading.Event()
    first = runs.start("slow", lambda progress: go.wait(5))

    assert runs.start("slow", lambda progress: None) is first
    assert runs.start("slow", lambda progress: None, account_id="anna") is not first
    go.set()
    assert first.wait(5)
    assert runs.start("slow", lambda progress: None) is not first


def test_one_run_works_at_a_time_in_the_order_of_asking(runs: Runs) -> None:
    together, most = 0, 0

    def job(progress: Progress) -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        threading.Event().wait(0.02)
        together -= 1

    started = [runs.start(str(number), job) for number in range(4)]

    assert all(run.wait(5) for run in started)
    assert most == 1


def test_too_many_are_refused(runs: Runs) -> None:
    go = threading.Event()
    started = [runs.start(str(number), lambda progress: go.wait(5)) for number in range(UNDER_WAY)]

    with pytest.raises(Busy):
        runs.start("one more", lambda progress: None)
    go.set()
    assert all(run.wait(5) for run in started)


def test_errors_of_ours_are_kept_and_others_say_nothing_of_themselves(
    runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    def ours(progress: Progress) -> None:
        raise LedgerError("Entry 3 is missing.")

    def unforeseen(progress: Progress) -> None:
        raise ValueError("a secret")

    first, second = runs.start("ours", ours), runs.start("unforeseen", unforeseen)

    assert first.wait(5)
    assert second.wait(5)
    assert first.error is not None
    assert first.error.message == "Entry 3 is missing."
    assert second.error is not None
    assert "secret" not in second.error.message
    assert "ValueError" in caplog.text


def test_old_runs_are_forgotten(runs: Runs) -> None:
    first = runs.start("0", lambda progress: None)
    assert first.wait(5)
    for number in range(1, REMEMBERED + 2):
        assert runs.start(str(number), lambda progress: None).wait(5)

    assert runs.find(first.run_id) is None
    assert runs.find(str(REMEMBERED)) is not None


def test_a_share_is_told_once_the_whole_is_known() -> None:
    assert Progress(3, 0).share is None
    assert Progress(3, 12).share == 0.25
    assert Progress(13, 12).share == 1.0
