"""Recorded calls are read strictly; pictures only when they are needed."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.vendor_recordings import RecordedFound, read_recordings

FACE = {"FaceId": "f1", "ExternalImageId": "ada"}


def read(tmp_path: Path, *calls: dict[str, Any]) -> list[Any]:
    return list(read_recordings([json.dumps(call) for call in calls], tmp_path))


def test_a_search_is_read_with_its_best_match(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    matches = [{"Similarity": 91.0, "Face": {"FaceId": "f2"}}, {"Similarity": 99.5, "Face": FACE}]
    (call,) = read(
        tmp_path,
        {
            "operation": "SearchFacesByImage",
            "request": {"CollectionId": "staff", "Image": {"File": "a.jpg"}, "FaceMatchThreshold": 95},
            "response": {"FaceMatches": matches},
        },
    )
    assert (call.line, call.threshold, call.collection) == (1, 95.0, "staff")
    assert call.best == RecordedFound(99.5, "f1", "ada")
    assert [image() for image in call.images] == [b"picture"]


def test_pictures_may_stand_in_the_line_and_thresholds_have_the_vendors_default(tmp_path: Path) -> None:
    image = {"Bytes": base64.b64encode(b"picture").decode()}
    (call,) = read(
        tmp_path,
        {
            "operation": "CompareFaces",
            "request": {"SourceImage": image, "TargetImage": image},
            "response": {"FaceMatches": [], "UnmatchedFaces": []},
        },
    )
    assert (call.threshold, call.best, call.no_face) == (80.0, None, False)
    assert [image() for image in call.images] == [b"picture"] * 2


def test_an_error_of_the_vendor_is_no_face_or_a_failure(tmp_path: Path) -> None:
    request = {"CollectionId": "x", "Image": {"File": "a.jpg"}}
    calls = [
        {"operation": "SearchFacesByImage", "request": request, "response": {"Error": {"Code": code}}}
        for code in ("InvalidParameterException", "ThrottlingException")
    ]
    assert [(call.no_face, call.failed) for call in read(tmp_path, *calls)] == [
        (True, ""),
        (False, "ThrottlingException"),
    ]


def test_a_missing_picture_is_met_when_it_is_needed(tmp_path: Path) -> None:
    request = {"CollectionId": "x", "Image": {"File": "gone.jpg"}}
    (call,) = read(tmp_path, {"operation": "SearchFacesByImage", "request": request, "response": {}})
    with pytest.raises(FileUnreadable):
        call.images[0]()


@pytest.mark.parametrize(
    "line",
    [
        "no json", "[]", "{}", '{"operation": "CompareFaces", "request": {}, "response": {}}',
        '{"operation": "SearchFacesByImage", "request": {"Image": {"Bytes": "!"}}, "response": {}}',
        '{"operation": "SearchFacesByImage", "request": {"Image": {"File": "a"}, "FaceMatchThreshold": 140}, '
        '"response": {}}',
        '{"operation": "SearchFacesByImage", "request": {"Image": {"File": "a"}}, "response": {"FaceMatches": [{}]}}',
        '{"operation": 1, "request": {}, "response": {}}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_call_is_told_by_its_number(line: str, tmp_path: Path) -> None:
    with pytest.raises(ListInvalid, match="Line 2"):
        list(read_recordings(["", line], tmp_path))
