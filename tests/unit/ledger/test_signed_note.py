"""Signed notes: the published ones, and what must not pass for one."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import LedgerError, ProofInvalid
from countenance.ledger.signed_note import (
    MOST_SIGNATURES,
    Note,
    NoteSignature,
    cosign_note,
    parse_note,
    sign_note,
    verify_note,
)
from countenance.ledger.signing_keys import SignatureType, load_signing_key, parse_verifier_key, signing_key_pem

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "ledger" / "published_notes.json").read_text())
PETER = PUBLISHED["signed"][0]
NOTE = PETER["note"].encode()
KEY = parse_verifier_key(PETER["keys"][0])
TEXT, LINE = PETER["note"].split("\n\n")[0] + "\n", PETER["note"].split("\n\n")[1]
BLOB = base64.b64decode(LINE.split(" ")[2])


def blob_line(blob, name="PeterNeumann"):
    return f"\u2014 {name} {base64.b64encode(blob).decode()}\n"


def reads_and_verifies(data):
    try:
        verify_note(parse_note(data), [KEY])
    except LedgerError:
        return False
    return True


@pytest.mark.parametrize("case", PUBLISHED["signed"], ids=lambda case: case["name"])
def test_published_notes_verify_and_come_back_as_they_were(case):
    data = case["note"].encode()
    note = parse_note(data)
    verified = verify_note(note, [parse_verifier_key(key) for key in case["keys"]])
    assert [signature.key.name for signature in verified] == case["signed_by"]
    assert all(signature.posix_time is None for signature in verified)
    assert note.to_bytes() == data


@pytest.mark.parametrize("name", sorted(PUBLISHED["seeds"]))
def test_signing_a_published_text_gives_the_published_signature(name):
    key = load_signing_key(signing_key_pem(bytes.fromhex(PUBLISHED["seeds"][name])), name)
    both = next(case["note"] for case in PUBLISHED["signed"] if "both" in case["name"])
    assert sign_note(TEXT, key).line() in both


DAMAGED = {
    "text-changed-by-one-letter": NOTE.replace(b"answer", b"answfr"),
    "text-with-a-space-at-a-line-end": NOTE.replace(b"problem,\n", b"problem, \n"),
    "text-with-a-line-added": NOTE.replace(b"is.\n", b"is.\nmore\n"),
    "text-with-an-empty-line-added": NOTE.replace(b"is.\n", b"is.\n\n"),
    "text-without-its-last-line": NOTE.replace(b"then you don't know what your problem is.\n", b""),
    "text-empty": b"\n" + LINE.encode(),
    "text-of-a-blank-line": b"\n\n" + LINE.encode(),
    "blank-line-missing": (TEXT + LINE).encode(),
    "two-blank-lines": (TEXT + "\n\n" + LINE).encode(),
    "signature-missing": (TEXT + "\n").encode(),
    "signature-before-text": (LINE + "\n" + TEXT).encode(),
    "text-after-signature": NOTE + b"more\n",
    "blank-line-after-signature": NOTE + b"\n",
    "last-line-end-missing": NOTE[:-1],
    "carriage-returns": NOTE.replace(b"\n", b"\r\n"),
    "tab-in-text": NOTE.replace(b"the answer", b"the\tanswer"),
    "zero-byte": NOTE + b"\x00",
    "not-utf8": NOTE.replace(b"answer", b"answ\xe9r"),
    "byte-order-mark": b"\xef\xbb\xbf" + NOTE,
    "hyphen-for-em-dash": NOTE.replace("\u2014".encode(), b"-"),
    "en-dash-for-em-dash": NOTE.replace("\u2014".encode(), "\u2013".encode()),
    "no-space-after-em-dash": NOTE.replace("\u2014 ".encode(), "\u2014".encode()),
    "two-spaces-after-em-dash": NOTE.replace("\u2014 ".encode(), "\u2014  ".encode()),
    "two-spaces-after-name": NOTE.replace(b"PeterNeumann ", b"PeterNeumann  "),
    "no-name": NOTE.replace(b"PeterNeumann ", b""),
    "name-empty": NOTE.replace(b"PeterNeumann ", b" "),
    "name-changed": NOTE.replace(b"PeterNeumann", b"PeterNeuman"),
    "name-in-other-case": NOTE.replace(b"PeterNeumann", b"peterneumann"),
    "name-with-plus": NOTE.replace(b"PeterNeumann", b"Peter+Neumann"),
    "name-with-no-break-space": NOTE.replace(b"PeterNeumann", "Peter\u00a0Neumann".encode()),
    "base64-without-padding": NOTE.replace(b"AM=", b"AM"),
    "base64-with-spare-bits": NOTE.replace(b"AM=", b"AN="),
    "base64-for-addresses": NOTE.replace(b"go/", b"go_"),
    "base64-with-line-end": NOTE.replace(b"go/", b"go\n/"),
    "base64-with-space-after": NOTE.replace(b"AM=", b"AM= "),
    "key-id-changed": (TEXT + "\n" + blob_line(b"\x00" + BLOB[1:])).encode(),
    "key-id-alone": (TEXT + "\n" + blob_line(BLOB[:4])).encode(),
    "key-id-cut-short": (TEXT + "\n" + blob_line(BLOB[:3])).encode(),
    "signature-changed": (TEXT + "\n" + blob_line(BLOB[:-1] + bytes([BLOB[-1] ^ 1]))).encode(),
    "signature-cut-short": (TEXT + "\n" + blob_line(BLOB[:-1])).encode(),
    "signature-lengthened": (TEXT + "\n" + blob_line(BLOB + b"\x00")).encode(),
    "signature-of-zeros": (TEXT + "\n" + blob_line(BLOB[:4] + bytes(64))).encode(),
    "second-signature-of-the-key-wrong": NOTE + blob_line(BLOB[:4] + bytes(64)).encode(),
    "first-signature-of-the-key-wrong": (TEXT + "\n" + blob_line(BLOB[:4] + bytes(64)) + LINE).encode(),
    "signature-line-malformed-beside-a-good-one": NOTE + b"\xe2\x80\x94 somebody\n",
    "too-many-signatures": NOTE + blob_line(bytes(70), "x").encode() * MOST_SIGNATURES,
    "too-large": b"x" * 1_000_000 + b"\n" + NOTE,
    "empty": b"",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_note_with_one_damage_does_not_pass(name):
    assert DAMAGED[name] != NOTE
    assert reads_and_verifies(NOTE)
    assert not reads_and_verifies(DAMAGED[name])


def test_a_hundred_signatures_are_read():
    assert reads_and_verifies(NOTE + blob_line(bytes(70), "x").encode() * (MOST_SIGNATURES - 1))


def test_a_known_name_or_id_alone_is_somebody_else():
    # Both lines fail as signatures, and both are ignored, since only name and id together name the known key.
    strangers = blob_line(bytes(68)) + blob_line(BLOB[:4] + bytes(64), "PaulNeumann")
    assert reads_and_verifies(NOTE + strangers.encode())


def test_a_failing_signature_of_a_known_key_is_not_outweighed_by_another():
    case = next(case for case in PUBLISHED["signed"] if "both" in case["name"])
    keys = [parse_verifier_key(key) for key in case["keys"]]
    note = parse_note(case["note"].encode())
    enoch = note.signatures[1]
    broken = Note(note.text, (note.signatures[0], NoteSignature(enoch.name, enoch.key_id, bytes(64))))
    with pytest.raises(ProofInvalid, match="EnochRoot"):
        verify_note(broken, keys)
    assert [signature.key.name for signature in verify_note(broken, keys[:1])] == ["PeterNeumann"]


def test_without_known_keys_nothing_is_verified():
    with pytest.raises(ProofInvalid, match="No known key"):
        verify_note(parse_note(NOTE), [])


def test_an_empty_line_in_the_text_is_part_of_it():
    key = load_signing_key(signing_key_pem(bytes(32)), "x.example")
    text = "first\n\nlast\n"
    note = parse_note(Note(text, (sign_note(text, key),)).to_bytes())
    assert note.text == text
    verify_note(note, [key.verifier_key()])


@given(st.integers(0, 2**63 - 1))
def test_a_cosignature_carries_its_time(posix_time):
    key = load_signing_key(signing_key_pem(bytes(32)), "w.example")
    signature = cosign_note(TEXT, key, posix_time)
    (verified,) = verify_note(Note(TEXT, (signature,)), [key.verifier_key(SignatureType.COSIGNATURE)])
    assert verified.posix_time == posix_time


def test_a_cosignature_signs_what_the_specification_says():
    # C2SP tlog-cosignature: header line, time line, the whole text of the checkpoint.
    key = load_signing_key(signing_key_pem(bytes(32)), "w.example")
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    signature = cosign_note(body, key, 1679315147).signature
    assert signature[:8] == (1679315147).to_bytes(8, "big")
    message = b"cosignature/v1\ntime 1679315147\n" + body.encode()
    key.private_key.public_key().verify(signature[8:], message)


def test_a_cosignature_is_no_signature_of_the_ledger():
    key = load_signing_key(signing_key_pem(bytes(32)), "w.example")
    note = Note(TEXT, (cosign_note(TEXT, key, 1),))
    with pytest.raises(ProofInvalid, match="No known key"):
        verify_note(note, [key.verifier_key()])


@pytest.mark.parametrize("posix_time", [-1, 2**63])
def test_a_cosignature_at_no_time_is_refused(posix_time):
    with pytest.raises(LedgerError, match="range"):
        cosign_note(TEXT, load_signing_key(signing_key_pem(bytes(32)), "w.example"), posix_time)


@pytest.mark.parametrize("text", ["", "no line end", "a\rb\n", "a\x00\n", "\ud800\n"])
def test_a_text_that_cannot_be_a_note_is_not_signed(text):
    with pytest.raises(LedgerError):
        sign_note(text, load_signing_key(signing_key_pem(bytes(32)), "x.example"))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_as_the_format_says(data):
    try:
        note = parse_note(data)
    except LedgerError:
        return
    assert note.to_bytes() == data
