"""The native interface and the console as a client of a soak asks them."""

from __future__ import annotations

import http.client
import random
import uuid
from dataclasses import dataclass

from benchmarks.http_access import MoreAccess
from benchmarks.http_console import ConsoleClient
from benchmarks.http_process import Served

#: Pages that begin something; what a role may not see says so.
PAGES = (
    "/", "/compare", "/galleries", "/cases", "/searches", "/reviews", "/jobs", "/ledger", "/policy", "/audits",
    "/accountability", "/compat", "/password", "/nowhere",
)  # fmt: skip
#: What the first look at a page may find: the page, a way elsewhere, "not with your role", nothing.
_FIRST = frozenset({200, 303, 403, 404})
#: The two photos of the form.
_SIDES = ("a", "b")


@dataclass(frozen=True, slots=True)
class Done:
    """One request: its operation, how it was answered in a word, and what was wrong with that, or None."""

    operation: str
    word: str
    fault: str | None


def judged(operation: str, status: int, expected: int, body: bytes) -> Done:
    """Return a request with its status as the word; 429 is expected everywhere."""
    fault = None if status in (expected, 429) else f"{status} where {expected} is due: {body[:300]!r}"
    return Done(operation, str(status), fault)


class ConsoleDoor:
    """Somebody with one role who looks at pages and compares photos."""

    def __init__(self, server: Served, access: MoreAccess, chance: random.Random, number: int) -> None:
        self._client = ConsoleClient(server)
        self._chance = chance
        self._role = sorted(access.passwords)[number % len(access.passwords)]
        self._password = access.passwords[self._role]
        self._seen: dict[str, int] = {}

    def sign_in(self) -> Done:
        """Open a session."""
        return judged("console sign-in", self._client.sign_in(self._role, self._password), 303, b"")

    def wrong_password(self) -> Done:
        """Fail to."""
        stranger = ConsoleClient(self._client.server)
        status = stranger.sign_in(f"nobody {uuid.uuid4().hex}", "a wrong password")
        stranger.close()
        return judged("console wrong password", status, 401, b"")

    def page(self) -> Done:
        """Look at a page; it has to answer as it did the first time."""
        page = self._chance.choice(PAGES)
        status, body = self._client.send("GET", page)
        if page not in self._seen and status in _FIRST:
            self._seen[page] = status
        return judged(f"console {page}", status, self._seen.get(page, 200), body)

    def compare(self, first: bytes, second: bytes) -> Done:
        """Compare two photos, if there is a page for it."""
        status, body = self._client.send("GET", "/compare")
        if status != 200:
            return judged("console /compare", status, self._seen.setdefault("/compare", status), body)
        status, body = self._client.send_files("/compare", dict(zip(_SIDES, (first, second), strict=True)), {})
        return judged("console comparison", status, 200, body)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


class RestDoor:
    """Somebody with a case's token."""

    def __init__(self, server: Served, access: MoreAccess) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self._token = access.token

    @property
    def is_served(self) -> bool:
        """Return whether there is a native interface behind the address."""
        return self._ask("GET", "/v1/me", token=self._token)[0] == 200

    def me(self) -> Done:
        """Ask what the token may do."""
        return judged("rest me", *self._answered("GET", "/v1/me", 200))

    def missing(self) -> Done:
        """Ask for a gallery that is not there."""
        return judged("rest missing gallery", *self._answered("GET", f"/v1/galleries/{uuid.uuid4().hex}", 404))

    def wrong_token(self) -> Done:
        """Ask with a token nobody was given."""
        status, body = self._ask("GET", "/v1/me", token="cnt_" + "0" * 40)
        return judged("rest wrong token", status, 401, body)

    def detect(self, photo: bytes) -> Done:
        """Find the faces of a photo."""
        return judged("rest detect", *self._answered("POST", "/v1/detect", 200, {"photo": photo}))

    def compare(self, first: bytes, second: bytes) -> Done:
        """Compare two photos."""
        files = {"probe": first, "reference": second}
        return judged("rest compare", *self._answered("POST", "/v1/compare", 200, files))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _answered(
        self, method: str, target: str, expected: int, files: dict[str, bytes] | None = None
    ) -> tuple[int, int, bytes]:
        status, body = self._ask(method, target, token=self._token, files=files)
        return status, expected, body

    def _ask(self, method: str, target: str, *, token: str, files: dict[str, bytes] | None = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"}
        body = b""
        if files:
            boundary = uuid.uuid4().hex
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            for name, data in files.items():
                head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.jpg"\r\n'
                body += head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data + b"\r\n"
            body += f"--{boundary}--\r\n".encode()
        try:
            self._connection.request(method, target, body=body, headers=headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()
            self._connection.request(method, target, body=body, headers=headers)
            answer = self._connection.getresponse()
        return answer.status, answer.read()
