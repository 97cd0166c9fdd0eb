"""One photo → one reference: what bulk enrolment does with each photo, for whoever hands in a single one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus
from countenance.ledger.field_types import FieldValue
from countenance.service.acts import ENROL
from countenance.service.admission import AdmittedEngine, OngoingAct, Outcome
from countenance.service.enrolment_steps import CropKeeper, judge, look_at, record_photos, require_same_model
from countenance.service.faces import PhotoInput
from countenance.service.ports import Engine, EnrolmentStore


@dataclass(frozen=True, slots=True)
class EnrolledPhoto:
    """What came of a photo.

    Attributes:
        outcome: Stored, or why not; the reason in words.
        reference_id: The new reference, or None.
    """

    outcome: EnrolmentOutcome
    reference_id: str | None


def enrol_photo(
    act: OngoingAct,
    gallery: str,
    subject: str,
    photo: PhotoInput,
    *,
    engine: Engine,
    store: EnrolmentStore,
    clock: Callable[[], datetime],
    crops: CropKeeper | None = None,
) -> EnrolledPhoto:
    """Enrol one photo for a person and return what came of it; a photo that cannot be used is an outcome.

    Args:
        act: Admitted to enrol into this gallery.
        gallery: Name of an existing gallery.
        subject: The data subject.
        photo: The photo; it has to hold exactly one face.
        engine: Makes the template.
        store: Holds the gallery.
        clock: The server's clock, with a time zone.
        crops: Keeps a picture of the face for reviewers; None: none is kept.

    Raises:
        PolicyError: The act is not one that enrols into this gallery.
        GalleryNotFound: There is no such gallery.
        InputError: The subject's name cannot be stored.
        ModelMismatch: The gallery holds templates of another model.
        StorageFull: The disk is full; nothing was stored.
    """
    act.require(ENROL, gallery=gallery)
    require_same_model(store, gallery, engine)
    known = store.known_photos(gallery)
    seen = look_at(photo.name, subject, lambda: photo.data, known, AdmittedEngine(act, engine), crops)
    judged = judge(seen, dict(known))
    # A run of its own: two requests at once must not take up each other's.
    run = store.begin_run(gallery, f"photo {act.act_id}")
    (outcome,) = record_photos(act, store, gallery, run.run_id, [judged], crops)
    stored = outcome.outcome is EnrolmentStatus.STORED
    with act.transaction() as current:
        reference_id = None
        if stored:
            (reference_id,) = store.reference_ids(gallery, [(subject, outcome.sha256 or "")], transaction=current)
        store.finish_run(run.run_id, transaction=current)
        fields: dict[str, FieldValue] = {"model_digest": engine.model.digest, "faces_found": int(stored)}
        act.complete(Outcome("enrolled", fields), finished_at=clock(), transaction=current)
    return EnrolledPhoto(outcome, reference_id)
