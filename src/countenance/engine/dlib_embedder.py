"""The second built-in recogniser: dlib's ResNet, for audits that compare two real systems.

The face is found by the same detector as for every other recogniser; dlib's own five-point shape predictor then places
the landmarks its 150-pixel chip needs, within a square like those of dlib's own detector. On 239 pairs of LFW View 1
the separation of mated and non-mated scores is the same as with dlib's own boxes (d' 4.01 and 4.03).

dlib's author compares the raw descriptors by Euclidean distance; here, as everywhere, templates have unit length and
are compared by cosine. That costs dlib some separation (d' 4.26 with distances on the same pairs), so its rates in this
package are those of the network under cosine, not of the dlib program.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from countenance.core.errors import ModelUnavailable
from countenance.core.vocabulary import FloatArray, ImageArray, Landmarks, Template
from countenance.engine.embedder import as_templates
from countenance.engine.manifests import DLIB, RecogniserManifest
from countenance.engine.model_files import DLIB_LANDMARKS_FILE, DLIB_RESNET_FILE, locate, read_verified

CHIP_PX = 150
#: Padding of dlib's chip for this network. Source: dlib's ``face_recognition.cpp``, which calls
#: ``get_face_chip_details(shape, 150, 0.25)``.
CHIP_PADDING = 0.25


class DlibEmbedder:
    """dlib's ResNet v1. dlib's network is not safe for several threads, so one runs at a time."""

    def __init__(self) -> None:
        """Load dlib and its two model files.

        Raises:
            ModelUnavailable: dlib or the files are not installed.
            ModelDigestMismatch: A file is not the pinned one.
        """
        try:
            import dlib
        except ImportError as error:
            raise ModelUnavailable("dlib is not installed.", remedy="Run: pip install 'countenance[dlib]'") from error
        for file in (DLIB_LANDMARKS_FILE, DLIB_RESNET_FILE):
            read_verified(file)
        self.manifest: RecogniserManifest = DLIB
        self._identity = DLIB.identity
        self._dlib: Any = dlib
        self._shape = dlib.shape_predictor(str(locate(DLIB_LANDMARKS_FILE)))
        self._network = dlib.face_recognition_model_v1(str(locate(DLIB_RESNET_FILE)))
        self._lock = threading.Lock()

    def crop(
        self, image_rgb: ImageArray, landmarks: Landmarks, box_xywh_px: tuple[float, float, float, float]
    ) -> ImageArray:
        """Return dlib's face chip, uint8, 150 × 150 × 3."""
        left, top, side = square_for_dlib(landmarks)
        rectangle = self._dlib.rectangle(round(left), round(top), round(left + side), round(top + side))
        shape = self._shape(image_rgb, rectangle)
        return np.asarray(
            self._dlib.get_face_chip(image_rgb, shape, size=CHIP_PX, padding=CHIP_PADDING), dtype=np.uint8
        )

    def embed(self, crops: Sequence[ImageArray]) -> list[Template]:
        """Return one template a chip; no jitter, as the face_recognition package's default."""
        if not crops:
            return []
        with self._lock:
            vectors = [np.asarray(self._network.compute_face_descriptor(chip)) for chip in crops]
        raw: FloatArray = np.stack(vectors).astype(np.float32)
        return as_templates(raw, self.manifest, self._identity)


def square_for_dlib(landmarks: Landmarks) -> tuple[float, float, float]:
    """Return left, top and side of a square as dlib's frontal detector would draw it, from five landmarks.

    dlib's shape predictor was trained on its own detector's boxes: a square centred near the nose bridge whose side is
    about 2.6 times the distance of the eye centres, from the brows to the chin.
    """
    right_eye, left_eye, nose = (np.array(point) for point in landmarks[:3])
    mouth = (np.array(landmarks.right_mouth_corner) + np.array(landmarks.left_mouth_corner)) / 2
    eyes = (right_eye + left_eye) / 2
    side = 2.4 * max(float(np.hypot(*(left_eye - right_eye))), 0.9 * float(np.hypot(*(mouth - eyes))))
    centre = 0.5 * eyes + 0.35 * nose + 0.15 * mouth
    return float(centre[0] - side / 2), float(centre[1] - side / 2), side
