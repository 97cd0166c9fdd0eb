"""Tens of thousands of malformed requests against a running server, seeded: is every answer what its client can read?

Checked of each answer: its status is none of 500, 502 and 504; an error is in the shape of the door it was asked at;
nothing of the program shows in it. Checked of the server: it lives, it logs nothing unforeseen, its memory is bounded,
and a sound request still works. The same seed makes the same requests, but for the moment in their signatures.

Run: ``python -m benchmarks.http_malformed [--requests 21000] [--seed 1] [--door NAME] [--out FILE.json]``.
"""

from __future__ import annotations

import argparse
import functools
import http.client
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import http_bad_pages, http_bad_sockets
from benchmarks.http_access import more_access
from benchmarks.http_bad_requests import DOORS, Bad, Material
from benchmarks.http_console import ConsoleClient
from benchmarks.http_overhead import client_of
from benchmarks.http_process import Served, pictures, served, unforeseen
from benchmarks.machine import machine_lines

CLIENTS = 3
#: Of all requests, how many go to each door; the rest are sockets'.
SHARES: Mapping[str, float] = MappingProxyType(
    {"rekognition": 0.27, "azure": 0.25, "watson": 0.10, "rest": 0.12, "console": 0.12, "other": 0.06}
)
_AWS_TYPE = "application/x-amz-json"
FORBIDDEN_STATUS = frozenset({500, 502, 504})
#: What would show the program to a client.
TELLING = (b"Traceback", b'File "', b"site-packages", b"sqlalchemy", b"sqlite3", b"/countenance/", b'.py", line')
#: Memory may grow by this while large pictures are on their way, in bytes. Source: ``engine/images.py``: photos up to
#: a hundred megapixels are decoded, three bytes each, on as many threads as there are cores.
MOST_GROWTH_BYTES = 1_500_000_000


@dataclass
class Tally:
    """What came of the requests so far; safe for several threads.

    Attributes:
        kinds: (door, kind) → how often.
        statuses: door → status or word → how often.
        faults: What should not have been; the first hundred.
    """

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    statuses: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, door: str, kind: str, words: Counter[str], fault: str | None) -> None:
        """Count one request."""
        with self.lock:
            self.kinds[door, kind] += 1
            self.statuses[door].update(words)
            if fault is not None and len(self.faults) < 100:
                self.faults.append(f"{door}: {kind}: {fault}")


