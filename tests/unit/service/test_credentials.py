"""Credentials: their shapes, their randomness, and that their secrets print nowhere."""

from __future__ import annotations

import hashlib
import re

import pytest

from countenance.service.credentials import CredentialKind, MintedCredential, digest_of, mint

SHAPES = {
    CredentialKind.AWS: r"[A-Za-z0-9]{40}",
    CredentialKind.API_KEY: r"[A-Za-z0-9]{43}",
    CredentialKind.TOKEN: r"cnt_[A-Za-z0-9]{43}",
}


@pytest.mark.parametrize("kind", list(CredentialKind))
def test_secrets_have_the_shape_clients_expect_and_never_repeat(kind: CredentialKind) -> None:
    minted = [mint(kind) for _ in range(200)]
    assert all(re.fullmatch(SHAPES[kind], one.secret) for one in minted)
    assert len({one.secret for one in minted} | {one.lookup for one in minted}) == 400
    assert all(re.fullmatch(r"[0-9a-f]{32}", one.credential_id) for one in minted)


def test_an_access_key_id_looks_like_one_and_says_nothing_of_its_secret() -> None:
    minted = mint(CredentialKind.AWS)
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", minted.lookup)
    assert minted.kept_secret == minted.secret.encode()


@pytest.mark.parametrize("kind", [CredentialKind.API_KEY, CredentialKind.TOKEN])
def test_of_a_key_or_token_only_the_digest_is_kept(kind: CredentialKind) -> None:
    minted = mint(kind)
    assert minted.kept_secret is None
    assert minted.lookup == digest_of(minted.secret) == hashlib.sha256(minted.secret.encode()).hexdigest()


def test_a_secret_has_no_printable_form() -> None:
    minted = MintedCredential("0" * 32, CredentialKind.AWS, "AKIAAAAAAAAAAAAAAAAA", "very-secret")
    assert "very-secret" not in repr(minted) + str(minted) + f"{minted}"


def test_every_letter_of_a_secret_is_drawn_about_equally_often() -> None:
    letters = "".join(mint(CredentialKind.API_KEY).secret for _ in range(1000))
    counts = [letters.count(letter) for letter in set(letters)]
    # 43,000 draws from 62 letters: 694 each, with a standard deviation of 26; six of them either way.
    assert len(counts) == 62
    assert all(abs(count - 694) < 160 for count in counts)
