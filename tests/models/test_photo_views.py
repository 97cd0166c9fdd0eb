"""A whole photo, upright and small, whatever it comes as."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.core.errors import ImageTooLarge, ImageUnreadable
from countenance.engine.images import ImageLimits
from countenance.engine.photo_views import VIEW_LONG_SIDE_PX, photo_view

LIMITS = ImageLimits()
#: EXIF orientation: the stored picture lies on its side, its top at the right.
LYING = 6


def encoded(image: Image.Image, kind: str, *, orientation: int | None = None) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    image.save(out, kind, exif=exif)
    return out.getvalue()


def gradient(width: int, height: int) -> Image.Image:
    rows = np.linspace(0, 255, height)[:, None, None]
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8))


@pytest.mark.parametrize(
    ("size", "shown"), [((4000, 3000), (960, 720)), ((3000, 4000), (720, 960)), ((320, 200), None)]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_view_is_a_jpeg_of_the_same_shape_never_enlarged(
    kind: str, size: tuple[int, int], shown: tuple[int, int] | None
) -> None:
    view = Image.open(io.BytesIO(photo_view(encoded(gradient(*size), kind), LIMITS)))
    assert view.format == "JPEG"
    assert view.size == (shown or size)
    assert max(view.size) <= VIEW_LONG_SIDE_PX


def test_a_photo_lying_on_its_side_is_shown_upright() -> None:
    view = Image.open(io.BytesIO(photo_view(encoded(gradient(1600, 1200), "JPEG", orientation=LYING), LIMITS)))
    pixels = np.asarray(view.convert("L"), dtype=int)
    assert view.width < view.height
    # The stored top, which is dark, lies at the right.
    assert pixels[:, -1].mean() < 20 < 235 < pixels[:, 0].mean()


def test_a_sample_photo_keeps_its_look() -> None:
    data = (SAMPLE_COHORT / "photos" / "p001_probe.jpg").read_bytes()
    before = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=int)
    after = np.asarray(Image.open(io.BytesIO(photo_view(data, LIMITS))).convert("RGB"), dtype=int)
    assert before.shape == after.shape
    assert np.abs(before - after).mean() < 3


def test_what_cannot_be_read_is_refused_as_everywhere() -> None:
    with pytest.raises(ImageUnreadable):
        photo_view(encoded(gradient(200, 200), "JPEG")[:300], LIMITS)
    with pytest.raises(ImageTooLarge):
        photo_view(encoded(gradient(200, 200), "JPEG"), ImageLimits(max_pixels=100))
