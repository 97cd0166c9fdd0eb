"""Names of accounts: shown tidily, told apart by what can be told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import AccountInvalid
from countenance.service.account_names import name_key, shown_name

usable = st.text(min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("R. Okafor", "R. Okafor"),
        ("  R.   Okafor\t", "R. Okafor"),
        ("\uff32\uff0e Okafor", "R. Okafor"),
        ("Ren\u0065\u0301e", "Ren\u00e9e"),
        ("\u7530\u4e2d", "\u7530\u4e2d"),
    ],
)
def test_names_are_tidied(typed: str, shown: str) -> None:
    assert shown_name(typed) == shown


@pytest.mark.parametrize(
    "typed", ["", " ", ".", "--", "x" * 101, "a\0b", "a\u202eb", "a\u200bb", "\udc80x", "a\x1b[0m"]
)
def test_what_cannot_be_seen_is_no_name(typed: str) -> None:
    with pytest.raises(AccountInvalid):
        shown_name(typed)
    assert name_key(typed) == ""


@given(usable)
def test_a_name_is_told_apart_by_its_shown_form_and_not_by_capitals(typed: str) -> None:
    try:
        shown = shown_name(typed)
    except AccountInvalid:
        assert name_key(typed) == ""
        return
    assert shown_name(shown) == shown
    assert name_key(typed) == name_key(shown) == name_key(f" {shown} ") == name_key(shown.casefold())
    assert name_key(name_key(shown)) == name_key(shown)


def test_names_that_only_look_different_are_one() -> None:
    assert len({name_key(name) for name in ("Stra\u00dfe", "STRASSE", "strasse", "\uff33trasse")}) == 1
    assert name_key("Anna") != name_key("Hanna")
