"""The client script that users have, unedited, in a process of its own, against a real server with the real models.

``tests/vectors/clients/aws_boto3_client.txt`` is that script to the letter; it asserts codes, defaults and messages.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT
from tests.web.conftest import RealServer

pytestmark = pytest.mark.models
SCRIPT = Path(__file__).parent.parent / "vectors" / "clients" / "aws_boto3_client.txt"
PHOTOS = SAMPLE_COHORT / "photos"


@pytest.fixture
def no_face(tmp_path: Path) -> Path:
    path = tmp_path / "no_face.jpg"
    Image.effect_noise((400, 300), 60).convert("RGB").save(path)
    return path


@pytest.fixture
def boto(real_server: RealServer) -> BaseClient:
    environment = real_server.environment
    return boto3.client(
        "rekognition",
        endpoint_url=f"{real_server.endpoint}/some/path/",
        region_name="eu-west-3",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def test_the_client_script_passes_unedited(real_server: RealServer, no_face: Path) -> None:
    photos = [PHOTOS / "p001_reference.jpg", PHOTOS / "p001_probe.jpg", PHOTOS / "p066_reference.jpg", no_face]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, photos)],
        env=real_server.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("OK")


def test_the_pasted_command_finds_the_person(boto: BaseClient) -> None:
    probe = (PHOTOS / "p001_probe.jpg").read_bytes()
    found = boto.search_faces_by_image(CollectionId="synthetic-cohort", Image={"Bytes": probe}, MaxFaces=1)
    assert found["FaceMatches"][0]["Face"]["ExternalImageId"] == "p001"
    assert boto.describe_collection(CollectionId="synthetic-cohort")["FaceCount"] == 90


def test_a_wrong_secret_is_refused_whatever_the_operation(real_server: RealServer) -> None:
    wrong = boto3.client(
        "rekognition",
        endpoint_url=real_server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=real_server.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="not the secret",
    )
    with pytest.raises(ClientError) as caught:
        wrong.list_collections()
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_an_operation_that_is_refused_on_purpose_says_why(boto: BaseClient) -> None:
    with pytest.raises(ClientError) as caught:
        boto.recognize_celebrities(Image={"Bytes": b"x"})
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "well known" in caught.value.response["Error"]["Message"]
