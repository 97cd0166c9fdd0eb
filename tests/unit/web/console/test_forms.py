"""Forms: read in memory, limited, and taken only from a page of ours."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from countenance.web.console.forms import (
    FormRefused,
    close_form,
    files_of,
    read_form,
    require_own_page,
    require_token,
    text_of,
)
from countenance.web.wire import BodyTooLarge


def request(body: bytes = b"", *, piece: int = 1 << 20, **headers: str) -> Request:
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    waiting = iter(messages)

    async def receive() -> Any:
        return next(waiting, {"type": "http.disconnect"})

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""}
    return Request(scope, receive)


def multipart(*parts: tuple[str, bytes]) -> tuple[bytes, str]:
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"
                    for head, data in parts)  # fmt: skip
    return body + b"--x--\r\n", "multipart/form-data; boundary=x"


def test_a_large_photo_stays_in_memory() -> None:
    body, kind = multipart(('name="photo"; filename="a.jpg"', bytes(3_000_000)), ('name="note"', b"hello"))
    asked = request(body, content_type=kind)
    form = asyncio.run(read_form(asked, limit=10**8))
    (photo,) = files_of(form, "photo")
    assert photo.size == 3_000_000
    assert not photo.file._rolled  # type: ignore[attr-defined]
    assert text_of(form, "note") == "hello"
    asyncio.run(close_form(asked))
    assert photo.file.closed


def test_a_field_left_empty_is_no_file() -> None:
    body, kind = multipart(('name="photo"; filename=""', b""))
    asked = request(body, content_type=kind)
    assert files_of(asyncio.run(read_form(asked, limit=10**8)), "photo") == []
    asyncio.run(close_form(asked))


def test_what_is_over_the_limit_is_not_read_to_its_end() -> None:
    body, kind = multipart(('name="photo"; filename="a.jpg"', bytes(10_000)))
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_form(request(body, piece=1_000, content_type=kind), limit=5_000))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_what_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(FormRefused):
        asyncio.run(read_form(request(b'{"a": 1}', content_type=kind), limit=10**8))


def test_a_form_cut_short_is_refused() -> None:
    body, kind = multipart(('name="photo"; filename="a.jpg"', bytes(1_000)))
    with pytest.raises(FormRefused):
        asyncio.run(read_form(request(body[:600], content_type=kind), limit=10**8))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://elsewhere.example", "host": "here.example"},
        {"origin": "null", "host": "here.example"},
        {"origin": "http://here.example:8001", "host": "here.example:8000"},
    ],
)
def test_a_form_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(FormRefused) as refused:
        require_own_page(request(**headers))
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec_fetch_site": "same-origin", "origin": "http://here.example:8000", "host": "here.example:8000"}],
)
def test_a_form_from_here_is_taken(headers: dict[str, str]) -> None:
    require_own_page(request(**headers))


@pytest.mark.parametrize("form", [FormData(), FormData({"csrf": "other"}), FormData({"csrf": ""})])
def test_a_form_without_the_session_s_token_is_refused(form: FormData) -> None:
    with pytest.raises(FormRefused):
        require_token(form, "right")


def test_a_form_with_a_file_for_a_token_is_refused() -> None:
    with pytest.raises(FormRefused):
        require_token(FormData([("csrf", UploadFile(None, filename="right"))]), "right")  # type: ignore[arg-type]


def test_a_form_with_the_token_is_taken() -> None:
    require_token(FormData({"csrf": "right"}), "right")


@pytest.mark.parametrize("value", ["x" * 501, "a\0b"])
def test_text_that_no_page_of_ours_sends_is_refused(value: str) -> None:
    with pytest.raises(FormRefused):
        text_of(FormData({"name": value}), "name")