def fault_of(bad: Bad, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Return what is wrong with an answer, or None."""
    if status in FORBIDDEN_STATUS:
        return f"status {status}: {body[:300]!r} to {bad.method} {bad.target[:200]!r} {bad.body[:200]!r}"
    telling = [word for word in TELLING if word in body]
    if telling:
        return f"the answer shows {telling[0]!r}: {body[:300]!r}"
    if status < 400 or bad.method == "HEAD":
        return None
    if not body and status in {404, 405}:
        return None
    stated = dict(bad.headers).get("Content-Type", "")
    if bad.door in {"rest", "console", "other"} and bad.method == "POST" and stated.startswith(_AWS_TYPE):
        # Whoever states that vendor's type of body is answered in that vendor's shape, at any path of no other vendor.
        return _rekognition(status, headers, body)
    return SHAPES[bad.door](status, headers, body)


def _members(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _rekognition(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    said = _members(body)
    if said is not None and set(said) == {"__type", "Code", "Message", "message", "Logref"} and said["Code"]:
        return None if headers.get("x-amzn-errortype") == said["Code"] else "no error type in the headers"
    return f"not the vendor's shape, status {status}: {body[:300]!r}"


def _azure(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    said = _members(body)
    error = said.get("error") if said else None
    if isinstance(error, dict) and error.get("code") and isinstance(error.get("message"), str):
        return None
    return f"not the vendor's shape, status {status}: {body[:300]!r}"


def _watson(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    said = _members(body) or {}
    error = said.get("error")
    if isinstance(error, dict) and error.get("error_id") and error.get("code") == status:
        return None
    if said.get("errorCode") and said.get("errorMessage"):
        return None
    return f"not the vendor's shape, status {status}: {body[:300]!r}"


def _other(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    kind = headers.get("content-type", "")
    if kind.startswith("application/json"):
        return None if _members(body) else f"no JSON object, status {status}: {body[:300]!r}"
    return None if kind.startswith("text/") else f"type {kind!r}, status {status}"


def _rest(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    error = (_members(body) or {}).get("error")
    if isinstance(error, dict) and error.get("code") and error.get("message") and error.get("request_id"):
        return None
    return f"not the native shape, status {status}: {body[:300]!r}"


def _console(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    kind = headers.get("content-type", "")
    if kind.startswith("text/html") and body.startswith(b"<!doctype html>"):
        return None
    return f"no page, type {kind!r}, status {status}: {body[:200]!r}"


SHAPES: dict[str, Callable[[int, Mapping[str, str], bytes], str | None]] = {
    "rekognition": _rekognition, "azure": _azure, "watson": _watson, "rest": _rest, "console": _console,
    "other": _other,
}  # fmt: skip


class Connection:
    """Sends framed requests over a connection that is kept as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, bad: Bad) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers in lower case and body of the answer; (0, {}, b"") if the connection was closed."""
        for attempt in (1, 2):
            fresh = self._socket is None
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
            try:
                self._socket.sendall(bad.wire(f"127.0.0.1:{self._port}"))
                answer = http.client.HTTPResponse(self._socket, method=bad.method)
                answer.begin()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                self.close()
                if fresh or attempt == 2:
                    return 0, {}, b""
                continue
            if answer.will_close:
                self.close()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body
        return 0, {}, b""

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def run(server: Served, requests: int, seed: int, doors: tuple[str, ...]) -> tuple[Tally, dict[str, Any]]:
    """Send that many requests and return (what came of them, facts about the server)."""
    tally = Tally()
    jobs = _jobs(server, tally, requests, seed, doors)
    threads = [threading.Thread(target=_do_all, args=(jobs[start::CLIENTS],)) for start in range(CLIENTS)]
    memory, started = [server.resident_bytes()], time.monotonic()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and server.alive():
        time.sleep(0.5)
        memory.append(server.resident_bytes())
    for thread in threads:
        thread.join()
    seconds = round(time.monotonic() - started, 1)
    held = {"start": memory[0], "highest": max(memory), "end": memory[-1]}
    tally.faults += _afterwards(server, memory)
    return tally, {"seconds": seconds, "memory_mb": {name: value // 1_000_000 for name, value in held.items()}}


def _jobs(server: Served, tally: Tally, requests: int, seed: int, doors: tuple[str, ...]) -> list[Callable[[], None]]:
    makers = _makers(server)
    shares = {**SHARES, "sockets": 1.0 - sum(SHARES.values())} if len(doors) > 1 else {doors[0]: 1.0}
    jobs = []
    for client in range(CLIENTS):
        for door, share in shares.items():
            # Rounded up: at least as many as asked for.
            count = -(-round(requests * share) // CLIENTS)
            chance = random.Random(f"{seed} {client} {door}")
            if door == "sockets":
                jobs.append(_unframed(server, tally, count, chance))
            else:
                jobs.append(_framed(server, makers[door], tally, door, count, chance))
    return jobs


def _do_all(jobs: list[Callable[[], None]]) -> None:
    for job in jobs:
        job()


def _framed(
    server: Served, make: Callable[[random.Random], Bad], tally: Tally, door: str, count: int, chance: random.Random
) -> Callable[[], None]:
    def job() -> None:
        connection = Connection(server.port)
        for _ in range(count):
            bad = make(chance)
            status, headers, body = connection.ask(bad)
            word = f"status {status}" if status else "closed"
            # Closed without an answer is right only where the request was none: a stray control character in its head.
            tally.add(door, bad.kind, Counter([word]), _fault(bad, status, headers, body))
        connection.close()

    return job


def _fault(bad: Bad, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    if status == 0:
        return f"no answer to {bad.method} {bad.target[:200]!r} {bad.headers!r:.300}"
    if status == 400 and body == b"Invalid HTTP request received.":
        return None
    return fault_of(bad, status, headers, body)


def _unframed(server: Served, tally: Tally, count: int, chance: random.Random) -> Callable[[], None]:
    def job() -> None:
        kinds = sorted(http_bad_sockets.ATTACKS)
        for number in range(count):
            kind = kinds[number % len(kinds)]
            words, answers = http_bad_sockets.attack(server.port, chance, kind)
            bad_words = [word for word in words if word in {"status 500", "status 502", "status 504"}]
            telling = [word for word in TELLING for answer in answers if word in answer]
            fault = f"{bad_words} {telling} {answers!r:.300}" if bad_words or telling else None
            tally.add("sockets", kind, words, fault)

    return job


def _makers(server: Served) -> dict[str, Callable[[random.Random], Bad]]:
    """Return door → what makes one bad request for it."""
    material, doorways = _material(server), _doorways(server)
    makers = {door: functools.partial(make, material=material) for door, make in DOORS.items()}
    pages = {"rest": http_bad_pages.rest, "console": http_bad_pages.console}
    opened = {door: functools.partial(make, doorways=doorways, photo=material.photo) for door, make in pages.items()}
    return {**makers, **opened}


def _doorways(server: Served) -> http_bad_pages.Doorways:
    access = more_access(server.data_dir)
    visitor = ConsoleClient(server)
    said = visitor.send("GET", "/v1/openapi.json", headers={"Authorization": f"Bearer {access.token}"})[1]
    visitor.close()
    cookies, tokens = [], []
    for name, password in access.passwords.items():
        somebody = ConsoleClient(server)
        if somebody.sign_in(name, password) != HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"{name} cannot sign in")
        somebody.send("GET", "/password")
        cookies.append("; ".join(f"{key}={value}" for key, value in somebody.cookies.items()))
        tokens.append(somebody.token)
        somebody.close()
    return http_bad_pages.Doorways(
        access.token, http_bad_pages.operations_of(json.loads(said)), tuple(cookies), tuple(tokens)
    )


def _material(server: Served) -> Material:
    client = client_of(server)
    client.create_collection(CollectionId="staff")
    face = client.list_faces(CollectionId=server.collection, MaxResults=1)["Faces"][0]["FaceId"]
    client.close()
    return Material.of(server, pictures("probe")[0][1], pictures("reference")[0][1], face)


def _afterwards(server: Served, memory: list[int]) -> list[str]:
    """Return what is wrong with the server now."""
    if not server.alive():
        return ["the process has ended"]
    faults = [f"log: {line[:500]}" for line in unforeseen(server)[:20]]
    client = client_of(server)
    found = client.search_faces_by_image(CollectionId=server.collection, Image={"Bytes": pictures("probe")[0][1]})
    client.close()
    if found["FaceMatches"][0]["Face"]["ExternalImageId"] != pictures("probe")[0][0]:
        faults.append("a sound search finds somebody else now")
    if max(memory) - memory[0] > MOST_GROWTH_BYTES:
        faults.append(f"memory grew by {(max(memory) - memory[0]) // 1_000_000} MB")
    return faults


def show(tally: Tally, facts: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    lines = ["| door | requests | kinds | answers |", "|---|---|---|---|"]
    for door in sorted(tally.statuses):
        kinds = {kind: count for (where, kind), count in tally.kinds.items() if where == door}
        answers = ", ".join(f"{word.removeprefix('status ')}: {count:,}" for word, count in
                            sorted(tally.statuses[door].items()))  # fmt: skip
        lines.append(f"| {door} | {sum(kinds.values()):,} | {len(kinds)} | {answers} |")
    lines.append("")
    lines.append(f"{sum(tally.kinds.values()):,} requests in {facts['seconds']} s; memory in MB {facts['memory_mb']}; "
                 f"faults: {len(tally.faults)}")  # fmt: skip
    return "\n".join([*lines, *tally.faults])


def main() -> int:
    """Run and print; the exit status is 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=21_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--door", choices=[*SHARES, "sockets"])
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    doors = (chosen.door,) if chosen.door else (*SHARES, "sockets")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), "--requests-per-second", "0") as server:
        tally, facts = run(server, chosen.requests, chosen.seed, doors)
    print("\n".join(machine_lines()), "", show(tally, facts), sep="\n")
    if chosen.out:
        kinds = {f"{door}: {kind}": count for (door, kind), count in sorted(tally.kinds.items())}
        document = {**facts, "kinds": kinds, "answers": tally.statuses, "faults": tally.faults}
        chosen.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
