"""The vendor's list of faces is read as its tools write it."""

from __future__ import annotations

import json

import pytest

from countenance.core.errors import ListInvalid
from countenance.service.old_faces import OldFace, overlap, read_old_faces

FACE = {
    "FaceId": "f1",
    "ImageId": "i1",
    "ExternalImageId": "ada",
    "BoundingBox": {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4},
    "Confidence": 99.9,
}
READ = OldFace("f1", "i1", "ada", (0.1, 0.2, 0.3, 0.4))


def test_a_face_a_line_and_an_answer_a_line_are_the_same() -> None:
    assert read_old_faces([json.dumps(FACE), ""]) == (READ,)
    assert read_old_faces([json.dumps({"Faces": [FACE], "FaceModelVersion": "7.0"})]) == (READ,)


def test_a_page_that_came_twice_counts_once_and_names_may_be_missing() -> None:
    bare = {"FaceId": "f2"}
    assert read_old_faces([json.dumps(FACE), json.dumps({"Faces": [FACE, bare]})]) == (
        READ,
        OldFace("f2", "", "", None),
    )


@pytest.mark.parametrize(
    "line", ["x", "[]", "{}", '{"Faces": [1]}', '{"FaceId": 1}', '{"FaceId": "a", "BoundingBox": {}}']
)
def test_another_line_is_told_by_its_number(line: str) -> None:
    with pytest.raises(ListInvalid, match="Line 2"):
        read_old_faces([json.dumps(FACE), line])


def test_overlap_is_intersection_over_union() -> None:
    one = (0.0, 0.0, 0.2, 0.2)
    assert overlap(one, one) == pytest.approx(1.0)
    assert overlap(one, (0.1, 0.0, 0.2, 0.2)) == pytest.approx(1 / 3)
    assert overlap(one, (0.5, 0.5, 0.2, 0.2)) == 0.0
    assert overlap((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)) == 0.0
