"""What a reviewer filled in: read back whole, refused where it is no step, and told what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.datastructures import FormData

from countenance.service.reviews import Lineup, Panel, ShownFace
from countenance.web.console.forms import FormRefused
from countenance.web.console.reviewing.forms import FilledIn, comparable, filled_in, keeping_key

DUE = datetime(2031, 5, 6, tzinfo=UTC)


def panel(*letters: str, gone: str = "", probe: bytes | None = b"probe") -> Panel:
    faces = tuple(ShownFace(letter, None if letter == gone else b"face") for letter in letters)
    return Panel("7e" * 16, DUE, (Lineup(1, probe, faces),))


def test_a_form_is_read_in_the_order_of_the_letters() -> None:
    form = FormData([
        ("rating-AA", "3"), ("rating-B", "-3"), ("rating-A", "0"), ("none_of_these", "1"), ("reason", "  ear "),
        ("shown", "1"), ("csrf", "x"),
    ])  # fmt: skip
    filled = filled_in(form)
    assert list(filled.ratings.items()) == [("A", 0), ("B", -3), ("AA", 3)]
    assert (filled.none_of_these, filled.reason, filled.shown) == (True, "ear", True)
    assert filled.ballot().ratings == {"A": 0, "B": -3, "AA": 3}


@pytest.mark.parametrize(
    ("name", "value"),
    [("rating-A", "4"), ("rating-A", "-4"), ("rating-A", "x"), ("rating-A", ""), ("rating-a", "1"),
     ("rating-ABCD", "1"), ("rating-", "1"), ("rating-<", "1"), ("reason", "x" * 5_000)],
)  # fmt: skip
def test_what_is_no_step_of_the_scale_is_refused(name: str, value: str) -> None:
    with pytest.raises(FormRefused):
        filled_in(FormData([(name, value)]))


def test_what_is_missing_or_contradicts_itself_is_told() -> None:
    shown = panel("A", "B", "C")
    assert FilledIn({"A": -3, "B": 0, "C": 2}).troubles(shown) == []
    assert FilledIn({"A": -3}).troubles(shown) == ["Not judged yet: B and C."]
    assert FilledIn({}, none_of_these=True).troubles(shown) == []
    assert FilledIn({"A": -3}, none_of_these=True).troubles(shown) == ["Not judged yet: B and C."]
    (said,) = FilledIn({"A": 1, "B": -3, "C": -3}, none_of_these=True).troubles(shown)
    assert "plus to A" in said


def test_only_pictures_that_are_there_are_to_be_judged() -> None:
    assert comparable(panel("A", "B", gone="A")) == ["B"]
    nothing = panel("A", "B", probe=None)
    assert comparable(nothing) == []
    (said,) = FilledIn({}).troubles(nothing)
    assert "nothing to compare" in said


def test_a_form_is_kept_under_a_name_that_no_other_session_or_review_has() -> None:
    names = {keeping_key(csrf, review) for csrf in ("one", "two") for review in ("7e" * 16, "8e" * 16)}
    assert len(names) == 4
    assert all("one" not in name and "7e7e" not in name for name in names)
