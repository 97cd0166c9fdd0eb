"""1:N: who in this gallery, if anybody, looks like the person in this photo?

Open set: a stranger comes back as nobody. The index is a copy of storage; before every search its revision is held
against storage, and a stale one is rebuilt.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from countenance.core.errors import ModelMismatch
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration, Threshold
from countenance.core.vocabulary import Candidate, CandidateList, Face, GallerySummary
from countenance.gallery.assignment import RemovedCandidate, assign_each_subject_once
from countenance.service.acts import SEARCH, SEARCH_EVERY_FACE
from countenance.service.admission import OngoingAct
from countenance.service.compare import ThresholdChoice
from countenance.service.current_index import current_index
from countenance.service.faces import PhotoInput, one_face
from countenance.service.meaning import (
    DEFAULT_FALSE_CANDIDATES,
    FalseCandidates,
    ScoreMeaning,
    false_candidates,
    meaning_of,
    require_calibration,
    threshold_for_gallery,
)
from countenance.service.policy_port import GalleryFacts
from countenance.service.ports import CalibrationBook, Engine, GalleryStore, IndexBuilder, SearchIndex


class SearchOutcome(enum.StrEnum):
    """What came of a search; the first two searched the gallery, and so did ``HELD``, which tells nothing of either."""

    CANDIDATES = "candidates"
    NOBODY = "nobody"
    NO_FACE = "no face"
    LOW_QUALITY = "low quality"
    HELD = "held for review"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to search and how.

    Attributes:
        gallery: Name of the gallery.
        probe: The photo.
        choice: A fixed threshold or rate; if neither is given, ``max_false_candidates`` decides.
        max_false_candidates: False candidates a stranger may meet on average.
        limit: Most candidates returned.
        accept_low_quality: Search although the quality gate says no.
    """

    gallery: str
    probe: PhotoInput
    choice: ThresholdChoice = field(default_factory=ThresholdChoice)
    max_false_candidates: float = DEFAULT_FALSE_CANDIDATES
    limit: int = 10
    accept_low_quality: bool = False


