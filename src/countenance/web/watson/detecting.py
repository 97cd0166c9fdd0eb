"""detect_faces: where the faces are in one picture or in each of an archive. No age, no sex; nothing is stored.

Rules kept here:

- Members the vendor made up about people, ``age`` and ``gender``, are absent: its own client takes neither null nor an
  empty object for them, and a made-up value would be worse than a missing one.
- A request that names an address from which nothing is fetched here is refused whole, so that nobody takes an unread
  picture for one without faces. What fails on the way is an answer about that picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from countenance.core.errors import InputError
from countenance.core.vocabulary import PhotoFaces
from countenance.service.collection_parts import CollectionParts
from countenance.service.photo_addresses import DECIDED_HERE, FetchedPhoto, PhotoNotFetched, WhyNot
from countenance.service.standing import Standing
from countenance.service.vendor_faces import detect_faces
from countenance.web.watson.errors import INPUT, LIMIT, NO_IMAGES, PARAMETER, WatsonError, watson_error
from countenance.web.watson.form import Part, form_parts
from countenance.web.watson.pictures import Picture, checked_picture, pictures

FILE, URL, PARAMETERS = "images_file", "url", "parameters"
#: Shortest side of a picture. Source: documentation of ``detect_faces``, ibm-watson 3.4.2.
SHORTEST_SIDE_PX = 32
#: Members that say which picture an answer is about: its name, or its addresses.
_Named = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks about; at least one of both.

    Attributes:
        file: An uploaded picture or archive, or None.
        address: Of a picture, or empty.
    """

    file: Part | None
    address: str


def asked(content_type: str, body: bytes) -> Asked:
    """Return what a request asks about.

    Raises:
        WatsonError: Nothing, or the form cannot be read.
    """
    parts = form_parts(content_type, body, frozenset({FILE, URL, PARAMETERS}))
    file, url = parts.get(FILE), parts.get(URL)
    named = "" if url is None else url.data.decode("utf-8", "replace").strip()
    found = Asked(file if file is not None and file.data else None, named or _url_of(parts.get(PARAMETERS)))
    if found.file is None and not found.address:
        raise WatsonError(400, PARAMETER, NO_IMAGES)
    return found


def detect(
    parts: CollectionParts, standing: Standing, request: Asked, fetched: FetchedPhoto | PhotoNotFetched | None
) -> dict[str, Any]:
    """Return the answer for a request; each picture of an archive is an act of its own.

    Args:
        parts: What the use case works with.
        standing: On whose behalf.
        request: What is asked about.
        fetched: The picture its address led to, or why there is none; None if it names no address.

    Raises:
        WatsonError: The archive cannot be used.
        ActRefused, CaseError: Whoever asks may not; recorded.
    """
    images = []
    if request.file is not None:
        images += [_answer(parts, standing, picture, {"image": picture.name}) for picture in pictures(request.file)]
    if isinstance(fetched, PhotoNotFetched):
        images.append(_unusable({"source_url": request.address}, not_fetched(fetched)))
    elif fetched is not None:
        named = {"source_url": request.address, "resolved_url": fetched.address}
        images.append(_answer(parts, standing, checked_picture("", fetched.data), named))
    return {"images_processed": len(images), "images": images}


def not_fetched(error: PhotoNotFetched) -> WatsonError:
    """Return why a picture was not fetched, in the vendor's shape."""
    if error.why in DECIDED_HERE:
        return WatsonError(400, PARAMETER, error.message)
    return WatsonError(400, LIMIT if error.why is WhyNot.TOO_LARGE else INPUT, error.message)


def _answer(parts: CollectionParts, standing: Standing, picture: Picture, named: _Named) -> dict[str, Any]:
    if picture.problem is not None:
        return _unusable(named, picture.problem)
    try:
        found = detect_faces(parts, standing, picture.data).value
    except InputError as error:
        return _unusable(named, watson_error(error))
    if min(found.photo.width_px, found.photo.height_px) < SHORTEST_SIDE_PX:
        return _unusable(
            named, WatsonError(400, INPUT, f"The image has a side of less than {SHORTEST_SIDE_PX} pixels.")
        )
    return {**named, "faces": _faces(found)}


def _faces(found: PhotoFaces) -> list[dict[str, Any]]:
    return [
        {
            "face_location": {
                "width": face.box.width_px,
                "height": face.box.height_px,
                "left": face.box.left_px,
                "top": face.box.top_px,
            }
        }
        for face in found.faces
    ]


def _unusable(named: _Named, problem: WatsonError) -> dict[str, Any]:
    error = {"code": problem.status, "description": problem.description, "error_id": problem.error_id}
    return {**named, "faces": [], "error": error}


def _url_of(parameters: Part | None) -> str:
    if parameters is None:
        return ""
    try:
        said = json.loads(parameters.data)
    except (ValueError, RecursionError):
        raise WatsonError(400, PARAMETER, "The parameters are not valid JSON.") from None
    url = said.get("url") if isinstance(said, dict) else None
    if not isinstance(url, str | None):
        raise WatsonError(400, PARAMETER, "The parameter url is not a text.")
    return (url or "").strip()
