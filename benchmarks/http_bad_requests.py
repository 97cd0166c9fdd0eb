"""Requests with something wrong, seeded, for each dialect and for what is nobody's.

Each comes as the bytes that go over the wire, framed as HTTP wants it; what is wrong lies in path, query, headers,
credential or body. Requests that break the framing itself are in ``http_bad_sockets``, those for the native interface
and the console in ``http_bad_pages``.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from botocore.credentials import Credentials

from benchmarks import http_bad_images
from benchmarks.http_overhead import signed
from benchmarks.http_process import Served
from countenance.web.azure.routes import ROUTES

FACE = "00000000-0000-4000-8000-000000000000"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 10**30, 0.5, "", " ", "../../etc/passwd", "\0", "é" * 10, "\ud800", "x" * 5000, [],
    [[]], [None], {}, {"Bytes": None}, {"Bytes": 1}, {"Bytes": "/9j/"}, {"S3Object": {"Bucket": "abc", "Name": "../x"}},
    {"": ""}, "NONE", "' OR 1=1 --", "%00", "‮", "NaN", [FACE] * 5000, ["\ud800"], "1,2,3,99999999999",
)  # fmt: skip
PATHS = (
    "/", "//", "/../", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f", "/%00", "/a\\b", "/%c0%ae%c0%ae/", "/%", "/%zz",
    "/" + "a" * 8_000, "/" + "a/" * 3_000, "/;a=b", "/.git/config", "/static/../../settings.py", "/static/%2e%2e/x",
    "/é", "/?%00=%00", "/?" + "a&" * 5_000, "*", "/compat/../metrics", "/healthz%00", "/favicon.ico", "/v1",
    "/v1/../v1",
)  # fmt: skip
SEGMENTS = ("g", FACE, "..", "%2e%2e", "%00", "%ff", "x" * 300, "'", "a%2Fb", "%", "%F0%9F%98%80", "a b")
TYPES = (
    "application/json", "application/octet-stream", "text/plain", "application/json; charset=x", "",
    "multipart/form-data",
    "application/x-www-form-urlencoded", "application/x-amz-json-1.1", "a" * 3000, "multipart/form-data; boundary=",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bad:
    """One request.

    Attributes:
        door: Who is to answer it: ``rekognition``, ``azure``, ``watson``, ``rest``, ``console``, ``other``.
        kind: What is wrong with it.
        method, target: Of the request line.
        headers: As sent.
        body: As sent.
    """

    door: str
    kind: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def wire(self, host: str) -> bytes:
        """Return the bytes that go over the wire."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        # Latin-1 where it fits, else UTF-8: what a careless client sends.
        head = "\r\n".join([*lines, "", ""])
        try:
            return head.encode("latin-1") + self.body
        except UnicodeEncodeError:
            return head.encode("utf-8", "replace") + self.body


@dataclass(frozen=True, slots=True)
class Material:
    """What requests are made of: keys, sound photos of rendered people, a collection that exists."""

    address: str
    keys: Credentials
    api_key: str
    photo: bytes
    other: bytes
    collection: str
    face: str

    @staticmethod
    def of(server: Served, photo: bytes, other: bytes, face: str) -> Material:
        """Return the material for a running server."""
        keys = Credentials(server.access_key_id, server.secret_access_key)
        return Material(server.address, keys, server.api_key, photo, other, server.collection, face)


def text_of(chance: random.Random) -> str:
    """Return a value as a query or a form would have it."""
    value = chance.choice(VALUES)
    return (value if isinstance(value, str) else json.dumps(value))[:2000]


def broken_json(chance: random.Random, members: dict[str, Any]) -> tuple[str, bytes]:
    """Return (kind, bytes) of a JSON body with one thing wrong."""
    roll = chance.randrange(9)
    if roll < 4:
        changed = dict(members)
        changed[chance.choice([*members, "Surprise", "MaxResults", "name"])] = chance.choice(VALUES)
        return "wrong types", json.dumps(changed).encode()
    body = bytearray(json.dumps(members).encode())
    if roll == 4:
        return "truncated body", bytes(body[: chance.randrange(len(body))])
    if roll == 5:
        for _ in range(3):
            body[chance.randrange(len(body))] = chance.randrange(256)
        return "damaged bytes", bytes(body)
    if roll == 6:
        depth = chance.choice([100, 1_000, 50_000])
        return "nested JSON", chance.choice([b"[", b'{"a":', b"[{"]) * depth
    if roll == 7:
        return "lone surrogates", b'{"CollectionId":"\\ud800","name":"\\udfff","UserId":"\\ud83d"}'
    strange = (
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"null",
        b"1e999",
        b"NaN",
        b'{"a":1,"a":2}',
        b"9" * 5_000,
        b"\0",
    )
    return "JSON that is none, or odd", chance.choice(strange)


