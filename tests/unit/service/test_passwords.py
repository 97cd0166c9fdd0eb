"""Passwords: what is taken, what is kept, and that a name nobody has costs as much as one that somebody has."""

from __future__ import annotations

import hashlib
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import AccountInvalid
from countenance.service import passwords
from countenance.service.passwords import COST, HashCost, Passwords, made_up, require_password
from tests.support.account_desk import CHEAP, PASSWORD

#: Source: RFC 7914, section 12, second vector: "password", salt "NaCl", N = 1024, r = 8, p = 16, first 32 of 64 bytes.
RFC_7914 = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
SEVERAL = Passwords(CHEAP)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.text(st.characters(codec="utf-8"), max_size=60))
def test_the_password_fits_and_another_does_not(one: str, other: str) -> None:
    kept = SEVERAL.kept(one)
    assert SEVERAL.fits(one, kept)
    assert SEVERAL.fits(other, kept) == (passwords._normal(one) == passwords._normal(other))


def test_the_hash_is_that_of_the_published_vector() -> None:
    kept = f"scrypt$1024$8$16${b'NaCl'.hex()}${RFC_7914}"
    assert Passwords(CHEAP).fits("password", kept)
    assert not Passwords(CHEAP).fits("Password", kept)


def test_the_same_password_is_kept_differently_each_time() -> None:
    kept = [SEVERAL.kept(PASSWORD) for _ in range(2)]
    assert kept[0] != kept[1]
    assert all(PASSWORD not in text for text in kept)


def test_the_usual_cost_is_the_one_of_the_source_and_can_be_paid_here() -> None:
    assert (COST.n, COST.r, COST.p) == (131_072, 8, 1)
    usual = Passwords()
    kept = usual.kept(PASSWORD)
    assert kept.startswith("scrypt$131072$8$1$")
    assert usual.fits(PASSWORD, kept)


def test_a_name_that_nobody_has_costs_one_hash_at_the_same_cost_and_never_fits() -> None:
    kept = SEVERAL.kept(PASSWORD)
    spent = []
    with patch.object(hashlib, "scrypt", wraps=hashlib.scrypt) as scrypt:
        for known in (kept, None):
            scrypt.reset_mock()
            SEVERAL.fits(PASSWORD, known)
            spent.append([(call.kwargs["n"], call.kwargs["r"], call.kwargs["p"]) for call in scrypt.call_args_list])
    assert spent[0] == spent[1] == [(CHEAP.n, CHEAP.r, CHEAP.p)]
    assert not SEVERAL.fits(PASSWORD, None)


def test_what_was_kept_at_another_cost_fits_and_is_outdated() -> None:
    kept = Passwords(HashCost(4, 2, 1)).kept(PASSWORD)
    assert SEVERAL.fits(PASSWORD, kept)
    assert SEVERAL.outdated(kept)
    assert not SEVERAL.outdated(SEVERAL.kept(PASSWORD))


@pytest.mark.parametrize("kept", ["", "bcrypt$2$1$1$00$00", "scrypt$3$1$1$00$00", "scrypt$2$1$1$zz$00"])
def test_what_is_not_a_kept_password_is_an_error_and_not_a_wrong_password(kept: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SEVERAL.fits(PASSWORD, kept)


@pytest.mark.parametrize("n", [0, 1, 3, -2])
def test_a_cost_is_a_power_of_two(n: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        HashCost(n)


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse lantern plum",
        "\u0645\u0641\u062a\u0627\u062d \u0633\u0631\u064a \u0637\u0648\u064a\u0644 \u062c\u062f\u0627",
        "x" * 20 + " herring lantern",
        "herring lantern four oxide " * 30,
        "password of herring and lantern",
    ],
)
def test_long_passwords_of_any_characters_are_taken(password: str) -> None:
    require_password(password, "R. Okafor")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "herring lanter",
        "x" * 1_001,
        "R. Okafor R. Okafor",
        "r.okafor2026!!!!!",
        "passwordpassword",
        "Password123456789",
        "p-a-s-s-w-o-r-d-1-2-3-4",
        "qwertyuiopasdfgh",
        "abcdefghijklmnop",
        "987654321987654321",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "Correct Horse Battery Staple",
        "countenance admin welcome",
        "                    ",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44 12345678",
    ],
)
def test_short_endless_and_obvious_passwords_are_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(AccountInvalid) as refused:
        require_password(password, "R. Okafor")
    if len(password) > 1:
        assert password not in refused.value.message + refused.value.remedy


def test_length_is_counted_in_characters_as_they_are_hashed() -> None:
    # A decomposed letter is one character, not two.
    decomposed = "e\u0301" * 3 + "rring lanter"
    with_one_more = decomposed + "n"
    require_password(with_one_more, "x")
    with pytest.raises(AccountInvalid):
        require_password(decomposed[:-1], "x")
    assert SEVERAL.fits(with_one_more, SEVERAL.kept("\u00e9" * 3 + "rring lantern"))


def test_made_up_passwords_are_long_typeable_and_never_the_same() -> None:
    made = {made_up() for _ in range(500)}
    assert len(made) == 500
    for password in made:
        assert len(password) == 24
        assert not set(password) - set("abcdefghijkmnpqrstuvwxyz23456789-")
        require_password(password, "R. Okafor")
    # Every letter is there in so many: none is left out by a slip.
    assert set("".join(made)) == set("abcdefghijkmnpqrstuvwxyz23456789-")
