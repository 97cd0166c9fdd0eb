"""Azure Face under audit: fill a list and search it, identify against a group, or verify pairs.

Names of photos, people and groups never go to the vendor: it sees photos, and ids made from the run's random id.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from countenance.core.errors import VendorRefused, VendorUnavailable
from countenance.vendors.azure_client import AzureFaceClient
from countenance.vendors.paid_calls import Call, PaidCalls, as_documented, photo_digest, score_within
from countenance.vendors.prices import PriceList
from countenance.vendors.values import (
    IMAGE_FORMAT,
    IMAGE_TOO_LARGE,
    IMAGE_TOO_SMALL,
    INVALID_IMAGE,
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

#: The newest models at the time of SDK 1.0.0b2, which it recommends. Source: its FaceClient.detect.
RECOGNITION_MODEL = "recognition_04"
DETECTION_MODEL = "detection_03"
#: Most candidates. Source: SDK 1.0.0b2, find_similar_from_large_face_list and identify_from_large_person_group.
MOST_SIMILAR = 1000
MOST_IDENTIFIED = 100
#: Ends of the scale of confidence. Source: Face REST API, Find Similar.
LOW, HIGH = 0.0, 1.0
#: Bytes of a photo that are taken. Source: Face REST API, Detect: 1 KB to 6 MB.
LEAST_BYTES = 1024
MOST_BYTES = 6 * 1024 * 1024
#: First bytes of the formats taken: JPEG, PNG, GIF, BMP. Source: as above.
_FORMATS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
#: A faceId lives 24 hours. Source: Face REST API, Detect. Asked again an hour before.
FACE_ID_LIFE = timedelta(hours=23)
_LIFE_SENT_S = 86400
#: Codes that refuse one photo and say nothing about the next.
_PHOTO_CODES = {"InvalidImage": INVALID_IMAGE, "InvalidImageSize": IMAGE_TOO_LARGE}
_EXPIRED = "FaceNotFound"
#: Waits between questions whether the training is done; about half an hour in all.
_POLLS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, *([30.0] * 60))
#: Questions put into the estimate; more are counted as they happen.
_PLANNED_POLLS = 10


def facts(client: AzureFaceClient, operation: str, retry: RetryPlan) -> VendorFacts:
    """Return what a run with this client and operation depends on."""
    settings: dict[str, Any] = {
        "recognitionModel": RECOGNITION_MODEL,
        "detectionModel": DETECTION_MODEL,
        "retries": {"attempts": retry.attempts, "backoff_s": retry.backoff_s},
    }
    if operation == "search":
        settings |= {"function": "FindSimilar", "mode": "matchFace", "maxNumOfCandidatesReturned": MOST_SIMILAR}
    elif operation == "identify":
        settings |= {"function": "Identify", "confidenceThreshold": 0, "maxNumOfCandidatesReturned": MOST_IDENTIFIED}
    else:
        settings |= {"function": "Verify"}
    return VendorFacts(
        "azure", "Microsoft Azure Face", operation, client.endpoint, None, client.sdk, LOW, HIGH, settings
    )


class AzureAudit:
    """One run against one large face list or large person group.

    Args:
        client: The SDK.
        calls: The archive, the budget and the sending.
        operation: ``search``, ``identify`` or ``compare``.
        run_id: Random id of the run; names the list.
        one_set: True if every photo is probe and reference.
        now: The clock, for the life of faceIds.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        client: AzureFaceClient,
        calls: PaidCalls,
        *,
        operation: str,
        run_id: str,
        one_set: bool,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._calls = calls
        self._run_id = run_id
        self._one_set = one_set
        self._now = now
        self._sleep = sleep
        self._identifies = operation == "identify"
        self._names: dict[str, str] = {}
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
            return (line("Detect", probes if one_set else probes + references), line("Verify", pairs))
        persons = (line("CreatePerson", references),) if operation == "identify" else ()
        return (
            line("Create", 1),
            *persons,
            line("AddFace", references, 1),
            # The vendor counts one transaction for each thousand faces trained.
            line("Train", max(1, math.ceil(references / 1000))),
            line("TrainingStatus", _PLANNED_POLLS),
            line("Detect", probes),
            line("Identify" if operation == "identify" else "FindSimilar", probes),
            line("Delete", 1),
        )

    def open(self) -> None:
        """Make the list or group, unless an earlier run made it."""
        group = self._container_methods()
        parameters = {"name": self.container, "recognition_model": RECOGNITION_MODEL}
        exists = ("LargeFaceListExists", "LargePersonGroupExists")
        self._ask(
            "Create", parameters, lambda: self._client.call(group.create, self.container, final=exists, **parameters)
        )

    def enrol(self, photo: Photo) -> Acquired:
        """Add one reference photo; where it shows several faces, the largest is named to the vendor."""
        data = photo.read()
        refused = _refused_unsent(data)
        if refused is not None:
            return refused
        person = self._person(photo) if self._identifies else None
        document = self._add(photo, data, person, None)
        several = False
        if document["refusal"] is not None and "more than 1 face" in (document["message"] or "").lower():
            several = True
            detected = self._detect(photo, data)
            with as_documented("Detect"):
                box = [int(detected["reply"][0]["faceRectangle"][side]) for side in ("left", "top", "width", "height")]
            document = self._add(photo, data, person, box)
        if document["refusal"] is not None:
            return _refused(document)
        with as_documented("AddFace"):
            self._names[document["reply"]["persistedFaceId"] if person is None else person] = photo.name
        return Acquired(several_faces=several)

    def ready(self) -> None:
        """Train and wait until it is done.

        Raises:
            VendorRefused: The training failed.
            VendorUnavailable: It is not done after half an hour.
        """
        group = self._container_methods()
        # Trained again whenever faces were added since: the key holds how many there are.
        key = f"Train {len(self._names)}"
        self._ask("Train", {}, lambda: self._client.call(_without_polling(group.begin_train), self.container), key=key)
        poll = f"TrainingStatus {len(self._names)}"
        for wait in _POLLS_S:
            answer = self._ask(
                "TrainingStatus", {}, lambda: self._client.call(group.get_training_status, self.container), key=poll
            )["reply"]
            with as_documented("TrainingStatus"):
                status = str(answer["status"]).lower()
            if status == "succeeded":
                return
            self._calls.archive.forget_answer(poll)
            if status == "failed":
                raise VendorRefused(f"Azure Face could not train the list: {answer.get('message')}")
            self._sleep(wait)
        raise VendorUnavailable("Azure Face did not finish training within half an hour.")

    def search(self, photo: Photo) -> Searched:
        """Search for one probe: its largest face; everything the vendor returns is kept."""
        data = photo.read()
        probe = self.acquire(photo, data)
        if probe.reason is not None:
            return Searched(probe)
        document = self._with_face_ids("Identify" if self._identifies else "FindSimilar", (photo,), self._search)
        with as_documented(document["operation"]):
            listed = document["reply"][0]["candidates"] if self._identifies else document["reply"]
            key = "personId" if self._identifies else "persistedFaceId"
            found = [(item[key], _score(item)) for item in listed]
        hits = [Hit(self._names[stored], score) for stored, score in found if stored in self._names]
        kept = tuple(hit for hit in hits if not (self._one_set and hit.reference == photo.name))
        return Searched(
            probe, kept, limit_reached=len(found) >= (MOST_IDENTIFIED if self._identifies else MOST_SIMILAR)
        )

    def acquire(self, photo: Photo, data: bytes | None = None) -> Acquired:
        """Return what the vendor sees in a photo."""
        data = photo.read() if data is None else data
        refused = _refused_unsent(data)
        if refused is not None:
            return refused
        document = self._detect(photo, data)
        if document["refusal"] is not None:
            return _refused(document)
        with as_documented("Detect"):
            faces = len([face["faceId"] for face in document["reply"]])
        return Acquired(None if faces else NO_FACE, several_faces=faces > 1)

    def compare(self, probe: Photo, reference: Photo) -> Compared:
        """Verify the largest face of a probe against the largest face of a reference."""
        document = self._with_face_ids("Verify", (probe, reference), self._verify)
        with as_documented("Verify"):
            return Compared(_score(document["reply"]))

    def close(self) -> None:
        """Delete the list or group with everything in it, if this run ever made one."""
        if not self._calls.archive.attempts_of("Create"):
            return
        group = self._container_methods()
        gone = ("LargeFaceListNotFound", "LargePersonGroupNotFound")
        self._ask("Delete", {}, lambda: self._client.call(group.delete, self.container, final=gone), cleaning_up=True)

    def models_seen(self) -> tuple[str, ...]:
        """Return every recognition model the vendor named in its answers to Detect."""
        seen = set()
        for document in self._calls.archive.documents():
            if document["operation"] == "Detect" and isinstance(document["reply"], list):
                seen |= {str(face["recognitionModel"]) for face in document["reply"] if face.get("recognitionModel")}
        return tuple(sorted(seen))

    def _container_methods(self) -> Any:
        return self._client.lists.large_person_group if self._identifies else self._client.lists.large_face_list

    def _person(self, photo: Photo) -> str:
        """Make a person for one photo: every reference photo is a reference of its own, as in the other functions."""
        name = self._id_of("person", photo)
        create = self._client.lists.large_person_group.create_person
        document = self._ask(
            "CreatePerson",
            {"name": name},
            lambda: self._client.call(create, self.container, name=name),
            key=f"CreatePerson {name}",
            photos=(photo.name,),
        )
        with as_documented("CreatePerson"):
            return str(document["reply"]["personId"])

    def _add(self, photo: Photo, data: bytes, person: str | None, box: list[int] | None) -> Mapping[str, Any]:
        named = {"detection_model": DETECTION_MODEL, "target_face": box, "user_data": self._id_of("reference", photo)}
        where = (self.container,) if person is None else (self.container, person)
        return self._ask(
            "AddFace",
            {**named, "image": photo_digest(data)},
            lambda: self._client.call(
                self._container_methods().add_face, *where, image_content=data, final=_PHOTO_CODES, **named
            ),
            key=f"AddFace {self._id_of('reference', photo)}{'' if box is None else ' largest'}",
            photos=(photo.name,),
            stored_faces=1,
        )

    def _detect(self, photo: Photo, data: bytes) -> Mapping[str, Any]:
        key = f"Detect {self._id_of('photo', photo)}"
        kept = self._calls.archive.answer(key)
        if kept is not None and self._now() - datetime.fromisoformat(kept["answered_at"]) > FACE_ID_LIFE:
            self._calls.archive.forget_answer(key)
        named: dict[str, Any] = {
            "detection_model": DETECTION_MODEL,
            "recognition_model": RECOGNITION_MODEL,
            "return_face_id": True,
            "return_recognition_model": True,
            "face_id_time_to_live": _LIFE_SENT_S,
        }
        return self._ask(
            "Detect",
            {**named, "image": photo_digest(data)},
            lambda: self._client.call(self._client.faces.detect, data, final=_PHOTO_CODES, **named),
            key=key,
            photos=(photo.name,),
        )

    def _with_face_ids(
        self, operation: str, photos: Sequence[Photo], send: Callable[[Sequence[str]], Received]
    ) -> Mapping[str, Any]:
        """Ask about detected faces; where the vendor has forgotten one before its time, detect once more."""
        key = f"{operation} {self._id_of('photos', *photos)}"
        document = self._calls.archive.answer(key)
        for again in (False, True):
            if document is not None and document["refusal"] is None:
                break
            if again:
                for photo in photos:
                    self._calls.archive.forget_answer(f"Detect {self._id_of('photo', photo)}")
                self._calls.archive.forget_answer(key)
            ids = [str(self._detect(photo, photo.read())["reply"][0]["faceId"]) for photo in photos]
            names = tuple(photo.name for photo in photos)
            document = self._ask(operation, {"face_ids": ids}, partial(send, ids), key=key, photos=names)
        assert document is not None  # noqa: S101 - the loop asks unless there is an answer
        if document["refusal"] is not None:
            raise VendorRefused(f"Azure Face does not know a face it detected just now: {document['message']}")
        return document

    def _search(self, face_ids: Sequence[str]) -> Received:
        if self._identifies:
            return self._client.call(
                self._client.faces.identify_from_large_person_group,
                final=(_EXPIRED,),
                face_ids=list(face_ids),
                large_person_group_id=self.container,
                max_num_of_candidates_returned=MOST_IDENTIFIED,
                confidence_threshold=0.0,
            )
        return self._client.call(
            self._client.faces.find_similar_from_large_face_list,
            final=(_EXPIRED,),
            face_id=face_ids[0],
            large_face_list_id=self.container,
            max_num_of_candidates_returned=MOST_SIMILAR,
            mode="matchFace",
        )

    def _verify(self, face_ids: Sequence[str]) -> Received:
        first, second = face_ids
        return self._client.call(
            self._client.faces.verify_face_to_face, final=(_EXPIRED,), face_id1=first, face_id2=second
        )

    def _id_of(self, role: str, *photos: Photo) -> str:
        words = "\n".join([self._run_id, role, *(f"{photo.name} {photo.sha256}" for photo in photos)])
        return hashlib.sha256(words.encode()).hexdigest()[:32]

    def _ask(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        send: Callable[[], Received],
        *,
        key: str | None = None,
        photos: tuple[str, ...] = (),
        stored_faces: int = 0,
        cleaning_up: bool = False,
    ) -> Mapping[str, Any]:
        asked = {"container": self.container, **parameters}
        call = Call(key or operation, operation, asked, photos, stored_faces=stored_faces, cleaning_up=cleaning_up)
        return self._calls.ask(call, send)


def _without_polling(begin_train: Callable[..., Any]) -> Callable[..., Any]:
    """Return the SDK's training without its own waiting, so that every question about it is counted by itself."""

    def train(container: str, **named: Any) -> Any:
        return begin_train(container, polling=False, **named)

    return train


def _score(item: Mapping[str, Any]) -> float:
    return score_within(item["confidence"], LOW, HIGH)


def _refused_unsent(data: bytes) -> Acquired | None:
    if len(data) > MOST_BYTES:
        return Acquired(IMAGE_TOO_LARGE, f"{len(data):,} bytes; {MOST_BYTES:,} are taken.", sent=False)
    if len(data) < LEAST_BYTES:
        return Acquired(IMAGE_TOO_SMALL, f"{len(data):,} bytes; {LEAST_BYTES:,} are needed.", sent=False)
    if not data.startswith(_FORMATS):
        return Acquired(IMAGE_FORMAT, "Only JPEG, PNG, GIF and BMP are taken.", sent=False)
    return None


def _refused(document: Mapping[str, Any]) -> Acquired:
    message = document["message"] or ""
    no_face = "no face" in message.lower()
    return Acquired(NO_FACE if no_face else _PHOTO_CODES[document["refusal"]], message)
