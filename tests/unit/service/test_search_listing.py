"""The list of searches against a slow reading of the whole ledger; bounds, cursors, what a held search keeps back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from countenance.ledger.kinds import EntryKind
from countenance.service import search_listing
from countenance.service.journal_port import EntryFilter
from countenance.service.search_listing import DRIVERS, Asked, ListedSearch, SearchListing
from tests.support.listed_acts import acts_of
from tests.support.report_samples import ANNA, BRUNO, START, ReportLedger

CASES = ("c1" * 16, "c2" * 16)
#: Result recorded → where it stands in the list if nothing was held.
_CAME = {"candidates": "candidates", "nobody": "nobody", "no_face": "no_result", "failed": "no_result"}


class Filled:
    """A ledger with searches of every kind, and what has become of their reviews."""

    def __init__(self) -> None:
        self.ledger = ReportLedger()
        self.states: dict[str, tuple[str, str | None]] = {}
        self.expected: list[tuple[str, str, str, str | None]] = []
        for number in range(6):
            who, case = (ANNA, BRUNO)[number % 2], CASES[number % 3 % 2]
            for result, came in _CAME.items():
                act = self.ledger.search(result, operator_id=who, case_id=case)
                self.expected.append((act, came, who, case))
            self.expected.append((self.ledger.refusal(operator_id=who, case_id=case), "refused", who, case))
            self._held(number, who, case)
            # None of these is a search.
            self.ledger.search("candidates", operator_id=who, action="compare")
            self.ledger.refusal(operator_id=who, action="enrol")
        self.expected.append((self.ledger.open_act(), "", ANNA, None))

    def _held(self, number: int, who: str, case: str) -> None:
        review_id = f"{number:02x}" * 16
        act = self.ledger.search(
            ("candidates", "nobody")[number % 2], decision="review", held_for_review=True, review_id=review_id,
            operator_id=who, case_id=case,
        )  # fmt: skip
        self.ledger.record(
            EntryKind.REVIEW_OPENED, review_id=review_id, act_id=act, candidates=1, fillers=5, quorum=2,
            due_at="2031-03-05T09:00:00.000000Z",
        )  # fmt: skip
        if number % 3 == 0:
            self.states[review_id] = ("open", None)
            came = "waiting"
        elif number % 3 == 1:
            self.states[review_id] = ("released", "released")
            self.ledger.record(
                EntryKind.REVIEW_RELEASED, review_id=review_id, act_id=act, vote_entry_ids=(),
                released_reference_ids=(), released_to=who, decision="permit", deciding_rules=("r",),
                policy_digest="77" * 32,
            )  # fmt: skip
            came = "released"
        else:
            self.states[review_id] = ("closed", "none_chosen")
            self.ledger.record(
                EntryKind.REVIEW_CLOSED, review_id=review_id, act_id=act, result="none_chosen", vote_entry_ids=()
            )
            came = "not_released"
        self.expected.append((act, came, who, case))

    def listing(self) -> SearchListing:
        def states(review_ids: Sequence[str]) -> Mapping[str, tuple[str, str | None]]:
            return {one: self.states[one] for one in review_ids if one in self.states}

        return SearchListing(self.ledger.rows, acts_of(self.ledger), states)

    def all_of(self, asked: Asked) -> list[ListedSearch]:
        """Return the list, page after page."""
        found: list[ListedSearch] = []
        listing, after = self.listing(), None
        while True:
            page = listing.page(asked, after=after)
            found += page.searches
            if page.more is None:
                return found
            assert after is None or page.more < after
            after = page.more


@pytest.fixture(scope="module")
def filled() -> Filled:
    return Filled()


@pytest.fixture(params=[(50, 10_000, 150), (2, 10_000, 150), (3, 7, 2)], ids=["one page", "many pages", "stops"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    page, most_read, most_looked_up = request.param
    monkeypatch.setattr(search_listing, "PAGE", page)
    monkeypatch.setattr(search_listing, "_FIRST_CHUNK", 2)
    monkeypatch.setattr(search_listing, "_CHUNK", 3)
    monkeypatch.setattr(search_listing, "MOST_READ", most_read)
    monkeypatch.setattr(search_listing, "MOST_LOOKED_UP", most_looked_up)
    return page, most_read, most_looked_up


@pytest.mark.parametrize("outcome", sorted(DRIVERS))
@pytest.mark.parametrize("operator", [None, BRUNO])
@pytest.mark.parametrize("cases", [None, frozenset(CASES[:1]), frozenset(CASES), frozenset({"ee" * 16})])
def test_the_list_is_what_a_reading_of_the_whole_ledger_finds(
    filled: Filled, sizes: tuple[int, int, int], outcome: str, operator: str | None, cases: frozenset[str] | None
) -> None:
    found = filled.all_of(Asked(outcome, cases, operator_id=operator))
    wanted = [
        (act, came)
        for act, came, who, case in filled.expected
        if (not outcome or came == outcome) and operator in (None, who) and (cases is None or case in cases)
    ]
    assert sorted((one.act_id, one.outcome) for one in found) == sorted(wanted)
    assert [one.index for one in found] == sorted({one.index for one in found}, reverse=True)


@pytest.mark.parametrize("hours", [0.0, 0.3, 0.7, 5.0])
def test_days_cut_the_list_where_the_entries_times_do(
    filled: Filled, sizes: tuple[int, int, int], hours: float
) -> None:
    moment = START + timedelta(hours=hours)
    entries = filled.ledger.journal.entries(EntryFilter(), limit=10_000)
    older = {str(entry.fields["act_id"]) for entry in entries if entry.recorded_at < moment and _is_request(entry)}
    before = filled.all_of(Asked(before=moment))
    since = filled.all_of(Asked(since=moment))
    everything = {act for act, *_ in filled.expected}
    assert {one.act_id for one in before} == older & everything
    assert {one.act_id for one in since} == everything - older


def test_a_held_search_does_not_tell_whether_it_found_anybody(filled: Filled) -> None:
    held = {act for act, came, *_ in filled.expected if came in ("waiting", "released", "not_released")}
    for outcome in ("candidates", "nobody", "no_result"):
        assert not held & {one.act_id for one in filled.all_of(Asked(outcome))}


def test_a_page_that_looked_at_as_much_as_it_may_says_so_and_goes_on_below(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ReportLedger()
    ledger.search("nobody")
    for _ in range(9):
        ledger.search("candidates")
    monkeypatch.setattr(search_listing, "MOST_READ", 4)
    listing = SearchListing(ledger.rows, acts_of(ledger), lambda _: {})
    page = listing.page(Asked("nobody"))
    assert (page.searches, page.stopped) == ((), True)
    pages = 1
    while page.more is not None:
        page = listing.page(Asked("nobody"), after=page.more)
        pages += 1
    assert [one.outcome for one in page.searches] == ["nobody"]
    assert pages == 3


def test_an_empty_ledger_has_an_empty_list() -> None:
    page = SearchListing(ReportLedger().rows, acts_of(ReportLedger()), lambda _: {}).page(
        Asked(before=START, since=START)
    )
    assert (page.searches, page.more, page.stopped) == ((), None, False)


def _is_request(entry: Any) -> bool:
    return entry.kind in (EntryKind.ACT_INTENDED, EntryKind.ACT_DENIED)
