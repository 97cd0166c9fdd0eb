"""Orders: the same for the same reviewer, another for the next, and none that favours a place."""

from __future__ import annotations

from collections import Counter

from countenance.service.review_order import letter, order_seed, placed
from countenance.service.review_port import NewItem

KEY = bytes(range(32))
ITEMS = tuple(
    NewItem(number, 1 if number <= 6 else 2, f"{number:032x}", is_filler=number % 6 != 1, shown=number != 5)
    for number in range(1, 13)
)


def test_an_order_follows_from_key_and_reviewer_and_not_from_the_order_of_the_rows() -> None:
    seed = order_seed(KEY, "a" * 32)
    assert placed(ITEMS, seed) == placed(ITEMS[::-1], order_seed(KEY, "a" * 32))
    assert order_seed(KEY, "b" * 32) != seed
    assert order_seed(KEY[::-1], "a" * 32) != seed


def test_lineups_follow_one_another_whoever_is_not_shown_has_no_letter() -> None:
    found = placed(ITEMS, order_seed(KEY, "a" * 32))
    assert [one.item.probe_number for one in found] == [1] * 5 + [2] * 6
    assert [one.letter for one in found] == list("ABCDEFGHIJK")
    assert {one.item.item_number for one in found} == set(range(1, 13)) - {5}


def test_everybody_stands_at_each_place_about_as_often() -> None:
    first = Counter(placed(ITEMS[6:], order_seed(KEY, f"{n:032x}"))[0].item.item_number for n in range(3000))
    # Six equal shares of 3,000; chi-squared with 5 degrees of freedom exceeds 20.5 in one of a thousand.
    assert sum((first[number] - 500) ** 2 / 500 for number in range(7, 13)) < 20.5


def test_letters_go_on_after_z() -> None:
    assert [letter(number) for number in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
