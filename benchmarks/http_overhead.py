"""What the service adds to a comparison: CompareFaces over HTTP beside the same comparison in this process.

Four ways to compare the same two photos are timed in turn, request by request, so that what else the machine does meets
all of them alike:

- *bare*: both photos read, the two templates compared; no rule, no record;
- *accountable*: ``service.vendor_faces.compare_faces`` in this process: rules, durable intent, comparison, outcome;
- *keep-alive*: over HTTP to a server process, one connection, the request signed anew each time;
- *boto3*: the same through the vendor's client library, whose own time is in it.

The engine has one thread, as in the service. Where the added time goes is taken from a service in this process, by
clocks around its parts.

Run: ``python -m benchmarks.http_overhead [--requests 200] [--out FILE.json]``.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from benchmarks.http_process import Served, percentiles, pictures, served
from benchmarks.machine import machine_lines
from countenance.bootstrap.accountability import now
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.service_demonstration import CLAIMS
from countenance.bootstrap.serving import Service, ServiceLimits, service
from countenance.core.comparison import similarity
from countenance.service.case_book import CaseBook
from countenance.service.case_terms import case_terms
from countenance.service.collection_parts import CollectionTerms
from countenance.service.credentials import CredentialKind
from countenance.service.galleries import GallerySource
from countenance.service.vendor_faces import compare_faces, template_of
from countenance.service.vendor_quality import QualityFilter
from countenance.web.rekognition import dialect
from countenance.web.rekognition.images import ImageInput

REGION = "us-east-1"
WARM_UP = 8
#: Requests whose parts are clocked.
CLOCKED = 60


def signed(address: str, operation: str, body: bytes, keys: Credentials) -> dict[str, str]:
    """Return the headers of a signed request."""
    headers = {"X-Amz-Target": f"RekognitionService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{address}/", data=body, headers=headers)
    SigV4Auth(keys, "rekognition", REGION).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


class KeptConnection:
    """One connection to a server, over which signed requests are sent."""

    def __init__(self, server: Served) -> None:
        self._address = server.address
        self._keys = Credentials(server.access_key_id, server.secret_access_key)
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def call(self, operation: str, body: bytes) -> dict[str, Any]:
        """Return the members of the answer; the call has to succeed."""
        self._connection.request("POST", "/", body=body, headers=signed(self._address, operation, body, self._keys))
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {said[:500]!r}")
        return dict(json.loads(said))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def client_of(server: Served) -> Any:
    """Return the vendor's client for a server, without retries."""
    return boto3.client(
        "rekognition", endpoint_url=server.address, region_name=REGION, aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=64),
    )  # fmt: skip


@contextlib.contextmanager
def own_service(folder: Path) -> Iterator[tuple[Service, Any]]:
    """Yield a service in this process and a case as the demonstration opens it."""
    app = Application(load_settings(data_dir=folder, database_url="", key_file=""))
    terms = CollectionTerms(GallerySource.CONSENTED_ENROLMENT, "benchmark; nobody exists", 1)
    with service(app, terms=terms, limits=ServiceLimits(requests_per_second=0)) as ready:
        values = {
            **CLAIMS, "jurisdictions": list(ready.parts.rules.current().everywhere()), "case_number": "benchmark",
            "operator": "benchmark", "attested_by": "benchmark", "any_gallery": True, "expires": "1d",
            "purpose_text": "Timing on rendered people who do not exist",
        }  # fmt: skip
        yield ready, ready.parts.cases.open(case_terms(values, now=now(), read=lambda _: b""))


def run(folder: Path, requests: int) -> dict[str, Any]:
    """Time the four ways, and where the added time goes; return the figures."""
    (_, first), (_, second) = pictures("reference")[0], pictures("probe")[0]
    body = compare_body(first, second)
    with (
        own_service(folder / "own") as (own, opened),
        served(folder / "served", "--requests-per-second", "0") as server,
    ):
        engine, book = own.collections.engine, own.parts.case_book

        def bare() -> float:
            faces = [engine.read_faces(data, crops=True).faces[0] for data in (first, second)]
            return similarity(template_of(faces[0]), template_of(faces[1]))

        def accountable() -> object:
            standing = book.standing_of(opened.case, dialect.NAME, now())
            return compare_faces(own.collections, standing, first, second, value=80, quality=QualityFilter.NONE)

        connection, client = KeptConnection(server), client_of(server)
        images = {"SourceImage": {"Bytes": first}, "TargetImage": {"Bytes": second}, "QualityFilter": "NONE"}
        ways: dict[str, Callable[[], object]] = {
            "bare": bare,
            "accountable": accountable,
            "keep-alive": lambda: connection.call("CompareFaces", body),
            "boto3": lambda: client.compare_faces(**images),
        }
        times = in_turn(ways, requests)
        parts = parts_of(own, opened, body)
        connection.close()
        client.close()
    figures = {name: percentiles(values) for name, values in times.items()}
    for name in ("accountable", "keep-alive", "boto3"):
        added = [after - before for before, after in zip(times["bare"], times[name], strict=True)]
        figures[name]["added_p50_ms"] = round(figures[name]["p50_ms"] - figures["bare"]["p50_ms"], 2)
        figures[name]["added_paired_median_ms"] = round(statistics.median(added), 2)
    return {"ways": figures, "parts_ms": parts}


