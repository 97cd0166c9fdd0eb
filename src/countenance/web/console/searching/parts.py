"""What the pages that search need, ready-made by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from countenance.core.thresholds import Calibration
from countenance.core.vocabulary import GallerySummary
from countenance.service.accountability import Performed
from countenance.service.case_ports import StoredCase
from countenance.service.case_search import CropsOf
from countenance.service.face_choice import PhotoChoice
from countenance.service.review_desk import PictureMaker
from countenance.service.search import SearchRequest, SearchResult
from countenance.web.console.cases.parts import CasesParts


@dataclass(frozen=True, slots=True)
class SearchingParts:
    """What the pages that search need.

    Attributes:
        cases: Whose cases there are.
        search: (case, claims about this search that the case leaves open, request) → what came of it, or the photo
            with its faces to choose among.
        gallery: Returns a gallery's size.
        calibration: Returns the calibration of the model in use; raises ``CalibrationMissing`` without one.
        crops: Returns pictures of references that are kept.
        picture: Makes the picture of the probe's face.
    """

    cases: CasesParts
    search: Callable[[StoredCase, Mapping[str, object], SearchRequest], Performed[SearchResult] | PhotoChoice]
    gallery: Callable[[str], GallerySummary]
    calibration: Callable[[], Calibration]
    crops: CropsOf
    picture: PictureMaker
