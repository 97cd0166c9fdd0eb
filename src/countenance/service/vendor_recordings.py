"""Recorded calls of a vendor's service: one JSON object a line with ``operation``, ``request`` and ``response``.

Rules kept here:

- A picture of a request is ``{"File": "photo.jpg"}``, relative to the recording, or ``{"Bytes": "<base64>"}``.
- A response is the vendor's, as its SDK returns it; an error is ``{"Error": {"Code": …}}``, as botocore has it.
- A line that cannot be used is told by its number; what is on it is not repeated.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from countenance.core.errors import ListInvalid
from countenance.service.sources import read_photo

#: Threshold where the client gave none. Source: Rekognition, CompareFaces and SearchFacesByImage.
DEFAULT_THRESHOLD = 80.0
COMPARE, SEARCH, SEARCH_USERS = "CompareFaces", "SearchFacesByImage", "SearchUsersByImage"
#: The vendor's code where a photo holds no face.
_INVALID_PARAMETER = "InvalidParameterException"


@dataclass(frozen=True, slots=True)
class RecordedFound:
    """Whom a vendor's service found first.

    Attributes:
        similarity: On its scale, 0 to 100.
        face_id: Identifier of the face there, or empty.
        name: External image id, or user id; empty where there is none.
    """

    similarity: float
    face_id: str
    name: str


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call and what the vendor's service answered.

    Attributes:
        line: Number of the line, from 1.
        operation: The vendor's name for it.
        threshold: What the client asked for, 0 to 100.
        collection: Collection searched, or empty.
        images: The pictures of the request, in its order; each is read when it is needed.
        best: The best match, or None.
        no_face: Whether the service said that a photo holds no face.
        failed: Code of another error, or empty.
    """

    line: int
    operation: str
    threshold: float
    collection: str
    images: tuple[Callable[[], bytes], ...] = field(repr=False)
    best: RecordedFound | None
    no_face: bool
    failed: str


def read_recordings(lines: Iterable[str], folder: Path) -> Iterator[RecordedCall]:
    """Yield the calls of a recording, in order; empty lines are passed over.

    Args:
        lines: The recording.
        folder: What file names in it are relative to.

    Raises:
        ListInvalid: A line is not a recorded call.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _call(number, line, folder)


def _call(number: int, line: str, folder: Path) -> RecordedCall:
    try:
        said = json.loads(line)
        operation, request, response = said["operation"], said["request"], said["response"]
        if not (isinstance(operation, str) and isinstance(request, dict) and isinstance(response, dict)):
            raise TypeError
        code = str(response["Error"]["Code"]) if "Error" in response else ""
        return RecordedCall(
            line=number,
            operation=operation,
            threshold=_threshold(operation, request),
            collection=str(request.get("CollectionId", "")),
            images=tuple(_image(request[name], folder) for name in _image_members(operation)),
            best=None if code else _best(operation, response),
            no_face=code == _INVALID_PARAMETER,
            failed="" if code in ("", _INVALID_PARAMETER) else code,
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise ListInvalid(
            f"Line {number} is not a recorded call.",
            remedy='Each line is {"operation": …, "request": {… "Image": {"File": "photo.jpg"} …}, "response": {…}}; '
            "docs/how-to/leave-a-cloud-face-api.md shows how to record.",
        ) from None


def _image_members(operation: str) -> tuple[str, ...]:
    if operation == COMPARE:
        return ("SourceImage", "TargetImage")
    return ("Image",) if operation in (SEARCH, SEARCH_USERS) else ()


def _threshold(operation: str, request: dict[str, Any]) -> float:
    name = {COMPARE: "SimilarityThreshold", SEARCH_USERS: "UserMatchThreshold"}.get(operation, "FaceMatchThreshold")
    value = float(request.get(name, DEFAULT_THRESHOLD))
    if not 0.0 <= value <= 100.0:
        raise ValueError
    return value


def _image(value: dict[str, Any], folder: Path) -> Callable[[], bytes]:
    if "File" in value:
        path = folder / str(value["File"])
        return lambda: read_photo(path)
    try:
        data = base64.b64decode(value["Bytes"], validate=True)
    except binascii.Error:
        raise ValueError from None
    return lambda: data


def _best(operation: str, response: dict[str, Any]) -> RecordedFound | None:
    matches = response["UserMatches"] if operation == SEARCH_USERS else response.get("FaceMatches", [])
    if not matches:
        return None
    best = max(matches, key=lambda match: float(match["Similarity"]))
    if operation == SEARCH_USERS:
        return RecordedFound(float(best["Similarity"]), "", str(best["User"]["UserId"]))
    face = best.get("Face", {})
    return RecordedFound(float(best["Similarity"]), str(face.get("FaceId", "")), str(face.get("ExternalImageId", "")))
