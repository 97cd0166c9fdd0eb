"""A request as it came off the wire, and a reply as it goes out: bytes and headers, nothing of any dialect.

Rules kept here:

- A body is read up to a limit and not a byte further; what is over it is thrown away as it arrives, so that the client
  gets an answer instead of a broken connection.
- Paths and headers are kept as sent: signatures are over those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: How much of a body over the limit is thrown away before the connection is given up: a client that sends more than
#: this after being told its length is too large is not waiting for an answer.
DISCARDED_BYTES = 64_000_000
#: How long a client may take to send its whole body.
BODY_WAIT_S = 60.0


class BodyTooLarge(Exception):
    """The body is larger than the dialect accepts."""


class ClientGone(Exception):
    """The client closed the connection, or did not send its body in time."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Everything of a request but its body.

    Attributes:
        method: HTTP method, upper case.
        raw_path: Path as sent, percent-encoding untouched, without the query.
        raw_query: Query string as sent.
        headers: (lower-case name, value) in the order sent.
        scheme: ``http`` or ``https``, as this process speaks it.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    scheme: str = "http"

    def header(self, name: str) -> str | None:
        """Return the first header of this lower-case name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def path_segments(self) -> tuple[str, ...]:
        """Return the path's segments without empty ones: clients configured with a trailing slash send two."""
        return tuple(segment for segment in self.raw_path.split("/") if segment)


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """An answer.

    Attributes:
        status: HTTP status.
        body: The bytes of the body.
        content_type: Of the body.
        headers: Further headers.
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def head_of(scope: Scope) -> RequestHead:
    """Return the head of an ASGI request."""
    raw_path = scope.get("raw_path") or str(scope["path"]).encode()
    return RequestHead(
        method=str(scope["method"]).upper(),
        raw_path=raw_path.partition(b"?")[0].decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        scheme=str(scope.get("scheme") or "http"),
    )


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body of an ASGI request.

    Args:
        receive: Of the request.
        limit: Most bytes accepted.

    Raises:
        BodyTooLarge: It is over the limit.
        ClientGone: The connection ended first, or the body took longer than a minute.
    """
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            return await _read(receive, limit)
    except TimeoutError:
        raise ClientGone from None


async def _read(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        chunk = bytes(message.get("body", b""))
        more = bool(message.get("more_body", False))
        size += len(chunk)
        if size <= limit:
            parts.append(chunk)
        else:
            parts.clear()
            if size > limit + DISCARDED_BYTES:
                break
    if size > limit:
        raise BodyTooLarge
    return b"".join(parts)


async def send_reply(send: Send, reply: Reply, *, request_id: str, without_body: bool = False) -> None:
    """Send an answer with its length, type and request identifier."""
    headers = [
        (b"content-type", reply.content_type.encode("latin-1")),
        (b"content-length", str(len(reply.body)).encode()),
        (b"x-request-id", request_id.encode()),
        # Answers are about faces: nothing between here and the client keeps a copy, or guesses at their type.
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if without_body else reply.body})
