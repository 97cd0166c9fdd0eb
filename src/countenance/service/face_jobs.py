"""The jobs as the doors call them: each is put to the rules, recorded, done, and recorded again.

Command line, Python and web call these and nothing below them; the use cases themselves ask for a token that only
``accountability`` hands out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from countenance.core.vocabulary import PhotoFaces
from countenance.service import acts
from countenance.service.accountability import Accountability, Performed
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.calibrate import CalibrationReport, calibrate
from countenance.service.compare import ComparisonResult, ThresholdChoice, compare
from countenance.service.demonstration import CohortPhoto, Demonstration, acquire, demonstrate
from countenance.service.detect import detect
from countenance.service.enrol import EnrolmentReport, Progress, enrol
from countenance.service.enrol_photo import EnrolledPhoto, enrol_photo
from countenance.service.enrolment_steps import CropKeeper
from countenance.service.faces import PhotoInput
from countenance.service.meaning import require_calibration
from countenance.service.outcomes import (
    calibrated,
    compared,
    enrolled,
    photo_searched,
    searched,
)
from countenance.service.policy_port import PolicyStore
from countenance.service.ports import CalibrationBook, Engine, EnrolmentStore
from countenance.service.search import (
    GallerySearch,
    PhotoSearchResult,
    SearchRequest,
    SearchResult,
    withhold,
    withhold_photo,
)
from countenance.service.standing import Standing

T = TypeVar("T")


class FaceJobs:
    """Everything that touches a face, on somebody's behalf.

    Args:
        accountability: The one way in.
        standing: On whose behalf.
        engine: Finds faces and makes templates; may load its models when first used.
        calibrations: What scores mean.
        clock: The server's clock, with a time zone.
        crops: Keeps pictures of enrolled faces for reviewers; None: none are kept.
    """

    def __init__(
        self,
        *,
        accountability: Accountability,
        standing: Standing,
        engine: Engine,
        calibrations: CalibrationBook,
        clock: Callable[[], datetime],
        crops: CropKeeper | None = None,
    ) -> None:
        self.accountability = accountability
        self.standing = standing
        self._engine = engine
        self._calibrations = calibrations
        self._clock = clock
        self._crops = crops

    def detect(self, data: bytes, *, crops: bool = False) -> Performed[PhotoFaces]:
        """Return all faces of a photo; see ``service.detect``."""
        return self._perform(
            acts.detection(),
            lambda act: detect(act, data, engine=self._engine, crops=crops),
            lambda found: Outcome("faces" if found.faces else "no_face", {"faces_found": len(found.faces)}),
        )

    def compare(self, probe: PhotoInput, reference: PhotoInput, choice: ThresholdChoice) -> Performed[ComparisonResult]:
        """Return whether two photos are called a match; see ``service.compare``."""
        calibration = require_calibration(self._calibrations, self._engine.model)
        threshold = choice.resolve(calibration)
        return self._perform(
            acts.comparison(self._engine.model, threshold, probe.data),
            lambda act: compare(act, probe, reference, engine=self._engine, calibrations=self._calibrations),
            compared,
        )

    def enrol(
        self,
        gallery: str,
        source: Path,
        *,
        store: EnrolmentStore,
        policies: PolicyStore,
        workers: int,
        progress: Progress | None = None,
        keep: Callable[[EnrolmentReport], None] | None = None,
    ) -> Performed[EnrolmentReport]:
        """Enrol a folder or list of photos; see ``service.enrol``."""
        return self._perform(
            acts.enrolment(self._engine.model, policies.gallery_facts(gallery)),
            lambda act: enrol(
                act, gallery, source,
                engine=self._engine, store=store, workers=workers, clock=self._clock, progress=progress, keep=keep,
                crops=self._crops,
            ),
            enrolled,
        )  # fmt: skip

    def enrol_photo(
        self, gallery: str, subject: str, photo: PhotoInput, *, store: EnrolmentStore, policies: PolicyStore
    ) -> Performed[EnrolledPhoto]:
        """Enrol one photo for a person; see ``service.enrol_photo``."""
        return self._perform(
            acts.enrolment(self._engine.model, policies.gallery_facts(gallery)),
            lambda act: enrol_photo(
                act, gallery, subject, photo,
                engine=self._engine, store=store, clock=self._clock, crops=self._crops,
            ),
            lambda done: Outcome("enrolled", {"faces_found": int(done.reference_id is not None)}),
        )  # fmt: skip

    def search(
        self, request: SearchRequest, *, galleries: GallerySearch, policies: PolicyStore
    ) -> Performed[SearchResult]:
        """Search a gallery for one face; held results come back without identities. See ``GallerySearch.search``."""
        return self._perform(
            self._search_act(request, galleries, policies),
            lambda act: galleries.search(act, request),
            lambda result: searched(result, self._digests(request.gallery)),
            withhold,
        )

    def probe_faces(
        self, request: SearchRequest, *, galleries: GallerySearch, policies: PolicyStore
    ) -> Performed[PhotoFaces]:
        """Return the faces of a photo that is about to be searched, so that one can be chosen; see ``service.detect``.

        It is judged as that search, and counted as none. Nobody is found by it, so there is nothing to hold.
        """
        return self._perform(
            replace(self._search_act(request, galleries, policies), word=acts.DETECT, searches=0),
            lambda act: detect(act, request.probe.data, engine=self._engine, gallery=request.gallery),
            lambda found: Outcome("faces" if found.faces else "no_face", {"faces_found": len(found.faces)}),
            lambda _: None,
        )

    def search_every_face(
        self,
        request: SearchRequest,
        *,
        galleries: GallerySearch,
        policies: PolicyStore,
        allowed_twice: Collection[str] = (),
    ) -> Performed[PhotoSearchResult]:
        """Search a gallery for every face of a photo; see ``GallerySearch.search_every_face``."""
        return self._perform(
            self._search_act(request, galleries, policies, every_face=True),
            lambda act: galleries.search_every_face(act, request, allowed_twice=allowed_twice),
            lambda found: photo_searched(found, self._digests(request.gallery)),
            withhold_photo,
        )

    def calibrate(
        self,
        photos: Path,
        *,
        data_set: str,
        date: str,
        workers: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> Performed[CalibrationReport]:
        """Measure what scores mean on labelled photos; see ``service.calibrate``."""
        return self._perform(
            acts.measuring(acts.CALIBRATE, self._engine.model),
            lambda act: calibrate(
                act, photos, engine=self._engine, data_set=data_set, date=date, workers=workers, progress=progress
            ),
            calibrated,
        )

    def demonstrate(
        self,
        photos: list[CohortPhoto],
        galleries: GallerySearch,
        gallery: str,
        *,
        max_false_candidates: float,
        workers: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> Performed[Demonstration]:
        """Search every probe of the sample cohort among its references; see ``service.demonstration``."""
        calibration = require_calibration(self._calibrations, self._engine.model)

        def run(act: OngoingAct) -> Demonstration:
            acquired = acquire(act, photos, self._engine, workers=workers, progress=progress)
            index = galleries.index(gallery)
            return demonstrate(act, acquired, index, calibration=calibration, max_false_candidates=max_false_candidates)

        def outcome(result: Demonstration) -> Outcome:
            return Outcome("measured", {"faces_found": result.promised.groups[0].probes})

        return self.measure(acts.DEMONSTRATE, run, outcome)

    def measure(self, word: str, run: Callable[[OngoingAct], T], outcome: Callable[[T], Outcome]) -> Performed[T]:
        """Do a job that measures error rates on labelled photos: the demonstration, an audit.

        Args:
            word: ``acts.DEMONSTRATE`` or ``acts.AUDIT``.
            run: Does it, under the token it is handed.
            outcome: What to record of the result.
        """
        return self._perform(acts.measuring(word, self._engine.model), run, outcome)

    def _perform(
        self,
        act: acts.Act,
        run: Callable[[OngoingAct], T],
        outcome: Callable[[T], Outcome],
        without_identities: Callable[[T], T | None] | None = None,
    ) -> Performed[T]:
        return self.accountability.perform(act, self.standing, run, outcome, withhold=without_identities)

    def _search_act(
        self, request: SearchRequest, galleries: GallerySearch, policies: PolicyStore, *, every_face: bool = False
    ) -> acts.Act:
        facts = policies.gallery_facts(request.gallery)
        threshold = galleries.plan(request, facts)
        return acts.search(
            self._engine.model, threshold, facts, request.probe.data, request.limit, every_face=every_face
        )

    def _digests(self, gallery: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
        return lambda subjects: self.accountability.journal.subject_digests(gallery, subjects)
