"""Bodies up to a limit, paths and headers as sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from countenance.web.wire import BodyTooLarge, ClientGone, Receive, head_of, read_body


def messages(*chunks: bytes, gone: bool = False) -> Receive:
    """Return a receive that gives these chunks, or ends in the middle."""
    sent: Iterable[dict[str, Any]] = [
        {"type": "http.request", "body": chunk, "more_body": gone or number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    left = iter([*sent, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(left)

    return receive


def test_chunks_are_put_together_up_to_the_limit() -> None:
    assert asyncio.run(read_body(messages(b"ab", b"", b"cd"), 4)) == b"abcd"


def test_one_byte_more_is_too_large_and_the_rest_is_read_away() -> None:
    receive = messages(b"abcd", b"e", b"f")
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_body(receive, 4))
    assert asyncio.run(receive())["type"] == "http.disconnect"  # type: ignore[arg-type]


def test_a_client_that_goes_away_is_told_apart_from_one_that_has_finished() -> None:
    with pytest.raises(ClientGone):
        asyncio.run(read_body(messages(b"ab", gone=True), 4))


def test_the_head_is_as_sent() -> None:
    head = head_of(
        {
            "method": "post",
            "path": "/a b",
            "raw_path": b"/%61%20b//c?x=1",
            "query_string": b"x=1",
            "headers": [(b"X-One", b"1"), (b"x-one", b"2")],
        }
    )
    assert (head.method, head.raw_path, head.raw_query) == ("POST", "/%61%20b//c", "x=1")
    assert head.headers == (("x-one", "1"), ("x-one", "2"))
    assert head.path_segments == ("%61%20b", "c")
