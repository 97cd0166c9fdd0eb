"""Measure what a recogniser's scores mean: labelled photos → templates → error rates against similarity."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from countenance.audit.calibration import calibrate as measure
from countenance.core.errors import InputError
from countenance.core.thresholds import Calibration
from countenance.core.vocabulary import Face, PhotoFaces
from countenance.service.acts import CALIBRATE
from countenance.service.admission import OngoingAct
from countenance.service.ports import Engine
from countenance.service.sources import SourcePhoto, list_photos, read_photo


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A calibration with what was left out of it.

    Attributes:
        calibration: The record.
        unreadable: Photos that could not be decoded.
        no_face: Photos without a face; together with ``unreadable`` the failures to acquire.
    """

    calibration: Calibration
    unreadable: tuple[str, ...]
    no_face: tuple[str, ...]


def calibrate(
    act: OngoingAct,
    photos: Path,
    *,
    engine: Engine,
    data_set: str,
    date: str,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> CalibrationReport:
    """Return the calibration of the engine's model on a folder (one folder a person) or CSV list of photos.

    Where a photo holds several faces, the one nearest the middle is the labelled person: benchmarks such as LFW are
    made that way. Nothing else is picked or dropped.

    Raises:
        PolicyError: The act is not one that calibrates.
        FileUnreadable, ListInvalid: The photos cannot be listed.
        AuditInputInvalid: Too few people or photos for any rate.
    """
    act.require(CALIBRATE)
    listed = list_photos(photos)

    def look(photo: SourcePhoto) -> PhotoFaces | None:
        try:
            return engine.read_faces(read_photo(photo.path))
        except InputError:
            return None

    vectors, subjects, no_face, unreadable = [], [], [], []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for done, (photo, found) in enumerate(zip(listed, pool.map(look, listed), strict=True), start=1):
            if found is None:
                unreadable.append(photo.name)
            elif not found.faces:
                no_face.append(photo.name)
            else:
                template = central_face(found).template
                assert template is not None  # noqa: S101 - read_faces makes templates unless told not to
                vectors.append(template.vector)
                subjects.append(photo.subject)
            if progress is not None:
                progress(done, len(listed))
    dimension = engine.model.dimension
    calibration = measure(
        np.stack(vectors) if vectors else np.empty((0, dimension), dtype=np.float32),
        subjects,
        model=engine.model,
        data_set=data_set,
        date=date,
        failures_to_acquire=len(no_face) + len(unreadable),
    )
    return CalibrationReport(calibration, tuple(unreadable), tuple(no_face))


def central_face(found: PhotoFaces) -> Face:
    """Return the face whose box centre is nearest the middle of the photo."""

    def distance(face: Face) -> float:
        across = face.box.left_px + face.box.width_px / 2 - found.photo.width_px / 2
        down = face.box.top_px + face.box.height_px / 2 - found.photo.height_px / 2
        return across**2 + down**2

    return min(found.faces, key=distance)
