"""Several faces where one is needed: every face of the photos, numbered and pictured, for a person to choose at a page.

Rules kept here:

- Faces are looked for again under an act of its own, so that whoever looked at whom is on record.
- Pictures are made from the photo at hand and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from countenance.core.vocabulary import Box, PhotoFaces
from countenance.service.face_jobs import FaceJobs
from countenance.service.faces import PhotoInput
from countenance.service.review_desk import PictureMaker

#: Makes a small upright picture of a whole photo: the photo's bytes → JPEG.
PhotoViewer = Callable[[bytes], bytes]


#: Most faces shown of one photo, largest first: nobody finds a face among more, and each is a picture.
MOST_FACES = 60


@dataclass(frozen=True, slots=True)
class NumberedFace:
    """One face to choose.

    Attributes:
        number: From 1, largest first.
        box: Where it is, in pixels of the upright photo.
        picture: JPEG.
        reasons: What is poor about it, in words.
    """

    number: int
    box: Box
    picture: bytes = field(repr=False)
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhotoChoice:
    """A photo with its faces.

    Attributes:
        name: What the photo is called.
        width_px: Width of the upright photo.
        height_px: Height of it.
        view: The whole photo as a small JPEG.
        faces: Largest first, at most ``MOST_FACES``.
        count: How many faces there are.
    """

    name: str
    width_px: int
    height_px: int
    view: bytes = field(repr=False)
    faces: tuple[NumberedFace, ...]
    count: int

    @property
    def is_open(self) -> bool:
        """Return whether there is anything to choose."""
        return len(self.faces) > 1


def with_choice(found: PhotoFaces, photo: PhotoInput, *, view: PhotoViewer, picture: PictureMaker) -> PhotoChoice:
    """Return a photo with its faces to choose among."""
    faces = tuple(
        NumberedFace(number, face.box, picture(photo.data, face), face.quality_reasons)
        for number, face in enumerate(found.faces[:MOST_FACES], start=1)
    )
    return PhotoChoice(
        photo.name, found.photo.width_px, found.photo.height_px, view(photo.data), faces, len(found.faces)
    )


def choices(
    jobs: FaceJobs, photos: Sequence[PhotoInput], *, view: PhotoViewer, picture: PictureMaker
) -> tuple[PhotoChoice, ...]:
    """Return each photo with its faces; each photo is one recorded act of detection.

    Raises:
        ActRefused: The rules refuse to look for faces.
        InputError: A photo cannot be read.
    """
    return tuple(with_choice(jobs.detect(photo.data).value, photo, view=view, picture=picture) for photo in photos)
