"""Sealing: round trips, what is bound to what, and the stored form spelled out by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countenance.core.errors import TemplateUnsealFailed
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template
from countenance.storage.template_sealing import MasterKey, SubjectContext, SubjectKey
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL, made_up_template

MASTER = MasterKey(bytes(range(32)))
CONTEXT = SubjectContext("gallery", "subject", "Ada", MADE_UP_MODEL)


def test_a_template_comes_back_bit_for_bit() -> None:
    key, wrapped = MASTER.new_subject_key(CONTEXT)
    template = made_up_template(1)
    sealed = key.seal("reference", template)
    back = MASTER.open_subject_key(wrapped, CONTEXT).unseal("reference", sealed)
    assert back.vector.tobytes() == template.vector.tobytes()
    assert back.vector.dtype == np.float32
    assert back.model == MADE_UP_MODEL
    assert not back.vector.flags.writeable


def test_the_stored_form_is_nonce_ciphertext_tag_bound_to_names_in_order() -> None:
    """Opened here with the cipher alone, so that a change of the stored form cannot pass unnoticed."""
    key, wrapped = MASTER.new_subject_key(CONTEXT)
    bound_to_key = json.dumps(["countenance-subject-key/1", "gallery", "subject", "Ada"]).encode()
    data_key = AESGCM(MASTER.key).decrypt(wrapped[:12], wrapped[12:], bound_to_key)
    sealed = key.seal("reference", made_up_template(1))
    bound_to = (
        json.dumps(["countenance-template/1", "gallery", "subject", MADE_UP_MODEL.digest]).encode() + b"reference"
    )
    plain = AESGCM(data_key).decrypt(sealed[:12], sealed[12:], bound_to)
    assert np.frombuffer(plain, "<f4").tolist() == made_up_template(1).vector.tolist()
    assert (len(wrapped), len(sealed)) == (12 + 32 + 16, 12 + 4 * 128 + 16)


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    key, _ = MASTER.new_subject_key(CONTEXT)
    assert len({key.seal("reference", made_up_template(1))[:12] for _ in range(1000)}) == 1000
    assert len({MASTER.new_subject_key(CONTEXT)[1] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTEXT, gallery_id="other"),
        replace(CONTEXT, subject_id="other"),
        replace(CONTEXT, subject="Bob"),
        replace(CONTEXT, gallery_id="gallerysubject", subject_id=""),
        replace(CONTEXT, subject_id='subject", "Ada', subject=""),
    ],
)
def test_a_subjects_key_opens_only_for_that_subject(other: SubjectContext) -> None:
    _, wrapped = MASTER.new_subject_key(CONTEXT)
    with pytest.raises(TemplateUnsealFailed):
        MASTER.open_subject_key(wrapped, other)


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTEXT, gallery_id="other"),
        replace(CONTEXT, subject_id="other"),
        replace(CONTEXT, model=OTHER_MODEL),
        replace(CONTEXT, model=ModelIdentity("made-up", MADE_UP_MODEL.digest, 64)),
    ],
)
def test_a_template_opens_only_where_it_was_sealed(other: SubjectContext) -> None:
    key = bytes(32)
    sealed = SubjectKey(key, CONTEXT).seal("reference", made_up_template(1))
    with pytest.raises(TemplateUnsealFailed):
        SubjectKey(key, other).unseal("reference", sealed)
    for reference_id in ("other", "", "reference ", "Reference"):
        with pytest.raises(TemplateUnsealFailed):
            SubjectKey(key, CONTEXT).unseal(reference_id, sealed)


def test_any_altered_or_missing_byte_is_noticed() -> None:
    key, wrapped = MASTER.new_subject_key(CONTEXT)
    sealed = key.seal("reference", made_up_template(1))
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 0x80
        with pytest.raises(TemplateUnsealFailed):
            key.unseal("reference", bytes(altered))
    for length in range(len(wrapped)):
        with pytest.raises(TemplateUnsealFailed):
            MASTER.open_subject_key(wrapped[:length], CONTEXT)
    with pytest.raises(TemplateUnsealFailed):
        key.unseal("reference", sealed + b"\0")


def test_a_key_wrapped_anew_is_the_same_key_under_another_one() -> None:
    new = MasterKey(bytes(reversed(range(32))))
    key, wrapped = MASTER.new_subject_key(CONTEXT)
    sealed = key.seal("reference", made_up_template(1))
    rewrapped = MASTER.rewrap(wrapped, CONTEXT, new)
    back = new.open_subject_key(rewrapped, CONTEXT).unseal("reference", sealed)
    assert back.vector.tobytes() == made_up_template(1).vector.tobytes()
    with pytest.raises(TemplateUnsealFailed):
        MASTER.open_subject_key(rewrapped, CONTEXT)
    with pytest.raises(TemplateUnsealFailed):
        new.rewrap(wrapped, CONTEXT, MASTER)


def test_a_vector_of_a_big_endian_machine_is_stored_alike() -> None:
    vector = made_up_template(1).vector
    key = SubjectKey(bytes(32), CONTEXT)
    back = key.unseal("r", key.seal("r", Template(vector.astype(">f4").astype(np.float32), MADE_UP_MODEL)))
    assert back.vector.tolist() == vector.tolist()


def test_the_name_of_a_key_tells_keys_apart_and_nothing_else() -> None:
    other = MasterKey(bytes(32))
    assert MASTER.key_id == MasterKey(bytes(range(32))).key_id != other.key_id
    assert len(MASTER.key_id) == 16
    assert MASTER.key_id not in MASTER.key.hex()


def test_keys_have_no_printable_form() -> None:
    key = SubjectKey(b"k" * 32, CONTEXT)
    master = MasterKey(b"k" * 32)
    for shown in (repr(key), str(key), repr(master), str(master), f"{master}"):
        assert "kkkk" not in shown


def test_a_picture_opens_for_its_own_reference_with_its_own_subjects_key_only() -> None:
    key, wrapped = MASTER.new_subject_key(CONTEXT)
    sealed = key.seal_crop("reference", b"picture")
    assert MASTER.open_subject_key(wrapped, CONTEXT).unseal_crop("reference", sealed) == b"picture"
    assert b"picture" not in sealed
    other, _ = MASTER.new_subject_key(CONTEXT)
    for opener, reference, data in (
        (key, "another", sealed),
        (other, "reference", sealed),
        (key, "reference", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (key, "reference", b"short"),
        # A sealed template is not a picture.
        (key, "reference", key.seal("reference", made_up_template(1))),
    ):
        with pytest.raises(TemplateUnsealFailed):
            opener.unseal_crop(reference, data)
