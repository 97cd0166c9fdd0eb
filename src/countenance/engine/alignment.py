"""Five landmarks in, an aligned crop out.

The similarity transform (rotation, one scale, shift) that brings the five points closest to a fixed template, least
squares. Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE
TPAMI 13(4), 1991; the template is the one ArcFace and SFace were trained with (112 × 112).

Shrinking by more than two is done by area averaging first, so that a 12-megapixel face is not aliased into another
template than the same face at one megapixel.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from countenance.core.vocabulary import FloatArray, ImageArray

#: Where the five landmarks lie in a 112 × 112 crop: subject's right eye, left eye, nose tip, right and left mouth
#: corner. Source: insightface ``face_align.py`` (arcface_dst), the same numbers as OpenCV's FaceRecognizerSF.
ARCFACE_112 = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float32,
)
#: Words for model identity; change them whenever the sampling below changes.
ALIGNMENT_RECIPE = "umeyama-5pt;arcface-112;area-then-bilinear;border-0"


def similarity_transform(points: FloatArray, template: FloatArray) -> npt.NDArray[np.float64]:
    """Return the 2 × 3 matrix that maps ``points`` onto ``template`` with the least squared error.

    Args:
        points: Shape (n, 2), pixels of the image.
        template: Shape (n, 2), pixels of the crop.

    Source: Umeyama 1991, equations 34 to 43.
    """
    source = points.astype(np.float64)
    target = template.astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_centred, target_centred = source - source_mean, target - target_mean
    covariance = target_centred.T @ source_centred / len(source)
    left, singular, right = np.linalg.svd(covariance)
    signs = np.array([1.0, 1.0 if np.linalg.det(covariance) >= 0 else -1.0])
    rotation = (left * signs) @ right
    variance = float((source_centred**2).sum() / len(source))
    # Five coincident points have no spread; a transform for them would be a division by zero.
    scale = float((singular * signs).sum() / variance) if variance > 0 else 1.0
    matrix = np.empty((2, 3))
    matrix[:, :2] = scale * rotation
    matrix[:, 2] = target_mean - scale * (rotation @ source_mean)
    return matrix


def aligned_crop(
    image_rgb: ImageArray, points: FloatArray, *, size_px: int = 112, template: FloatArray | None = None
) -> ImageArray:
    """Return the aligned crop of a face, uint8, size × size × 3; pixels outside the photo are black.

    Args:
        image_rgb: Upright pixels.
        points: Five landmarks in pixels of ``image_rgb``, shape (5, 2), subject's right eye first.
        size_px: Side of the crop; the 112-pixel template is scaled to it.
        template: Where the landmarks should lie in the crop instead, shape (5, 2).
    """
    matrix = similarity_transform(points, ARCFACE_112 * np.float32(size_px / 112) if template is None else template)
    shrink = 1.0 / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-6)
    if shrink > 2.0:
        image_rgb, matrix = _shrink_region(image_rgb, matrix, shrink, size_px)
    return _as_image(cv2.warpAffine(image_rgb, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR))


def _shrink_region(
    image_rgb: ImageArray, matrix: npt.NDArray[np.float64], shrink: float, size_px: int
) -> tuple[ImageArray, npt.NDArray[np.float64]]:
    """Return the region the crop needs, area-averaged to about the crop's scale, and the matrix for it."""
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0, 1], [size_px, 0, 1], [0, size_px, 1], [size_px, size_px, 1]]) @ inverse.T
    height, width = image_rgb.shape[:2]
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int) - 2, 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 2, [left + 1, top + 1], [width, height])
    region = image_rgb[top:bottom, left:right]
    new_width, new_height = max(1, round((right - left) / shrink)), max(1, round((bottom - top) / shrink))
    small = cv2.resize(region, (new_width, new_height), interpolation=cv2.INTER_AREA)
    # Pixel centres: x_region = (x_small + 0.5) * factor - 0.5, so the shift carries half a pixel of each grid.
    factor = np.array([(right - left) / new_width, (bottom - top) / new_height])
    offset = np.array([left, top]) + 0.5 * factor - 0.5
    adjusted = matrix.copy()
    adjusted[:, :2] = matrix[:, :2] * factor
    adjusted[:, 2] = matrix[:, 2] + matrix[:, :2] @ offset
    return _as_image(small), adjusted


def _as_image(pixels: npt.NDArray[Any]) -> ImageArray:
    return np.ascontiguousarray(pixels, dtype=np.uint8)
