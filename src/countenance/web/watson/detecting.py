"""detect_faces: where the faces are in one picture or in each of an archive. No age, no sex; nothing is stored.

Rules kept here:

- Members the vendor made up about people, ``age`` and ``gender``, are absent: its own client takes neither null nor an
  empty object for them, and a made-up value would be worse than a missing one.
- The service fetches no address a client names. A request that names one is refused whole, so that nobody takes an
  unread picture for one without faces.
"""

from __future__ import annotations

import json
from typing import Any

from countenance.core.errors import InputError
from countenance.core.vocabulary import PhotoFaces
from countenance.service.collection_parts import CollectionParts
from countenance.service.standing import Standing
from countenance.service.vendor_faces import detect_faces
from countenance.web.watson.errors import INPUT, NO_IMAGES, PARAMETER, WatsonError, watson_error
from countenance.web.watson.form import Part, form_parts
from countenance.web.watson.pictures import Picture, pictures

FILE, URL, PARAMETERS = "images_file", "url", "parameters"
#: Shortest side of a picture. Source: documentation of ``detect_faces``, ibm-watson 3.4.2.
SHORTEST_SIDE_PX = 32
NO_FETCHING = "This service fetches no addresses: send the picture itself as images_file."


def upload(content_type: str, body: bytes) -> Part:
    """Return the file of a request.

    Raises:
        WatsonError: There is none, or an address is named, or the form cannot be read.
    """
    parts = form_parts(content_type, body, frozenset({FILE, URL, PARAMETERS}))
    if (URL in parts and parts[URL].data.strip()) or _names_url(parts.get(PARAMETERS)):
        raise WatsonError(400, PARAMETER, NO_FETCHING)
    file = parts.get(FILE)
    if file is None or not file.data:
        raise WatsonError(400, PARAMETER, NO_IMAGES)
    return file


def detect(parts: CollectionParts, standing: Standing, file: Part) -> dict[str, Any]:
    """Return the answer for a file; each picture of an archive is an act of its own.

    Raises:
        WatsonError: The archive cannot be used.
        ActRefused, CaseError: Whoever asks may not; recorded.
    """
    images = [_answer(parts, standing, picture) for picture in pictures(file)]
    return {"images_processed": len(images), "images": images}


def _answer(parts: CollectionParts, standing: Standing, picture: Picture) -> dict[str, Any]:
    if picture.problem is not None:
        return _unusable(picture.name, picture.problem)
    try:
        found = detect_faces(parts, standing, picture.data).value
    except InputError as error:
        return _unusable(picture.name, watson_error(error))
    if min(found.photo.width_px, found.photo.height_px) < SHORTEST_SIDE_PX:
        return _unusable(
            picture.name, WatsonError(400, INPUT, f"The image has a side of less than {SHORTEST_SIDE_PX} pixels.")
        )
    return {"image": picture.name, "faces": _faces(found)}


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


def _unusable(name: str, problem: WatsonError) -> dict[str, Any]:
    error = {"code": problem.status, "description": problem.description, "error_id": problem.error_id}
    return {"image": name, "faces": [], "error": error}


def _names_url(parameters: Part | None) -> bool:
    if parameters is None:
        return False
    try:
        said = json.loads(parameters.data)
    except (ValueError, RecursionError):
        raise WatsonError(400, PARAMETER, "The parameters are not valid JSON.") from None
    return isinstance(said, dict) and bool(said.get("url"))
