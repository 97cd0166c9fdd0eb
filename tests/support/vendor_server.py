"""A server on 127.0.0.1 that the vendors' real client libraries take for the vendor.

It keeps every request in a log and can be told to fail: once, at a certain request, in several ways. Scores come from a
made-up table, so a test knows every digit it should get. What is in a photo stands in its bytes (`vendor_photos`).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An answer of a double."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived.

    Attributes:
        operation: The vendor's name of it.
        subject: What it is about, so that a repetition is recognised.
        answered: Whether an answer of success left the server.
    """

    operation: str
    subject: str
    answered: bool


@dataclass
class Fault:
    """What to do instead of answering, or as well.

    Attributes:
        reply: Send this; None to send what the double says.
        cut: Break the connection off without an answer.
        work: Let the double do its work before ``cut`` or ``reply``.
        then: Called before the answer.
    """

    reply: Reply | None = None
    cut: bool = False
    work: bool = False
    then: Callable[[], None] | None = None


def made_up_score(first: str, second: str) -> float:
    """Return a score between 0.5 and 99.5 that depends on the two faces only, whatever their order."""
    digest = hashlib.sha256("|".join(sorted((first, second))).encode()).digest()
    return 0.5 + int.from_bytes(digest[:4], "big") / 2**32 * 99.0


class Double:
    """A vendor's double: subclasses know its wire and its answers."""

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.faults: dict[tuple[str, int], Fault] = {}
        self.problems: list[str] = []
        self.scores: dict[frozenset[str], float] = {}
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def fail(self, operation: str, *numbers: int, fault: Fault) -> None:
        """Apply a fault to requests for an operation, by their number from 1, retries counted."""
        for number in numbers:
            self.faults[operation, number] = fault

    def score(self, first: str, second: str) -> float:
        """Return the score of two faces: of the table, or made up."""
        return self.scores.get(frozenset((first, second)), made_up_score(first, second))

    def count(self, operation: str | None = None) -> int:
        """Return how many requests arrived."""
        return sum(operation in (None, asked.operation) for asked in self.log)

    def repeated_answers(self) -> list[tuple[str, str]]:
        """Return what was answered with success more than once; questions about progress are left out."""
        done = Counter((a.operation, a.subject) for a in self.log if a.answered)
        return [
            key for key, times in done.items() if times > 1 and key[0] not in {"DescribeCollection", "TrainingStatus"}
        ]

    def identify(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
        """Return operation and subject of a request."""
        raise AssertionError

    def answer(self, operation: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the answer to a request."""
        raise AssertionError

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        """Return the answer, or None to break the connection off."""
        with self._lock:
            operation, subject = self.identify(method, path, headers, body)
            self._seen[operation] += 1
            fault = self.faults.get((operation, self._seen[operation]))
            reply: Reply | None = None
            if fault is None or fault.work or (fault.reply is None and not fault.cut):
                reply = self.answer(operation, method, path, headers, body)
            if fault is not None and fault.reply is not None:
                reply = fault.reply
            cut = fault is not None and fault.cut
            success = not cut and reply is not None and reply.status < 400
            self.log.append(Asked(operation, subject, success))
        if fault is not None and fault.then is not None:
            fault.then()
        return None if cut else reply


def _handler(double: Double) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                reply = double.handle(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            except Exception as error:  # noqa: BLE001 - a fault of the double is the test's failure, not its silence
                double.problems.append(repr(error))
                reply = Reply(501, {"message": repr(error)})
            if reply is None:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            data = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - names the base class looks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Write nothing; the double keeps its own log."""

    return Handler


@contextmanager
def serving(double: Double) -> Iterator[str]:
    """Yield the URL at which a double answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(double))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert double.problems == []
