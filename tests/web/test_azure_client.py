"""The newer client library's script, unedited, in a process of its own, against a real server with the real models.

``tests/vectors/clients/azure_ai_vision_face_client.txt`` is that script to the letter.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT
from tests.web.conftest import RealServer

pytestmark = pytest.mark.models
SCRIPT = Path(__file__).parent.parent / "vectors" / "clients" / "azure_ai_vision_face_client.txt"
PHOTOS = SAMPLE_COHORT / "photos"
MODELS: dict[str, Any] = {"detection_model": "detection_03", "recognition_model": "recognition_04"}


def said(error: HttpResponseError) -> tuple[str, str]:
    """Return (code, message) as the library read them."""
    assert error.error is not None
    return str(error.error.code), str(error.error.message)


@pytest.fixture
def face(real_server: RealServer) -> FaceClient:
    return FaceClient(real_server.endpoint, AzureKeyCredential(real_server.environment["AZURE_FACE_KEY"]))


def test_the_client_script_passes_unedited(real_server: RealServer, tmp_path: Path) -> None:
    no_face = tmp_path / "no_face.jpg"
    Image.effect_noise((400, 300), 60).convert("RGB").save(no_face)
    photos = [PHOTOS / "p001_reference.jpg", PHOTOS / "p001_probe.jpg", PHOTOS / "p066_reference.jpg", no_face]
    keys = ["--endpoint", real_server.endpoint, "--key", real_server.environment["AZURE_FACE_KEY"]]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *keys, *map(str, photos)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("OK")


@pytest.mark.parametrize("version", ["v1.1-preview.1", "v1.2-preview.1", "v1.2", "v1.3-preview.1"])
def test_every_version_is_the_same_service(real_server: RealServer, version: str) -> None:
    client = FaceClient(
        f"{real_server.endpoint}/some/path/",
        AzureKeyCredential(real_server.environment["AZURE_FACE_KEY"]),
        api_version=version,
    )
    (found,) = client.detect((PHOTOS / "p001_probe.jpg").read_bytes(), return_face_id=False, **MODELS)
    assert found.face_rectangle.width > 36


def test_a_photo_may_come_in_chunks(real_server: RealServer) -> None:
    # The older library sends no length.
    photo = (PHOTOS / "p001_probe.jpg").read_bytes()
    answer = httpx.post(
        f"{real_server.endpoint}/face/v1.0/detect?returnFaceId=false",
        content=(photo[start : start + 10_000] for start in range(0, len(photo), 10_000)),
        headers={
            "Ocp-Apim-Subscription-Key": real_server.environment["AZURE_FACE_KEY"],
            "Content-Type": "application/octet-stream",
        },
    )
    assert "content-length" not in answer.request.headers
    assert len(answer.json()) == 1


def test_the_pasted_command_says_that_both_photos_are_one_person(real_server: RealServer) -> None:
    command = next(line for line in real_server.printed if "azure.ai.vision.face" in line)
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("python ", f"{sys.executable} ", 1)],
        env=real_server.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "'isIdentical': True" in done.stdout, done.stderr


def test_polling_for_training_does_not_wait(real_server: RealServer) -> None:
    # The library's own interval is thirty seconds.
    admin = FaceAdministrationClient(
        real_server.endpoint, AzureKeyCredential(real_server.environment["AZURE_FACE_KEY"])
    )
    admin.large_face_list.create("polled", name="n", recognition_model="recognition_04")
    started = time.monotonic()
    admin.large_face_list.begin_train("polled").result()
    assert time.monotonic() - started < 5
    admin.large_face_list.delete("polled")


def test_a_wrong_key_is_an_authentication_error(real_server: RealServer) -> None:
    client = FaceClient(real_server.endpoint, AzureKeyCredential("not the key"))
    with pytest.raises(ClientAuthenticationError) as caught:
        client.detect((PHOTOS / "p001_probe.jpg").read_bytes(), return_face_id=False, **MODELS)
    assert said(caught.value)[0] == "401"


def test_a_retired_attribute_is_refused_in_the_vendors_words(face: FaceClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        face.detect(
            (PHOTOS / "p001_probe.jpg").read_bytes(),
            detection_model="detection_01", recognition_model="recognition_04", return_face_id=False,
            return_face_attributes=["age"],
        )  # fmt: skip
    code, message = said(caught.value)
    assert (caught.value.status_code, code) == (403, "UnsupportedFeature")
    assert "have been deprecated and are no longer supported" in message
