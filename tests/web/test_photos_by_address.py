"""Photos that clients name by address: fetched where the operator has named the host, refused in the vendor's words."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from tests.support.azure_client import BASE, DETECT, AzureClient
from tests.support.photo_server import PhotoServer, answer, dripping, photo_server, redirect
from tests.web.azure_worlds import azure_case, picture
from tests.web.conftest import World, photo, world_in
from tests.web.test_watson import IMAGE_MEMBERS, Watson, opened_by

#: What Azure's own messages begin with.
NOT_FETCHED = "Invalid image URL or error downloading from target server. Remote server error returned: "
DETECT_PATH = f"/detect?{DETECT}"


@pytest.fixture
def photos() -> Iterator[PhotoServer]:
    with photo_server() as server:
        server.answers["/ada.png"] = answer(picture("ada"))
        yield server


@pytest.fixture
def fetching(tmp_path: Path, photos: PhotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a service whose operator has named the server of photos."""
    monkeypatch.setenv("COUNTENANCE_FETCH_ALLOW", f"localhost:{photos.port}, photos.example.org")
    monkeypatch.setenv("COUNTENANCE_FETCH_TIMEOUT_S", "1")
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as made:
        yield made


def at(photos: PhotoServer, path: str = "/ada.png") -> dict[str, str]:
    return {"url": f"http://localhost:{photos.port}{path}"}


def by_url(watson: Watson, url: str, **more: Any) -> dict[str, Any]:
    """Return Watson's answer about a picture at an address."""
    answered = watson.send(auth=("apikey", watson.key), files={"url": (None, url.encode()), **more})
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


def test_azure_detects_and_enrols_a_photo_at_an_address(fetching: World, photos: PhotoServer) -> None:
    client, _ = azure_case(fetching)
    (found,) = client.call("POST", DETECT_PATH, at(photos))
    assert found["faceRectangle"]["width"] == 90
    for kind, identifier in (("largepersongroups", "g"), ("persongroups", "g")):
        person = client.group_with("ada", kind=kind, identifier=identifier)
        face = client.call("POST", f"/{kind}/{identifier}/persons/{person}/persistedfaces", at(photos))
        assert set(face) == {"persistedFaceId"}
    client.send("PUT", f"{BASE}/facelists/l", body={"name": "n", "recognitionModel": "recognition_04"})
    box = ",".join(str(found["faceRectangle"][side]) for side in ("left", "top", "width", "height"))
    client.call("POST", f"/facelists/l/persistedfaces?targetFace={box}", at(photos))
    (similar,) = client.call("POST", "/findsimilars", {"faceId": found["faceId"], "faceListId": "l"})
    assert similar["confidence"] > 0.9
    assert len(photos.requests) == 4


def test_azure_says_in_its_own_words_why_a_photo_was_not_fetched(fetching: World, photos: PhotoServer) -> None:
    client, _ = azure_case(fetching)
    photos.answers["/slow"] = dripping(answer(length=100))
    photos.answers["/inside"] = redirect("http://169.254.169.254/latest/meta-data")
    for body, words in (
        (at(photos, "/nothing"), "does not answer with a picture"),
        (at(photos, "/slow"), "in time"),
        (at(photos, "/inside"), "not one that this service fetches from"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "not one that this service fetches from"),
        ({"url": "file:///etc/passwd"}, "not an address"),
        ({"url": f"http://a:b@localhost:{photos.port}/ada.png"}, "not an address"),
    ):
        status, code, message = client.refused("POST", DETECT_PATH, body)
        assert (status, code) == (400, "InvalidURL")
        assert message.startswith(NOT_FETCHED + '"')
        assert words in message
    photos.answers["/large"] = answer(length=6 * 1024 * 1024 + 1)
    photos.answers["/small"] = answer(b"\x89PNG\r\n\x1a\n")
    photos.answers["/page"] = answer(b"\xff" * 2_000)
    for path, code in (("/large", "InvalidImageSize"), ("/small", "InvalidImageSize"), ("/page", "InvalidImage")):
        assert client.refused("POST", DETECT_PATH, at(photos, path))[:2] == (400, code)
    for wrong in ({}, {"url": ""}, {"url": 1}, {"url": "x", "more": 1}, []):
        assert client.refused("POST", DETECT_PATH, wrong)[:2] == (400, "BadArgument")


def test_nothing_is_fetched_for_a_case_that_has_ended(fetching: World, photos: PhotoServer) -> None:
    client, opened = azure_case(fetching)
    watson, second = opened_by(fetching)
    for case in (opened, second):
        fetching.service.parts.cases.close(case.case.case_id, by="B. Head", reason="over")
    denied = len(fetching.entries("act_denied"))
    status, code, message = client.refused("POST", DETECT_PATH, at(photos))
    assert (status, code) == (403, "UnsupportedFeature")
    assert "Recorded as entry" in message
    refused = watson.send(auth=("apikey", watson.key), files={"url": (None, at(photos)["url"].encode())})
    assert watson.refused(refused)[0] == 403
    assert len(fetching.entries("act_denied")) == denied + 2
    assert photos.requests == []


