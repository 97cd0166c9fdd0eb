"""1:N, open set: strangers come back as nobody, and a stale index is never searched."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from countenance.core.errors import CalibrationMissing, GalleryNotFound, ModelMismatch, SeveralFaces
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import NewReference, Reference
from countenance.gallery.index import GalleryIndex, build_index
from countenance.service.compare import ThresholdChoice
from countenance.service.faces import PhotoInput
from countenance.service.meaning import threshold_for_gallery
from countenance.service.search import GallerySearch, PhotoSearchResult, SearchOutcome, SearchRequest, SearchResult
from tests.support.admitted import admitted
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo, synthetic_template

RECORD = ordinary_calibration()


def reference(name: str, variant: str) -> NewReference:
    return NewReference(name, synthetic_template(name, variant), f"{name}/{variant}", f"{name}/{variant}.jpg")


class Place:
    """A gallery of ten people with two pictures each, and everything that searches it."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self.store = MemoryStore(self.clock)
        self.store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=30)
        self.store.add_references("staff", [reference(f"p{n}", variant) for n in range(10) for variant in "ab"])
        self.built: list[int] = []
        self.search_job = GallerySearch(
            engine=SyntheticEngine(), store=self.store, build_index=self.build, calibrations=MadeUpBook(RECORD)
        )

    def build(self, references: Iterable[Reference], *, model: ModelIdentity, revision: int) -> GalleryIndex:
        self.built.append(revision)
        return build_index(references, model=model, revision=revision)

    def search(self, data: bytes, **more: object) -> SearchResult:
        return self.search_job.search(
            admitted("search", "staff"), SearchRequest("staff", PhotoInput("probe.jpg", data), **more)
        )  # type: ignore[arg-type]

    def ask(self, request: SearchRequest) -> SearchResult:
        return self.search_job.search(admitted("search", "staff"), request)

    def every_face(self, request: SearchRequest, **more: tuple[str, ...]) -> PhotoSearchResult:
        return self.search_job.search_every_face(admitted("search_every_face", "staff"), request, **more)


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_known_person_is_a_candidate_once_with_every_reference_counted(place: Place) -> None:
    result = place.search(synthetic_photo("p3", variant="new"))
    assert result.outcome is SearchOutcome.CANDIDATES
    assert [item.candidate.subject for item in result.candidates] == ["p3"]
    candidate = result.candidates[0].candidate
    assert candidate.references_of_subject == 2
    probe = synthetic_template("p3", "new").vector
    best = max(float(probe @ synthetic_template("p3", variant).vector) for variant in "ab")
    assert candidate.similarity == pytest.approx(best, abs=1e-6)
    assert result.searched is not None
    assert (result.searched.references_searched, result.searched.subjects_searched) == (20, 10)
    assert result.searched.exact


def test_a_stranger_comes_back_as_nobody_with_what_to_expect(place: Place) -> None:
    for number in range(20):
        result = place.search(synthetic_photo(f"stranger {number}"))
        assert result.outcome is SearchOutcome.NOBODY
        assert result.candidates == ()
    # Every stored template is one chance, not every person.
    assert result.expected.references == 20
    assert result.expected.expected == pytest.approx(20 * result.threshold.false_match_rate.estimate)


def test_the_threshold_follows_the_gallery_unless_one_is_given(place: Place) -> None:
    expected, kept = threshold_for_gallery(RECORD, 20, 0.1)
    result = place.search(synthetic_photo("p3"))
    assert (result.threshold, result.promise_kept) == (expected, kept)
    strict = place.search(synthetic_photo("p3"), max_false_candidates=1e-9)
    assert not strict.promise_kept
    fixed = place.search(synthetic_photo("p3"), choice=ThresholdChoice(value=-1.0), limit=4)
    assert fixed.threshold.value == -1.0
    assert len(fixed.candidates) == 4
    assert fixed.searched is not None
    assert fixed.searched.cut_off
    similarities = [item.candidate.similarity for item in fixed.candidates]
    assert similarities == sorted(similarities, reverse=True)


def test_every_candidate_says_what_its_score_means_here(place: Place) -> None:
    for item in place.search(synthetic_photo("p3"), choice=ThresholdChoice(value=-1.0)).candidates:
        rate = RECORD.false_match_rate_at(item.candidate.similarity)
        assert item.meaning.false_match_rate == rate
        assert item.false_candidates.expected == pytest.approx(rate.estimate * 20)


def test_an_index_is_built_once_and_follows_the_gallery_from_then_on(place: Place) -> None:
    for _ in range(3):
        place.search(synthetic_photo("p3"))
    assert len(place.built) == 1
    place.store.add_references("staff", [reference("newcomer", "a")])
    assert [item.candidate.subject for item in place.search(synthetic_photo("newcomer", variant="b")).candidates] == [
        "newcomer"
    ]
    place.store.erase_subject("staff", "p3")
    gone = place.search(synthetic_photo("p3"))
    assert gone.outcome is SearchOutcome.NOBODY
    assert gone.searched is not None
    assert gone.searched.revision == place.store.gallery("staff").revision
    assert gone.searched.references_searched == 19
    assert len(place.built) == 1


