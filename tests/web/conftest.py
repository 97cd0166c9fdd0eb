"""A whole service over an engine without models, called in process; and a real server process with the real models."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from countenance.bootstrap import review_parts
from countenance.bootstrap.accountability import now
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.service_demonstration import CLAIMS
from countenance.bootstrap.serving import Service, ServiceLimits, service
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import PhotoFaces
from countenance.policy.terms import GallerySource
from countenance.service.case_terms import case_terms
from countenance.service.cases import OpenedCase
from countenance.service.collection_parts import CollectionTerms
from countenance.service.credentials import CredentialKind
from countenance.settings import Settings
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

#: Makes a synthetic photo look like a PNG to whoever judges by the first bytes.
PNG = b"\x89PNG\r\n\x1a\n"
HOST = "service.example:8000"


def photo(*names: str, variant: str = "", blurred: bool = False, note: str = "") -> bytes:
    """Return a "PNG" of these people."""
    return PNG + synthetic_photo(*names, variant=variant, blurred=blurred, note=note)


class PngEngine:
    """The synthetic engine behind the first bytes of a PNG."""

    def __init__(self) -> None:
        self._engine = SyntheticEngine()

    @property
    def model(self) -> ModelIdentity:
        return MADE_UP_MODEL

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        return self._engine.read_faces(data.removeprefix(PNG), templates=templates, crops=crops)


class SyntheticApplication(Application):
    """The application with the synthetic engine and a made-up calibration; everything else is real."""

    manifest = type("Manifest", (), {"identity": MADE_UP_MODEL, "name": "made-up"})()  # type: ignore[assignment]
    calibrations = MadeUpBook(ordinary_calibration())  # type: ignore[assignment]

    def engine(self, *, threads: int | None = None) -> Any:
        return PngEngine()


@dataclass
class Client:
    """Signs and sends requests as an AWS client does, in process, and gives back what came over the wire."""

    app: Any
    key: str
    secret: str = field(repr=False)
    region: str = "eu-central-1"

    def signed(self, operation: str, body: bytes, *, path: str = "/") -> AWSRequest:
        """Return a signed request."""
        headers = {
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        request = AWSRequest("POST", f"http://{HOST}{path}", data=body, headers=headers)
        SigV4Auth(Credentials(self.key, self.secret), "rekognition", self.region).add_auth(request)
        return request

    def send(self, request: AWSRequest) -> httpx.Response:
        """Return the answer to a request."""

        async def post() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                headers = {name: str(value) for name, value in request.headers.items()}
                return await client.request(request.method, request.url, content=request.data, headers=headers)

        return asyncio.run(post())

    def raw(self, operation: str, body: bytes) -> httpx.Response:
        """Return the answer to a signed request with this body."""
        return self.send(self.signed(operation, body))

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """Return the answer's members; the call has to succeed."""
        answer = self.raw(operation, json.dumps(members).encode())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, operation: str, **members: Any) -> tuple[str, str]:
        """Return (code, message) of a call that has to fail, in the vendor's shape."""
        answer = self.raw(operation, json.dumps(members).encode())
        said = answer.json()
        assert answer.status_code in (400, 413), answer.text
        assert said["__type"] == said["Code"]
        assert said["Message"]
        assert said["Logref"] == answer.headers["x-amzn-requestid"]
        return said["Code"], said["Message"]


@dataclass
class World:
    """A running service without a network, and its cases."""

    service: Service
    limits: ServiceLimits

    def open_case(self, **changes: object) -> tuple[Client, OpenedCase]:
        """Return a client with the keys of a new case, and the case."""
        values = {
            **CLAIMS,
            "jurisdictions": ["US-VA"],
            "case_number": "24-1183",
            "operator": "A. Searcher",
            "attested_by": "B. Head",
            "any_gallery": "galleries" not in changes,
            **changes,
        }
        opened = self.service.parts.cases.open(case_terms(values, now=now(), read=lambda _: b""))
        aws = next(item for item in opened.credentials if item.kind is CredentialKind.AWS)
        return Client(self.service.app, aws.lookup, aws.secret), opened

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the fields of the ledger's entries of a kind, oldest first."""
        found = self.service.parts.journal.entries(limit=10_000)
        return [dict(entry.fields) for entry in reversed(found) if entry.kind == kind]


@contextlib.contextmanager
def world_in(folder: Path, *, source: GallerySource, limits: ServiceLimits) -> Iterator[World]:
    """Yield a service over a new SQLite database in a folder."""
    app = SyntheticApplication(load_settings(data_dir=folder, database_url="", key_file=""))
    objects = folder / "objects"
    objects.mkdir()
    # A synthetic photo has no pixels to make a picture for reviewers of. Only this application's: a world of the whole
    # session is open while tests of other parts run.
    maker = review_parts.picture_maker

    def made_up(settings: Settings, engine: Any) -> Any:
        own = settings.data_dir == app.settings.data_dir
        return (lambda data, face: b"picture of a face") if own else maker(settings, engine)

    with (
        patch.object(review_parts, "picture_maker", made_up),
        service(app, terms=CollectionTerms(source, "tests", 30), limits=limits, objects=objects) as ready,
    ):
        yield World(ready, limits)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as made:
        yield made


@pytest.fixture
def client(world: World) -> Client:
    return world.open_case()[0]


@pytest.fixture(scope="session")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield a client of one service for all tests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("shared")
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as made:
        yield made.open_case()[0]


@dataclass(frozen=True)
class RealServer:
    """A server process with the real models and the demonstration's keys.

    Attributes:
        endpoint: Its address.
        environment: What clients need in their environment.
        process: The process.
        printed: What it printed before it served, line by line.
    """

    endpoint: str
    environment: dict[str, str]
    process: subprocess.Popen[str]
    printed: tuple[str, ...] = ()


@contextlib.contextmanager
def demonstration_server(folder: Path, *, flags: Sequence[str] = (), **settings: str) -> Iterator[RealServer]:
    """Yield a server of the demonstration, its log in ``folder/stderr``; it has to end with 0 within half a minute.

    Args:
        folder: Where its data and log go.
        flags: Further options of the command.
        settings: Settings by their names.
    """
    serve = ["serve", "--demo", "--port", "0", "--data-dir", str(folder / "data"), *flags]
    environment = {**os.environ, **{f"COUNTENANCE_{name.upper()}": value for name, value in settings.items()}}
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "countenance", *serve],
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder, env=environment,
        )  # fmt: skip
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Serving at "):
                break
        else:
            raise AssertionError((folder / "stderr").read_text())
        exported = dict(re.findall(r"^export (\w+)=(\S+)$", "".join(lines), re.MULTILINE))
        endpoint = exported["AWS_ENDPOINT_URL_REKOGNITION"]
        yield RealServer(endpoint, {**os.environ, **exported}, process, tuple(lines))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        process.stdout.close()


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    with demonstration_server(tmp_path_factory.mktemp("server")) as server:
        yield server
