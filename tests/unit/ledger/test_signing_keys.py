"""Keys: published ones are read and written, mangled ones refused, private ones never shown."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import LedgerError
from countenance.ledger.signing_keys import (
    SignatureType,
    VerifierKey,
    decode_base64,
    load_signing_key,
    parse_verifier_key,
    signing_key_pem,
)

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "ledger" / "published_notes.json").read_text())
KEYS = sorted({key for case in (*PUBLISHED["signed"], *PUBLISHED["checkpoints"]) for key in case["keys"]})
PETER = next(key for key in KEYS if key.startswith("PeterNeumann"))
#: Verifier keys of type 4 (witness) and with a plus sign in their base64, from the tests of transparency-dev/formats.
OTHERS = [
    "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
]


@pytest.mark.parametrize("text", [*KEYS, *OTHERS])
def test_published_verifier_keys_come_back_as_they_were(text):
    assert str(parse_verifier_key(text)) == text


@pytest.mark.parametrize("name", sorted(PUBLISHED["seeds"]))
def test_published_seeds_give_the_published_verifier_keys(name):
    key = load_signing_key(signing_key_pem(bytes.fromhex(PUBLISHED["seeds"][name])), name)
    assert str(key.verifier_key()) in KEYS


def test_a_witness_key_has_its_own_type_and_id():
    key = load_signing_key(signing_key_pem(bytes(32)), "w.example")
    note, cosignature = key.verifier_key(), key.verifier_key(SignatureType.COSIGNATURE)
    assert note.public_key == cosignature.public_key
    assert note.key_id != cosignature.key_id
    assert parse_verifier_key(str(cosignature)) == cosignature


def test_every_piece_of_a_verifier_key_is_refused():
    for start in range(len(PETER) + 1):
        for end in range(start, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(LedgerError):
                    parse_verifier_key(PETER[start:end])


def test_a_verifier_key_with_any_letter_changed_is_refused():
    for i, letter in enumerate(PETER):
        for other in {chr(ord(letter) + 1), letter.swapcase(), " ", "+", "\n"} - {letter}:
            with pytest.raises(LedgerError):
                parse_verifier_key(PETER[:i] + other + PETER[i + 1 :])


@pytest.mark.parametrize("extra", ["\n", " ", "=", "A"])
def test_a_verifier_key_with_something_after_it_is_refused(extra):
    with pytest.raises(LedgerError):
        parse_verifier_key(PETER + extra)


@pytest.mark.parametrize("signature_type", [0, 2, 3, 5, 6, 255])
def test_other_signature_types_are_refused(signature_type):
    material = base64.b64encode(bytes([signature_type]) + bytes(32)).decode()
    with pytest.raises(LedgerError, match="Ed25519"):
        parse_verifier_key(f"x.example+00000000+{material}")


@pytest.mark.parametrize("name", ["", "a b", "a\u00a0b", "a\u3000b", "a\tb", "a+b", "a\n", "\ud800", "\x1f"])
def test_names_that_would_break_a_signature_line_are_refused(name):
    with pytest.raises(LedgerError):
        VerifierKey(name, SignatureType.NOTE, bytes(32))
    with pytest.raises(LedgerError):
        load_signing_key(signing_key_pem(bytes(32)), name)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_public_keys_of_another_length_are_refused(length):
    with pytest.raises(LedgerError, match="32 bytes"):
        VerifierKey("x.example", SignatureType.NOTE, bytes(length))


def test_a_signing_key_comes_back_from_its_pem():
    seed = bytes(range(32))
    pem = signing_key_pem(seed)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert load_signing_key(pem, "x.example").private_key.private_bytes_raw() == seed


def test_a_passphrase_encrypts_the_pem():
    pem = signing_key_pem(bytes(32), passphrase=b"correct horse")
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert load_signing_key(pem, "x.example", passphrase=b"correct horse").private_key.private_bytes_raw() == bytes(32)
    for passphrase in (None, b"", b"battery staple"):
        with pytest.raises(LedgerError, match="cannot be read"):
            load_signing_key(pem, "x.example", passphrase=passphrase)


def test_a_passphrase_for_an_unencrypted_key_is_refused():
    with pytest.raises(LedgerError, match="cannot be read"):
        load_signing_key(signing_key_pem(bytes(32)), "x.example", passphrase=b"x")


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)], ids=len)
def test_seeds_of_another_length_are_refused(seed):
    with pytest.raises(LedgerError, match="32 random bytes"):
        signing_key_pem(seed)


def test_an_empty_passphrase_is_refused():
    with pytest.raises(LedgerError, match="empty"):
        signing_key_pem(bytes(32), passphrase=b"")


def test_what_is_not_an_ed25519_key_is_refused():
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(LedgerError, match="not an Ed25519"):
        load_signing_key(other, "x.example")
    with pytest.raises(LedgerError, match="cannot be read"):
        load_signing_key(b"not a key", "x.example")


def test_a_signing_key_is_not_printed():
    key = load_signing_key(signing_key_pem(bytes(32)), "x.example")
    assert repr(key) == "SigningKey(name='x.example')"


@given(st.binary(max_size=60))
def test_base64_comes_back(data):
    assert decode_base64(base64.b64encode(data).decode()) == data


@pytest.mark.parametrize(
    "text", ["AA", "AA=", "AAA", "AB==", "AAE", "A A=", "AA==\n", "-_==", "ÄA==", "AA==AA==", "A==="]
)
def test_base64_has_one_form(text):
    assert decode_base64(text) is None
