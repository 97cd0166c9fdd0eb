"""The process itself: quick to start, TLS, health, metrics, an orderly end."""

from __future__ import annotations

import datetime as dt
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.web.conftest import RealServer

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


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate for localhost, good for an hour, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


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


def test_without_a_stated_source_the_operator_is_told(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, process):
        assert fetched(f"{address}/healthz") == "ok\n"
        assert process.stderr is not None
        said = process.stderr.readline() + process.stderr.readline()
    assert re.search(r"--collection-\s*source", said)
