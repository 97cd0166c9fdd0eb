"""Azure Face's double for the routes azure-ai-vision-face 1.0.0b2 calls in an audit.

Source of shapes, codes and messages: the SDK's models and the Face REST API v1.2.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.vendor_photos import JPEG_START, read_photo_bytes
from tests.support.vendor_server import Double, Reply

KEY = "not-a-real-key"
RECOGNITION = "recognition_04"
#: Method, path below the version, operation. The first that fits.
_ROUTES = (
    ("POST", r"/detect", "Detect"),
    ("POST", r"/verify", "Verify"),
    ("POST", r"/identify", "Identify"),
    ("POST", r"/findsimilars", "FindSimilar"),
    ("POST", r"/large(?:facelists|persongroups)/[^/]+/train", "Train"),
    ("GET", r"/large(?:facelists|persongroups)/[^/]+/training", "TrainingStatus"),
    ("POST", r"/largefacelists/[^/]+/persistedfaces", "AddFace"),
    ("POST", r"/largepersongroups/[^/]+/persons/[^/]+/persistedfaces", "AddFace"),
    ("POST", r"/largepersongroups/[^/]+/persons", "CreatePerson"),
    ("PUT", r"/large(?:facelists|persongroups)/[^/]+", "Create"),
    ("DELETE", r"/large(?:facelists|persongroups)/[^/]+", "Delete"),
)


def refusal(status: int, code: str, message: str, **headers: str) -> Reply:
    """Return an error in the vendor's shape."""
    return Reply(status, {"error": {"code": code, "message": message}}, headers)


class AzureDouble(Double):
    """Lists, groups and detected faces in memory.

    Args:
        most: Most candidates of a search, to imitate a vendor that returns fewer than asked for.
    """

    def __init__(self, *, most: int = 1000) -> None:
        super().__init__()
        self.containers: dict[str, dict[str, Any]] = {}
        self.detected: dict[str, str] = {}
        self.running = 0
        self.bodies: list[bytes] = []
        self.queries: list[str] = []
        self._most = most

    def identify(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
        parts = urlsplit(path)
        below = re.sub(r"^/+face/v[^/]+", "", parts.path)
        subject = hashlib.sha256(f"{method} {below}?{parts.query}\n".encode() + body).hexdigest()
        return next(name for verb, route, name in _ROUTES if verb == method and re.fullmatch(route, below)), subject

    def answer(self, operation: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.bodies.append(body)
        parts = urlsplit(path)
        self.queries.append(parts.query)
        if headers.get("ocp-apim-subscription-key") != KEY:
            return refusal(401, "401", "Access denied due to invalid subscription key or wrong API endpoint.")
        names = re.sub(r"^/+face/v[^/]+/", "", parts.path).split("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if operation in {"Detect", "AddFace"}:
            return getattr(self, f"_{operation.lower()}")(names, query, body)  # type: ignore[no-any-return]
        content = json.loads(body) if body else {}
        return getattr(self, f"_{operation.lower()}")(names, content)  # type: ignore[no-any-return]

    def _create(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        if names[1] in self.containers:
            return refusal(409, "LargeFaceListExists", "Large face list already exists.")
        self.containers[names[1]] = {"faces": {}, "persons": {}, "model": content["recognitionModel"]}
        return Reply(200, None)

    def _delete(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        if self.containers.pop(names[1], None) is None:
            return refusal(404, "LargeFaceListNotFound", "Large face list is not found.")
        return Reply(200, None)

    def _train(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        return Reply(202, None)

    def _trainingstatus(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        at = "2026-01-02T03:04:05Z"
        self.running, status = max(0, self.running - 1), "running" if self.running else "succeeded"
        return Reply(200, {"status": status, "createdDateTime": at, "lastActionDateTime": at, "message": None})

    def _createperson(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        person = str(uuid.uuid5(uuid.NAMESPACE_URL, content["name"]))
        self.containers[names[1]]["persons"][person] = None
        return Reply(200, {"personId": person})

    def _detect(self, names: list[str], query: Mapping[str, str], body: bytes) -> Reply:
        photo = _photo(body)
        if isinstance(photo, Reply):
            return photo
        faces = []
        for number, who in enumerate(photo["faces"]):
            face_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{who} {len(self.detected)}"))
            self.detected[face_id] = who
            box = {"top": 10 * number, "left": 5, "width": 90 - number, "height": 90 - number}
            faces.append({"faceId": face_id, "faceRectangle": box, "recognitionModel": query["recognitionModel"]})
        return Reply(200, faces)

    def _addface(self, names: list[str], query: Mapping[str, str], body: bytes) -> Reply:
        photo = _photo(body)
        if isinstance(photo, Reply):
            return photo
        if not photo["faces"]:
            return refusal(400, "InvalidImage", "No face detected in the image.")
        if len(photo["faces"]) > 1 and "targetFace" not in query:
            return refusal(400, "InvalidImage", "There is more than 1 face in the image.")
        who = photo["faces"][0]
        if "targetFace" in query and query["targetFace"].split(",")[1] != "0":
            self.problems.append(f"the largest face is at the top, asked for {query['targetFace']}")
        container = self.containers[names[1]]
        face_id = str(uuid.uuid4())
        container["faces"][face_id] = who
        if names[0] == "largepersongroups":
            container["persons"][names[3]] = who
        return Reply(200, {"persistedFaceId": face_id})

    def _verify(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        ids = (content["faceId1"], content["faceId2"])
        if any(face_id not in self.detected for face_id in ids):
            return refusal(404, "FaceNotFound", "Face is not found.")
        confidence = self._confidence(self.detected[ids[0]], self.detected[ids[1]])
        return Reply(200, {"isIdentical": confidence >= 0.5, "confidence": confidence})

    def _findsimilar(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        if content["faceId"] not in self.detected:
            return refusal(400, "FaceNotFound", "Face is not found.")
        assert content["mode"] == "matchFace"
        faces = self.containers[content["largeFaceListId"]]["faces"]
        best = self._best(content["faceId"], faces, content["maxNumOfCandidatesReturned"])
        return Reply(200, [{"persistedFaceId": face_id, "confidence": score} for face_id, score in best])

    def _identify(self, names: list[str], content: Mapping[str, Any]) -> Reply:
        (face_id,) = content["faceIds"]
        if face_id not in self.detected:
            return refusal(400, "FaceNotFound", "Face is not found.")
        assert content["confidenceThreshold"] == 0
        persons = {key: who for key, who in self.containers[content["largePersonGroupId"]]["persons"].items() if who}
        best = self._best(face_id, persons, content["maxNumOfCandidatesReturned"])
        found = [{"personId": person, "confidence": score} for person, score in best]
        return Reply(200, [{"faceId": face_id, "candidates": found}])

    def _best(self, face_id: str, stored: Mapping[str, str], most: int) -> list[tuple[str, float]]:
        who = self.detected[face_id]
        scored = [(key, self._confidence(who, other)) for key, other in stored.items()]
        return sorted(scored, key=lambda item: -item[1])[: min(most, self._most)]

    def _confidence(self, first: str, second: str) -> float:
        return self.score(first, second) / 100


def _photo(body: bytes) -> dict[str, Any] | Reply:
    if not body.startswith(JPEG_START):
        return refusal(400, "InvalidImage", "Decoding error, image format unsupported.")
    photo = read_photo_bytes(body)
    if photo.get("too_large"):
        return refusal(400, "InvalidImageSize", "Image size is too big.")
    return photo
