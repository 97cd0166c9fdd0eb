"""Pictures for reviewers: everybody's eyes at the same place, whatever the photo's size, tilt or format."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from countenance.core.vocabulary import Face
from countenance.engine.alignment import ARCFACE_112
from countenance.engine.face_pictures import FRAME_SHARE
from countenance.engine.pipeline import FacePipeline
from tests.models.conftest import PHOTOS
from tests.support.bad_files import saved

SIDE = 200


def photo(name: str = "p003_reference.jpg") -> Image.Image:
    with Image.open(PHOTOS / name) as opened:
        return opened.convert("RGB")


def only_face(engine: FacePipeline, data: bytes) -> Face:
    (face,) = engine.read_faces(data, templates=False).faces
    return face


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "JPEG"
        return np.asarray(opened.convert("RGB"), dtype=np.float64)


def test_eyes_stand_where_the_frame_says_in_upright_and_tilted_photos(engine: FacePipeline) -> None:
    inner = SIDE * FRAME_SHARE
    wanted = ARCFACE_112[:2] * inner / 112 + (SIDE - inner) / 2
    for turned in (photo(), photo().rotate(25, expand=True)):
        data = saved(turned, "PNG")
        picture = engine.picture(data, only_face(engine, data), side_px=SIDE)
        assert pixels(picture).shape == (SIDE, SIDE, 3)
        found = only_face(engine, picture).landmarks.as_array()[:2]
        assert np.abs(found - wanted).max() < 5.0


@pytest.mark.parametrize("scale", [1, 6])
def test_a_large_photo_gives_the_same_picture_as_a_small_one(engine: FacePipeline, scale: int) -> None:
    small = photo()
    data = saved(small.resize((small.width * scale, small.height * scale), Image.Resampling.BICUBIC), "JPEG")
    face = only_face(engine, data)
    picture = pixels(engine.picture(data, face, side_px=SIDE))
    reference = saved(small, "PNG")
    expected = pixels(engine.picture(reference, only_face(engine, reference), side_px=SIDE))
    # Two decodings, two detections, two compressions: less than a twentieth of the side would make of it.
    shifted = np.roll(expected, SIDE // 20, axis=1)
    assert np.abs(picture - expected).mean() < np.abs(shifted - expected).mean() / 2


def test_a_picture_is_small_and_holds_nothing_of_the_photo_but_the_face(engine: FacePipeline) -> None:
    data = (PHOTOS / "p003_reference.jpg").read_bytes()
    picture = engine.picture(data, only_face(engine, data), side_px=SIDE)
    assert len(picture) < 20_000
    with Image.open(io.BytesIO(picture)) as opened:
        assert not opened.getexif()
