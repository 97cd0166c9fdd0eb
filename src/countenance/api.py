"""The package from Python: the same jobs as the command line, with results that print well.

    import countenance as cn
    result = cn.compare("a.jpg", "b.jpg")
    result.similarity, result.decision, result.threshold, result.meaning
    print(result)

Models are loaded once a process and kept. Settings come from the environment and the settings file, as for the command
line; ``model=`` chooses a recogniser.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from countenance.bootstrap.application import Application, load_settings
from countenance.core.vocabulary import GallerySummary, PhotoFaces
from countenance.service.compare import ComparisonResult, ThresholdChoice
from countenance.service.compare import compare as compare_photos
from countenance.service.faces import PhotoInput
from countenance.service.sources import read_photo

if TYPE_CHECKING:
    from countenance.service.enrol import EnrolmentReport
    from countenance.service.search import SearchResult

PhotoSource = str | Path | bytes


@functools.lru_cache(maxsize=4)
def application(model: str | None = None) -> Application:
    """Return the process's application for a model; its parts are built on first use and kept."""
    return Application(load_settings(model=model))


def detect(photo: PhotoSource, *, model: str | None = None) -> PhotoFaces:
    """Return all faces of a photo, largest first, with boxes, landmarks and quality measures.

    Args:
        photo: Path, or the encoded file's bytes.
        model: Name of a recogniser; only its crop size matters here.

    Raises:
        InputError: The photo cannot be used.
    """
    return application(model).interactive_engine.read_faces(_as_input(photo, None).data, templates=False, crops=True)


def compare(
    probe: PhotoSource,
    reference: PhotoSource,
    *,
    probe_face: int | None = None,
    reference_face: int | None = None,
    target_false_match_rate: float | None = None,
    threshold: float | None = None,
    model: str | None = None,
) -> ComparisonResult:
    """Return whether two photos are called a match, the similarity, the threshold and what they mean.

    Args:
        probe: Path, or the encoded file's bytes.
        reference: Path, or the encoded file's bytes.
        probe_face: Which face to use, from 1 for the largest, if the photo holds several.
        reference_face: The same for the other photo.
        target_false_match_rate: Decide where this rate was measured; 1e-4 unless given.
        threshold: Decide at this similarity instead.
        model: Name of a recogniser.

    Raises:
        SeveralFaces: A photo holds several faces and none was chosen.
        InputError: A photo cannot be used.
        CalibrationMissing, CalibrationUnsupported: The rate asked for has no measured meaning.
    """
    app = application(model)
    return compare_photos(
        _as_input(probe, probe_face),
        _as_input(reference, reference_face),
        engine=app.interactive_engine,
        calibrations=app.calibrations,
        choice=ThresholdChoice(target_false_match_rate=target_false_match_rate, value=threshold),
    )


def galleries() -> list[GallerySummary]:
    """Return all galleries by name."""
    with application().store() as store:
        return store.list_galleries()


def enrol(gallery: str, source: str | Path, *, model: str | None = None) -> EnrolmentReport:
    """Enrol a folder (one folder a person) or CSV list into an existing gallery and return what came of each photo.

    Raises:
        GalleryNotFound, ModelMismatch, FileUnreadable, ListInvalid, StorageFull: see ``countenance.service.enrol``.
    """
    from countenance.service.enrol import enrol as enrol_photos

    app = application(model)
    with app.store() as store:
        return enrol_photos(gallery, Path(source), engine=app.engine(threads=1), store=store, workers=app.workers)


def search(
    gallery: str,
    probe: PhotoSource,
    *,
    face: int | None = None,
    target_false_match_rate: float | None = None,
    threshold: float | None = None,
    limit: int = 10,
    accept_low_quality: bool = False,
    model: str | None = None,
) -> SearchResult:
    """Return who in the gallery looks like the person in the photo; nobody is an answer.

    Raises:
        GalleryNotFound, ModelMismatch, SeveralFaces, InputError, CalibrationUnsupported: see ``GallerySearch.search``.
    """
    from countenance.service.search import SearchRequest

    app = application(model)
    with app.store() as store:
        return app.gallery_search(store).search(
            SearchRequest(
                gallery=gallery,
                probe=_as_input(probe, face),
                choice=ThresholdChoice(target_false_match_rate=target_false_match_rate, value=threshold),
                limit=limit,
                accept_low_quality=accept_low_quality,
            )
        )


def _as_input(photo: PhotoSource, face_number: int | None) -> PhotoInput:
    if isinstance(photo, bytes):
        return PhotoInput("the photo", photo, face_number)
    path = Path(photo)
    return PhotoInput(path.name, read_photo(path), face_number)
