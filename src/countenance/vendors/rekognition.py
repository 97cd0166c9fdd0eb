"""Amazon Rekognition under audit: index a gallery and search it, or compare pairs, with nothing filtered by score.

Names of photos, people and groups never go to the vendor: it sees photos, and ids made from the run's random id.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from countenance.core.errors import VendorUnavailable
from countenance.vendors.paid_calls import Call, PaidCalls, as_documented, photo_digest, score_within
from countenance.vendors.prices import PriceList
from countenance.vendors.rekognition_client import RekognitionClient
from countenance.vendors.values import (
    IMAGE_FORMAT,
    IMAGE_TOO_LARGE,
    NO_FACE,
    Acquired,
    Compared,
    Hit,
    Photo,
    PlannedCalls,
    Received,
    RetryPlan,
    Searched,
    VendorFacts,
)

#: Most candidates a search returns. Source: Rekognition service model 2016-06-27, MaxFaces.
MOST_CANDIDATES = 4096
#: Ends of the scale of similarity. Source: as above, Percent.
LOW, HIGH = 0.0, 100.0
#: Most bytes of a photo sent as bytes. Source: Amazon Rekognition Developer Guide, "Guidelines and quotas".
MOST_BYTES = 5 * 1024 * 1024
#: First bytes of the formats taken: JPEG and PNG. Source: as above.
_FORMATS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
#: Codes that refuse one photo and say nothing about the next.
_PHOTO_CODES = {
    "InvalidImageFormatException": IMAGE_FORMAT,
    "ImageTooLargeException": IMAGE_TOO_LARGE,
    "InvalidParameterException": "invalid_parameter",
}
#: Defaults of the vendor, sent explicitly. Source: API Reference, IndexFaces, SearchFacesByImage, CompareFaces.
_INDEX_FILTER = "AUTO"
_SEARCH_FILTER = "NONE"
#: Longest wait for an index to show the faces it acknowledged; the vendor promises no time.
_WAITS_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


def facts(client: RekognitionClient, operation: str, retry: RetryPlan) -> VendorFacts:
    """Return what a run with this client and operation depends on."""
    settings: dict[str, Any] = {"retries": {"mode": "standard", "total_max_attempts": retry.attempts}}
    if operation == "search":
        settings |= {
            "FaceMatchThreshold": 0,
            "MaxFaces": MOST_CANDIDATES,
            "QualityFilter": {"IndexFaces": _INDEX_FILTER, "SearchFacesByImage": _SEARCH_FILTER},
        }
    else:
        settings |= {"SimilarityThreshold": 0, "QualityFilter": {"CompareFaces": _SEARCH_FILTER}}
    return VendorFacts(
        "rekognition",
        "Amazon Rekognition",
        operation,
        client.endpoint,
        client.region,
        client.sdk,
        LOW,
        HIGH,
        settings,
    )


class RekognitionAudit:
    """One run against one collection.

    Args:
        client: The SDK.
        calls: The archive, the budget and the sending.
        run_id: Random id of the run; names the collection.
        one_set: True if every photo is probe and reference: searches then start from the indexed face.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        client: RekognitionClient,
        calls: PaidCalls,
        *,
        run_id: str,
        one_set: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._calls = calls
        self._run_id = run_id
        self._one_set = one_set
        self._sleep = sleep
        self._names: dict[str, str] = {}
        self._faces: dict[str, str] = {}
        self.container = f"countenance-audit-{run_id}"
        client.announce_to(calls.before_attempt)

    @staticmethod
    def planned(
        operation: str, prices: PriceList, *, probes: int, references: int, pairs: int, one_set: bool
    ) -> tuple[PlannedCalls, ...]:
        """Return the calls a run will need if nothing has to be repeated."""

        def line(name: str, calls: int, stored: int = 0) -> PlannedCalls:
            return PlannedCalls(name, calls, prices.of(name, stored_faces=stored))

        if operation == "compare":
            photos = probes if one_set else probes + references
            return (line("DetectFaces", photos), line("CompareFaces", pairs))
        search = line("SearchFaces" if one_set else "SearchFacesByImage", probes)
        return (line("CreateCollection", 1), line("IndexFaces", references, 1), search, line("DeleteCollection", 1))

    def open(self) -> None:
        """Make the collection, unless an earlier run made it."""
        self._ask("CreateCollection", {"CollectionId": self.container}, final=("ResourceAlreadyExistsException",))

    def enrol(self, photo: Photo) -> Acquired:
        """Index one reference photo: its largest face."""
        data = photo.read()
        refused = _refused_unsent(data)
        if refused is not None:
            return refused
        external = self._id_of("reference", photo)
        document = self._ask_about_photo(
            "IndexFaces",
            {
                "CollectionId": self.container,
                "ExternalImageId": external,
                "MaxFaces": 1,
                "QualityFilter": _INDEX_FILTER,
                "DetectionAttributes": ["DEFAULT"],
            },
            {"Image": data},
            (photo,),
            stored_faces=1,
        )
        if document["refusal"] is not None:
            return _refused(document)
        with as_documented("IndexFaces"):
            left_out = [face.get("Reasons", []) for face in document["reply"].get("UnindexedFaces", [])]
            records = document["reply"]["FaceRecords"]
            if not records:
                reasons = sorted({str(reason).lower() for reasons in left_out for reason in reasons})
                return Acquired("+".join(reasons) or NO_FACE)
            self._faces[photo.name] = str(records[0]["Face"]["FaceId"])
        self._names[external] = photo.name
        return Acquired(several_faces=bool(left_out))

    def ready(self) -> None:
        """Wait until the collection shows every face it acknowledged.

        Raises:
            VendorUnavailable: It does not after about a minute.
        """
        shown = 0
        key = f"DescribeCollection {len(self._faces)}"
        for wait in _WAITS_S:
            self._sleep(wait)
            described = self._ask("DescribeCollection", {"CollectionId": self.container}, key=key)
            with as_documented("DescribeCollection"):
                shown = int(described["reply"]["FaceCount"])
            if shown >= len(self._faces):
                return
            self._calls.archive.forget_answer(key)
        raise VendorUnavailable(f"The collection shows {shown:,} of {len(self._faces):,} indexed faces after a minute.")

    def search(self, photo: Photo) -> Searched:
        """Search the collection for one probe; everything it returns down to similarity 0 is kept."""
        limits = {"CollectionId": self.container, "MaxFaces": MOST_CANDIDATES, "FaceMatchThreshold": 0}
        if self._one_set:
            face_id = self._faces[photo.name]
            document = self._ask(
                "SearchFaces", {**limits, "FaceId": face_id}, key=f"SearchFaces {face_id}", photos=(photo.name,)
            )
            probe = Acquired()
        else:
            data = photo.read()
            refused = _refused_unsent(data)
            if refused is not None:
                return Searched(refused)
            document = self._ask_about_photo(
                "SearchFacesByImage", {**limits, "QualityFilter": _SEARCH_FILTER}, {"Image": data}, (photo,)
            )
            if document["refusal"] is not None:
                return Searched(_refused(document))
            probe = Acquired(several_faces=None)
        itself = photo.name if self._one_set else None
        with as_documented("SearchFaces"):
            found = [(item["Face"].get("ExternalImageId"), _score(item)) for item in document["reply"]["FaceMatches"]]
        named = [(self._names.get(external), score) for external, score in found]
        hits = tuple(Hit(name, score) for name, score in named if name is not None and name != itself)
        return Searched(probe, hits, limit_reached=len(found) >= MOST_CANDIDATES)

    def acquire(self, photo: Photo) -> Acquired:
        """Return what the vendor sees in a photo that is to be compared with others."""
        data = photo.read()
        refused = _refused_unsent(data)
        if refused is not None:
            return refused
        document = self._ask_about_photo("DetectFaces", {"Attributes": ["DEFAULT"]}, {"Image": data}, (photo,))
        if document["refusal"] is not None:
            return _refused(document)
        with as_documented("DetectFaces"):
            faces = len(document["reply"]["FaceDetails"])
        return Acquired(None if faces else NO_FACE, several_faces=faces > 1)

    def compare(self, probe: Photo, reference: Photo) -> Compared:
        """Compare the largest face of a probe with the largest face of a reference."""
        document = self._ask_about_photo(
            "CompareFaces",
            {"SimilarityThreshold": 0, "QualityFilter": _SEARCH_FILTER},
            {"SourceImage": probe.read(), "TargetImage": reference.read()},
            (probe, reference),
        )
        if document["refusal"] is not None:
            return Compared(None, _refused(document).reason)
        with as_documented("CompareFaces"):
            return _score_of_largest(document["reply"])

    def close(self) -> None:
        """Delete the collection with everything in it, if this run ever made one."""
        if not self._calls.archive.attempts_of("CreateCollection"):
            return
        self._ask(
            "DeleteCollection", {"CollectionId": self.container}, final=("ResourceNotFoundException",), cleaning_up=True
        )

    def models_seen(self) -> tuple[str, ...]:
        """Return every model version the vendor named in its answers."""
        replies = (document["reply"] for document in self._calls.archive.documents())
        return tuple(sorted({str(reply["FaceModelVersion"]) for reply in replies if reply.get("FaceModelVersion")}))

    def _id_of(self, role: str, *photos: Photo) -> str:
        words = "\n".join([self._run_id, role, *(f"{photo.name} {photo.sha256}" for photo in photos)])
        return hashlib.sha256(words.encode()).hexdigest()[:32]

    def _ask_about_photo(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        images: Mapping[str, bytes],
        photos: Sequence[Photo],
        *,
        stored_faces: int = 0,
    ) -> Mapping[str, Any]:
        call = Call(
            f"{operation} {self._id_of('photos', *photos)}",
            operation,
            {**parameters, **{name: {"Bytes": photo_digest(data)} for name, data in images.items()}},
            tuple(photo.name for photo in photos),
            stored_faces=stored_faces,
        )
        full = {**parameters, **{name: {"Bytes": data} for name, data in images.items()}}
        return self._calls.ask(call, lambda: self._client.call(_snake(operation), full, final=_PHOTO_CODES))

    def _ask(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        key: str | None = None,
        photos: tuple[str, ...] = (),
        final: Sequence[str] = (),
        cleaning_up: bool = False,
    ) -> Mapping[str, Any]:
        call = Call(key or operation, operation, parameters, photos, cleaning_up=cleaning_up)

        def send() -> Received:
            return self._client.call(_snake(operation), parameters, final=final)

        return self._calls.ask(call, send)


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


