"""Photos read with an engine: one face each, or a failure with its reason; templates made once and kept.

Rules kept here:

- Several faces are never picked from silently: the photo is left out and counted, unless the caller chose a way.
- A photo that gives no template is a failure to acquire, never dropped.
- Templates of real people are biometric data: the cache is readable by its owner only and no part of a bundle.
"""

from __future__ import annotations

import enum
import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from countenance.core.errors import AuditInputInvalid, InputError
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Face, FloatArray, PhotoFaces
from countenance.service.audits.material import AuditedPhoto
from countenance.service.ports import Engine
from countenance.service.sources import read_photo

NO_FACE = "no face"
SEVERAL_FACES = "several faces"
UNREADABLE = "unreadable"
Progress = Callable[[int, int], None]


class SeveralFacesRule(enum.StrEnum):
    """What to do with a photo of several faces."""

    LEAVE_OUT = "leave-out"
    LARGEST = "largest"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True, eq=False)
class ReadPhotos:
    """Photos as read.

    Attributes:
        photos: With digest, failure and quality filled in; in the order given.
        templates: Those of the photos without a failure, in order, float32; None if only faces were looked for.
        several: How many hold several faces.
    """

    photos: tuple[AuditedPhoto, ...]
    templates: FloatArray | None
    several: int


def read_photos(
    photos: Sequence[tuple[AuditedPhoto, Path]],
    engine: Engine,
    *,
    rule: SeveralFacesRule,
    workers: int,
    cache: Path | None = None,
    templates: bool = True,
    progress: Progress | None = None,
) -> ReadPhotos:
    """Return every photo with what reading it came to, and the templates.

    Args:
        photos: Each with where it lies.
        engine: Detector and recogniser.
        rule: What to do with several faces.
        workers: Photos read at once.
        cache: File that keeps templates by photo digest; None keeps nothing.
        templates: Whether templates are made.
        progress: Called with (photos read, photos).
    """
    kept = _Cache(cache, engine.model, rule)

    def look(item: tuple[AuditedPhoto, Path]) -> tuple[AuditedPhoto, FloatArray | None, bool]:
        photo, path = item
        try:
            data = read_photo(path)
            known = kept.find(data)
            if known is not None and templates:
                return replace(photo, sha256=known[0], failure=None, quality=known[2]), known[1], known[3]
            found = engine.read_faces(data, templates=templates)
        except InputError:
            return replace(photo, failure=UNREADABLE), None, False
        several = len(found.faces) > 1
        face, failure = _the_face(found, rule)
        quality = () if face is None else face.quality_reasons
        vector = None if face is None or face.template is None else face.template.vector
        if vector is not None:
            kept.keep(found.photo.sha256, vector, quality, several)
        return replace(photo, sha256=found.photo.sha256, failure=failure, quality=quality), vector, several

    done: list[tuple[AuditedPhoto, FloatArray | None, bool]] = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for one in pool.map(look, photos):
            done.append(one)
            if progress is not None:
                progress(len(done), len(photos))
    kept.write()
    vectors = [vector for _, vector, _ in done if vector is not None]
    stacked = np.stack(vectors) if vectors else np.empty((0, engine.model.dimension), dtype=np.float32)
    return ReadPhotos(
        photos=tuple(photo for photo, _, _ in done),
        templates=stacked if templates else None,
        several=sum(several for _, _, several in done),
    )


def _the_face(found: PhotoFaces, rule: SeveralFacesRule) -> tuple[Face | None, str | None]:
    if not found.faces:
        return None, NO_FACE
    if len(found.faces) == 1 or rule is SeveralFacesRule.LARGEST:
        return found.faces[0], None
    if rule is SeveralFacesRule.LEAVE_OUT:
        return None, SEVERAL_FACES
    from countenance.service.calibrate import central_face

    return central_face(found), None


class _Cache:
    """Templates by digest of the photo, of one model and one rule; a damaged or foreign file is passed over."""

    def __init__(self, path: Path | None, model: ModelIdentity, rule: SeveralFacesRule) -> None:
        self._path, self._key = path, f"{model.digest} {rule.value}"
        self._known: dict[str, tuple[FloatArray, tuple[str, ...], bool]] = {}
        self._changed = False
        if path is None or not path.is_file():
            return
        try:
            # Opened here: NumPy leaves a damaged archive open.
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                if str(stored["key"]) != self._key:
                    return
                rows = zip(stored["sha256"], stored["vectors"], stored["quality"], stored["several"], strict=True)
                for digest, vector, quality, several in rows:
                    reasons = tuple(filter(None, str(quality).split("\n")))
                    self._known[str(digest)] = (np.ascontiguousarray(vector), reasons, bool(several))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            self._known = {}

    def find(self, data: bytes) -> tuple[str, FloatArray, tuple[str, ...], bool] | None:
        if not self._known:
            return None
        digest = hashlib.sha256(data).hexdigest()
        return (digest, *self._known[digest]) if digest in self._known else None

    def keep(self, digest: str, vector: FloatArray, quality: tuple[str, ...], several: bool) -> None:
        self._known[digest] = (vector, quality, several)
        self._changed = True

    def write(self) -> None:
        if self._path is None or not self._changed:
            return
        part = self._path.with_name(self._path.name + ".part")
        digests = sorted(self._known)
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                np.savez(
                    stream,
                    key=np.array(self._key),
                    sha256=np.array(digests),
                    vectors=np.stack([self._known[digest][0] for digest in digests]),
                    quality=np.array(["\n".join(self._known[digest][1]) for digest in digests]),
                    several=np.array([self._known[digest][2] for digest in digests]),
                )
            part.replace(self._path)
        except OSError as error:
            raise AuditInputInvalid(
                f"The templates cannot be kept: {(error.strerror or '').lower()}.", remedy="Check the audit's folder."
            ) from error
