"""Amazon Rekognition's double: SigV4 checked, replies checked against botocore's service model.

Source of shapes, codes and messages: service model 2016-06-27 as installed with botocore, and the API Reference.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from tests.support.vendor_photos import JPEG_START, read_photo_bytes
from tests.support.vendor_server import Double, Reply

KEY_ID, SECRET, REGION = "AKIDEXAMPLE00000TEST", "not-a-real-secret", "eu-central-1"
MODEL_VERSION = "7.0"
NO_FACE = "There are no faces in the image. Should be at least 1."


def refusal(code: str, message: str, status: int = 400) -> Reply:
    """Return an error in the vendor's shape."""
    return Reply(status, {"__type": code, "Code": code, "Message": message, "Logref": "00000000"})


class RekognitionDouble(Double):
    """Collections in memory.

    Args:
        most: Most candidates of a search, to imitate a vendor that returns fewer than asked for.
        floor: Scores below it are never returned, whatever threshold is sent.
    """

    def __init__(self, *, most: int = 4096, floor: float = 0.0) -> None:
        super().__init__()
        self.collections: dict[str, dict[str, dict[str, Any]]] = {}
        self.sent_bodies: list[dict[str, Any]] = []
        self.lag = 0
        self._most, self._floor = most, floor
        self._model = botocore.session.get_session().get_service_model("rekognition")

    def identify(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
        operation = headers["x-amz-target"].removeprefix("RekognitionService.")
        return operation, hashlib.sha256(body).hexdigest()

    def answer(self, operation: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        refused = self._check_signature(headers, path, body)
        if refused is not None:
            return refused
        request = json.loads(body)
        self.sent_bodies.append(request)
        method_name = "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        reply: Reply = getattr(self, method_name)(request)
        if reply.status == 200:
            report = ParamValidator().validate(reply.body, self._model.operation_model(operation).output_shape)
            if report.has_errors():
                self.problems.append(f"{operation}: {report.generate_report()}")
        headers_out = {
            "Content-Type": "application/x-amz-json-1.1",
            "x-amzn-RequestId": str(uuid.UUID(int=len(self.log))),
        }
        return Reply(reply.status, reply.body, headers_out)

    def _check_signature(self, headers: Mapping[str, str], path: str, body: bytes) -> Reply | None:
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/rekognition/aws4_request, "
            r"SignedHeaders=([^,]+), Signature=(\w+)",
            headers.get("authorization", ""),
        )
        if found is None:
            return refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
        key_id, date, region, signed, signature = found.groups()
        if key_id != KEY_ID:
            return refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
        if region != REGION:
            return refusal(
                "InvalidSignatureException", f"Credential should be scoped to a valid region, not '{region}'."
            )
        names = signed.split(";")
        canonical = "\n".join(
            [
                "POST",
                path,
                "",
                *(f"{name}:{headers[name].strip()}" for name in names),
                "",
                signed,
                hashlib.sha256(body).hexdigest(),
            ]
        )
        scope = f"{date}/{region}/rekognition/aws4_request"
        text = "\n".join(
            ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
        )
        key = f"AWS4{SECRET}".encode()
        for part in (date, region, "rekognition", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if hmac.new(key, text.encode(), hashlib.sha256).hexdigest() != signature:
            return refusal("InvalidSignatureException", "The request signature we calculated does not match.")
        return None

    def _create_collection(self, request: Mapping[str, Any]) -> Reply:
        name = request["CollectionId"]
        if name in self.collections:
            return refusal("ResourceAlreadyExistsException", f"The collection id: {name} already exists")
        self.collections[name] = {}
        arn = f"aws:rekognition:{REGION}:111122223333:collection/{name}"
        return Reply(200, {"StatusCode": 200, "CollectionArn": arn, "FaceModelVersion": MODEL_VERSION})

    def _describe_collection(self, request: Mapping[str, Any]) -> Reply:
        # Eventually consistent: some questions are answered from before the last faces came.
        count = len(self.collections[request["CollectionId"]])
        if self.lag:
            self.lag, count = self.lag - 1, count - 1
        return Reply(200, {"FaceCount": count, "UserCount": 0, "FaceModelVersion": MODEL_VERSION})

    def _delete_collection(self, request: Mapping[str, Any]) -> Reply:
        if self.collections.pop(request["CollectionId"], None) is None:
            return refusal("ResourceNotFoundException", f"The collection id: {request['CollectionId']} does not exist")
        return Reply(200, {"StatusCode": 200})

    def _index_faces(self, request: Mapping[str, Any]) -> Reply:
        collection = self.collections.get(request["CollectionId"])
        if collection is None:
            return refusal("ResourceNotFoundException", f"The collection id: {request['CollectionId']} does not exist")
        photo = _photo(request["Image"])
        if isinstance(photo, Reply):
            return photo
        faces, external = list(photo["faces"]), request["ExternalImageId"]
        unindexed: list[dict[str, Any]] = [{"Reasons": ["EXCEEDS_MAX_FACES"], "FaceDetail": {}} for _ in faces[1:]]
        records = []
        if photo.get("reject"):
            unindexed = [{"Reasons": [photo["reject"]], "FaceDetail": {}}]
        elif faces:
            # The same photo under the same external id is not stored twice.
            face_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{external} {faces[0]}"))
            face = {"FaceId": face_id, "ImageId": face_id, "ExternalImageId": external, "Confidence": 99.5}
            collection[face_id] = {"face": face, "who": faces[0]}
            records = [{"Face": face, "FaceDetail": {"Confidence": 99.5}}]
        return Reply(200, {"FaceRecords": records, "UnindexedFaces": unindexed, "FaceModelVersion": MODEL_VERSION})

    def _search_faces(self, request: Mapping[str, Any]) -> Reply:
        collection = self.collections[request["CollectionId"]]
        own = request["FaceId"]
        if own not in collection:
            return refusal("InvalidParameterException", "faceId was not found in the collection.")
        found = self._matches(collection, collection[own]["who"], request, leave_out=own)
        return Reply(200, {"SearchedFaceId": own, "FaceMatches": found, "FaceModelVersion": MODEL_VERSION})

    def _search_faces_by_image(self, request: Mapping[str, Any]) -> Reply:
        collection = self.collections.get(request["CollectionId"])
        if collection is None:
            return refusal("ResourceNotFoundException", f"The collection id: {request['CollectionId']} does not exist")
        photo = _photo(request["Image"])
        if isinstance(photo, Reply):
            return photo
        if not photo["faces"]:
            return refusal("InvalidParameterException", NO_FACE)
        found = self._matches(collection, photo["faces"][0], request)
        return Reply(200, {"SearchedFaceConfidence": 99.0, "FaceMatches": found, "FaceModelVersion": MODEL_VERSION})

    def _matches(
        self, collection: Mapping[str, Any], who: str, request: Mapping[str, Any], leave_out: str | None = None
    ) -> list[dict[str, Any]]:
        least = max(self._floor, request.get("FaceMatchThreshold", 80))
        scored = [
            (self.score(who, entry["who"]), entry["face"]) for key, entry in collection.items() if key != leave_out
        ]
        best = sorted((item for item in scored if item[0] >= least), key=lambda item: -item[0])
        return [{"Similarity": score, "Face": face} for score, face in best[: min(self._most, request["MaxFaces"])]]

    def _detect_faces(self, request: Mapping[str, Any]) -> Reply:
        photo = _photo(request["Image"])
        if isinstance(photo, Reply):
            return photo
        return Reply(200, {"FaceDetails": [{"Confidence": 99.0} for _ in photo["faces"]]})

    def _compare_faces(self, request: Mapping[str, Any]) -> Reply:
        source, target = _photo(request["SourceImage"]), _photo(request["TargetImage"])
        for photo in (source, target):
            if isinstance(photo, Reply):
                return photo
            if not photo["faces"]:
                return refusal("InvalidParameterException", "Request has invalid parameters")
        assert not isinstance(source, Reply)
        assert not isinstance(target, Reply)
        matches, unmatched = [], []
        for number, who in enumerate(target["faces"]):
            box = {"Width": 0.5 - 0.1 * number, "Height": 0.5 - 0.1 * number, "Left": 0.1, "Top": 0.1}
            score = self.score(source["faces"][0], who)
            face = {"BoundingBox": box, "Confidence": 99.0}
            if score >= max(self._floor, request.get("SimilarityThreshold", 80)):
                matches.append({"Similarity": score, "Face": face})
            else:
                unmatched.append(face)
        matches.sort(key=lambda match: -float(match["Similarity"]))  # type: ignore[arg-type]
        return Reply(
            200, {"SourceImageFace": {"Confidence": 99.0}, "FaceMatches": matches, "UnmatchedFaces": unmatched}
        )


def _photo(image: Mapping[str, str]) -> dict[str, Any] | Reply:
    data = base64.b64decode(image["Bytes"])
    if not data.startswith(JPEG_START):
        return refusal("InvalidImageFormatException", "Request has invalid image format.")
    photo = read_photo_bytes(data)
    if photo.get("too_large"):
        return refusal("ImageTooLargeException", "Image size is too large.")
    return photo
