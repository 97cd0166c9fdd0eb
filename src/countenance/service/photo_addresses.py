"""Which addresses of photos that a client names may be fetched: the rules; ``bootstrap.photo_fetching`` does it.

Rules kept here:

- Nothing is fetched unless the operator has named the host. There are no patterns: a host is named in full.
- https, and on port 443 unless another one is named. Plain http only to this machine, where the operator has named it
  with its port.
- A named host may lead to public addresses only: whoever runs its name server could point it anywhere. This machine is
  the exception again, and then nothing but this machine.
- An address has one meaning: no user name, no spelling of a number that only some programs take for an IP address.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from countenance.core.errors import InputError, SettingsInvalid
from countenance.service.public_places import is_loopback, is_public

#: Longest address that is looked at. Source: a common limit of servers; RFC 9110 asks for at least 8,000.
LONGEST_ADDRESS = 8_192
HTTPS_PORT = 443
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:[/?][!\"$-~]*)?)(?:#[!-~]*)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?\.)*[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?")
#: What some programs read as an IP address in another spelling: decimal, octal or hexadecimal, whole or in parts.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class WhyNot(enum.StrEnum):
    """Why a photo was not fetched, in words for whoever asked; they tell nothing of the network here."""

    OFF = "this service fetches no addresses; send the picture itself, or ask its operator to set fetch_allow"
    MALFORMED = "it is not an address of the form https://host/path"
    HOST = "its host, scheme or port is not one that this service fetches from"
    PLACE = "its host leads to a place that this service does not fetch from"
    SILENT = "the other server cannot be reached or does not answer in time"
    CERTIFICATE = "the other server's certificate is not accepted"
    STATUS = "the other server does not answer with a picture"
    REDIRECTS = "it is redirected too often"
    TOO_LARGE = "the file is too large"
    BROKEN = "the other server's answer cannot be read, is packed, or breaks off"


#: Reasons that are the operator's decision, whatever the other server would say.
DECIDED_HERE = frozenset({WhyNot.OFF, WhyNot.MALFORMED, WhyNot.HOST, WhyNot.PLACE})


class PhotoNotFetched(InputError):
    """A photo that a client named by its address was not fetched.

    Attributes:
        why: The reason.
    """

    def __init__(self, why: WhyNot) -> None:
        super().__init__(f"The picture was not fetched: {why.value}.")
        self.why = why


@dataclass(frozen=True, slots=True)
class FetchedPhoto:
    """A file that was fetched.

    Attributes:
        data: Its bytes; whether they are a picture is not known yet.
        address: Where it came from in the end, after redirects.
    """

    data: bytes = field(repr=False)
    address: str


class FetchPhoto(Protocol):
    """Fetches a photo from an address that a client has named."""

    def __call__(self, address: str, limit: int) -> FetchedPhoto:
        """Return the file at an address, of at most ``limit`` bytes.

        Raises:
            PhotoNotFetched: It may not be fetched, or could not be.
        """
        ...


def no_fetching(address: str, limit: int) -> FetchedPhoto:
    """Fetch nothing: what a service does whose operator has named no host.

    Raises:
        PhotoNotFetched: Always.
    """
    raise PhotoNotFetched(WhyNot.OFF)


@dataclass(frozen=True, slots=True)
class PhotoAddress:
    """An address that may be fetched, as far as its host's place allows it.

    Attributes:
        scheme: ``https`` or ``http``.
        host: Lower-case name, or an IP address without brackets.
        port: Of the server.
        target: Path and query as they are sent.
        here: Whether this machine is meant.
    """

    scheme: str
    host: str
    port: int
    target: str
    here: bool

    @property
    def authority(self) -> str:
        """Return host and port as the ``Host`` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (HTTPS_PORT if self.scheme == "https" else 80)
        return host if usual else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """Return the whole address."""
        return f"{self.scheme}://{self.authority}{self.target}"


class PhotoAddresses:
    """The addresses that photos may be fetched from."""

    def __init__(self, setting: str) -> None:
        """Take hosts separated by commas or spaces, each with a port or without: ``photos.example.org``.

        Raises:
            SettingsInvalid: One of them is no host.
        """
        self._allowed = frozenset(_allowed(item) for item in re.split(r"[,\s]+", setting) if item)

    def __len__(self) -> int:
        return len(self._allowed)

    def require(self, text: str) -> PhotoAddress:
        """Return an address that may be fetched.

        Raises:
            PhotoNotFetched: It may not be, or is none.
        """
        found = _ADDRESS.fullmatch(text) if len(text) <= LONGEST_ADDRESS else None
        if found is None or "\\" in text:
            raise PhotoNotFetched(WhyNot.MALFORMED)
        host = _host(found["host"])
        if host is None:
            raise PhotoNotFetched(WhyNot.MALFORMED)
        scheme = found["scheme"].lower()
        port = int(found["port"] or (HTTPS_PORT if scheme == "https" else 80))
        here = _is_here(host)
        if (host, port) not in self._allowed or (scheme != "https" and not here):
            raise PhotoNotFetched(WhyNot.HOST)
        target = found["target"]
        return PhotoAddress(scheme, host, port, target if target.startswith("/") else f"/{target}", here)

    def require_places(self, address: PhotoAddress, places: Iterable[str]) -> tuple[str, ...]:
        """Return the IP addresses that a host leads to, if every one of them may be connected to.

        Raises:
            PhotoNotFetched: One may not be, or there is none.
        """
        found = tuple(dict.fromkeys(places))
        if not found:
            raise PhotoNotFetched(WhyNot.SILENT)
        if not all(is_loopback(item) if address.here else is_public(item) for item in found):
            raise PhotoNotFetched(WhyNot.PLACE)
        return found


def _is_here(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def _host(text: str) -> str | None:
    """Return a host in its one spelling, or None if it has none."""
    try:
        if text.startswith("["):
            return str(ipaddress.IPv6Address(text[1:-1]))
        host = text.lower().removesuffix(".")
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    return host if len(host) <= 253 and _NAME.fullmatch(host) else None


def _allowed(item: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]/@*?#]+)(?::([0-9]{1,5}))?", item)
    host = None if found is None else _host(found[1])
    if found is None or host is None:
        raise SettingsInvalid(
            f"The setting fetch_allow names {item!r}, which is no host.",
            remedy="Name hosts in full, such as photos.example.org or photos.example.org:8443, separated by commas.",
        )
    port = int(found[2] or HTTPS_PORT)
    if not 1 <= port <= 65_535:
        raise SettingsInvalid(f"The setting fetch_allow names the port {port}, which there is not.")
    if _is_here(host):
        if found[2] is None:
            raise SettingsInvalid(f"The setting fetch_allow names {item!r} without a port.", remedy="Add the port.")
    elif not _may_be_public(host):
        raise SettingsInvalid(
            f"The setting fetch_allow names {item!r}, which is not in the public network.",
            remedy="Photos of your own network: send the pictures themselves, or put them into a folder or store for "
            "s3_folder or s3_endpoint.",
        )
    return host, port


def _may_be_public(host: str) -> bool:
    is_name = ":" not in host and not _NUMBER.fullmatch(host.rpartition(".")[2])
    return is_name or is_public(host)