@dataclass(frozen=True, slots=True)
class CandidateMeaning:
    """A candidate with what its score means in this gallery."""

    candidate: Candidate
    meaning: ScoreMeaning
    false_candidates: FalseCandidates


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a search. An empty list is an answer: nobody in the gallery reaches the threshold.

    Attributes:
        outcome: What came of it.
        gallery: Name of the gallery.
        threshold: What was decided at.
        promise_kept: False if the calibration data is too small for the limit on false candidates asked for.
        expected: False candidates to expect at the threshold, for this gallery's size.
        candidates: Most similar first.
        searched: What the index compared; None if there was no search.
        reasons: Why the photo was not suitable, in words.
        probe: The face searched with, or None.
        model: Recogniser used.
    """

    outcome: SearchOutcome
    gallery: str
    threshold: Threshold
    promise_kept: bool
    expected: FalseCandidates
    candidates: tuple[CandidateMeaning, ...]
    searched: CandidateList | None
    reasons: tuple[str, ...]
    probe: Face | None
    model: ModelIdentity


@dataclass(frozen=True, slots=True)
class FaceSearchResult:
    """What the search for one face of a photo came to, under "one person once".

    Attributes:
        result: The search, with the candidates that are left.
        removed: Candidates taken out because the subject was assigned to another face, each with that face's number.
    """

    result: SearchResult
    removed: tuple[RemovedCandidate, ...]


@dataclass(frozen=True, slots=True)
class PhotoSearchResult:
    """What searching every face of a photo came to; no face is an empty tuple.

    Attributes:
        gallery: Name of the gallery.
        faces: Largest first, as ``countenance detect`` numbers them.
    """

    gallery: str
    faces: tuple[FaceSearchResult, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Basis:
    calibration: Calibration
    index: SearchIndex
    threshold: Threshold
    promise_kept: bool
    references: int
    limit: int


class GallerySearch:
    """Searches galleries; keeps one index a gallery for as long as its revision is current."""

    def __init__(
        self, *, engine: Engine, store: GalleryStore, build_index: IndexBuilder, calibrations: CalibrationBook
    ) -> None:
        self._engine = engine
        self._store = store
        self._build_index = build_index
        self._calibrations = calibrations
        self._indexes: dict[str, SearchIndex] = {}
        self._lock = threading.Lock()

    def plan(self, request: SearchRequest, gallery: GalleryFacts) -> Threshold:
        """Return the threshold a search would be decided at, from the gallery's size; looks at no face.

        Raises:
            ModelMismatch: The gallery was enrolled with another model.
            CalibrationMissing, CalibrationUnsupported: The rate asked for has no measured meaning.
        """
        self._require_model(request.gallery, gallery.model)
        calibration = require_calibration(self._calibrations, self._engine.model)
        return self._threshold(request, calibration, gallery.references)[0]

    def search(self, act: OngoingAct, request: SearchRequest) -> SearchResult:
        """Return the candidates at or above the threshold, with meaning; nobody is an empty list.

        Raises:
            PolicyError: The act is not one that searches this gallery.
            GalleryNotFound: There is no such gallery.
            ModelMismatch: The gallery was enrolled with another model.
            SeveralFaces, InputError: The photo cannot be used as it is.
            CalibrationMissing, CalibrationUnsupported: The rate asked for has no measured meaning.
        """
        act.require(SEARCH, gallery=request.gallery)
        basis = self._basis(request, act)
        face = one_face(self._engine.read_faces(request.probe.data, crops=True), request.probe)
        found = None if face is None else self._search_face(face, basis, request)
        return self._result(face, found, basis, request)

    def search_every_face(
        self, act: OngoingAct, request: SearchRequest, *, allowed_twice: Collection[str] = ()
    ) -> PhotoSearchResult:
        """Return what a search for each face of one photo came to, nobody being in the photo twice.

        Args:
            act: Admitted to search every face in this gallery.
            request: The probe's face number is not used; every face is searched.
            allowed_twice: Subjects who may be on several faces: twins enrolled as one, a person beside their portrait.

        Raises:
            As ``search``, but for ``SeveralFaces``.
        """
        act.require(SEARCH_EVERY_FACE, gallery=request.gallery)
        basis = self._basis(request, act)
        faces = self._engine.read_faces(request.probe.data, crops=True).faces
        found = [self._search_face(face, basis, request) for face in faces]
        empty = CandidateList((), basis.references, 0, basis.index.revision)
        once = assign_each_subject_once(
            [item or empty for item in found], threshold_value=basis.threshold.value, exempt=allowed_twice
        )
        results = []
        for face, listed, kept in zip(faces, found, once, strict=True):
            left = None if listed is None else replace(listed, candidates=kept.candidates)
            results.append(FaceSearchResult(self._result(face, left, basis, request), kept.removed))
        return PhotoSearchResult(request.gallery, tuple(results))

    def _require_model(self, gallery: str, model: ModelIdentity) -> None:
        if model.digest != self._engine.model.digest:
            raise ModelMismatch(
                f"The gallery {gallery} holds templates of {model.short}; "
                f"the model in use is {self._engine.model.short}.",
                remedy=f"Use --model {model.name}, or enrol the photos again with the model in use.",
            )

    def _basis(self, request: SearchRequest, act: OngoingAct) -> _Basis:
        """Return what every face of the request is searched with: never looser than what was judged."""
        summary = self._store.gallery(request.gallery)
        self._require_model(request.gallery, summary.model)
        calibration = require_calibration(self._calibrations, self._engine.model)
        index = self._current_index(summary)
        threshold, kept = self._threshold(request, calibration, summary.references)
        # The gallery may have changed since: a stricter threshold is taken, a looser one is not.
        if act.threshold is not None and threshold.value < act.threshold.value:
            threshold = act.threshold
        asked = [request.limit] if act.most_candidates is None else [request.limit, act.most_candidates]
        return _Basis(calibration, index, threshold, kept, summary.references, min(asked))

    def _search_face(self, face: Face, basis: _Basis, request: SearchRequest) -> CandidateList | None:
        """Return the candidates of one face, or None if the quality gate says no."""
        if face.quality_reasons and not request.accept_low_quality:
            return None
        assert face.template is not None  # noqa: S101 - read_faces makes templates unless told not to
        return basis.index.search(face.template, threshold_value=basis.threshold.value, limit=basis.limit)

    def _result(
        self, face: Face | None, found: CandidateList | None, basis: _Basis, request: SearchRequest
    ) -> SearchResult:
        reasons = ("no face found in the photo",) if face is None else face.quality_reasons
        if face is None:
            outcome = SearchOutcome.NO_FACE
        elif found is None:
            outcome = SearchOutcome.LOW_QUALITY
        else:
            outcome = SearchOutcome.CANDIDATES if found.candidates else SearchOutcome.NOBODY
        references = basis.references if found is None else found.references_searched
        return SearchResult(
            outcome=outcome,
            gallery=request.gallery,
            threshold=basis.threshold,
            promise_kept=basis.promise_kept,
            expected=false_candidates(basis.threshold.false_match_rate, references),
            candidates=_with_meaning(found, basis.calibration),
            searched=found,
            reasons=reasons,
            probe=face,
            model=self._engine.model,
        )

    def index(self, gallery: str) -> SearchIndex:
        """Return a current index of a gallery, building it from storage if there is none or it is stale.

        Raises:
            GalleryNotFound: There is no such gallery.
            TemplateUnsealFailed: A stored template cannot be opened.
        """
        return self._current_index(self._store.gallery(gallery))

    def _current_index(self, summary: GallerySummary) -> SearchIndex:
        # One thread makes it, the others wait for it: each would make the same one.
        with self._lock:
            index = self._indexes.get(summary.name)
            if index is None or index.revision != summary.revision:
                index = current_index(index, summary.name, summary.model, store=self._store, build=self._build_index)
                self._indexes[summary.name] = index
            return index

    def _threshold(self, request: SearchRequest, calibration: Calibration, references: int) -> tuple[Threshold, bool]:
        if request.choice.value is not None or request.choice.target_false_match_rate is not None:
            return request.choice.resolve(calibration), True
        return threshold_for_gallery(calibration, references, request.max_false_candidates)


def withhold(result: SearchResult) -> SearchResult | None:
    """Return a result that tells nothing of who was found, or whether anybody was; None if nothing was searched."""
    if result.outcome not in (SearchOutcome.CANDIDATES, SearchOutcome.NOBODY):
        return None
    return replace(result, outcome=SearchOutcome.HELD, candidates=(), searched=None)


def withhold_photo(found: PhotoSearchResult) -> PhotoSearchResult | None:
    """Return the same for a photo whose every face was searched; None if no face was."""
    held = [withhold(item.result) for item in found.faces]
    if not any(held):
        return None
    faces = [
        FaceSearchResult(item.result if hidden is None else hidden, ())
        for item, hidden in zip(found.faces, held, strict=True)
    ]
    return replace(found, faces=tuple(faces))


def _with_meaning(found: CandidateList | None, calibration: Calibration) -> tuple[CandidateMeaning, ...]:
    if found is None:
        return ()
    meanings = [(candidate, meaning_of(candidate.similarity, calibration)) for candidate in found.candidates]
    return tuple(
        CandidateMeaning(candidate, meaning, false_candidates(meaning.false_match_rate, found.references_searched))
        for candidate, meaning in meanings
    )
