"""The searches under a case, as the ledger has them: newest first, refused ones too, other acts left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from countenance.core.errors import PolicyDenied
from countenance.service.case_acts import CaseSearch, searches_of
from countenance.service.face_jobs import FaceJobs
from countenance.service.faces import PhotoInput
from countenance.service.search import SearchRequest
from tests.support.accountable_place import GALLERY, AccountablePlace
from tests.support.synthetic_engine import synthetic_photo

CASE, OTHER = "c" * 32, "d" * 32


class OpenCases:
    """Admits everything."""

    def ask_list(self, case_id: str, now: object, *, operator: str, credential_id: str | None = None) -> None:
        assert case_id

    def admit(self, case_id: str, now: object, **_: object) -> None:
        assert case_id


@pytest.fixture
def place() -> AccountablePlace:
    return AccountablePlace(cases=OpenCases())


def jobs(place: AccountablePlace, case_id: str = CASE, **stated: object) -> FaceJobs:
    return place.jobs(replace(place.standing(**stated), case_id=case_id, case_number="24-1183"))


def search(place: AccountablePlace, name: str, case_id: str = CASE, **stated: object) -> None:
    request = SearchRequest(GALLERY, PhotoInput("probe", synthetic_photo(name, variant="new")))
    jobs(place, case_id, **stated).search(request, galleries=place.searches, policies=place.policies)


def every_page(place: AccountablePlace, limit: int) -> list[CaseSearch]:
    found: list[CaseSearch] = []
    before = None
    for _ in range(50):
        page = searches_of(place.journal, CASE, before, limit)
        assert len(page.items) <= limit
        found.extend(page.items)
        before = page.next
        if before is None:
            return found
    raise AssertionError("the pages do not end")


def test_what_came_of_each_search_newest_first(place: AccountablePlace) -> None:
    search(place, "p1")
    search(place, "a stranger")
    search(place, "p2", OTHER)
    with pytest.raises(PolicyDenied):
        search(place, "p1", purpose="general_surveillance", actor_sector="us_local_police")
    found = searches_of(place.journal, CASE)
    assert [(one.result, one.candidates) for one in found.items] == [
        ("refused", None),
        ("nobody", 0),
        ("candidates", 1),
    ]
    assert found.next is None
    assert found.items[0].rules
    assert {one.gallery_ids for one in found.items} == {(place.policies.gallery_facts(GALLERY).gallery_id,)}


def test_acts_that_search_nothing_are_left_out(place: AccountablePlace) -> None:
    search(place, "p1")
    jobs(place).detect(synthetic_photo("p1"))
    assert [one.result for one in searches_of(place.journal, CASE).items] == ["candidates"]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_hold_each_search_once_whatever_lies_between(place: AccountablePlace, limit: int) -> None:
    for number in range(7):
        search(place, f"p{number % 4}")
        for _ in range(number % 3):
            jobs(place).detect(synthetic_photo("p1"))
    found = every_page(place, limit)
    assert len(found) == len({one.act_id for one in found}) == 7
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


def test_a_search_under_way_has_no_result_yet(place: AccountablePlace) -> None:
    search(place, "p1")
    intended = place.entries()[-2].fields
    place.journal.begin_act("e" * 32, {key: value for key, value in intended.items() if key != "act_id"})
    assert searches_of(place.journal, CASE).items[0].result == "under_way"
