"""Checkpoints leave for a file or an address on this machine; what comes back counts only if it is valid and known."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from countenance.bootstrap.checkpoint_delivery import to_address, to_file
from countenance.bootstrap.ledger import split_notes
from countenance.core.errors import InputError, ProofInvalid, StorageUnavailable
from countenance.ledger.checkpoint import verify_checkpoint, with_signature
from countenance.ledger.signed_note import cosign_note, parse_note
from countenance.ledger.signing_keys import SignatureType
from tests.support.ledger_samples import ledger_of, sample_entries, signing_key

LEDGER = ledger_of(sample_entries())
WITNESS = signing_key("witness.example", "witness")
WITNESS_KEY = WITNESS.verifier_key(SignatureType.COSIGNATURE)
KEYS = (WITNESS_KEY, LEDGER.key.verifier_key())


@dataclass
class Server:
    """A server on this machine that answers every request the same way."""

    address: str = ""
    status: int = 200
    body: bytes = b""
    location: str = ""
    delay: threading.Event | None = None
    got: list[tuple[str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers["Content-Length"])
            told.got.append((self.command, self.path, self.rfile.read(length)))
            if told.delay is not None:
                told.delay.wait(5)
                return
            self.send_response(told.status)
            if told.location:
                self.send_header("Location", told.location)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        told.address = f"http://127.0.0.1:{http.server_port}/log?of=faces"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield told
        if told.delay is not None:
            told.delay.set()
        http.shutdown()
        thread.join()


def test_a_file_is_added_to_and_can_be_taken_apart_again(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.txt"
    notes = [LEDGER.checkpoint(size) for size in (1, 3, 7)]
    cosigned = with_signature(notes[2], cosign_note(parse_note(notes[2]).text, WITNESS, 1_900_000_000))
    notes.append(cosigned)
    for note in notes:
        to_file(note, path)
    assert split_notes(path.read_bytes()) == notes
    assert split_notes(path.read_bytes().replace(b"\n", b"\r\n")) == notes
    assert split_notes(b"") == split_notes(b"\n\n") == split_notes(b"text alone") == []
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        to_file(notes[0], tmp_path)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_signed_note_is_sent_as_it_is(server: Server, method: str) -> None:
    note = LEDGER.checkpoint()
    delivery = to_address(note, server.address, method=method)
    assert server.got == [(method, "/log?of=faces", note)]
    assert (delivery.signed, delivery.kind, delivery.witnesses) == (note, "http", ())


@pytest.mark.parametrize("whole", [True, False], ids=["whole note", "signature lines"])
def test_a_known_witness_signature_that_comes_back_is_kept(server: Server, whole: bool) -> None:
    note = LEDGER.checkpoint()
    signature = cosign_note(parse_note(note).text, WITNESS, 1_900_000_000)
    server.body = with_signature(note, signature) if whole else signature.line().encode()
    delivery = to_address(note, server.address, witness_keys=KEYS)
    assert delivery.witnesses == ("witness.example",)
    assert verify_checkpoint(delivery.signed, KEYS).witnesses[0].posix_time == 1_900_000_000
    assert delivery.signed.startswith(note)


def test_a_signature_by_somebody_unknown_is_not_kept(server: Server) -> None:
    note = LEDGER.checkpoint()
    stranger = signing_key("stranger.example", "stranger")
    server.body = cosign_note(parse_note(note).text, stranger, 1_900_000_000).line().encode()
    delivery = to_address(note, server.address, witness_keys=KEYS)
    assert (delivery.signed, delivery.witnesses, delivery.ignored) == (note, (), 1)


def test_a_known_witness_signature_over_something_else_is_an_error(server: Server) -> None:
    server.body = cosign_note(parse_note(LEDGER.checkpoint(3)).text, WITNESS, 1_900_000_000).line().encode()
    with pytest.raises(ProofInvalid, match=r"witness\.example"):
        to_address(LEDGER.checkpoint(), server.address, witness_keys=KEYS)


@pytest.mark.parametrize("body", [b"thank you", b"\xff\xfe", b"<html></html>"])
def test_an_answer_that_is_no_signature_is_let_be(server: Server, body: bytes) -> None:
    server.body = body
    assert to_address(LEDGER.checkpoint(), server.address, witness_keys=KEYS).signed == LEDGER.checkpoint()


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_address_that_does_not_take_it_is_said_and_no_redirect_followed(server: Server, status: int) -> None:
    server.status, server.location = status, server.address
    with pytest.raises(StorageUnavailable, match=f"answered {status}"):
        to_address(LEDGER.checkpoint(), server.address)
    assert len(server.got) == 1


def test_an_address_that_does_not_answer_is_given_up(server: Server) -> None:
    server.delay = threading.Event()
    with pytest.raises(StorageUnavailable, match=r"0\.2 seconds"):
        to_address(LEDGER.checkpoint(), server.address, timeout_s=0.2)


def test_nothing_is_sent_where_nobody_listens_or_by_other_means() -> None:
    with pytest.raises(StorageUnavailable, match="does not take"):
        to_address(LEDGER.checkpoint(), "http://127.0.0.1:1/")
    for address in ("ftp://127.0.0.1/x", "file:///tmp/x", "http:///x"):
        with pytest.raises(InputError, match="http or https"):
            to_address(LEDGER.checkpoint(), address)
    with pytest.raises(InputError, match="POST or PUT"):
        to_address(LEDGER.checkpoint(), "http://127.0.0.1:1/", method="DELETE")
