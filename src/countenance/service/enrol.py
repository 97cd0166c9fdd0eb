"""Bulk enrolment: photos → quality gate → sealed references, resumable, nothing twice, every reject with its reason.

Rules kept here:

- A photo is stored only if it holds exactly one face that passes the quality gate.
- References, the record of what came of each photo and the ledger's entry are written in one transaction a batch. After
  a crash the run is taken up where the last batch ended.
- Where pictures of faces are kept for reviewers, they are stored in that transaction too.
- The same bytes are never enrolled twice in one gallery, for the same or another subject.
- A photo that cannot be used is an outcome with a reason, not an error; the run goes on.
"""

from __future__ import annotations

import csv
import functools
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus
from countenance.ledger.field_types import FieldValue
from countenance.service.acts import ENROL
from countenance.service.admission import AdmittedEngine, OngoingAct, Outcome
from countenance.service.enrolment_steps import (
    CropKeeper,
    JudgedPhoto,
    SeenPhoto,
    judge,
    look_at,
    record_photos,
    require_same_model,
)
from countenance.service.ports import Engine, EnrolmentStore
from countenance.service.sources import SourcePhoto, list_photos, read_photo

#: Photos a transaction: small enough that little work is lost in a crash, large enough that commits do not dominate.
BATCH = 32

Progress = Callable[[int, int, "Counter[EnrolmentStatus]"], None]


@dataclass(frozen=True, slots=True)
class EnrolmentReport:
    """What came of a bulk enrolment.

    Attributes:
        gallery: The gallery.
        counts: Photos by outcome, over the whole run with its interruptions.
        rejects: Every photo that was not stored, with its reason, in order.
        resumed: Photos that an earlier, interrupted part of this run had dealt with.
    """

    gallery: str
    counts: dict[EnrolmentStatus, int]
    rejects: tuple[EnrolmentOutcome, ...]
    resumed: int

    @property
    def photos(self) -> int:
        """Return the number of photos dealt with."""
        return sum(self.counts.values())

    def rejects_csv(self) -> str:
        """Return the rejects as CSV with a header: file, subject, outcome, reason, sha256."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["file", "subject", "outcome", "reason", "sha256"])
        for item in self.rejects:
            writer.writerow([item.source_name, item.subject, item.outcome.value, item.reason or "", item.sha256 or ""])
        return text.getvalue()


def enrol(
    act: OngoingAct,
    gallery: str,
    source: Path,
    *,
    engine: Engine,
    store: EnrolmentStore,
    workers: int,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    keep: Callable[[EnrolmentReport], None] | None = None,
    crops: CropKeeper | None = None,
) -> EnrolmentReport:
    """Enrol all photos of a folder or CSV list and return what came of each.

    Args:
        act: Admitted to enrol into this gallery; each batch is an entry of it.
        gallery: Name of an existing gallery.
        source: Folder with one folder a person, or CSV list with the columns subject and file.
        engine: Makes the templates.
        store: Holds the gallery.
        workers: Photos processed at once.
        clock: The server's clock, with a time zone.
        progress: Called with (photos done, photos in all, counts so far) after every batch.
        keep: Called with the report before the run is marked as finished. If it fails, or the process ends in it, the
            same call gives the same report again; once a run is finished, the same call is a new run, to which
            everything enrolled is a duplicate.
        crops: Keeps a picture of each face for reviewers; None: none are kept.

    Raises:
        PolicyError: The act is not one that enrols into this gallery.
        GalleryNotFound: There is no such gallery.
        ModelMismatch: The gallery holds templates of another model.
        FileUnreadable, ListInvalid: The source cannot be listed.
        StorageFull: The disk is full; what was stored before stays, and the same call goes on later.
    """
    act.require(ENROL, gallery=gallery)
    require_same_model(store, gallery, engine)
    photos = list_photos(source)
    run = store.begin_run(gallery, str(source.resolve()))
    waiting = [photo for photo in photos if (photo.name, photo.subject) not in run.already]
    counts = Counter(run.already.values())
    resumed = len(photos) - len(waiting)
    known = store.known_photos(gallery)
    if progress is not None:
        progress(resumed, len(photos), counts)
    batch: list[JudgedPhoto] = []
    done = resumed
    for judged in _judge_all(waiting, known, AdmittedEngine(act, engine), workers, crops):
        batch.append(judged)
        done += 1
        if len(batch) == BATCH or done == len(photos):
            counts.update(item.outcome for item in record_photos(act, store, gallery, run.run_id, batch, crops))
            batch = []
            if progress is not None:
                progress(done, len(photos), counts)
    outcomes = store.outcomes(run.run_id)
    final = Counter(item.outcome for item in outcomes)
    report = EnrolmentReport(
        gallery=gallery,
        counts={status: final[status] for status in EnrolmentStatus},
        rejects=tuple(item for item in outcomes if item.outcome is not EnrolmentStatus.STORED),
        resumed=resumed,
    )
    if keep is not None:
        keep(report)
    with act.transaction() as current:
        store.finish_run(run.run_id, transaction=current)
        stored = report.counts[EnrolmentStatus.STORED]
        fields: dict[str, FieldValue] = {"model_digest": engine.model.digest, "faces_found": stored}
        act.complete(Outcome("enrolled", fields), finished_at=clock(), transaction=current)
    return report


def _judge_all(
    photos: Sequence[SourcePhoto], known: dict[str, str], engine: AdmittedEngine, workers: int, crops: CropKeeper | None
) -> Iterator[JudgedPhoto]:
    """Yield what came of each photo, in order, working ``workers`` at once and holding few in memory."""
    seen = dict(known)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: list[Future[SeenPhoto]] = []
        position = 0
        try:
            while ahead or position < len(photos):
                while position < len(photos) and len(ahead) < 2 * workers:
                    photo = photos[position]
                    read = functools.partial(read_photo, photo.path)
                    ahead.append(pool.submit(look_at, photo.name, photo.subject, read, seen, engine, crops))
                    position += 1
                yield judge(ahead.pop(0).result(), seen)
        finally:
            for future in ahead:
                future.cancel()
