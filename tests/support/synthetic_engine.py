"""An engine without a model: a small text stands for a photo, and says who is in it.

A "photo" is UTF-8 text of lines. ``face NAME`` puts a face into it, ``face NAME VARIANT`` another picture of the same
person, ``blurred`` makes every face fail the quality gate, and any other line is only noise that changes the bytes. A
text with the line ``damaged`` cannot be decoded. Faces of one person are alike, faces of two people are not: a template
is the person's random direction with a small random part for the variant.
"""

from __future__ import annotations

import hashlib
import time

import numpy as np

from countenance.core.errors import ImageUnreadable
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Box, Face, Landmarks, Photo, PhotoFaces, QualityMeasure, Template
from tests.support.made_up_templates import MADE_UP_MODEL

#: Length of the variant's random part beside the person's unit direction: two variants score about 1 / (1 + 0.25).
_VARIANT_LENGTH = 0.5
_SHARP = QualityMeasure("sharpness", 90.0, "variance of Laplacian", minimum=20.0)
_BLURRED = QualityMeasure("sharpness", 3.0, "variance of Laplacian", minimum=20.0, reason="blurred: sharpness 3")


def synthetic_photo(*names: str, variant: str = "", blurred: bool = False, note: str = "") -> bytes:
    """Return a "photo" of these people; ``note`` changes its bytes and nothing else."""
    lines = [f"face {name} {variant}".strip() for name in names] + ["blurred"] * blurred + [f"note {note}"]
    return "\n".join(lines).encode()


def synthetic_template(name: str, variant: str = "", model: ModelIdentity = MADE_UP_MODEL) -> Template:
    """Return the template of a person's picture: always the same for the same words."""
    vector = _direction(name, model.dimension) + _VARIANT_LENGTH * _direction(f"{name}/{variant}", model.dimension)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32), model)


class SyntheticEngine:
    """Reads synthetic photos; counts how often it was asked, and may take its time.

    Attributes:
        reads: How many photos were looked at.
    """

    def __init__(self, model: ModelIdentity = MADE_UP_MODEL, *, delay_s: float = 0.0) -> None:
        self._model = model
        self._delay_s = delay_s
        self.reads = 0

    @property
    def model(self) -> ModelIdentity:
        return self._model

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        self.reads += 1
        if self._delay_s:
            time.sleep(self._delay_s)
        try:
            lines = [line.split() for line in data.decode().splitlines() if line.strip()]
        except UnicodeDecodeError as error:
            raise ImageUnreadable("The picture is truncated or damaged and cannot be decoded.") from error
        if not lines or ["damaged"] in lines:
            raise ImageUnreadable("The picture is truncated or damaged and cannot be decoded.")
        quality = (_BLURRED if ["blurred"] in lines else _SHARP,)
        people = [(line[1], " ".join(line[2:])) for line in lines if line[0] == "face" and len(line) > 1]
        faces = tuple(
            self._face(number, name, variant, quality, templates=templates, crops=crops)
            for number, (name, variant) in enumerate(people)
        )
        photo = Photo(sha256=hashlib.sha256(data).hexdigest(), width_px=640, height_px=480, format="TEXT")
        return PhotoFaces(photo=photo, faces=faces)

    def picture(self, data: bytes, face: Face, *, side_px: int) -> bytes:
        """Return a few words in place of a JPEG: whose face it is."""
        people = [line.split()[1:] for line in data.decode().splitlines() if line.startswith("face ")]
        assert face.template is not None
        for name, *variant in people:
            if np.array_equal(synthetic_template(name, " ".join(variant), self._model).vector, face.template.vector):
                return f"picture of {name}, {side_px} px".encode()
        raise AssertionError("the face is not of this photo")

    def _face(
        self, number: int, name: str, variant: str, quality: tuple[QualityMeasure, ...], *, templates: bool, crops: bool
    ) -> Face:
        # Largest first, as the contract says: each further face is ten pixels smaller and stands to the right.
        left, side = 100.0 * number, 90.0 - 10.0 * number
        points = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
        return Face(
            box=Box(left, 20.0, side, side),
            landmarks=Landmarks(*((left + x * side, 20.0 + y * side) for x, y in points)),
            detector_score=0.9,
            quality=quality,
            template=synthetic_template(name, variant, self._model) if templates else None,
            aligned_rgb=np.zeros((112, 112, 3), dtype=np.uint8) if crops else None,
        )


def _direction(words: str, dimension: int) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return vector / np.linalg.norm(vector)
