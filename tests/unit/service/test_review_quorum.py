"""What votes come to: held to a slow reading of the rule over every small ballot box, and to cases told in words."""

from __future__ import annotations

import itertools

import pytest

from countenance.service.review_quorum import HIGHEST, LOWEST, SCALE, Tally, Verdict, tally

A, B, FILLER = 1, 2, 3


def ballot(*chosen: int) -> dict[int, int]:
    return {number: 2 if number in chosen else -2 for number in (A, B, FILLER)}


def told_slowly(box: list[tuple[int, ...]], needed: int) -> tuple[str, set[int]]:
    """Return the verdict as the documentation tells it, one sentence at a time."""
    if len(box) < needed:
        return "wait", set()
    good = [choice for choice in box if FILLER not in choice]
    agreed = {one for one in (A, B) if sum(one in choice for choice in good) >= needed}
    if agreed:
        return "agreed", agreed
    if all(choice == () for choice in box):
        return "none_chosen", set()
    return ("wait" if len(box) == needed else "disagreement"), set()


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_every_box_of_up_to_four_votes_comes_to_what_the_rule_says(needed: int) -> None:
    choices = [(), (A,), (B,), (A, B), (FILLER,), (A, FILLER)]
    seen = set()
    for size in range(needed + 2):
        for box in itertools.product(choices, repeat=size):
            found = tally([ballot(*choice) for choice in box], fillers=[FILLER], needed=needed)
            assert (found.verdict.value, set(found.agreed)) == told_slowly(list(box), needed), box
            seen.add(found.verdict)
    assert seen == set(Verdict)


def test_the_number_who_agreed_is_the_fewest_who_chose_any_of_those_released() -> None:
    box = [ballot(A, B), ballot(B), ballot(A, B)]
    assert tally(box, fillers=[FILLER], needed=2) == Tally(Verdict.AGREED, 3, (A, B), 2)


def test_one_more_vote_is_waited_for_after_a_disagreement_and_no_second_one() -> None:
    assert tally([ballot(A), ballot(B)], fillers=[FILLER], needed=2).quorum == 3
    assert tally([ballot(A), ballot(B), ballot()], fillers=[FILLER], needed=2).verdict is Verdict.DISAGREEMENT


@pytest.mark.parametrize(("rating", "verdict"), [(1, Verdict.AGREED), (0, Verdict.NONE_CHOSEN)])
def test_a_plus_is_a_choice_and_zero_is_none(rating: int, verdict: Verdict) -> None:
    assert tally([{A: rating}], fillers=[FILLER], needed=1).verdict is verdict


def test_a_bare_none_of_these_is_a_vote_for_nobody() -> None:
    assert tally([{}, {}], fillers=[FILLER], needed=2).verdict is Verdict.NONE_CHOSEN


def test_the_scale_has_a_word_for_each_of_its_seven_points() -> None:
    assert sorted(SCALE) == list(range(LOWEST, HIGHEST + 1))
    assert len(set(SCALE.values())) == 7
