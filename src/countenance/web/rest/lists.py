"""Long lists: in pages with a cursor, or all of them as one stream of JSON lines; both from the same query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from countenance.web.rest.answers import Answer
from countenance.web.rest.cursors import LONGEST

Item = TypeVar("Item", bound=BaseModel)
Found = TypeVar("Found")

#: Media type of one JSON document a line. Source: the ndjson specification, version 1.0.0.
LINES = "application/x-ndjson"
#: Items fetched at once for a stream: what is held in memory of it.
STREAMED = 500

Cursor = Annotated[
    str | None, Query(max_length=LONGEST, description="Where the list goes on: `next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Most items on the page.")]
#: Fetches (cursor or None, most items) → items and the cursor behind them, or None at the end.
Fetch = Callable[[str | None, int], Awaitable[tuple[Sequence[Item], str | None]]]


class Page(Answer, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the next page; null at the end. Also in the header `Link`.")


def streamed(content: type[BaseModel]) -> dict[str, object]:
    """Return what the OpenAPI document says of a list that also comes as lines."""
    words = f"With `Accept: {LINES}` the whole list, one item a line: {content.__name__}."
    return {"description": f"A page of the list. {words}", "content": {LINES: {"schema": {"type": "string"}}}}


def first_of(found: Sequence[Found], most: int, cursor: Callable[[Found], str]) -> tuple[Sequence[Found], str | None]:
    """Return what goes on a page, and the cursor behind it; None at the end of the list.

    Args:
        found: The items from the page's beginning on; one more than fit, if there are more.
        most: Most items on a page.
        cursor: Returns the cursor behind an item.
    """
    shown = found[:most]
    return shown, cursor(shown[-1]) if len(found) > most else None


async def listed(request: Request, response: Response, fetch: Fetch[Item], cursor: str | None, limit: int) -> object:
    """Return a page, or the whole list from the cursor on as a stream if lines are asked for."""
    if LINES in request.headers.get("accept", ""):
        # The first page is fetched before anything is sent: a refusal is still an answer of its own.
        first = await fetch(cursor, STREAMED)
        return StreamingResponse(_lines(first, fetch), media_type=LINES)
    items, following = await fetch(cursor, limit)
    if following is not None:
        query = urlencode([*((k, v) for k, v in request.query_params.items() if k != "cursor"), ("cursor", following)])
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return Page(items=list(items), next=following)


async def _lines(first: tuple[Sequence[Item], str | None], fetch: Fetch[Item]) -> AsyncIterator[bytes]:
    items, following = first
    while True:
        yield b"".join(item.model_dump_json().encode() + b"\n" for item in items)
        if following is None:
            return
        items, following = await fetch(following, STREAMED)