def test_nobody_is_found_after_their_time_is_up(place: Place) -> None:
    assert place.search(synthetic_photo("p3")).outcome is SearchOutcome.CANDIDATES
    place.clock.advance(days=31)
    result = place.search(synthetic_photo("p3"))
    assert result.outcome is SearchOutcome.NOBODY
    assert result.expected.references == 0


def test_a_deleted_and_newly_made_gallery_is_not_searched_with_the_old_index(place: Place) -> None:
    place.search(synthetic_photo("p3"))
    place.store.delete_gallery("staff")
    with pytest.raises(GalleryNotFound):
        place.search(synthetic_photo("p3"))


def test_a_photo_without_a_face_or_of_low_quality_is_an_outcome_not_a_search(place: Place) -> None:
    nobody = place.search(synthetic_photo())
    assert (nobody.outcome, nobody.searched) == (SearchOutcome.NO_FACE, None)
    assert nobody.reasons == ("no face found in the photo",)
    blurred = place.search(synthetic_photo("p3", blurred=True))
    assert (blurred.outcome, blurred.searched, blurred.candidates) == (SearchOutcome.LOW_QUALITY, None, ())
    assert blurred.reasons == ("blurred: sharpness 3",)
    all_the_same = place.search(synthetic_photo("p3", blurred=True), accept_low_quality=True)
    assert all_the_same.outcome is SearchOutcome.CANDIDATES
    assert all_the_same.reasons == ("blurred: sharpness 3",)


def test_several_faces_are_never_picked_from_silently(place: Place) -> None:
    with pytest.raises(SeveralFaces):
        place.search(synthetic_photo("p1", "p2"))
    request = SearchRequest("staff", PhotoInput("probe", synthetic_photo("p1", "p2"), face_number=2))
    assert [item.candidate.subject for item in place.ask(request).candidates] == ["p2"]


def test_a_gallery_of_another_model_is_refused_with_the_models_name(place: Place) -> None:
    other = GallerySearch(
        engine=SyntheticEngine(OTHER_MODEL), store=place.store, build_index=place.build, calibrations=MadeUpBook(RECORD)
    )
    with pytest.raises(ModelMismatch) as caught:
        other.search(admitted("search", "staff"), SearchRequest("staff", PhotoInput("probe", synthetic_photo("p1"))))
    assert "--model made-up" in caught.value.remedy
    assert place.built == []


def test_without_a_calibration_nothing_is_searched(place: Place) -> None:
    without = GallerySearch(
        engine=SyntheticEngine(), store=place.store, build_index=place.build, calibrations=MadeUpBook()
    )
    with pytest.raises(CalibrationMissing):
        without.search(admitted("search", "staff"), SearchRequest("staff", PhotoInput("probe", synthetic_photo("p1"))))


def test_an_empty_gallery_is_searched_and_says_so() -> None:
    place = Place()
    for number in range(10):
        place.store.erase_subject("staff", f"p{number}")
    result = place.search(synthetic_photo("p1"))
    assert result.outcome is SearchOutcome.NOBODY
    assert result.expected.in_words() == "The gallery is empty."


def test_in_one_photo_nobody_is_found_twice(place: Place) -> None:
    photo = synthetic_photo("p3", "p3", "stranger", variant="x")
    request = SearchRequest("staff", PhotoInput("group.jpg", photo))
    found = place.every_face(request).faces
    assert len(found) == 3
    named = [[item.candidate.subject for item in face.result.candidates] for face in found]
    assert sorted(named) == [[], [], ["p3"]]
    (removed,) = [entry for face in found for entry in face.removed]
    assert removed.candidate.subject == "p3"
    assert found[removed.assigned_to_face - 1].result.candidates[0].candidate.subject == "p3"


def test_who_is_allowed_twice_is_found_on_every_face(place: Place) -> None:
    photo = synthetic_photo("p3", "p3", variant="x")
    request = SearchRequest("staff", PhotoInput("twins.jpg", photo))
    found = place.search_job.search_every_face(
        admitted("search_every_face", "staff"), request, allowed_twice=("p3",)
    ).faces
    assert [[item.candidate.subject for item in face.result.candidates] for face in found] == [["p3"], ["p3"]]
    assert not any(face.removed for face in found)


def test_every_face_of_a_photo_without_one_or_of_low_quality_is_an_outcome(place: Place) -> None:
    empty = SearchRequest("staff", PhotoInput("empty.jpg", b"note nothing"))
    assert place.every_face(empty).faces == ()
    blurred = SearchRequest("staff", PhotoInput("blurred.jpg", synthetic_photo("p1", "p2", blurred=True)))
    outcomes = [face.result.outcome for face in place.every_face(blurred).faces]
    assert outcomes == [SearchOutcome.LOW_QUALITY, SearchOutcome.LOW_QUALITY]
