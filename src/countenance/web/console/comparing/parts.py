"""What the pages that compare need, ready-made by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from countenance.core.thresholds import Calibration
from countenance.service.account_port import SignedIn
from countenance.service.face_choice import PhotoViewer
from countenance.service.face_jobs import FaceJobs
from countenance.service.review_desk import PictureMaker


@dataclass(frozen=True, slots=True)
class ComparingParts:
    """What the pages that compare need.

    Attributes:
        jobs: Returns the jobs on behalf of whoever has signed in, with what the installation states about itself.
        calibration: Returns the calibration of the model in use; raises ``CalibrationMissing`` without one.
        picture: Makes the picture of a face.
        view: Makes a small picture of a whole photo.
    """

    jobs: Callable[[SignedIn], FaceJobs]
    calibration: Callable[[], Calibration]
    picture: PictureMaker
    view: PhotoViewer
