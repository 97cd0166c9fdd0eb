"""What is done again and again while a service runs."""

from __future__ import annotations

import threading

from countenance.bootstrap.repeating import repeating
from tests.support.waiting import until


def test_it_is_done_again_and_again_until_the_end() -> None:
    done: list[str] = []
    with repeating(lambda: done.append(threading.current_thread().name), every_s=0.001, name="again"):
        until(lambda: len(done) >= 3)
    count = len(done)
    assert set(done) == {"again"}
    assert "again" not in {thread.name for thread in threading.enumerate()}
    assert len(done) == count


def test_the_end_does_not_wait_for_the_next_time() -> None:
    done: list[int] = []
    with repeating(lambda: done.append(1), every_s=3600.0, name="seldom"):
        assert "seldom" in {thread.name for thread in threading.enumerate()}
    assert done == []
