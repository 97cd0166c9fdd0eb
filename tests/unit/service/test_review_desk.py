"""What a search found, face by face, whichever door it came through; and that nothing else can be held."""

from __future__ import annotations

import pytest

from countenance.core.errors import ReviewError
from countenance.core.vocabulary import Candidate, CandidateList
from countenance.service.collection_search import CollectionSearch
from countenance.service.faces import PhotoInput
from countenance.service.review_desk import findings_of
from countenance.service.review_fillers import fillers_wanted
from countenance.service.search import PhotoSearchResult, SearchRequest, SearchResult
from tests.support.accountable_place import GALLERY, AccountablePlace
from tests.support.synthetic_engine import synthetic_photo

FOUND = CandidateList((Candidate("p1", "1" * 32, 0.9, 1),), 4, 4, 1)


@pytest.fixture(scope="module")
def place() -> AccountablePlace:
    return AccountablePlace()


def searched(place: AccountablePlace, *people: str, blurred: bool = False) -> SearchResult:
    request = SearchRequest(GALLERY, PhotoInput("p.jpg", synthetic_photo(*people, blurred=blurred)))
    return place.jobs().search(request, galleries=place.searches, policies=place.policies).value


def photo_searched(place: AccountablePlace, *people: str) -> PhotoSearchResult:
    request = SearchRequest(GALLERY, PhotoInput("p.jpg", synthetic_photo(*people)))
    return place.jobs().search_every_face(request, galleries=place.searches, policies=place.policies).value


def test_a_search_is_one_finding_with_its_candidates_in_order(place: AccountablePlace) -> None:
    result = searched(place, "p2")
    (finding,) = findings_of(result)
    assert finding.face is result.probe
    assert [item.subject for item in finding.candidates] == ["p2"]
    (nobody,) = findings_of(searched(place, "stranger"))
    assert nobody.candidates == ()


def test_a_face_that_was_not_searched_is_no_finding(place: AccountablePlace) -> None:
    assert findings_of(searched(place, "p2", blurred=True)) == ()
    found = findings_of(photo_searched(place, "p1", "p2"))
    assert [(item.probe_number, [one.subject for one in item.candidates]) for item in found] == [
        (1, ["p1"]),
        (2, ["p2"]),
    ]


def test_a_collections_search_is_a_finding_if_it_searched() -> None:
    (finding,) = findings_of(CollectionSearch(None, None, (), (), FOUND))
    assert finding.candidates == FOUND.candidates
    assert findings_of(CollectionSearch(None, None, (), ())) == ()


def test_nothing_else_can_be_reviewed() -> None:
    with pytest.raises(ReviewError):
        findings_of("candidates")


def test_there_are_five_fillers_and_never_fewer_than_candidates() -> None:
    assert [fillers_wanted(count) for count in (0, 1, 5, 6, 20)] == [5, 5, 5, 6, 20]