def compare_body(first: bytes, second: bytes) -> bytes:
    """Return the body of a CompareFaces request."""
    pictured = {name: {"Bytes": base64.b64encode(data).decode()} for name, data in
                (("SourceImage", first), ("TargetImage", second))}  # fmt: skip
    return json.dumps({**pictured, "QualityFilter": "NONE"}).encode()


def in_turn(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Return the times of each way in milliseconds; every round does each once, in a turned order."""
    for job in ways.values():
        for _ in range(WARM_UP):
            job()
    times: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(repeats):
        turned = names[number % len(names) :] + names[: number % len(names)]
        for name in turned:
            before = time.perf_counter()
            ways[name]()
            times[name].append((time.perf_counter() - before) * 1e3)
    return times


class Clocks:
    """Sums the time spent in named parts, request by request."""

    def __init__(self) -> None:
        self.sums: defaultdict[str, float] = defaultdict(float)
        self._undo: list[Callable[[], None]] = []
        self._depth = threading.local()

    def around(self, name: str, owner: object, attribute: str) -> None:
        """Clock a function of an object or module from now on, unless it is called from within the same part."""
        inner = getattr(owner, attribute)

        def clocked(*args: Any, **named: Any) -> Any:
            if getattr(self._depth, name, False):
                return inner(*args, **named)
            setattr(self._depth, name, True)
            before = time.perf_counter()
            try:
                return inner(*args, **named)
            finally:
                self.sums[name] += time.perf_counter() - before
                setattr(self._depth, name, False)

        setattr(owner, attribute, clocked)
        self._undo.append(lambda: setattr(owner, attribute, inner))

    def take_away(self) -> None:
        """Put everything back."""
        for undo in reversed(self._undo):
            undo()


def parts_of(own: Service, opened: Any, body: bytes) -> dict[str, float]:
    """Return part → median milliseconds of a request to the service in this process, called as the server calls it."""
    import asyncio

    aws = next(item for item in opened.credentials if item.kind is CredentialKind.AWS)
    keys = Credentials(aws.lookup, aws.secret)
    accountability, journal = own.parts.accountability, own.parts.journal
    clocks = Clocks()
    clocks.around("credential", CaseBook, "find_by_access_key")
    clocks.around("signature", dialect, "verify")
    clocks.around("standing", CaseBook, "standing")
    clocks.around("JSON in", dialect, "_parsed")
    clocks.around("pictures in", ImageInput, "load")
    clocks.around("rules", accountability, "decide")
    clocks.around("rules", accountability, "_decide")
    clocks.around("intent", accountability, "_begin")
    clocks.around("comparison", own.collections.engine, "read_faces")
    clocks.around("outcome", accountability, "_finish")
    clocks.around("reply", dialect, "_success")
    del journal
    found: defaultdict[str, list[float]] = defaultdict(list)
    try:

        async def requests() -> None:
            for number in range(CLOCKED + WARM_UP):
                headers = signed("http://127.0.0.1:1", "CompareFaces", body, keys)
                clocks.sums.clear()
                before = time.perf_counter()
                await _ask(own.app, headers, body)
                clocks.sums["whole request"] = time.perf_counter() - before
                if number >= WARM_UP:
                    named = sum(value for name, value in clocks.sums.items() if name != "whole request")
                    clocks.sums["rest: HTTP application, threads, look-ups"] = clocks.sums["whole request"] - named
                    for name, value in clocks.sums.items():
                        found[name].append(value * 1e3)

        asyncio.run(requests())
    finally:
        clocks.take_away()
    return {name: round(statistics.median(values), 2) for name, values in found.items()}


async def _ask(app: Any, headers: dict[str, str], body: bytes) -> None:
    """Send one request to an ASGI application, as a server does."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"host", b"127.0.0.1:1"))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/",
        "raw_path": b"/", "query_string": b"", "root_path": "", "scheme": "http", "headers": raw,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1),
    }  # fmt: skip
    status: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    await app(scope, receive, send)
    if status != [200]:
        raise RuntimeError(f"status {status}")


def show(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = ["| way | p50 ms | p95 ms | p99 ms | added at p50 ms |", "|---|---|---|---|---|"]
    for name, row in figures["ways"].items():
        added = row.get("added_p50_ms", "–")
        lines.append(f"| {name} | {row['p50_ms']} | {row['p95_ms']} | {row['p99_ms']} | {added} |")
    lines += ["", "| part of a request | median ms |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in figures["parts_ms"].items()]
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where the databases lie; decides which disk is measured")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        figures = run(Path(folder), chosen.requests)
    figures["machine"] = machine_lines()
    print("\n".join(machine_lines()), "", show(figures), sep="\n")
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
