"""The picture of a face that a person looks at: upright, cut to the same frame as everybody else's, a small JPEG.

Whoever compares two faces should compare faces, not framing: eyes stand at the same place in every picture. The frame
is wider than the crop a template is made from, so that chin, ears and hairline can be seen.
"""

from __future__ import annotations

import numpy as np
import simplejpeg

from countenance.core.vocabulary import Face, ImageArray
from countenance.engine.alignment import ARCFACE_112, aligned_crop
from countenance.engine.images import ImageLimits, decode

#: Share of the picture's side that the template's own frame takes; the rest is margin all round. Chosen by looking:
#: less shows more of the background than of the face.
FRAME_SHARE = 0.72
#: Quality of the JPEG, of 100: no block or ring shows at the size it is looked at.
JPEG_QUALITY = 88


def face_picture(data: bytes, face: Face, limits: ImageLimits, *, side_px: int) -> bytes:
    """Return the picture of one face of an encoded photo, as JPEG, side × side pixels.

    Args:
        data: The photo's bytes, which were read once before.
        face: A face found in them.
        limits: As for the first reading.
        side_px: Side of the picture.

    Raises:
        ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
    """
    decoded = decode(data, limits)
    eyes_wanted_px = float(ARCFACE_112[1, 0] - ARCFACE_112[0, 0]) / 112 * FRAME_SHARE * side_px
    reduction = decoded.reduction
    while reduction > 1 and face.landmarks.inter_eye_distance_px / reduction < eyes_wanted_px:
        reduction //= 2
    fine = decoded.finer(reduction)
    points = face.landmarks.as_array() / np.float32(fine.reduction)
    return encoded(framed(fine.image_rgb, points, side_px=side_px))


def framed(image_rgb: ImageArray, points: np.ndarray, *, side_px: int) -> ImageArray:
    """Return the upright picture of a face, uint8, side × side × 3; pixels outside the photo are black.

    Args:
        image_rgb: Upright pixels.
        points: Five landmarks in pixels of ``image_rgb``, shape (5, 2).
        side_px: Side of the picture.
    """
    inner = round(side_px * FRAME_SHARE)
    # The margin belongs to the crop: a template shifted by it lands where the inner frame would.
    margin = (side_px - inner) / 2
    template = ARCFACE_112 * np.float32(inner / 112) + np.float32(margin)
    return aligned_crop(image_rgb, points.astype(np.float32), size_px=side_px, template=template)


def encoded(picture_rgb: ImageArray) -> bytes:
    """Return a picture as JPEG."""
    pixels = np.ascontiguousarray(picture_rgb)
    return bytes(simplejpeg.encode_jpeg(pixels, quality=JPEG_QUALITY, colorspace="RGB", colorsubsampling="444"))


__all__ = ["encoded", "face_picture", "framed"]
