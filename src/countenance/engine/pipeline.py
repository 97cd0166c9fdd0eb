"""Photo in, faces out: the order of decoding, detection, alignment, quality and template.

No face is an empty tuple. Faces come largest first. Boxes and landmarks are in pixels of the upright full-resolution
photo, whatever scale was decoded.
"""

from __future__ import annotations

from dataclasses import dataclass

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Box, Face, ImageArray, Landmarks, PhotoFaces, Template
from countenance.engine.alignment import aligned_crop
from countenance.engine.detector import Detection, FaceDetector
from countenance.engine.embedder import Embedder
from countenance.engine.face_pictures import face_picture
from countenance.engine.images import DecodedPhoto, ImageLimits, decode
from countenance.engine.quality import QualityLimits, measure_quality

#: Distance of the eyes, in decoded pixels, below which a reduced JPEG is decoded again at finer scale: the aligned crop
#: has its eyes 35 pixels apart, so anything above loses no detail the network sees.
EYES_NEEDED_PX = 40.0
#: Faces a photo may hold for templates; a crowd beyond this is measured but not embedded in one call.
_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Located:
    detection: Detection  # in pixels of ``decoded.image_rgb``
    decoded: DecodedPhoto


class FacePipeline:
    """The engine: detector and embedder wired together. Safe for several threads."""

    def __init__(
        self, detector: FaceDetector, embedder: Embedder, *, image_limits: ImageLimits, quality_limits: QualityLimits
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._image_limits = image_limits
        self._quality_limits = quality_limits
        self._model = embedder.manifest.identity

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the recogniser in use."""
        return self._model

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        """Return all faces of an encoded photo, largest first, with quality measures.

        Args:
            data: The file's bytes.
            templates: Whether to make templates; without, only detection and quality are done.
            crops: Whether to keep the 112-pixel aligned crop with each face.

        Raises:
            ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
        """
        decoded = decode(data, self._image_limits)
        located = self._locate(decoded, self._detector.detect(decoded.image_rgb))
        vectors: list[Template] = []
        aligned = [aligned_crop(item.decoded.image_rgb, item.detection.landmarks.as_array()) for item in located]
        if templates:
            own_crop = (
                self._embedder.manifest.alignment.startswith("umeyama") and self._embedder.manifest.input_size_px == 112
            )
            inputs = (
                aligned
                if own_crop
                else [
                    self._embedder.crop(item.decoded.image_rgb, item.detection.landmarks, item.detection.box)
                    for item in located
                ]
            )
            for start in range(0, len(inputs), _BATCH):
                vectors += self._embedder.embed(inputs[start : start + _BATCH])
        faces = [
            self._face(decoded, item, crop, vectors[i] if templates else None, keep_crop=crops)
            for i, (item, crop) in enumerate(zip(located, aligned, strict=True))
        ]
        return PhotoFaces(photo=decoded.photo, faces=tuple(faces))

    def picture(self, data: bytes, face: Face, *, side_px: int) -> bytes:
        """Return the upright picture of a face found in a photo, as JPEG; see ``face_pictures.face_picture``."""
        return face_picture(data, face, self._image_limits, side_px=side_px)

    def _locate(self, decoded: DecodedPhoto, detections: list[Detection]) -> list[_Located]:
        """Return each detection with the pixels its crop is sampled from: finer ones where the face is small."""
        by_reduction = {decoded.reduction: decoded}
        located = []
        for found in detections:
            eyes = found.landmarks.inter_eye_distance_px
            reduction = decoded.reduction
            while reduction > 1 and eyes * decoded.reduction / reduction < EYES_NEEDED_PX:
                reduction //= 2
            if reduction not in by_reduction:
                by_reduction[reduction] = decoded.finer(reduction)
            fine = by_reduction[reduction]
            located.append(_Located(_scaled(found, decoded.reduction / fine.reduction), fine))
        return located

    def _face(
        self, decoded: DecodedPhoto, item: _Located, crop: ImageArray, template: Template | None, *, keep_crop: bool
    ) -> Face:
        source = _scaled(item.detection, float(item.decoded.reduction))
        quality = measure_quality(
            box=source.box,
            landmarks=source.landmarks,
            crop_rgb=crop,
            photo_width_px=decoded.photo.width_px,
            photo_height_px=decoded.photo.height_px,
            limits=self._quality_limits,
        )
        return Face(
            box=source.box,
            landmarks=source.landmarks,
            detector_score=source.score,
            quality=quality,
            template=template,
            aligned_rgb=crop if keep_crop else None,
        )


def _scaled(found: Detection, factor: float) -> Detection:
    if factor == 1.0:
        return found
    return Detection(
        box=Box(*(value * factor for value in found.box)),
        landmarks=Landmarks(*((x * factor, y * factor) for x, y in found.landmarks)),
        score=found.score,
    )
