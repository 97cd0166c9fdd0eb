"""None is an outcome, several is an error with a way to choose."""

from __future__ import annotations

import pytest

from countenance.core.errors import InputError, SeveralFaces
from countenance.service.faces import PhotoInput, one_face
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

ENGINE = SyntheticEngine()


def choose(*names: str, number: int | None = None) -> object:
    data = synthetic_photo(*names)
    return one_face(ENGINE.read_faces(data), PhotoInput("probe", data, number))


def test_the_only_face_is_used_and_none_is_none() -> None:
    assert choose("anna") is not None
    assert choose() is None
    assert choose(number=1) is None


def test_several_faces_are_listed_largest_first_and_none_is_picked() -> None:
    with pytest.raises(SeveralFaces, match="probe holds 2 faces") as caught:
        choose("anna", "bea")
    first, second = caught.value.boxes_xywh_px
    assert first[2] * first[3] > second[2] * second[3]
    assert "1: 90×90 px at (0, 20); 2: 80×80 px at (100, 20)" in caught.value.message
    assert "--face N" in caught.value.remedy


def test_a_number_chooses_and_a_number_there_is_no_face_for_is_refused() -> None:
    found = ENGINE.read_faces(synthetic_photo("anna", "bea"))
    for number in (1, 2):
        chosen = one_face(found, PhotoInput("probe", b"", number))
        assert chosen is found.faces[number - 1]
    for number in (0, 3, -1):
        with pytest.raises(InputError, match="does not exist"):
            one_face(found, PhotoInput("probe", b"", number))
