"""Fetches a photo over HTTPS from an address a client has named, within the rules of ``service.photo_addresses``.

Rules kept here:

- The host's name is resolved once, every address it leads to is judged, and the connection is made to one of these: a
  name server that answers otherwise the next time changes nothing. The certificate has to be for the name.
- Each redirect is judged as the first address was, name and place.
- One time limit for everything: resolving, connecting, redirects and the last byte. One size limit while reading.
- Nothing of the client's is sent: no cookie, no key, no referrer. No proxy of the environment is used.
- Nothing packed is accepted, so that a few bytes do not become a gigabyte.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import urljoin

from countenance.service.photo_addresses import (
    FetchedPhoto,
    PhotoAddress,
    PhotoAddresses,
    PhotoNotFetched,
    WhyNot,
)

#: Most redirects followed, and most addresses of one host tried.
MOST_REDIRECTS, MOST_PLACES = 3, 3
_CHUNK_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200

#: Host and port → the IP addresses it leads to; may take as long as it likes.
Resolve = Callable[[str, int], Sequence[str]]


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host, in the system's order.

    Raises:
        OSError: It has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(str(item[4][0]) for item in found)


class HttpPhotoFetcher:
    """Fetches photos; implements ``service.photo_addresses.FetchPhoto``.

    Args:
        addresses: What may be fetched.
        timeout_s: Seconds for everything.
        resolve: Finds the IP addresses of a host.
        tls: What certificates are accepted; None for those the system trusts.
    """

    def __init__(
        self,
        addresses: PhotoAddresses,
        timeout_s: float,
        *,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._resolve = resolve
        self._tls = ssl.create_default_context() if tls is None else tls

    def __repr__(self) -> str:
        return f"<HttpPhotoFetcher of {len(self._addresses)} hosts>"

    def __call__(self, address: str, limit: int) -> FetchedPhoto:
        """Return the file at an address.

        Raises:
            PhotoNotFetched: It may not be fetched, or could not be within the limits.
        """
        end = time.monotonic() + self._timeout_s
        current = self._addresses.require(address)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                found = self._get(current, limit, end)
            except ssl.SSLCertVerificationError:
                raise PhotoNotFetched(WhyNot.CERTIFICATE) from None
            except OSError:
                raise PhotoNotFetched(WhyNot.SILENT) from None
            except (http.client.HTTPException, ValueError):
                raise PhotoNotFetched(WhyNot.BROKEN) from None
            if isinstance(found, bytes):
                return FetchedPhoto(found, current.text)
            current = self._addresses.require(found)
        raise PhotoNotFetched(WhyNot.REDIRECTS)

    def _get(self, address: PhotoAddress, limit: int, end: float) -> bytes | str:
        """Return the file, or the address the other server names instead."""
        places = self._addresses.require_places(address, _in_time(self._resolve, address, end))
        with self._connected(address, places, end) as connection:
            connection.settimeout(_left(end))
            connection.sendall(_request(address))
            answer = http.client.HTTPResponse(cast("socket.socket", _Incoming(connection, end)), method="GET")
            try:
                answer.begin()
                location = answer.getheader("Location")
                if answer.status in _REDIRECTS and location is not None:
                    return urljoin(address.text, location.strip())
                return _content(answer, limit)
            finally:
                answer.close()

    def _connected(self, address: PhotoAddress, places: Sequence[str], end: float) -> socket.socket:
        """Return a connection to one of the addresses that were judged, encrypted if that is asked for."""
        trouble: OSError = TimeoutError()
        for place in places[:MOST_PLACES]:
            try:
                # A number is not looked up anywhere.
                plain = socket.create_connection((place, address.port), timeout=_left(end))
            except OSError as error:
                trouble = error
                continue
            if address.scheme != "https":
                return plain
            try:
                return self._tls.wrap_socket(plain, server_hostname=address.host)
            except BaseException:
                plain.close()
                raise
        raise trouble


class _Incoming:
    """The side of a connection that is read; no wait goes on past the end that was set for the whole."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection, self._end = connection, end

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what ``http.client`` reads from."""
        return io.BufferedReader(_Raw(self._connection, self._end), _CHUNK_BYTES)


class _Raw(io.RawIOBase):
    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection, self._end = connection, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self._connection.settimeout(_left(self._end))
        return self._connection.recv_into(buffer)  # type: ignore[arg-type]


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _in_time(resolve: Resolve, address: PhotoAddress, end: float) -> Sequence[str]:
    """Return what a host leads to. The system's resolver takes no time limit, so it is asked from a thread."""
    found: list[Sequence[str]] = []

    def ask() -> None:
        try:
            found.append(resolve(address.host, address.port))
        except (OSError, UnicodeError):
            found.append(())

    asking = threading.Thread(target=ask, name="countenance-resolve", daemon=True)
    asking.start()
    asking.join(_left(end))
    if not found:
        raise TimeoutError
    return found[0]


def _request(address: PhotoAddress) -> bytes:
    lines = (
        f"GET {address.target} HTTP/1.1",
        f"Host: {address.authority}",
        "User-Agent: countenance",
        "Accept: image/*",
        "Accept-Encoding: identity",
        "Connection: close",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def _content(answer: http.client.HTTPResponse, limit: int) -> bytes:
    if answer.status != _OK:
        raise PhotoNotFetched(WhyNot.STATUS)
    if (answer.getheader("Content-Encoding") or "identity").strip().lower() != "identity":
        raise PhotoNotFetched(WhyNot.BROKEN)
    if answer.length is not None and answer.length > limit:
        raise PhotoNotFetched(WhyNot.TOO_LARGE)
    content = bytearray()
    # Piece by piece: what is said about the length is not believed.
    while piece := answer.read1(_CHUNK_BYTES):
        content += piece
        if len(content) > limit:
            raise PhotoNotFetched(WhyNot.TOO_LARGE)
    if answer.length:
        raise PhotoNotFetched(WhyNot.BROKEN)
    return bytes(content)