def rekognition(chance: random.Random, material: Material) -> Bad:
    """Return a request of an AWS client."""
    image = {"Bytes": base64.b64encode(material.photo).decode()}
    name, face = material.collection, material.face
    sound: dict[str, dict[str, Any]] = {
        "DetectFaces": {"Image": image, "Attributes": ["DEFAULT"]},
        "CompareFaces": {"SourceImage": image, "TargetImage": image, "SimilarityThreshold": 80.0},
        "CreateCollection": {"CollectionId": "staff", "Tags": {"a": "b"}},
        "DescribeCollection": {"CollectionId": name},
        "ListCollections": {"MaxResults": 10},
        "IndexFaces": {"CollectionId": "staff", "Image": image, "ExternalImageId": "a", "MaxFaces": 1},
        "ListFaces": {"CollectionId": name, "MaxResults": 3, "FaceIds": [face], "NextToken": "x"},
        "DeleteFaces": {"CollectionId": "staff", "FaceIds": [FACE]},
        "SearchFaces": {"CollectionId": name, "FaceId": face, "MaxFaces": 3, "FaceMatchThreshold": 80},
        "SearchFacesByImage": {"CollectionId": name, "Image": image, "QualityFilter": "AUTO"},
        "CreateUser": {"CollectionId": "staff", "UserId": "ada", "ClientRequestToken": "t"},
        "ListUsers": {"CollectionId": name, "MaxResults": 3, "NextToken": "x"},
        "AssociateFaces": {"CollectionId": name, "UserId": "ada", "FaceIds": [face], "UserMatchThreshold": 75},
        "SearchUsers": {"CollectionId": name, "UserId": "ada", "MaxUsers": 3},
        "TagResource": {"ResourceArn": f"arn:aws:rekognition:x:0:collection/{name}", "Tags": {"a": "b"}},
        "StartFaceDetection": {"Video": {}},
    }
    operation = chance.choice(sorted(sound))
    members = sound[operation]
    roll = chance.random()
    if roll < 0.25:
        kind, picture = http_bad_images.made(chance, material.photo)
        operation = chance.choice(["DetectFaces", "CompareFaces", "IndexFaces", "SearchFacesByImage"])
        members = dict(sound[operation])
        members["SourceImage" if operation == "CompareFaces" else "Image"] = {
            "Bytes": base64.b64encode(picture).decode()
        }
        kind, body = f"picture: {kind}", json.dumps(members).encode()
    else:
        kind, body = broken_json(chance, members)
    headers = signed(material.address, operation, body, material.keys)
    target = "/"
    if 0.25 <= roll < 0.40:
        kind, body = _wrong_signature(chance, headers, body)
    elif 0.40 <= roll < 0.50:
        kind, target = "path", chance.choice(PATHS)
    elif 0.50 <= roll < 0.56:
        kind = "unknown operation"
        headers["X-Amz-Target"] = chance.choice(
            ["", "RekognitionService.", "RekognitionService.Nothing", "x" * 4000, "é"]
        )
    return Bad("rekognition", kind, "POST", target, tuple(headers.items()), body)


