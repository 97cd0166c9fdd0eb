"""Requests that are not as they should be: every answer in the vendor's shape, never a 500, and the service goes on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from tests.web.conftest import Client, world_in
from tests.web.test_rekognition_conformance import image

#: Requests a run; the figure to reach, twenty thousand, takes some minutes: raise it and run this file alone.
REQUESTS = 400
FACE = "00000000-0000-4000-8000-000000000000"
#: A sound request of each operation.
SOUND: dict[str, dict[str, Any]] = {
    "DetectFaces": {"Image": image("ada"), "Attributes": ["DEFAULT"]},
    "CompareFaces": {"SourceImage": image("ada"), "TargetImage": image("bob"), "SimilarityThreshold": 80.0},
    "CreateCollection": {"CollectionId": "staff", "Tags": {"a": "b"}},
    "DescribeCollection": {"CollectionId": "staff"},
    "ListCollections": {"MaxResults": 10},
    "IndexFaces": {"CollectionId": "staff", "Image": image("ada"), "ExternalImageId": "a", "MaxFaces": 2},
    "ListFaces": {"CollectionId": "staff", "MaxResults": 3, "FaceIds": [FACE], "UserId": "ada"},
    "DeleteFaces": {"CollectionId": "staff", "FaceIds": [FACE]},
    "SearchFaces": {"CollectionId": "staff", "FaceId": FACE, "MaxFaces": 3, "FaceMatchThreshold": 80},
    "SearchFacesByImage": {"CollectionId": "staff", "Image": image("ada"), "QualityFilter": "AUTO"},
    "CreateUser": {"CollectionId": "staff", "UserId": "ada", "ClientRequestToken": "t"},
    "DeleteUser": {"CollectionId": "staff", "UserId": "bob"},
    "ListUsers": {"CollectionId": "staff", "MaxResults": 3, "NextToken": "x"},
    "AssociateFaces": {"CollectionId": "staff", "UserId": "ada", "FaceIds": [FACE], "UserMatchThreshold": 75},
    "DisassociateFaces": {"CollectionId": "staff", "UserId": "ada", "FaceIds": [FACE]},
    "SearchUsers": {"CollectionId": "staff", "UserId": "ada", "MaxUsers": 3},
    "SearchUsersByImage": {"CollectionId": "staff", "Image": image("ada")},
    "TagResource": {"ResourceArn": "arn:aws:rekognition:x:000000000000:collection/staff", "Tags": {"a": "b"}},
    "UntagResource": {"ResourceArn": "arn:aws:rekognition:x:000000000000:collection/staff", "TagKeys": ["a"]},
    "ListTagsForResource": {"ResourceArn": "arn:aws:rekognition:x:000000000000:collection/staff"},
}
STRANGE: list[Any] = [
    None, True, False, 0, -1, 1e308, 10**30, 0.5, "", " ", "../../etc/passwd", "\0", "é" * 10, "\ud800", "x" * 5000, [],
    [[]], [None], {}, {"Bytes": None}, {"Bytes": 1}, {"Bytes": "/9j/"}, {"S3Object": None},
    {"S3Object": {"Bucket": []}},
    {"S3Object": {"Bucket": "abc", "Name": "../x"}}, {"": ""}, "NONE", "' OR 1=1 --", "%00", [FACE] * 5000,
]  # fmt: skip


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("malformed")
    limits = ServiceLimits(requests_per_second=0)
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        client, _ = world.open_case()
        client.call("CreateCollection", CollectionId="staff")
        client.call("CreateUser", CollectionId="staff", UserId="ada")
        yield client


def mangled(generator: random.Random, members: dict[str, Any]) -> bytes:
    """Return a request with one thing wrong with it: a member, the text, or the bytes."""
    kind = generator.randrange(5)
    if kind < 3:
        members = dict(members)
        name = generator.choice([*members, "Surprise", "MaxResults", "Image"])
        members[name] = generator.choice(STRANGE)
        return json.dumps(members).encode()
    body = bytearray(json.dumps(members).encode())
    if kind == 3:
        del body[generator.randrange(len(body)) :]
    else:
        for _ in range(3):
            body[generator.randrange(len(body))] = generator.randrange(256)
    return bytes(body)


def test_every_answer_to_a_mangled_request_is_in_the_vendors_shape(target: Client) -> None:
    generator = random.Random(20311)
    names = sorted(SOUND)
    for number in range(REQUESTS):
        name = names[number % len(names)]
        body = mangled(generator, SOUND[name])
        answer = target.raw(name, body)
        said = answer.json()
        assert answer.status_code in (200, 400, 413), (name, body[:300], answer.text)
        if answer.status_code != 200:
            assert set(said) == {"__type", "Code", "Message", "message", "Logref"}, said
            assert "Traceback" not in answer.text
            assert said["Code"] != "InternalServerError"
    target.call("DescribeCollection", CollectionId="staff")


def test_mangled_heads_are_refused_in_the_vendors_shape(target: Client) -> None:
    generator = random.Random(20312)
    for _ in range(60):
        request = target.signed("ListCollections", b"{}", path=generator.choice(["/", "/x/../y", "//", "/%2e%2e/"]))
        name = generator.choice(["Authorization", "X-Amz-Date", "X-Amz-Target", "Content-Type"])
        value = str(request.headers[name])
        place = generator.randrange(len(value))
        del request.headers[name]
        if generator.random() < 0.8:
            request.headers[name] = value[:place] + generator.choice("xX/=, ;~0") + value[place + 1 :]
        answer = target.send(request)
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            assert answer.json()["Code"].endswith("Exception")
