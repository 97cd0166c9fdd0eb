"""Checkpoints: real ones of another log, our own, and malformed ones."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import LedgerError, ProofInvalid
from countenance.ledger.checkpoint import (
    LARGEST_SIZE,
    Checkpoint,
    parse_checkpoint_text,
    read_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
    with_signature,
)
from countenance.ledger.signed_note import cosign_note, parse_note, sign_note, verify_note
from countenance.ledger.signing_keys import SignatureType, parse_verifier_key
from tests.support.ledger_samples import ORIGIN, made_up_bytes, signing_key

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "ledger" / "published_notes.json").read_text())
KEY = signing_key()
ROOT = made_up_bytes("root")
CHECKPOINT = Checkpoint(ORIGIN, 7, ROOT)
B64 = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize("case", PUBLISHED["checkpoints"], ids=lambda case: case["name"])
def test_checkpoints_of_other_logs_are_read(case):
    checkpoint = read_checkpoint(case["note"].encode())
    assert (checkpoint.origin, checkpoint.size) == (case["origin"], case["size"])
    assert checkpoint.root == base64.b64decode(case["root"])
    assert checkpoint.text() == parse_note(case["note"].encode()).text


@pytest.mark.parametrize("case", [case for case in PUBLISHED["checkpoints"] if case["keys"]], ids=lambda c: c["name"])
def test_signatures_on_checkpoints_of_other_logs_verify(case):
    keys = [parse_verifier_key(key) for key in case["keys"]]
    assert len(verify_note(parse_note(case["note"].encode()), keys)) == 1
    # That log's origin line is not its key's name; ours always is, and only that counts here.
    with pytest.raises(ProofInvalid, match="No key is known"):
        verify_checkpoint(case["note"].encode(), keys)


def test_a_signed_checkpoint_is_this_text():
    signed = sign_checkpoint(CHECKPOINT, KEY)
    text, line = signed.decode().split("\n\n")
    assert text == f"{ORIGIN}\n7\n{B64}"
    assert line.startswith(f"\u2014 {ORIGIN} ")
    assert line.endswith("\n")
    assert line.count("\n") == 1


@given(st.integers(0, LARGEST_SIZE), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_comes_back_from_its_text(size, root):
    checkpoint = Checkpoint("x.example", size, root)
    assert parse_checkpoint_text(checkpoint.text()) == checkpoint


def test_extension_lines_are_read_and_never_written():
    checkpoint = Checkpoint(ORIGIN, 7, ROOT, ("more", "still more"))
    assert parse_checkpoint_text(checkpoint.text()) == checkpoint
    with pytest.raises(LedgerError, match="extension"):
        sign_checkpoint(checkpoint, KEY)


def test_a_checkpoint_verifies_with_its_witnesses():
    witness = signing_key("w.example", "witness")
    signed = sign_checkpoint(CHECKPOINT, KEY)
    cosigned = with_signature(signed, cosign_note(CHECKPOINT.text(), witness, 1_785_600_000))
    keys = [KEY.verifier_key(), witness.verifier_key(SignatureType.COSIGNATURE)]
    verified = verify_checkpoint(cosigned, keys)
    assert verified.checkpoint == CHECKPOINT
    assert verified.ledger_keys == (KEY.verifier_key(),)
    assert [(seen.key.name, seen.posix_time) for seen in verified.witnesses] == [("w.example", 1_785_600_000)]
    assert verify_checkpoint(cosigned, keys[:1]).witnesses == ()
    assert verify_checkpoint(cosigned, keys[1:]).ledger_keys == ()


def test_the_key_of_another_ledger_does_not_count():
    other = signing_key("other.example", "other")
    signed = with_signature(sign_checkpoint(CHECKPOINT, KEY), sign_note(CHECKPOINT.text(), other))
    with pytest.raises(ProofInvalid, match="No key is known"):
        verify_checkpoint(signed, [other.verifier_key()])
    with pytest.raises(LedgerError, match="does not sign"):
        sign_checkpoint(CHECKPOINT, other)


def test_an_altered_checkpoint_does_not_verify():
    signed = sign_checkpoint(CHECKPOINT, KEY)
    for i in range(len(signed)):
        altered = signed[:i] + bytes([signed[i] ^ 1]) + signed[i + 1 :]
        with pytest.raises(LedgerError):
            verify_checkpoint(altered, [KEY.verifier_key()])


MALFORMED = {
    "two-lines": f"{ORIGIN}\n7\n",
    "origin-empty": f"\n7\n{B64}\n",
    "size-missing": f"{ORIGIN}\n{B64}\n",
    "size-with-leading-zero": f"{ORIGIN}\n07\n{B64}\n",
    "size-00": f"{ORIGIN}\n00\n{B64}\n",
    "size-negative": f"{ORIGIN}\n-7\n{B64}\n",
    "size-with-plus": f"{ORIGIN}\n+7\n{B64}\n",
    "size-with-space": f"{ORIGIN}\n7 \n{B64}\n",
    "size-with-underscore": f"{ORIGIN}\n7_0\n{B64}\n",
    "size-in-hex": f"{ORIGIN}\n0x7\n{B64}\n",
    "size-in-arabic-digits": f"{ORIGIN}\n\u0667\n{B64}\n",
    "size-a-fraction": f"{ORIGIN}\n7.0\n{B64}\n",
    "size-beyond-63-bits": f"{ORIGIN}\n{2**63}\n{B64}\n",
    "size-of-many-digits": f"{ORIGIN}\n{'9' * 5000}\n{B64}\n",
    "root-empty": f"{ORIGIN}\n7\n\n",
    "root-in-hex": f"{ORIGIN}\n7\n{ROOT.hex()}\n",
    "root-of-31-bytes": f"{ORIGIN}\n7\n{base64.b64encode(ROOT[:31]).decode()}\n",
    "root-of-33-bytes": f"{ORIGIN}\n7\n{base64.b64encode(ROOT + b'x').decode()}\n",
    "root-without-padding": f"{ORIGIN}\n7\n{B64[:-1]}\n",
    "root-with-space": f"{ORIGIN}\n7\n{B64} \n",
    "extension-line-empty": f"{ORIGIN}\n7\n{B64}\n\nmore\n",
    "last-line-end-missing": f"{ORIGIN}\n7\n{B64}",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_text_is_refused(name):
    parse_checkpoint_text(f"{ORIGIN}\n7\n{B64}\n")
    with pytest.raises(LedgerError):
        parse_checkpoint_text(MALFORMED[name])


@pytest.mark.parametrize("name", [name for name, text in MALFORMED.items() if text.endswith("\n")])
def test_a_malformed_text_is_refused_even_if_signed(name):
    text = MALFORMED[name]
    signed = text.encode() + b"\n" + sign_note(text, KEY).line().encode()
    with pytest.raises(LedgerError):
        verify_checkpoint(signed, [KEY.verifier_key()])


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 7, ROOT, ()),
        ("a\nb", 7, ROOT, ()),
        (ORIGIN, -1, ROOT, ()),
        (ORIGIN, 2**63, ROOT, ()),
        (ORIGIN, 7, ROOT[:31], ()),
        (ORIGIN, 7, ROOT, ("",)),
        (ORIGIN, 7, ROOT, ("a\nb",)),
    ],
)
def test_a_checkpoint_that_cannot_be_written_is_refused(origin, size, root, extensions):
    with pytest.raises(LedgerError):
        Checkpoint(origin, size, root, extensions)
