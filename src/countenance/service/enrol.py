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
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from countenance.core.errors import InputError, ModelMismatch
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus, Face, NewReference, PhotoFaces
from countenance.ledger.field_types import FieldValue
from countenance.service.acts import ENROL
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.faces import box_in_words
from countenance.service.journal_port import OpenTransaction
from countenance.service.ports import Engine, EnrolmentStore
from countenance.service.review_port import CropStore
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


@dataclass(frozen=True, slots=True, eq=False)
class CropKeeper:
    """Keeps a picture of each face that is enrolled, for reviewers.

    Attributes:
        make: (the photo's bytes, the face) → encoded picture. Called in several threads at once.
        store: Keeps them sealed.
    """

    make: Callable[[bytes, Face], bytes]
    store: CropStore


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    outcome: EnrolmentOutcome
    reference: NewReference | None
    crop: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A photo looked at: its digest, its faces or why there are none, and the picture of its face."""

    photo: SourcePhoto
    sha256: str | None
    found: PhotoFaces | InputError
    crop: bytes | None = None


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
    summary = store.gallery(gallery)
    if summary.model.digest != engine.model.digest:
        raise ModelMismatch(
            f"The gallery {gallery} holds templates of {summary.model.short}, not {engine.model.short}."
        )
    photos = list_photos(source)
    run = store.begin_run(gallery, str(source.resolve()))
    waiting = [photo for photo in photos if (photo.name, photo.subject) not in run.already]
    counts = Counter(run.already.values())
    resumed = len(photos) - len(waiting)
    known = store.known_photos(gallery)
    if progress is not None:
        progress(resumed, len(photos), counts)
    batch: list[_Judged] = []
    done = resumed
    for judged in _judge_all(waiting, known, engine, workers, crops):
        batch.append(judged)
        done += 1
        if len(batch) == BATCH or done == len(photos):
            counts.update(item.outcome for item in _record(act, store, gallery, run.run_id, batch, crops))
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


def _record(
    act: OngoingAct,
    store: EnrolmentStore,
    gallery: str,
    run_id: str,
    batch: Sequence[_Judged],
    crops: CropKeeper | None,
) -> tuple[EnrolmentOutcome, ...]:
    """Store a batch and record it in the ledger, in one transaction."""
    references = [item.reference for item in batch if item.reference is not None]
    with act.transaction() as current:
        recorded = store.record_batch(run_id, references, [item.outcome for item in batch], transaction=current)
        stored = [item for item in recorded if item.outcome is EnrolmentStatus.STORED]
        if crops is not None:
            # An input recorded by an earlier call keeps that outcome, and its picture was kept then.
            new = [
                (one.reference.subject, one.reference.source_sha256, one.crop)
                for one, said in zip(batch, recorded, strict=True)
                if one.crop is not None and one.reference is not None and said is one.outcome
            ]
            crops.store.keep_crops(gallery, new, transaction=current)
        act.record_enrolment(
            _enrolled(act, store, gallery, stored, current) | {"refused": len(recorded) - len(stored)},
            transaction=current,
        )
    return recorded


def _enrolled(
    act: OngoingAct,
    store: EnrolmentStore,
    gallery: str,
    stored: Sequence[EnrolmentOutcome],
    current: OpenTransaction,
) -> dict[str, FieldValue]:
    """Return what an entry says of a batch: identifiers, and digests under each subject's own key."""
    photos = [(item.subject, item.sha256 or "") for item in stored]
    subjects = tuple(subject for subject, _ in photos)
    digests = tuple(sha256.encode() for _, sha256 in photos)
    return {
        "references": len(stored),
        "reference_ids": store.reference_ids(gallery, photos, transaction=current),
        "subject_digests": act.subject_digests(gallery, subjects, transaction=current),
        "photo_digests": act.subject_digests(gallery, subjects, what="photo", data=digests, transaction=current),
    }


def _judge_all(
    photos: Sequence[SourcePhoto], known: dict[str, str], engine: Engine, workers: int, crops: CropKeeper | None
) -> Iterator[_Judged]:
    """Yield what came of each photo, in order, working ``workers`` at once and holding few in memory."""
    seen = dict(known)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: list[Future[_Seen]] = []
        position = 0
        try:
            while ahead or position < len(photos):
                while position < len(photos) and len(ahead) < 2 * workers:
                    ahead.append(pool.submit(_look_at, photos[position], seen, engine, crops))
                    position += 1
                yield _judge(ahead.pop(0).result(), seen)
        finally:
            for future in ahead:
                future.cancel()


def _look_at(photo: SourcePhoto, seen: dict[str, str], engine: Engine, crops: CropKeeper | None) -> _Seen:
    """Return the photo's digest and faces, or why it cannot be read; known bytes are not looked at again."""
    sha256: str | None = None
    try:
        data = read_photo(photo.path)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in seen:
            return _Seen(photo, sha256, InputError("known"))
        found = engine.read_faces(data)
        usable = len(found.faces) == 1 and not found.faces[0].quality_reasons
        crop = crops.make(data, found.faces[0]) if crops is not None and usable else None
        return _Seen(photo, sha256, found, crop)
    except InputError as error:
        return _Seen(photo, sha256, error)


def _judge(looked_at: _Seen, seen: dict[str, str]) -> _Judged:
    photo, sha256, found = looked_at.photo, looked_at.sha256, looked_at.found
    if sha256 is not None and sha256 in seen:
        same = seen[sha256] == photo.subject
        reason = "these bytes are enrolled already" + ("" if same else f" as {seen[sha256]}")
        return _rejected(photo, sha256, EnrolmentStatus.DUPLICATE, reason)
    if isinstance(found, InputError):
        return _rejected(photo, sha256, EnrolmentStatus.UNREADABLE, found.message)
    if not found.faces:
        return _rejected(photo, sha256, EnrolmentStatus.NO_FACE, "no face found")
    if len(found.faces) > 1:
        boxes = "; ".join(box_in_words(face.box) for face in found.faces)
        return _rejected(photo, sha256, EnrolmentStatus.SEVERAL_FACES, f"{len(found.faces)} faces: {boxes}")
    face = found.faces[0]
    if face.quality_reasons:
        return _rejected(photo, sha256, EnrolmentStatus.LOW_QUALITY, "; ".join(face.quality_reasons))
    assert face.template is not None and sha256 is not None  # noqa: S101, PT018 - a found face has both
    seen[sha256] = photo.subject
    return _Judged(
        EnrolmentOutcome(photo.name, photo.subject, EnrolmentStatus.STORED, sha256=sha256),
        NewReference(photo.subject, face.template, sha256, photo.name),
        looked_at.crop,
    )


def _rejected(photo: SourcePhoto, sha256: str | None, status: EnrolmentStatus, reason: str) -> _Judged:
    return _Judged(EnrolmentOutcome(photo.name, photo.subject, status, reason=reason, sha256=sha256), None)
