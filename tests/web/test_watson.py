"""Watson's clients: what the real client sends and takes, without an age or a sex, under cases and rules."""

from __future__ import annotations

import asyncio
import base64
import io
import random
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from countenance.service.cases import OpenedCase
from countenance.service.credentials import CredentialKind
from countenance.web.watson.operations import ANSWERED, REFUSED
from tests.web.conftest import HOST, World, photo, world_in

BASE = f"http://{HOST}/visual-recognition/api"
DETECT = f"{BASE}/v3/detect_faces?version=2018-03-19"
TOKEN = f"http://{HOST}/identity/token"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
#: The only members the client's model classes take; any other raises ValueError there (ibm-watson 3.4.2).
IMAGE_MEMBERS = {"faces", "image", "source_url", "resolved_url", "error"}
#: Methods of ``VisualRecognitionV3`` in ibm-watson 3.4.2.
CLIENT_METHODS = {
    "classify", "detect_faces", "create_classifier", "list_classifiers", "get_classifier", "update_classifier",
    "delete_classifier", "get_core_ml_model", "delete_user_data",
}  # fmt: skip


@dataclass
class Watson:
    """Sends requests in process, as the vendor's client does."""

    app: Any
    key: str = field(repr=False)

    def send(self, url: str = DETECT, *, method: str = "POST", **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, **more)

        return asyncio.run(go())

    def detect(self, data: bytes, name: str = "x.jpg", **more: Any) -> httpx.Response:
        sent = {"auth": ("apikey", f"icp-{self.key}"), "files": {"images_file": (name, data, "image/jpeg")}}
        return self.send(**{**sent, **more})

    def token(self, **form: str) -> httpx.Response:
        return self.send(TOKEN, data=form, headers={"Authorization": "Basic Yng6Yng="})

    def refused(self, answer: httpx.Response) -> tuple[int, str]:
        """Return (status, description) of an answer in the vendor's error shape."""
        said = answer.json()
        assert said["error"]["code"] == answer.status_code
        assert said["error"]["error_id"]
        assert said["images_processed"] == 0
        assert answer.headers["x-global-transaction-id"] == answer.headers["x-request-id"]
        return answer.status_code, said["error"]["description"]


def opened_by(world: World, **changes: object) -> tuple[Watson, OpenedCase]:
    _, opened = world.open_case(**changes)
    key = next(item for item in opened.credentials if item.kind is CredentialKind.API_KEY)
    return Watson(world.service.app, key.secret), opened


@pytest.fixture
def watson(world: World) -> Watson:
    return opened_by(world)[0]


