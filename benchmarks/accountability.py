"""What the one way in costs: a search through it against the bare search of the same gallery, in milliseconds.

A gallery of ten thousand made-up people in SQLite on disk, every commit durable (``synchronous=FULL``). The bare search
is ``GallerySearch.search`` of the same installation with the same probe, whose token is renewed outside of the timing;
the whole one is ``FaceJobs.search``: the rules in force, the decision with all shipped packs but one switched on, the
entry of the intent, the search, the entry of the outcome, two durable commits. The engine is replaced by one that
returns a ready template, so that the time of a photo does not hide the difference. Both are timed in turn.

Run: ``python -m benchmarks.accountability [FOLDER]``; the folder decides which disk is measured.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from countenance.bootstrap.accountability import AccountableParts, accountable, now
from countenance.bootstrap.application import Application
from countenance.core.vocabulary import Box, Face, Landmarks, NewReference, Photo, PhotoFaces, Template
from countenance.service import acts
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.faces import PhotoInput
from countenance.service.galleries import GallerySource
from countenance.service.search import SearchRequest
from countenance.settings import Settings

PEOPLE = 10_000
SEARCHES = 300
GALLERY = "album"
#: The pack that would hold every result for two people; opening a review is another cost than this one.
HOLDS = "two-people"
_LANDMARKS = Landmarks((40, 50), (70, 50), (55, 70), (45, 90), (65, 90))


class ReadyEngine:
    """Returns one face with a ready template, whatever the photo."""

    def __init__(self, template: Template) -> None:
        self.model = template.model
        self._face = Face(Box(20, 20, 80, 100), _LANDMARKS, 0.99, template=template)

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        """Return the face."""
        return PhotoFaces(Photo("0" * 64, 160, 160, "JPEG"), (self._face,))


@dataclass(frozen=True, slots=True)
class Timing:
    """Percentiles of one way to search, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


def run(folder: Path, searches: int = SEARCHES, people: int = PEOPLE) -> tuple[Timing, Timing]:
    """Time both ways, print them with their difference and ratio, and return (bare, whole)."""
    settings = Settings(data_dir=folder / "data", cache_dir=folder / "cache")
    with accountable(Application(settings), interface="cli") as parts:
        standing = parts.standing()
        changes = parts.changes(standing)
        for pack in parts.rules.packs:
            if pack.name not in (*parts.rules.current().policies.enabled, HOLDS):
                changes.enable(pack.name)
        engine = _fill(parts, people)
        jobs = parts.jobs(standing, engine=engine)
        galleries = parts.app.gallery_search(parts.store, engine=engine)
        request = SearchRequest(GALLERY, PhotoInput("probe.jpg", b"probe"))

        def whole() -> None:
            done = jobs.search(request, galleries=galleries, policies=parts.policies)
            assert not done.held

        with _token(parts, engine) as token:
            bare = _interleaved(lambda: galleries.search(token, request), whole, searches)
        before, after = bare
        size = parts.journal.size()
    for name, timing in (("bare search", before), ("through the one way in", after)):
        print(f"{name:<24} p50 {timing.p50_ms:6.2f} ms   p95 {timing.p95_ms:6.2f} ms   p99 {timing.p99_ms:6.2f} ms")
    added = after.p50_ms - before.p50_ms
    print(f"added at p50: {added:.2f} ms; ratio {after.p50_ms / before.p50_ms:.2f}; ledger of {size:,} entries")
    return before, after


def _fill(parts: AccountableParts, people: int) -> ReadyEngine:
    model = parts.app.manifest.identity
    vectors = np.random.default_rng(1).standard_normal((people, model.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts.create_gallery(
        GALLERY, parts.standing(), basis="benchmark; nobody's faces", source=GallerySource.CONSENTED_ENROLMENT,
        retention_days=None,
    )  # fmt: skip
    made = [
        NewReference(f"p{number:05}", Template(vector, model), f"{number:064x}", f"{number}.jpg")
        for number, vector in enumerate(vectors)
    ]
    for start in range(0, people, 1000):
        parts.store.add_references(GALLERY, made[start : start + 1000])
    return ReadyEngine(made[0].template)


class _token:  # noqa: N801 - reads as a phrase
    """A token that stays valid for many bare searches: an act that is begun and finished around all of them."""

    def __init__(self, parts: AccountableParts, engine: ReadyEngine) -> None:
        self._parts, self._engine = parts, engine

    def __enter__(self) -> OngoingAct:
        from countenance.service.admission import _SEAL

        parts = self._parts
        act = acts.measuring(acts.CALIBRATE, self._engine.model)
        decided = parts.accountability.decide(act, parts.standing())
        act_id = os.urandom(16).hex()
        self._act = OngoingAct(
            _SEAL, act_id=act_id, word=acts.SEARCH, gallery=GALLERY, gallery_id=None, operator_id="0" * 32,
            threshold=None, most_candidates=None, decision=decided.decision,
            intent_entry_id=parts.journal.begin_act(act_id, decided.fields).entry_id, started_at=now(),
            journal=parts.journal,
        )  # fmt: skip
        return self._act

    def __exit__(self, *_: object) -> None:
        self._act.complete(Outcome("measured", {}), finished_at=now())


def _interleaved(first: Callable[[], object], second: Callable[[], object], repeats: int) -> tuple[Timing, Timing]:
    for job in (first, second):
        for _ in range(5):
            job()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for job, kept in zip((first, second), times, strict=True):
            before = time.perf_counter()
            job()
            kept.append((time.perf_counter() - before) * 1e3)
    return _timing(times[0]), _timing(times[1])


def _timing(times: list[float]) -> Timing:
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return Timing(float(p50), float(p95), float(p99))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else ".") as place:
        run(Path(place))
