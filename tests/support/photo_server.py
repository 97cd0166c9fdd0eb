"""A server of photos on this machine that can misbehave: a path's answer is given as the bytes of the whole of it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

#: Sends an answer piece by piece; ends by returning or when the client goes away.
Answer = Callable[[socket.socket], None]


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: tuple[str, ...] = (), length: int | None = None
) -> bytes:
    """Return an ordinary answer; a length of -1 says none."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, *([] if size < 0 else [f"Content-Length: {size}"]), "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """Return an answer that leads elsewhere."""
    return answer(status=status, headers=(f"Location: {to}",))


def dripping(start: bytes, piece: bytes = b"x", every_s: float = 0.05) -> Answer:
    """Return an answer that never ends."""

    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            time.sleep(every_s)

    return send


@dataclass
class PhotoServer:
    """The server.

    Attributes:
        port: Where it listens, at 127.0.0.1.
        answers: Path → what is sent for it.
        requests: The heads of all requests, in order.
    """

    port: int
    answers: dict[str, bytes | Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)


@contextmanager
def photo_server(tls: ssl.SSLContext | None = None) -> Iterator[PhotoServer]:
    """Yield a server; with a context it speaks TLS."""
    listening = socket.create_server(("127.0.0.1", 0))
    served = PhotoServer(listening.getsockname()[1])

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(10)
            speaking = connection if tls is None else tls.wrap_socket(connection, server_side=True)
            with speaking:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = speaking.recv(65_536)
                    if not piece:
                        return
                    head += piece
                text = head.decode()
                served.requests.append(text)
                said = served.answers.get(text.split()[1], answer(status="404 Not Found"))
                if callable(said):
                    said(speaking)
                else:
                    speaking.sendall(said)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield served
    finally:
        # A blocked accept is woken by this, not by closing alone.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
