"""The words of reviews: a scale that is the service's, ballots said whole, states that tell no vote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from countenance.service.review_quorum import SCALE
from countenance.service.reviewers import ReviewerRecord, error_rate
from countenance.web.console.reviewing.words import (
    RESULTS,
    SHORT,
    STEPS,
    ballot_said,
    due_said,
    record_said,
    signed,
    state_said,
)

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_every_step_of_the_service_s_scale_has_words_and_a_key_from_different_to_same() -> None:
    assert set(SHORT) == set(SCALE)
    assert [step.rating for step in STEPS] == sorted(SCALE)
    assert [step.key for step in STEPS] == [1, 2, 3, 4, 5, 6, 7]
    assert [step.sign for step in STEPS] == ["−3", "−2", "−1", "0", "+1", "+2", "+3"]
    for rating, words in SHORT.items():
        assert ("different" in words) == (rating < 0)
        assert ("same" in words) == (rating > 0)
        assert ("strongly" in words) == ("strongly" in SCALE[rating])
        assert ("some extent" in words) == ("some extent" in SCALE[rating])


def test_a_ballot_is_said_whole_the_highest_step_first() -> None:
    said = ballot_said({"A": -3, "B": 2, "C": -3, "D": 0}, none_of_these=False)
    assert said.headline == "You say that picture B shows the person in the probe."
    assert [(letters, sign) for letters, sign, _ in said.rows] == [("B", "+2"), ("D", "0"), ("A and C", "−3")]
    assert [words for *_, words in said.rows] == [SCALE[2], SCALE[0], SCALE[-3]]


@pytest.mark.parametrize(
    ("ratings", "none", "headline"),
    [
        ({"A": 1, "C": 3}, False, "You say that pictures A and C show the person in the probe."),
        ({"A": -3}, True, "You say that nobody shown is the person in the probe."),
        ({"A": 0}, False, "You choose nobody."),
        ({}, True, "You say that nobody shown is the person in the probe."),
    ],
)
def test_a_ballot_s_headline_says_whom_it_chooses(ratings: dict[str, int], none: bool, headline: str) -> None:
    assert ballot_said(ratings, none_of_these=none).headline == headline


@pytest.mark.parametrize(
    ("state", "result", "votes", "quorum", "said"),
    [
        ("open", None, 0, 2, "waits for 2 votes"),
        ("open", None, 1, 2, "waits for 1 more vote"),
        ("open", None, 2, 4, "waits for 2 more votes"),
        ("agreed", None, 2, 2, "the reviewers agree; waits to be asked for"),
        ("released", "released", 2, 2, "released as a lead"),
        ("closed", "disagreement", 3, 3, "closed: the reviewers did not agree"),
    ],
)
def test_a_state_is_told_in_words(state: str, result: str | None, votes: int, quorum: int, said: str) -> None:
    assert state_said(state, result, votes, quorum) == said


def test_every_way_a_review_ends_has_words() -> None:
    for result in ("released", "none_chosen", "disagreement", "withdrawn", "abandoned"):
        assert RESULTS[result]


def test_when_a_review_is_due_is_told_from_now_or_from_its_end() -> None:
    due = NOW + timedelta(hours=2, minutes=5)
    assert due_said(due, None, NOW) == "in 2 h 5 min"
    assert due_said(NOW - timedelta(days=3), None, NOW) == "3 d late"
    assert due_said(due, NOW, NOW + timedelta(days=9)) == "ended in time"
    assert due_said(due, due + timedelta(hours=1, minutes=1), NOW) == "ended 1 h 1 min late"


def test_a_reviewer_s_record_is_a_natural_frequency_with_its_interval() -> None:
    rate = error_rate(3, 60)
    record = ReviewerRecord("a1", "Lind", NOW, True, "Chief", 12, rate, None)
    said = record_said(record)
    assert said.trained == "until 6 May 2031; Chief vouches for it"
    assert said.fillers == "3 of 60 fillers, about 1 in 20"
    assert rate is not None
    assert said.interval == "1.0 % to 13.9 %"
    nothing = record_said(ReviewerRecord("a1", "Lind", NOW, False, "Chief", 0, None, None))
    assert nothing.trained.startswith("ended on")
    assert (nothing.fillers, nothing.interval) == ("none known: no review voted in has ended yet", "")
    assert (
        record_said(ReviewerRecord("a1", "L", NOW, True, "C", 1, error_rate(0, 5), None)).fillers == "none of 5 fillers"
    )


def test_signs_are_those_of_the_steps() -> None:
    assert [signed(rating) for rating in (-3, 0, 2)] == ["−3", "0", "+2"]
