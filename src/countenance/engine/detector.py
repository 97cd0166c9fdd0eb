"""Image in, boxes and five landmarks out: YuNet over a small image pyramid.

YuNet was trained on faces of roughly 10 to 300 pixels, so a close-up is missed, or gets wrong landmarks, until the
image is shrunk; and a face in a large group photo is missed until it is not. Levels, by the long side of the image:

- the main level: ``MAIN_LEVEL_PX``, or the photo's own size if that is smaller;
- ``SMALLER_LEVELS`` of the main level, always: a face may fill the frame, and averaging the landmarks of several levels
  makes the template steadier (on LFW View 1 the FNMR at FMR 1e-4 fell from 2.3 % with one level to 1.6 % with three);
- ``LARGE_LEVEL_PX``: only if the photo is larger than the main level and nothing was found yet, or something narrower
  than ``CROWD_FACE_PX`` was: then there may be smaller faces that cannot be seen.

Detections of one face on several levels are merged: boxes and landmarks are the mean over the levels on which the face
is within the trained range.

Source of the decoding and priors: libfacedetection / OpenCV ``FaceDetectorYN`` (strides 8, 16, 32; one prior a cell;
score = sqrt(cls × obj)); the score cut 0.6 and the overlap 0.3 are OpenCV Zoo's for this model (demo.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from countenance.core.vocabulary import Box, FloatArray, ImageArray, Landmarks
from countenance.engine.sessions import ModelSession

STRIDES = (8, 16, 32)
SCORE_CUT = 0.6
OVERLAP_CUT = 0.3
MAIN_LEVEL_PX = 640
SMALLER_LEVELS = (0.7, 0.4)
LARGE_LEVEL_PX = 1600
CROWD_FACE_PX = 24.0
#: Face widths, in pixels of a level, that YuNet was trained on. Source: its authors in opencv_zoo, issue 116.
TRAINED_FACE_PX = (10.0, 300.0)
#: A little below the square of the cut, so that rounding loses no prior.
_SIEVE = 0.99 * SCORE_CUT**2
#: At most this many priors of one level reach the overlap check; a photo has far fewer faces.
_MOST_PRIORS = 5000


@dataclass(frozen=True, slots=True)
class Detection:
    """One detected face in pixels of the image that was handed in."""

    box: Box
    landmarks: Landmarks
    score: float


class FaceDetector:
    """YuNet with its pyramid. Safe for several threads."""

    def __init__(self, session: ModelSession) -> None:
        self._session = session

    def detect(self, image_rgb: ImageArray) -> list[Detection]:
        """Return all faces, largest box first; an empty list if there are none.

        Args:
            image_rgb: uint8, height × width × 3, upright.
        """
        long_side = max(image_rgb.shape[:2])
        main = min(long_side, MAIN_LEVEL_PX)
        rows = [self._run_level(image_rgb, round(main * share)) for share in (1.0, *SMALLER_LEVELS)]
        widths = np.concatenate(rows)[:, 2] * (main / long_side)
        if long_side > main and (len(widths) == 0 or float(widths.min()) < CROWD_FACE_PX):
            rows.append(self._run_level(image_rgb, min(long_side, LARGE_LEVEL_PX)))
        merged = _merge_levels(np.concatenate(rows))
        order = np.argsort(-(merged[:, 2] * merged[:, 3]), kind="stable")
        return [_as_detection(row) for row in merged[order]]

    def _run_level(self, image_rgb: ImageArray, long_side_px: int) -> FloatArray:
        """Return rows of box (4), landmarks (10), score and face width at this level, in pixels of ``image_rgb``."""
        height, width = image_rgb.shape[:2]
        scale = max(1, long_side_px) / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        scaled = image_rgb if size == (width, height) else cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA)
        # The network halves its input five times, so both sides are padded with black to a multiple of 32.
        padded_width, padded_height = -(-size[0] // 32) * 32, -(-size[1] // 32) * 32
        blob = np.zeros((1, 3, padded_height, padded_width), dtype=np.float32)
        # YuNet takes blue, green, red. Plane by plane, since one strided copy of all three takes twice as long.
        for plane, channel in zip(blob[0, ::-1], cv2.split(scaled), strict=True):
            plane[: size[1], : size[0]] = channel
        rows = _decode(self._session.run(blob), padded_width, padded_height)
        kept = _suppress_overlaps(rows)
        face_width = kept[:, 2:3].copy()
        kept[:, 0:14:2] *= width / size[0]
        kept[:, 1:14:2] *= height / size[1]
        return np.hstack([kept, face_width]).astype(np.float32)


def _decode(outputs: dict[str, FloatArray], width: int, height: int) -> FloatArray:
    """Return rows of box (left, top, width, height), five points and score above the cut, in pixels of the level."""
    rows = []
    for stride in STRIDES:
        columns = width // stride
        face, present = outputs[f"cls_{stride}"][0, :, 0], outputs[f"obj_{stride}"][0, :, 0]
        # Each factor is at most 1, so a prior above the cut has both above its square: a cheap first sieve.
        likely = np.flatnonzero(np.minimum(face, present) > _SIEVE)
        if len(likely) == 0:
            continue
        score = np.sqrt(np.clip(face[likely], 0, 1) * np.clip(present[likely], 0, 1))
        above = score > SCORE_CUT
        hits, score = likely[above], score[above]
        if len(hits) > _MOST_PRIORS:
            best = np.argsort(-score, kind="stable")[:_MOST_PRIORS]
            hits, score = hits[best], score[best]
        cell = np.stack([hits % columns, hits // columns], axis=1).astype(np.float32)
        box = outputs[f"bbox_{stride}"][0, hits]
        centre = (cell + box[:, :2]) * stride
        extent = np.exp(box[:, 2:]) * stride
        points = (outputs[f"kps_{stride}"][0, hits].reshape(-1, 5, 2) + cell[:, None, :]) * stride
        rows.append(np.hstack([centre - extent / 2, extent, points.reshape(-1, 10), score[:, None]]))
    return np.concatenate(rows).astype(np.float32) if rows else np.empty((0, 15), dtype=np.float32)


def _suppress_overlaps(rows: FloatArray) -> FloatArray:
    """Return rows with the highest score among those that overlap (greedy non-maximum suppression)."""
    return rows[[members[0] for members in _overlapping(rows)]]


def _merge_levels(rows: FloatArray) -> FloatArray:
    """Return one row a face: mean of boxes and landmarks over the levels that suit it, with the highest score."""
    merged = []
    for members in _overlapping(rows):
        group = rows[members]
        suits = (group[:, 15] >= TRAINED_FACE_PX[0]) & (group[:, 15] <= TRAINED_FACE_PX[1])
        if not bool(suits.any()):
            # Out of range on every level: the level where it is nearest the range is the best there is.
            distance = np.abs(np.log(np.maximum(group[:, 15], 1e-3) / np.sqrt(np.prod(TRAINED_FACE_PX))))
            suits = distance == distance.min()
        face = group[suits].mean(axis=0, dtype=np.float64)
        face[14] = group[:, 14].max()
        merged.append(face)
    return np.array(merged, dtype=np.float32).reshape(-1, 16)


def _overlapping(rows: FloatArray) -> list[list[int]]:
    """Return groups of rows that overlap with their highest-scored member, which comes first."""
    left_top, right_bottom = rows[:, :2], rows[:, :2] + rows[:, 2:4]
    area = rows[:, 2] * rows[:, 3]
    left: npt.NDArray[np.intp] = np.argsort(-rows[:, 14], kind="stable")
    groups: list[list[int]] = []
    while len(left):
        best = left[0]
        inner = np.minimum(right_bottom[left], right_bottom[best]) - np.maximum(left_top[left], left_top[best])
        shared = np.prod(np.maximum(inner, 0), axis=1)
        same = shared > OVERLAP_CUT * (area[left] + area[best] - shared)
        same[0] = True
        groups.append([int(index) for index in left[same]])
        left = left[~same]
    return groups


def _as_detection(row: FloatArray) -> Detection:
    numbers = [float(number) for number in row]
    points = [(numbers[4 + 2 * i], numbers[5 + 2 * i]) for i in range(5)]
    return Detection(box=Box(*numbers[:4]), landmarks=Landmarks(*points), score=numbers[14])