def _refused_unsent(data: bytes) -> Acquired | None:
    if len(data) > MOST_BYTES:
        return Acquired(IMAGE_TOO_LARGE, f"{len(data):,} bytes; {MOST_BYTES:,} are taken.", sent=False)
    if not data.startswith(_FORMATS):
        return Acquired(IMAGE_FORMAT, "Only JPEG and PNG are taken.", sent=False)
    return None


def _refused(document: Mapping[str, Any]) -> Acquired:
    code, message = document["refusal"], document["message"] or ""
    # One code for every wrong parameter; only its words ("There are no faces in the image.") speak of faces.
    no_face = code == "InvalidParameterException" and "no faces" in message.lower()
    return Acquired(NO_FACE if no_face else _PHOTO_CODES[code], message)


def _score(match: Mapping[str, Any]) -> float:
    return score_within(match["Similarity"], LOW, HIGH)


def _score_of_largest(reply: Mapping[str, Any]) -> Compared:
    """Return the score of the largest face of the target; where it has none, the vendor left it out."""

    def area(face: Mapping[str, Any]) -> float:
        box = face["BoundingBox"]
        return float(box["Width"]) * float(box["Height"])

    scored = [(area(match["Face"]), _score(match)) for match in reply["FaceMatches"]]
    unscored = [area(face) for face in reply.get("UnmatchedFaces", [])]
    if not scored or (unscored and max(unscored) > max(scored)[0]):
        return Compared(None, "not_scored" if unscored or scored else NO_FACE)
    return Compared(max(scored)[1])
