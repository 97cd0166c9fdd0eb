"""The GET of a list of cases, against a server on this machine: what is sent, what is an answer, what is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from countenance.bootstrap.case_list_fetch import LARGEST_ANSWER_BYTES, HttpFetch, require_address
from countenance.core.errors import CaseListUnavailable, SettingsInvalid
from countenance.service.case_lists import HttpCaseList
from countenance.service.case_ports import ListedAs

CASES = {"/cases/24-1183": b'{"case_number": "24-1183", "status": "open"}', "/cases/24-1": b'{"status": "closed"}'}


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Authorization"]))
        if self.path == "/cases/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/cases/24-1183")
            self.end_headers()
        elif self.path == "/cases/silent":
            time.sleep(1.5)
        elif self.path == "/cases/drip":
            self._drip()
        elif self.path == "/cases/large":
            self._answer(200, b"x" * (LARGEST_ANSWER_BYTES + 1))
        elif self.path == "/cases/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"status": "open"}')
        else:
            self._answer(200 if self.path in CASES else 404, CASES.get(self.path, b"no such case"))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(20):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Handler.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def case_list(server: ThreadingHTTPServer, token: str = "", timeout_s: float = 5) -> HttpCaseList:
    return HttpCaseList(HttpFetch(f"http://127.0.0.1:{server.server_port}/cases/{{number}}", timeout_s, token))


def test_numbers_are_looked_up_over_http(server: ThreadingHTTPServer) -> None:
    cases = case_list(server)
    assert cases.look_up("24-1183") is ListedAs.OPEN
    assert cases.look_up("24-1") is ListedAs.CLOSED
    assert cases.look_up("24-9999") is ListedAs.UNKNOWN
    assert Handler.seen[0] == ("/cases/24-1183", None)


def test_a_token_is_sent_and_never_shown(server: ThreadingHTTPServer) -> None:
    case_list(server, token="very-secret").look_up("24-1183")
    assert Handler.seen == [("/cases/24-1183", "Bearer very-secret")]
    assert "very-secret" not in repr(HttpFetch("https://records.example.org/{number}", 1, "very-secret"))


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("24/1", "/cases/24%2F1"), ("../admin", "/cases/%2E%2E%2Fadmin"), ("..", "/cases/%2E%2E"),
        ("a?b=c#d&e%f@g:h", "/cases/a%3Fb%3Dc%23d%26e%25f%40g%3Ah"), ("ж", "/cases/%D0%B6"),
        ("a\r\nX: y", "/cases/a%0D%0AX%3A%20y"),
    ],
)  # fmt: skip
def test_a_number_changes_nothing_but_its_own_place_in_the_address(
    number: str, path: str, server: ThreadingHTTPServer
) -> None:
    assert case_list(server).look_up(number) is ListedAs.UNKNOWN
    assert [seen for seen, _ in Handler.seen] == [path]


@pytest.mark.parametrize("number", ["elsewhere", "large", "short"])
def test_a_redirect_an_oversized_and_a_broken_off_answer_refuse(number: str, server: ThreadingHTTPServer) -> None:
    with pytest.raises(CaseListUnavailable):
        case_list(server).look_up(number)
    assert len(Handler.seen) == 1


@pytest.mark.parametrize("number", ["silent", "drip"])
def test_what_takes_too_long_is_no_answer(number: str, server: ThreadingHTTPServer) -> None:
    began = time.monotonic()
    with pytest.raises(CaseListUnavailable):
        case_list(server, timeout_s=0.3).look_up(number)
    assert time.monotonic() - began < 1.4


def test_a_server_that_is_not_there_refuses_without_naming_the_case(server: ThreadingHTTPServer) -> None:
    cases = HttpCaseList(HttpFetch("http://127.0.0.1:1/cases/{number}", 1))
    with pytest.raises(CaseListUnavailable) as caught:
        cases.look_up("24-1183")
    assert "24-1183" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_proxy_of_the_environment_is_used(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert case_list(server).look_up("24-1183") is ListedAs.OPEN


@pytest.mark.parametrize(
    "address",
    ["https://records.example.org/{number}", "https://records.example.org/?n={number}", "http://localhost/{number}",
     "http://127.0.0.1:8080/{number}", "http://[::1]/{number}"],
)  # fmt: skip
def test_addresses_that_are_encrypted_or_on_this_machine_are_accepted(address: str) -> None:
    assert require_address(address) == address


@pytest.mark.parametrize(
    "address",
    ["https://records.example.org/cases", "http://records.example.org/{number}", "https://{number}.example.org/",
     "http://127.0.0.1.example.org/{number}", "http://10.0.0.1/{number}", "https://records.example.org/#{number}"],
)  # fmt: skip
def test_other_addresses_are_not(address: str) -> None:
    with pytest.raises(SettingsInvalid):
        require_address(address)