def _wrong_signature(chance: random.Random, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
    roll = chance.randrange(5)
    if roll == 0:
        return "body other than signed", body + b" "
    name = chance.choice(["Authorization", "X-Amz-Date"])
    value = headers[name]
    if roll == 1:
        del headers[name]
    elif roll == 2:
        headers["X-Amz-Date"] = "20200101T000000Z"
    else:
        place = chance.randrange(len(value))
        headers[name] = value[:place] + chance.choice("xX/=, ;~0") + value[place + 1 :]
    return "wrong signature", body


def azure(chance: random.Random, material: Material) -> Bad:
    """Return a request of an Azure Face client."""
    route = chance.choice(ROUTES)
    method = route.method if chance.random() < 0.9 else chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
    pieces = [chance.choice(SEGMENTS) if part.startswith("{") else part for part in route.pattern]
    if chance.random() < 0.1:
        pieces.insert(chance.randrange(len(pieces) + 1), chance.choice(SEGMENTS))
    named = ("detectionModel", "recognitionModel", "returnFaceId", "returnFaceAttributes", "top", "start", "targetFace")
    query = "&".join(f"{name}={quote(text_of(chance), errors='replace')}" for name in named if chance.random() < 0.2)
    members = {
        name: chance.choice([FACE, [FACE, FACE], "n", 0.5])
        for name in (
            "faceId",
            "faceIds",
            "name",
            "personId",
            "largePersonGroupId",
            "userData",
            "url",
            "confidenceThreshold",
        )
    }
    kind, body = broken_json(chance, members)
    content_type = chance.choice(TYPES)
    if chance.random() < 0.3:
        kind, body = http_bad_images.made(chance, material.photo)
        kind, content_type = f"picture: {kind}", "application/octet-stream"
        if chance.random() < 0.7:
            method, pieces = "POST", ["detect"]
    key = material.api_key
    if chance.random() < 0.1:
        kind, key = "wrong key", chance.choice(["", "x" * 32, "é", "k" * 5000, material.api_key[:-1]])
    version = chance.choice(["v1.0", "v1.0", "v1.2", "v1.1-preview.1", "v9.9"])
    target = f"/face/{version}/{'/'.join(pieces).replace(' ', '%20')}{'?' + query if query else ''}"
    headers = (("Ocp-Apim-Subscription-Key", key), ("Content-Type", content_type))
    return Bad("azure", kind, method, target, headers, body)


def watson(chance: random.Random, material: Material) -> Bad:
    """Return a request of a Visual Recognition client."""
    kind, picture = (http_bad_images.archive if chance.random() < 0.5 else http_bad_images.made)(chance, material.photo)
    boundary = chance.choice(["b", "-" * 70, "b" * 300])
    name = chance.choice(
        ["images_file", "images_file", "images_file", "parameters", "x", "\0", "images_file; filename*=x"]
    )
    file_name = chance.choice(["a.jpg", "a.zip", "../../a.zip", '"', "é" * 300, ""])
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        + picture
        + f"\r\n--{boundary}--\r\n".encode()
    )
    roll = chance.random()
    if roll < 0.15:
        kind, body = "truncated body", body[: chance.randrange(len(body))]
    elif roll < 0.25:
        kind, body = "many parts", body * 200 if len(body) < 20_000 else body * 2
    content_type = f"multipart/form-data; boundary={boundary}" if roll < 0.9 else chance.choice(TYPES)
    basic = base64.b64encode(f"apikey:icp-{material.api_key}".encode()).decode()
    authorisation = f"Basic {basic}"
    target, method = "/v3/detect_faces?version=2018-03-19", "POST"
    if chance.random() < 0.15:
        kind = "wrong key"
        authorisation = chance.choice(
            ["", "Basic", "Basic !!!", "Bearer a.b.c", f"Basic {basic[:-6]}", "Bearer " + "x" * 5000]
        )
    if chance.random() < 0.15:
        kind = "path or query"
        target = chance.choice([
            "/v3/detect_faces", "/v3/detect_faces?version=%00", "/a/../v3/detect_faces?version=2018-03-19",
            "/v3/classify?version=2018-03-19", "/v3/detect_faces?" + "version=1&" * 500, "//v3//detect_faces?version=x",
        ])  # fmt: skip
        method = chance.choice(["POST", "GET", "PUT", "DELETE"])
    if chance.random() < 0.1:
        kind, target, content_type = "token", "/identity/token", "application/x-www-form-urlencoded"
        body = chance.choice([b"", b"grant_type=x", b"grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=%00",
                              b"a=b&" * 5000, b"\xff\xfe",
                              b"grant_type=refresh_token&refresh_token=a.b.c"])  # fmt: skip
    headers = (("Authorization", authorisation), ("Content-Type", content_type))
    return Bad("watson", kind, method, target, headers, body)


def other(chance: random.Random, material: Material) -> Bad:
    """Return a request to a path that is nobody's, or a page's."""
    method = chance.choice(["GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW"])
    target = chance.choice([*PATHS, "/compat", "/metrics", "/healthz", "/readyz", "/openapi.json"])
    if chance.random() < 0.3:
        target = f"/compat?{quote(text_of(chance), errors='replace')}={quote(text_of(chance), errors='replace')}"
    headers = [
        ("Content-Type", chance.choice(TYPES)),
        ("Accept", chance.choice(["*/*", "text/html", "\0", "a" * 2000])),
    ]
    headers = [(name, value.replace("\0", "")) for name, value in headers]
    return Bad(
        "other", "path, method or header", method, target, tuple(headers), chance.randbytes(chance.randrange(300))
    )


DOORS: Mapping[str, Callable[[random.Random, Material], Bad]] = MappingProxyType(
    {"rekognition": rekognition, "azure": azure, "watson": watson, "other": other}
)
