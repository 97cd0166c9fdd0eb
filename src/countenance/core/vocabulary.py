"""The field's words as types: face, template, reference, candidate and what came of looking for them.

Terms follow ISO/IEC 2382-37 (probe, reference, template, candidate); "gallery" is NIST usage. Records are frozen.
A template has no printable form: its numbers never reach a log, a traceback or a notebook.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from countenance.core.model_identity import ModelIdentity

FloatArray = npt.NDArray[np.float32]
ImageArray = npt.NDArray[np.uint8]


class Box(NamedTuple):
    """A face's box in pixels of the upright source photo: left, top, width, height. May reach past the edges."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float

    @property
    def area_px(self) -> float:
        """Return width times height, in square pixels."""
        return self.width_px * self.height_px


class Landmarks(NamedTuple):
    """Five points (x, y) in pixels of the upright source photo; right and left are the *subject's*.

    The subject's right eye is therefore the one on the viewer's left. Order as YuNet and SFace use it.
    """

    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    nose_tip: tuple[float, float]
    right_mouth_corner: tuple[float, float]
    left_mouth_corner: tuple[float, float]

    @property
    def inter_eye_distance_px(self) -> float:
        """Return the distance between the two eye points, in source pixels."""
        return float(np.hypot(self.left_eye[0] - self.right_eye[0], self.left_eye[1] - self.right_eye[1]))

    def as_array(self) -> FloatArray:
        """Return the points as a float32 array of shape (5, 2)."""
        return np.asarray(self, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class QualityMeasure:
    """One quality measure of a face, with the limit it was held against.

    Attributes:
        name: The measure's name, after ISO/IEC 29794-5 (for example ``inter_eye_distance``).
        value: The measured value, in ``unit``.
        unit: Unit in words, such as ``px`` or ``degrees``.
        minimum: Lowest accepted value, or None if there is no lower limit.
        maximum: Highest accepted value, or None if there is no upper limit.
        reason: One sentence in words if a limit is broken ("eyes 14 px apart, 40 needed"), else None.
    """

    name: str
    value: float
    unit: str
    minimum: float | None = None
    maximum: float | None = None
    reason: str | None = None

    @property
    def acceptable(self) -> bool:
        """Return whether the value is within its limits."""
        return self.reason is None


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """Comparable features of one face.

    Attributes:
        vector: Unit length, float32, shape (dimension,), read-only.
        model: Identity of the recogniser that made it.

    Raises:
        ValueError: The vector is not float32 of the model's dimension, not finite or not of unit length.
    """

    vector: FloatArray = field(repr=False)
    model: ModelIdentity

    def __post_init__(self) -> None:
        vector = self.vector
        if vector.dtype != np.float32 or vector.shape != (self.model.dimension,):
            raise ValueError(f"a template of {self.model.short} is float32 of shape ({self.model.dimension},)")
        length = float(np.linalg.norm(vector))
        # A non-finite element makes the length non-finite, which this comparison refuses as well.
        if not abs(length - 1.0) < 1e-3:
            raise ValueError("a template has unit length and finite elements")
        vector.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A detected face.

    Attributes:
        box: Where it is, in pixels of the upright source photo.
        landmarks: Five points, same pixels.
        detector_score: The detector's own score, 0 to 1; higher is surer. Not a probability.
        quality: Measures with their limits; empty if none were asked for.
        template: Features, or None if only detection was asked for.
        aligned_rgb: The aligned crop the template was made from (uint8, height × width × 3), or None.
    """

    box: Box
    landmarks: Landmarks
    detector_score: float
    quality: tuple[QualityMeasure, ...] = ()
    template: Template | None = None
    aligned_rgb: ImageArray | None = field(default=None, repr=False)

    @property
    def quality_reasons(self) -> tuple[str, ...]:
        """Return the sentences of the measures that are out of their limits, in order."""
        return tuple(measure.reason for measure in self.quality if measure.reason is not None)


@dataclass(frozen=True, slots=True)
class Photo:
    """What was learned about a photo while reading it.

    Attributes:
        sha256: Hex digest of the file's bytes: same bytes, same photo.
        width_px: Width after EXIF rotation, full resolution.
        height_px: Height after EXIF rotation, full resolution.
        format: Decoder's name of the format, such as ``JPEG``.
    """

    sha256: str
    width_px: int
    height_px: int
    format: str


@dataclass(frozen=True, slots=True)
class PhotoFaces:
    """All faces of one photo, largest first. No face is an empty tuple: an outcome, not an error."""

    photo: Photo
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A stored template, attributed to a data subject in a gallery.

    Attributes:
        reference_id: Random identifier, unique in storage.
        subject: The operator's name for the data subject within the gallery.
        template: The features.
        source_sha256: Digest of the photo's bytes.
        source_name: File name of the photo as enrolled, for people; never used for look-ups.
    """

    reference_id: str
    subject: str
    template: Template
    source_sha256: str
    source_name: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject whose best reference is at or above the threshold.

    Attributes:
        subject: The data subject.
        reference_id: The subject's most similar reference.
        similarity: That reference's similarity, -1 to 1; higher is more alike. Not a probability.
        references_of_subject: How many templates of the subject were compared: each is one more chance.
    """

    subject: str
    reference_id: str
    similarity: float
    references_of_subject: int


@dataclass(frozen=True, slots=True)
class CandidateList:
    """What a search found: candidates, most similar first, and what was searched. Empty means "nobody".

    Attributes:
        candidates: At or above the threshold, one entry a subject.
        references_searched: Number of templates compared with the probe.
        subjects_searched: Number of data subjects those belong to.
        revision: Revision of the index, equal to the gallery's in storage at the time.
        exact: True if every reference was compared; an approximate search would state its measured recall.
        cut_off: True if more candidates reached the threshold than were asked for.
    """

    candidates: tuple[Candidate, ...]
    references_searched: int
    subjects_searched: int
    revision: int
    exact: bool = True
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class GallerySummary:
    """A gallery's facts without its templates. References past their expiry are not part of it.

    Attributes:
        name: The operator's name for it.
        model: Identity every template in it has.
        created_at: ISO 8601 time, UTC.
        basis: Why faces are kept in it, in the operator's words.
        retention_days: Days after enrolment at which a reference expires; None means until erased.
        subjects: Number of data subjects.
        references: Number of templates.
        revision: Grows by at least one with every change of the gallery's references, including by expiry.
    """

    name: str
    model: ModelIdentity
    created_at: str
    basis: str
    retention_days: int | None
    subjects: int
    references: int
    revision: int


@dataclass(frozen=True, slots=True, eq=False)
class NewReference:
    """A reference about to be stored; the store gives it a random identifier."""

    subject: str
    template: Template
    source_sha256: str
    source_name: str


class EnrolmentStatus(enum.StrEnum):
    """What came of one photo in a bulk enrolment. All but the first are outcomes to count, not errors."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    LOW_QUALITY = "low_quality"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class EnrolmentOutcome:
    """One input photo of a bulk enrolment and what came of it.

    Attributes:
        source_name: Path of the photo relative to the folder or list it was named in.
        subject: The data subject the source names.
        outcome: What came of it.
        reason: One sentence in words if it was not stored, else None.
        sha256: Hex digest of the file's bytes, or None if the file could not be read.
    """

    source_name: str
    subject: str
    outcome: EnrolmentStatus
    reason: str | None = None
    sha256: str | None = None

    @property
    def item(self) -> tuple[str, str]:
        """Return (source name, subject): what identifies the input within a run."""
        return (self.source_name, self.subject)


@dataclass(frozen=True, slots=True, eq=False)
class EnrolmentRun:
    """A bulk enrolment that can be taken up again after an interruption.

    Attributes:
        run_id: Random identifier.
        gallery: The gallery enrolled into.
        source: What is enrolled, in the caller's words; the same words take up the same unfinished run.
        already: (source name, subject) → outcome for every input recorded so far; empty for a new run.
    """

    run_id: str
    gallery: str
    source: str
    already: Mapping[tuple[str, str], EnrolmentStatus]
