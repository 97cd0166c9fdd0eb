"""The whole pipeline beside the bare model runs it cannot do without, on the same photos.

The bare runs are ``onnxruntime.InferenceSession.run`` on exactly the arrays the pipeline fed (every detector level, one
recogniser run a photo), recorded once beforehand, on the very sessions the pipeline uses. Pipeline and bare runs
alternate photo by photo, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.engines import build_engine, seconds_and_processor, speed_photos
from benchmarks.rows import Row
from countenance.core.vocabulary import FloatArray
from countenance.engine.sessions import ModelSession, cores

_PHOTOS = 100
#: Times each photo is measured; its smallest time counts, which is the one least disturbed by other work.
_ROUNDS = 4
_REACH = "≤ 1.15×"

Run = tuple[ModelSession, FloatArray]


def run(lfw: Path | None) -> list[Row]:
    """Return the ratio with all cores on one photo (the default of the commands) and with one thread."""
    name, paths = speed_photos(lfw, _PHOTOS)
    data = [path.read_bytes() for path in paths]
    return [_row(name, data, threads) for threads in (0, 1)]


def _row(name: str, data: list[bytes], threads: int) -> Row:
    engine = build_engine(threads=threads)
    whole_work: list[Callable[[], object]] = [partial(engine.read_faces, photo) for photo in data]
    bare_work = [bare_runs(recorded_runs(work)) for work in whole_work]
    whole, bare = ([float("inf")] * len(data) for _ in range(2))
    busy = [0.0, 0.0]
    for turn in range(_ROUNDS):
        for i in range(len(data)):
            steps = [(0, whole, whole_work[i]), (1, bare, bare_work[i])]
            # Whoever comes second finds the weights warm, so they take turns.
            for side, times, work in steps if turn % 2 == 0 else reversed(steps):
                wall, processor = seconds_and_processor(work)
                times[i] = min(times[i], wall)
                busy[side] += processor
    middle = statistics.median(one / other for one, other in zip(whole, bare, strict=True))
    total = sum(whole) / sum(bare)
    return Row(
        f"pipeline, decode to template, {name}, {threads or cores()} thread{'s' if (threads or cores()) > 1 else ''}",
        f"{statistics.median(whole) * 1e3:.2f} ms a photo (median); ratio of sums {total:.3f}, "
        f"of processor times {busy[0] / busy[1]:.3f}",
        f"bare model runs {statistics.median(bare) * 1e3:.2f} ms; ratio is the median over photos",
        middle,
        _REACH,
    )


def recorded_runs(work: Callable[[], object]) -> list[Run]:
    """Return every model run of a piece of work, in order: the session and a copy of the array it was given."""
    runs: list[Run] = []
    with _watching(lambda session, blob: runs.append((session, blob.copy()))):
        work()
    return runs


@contextmanager
def _watching(note: Callable[[ModelSession, FloatArray], None]) -> Iterator[None]:
    original = ModelSession.run

    def watched(self: ModelSession, blob: FloatArray) -> dict[str, FloatArray]:
        note(self, blob)
        return original(self, blob)

    ModelSession.run = watched  # type: ignore[method-assign]
    try:
        yield
    finally:
        ModelSession.run = original  # type: ignore[method-assign]


def bare_runs(runs: list[Run]) -> Callable[[], object]:
    """Return a call that does nothing but ONNX Runtime's ``run`` for each of them."""
    prepared: list[tuple[Any, list[str], dict[str, FloatArray]]] = [
        (session._session, session._outputs, {session._input: blob}) for session, blob in runs
    ]

    def work() -> None:
        for session, outputs, feed in prepared:
            session.run(outputs, feed)

    return work
