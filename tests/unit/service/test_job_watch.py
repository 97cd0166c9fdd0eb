"""How a job tells where it is: seldom written, never backwards, a rate of late, and an end between two photos."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from countenance.service.job_port import JobState, Progress
from countenance.service.job_watch import EVERY_S, JobStopped, Watch


class Rows:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.cancelled = False

    def note_progress(self, job_id: str, **told: Any) -> bool:
        self.written.append(told)
        return self.cancelled


class Place:
    """A watch over remembered rows and a clock set by hand."""

    def __init__(self) -> None:
        self.rows, self.now, self.stopping, self.paused = Rows(), 100.0, threading.Event(), 0
        self.watch = Watch(
            self.rows,  # type: ignore[arg-type]
            "1" * 32,
            stopping=self.stopping,
            monotonic=lambda: self.now,
            pause=self.pause,
        )

    def pause(self) -> None:
        self.paused += 1

    @property
    def last(self) -> Mapping[str, Any]:
        return self.rows.written[-1]


@pytest.fixture
def place() -> Place:
    return Place()


def test_progress_is_written_at_most_every_half_second_and_at_the_end(place: Place) -> None:
    for number in range(1, 101):
        place.watch.progress("looking", number, 100)
        place.now += 0.01
    assert len(place.rows.written) <= 2 + 100 * 0.01 / EVERY_S
    assert (place.last["done"], place.last["total"]) == (100, 100)


def test_photos_count_between_two_batches_and_never_beyond_all(place: Place) -> None:
    place.watch.progress("looking", 0, 40)
    for _ in range(35):
        place.watch.photo()
    place.now += 1
    place.watch.photo()
    assert place.last["done"] == 36
    place.watch.progress("looking", 32, 40, {"stored": 32})
    place.now += 1
    for _ in range(20):
        place.watch.photo()
    assert place.last["done"] <= 40
    assert place.last["counts"] == {"stored": 32}
    assert place.paused == 56


def test_a_new_stage_begins_at_its_own_beginning(place: Place) -> None:
    place.watch.progress("looking", 30, 30)
    place.watch.progress("comparing", 0, 900)
    assert (place.last["stage"], place.last["done"], place.last["total"]) == ("comparing", 0, 900)
    assert place.last["rate_per_s"] is None


def test_the_rate_is_that_of_late(place: Place) -> None:
    place.watch.progress("looking", 0, 10_000)
    for number in range(1, 61):
        place.now += 1
        # Slow for half a minute, then ten times as fast.
        place.watch.progress("looking", number * 10 if number <= 30 else 300 + (number - 30) * 100, 10_000)
    assert place.last["rate_per_s"] == pytest.approx(100, rel=0.01)


def test_cancelled_or_stopped_it_ends_with_what_nobody_takes_for_an_error(place: Place) -> None:
    place.stopping.set()
    with pytest.raises(JobStopped) as stopped:
        place.watch.photo()
    assert stopped.value.state is JobState.INTERRUPTED
    assert not isinstance(stopped.value, Exception)
    place.stopping.clear()
    place.rows.cancelled = True
    with pytest.raises(JobStopped) as cancelled:
        place.watch.progress("looking", 1, 1)
    assert cancelled.value.state is JobState.CANCELLED
    with pytest.raises(JobStopped):
        place.watch.check()


@pytest.mark.parametrize(
    ("progress", "seconds"),
    [
        (Progress("s", 10, 110, 10.0), 10.0),
        (Progress("s", 110, 110, 10.0), 0.0),
        (Progress("s", 10, 110, None), None),
        (Progress("s", 10, 0, 10.0), None),
    ],
)
def test_how_long_it_still_takes_is_told_only_if_there_is_something_to_go_by(
    progress: Progress, seconds: float | None
) -> None:
    assert progress.seconds_left == seconds
