"""Two photos a person of LFW View 1, the second made smaller or blurred: what the recogniser still makes of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from countenance.core.vocabulary import Face, FloatArray, ImageArray
from countenance.engine.pipeline import FacePipeline
from countenance.engine.sessions import cores
from countenance.service.calibrate import central_face

#: From upright pixels and the distance of the eyes in them to a worse picture, or None where it cannot be made.
Degrade = Callable[[ImageArray, float], ImageArray | None]


@dataclass(frozen=True, slots=True, eq=False)
class CleanPair:
    """The untouched reference of a person and the pixels and face of the untouched probe."""

    reference: Face
    probe: Face
    probe_rgb: ImageArray


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of all probes under one degradation.

    Attributes:
        tried: Probes that could be made.
        no_face: Those in which no face was found.
        scores: Similarity to the person's reference, one a probe with a face.
        quality: Quality measure → values, in the order of ``scores``.
    """

    tried: int
    no_face: int
    scores: npt.NDArray[np.float64]
    quality: dict[str, npt.NDArray[np.float64]]


def two_photos_a_person(lfw: Path, people: int) -> list[tuple[Path, Path]]:
    """Return the first two photos of at most ``people`` persons, evenly spread over the sorted names."""
    folders = [sorted(folder.glob("*.jpg"))[:2] for folder in sorted((lfw / "images").iterdir())]
    pairs = [(files[0], files[1]) for files in folders if len(files) == 2]
    return [pairs[i * len(pairs) // people] for i in range(people)] if len(pairs) > people else pairs


def read_clean(engine: FacePipeline, photos: list[tuple[Path, Path]]) -> list[CleanPair]:
    """Return the persons in whose two untouched photos a face was found."""

    def read(pair: tuple[Path, Path]) -> CleanPair | None:
        one, two = (_face(engine, path.read_bytes()) for path in pair)
        return None if one is None or two is None else CleanPair(one, two, _pixels(pair[1]))

    with ThreadPoolExecutor(cores()) as pool:
        return [pair for pair in pool.map(read, photos) if pair is not None]


def read_degraded(engine: FacePipeline, pairs: list[CleanPair], degrade: Degrade) -> Outcome:
    """Return what became of the probes when each was degraded in the same way."""

    def read(pair: CleanPair) -> tuple[bool, Face | None]:
        worse = degrade(pair.probe_rgb, pair.probe.landmarks.inter_eye_distance_px)
        return worse is not None, None if worse is None else _face(engine, _bmp(worse))

    with ThreadPoolExecutor(cores()) as pool:
        read_all = list(pool.map(read, pairs))
    found = [(pair, face) for pair, (_, face) in zip(pairs, read_all, strict=True) if face is not None]
    tried = sum(made for made, _ in read_all)
    names = [measure.name for measure in pairs[0].probe.quality]
    return Outcome(
        tried=tried,
        no_face=tried - len(found),
        scores=np.array([float(np.dot(vector(pair.reference), vector(face))) for pair, face in found]),
        quality={name: np.array([face.quality[i].value for _, face in found]) for i, name in enumerate(names)},
    )


def smaller(eyes_px: float) -> Degrade:
    """Return the degradation that brings the eyes ``eyes_px`` apart by area averaging; larger ones are not made."""

    def degrade(pixels: ImageArray, eyes_now_px: float) -> ImageArray | None:
        share = eyes_px / eyes_now_px
        if share >= 1.0:
            return None
        size = (round(pixels.shape[1] * share), round(pixels.shape[0] * share))
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    return degrade


def blurred(sigma_share: float) -> Degrade:
    """Return the degradation by a Gaussian whose standard deviation is a share of the distance of the eyes."""

    def degrade(pixels: ImageArray, eyes_now_px: float) -> ImageArray | None:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_share * eyes_now_px), dtype=np.uint8)

    return degrade


def vector(face: Face) -> FloatArray:
    """Return the template's numbers, for a similarity inside a benchmark."""
    assert face.template is not None
    return face.template.vector


def _face(engine: FacePipeline, data: bytes) -> Face | None:
    found = engine.read_faces(data)
    return central_face(found) if found.faces else None


def _pixels(path: Path) -> ImageArray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _bmp(pixels: ImageArray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "BMP")
    return stream.getvalue()
