"""Ballots: complete or refused, and the same people whatever letters they stood under."""

from __future__ import annotations

import pytest

from countenance.core.errors import VoteInvalid
from countenance.service.review_ballots import Ballot, parse_ratings
from countenance.service.review_order import Placed
from countenance.service.review_port import NewItem

SHOWN = tuple(
    Placed(letter, NewItem(number, 1, f"{number:032x}", is_filler=number > 1))
    for letter, number in (("A", 3), ("B", 1), ("C", 2))
)
EVERYBODY = {1, 2, 3}


def test_letters_become_people() -> None:
    assert Ballot({"A": -1, "b": 3, "C": 0}).by_item(SHOWN, EVERYBODY) == {3: -1, 1: 3, 2: 0}
    assert Ballot({"B": 2}, rest=-3).by_item(SHOWN, EVERYBODY) == {3: -3, 1: 2, 2: -3}
    assert Ballot(rest=0).by_item(SHOWN, EVERYBODY) == {3: 0, 1: 0, 2: 0}
    assert Ballot(none_of_these=True).by_item(SHOWN, EVERYBODY) == {}
    assert Ballot({"A": -2}, none_of_these=True, rest=0).by_item(SHOWN, EVERYBODY) == {3: -2, 1: 0, 2: 0}


@pytest.mark.parametrize(
    ("ballot", "why"),
    [
        (Ballot(), "Not rated: A, B, C"),
        (Ballot({"A": 1}), "Not rated: B, C"),
        (Ballot({"A": -1}, none_of_these=True), "Not rated: B, C"),
        (Ballot({"A": 4}, rest=0), "not so: A"),
        (Ballot({"A": 1}, rest=-4), "the rest"),
        (Ballot({"D": 1}, rest=0), "No picture stands under D"),
        (Ballot({"B": 1}, none_of_these=True, rest=-1), "a plus for B"),
        (Ballot(rest=1, none_of_these=True), "a plus for A, B, C"),
        (Ballot(rest=0, reason="x" * 4001), "4,000"),
    ],
)
def test_a_ballot_that_leaves_something_open_is_refused_and_says_what(ballot: Ballot, why: str) -> None:
    with pytest.raises(VoteInvalid, match=why):
        ballot.by_item(SHOWN, EVERYBODY)


def test_whoever_cannot_be_seen_any_more_is_not_rated() -> None:
    assert Ballot({"A": -1, "C": 0}).by_item(SHOWN, {2, 3}) == {3: -1, 2: 0}
    with pytest.raises(VoteInvalid, match="B"):
        Ballot({"B": 1}, rest=0).by_item(SHOWN, {2, 3})
    with pytest.raises(VoteInvalid, match="nothing to compare"):
        Ballot(none_of_these=True).by_item(SHOWN, set())


@pytest.mark.parametrize("written", ["A", "A=", "A=4", "A=+-1", "1=A", "A=1.5", "ABCD=1", "A=--1", "=2"])
def test_a_rating_written_otherwise_is_refused(written: str) -> None:
    with pytest.raises(VoteInvalid):
        parse_ratings([written])


def test_ratings_are_read_with_and_without_sign_and_a_letter_once() -> None:
    assert parse_ratings(["A=+2", "b=-3", "AA=0", " C=1 "]) == {"A": 2, "B": -3, "AA": 0, "C": 1}
    with pytest.raises(VoteInvalid, match="twice"):
        parse_ratings(["A=1", "a=2"])