def test_watson_finds_faces_at_an_address_and_says_where_it_led(fetching: World, photos: PhotoServer) -> None:
    watson, _ = opened_by(fetching)
    photos.answers["/short"] = redirect("/ada.png")
    url = at(photos, "/short")["url"]
    said = by_url(watson, url)
    assert said["images_processed"] == 1
    (image,) = said["images"]
    assert set(image) <= IMAGE_MEMBERS
    assert (image["source_url"], image["resolved_url"]) == (url, at(photos)["url"])
    assert [face["face_location"]["width"] for face in image["faces"]] == [90]
    both = by_url(watson, url, images_file=("x.jpg", photo("ada", "bob")))
    assert [len(image["faces"]) for image in both["images"]] == [2, 1]
    assert [image.get("image") for image in both["images"]] == ["x.jpg", None]


def test_watsons_older_parameter_names_an_address_too(fetching: World, photos: PhotoServer) -> None:
    watson, _ = opened_by(fetching)
    files = {"parameters": (None, json.dumps(at(photos)).encode())}
    (image,) = watson.send(auth=("apikey", watson.key), files=files).json()["images"]
    assert len(image["faces"]) == 1
    for wrong in (b'{"url": 1}', b'{"url": ', b"[]", b'{"url": ""}'):
        refused = watson.send(auth=("apikey", watson.key), files={"parameters": (None, wrong)})
        assert watson.refused(refused)[0] == 400


def test_what_goes_wrong_on_the_way_is_watsons_answer_about_that_picture(fetching: World, photos: PhotoServer) -> None:
    watson, _ = opened_by(fetching)
    photos.answers["/large"] = answer(length=10_000_001)
    photos.answers["/page"] = answer(b"\xff no picture")
    photos.answers["/empty"] = answer()
    for path, error_id in (
        ("/nothing", "input_error"),
        ("/large", "limit_exceeded"),
        ("/page", "input_error"),
        ("/empty", "input_error"),
    ):
        (image,) = by_url(watson, at(photos, path)["url"])["images"]
        assert set(image) <= IMAGE_MEMBERS
        assert image["faces"] == []
        assert (image["error"]["error_id"], image["error"]["code"]) == (error_id, 400)
        assert image["source_url"] == at(photos, path)["url"]


def test_what_may_not_be_fetched_ends_watsons_whole_request(fetching: World, photos: PhotoServer) -> None:
    watson, _ = opened_by(fetching)
    photos.answers["/inside"] = redirect("http://10.0.0.1/x")
    for url in ("http://10.0.0.1/x", "ftp://x/y", at(photos, "/inside")["url"], "http://ⓛocalhost/x"):
        refused = watson.send(auth=("apikey", watson.key), files={"url": (None, url.encode())})
        assert watson.refused(refused)[0] == 400


def test_waiting_for_other_servers_keeps_nobody_else_waiting(
    tmp_path: Path, photos: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More slow addresses at once than there are threads for faces; faces are found meanwhile.
    released = threading.Event()

    def slow(connection: socket.socket) -> None:
        released.wait(30)
        connection.sendall(answer(picture("ada")))

    photos.answers["/slow"] = slow
    monkeypatch.setenv("COUNTENANCE_FETCH_ALLOW", f"localhost:{photos.port}")
    monkeypatch.setenv("COUNTENANCE_FETCH_TIMEOUT_S", "60")

    async def go(client: AzureClient) -> tuple[list[int], int]:
        headers = {"Ocp-Apim-Subscription-Key": client.key}
        transport = httpx.ASGITransport(app=client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.example:8000") as http:
            url = BASE + DETECT_PATH
            waiting = [asyncio.create_task(http.post(url, json=at(photos, "/slow"), headers=headers)) for _ in range(6)]
            while len(photos.requests) < len(waiting):
                await asyncio.sleep(0.01)
            kind = {"Content-Type": "application/octet-stream"}
            quick = await http.post(url, content=picture("ada"), headers={**headers, **kind})
            assert not any(task.done() for task in waiting)
            released.set()
            return [(await task).status_code for task in waiting], quick.status_code

    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        assert asyncio.run(go(azure_case(world)[0])) == ([200] * 6, 200)


def test_the_smallest_picture_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_AZURE_LEAST_IMAGE_BYTES", "10")
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        client, _ = azure_case(world)
        assert len(client.call("POST", DETECT_PATH, image=photo("ada"))) == 1
        assert client.refused("POST", DETECT_PATH, image=b"x" * 9)[:2] == (400, "InvalidImageSize")
