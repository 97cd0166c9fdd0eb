"""Lists of reviews over real databases, against the same list made by hand from all rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from countenance.service.review_lists import Cursor
from countenance.storage import review_lists
from countenance.storage.review_lists import ListedRow, SqlReviewLists
from countenance.storage.review_tables import review_votes, reviewers, reviews
from countenance.storage.transactions import as_text
from tests.storage.conftest import StorePlace

ME, HIM, HER = "a1" * 16, "b2" * 16, "c3" * 16
START = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
STATES = ("open", "agreed", "released", "closed")


class Filled:
    """Reviews in every state, several opened in the same second, and votes."""

    def __init__(self, place: StorePlace) -> None:
        self.store = place.open()
        self.lists = SqlReviewLists(self.store)
        choose = random.Random(5)
        self.rows = [self._row(number, choose) for number in range(60)]
        self.votes = [
            {
                "review_id": row["review_id"], "reviewer_id": who, "vote_number": place_, "entry_id": f"{number:032x}",
                "voted_at": row["opened_at"], "none_of_these": False, "fillers_shown": 5, "fillers_chosen": 0,
                "late": False,
            }
            for number, row in enumerate(self.rows)
            for place_, who in enumerate(choose.sample([ME, HIM, HER], choose.randrange(3)), 1)
        ]  # fmt: skip
        with self.store.transaction() as transaction:
            transaction.connection.execute(insert(reviews), self.rows)
            transaction.connection.execute(insert(review_votes), self.votes)

    def _row(self, number: int, choose: random.Random) -> dict[str, Any]:
        state = choose.choice(STATES)
        ended = state in ("released", "closed")
        opened = START + timedelta(minutes=number // 3)
        return {
            "review_id": f"{choose.getrandbits(128):032x}", "act_id": f"{number:032x}", "state": state,
            "gallery_id": "9a" * 16, "gallery": "g", "requester_id": choose.choice([ME, HIM, HER]), "standing": "{}",
            "threshold": "{}", "reviewers_needed": 2, "quorum": 2, "filler_seed": "5a" * 32,
            "wrapped_key": None if ended else b"0", "opened_at": as_text(opened),
            "due_at": as_text(opened + timedelta(minutes=choose.randrange(30))),
            "ended_at": as_text(opened) if ended else None, "ended_by": None,
            "end_result": state if ended else None, "end_entry_id": None,
        }  # fmt: skip

    def voted(self, review_id: str, who: str) -> bool:
        return any(vote["review_id"] == review_id and vote["reviewer_id"] == who for vote in self.votes)


@pytest.fixture
def filled(place: StorePlace) -> Filled:
    return Filled(place)


def paged(page: Callable[[Cursor | None], Sequence[ListedRow]]) -> list[str]:
    """Return the identifiers of a list, three a page."""
    found: list[str] = []
    after: Cursor | None = None
    while rows := page(after):
        found += [row.review_id for row in rows]
        after = Cursor(rows[-1].opened_at, rows[-1].review_id)
    return found


def ordered(rows: Sequence[dict[str, Any]], *, reverse: bool = False) -> list[str]:
    return [row["review_id"] for row in sorted(rows, key=lambda row: (row["opened_at"], row["review_id"]),
                                               reverse=reverse)]  # fmt: skip


def test_what_waits_for_somebody_is_open_not_theirs_and_not_voted_on(filled: Filled) -> None:
    found = paged(lambda after: filled.lists.waiting_for(ME, after=after, limit=3))
    wanted = [
        row
        for row in filled.rows
        if row["state"] == "open" and row["requester_id"] != ME and not filled.voted(row["review_id"], ME)
    ]
    assert found == ordered(wanted)
    assert wanted


def test_what_is_left_out_is_counted_with_its_reason_up_to_a_bound(filled: Filled) -> None:
    opened = [row for row in filled.rows if row["state"] == "open"]
    own = sum(row["requester_id"] == ME for row in opened)
    voted = sum(filled.voted(row["review_id"], ME) for row in opened)
    assert filled.lists.left_out_for(ME, most=1000) == (own, voted)
    assert min(own, voted) > 1
    assert filled.lists.left_out_for(ME, most=1) == (1, 1)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("oldest_first", [True, False])
def test_reviews_in_a_state_come_in_order_whichever_end_is_first(
    filled: Filled, state: str, oldest_first: bool
) -> None:
    def page(after: Cursor | None) -> Sequence[ListedRow]:
        return filled.lists.in_state(state, oldest_first=oldest_first, due_before=None, after=after, limit=3)

    wanted = [row for row in filled.rows if row["state"] == state]
    assert paged(page) == ordered(wanted, reverse=not oldest_first)
    assert filled.lists.count_due(state, due_before=None, most=100) == len(wanted)


def test_late_ones_were_due_before_the_moment(filled: Filled) -> None:
    moment = START + timedelta(minutes=20)
    wanted = [row for row in filled.rows if row["state"] == "open" and row["due_at"] < as_text(moment)]
    found = filled.lists.in_state("open", oldest_first=True, due_before=moment, after=None, limit=100)
    assert [row.review_id for row in found] == ordered(wanted)
    assert 0 < len(wanted) < sum(row["state"] == "open" for row in filled.rows)
    assert filled.lists.count_due("open", due_before=moment, most=100) == len(wanted)
    assert filled.lists.count_due("open", due_before=moment, most=2) == 2


@pytest.mark.parametrize("few", [1, 1000], ids=["many votes", "few votes"])
def test_what_somebody_voted_on_comes_newest_first_with_the_number_of_votes(
    filled: Filled, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_lists, "_FEW_VOTES", few)
    found = paged(lambda after: filled.lists.taken_part(ME, after=after, limit=3))
    assert found == ordered([row for row in filled.rows if filled.voted(row["review_id"], ME)], reverse=True)
    for row in filled.lists.taken_part(ME, after=None, limit=100):
        assert row.votes == sum(vote["review_id"] == row.review_id for vote in filled.votes)


def test_states_and_names_are_those_stored(filled: Filled) -> None:
    row = filled.rows[0]
    assert filled.lists.states([row["review_id"], "ee" * 16]) == {row["review_id"]: (row["state"], row["end_result"])}
    with filled.store.transaction() as transaction:
        stored = {"trained_until": as_text(START), "attested_by": "Chief", "attested_at": as_text(START)}
        transaction.connection.execute(insert(reviewers), [{"reviewer_id": ME, "name": "Lind", **stored}])
    assert filled.lists.reviewer_names() == [(ME, "Lind", "Chief")]
