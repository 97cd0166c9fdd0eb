"""A run of the vendors' clients leaves numbers, closed words and random identifiers in the log, nothing of anybody."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT
from tests.web.conftest import RealServer, demonstration_server

pytestmark = pytest.mark.models
SCRIPTS = Path(__file__).parent.parent / "vectors" / "clients"
PHOTOS = SAMPLE_COHORT / "photos"
_UUID, _ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"[0-9A-Za-z_-]{16,64}"
#: Every member a request's line may have, and what may stand there: no free text anywhere.
MEMBERS = {
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}",
    "level": "info|warning",
    "request_id": _UUID,
    "dialect": "rekognition|azure|watson",
    "operation": r"[A-Za-z_]{3,40}",
    "status": r"[1-5]\d\d",
    "code": r"[0-9A-Za-z_]{3,60}",
    "ms": r"\d+\.\d",
    "credential_id": _ID,
    "entry_id": _ID,
}


def run(server: RealServer, script: str, *arguments: str) -> None:
    """Run a client's script to its end."""
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *arguments],
        env=server.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def run_as_the_older_clients_do(server: RealServer, key: str) -> None:
    """Send what the older Azure library and Watson's send, which cannot be installed beside the newer ones."""
    photo = (PHOTOS / "p001_probe.jpg").read_bytes()
    old = {"Ocp-Apim-Subscription-Key": key, "X-BingApis-SDK-Client": "Python-SDK"}
    kind = {"Content-Type": "application/octet-stream"}
    base = f"{server.endpoint}/face/v1.0"
    pieces = (photo[start : start + 10_000] for start in range(0, len(photo), 10_000))
    assert httpx.post(f"{base}/detect", content=pieces, headers=old | kind).status_code == 200
    group = {"name": "Secret Group", "userData": "secret-user-data"}
    assert httpx.put(f"{base}/persongroups/secret-group", json=group, headers=old).status_code == 200
    somebody = {"name": "Ada Secret", "userData": "secret-user-data"}
    assert httpx.post(f"{base}/persongroups/secret-group/persons", json=somebody, headers=old).status_code == 200
    assert httpx.get(f"{base}/persongroups/secret-nothing", headers=old).status_code == 404
    watson = f"{server.endpoint}/visual-recognition/api"
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key}
    bearer = {"Authorization": f"Bearer {httpx.post(f'{watson}/identity/token', data=form).json()['access_token']}"}
    for name, data in (("secret-name.jpg", photo), ("secret-name.jpg", b"no picture")):
        detect = f"{watson}/v3/detect_faces?version=2018-03-19&secret-query=1"
        assert httpx.post(detect, files={"images_file": (name, data)}, headers=bearer).status_code == 200
    # Nobody's path, a wrong key, and a body that is none.
    assert httpx.get(f"{server.endpoint}/face/v1.0/secret-path", headers=old).status_code == 404
    wrong = {"Ocp-Apim-Subscription-Key": "secret-wrong-key"}
    assert httpx.post(f"{base}/verify", json={}, headers=wrong).status_code == 401
    assert httpx.post(f"{base}/verify", content=b"secret-body", headers=old).status_code == 400


def test_the_log_of_a_run_of_all_clients_holds_nothing_of_anybody(tmp_path: Path) -> None:
    no_face = tmp_path / "no_face.jpg"
    Image.effect_noise((400, 300), 60).convert("RGB").save(no_face)
    people = [str(PHOTOS / f"{name}.jpg") for name in ("p001_reference", "p001_probe", "p066_reference")]
    with demonstration_server(tmp_path) as server:
        key = server.environment["AZURE_FACE_KEY"]
        run(server, "aws_boto3_client.txt", *people, str(no_face))
        endpoint = ("--endpoint", server.endpoint, "--key", key)
        run(server, "azure_ai_vision_face_client.txt", *endpoint, *people, str(no_face))
        run_as_the_older_clients_do(server, key)
        secrets = (key, server.environment["AWS_SECRET_ACCESS_KEY"], server.environment["AWS_ACCESS_KEY_ID"])
    text = (tmp_path / "stderr").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["dialect"] for line in lines} == {"rekognition", "azure", "watson"}
    assert len(lines) > 60
    for line in lines:
        assert set(line) <= set(MEMBERS), line
        for name, value in line.items():
            assert re.fullmatch(MEMBERS[name], str(value)), (name, value)
    assert not any(word in text.lower() for word in ("secret", "p001", "p066", "synthetic", "cohort", ".jpg", "demo"))
    assert not any(secret in text for secret in secrets)
