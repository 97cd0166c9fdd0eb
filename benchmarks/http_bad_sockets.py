"""Requests that break HTTP itself, byte by byte over sockets: cut off, contradictory, endless, slow, all at once."""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

#: Seconds to wait for an answer or an end. What takes longer is noted as "no answer": the server may wait as well.
WAIT_S = 5.0


def _line(chance: random.Random) -> Iterator[bytes]:
    yield chance.choice([
        b"\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n",
        b"\x16\x03\x01\x02\0",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", b"G\xffT / HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n",
        chance.randbytes(300) + b"\r\n\r\n", b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ])  # fmt: skip


def _lengths(chance: random.Random) -> Iterator[bytes]:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: RekognitionService.DetectFaces\r\n"
    yield head + chance.choice([
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", b"Content-Length: -1\r\n\r\n",
        b"Content-Length: x\r\n\r\n", b"Content-Length: 99999999999999999999999\r\n\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 2, 2\r\n\r\n{}", b"Content-Length: +2\r\n\r\n{}", b"Content-Length: 0x2\r\n\r\n{}",
    ])  # fmt: skip


def _chunks(chance: random.Random) -> Iterator[bytes]:
    yield b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: RekognitionService.DetectFaces\r\n"
    yield b"Transfer-Encoding: chunked\r\n\r\n"
    yield chance.choice([
        b"zz\r\nhello\r\n", b"-5\r\nhello\r\n", b"ffffffffffffffffffff\r\n", b"5\r\nhello", b"5\r\nhelloXX0\r\n\r\n",
        b"5;" + b"a" * 100_000 + b"\r\nhello\r\n0\r\n\r\n", b"0\r\n" + b"T: x\r\n" * 5_000 + b"\r\n", b"\r\n\r\n\r\n",
        b"2\r\n{}\r\n0\r\n\r\n", b"5\nhello\n0\n\n",
    ])  # fmt: skip


def _headers(chance: random.Random) -> Iterator[bytes]:
    yield b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + chance.choice([
        b"A: " + b"a" * 200_000 + b"\r\n", b"".join(b"H%d: x\r\n" % n for n in range(5_000)), b"No colon here\r\n",
        b" Folded: x\r\n", b"A\0B: x\r\n", b"A: \0\r\n", b": x\r\n", b"Host: b\r\n", b"A: \xff\xfe\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n",
    ]) + b"\r\n"  # fmt: skip


def _half(chance: random.Random) -> Iterator[bytes]:
    whole = (
        b"POST /face/v1.0/detect HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Length: 100000\r\n\r\n" + bytes(3_000)
    )
    yield whole[: chance.randrange(1, len(whole))]


def _slow(chance: random.Random) -> Iterator[bytes]:
    for letter in b"GET /healthz HTTP/1.1\r\nHost: a\r\n"[: chance.randrange(3, 31)]:
        time.sleep(0.002)
        yield bytes([letter])


def _pipelined(chance: random.Random) -> Iterator[bytes]:
    one = chance.choice([
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: RekognitionService.ListFaces\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /face/v1.0/persongroups HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /compat HTTP/1.1\r\nHost: a\r\n\r\n",
    ])  # fmt: skip
    yield one * chance.randint(2, 200) + one[: chance.randrange(len(one))]


ATTACKS: Mapping[str, Callable[[random.Random], Iterator[bytes]]] = MappingProxyType(
    {
        "socket: request line": _line,
        "socket: lengths": _lengths,
        "socket: chunks": _chunks,
        "socket: headers": _headers,
        "socket: half a request": _half,
        "socket: letter by letter, then gone": _slow,
        "socket: pipelined": _pipelined,
    }
)


def attack(port: int, chance: random.Random, kind: str) -> tuple[Counter[str], list[bytes]]:
    """Send one, and return (how it was answered, the answers' bytes).

    The words are ``status N`` for each answer that came, ``closed`` for none, ``no answer`` where the server waits on.
    """
    answered: Counter[str] = Counter()
    received = bytearray()
    # Gone without a word: half the time the client does not even wait.
    waits = kind not in {"socket: half a request", "socket: letter by letter, then gone"}
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as connection:
        try:
            for piece in ATTACKS[kind](chance):
                connection.sendall(piece)
            if not waits:
                answered["closed by the client"] += 1
                return answered, []
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                received += piece
        except TimeoutError:
            answered["no answer"] += 1
        except OSError:
            # The server has broken the connection off, which is an answer.
            answered["closed"] += 1
    statuses = [line.split(b" ")[1].decode("latin-1") for line in bytes(received).split(b"\r\n")
                if line.startswith(b"HTTP/1.1 ")]  # fmt: skip
    answered.update(f"status {status}" for status in statuses)
    if not answered:
        answered["closed"] += 1
    return answered, [bytes(received)]
