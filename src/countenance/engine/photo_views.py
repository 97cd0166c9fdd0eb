"""A whole photo, upright and small, for a person to point at a face in it."""

from __future__ import annotations

import cv2
import numpy as np

from countenance.engine.face_pictures import encoded
from countenance.engine.images import ImageLimits, decode

#: Long side of a view. As wide as a page's column of text; more would only make the page heavier.
VIEW_LONG_SIDE_PX = 960


def photo_view(data: bytes, limits: ImageLimits) -> bytes:
    """Return an encoded photo as an upright JPEG of at most ``VIEW_LONG_SIDE_PX`` on its long side; never enlarged.

    Args:
        data: The photo's bytes.
        limits: What is accepted before decoding.

    Raises:
        ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
    """
    pixels = decode(data, limits).image_rgb
    height, width = pixels.shape[:2]
    factor = VIEW_LONG_SIDE_PX / max(height, width)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return encoded(pixels)
