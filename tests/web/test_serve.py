"""The process itself: quick to start, TLS, health, metrics, an orderly end."""

from __future__ import annotations

import io
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError
from cryptography.hazmat.primitives import serialization
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.cli import serve
from tests.support.own_certificate import own_certificate
from tests.web.conftest import RealServer, demonstration_server

pytestmark = pytest.mark.models


@contextmanager
def serving(folder: Path, *flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the address and process of a server over an empty data folder; it has to end with 0."""
    command = [sys.executable, "-m", "countenance", "serve", "--port", "0", "--data-dir", str(folder / "data"), *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("Serving at "))
    try:
        yield line.split()[2], process
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def fetched(address: str, *, trusting: ssl.SSLContext | None = None) -> str:
    answer = httpx.get(address, timeout=10, verify=ssl.create_default_context() if trusting is None else trusting)
    answer.raise_for_status()
    return answer.text


def test_health_readiness_and_metrics_answer(real_server: RealServer) -> None:
    assert fetched(f"{real_server.endpoint}/healthz") == "ok\n"
    assert fetched(f"{real_server.endpoint}/readyz") == '{"ready":true}'
    assert "countenance_work_taken" in fetched(f"{real_server.endpoint}/metrics")


def test_it_speaks_tls_with_a_certificate_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path)
    with serving(tmp_path, "--tls-certificate", str(certificate), "--tls-key", str(key)) as (address, _):
        assert address.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert fetched(f"{address.replace('127.0.0.1', 'localhost')}/healthz", trusting=trusting) == "ok\n"


def test_a_port_in_use_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _):
        assert fetched(f"{address}/healthz") == "ok\n"
        port = address.rpartition(":")[2]
        command = [sys.executable, "-m", "countenance", "serve", "--port", port, "--data-dir", str(tmp_path / "other")]
        second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 9
    assert "--port" in second.stderr


def test_an_answers_body_does_not_wait_until_its_head_is_acknowledged() -> None:
    with serve._listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_without_a_stated_source_the_operator_is_told(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, process):
        assert fetched(f"{address}/healthz") == "ok\n"
        assert process.stderr is not None
        said = process.stderr.readline() + process.stderr.readline()
    assert re.search(r"--collection-\s*source", said)


def test_boto3_works_over_tls_with_the_certificate_it_is_told_to_trust(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path)
    flags = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    with demonstration_server(tmp_path, flags=flags) as server:

        def client(verify: str | None) -> Any:
            return boto3.client(
                "rekognition",
                endpoint_url=server.endpoint.replace("127.0.0.1", "localhost"),
                region_name="us-east-1",
                aws_access_key_id=server.environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=server.environment["AWS_SECRET_ACCESS_KEY"],
                verify=verify,
                config=Config(retries={"max_attempts": 0}),
            )

        assert client(str(certificate)).list_collections()["CollectionIds"] == ["synthetic-cohort"]
        with pytest.raises(SSLError):
            client(None).list_collections()


def refused_to_serve(folder: Path, certificate: Path, key: Path) -> str:
    """Return what is said where a certificate and key cannot be served with."""
    command = [sys.executable, "-m", "countenance", "serve", "--port", "0", "--data-dir", str(folder / "data")]
    command += ["--tls-certificate", str(certificate), "--tls-key", str(key)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 9
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_certificate_and_key_that_do_not_fit_end_with_an_error_and_a_remedy(tmp_path: Path) -> None:
    pairs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pairs.append(own_certificate(tmp_path / name))
    (certificate, key), (_, other_key) = pairs
    assert "is not that of the certificate" in refused_to_serve(tmp_path, certificate, other_key)
    assert "not exchanged" in refused_to_serve(tmp_path, key, certificate)
    assert "no such file" in refused_to_serve(tmp_path, tmp_path / "nowhere.pem", key)
    locked = tmp_path / "locked.pem"
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    locked.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        )
    )
    assert "without a password" in refused_to_serve(tmp_path, certificate, locked)


def test_requests_under_way_are_answered_after_the_signal_to_end(tmp_path: Path) -> None:
    # Photos that take a while, more of them than cores: some are at work and some wait when the signal comes.
    photos = SAMPLE_COHORT / "photos"
    stream = io.BytesIO()
    with Image.open(photos / "p001_probe.jpg") as picture:
        picture.resize((3000, 3000)).save(stream, "JPEG", quality=90)
    image = {"Bytes": stream.getvalue()}
    with demonstration_server(tmp_path) as server, ThreadPoolExecutor(12) as threads:
        client = boto3.client(
            "rekognition",
            endpoint_url=server.endpoint,
            region_name="us-east-1",
            aws_access_key_id=server.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=server.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"max_attempts": 0}, max_pool_connections=12),
        )
        answers = [threads.submit(client.compare_faces, SourceImage=image, TargetImage=image) for _ in range(12)]
        taken = re.compile(r'^countenance_work_taken\{pool="work"\} (\S+)$', re.MULTILINE)
        while True:
            found = taken.search(fetched(f"{server.endpoint}/metrics"))
            assert found is not None
            assert not any(item.done() and item.exception() for item in answers)
            if float(found[1]) >= 6:
                break
        finished = sum(item.done() for item in answers)
        server.process.send_signal(signal.SIGTERM)
        assert finished < 12
        assert all(item.result(60)["FaceMatches"][0]["Similarity"] > 99 for item in answers)
        assert server.process.wait(30) == 0
        with pytest.raises(httpx.ConnectError):
            fetched(f"{server.endpoint}/healthz")
