"""Requests that are not as they should be: every answer in the vendor's shape, never a 500, and the service goes on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from countenance.web.azure.routes import ROUTES
from tests.support.azure_client import BASE, AzureClient
from tests.web.azure_worlds import azure_case, picture
from tests.web.conftest import world_in

#: Requests a run; the figure to reach, twenty thousand, takes some minutes: raise it and run this file alone.
REQUESTS = 500
FACE = "00000000-0000-4000-8000-000000000000"
BODY: dict[str, Any] = {
    "faceId": FACE, "faceId1": FACE, "faceId2": FACE, "faceIds": [FACE, FACE], "personId": FACE, "name": "n",
    "userData": "u", "recognitionModel": "recognition_04", "largePersonGroupId": "g", "personGroupId": "g",
    "faceListId": "g", "largeFaceListId": "g", "mode": "matchFace", "confidenceThreshold": 0.5,
    "maxNumOfCandidatesReturned": 3, "url": "http://127.0.0.1/x.jpg",
}  # fmt: skip
QUERY = {
    "detectionModel": "detection_01", "recognitionModel": "recognition_01", "returnFaceId": "true",
    "returnFaceAttributes": "headPose", "returnFaceLandmarks": "true", "faceIdTimeToLive": "60", "start": "a",
    "top": "3", "userData": "x", "targetFace": "1,2,3,4", "returnRecognitionModel": "false",
}  # fmt: skip
STRANGE: list[Any] = [
    None, True, False, 0, -1, 1e308, 10**30, 0.5, "", " ", "../../etc/passwd", "\0", "é" * 10, "\ud800", "x" * 5000, [],
    [[]], [None], {}, {"": ""}, "' OR 1=1 --", "%00", [FACE] * 5000, ["\ud800"], "1,2,3,99999999999",
]  # fmt: skip
SEGMENTS = ["g", FACE, "..", "%2e%2e", "%00", "%ff", "x" * 300, "'", "a%2Fb", "é"]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureClient]:
    folder = tmp_path_factory.mktemp("malformed")
    limits = ServiceLimits(requests_per_second=0)
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        client, _ = azure_case(world)
        client.group_with("Ada", picture("ada"))
        yield client


def made_up(random_: random.Random) -> tuple[str, str, bytes, str]:
    """Return (method, path, body, content type) of a request that has something wrong, or nothing."""
    route = random_.choice(ROUTES)
    method = route.method if random_.random() < 0.9 else random_.choice(["GET", "POST", "PUT", "PATCH", "DELETE"])
    pieces = [random_.choice(SEGMENTS) if part.startswith("{") else part for part in route.pattern]
    if random_.random() < 0.1:
        pieces.insert(random_.randrange(len(pieces) + 1), random_.choice(SEGMENTS))
    chosen = random_.sample(sorted(QUERY), random_.randrange(4)) if random_.random() < 0.5 else []
    query = "&".join(f"{name}={quote(_text(random_, QUERY[name]), errors='replace')}" for name in chosen)
    members = {name: BODY[name] for name in random_.sample(sorted(BODY), random_.randrange(5))}
    if members and random_.random() < 0.7:
        members[random_.choice(sorted(members))] = random_.choice(STRANGE)
    body = json.dumps(members).encode()
    roll = random_.random()
    if roll < 0.1:
        body = body[: random_.randrange(len(body) + 1)]
    elif roll < 0.15:
        body = random_.randbytes(2_000)
    elif roll < 0.2:
        body = b"[" * 100_000
    elif roll < 0.3:
        body = picture("ada")[: random_.randrange(1_500)]
    kind = random_.choice(["application/json", "application/octet-stream", "text/plain", "application/json; charset=x"])
    return method, f"{BASE}/{'/'.join(pieces)}{'?' + query if query else ''}", body, kind


def _text(random_: random.Random, usual: str) -> str:
    return usual if random_.random() < 0.5 else str(random_.choice(STRANGE))[:500]


def test_whatever_comes_is_answered_in_the_vendors_shape(target: AzureClient) -> None:
    random_ = random.Random(20261124)
    statuses: dict[int, int] = {}
    for _ in range(REQUESTS):
        method, path, body, kind = made_up(random_)
        answer = target.send(method, path, image=body, headers={"Content-Type": kind})
        assert answer.status_code in (200, 202, 400, 403, 404, 409), (method, path, answer.text)
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert error["code"], path
            assert not any(word in error["message"] for word in ("Traceback", "sqlite", "psycopg", "/src/"))
            assert "retry-after" not in answer.headers
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    assert statuses[400] > REQUESTS / 5
    assert target.send("GET", f"{BASE}/persongroups").status_code == 200


def test_a_body_that_is_too_large_is_an_error_in_shape(target: AzureClient) -> None:
    answer = target.send("PUT", f"{BASE}/persongroups/g", body={"name": "n", "userData": "x" * 7_000_000})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "BadArgument"
