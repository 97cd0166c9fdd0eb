"""The steps of enrolment, for one photo or many: look at it, judge it, store and record what came of it.

Rules kept here:

- A photo is stored only if it holds exactly one face that passes the quality gate.
- The same bytes are never enrolled twice in one gallery, for the same or another subject.
- References, what is recorded of each photo, the ledger's entry and the picture for reviewers are one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countenance.core.errors import InputError, ModelMismatch
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus, Face, NewReference, PhotoFaces
from countenance.ledger.field_types import FieldValue
from countenance.service.admission import AdmittedEngine, OngoingAct
from countenance.service.faces import box_in_words
from countenance.service.journal_port import OpenTransaction
from countenance.service.ports import Engine, EnrolmentStore
from countenance.service.review_port import CropStore


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
class JudgedPhoto:
    """What becomes of a photo: its outcome, and what is stored if that is ``stored``."""

    outcome: EnrolmentOutcome
    reference: NewReference | None
    crop: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SeenPhoto:
    """A photo looked at: its digest, its faces or why there are none, and the picture of its face.

    Attributes:
        name: What the photo is called.
        subject: The data subject it is to be enrolled for.
        sha256: Hex digest of its bytes; None if they could not be read.
        found: Its faces, or why it cannot be used.
        crop: Picture of its face for reviewers, if one is kept.
    """

    name: str
    subject: str
    sha256: str | None
    found: PhotoFaces | InputError
    crop: bytes | None = None


def require_same_model(store: EnrolmentStore, gallery: str, engine: Engine) -> None:
    """Return if a gallery's templates can be compared with an engine's.

    Raises:
        GalleryNotFound: There is no such gallery.
        ModelMismatch: It holds templates of another model.
    """
    model = store.gallery(gallery).model
    if model.digest != engine.model.digest:
        raise ModelMismatch(f"The gallery {gallery} holds templates of {model.short}, not {engine.model.short}.")


def record_photos(
    act: OngoingAct,
    store: EnrolmentStore,
    gallery: str,
    run_id: str,
    batch: Sequence[JudgedPhoto],
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


def look_at(
    name: str,
    subject: str,
    read: Callable[[], bytes],
    seen: Mapping[str, str],
    engine: AdmittedEngine,
    crops: CropKeeper | None,
) -> SeenPhoto:
    """Return a photo's digest and faces, or why it cannot be read; known bytes are not looked at again.

    Args:
        name: What to call the photo.
        subject: The data subject.
        read: Returns its bytes, or raises an ``InputError``.
        seen: Digest of photo → subject of what is enrolled.
        engine: Finds faces while the act lasts.
        crops: Makes the picture for reviewers; None: none is kept.
    """
    sha256: str | None = None
    try:
        data = read()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in seen:
            return SeenPhoto(name, subject, sha256, InputError("known"))
        found = engine.read_faces(data)
        usable = len(found.faces) == 1 and not found.faces[0].quality_reasons
        crop = crops.make(data, found.faces[0]) if crops is not None and usable else None
        return SeenPhoto(name, subject, sha256, found, crop)
    except InputError as error:
        return SeenPhoto(name, subject, sha256, error)


def judge(photo: SeenPhoto, seen: dict[str, str]) -> JudgedPhoto:
    """Return what becomes of a photo; one that is to be stored is added to ``seen``."""
    sha256, found = photo.sha256, photo.found
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
    return JudgedPhoto(
        EnrolmentOutcome(photo.name, photo.subject, EnrolmentStatus.STORED, sha256=sha256),
        NewReference(photo.subject, face.template, sha256, photo.name),
        photo.crop,
    )


def _rejected(photo: SeenPhoto, sha256: str | None, status: EnrolmentStatus, reason: str) -> JudgedPhoto:
    return JudgedPhoto(EnrolmentOutcome(photo.name, photo.subject, status, reason=reason, sha256=sha256), None)
