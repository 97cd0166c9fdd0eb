"""Settings and an open store → the parts that hold results for review and let people look at them."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from countenance.service.enrolment_steps import CropKeeper
from countenance.service.review_desk import Desk, PictureMaker
from countenance.service.review_port import ReviewStore

#: Side of a probe's picture where none of references are kept.
USUAL_PICTURE_PX = 200

if TYPE_CHECKING:
    from countenance.service.ports import PicturingEngine
    from countenance.settings import Settings
    from countenance.storage.store import SqlGalleryStore


def review_store(store: SqlGalleryStore) -> ReviewStore:
    """Return reviews and pictures in the database of an open store."""
    from countenance.storage.review_store import SqlReviewStore

    # Every transaction of this process is one of the store's: the port says less of it than storage needs.
    return cast("ReviewStore", SqlReviewStore(store))


def picture_maker(settings: Settings, engine: PicturingEngine) -> PictureMaker:
    """Return what makes the picture of a face, as large as the settings say."""
    # A probe's picture is needed for a review whether or not references' are kept, and lasts as long as the review.
    side_px = settings.reference_picture_px or USUAL_PICTURE_PX
    return lambda data, face: engine.picture(data, face, side_px=side_px)


def crop_keeper(settings: Settings, engine: PicturingEngine, store: ReviewStore) -> CropKeeper | None:
    """Return what keeps pictures of enrolled faces, or None if the settings say that none are kept."""
    return CropKeeper(picture_maker(settings, engine), store) if settings.reference_picture_px else None


def desk(settings: Settings, store: ReviewStore, picture: PictureMaker) -> Desk:
    """Return what opens reviews."""
    return Desk(
        store=store,
        picture=picture,
        new_review_id=lambda: os.urandom(16).hex(),
        random=os.urandom,
        due_after=timedelta(hours=settings.review_due_hours),
    )
