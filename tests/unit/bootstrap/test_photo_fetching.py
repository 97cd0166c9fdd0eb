"""Fetching photos: what is judged is what is connected to, and nothing is too long, too large or somewhere else."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from countenance.bootstrap import photo_fetching
from countenance.bootstrap.photo_fetching import MOST_REDIRECTS, HttpPhotoFetcher, system_resolve
from countenance.service.photo_addresses import FetchedPhoto, PhotoAddresses, PhotoNotFetched, WhyNot
from tests.support.own_certificate import own_certificate
from tests.support.photo_server import Answer, PhotoServer, answer, dripping, photo_server, redirect
from tests.support.waiting import PATIENCE_S

PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with photo_server() as made:
        made.answers["/photo"] = answer(PHOTO)
        yield made


def fetcher(server: PhotoServer, *, more: str = "", timeout_s: float = 5.0) -> HttpPhotoFetcher:
    return HttpPhotoFetcher(PhotoAddresses(f"localhost:{server.port} 127.0.0.1:{server.port} {more}"), timeout_s)


def fetched(server: PhotoServer, path: str = "/photo", *, limit: int = 1_000_000, **options: float) -> FetchedPhoto:
    return fetcher(server, **options)(f"http://localhost:{server.port}{path}", limit)  # type: ignore[arg-type]


def why_not(server: PhotoServer, said: bytes | Answer, *, limit: int = 1_000_000, timeout_s: float = 5.0) -> WhyNot:
    server.answers["/photo"] = said
    with pytest.raises(PhotoNotFetched) as caught:
        fetched(server, limit=limit, timeout_s=timeout_s)
    return caught.value.why


def test_a_photo_comes_as_it_is_and_nothing_of_the_client_is_sent(server: PhotoServer) -> None:
    server.answers["/photo?size=large"] = answer(PHOTO, headers=("Content-Type: text/html", "Set-Cookie: a=b"))
    found = fetched(server, "/photo?size=large#part", limit=len(PHOTO))
    assert found == FetchedPhoto(PHOTO, f"http://localhost:{server.port}/photo?size=large")
    (request,) = server.requests
    assert request.splitlines() == [
        "GET /photo?size=large HTTP/1.1",
        f"Host: localhost:{server.port}",
        "User-Agent: countenance",
        "Accept: image/*",
        "Accept-Encoding: identity",
        "Connection: close",
        "",
    ]


def test_proxies_of_the_environment_are_not_used(server: PhotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetched(server).data == PHOTO


@pytest.mark.parametrize(
    "said",
    [
        answer(PHOTO, length=-1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(PHOTO) + PHOTO + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(PHOTO),
    ],
    ids=["without a length", "in chunks", "after a hundred"],
)
def test_answers_of_every_form_are_read(server: PhotoServer, said: bytes) -> None:
    server.answers["/photo"] = said
    assert fetched(server, limit=len(PHOTO)).data == PHOTO


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer(PHOTO, length=len(PHOTO) + 1), WhyNot.BROKEN),
        (answer(status="404 Not Found"), WhyNot.STATUS),
        (answer(status="500 No"), WhyNot.STATUS),
        (answer(PHOTO, status="206 Partial Content"), WhyNot.STATUS),
        (answer(status="302 Found"), WhyNot.STATUS),
        (answer(gzip.compress(bytes(50_000_000)), headers=("Content-Encoding: gzip",)), WhyNot.BROKEN),
        (answer(PHOTO, headers=("Content-Encoding: br",)), WhyNot.BROKEN),
        (b"SSH-2.0-OpenSSH_9.9\r\n", WhyNot.BROKEN),
        (b"", WhyNot.SILENT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", WhyNot.BROKEN),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", WhyNot.BROKEN),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", WhyNot.BROKEN),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", WhyNot.BROKEN),
    ],
)
def test_what_is_no_complete_answer_is_refused(server: PhotoServer, said: bytes, why: WhyNot) -> None:
    assert why_not(server, said) is why


def test_the_size_is_limited_by_what_is_said_and_by_what_comes(server: PhotoServer) -> None:
    assert why_not(server, answer(length=10**12)) is WhyNot.TOO_LARGE
    assert why_not(server, answer(PHOTO, length=-1), limit=len(PHOTO) - 1) is WhyNot.TOO_LARGE
    endless = dripping(answer(length=-1), bytes(65_536), 0)
    assert why_not(server, endless, limit=2_000_000) is WhyNot.TOO_LARGE
    in_chunks = dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + bytes(1_024) + b"\r\n", 0
    )
    assert why_not(server, in_chunks, limit=100_000) is WhyNot.TOO_LARGE


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", id="header"),
        pytest.param(answer(length=10_000), id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;", id="size of a chunk"),
    ],
)
def test_the_time_limit_is_for_the_whole_however_slowly_it_comes(server: PhotoServer, start: bytes) -> None:
    # It drips for ever: that there is an answer at all shows that the limit is for the whole.
    started = time.monotonic()
    assert why_not(server, dripping(start), timeout_s=0.4) is WhyNot.SILENT
    assert time.monotonic() - started > 0.3


def test_a_hundred_without_end_ends(server: PhotoServer) -> None:
    assert why_not(server, dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), timeout_s=0.3) is WhyNot.SILENT


def test_redirects_are_followed_three_times_and_judged_each_time(server: PhotoServer) -> None:
    for number in range(MOST_REDIRECTS):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}", ("301 M", "307 T", "308 P")[number])
    server.answers[f"/{MOST_REDIRECTS}"] = answer(PHOTO)
    assert fetched(server, "/0") == FetchedPhoto(PHOTO, f"http://localhost:{server.port}/{MOST_REDIRECTS}")
    server.answers["/photo"] = redirect("/0")
    assert why_not(server, redirect("/0")) is WhyNot.REDIRECTS
    assert why_not(server, redirect(f"http://127.0.0.1:{server.port}/photo")) is WhyNot.REDIRECTS


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("http://169.254.169.254/latest/meta-data", WhyNot.HOST),
        ("https://169.254.169.254/latest/meta-data", WhyNot.HOST),
        ("http://10.0.0.1/x", WhyNot.HOST),
        ("//evil.example/x", WhyNot.HOST),
        ("http://localhost:1/x", WhyNot.HOST),
        ("file:///etc/passwd", WhyNot.MALFORMED),
        ("http://user@localhost/x", WhyNot.MALFORMED),
        ("http://2130706433/x", WhyNot.MALFORMED),
        ("/\r\n x", WhyNot.MALFORMED),
        ("http://[", WhyNot.BROKEN),
    ],
)
def test_no_redirect_leads_to_what_is_not_named(server: PhotoServer, to: str, why: WhyNot) -> None:
    assert why_not(server, redirect(to)) is why
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(PhotoNotFetched) as caught:
        HttpPhotoFetcher(PhotoAddresses(f"127.0.0.1:{port}"), 2)(f"http://127.0.0.1:{port}/x", 10)
    assert caught.value.why is WhyNot.SILENT


class Resolver:
    """Answers with one list of places after the other, as the name server of an attacker does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    "places",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["8.8.8.8", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::a00:1"],
    ],
)
def test_a_named_host_that_leads_inside_is_not_connected_to(places: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> socket.socket:
        raise AssertionError("connected")

    monkeypatch.setattr(photo_fetching.socket, "create_connection", connect)
    fetch = HttpPhotoFetcher(PhotoAddresses("photos.example.org"), 2, resolve=Resolver(places))
    with pytest.raises(PhotoNotFetched) as caught:
        fetch("https://photos.example.org/x", 10)
    assert caught.value.why is WhyNot.PLACE


def test_a_name_is_resolved_once_and_the_place_that_was_judged_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # The second answer would lead inside; nobody asks for it.
    resolver = Resolver(["8.8.8.8"], ["127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(photo_fetching.socket, "create_connection", connect)
    fetch = HttpPhotoFetcher(PhotoAddresses("photos.example.org"), 2, resolve=resolver)
    with pytest.raises(PhotoNotFetched):
        fetch("https://photos.example.org/x", 10)
    assert (resolver.asked, connected) == ([("photos.example.org", 443)], [("8.8.8.8", 443)])


def test_a_resolver_that_never_answers_is_not_waited_for() -> None:
    let_go, answered = threading.Event(), []

    def resolve(host: str, port: int) -> Sequence[str]:
        let_go.wait(PATIENCE_S)
        answered.append(host)
        return ["8.8.8.8"]

    with pytest.raises(PhotoNotFetched) as caught:
        HttpPhotoFetcher(PhotoAddresses("photos.example.org"), 0.2, resolve=resolve)("https://photos.example.org/", 10)
    assert caught.value.why is WhyNot.SILENT
    assert answered == []
    let_go.set()


def test_a_host_that_does_not_exist_has_no_place() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    with pytest.raises(PhotoNotFetched) as caught:
        HttpPhotoFetcher(PhotoAddresses("photos.example.org"), 2, resolve=resolve)("https://photos.example.org/", 10)
    assert caught.value.why is WhyNot.SILENT


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[PhotoServer, Callable[..., HttpPhotoFetcher]]]:
    """Yield a server at localhost whose certificate is for ``photos.example.org``, and how to fetch from it."""
    certificate, key = own_certificate(tmp_path, "photos.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with photo_server(context) as server:
        server.answers["/photo"] = answer(PHOTO)

        def fetch(*, trusting: bool = True) -> HttpPhotoFetcher:
            tls = ssl.create_default_context(cafile=str(certificate)) if trusting else None
            addresses = PhotoAddresses(f"localhost:{server.port}")
            return HttpPhotoFetcher(addresses, 5, tls=tls)

        yield server, fetch


def test_a_certificate_has_to_be_trusted_and_for_the_name(
    tls_server: tuple[PhotoServer, Callable[..., HttpPhotoFetcher]],
) -> None:
    server, fetch = tls_server
    for trusting in (True, False):
        # It is for another name; without our trust it is nobody's.
        with pytest.raises(PhotoNotFetched) as caught:
            fetch(trusting=trusting)(f"https://localhost:{server.port}/photo", 10**6)
        assert caught.value.why is WhyNot.CERTIFICATE
    assert server.requests == []


def test_a_public_name_is_checked_against_its_certificate_at_the_place_it_was_judged_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = own_certificate(tmp_path, "photos.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    connect = socket.create_connection
    with photo_server(context) as server:
        server.answers["/photo"] = answer(PHOTO)
        # What is connected to stands in for the public place; name, certificate and request are real.
        monkeypatch.setattr(
            photo_fetching.socket,
            "create_connection",
            lambda place, timeout: connect(("127.0.0.1", server.port), timeout),
        )
        fetch = HttpPhotoFetcher(
            PhotoAddresses("photos.example.org, other.example.org"),
            5,
            resolve=Resolver(["8.8.8.8"]),
            tls=ssl.create_default_context(cafile=str(certificate)),
        )
        assert fetch("https://photos.example.org/photo", 10**6).data == PHOTO
        assert "Host: photos.example.org\r\n" in server.requests[0]
        with pytest.raises(PhotoNotFetched) as caught:
            fetch("https://other.example.org/photo", 10**6)
        assert caught.value.why is WhyNot.CERTIFICATE


def test_the_systems_resolver_knows_this_machine() -> None:
    assert set(system_resolve("localhost", 80)) <= {"127.0.0.1", "::1"}
    assert "127.0.0.1" in system_resolve("127.0.0.1", 80)
