"""Forms are read in memory, and whatever is wrong with one is the client's error."""

from __future__ import annotations

import random

import httpx
import pytest

from countenance.web.watson.errors import WatsonError
from countenance.web.watson.form import MOST_PARTS, form_parts

NAMES = frozenset({"images_file", "url"})


def sent(**parts: object) -> tuple[str, bytes]:
    """Return (content type, body) as a real client writes a form."""
    request = httpx.Request("POST", "http://service.example/", files=parts)  # type: ignore[arg-type]
    return request.headers["content-type"], request.read()


def test_what_a_client_sends_arrives_byte_for_byte() -> None:
    data = random.Random(1).randbytes(300_000) + b"\r\n--\r\n"
    kind, body = sent(images_file=("a b.jpg", data, "image/jpeg"), url=(None, b"http://x"), other=(None, b"1"))
    parts = form_parts(kind, body, NAMES)
    assert set(parts) == NAMES
    assert (parts["images_file"].file_name, parts["images_file"].data) == ("a b.jpg", data)
    assert parts["url"].data == b"http://x"


def test_an_empty_body_has_no_parts() -> None:
    assert form_parts("", b"", NAMES) == {}


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data", "multipart/form-data; boundary="])
def test_a_body_of_another_type_is_refused(kind: str) -> None:
    with pytest.raises(WatsonError):
        form_parts(kind, b"{}", NAMES)


def test_a_form_cut_short_anywhere_is_refused() -> None:
    kind, body = sent(images_file=("a.jpg", b"x" * 50, "image/jpeg"))
    for length in range(1, len(body) - 4):
        with pytest.raises(WatsonError):
            form_parts(kind, body[:length], NAMES)


def test_a_part_twice_and_too_many_parts_are_refused() -> None:
    for count, name in ((2, "url"), (MOST_PARTS + 1, "other")):
        request = httpx.Request("POST", "http://service.example/", files=[(name, (None, b"1"))] * count)
        with pytest.raises(WatsonError):
            form_parts(request.headers["content-type"], request.read(), NAMES)