def archive(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, data in files.items():
            made.writestr(f"{name}.jpg", data)
    return stream.getvalue()


def test_every_method_of_the_client_is_answered_or_refused_with_a_reason() -> None:
    assert (set(ANSWERED) | set(REFUSED)) - {"identity_token"} == CLIENT_METHODS
    assert not set(ANSWERED) & set(REFUSED)


def test_faces_have_a_place_and_nothing_else(watson: Watson) -> None:
    answer = watson.detect(photo("ada", "bob"))
    assert answer.status_code == 200
    said = answer.json()
    assert said["images_processed"] == 1
    (image,) = said["images"]
    assert image["image"] == "x.jpg"
    assert [set(face) for face in image["faces"]] == [{"face_location"}] * 2
    assert [face["face_location"]["width"] for face in image["faces"]] == [90, 80]
    assert all(set(face["face_location"]) == {"width", "height", "left", "top"} for face in image["faces"])


def test_no_face_is_an_empty_list(watson: Watson) -> None:
    assert watson.detect(photo()).json()["images"] == [{"image": "x.jpg", "faces": []}]


def test_each_picture_of_an_archive_is_answered_and_recorded_by_itself(watson: Watson, world: World) -> None:
    said = watson.detect(archive(a=photo("ada"), b=b"\xff no picture", c=photo("ada", "bob")), name="p.zip").json()
    assert said["images_processed"] == 3
    assert [(image["image"], len(image["faces"])) for image in said["images"]] == [
        ("a.jpg", 1), ("b.jpg", 0), ("c.jpg", 2)
    ]  # fmt: skip
    assert set(said["images"][1]["error"]) == {"code", "description", "error_id"}
    assert all(set(image) <= IMAGE_MEMBERS for image in said["images"])
    intents = [entry for entry in world.entries("act_intended") if entry["interface"] == "watson"]
    assert [entry["case_number"] for entry in intents] == ["24-1183"] * 3


def test_no_address_is_fetched_and_the_whole_request_is_refused(watson: Watson, world: World) -> None:
    auth = ("apikey", watson.key)
    before = len(world.entries("act_intended"))
    for files in (
        {"url": (None, b"http://169.254.169.254/x.jpg")},
        {"url": (None, b"http://x/y.jpg"), "images_file": ("x.jpg", photo("ada"))},
        {"parameters": (None, b'{"url": "http://x/y.jpg"}')},
    ):
        status, description = watson.refused(watson.send(auth=auth, files=files))
        assert (status, "fetches no addresses" in description) == (400, True)
    assert len(world.entries("act_intended")) == before


def test_a_request_without_a_picture_is_told_so_in_the_vendors_words(watson: Watson) -> None:
    answer = watson.send(auth=("apikey", watson.key))
    assert watson.refused(answer) == (400, "No images were specified.")


def test_every_way_to_show_a_key_is_taken(watson: Watson, world: World) -> None:
    token = watson.token(grant_type=GRANT, apikey=watson.key, response_type="cloud_iam").json()
    assert token["token_type"] == "Bearer"
    again = watson.token(grant_type="refresh_token", refresh_token=token["refresh_token"]).json()
    native = next(item for item in world.open_case()[1].credentials if item.kind is CredentialKind.TOKEN).secret
    for shown in (token["access_token"], again["access_token"], watson.key, native):
        assert watson.detect(photo("ada"), auth=None, headers={"Authorization": f"Bearer {shown}"}).status_code == 200
    for auth in (("apikey", f"icp-{watson.key}"), ("apikey", watson.key), ("anybody", watson.key)):
        assert watson.detect(photo("ada"), auth=auth).status_code == 200
    assert watson.detect(photo("ada"), auth=None, url=f"{DETECT}&api_key={watson.key}").status_code == 200


def test_whoever_shows_nothing_or_something_wrong_is_not_let_in(watson: Watson) -> None:
    refresh = watson.token(grant_type=GRANT, apikey=watson.key).json()["refresh_token"]
    basic = base64.b64encode(b"apikey:" + b"x" * 43).decode()
    for header in ("", "Bearer ", "Bearer x", f"Bearer {refresh}", f"Basic {basic}", "Basic ÿ", "Digest x"):
        answer = watson.detect(photo("ada"), auth=None, headers={"Authorization": header.encode("latin-1")})
        assert watson.refused(answer)[0] == 401, header
    assert watson.token(grant_type=GRANT, apikey="x" * 43).status_code == 400
    assert watson.token(grant_type="password", apikey=watson.key).status_code == 400


def test_a_large_body_without_a_key_is_not_read(watson: Watson) -> None:
    assert watson.refused(watson.detect(bytes(1_000_000), auth=None))[0] == 401


def test_a_closed_case_ends_key_and_token_and_the_attempt_is_recorded(world: World) -> None:
    watson, opened = opened_by(world)
    token = watson.token(grant_type=GRANT, apikey=watson.key).json()
    world.service.parts.cases.close(opened.case.case_id, by="B. Head", reason="over")
    before = len(world.entries("act_denied"))
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert watson.refused(watson.detect(photo("ada")))[0] == 403
    assert watson.refused(watson.detect(photo("ada"), auth=None, headers=bearer))[0] == 403
    assert watson.token(grant_type=GRANT, apikey=watson.key).status_code == 400
    assert watson.token(grant_type="refresh_token", refresh_token=token["refresh_token"]).status_code == 400
    assert len(world.entries("act_denied")) == before + 4


def test_other_methods_say_why_they_are_not_here(watson: Watson) -> None:
    auth = ("apikey", watson.key)
    for method, path in (
        ("POST", "classify"),
        ("GET", "classifiers"),
        ("DELETE", "classifiers/x"),
        ("DELETE", "user_data"),
    ):
        answer = watson.send(f"{BASE}//v3/{path}?version=2018-03-19", method=method, auth=auth)
        status, description = watson.refused(answer)
        assert (status, "is not part of this service" in description) == (404, True)


def test_a_version_is_asked_for_and_get_is_refused(watson: Watson) -> None:
    assert watson.refused(watson.detect(photo("ada"), url=DETECT.partition("?")[0]))[0] == 400
    assert watson.refused(watson.send(method="GET", auth=("apikey", watson.key)))[0] == 405


def test_a_key_over_its_rate_is_told_so(tmp_path: Path) -> None:
    limits = ServiceLimits(requests_per_second=0.001, burst=2)
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        watson, _ = opened_by(world)
        assert [watson.detect(photo("ada")).status_code for _ in range(3)] == [200, 200, 429]


def test_whatever_is_sent_the_answer_is_in_the_vendors_shape(tmp_path: Path) -> None:
    limits = ServiceLimits(requests_per_second=0)
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        _send_damaged(opened_by(world)[0], random.Random(5))


def _send_damaged(watson: Watson, chance: random.Random) -> None:
    request = httpx.Request("POST", DETECT, files={"images_file": ("x.zip", archive(a=photo("ada")))})
    sound, kind = request.read(), request.headers["content-type"]
    for _ in range(300):
        body = bytearray(sound)
        for _ in range(chance.randint(1, 12)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        del body[chance.randint(len(body) // 2, len(body)) :]
        headers = {"Content-Type": kind, "Authorization": f"Bearer {watson.key}"}
        answer = watson.send(content=bytes(body), headers=headers)
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            watson.refused(answer)
