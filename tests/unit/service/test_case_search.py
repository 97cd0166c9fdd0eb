"""One search at a page: several faces come back to choose, and no search is used up by that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countenance.core.errors import InputError
from countenance.core.vocabulary import Face
from countenance.service.accountability import Performed
from countenance.service.case_search import search_or_choose
from countenance.service.face_choice import MOST_FACES, PhotoChoice, choices
from countenance.service.faces import PhotoInput
from countenance.service.refusals import ActRefused
from countenance.service.search import SearchOutcome, SearchRequest, SearchResult
from tests.support.accountable_place import GALLERY, AccountablePlace
from tests.support.synthetic_engine import synthetic_photo

CASE = "c" * 32


class CountingCases:
    """Admits everything and counts searches."""

    searches = 0

    def ask_list(self, case_id: str, now: object, *, operator: str, credential_id: str | None = None) -> None:
        assert case_id == CASE

    def admit(self, case_id: str, now: object, *, searches: int = 1, **_: object) -> None:
        self.searches += searches


class Place:
    """An installation with one case."""

    def __init__(self) -> None:
        self.cases = CountingCases()
        self.installation = AccountablePlace(cases=self.cases)

    def search(
        self, photo: bytes, *, face: int | None = None, gallery: str = GALLERY, **stated: object
    ) -> Performed[SearchResult] | PhotoChoice:
        installation = self.installation
        standing = replace(installation.standing(**stated), case_id=CASE, case_number="24-1183")
        return search_or_choose(
            installation.jobs(standing),
            SearchRequest(gallery, PhotoInput("The photo", photo, face)),
            galleries=installation.searches,
            policies=installation.policies,
            view=view,
            picture=picture,
        )

    def actions(self) -> list[tuple[str, object]]:
        return [
            (entry.kind, entry.fields["action"])
            for entry in self.installation.entries()
            if entry.kind in ("act_intended", "act_denied")
        ]


def view(data: bytes) -> bytes:
    return b"small " + data[:4]


def picture(data: bytes, face: Face) -> bytes:
    return f"{face.box.left_px:.0f}".encode()


@pytest.fixture
def place() -> Place:
    return Place()


def test_one_face_is_searched(place: Place) -> None:
    done = place.search(synthetic_photo("p1", variant="new"))
    assert isinstance(done, Performed)
    assert [item.candidate.subject for item in done.value.candidates] == ["p1"]
    assert place.cases.searches == 1


def test_several_faces_come_back_numbered_and_use_up_no_search(place: Place) -> None:
    found = place.search(synthetic_photo("p1", "p2", "p3"))
    assert isinstance(found, PhotoChoice)
    assert [face.number for face in found.faces] == [1, 2, 3]
    assert found.view.startswith(b"small")
    assert found.is_open
    assert place.cases.searches == 0
    assert place.actions() == [("act_intended", "detect")]


def test_the_chosen_face_is_searched_and_nobody_else(place: Place) -> None:
    done = place.search(synthetic_photo("p1", "p2", "p3"), face=2)
    assert isinstance(done, Performed)
    assert [item.candidate.subject for item in done.value.candidates] == ["p2"]
    assert place.cases.searches == 1
    assert place.actions() == [("act_intended", "search")]


def test_a_stranger_is_nobody(place: Place) -> None:
    done = place.search(synthetic_photo("a stranger"))
    assert isinstance(done, Performed)
    assert done.value.outcome is SearchOutcome.NOBODY


def test_no_face_is_looked_for_where_the_rules_refuse(place: Place) -> None:
    with pytest.raises(ActRefused):
        place.search(synthetic_photo("p1", "p2"), purpose="general_surveillance", actor_sector="us_local_police")
    assert place.installation.engine.looked == 0
    assert place.cases.searches == 0
    assert place.actions() == [("act_denied", "search")]


def test_faces_are_looked_for_under_the_rules_of_the_gallery(place: Place) -> None:
    # Nobody states where its photos come from but the gallery itself; a search of it is permitted, so is a look before.
    done = place.search(synthetic_photo("p1"), gallery_source="unknown")
    assert isinstance(done, Performed)


def test_a_number_that_no_face_has_is_refused(place: Place) -> None:
    with pytest.raises(InputError, match="face 4 does not exist"):
        place.search(synthetic_photo("p1", "p2", "p3"), face=4)


def test_every_photo_of_a_comparison_comes_back_with_its_faces(place: Place) -> None:
    jobs = place.installation.jobs()
    photos = (PhotoInput("A", synthetic_photo("p1", "p2")), PhotoInput("B", synthetic_photo("p3")))
    first, second = choices(jobs, photos, view=view, picture=picture)
    assert (first.count, second.count) == (2, 1)
    assert first.is_open
    assert not second.is_open
    assert (first.width_px, first.height_px) == (640, 480)


def test_of_a_crowd_the_largest_faces_are_shown_and_all_are_counted(place: Place) -> None:
    crowd = synthetic_photo(*(f"q{number}" for number in range(MOST_FACES + 5)))
    (found,) = choices(place.installation.jobs(), (PhotoInput("A", crowd),), view=view, picture=picture)
    assert (len(found.faces), found.count) == (MOST_FACES, MOST_FACES + 5)
