"""A request of the native interface: its body within limits, and its photos in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from countenance.web.form_bodies import FormRefused, close_form, read_form

#: Largest body, in bytes: two photos of 20 MB and the form around them. The engine's own limits on a photo are below.
MOST_BODY_BYTES = 42_000_000


class RestRequest(Request):
    """A request whose body ends at the limit, and whose form never touches a disk.

    FastAPI reads bodies through ``body`` and ``form`` and turns whatever these raise into errors of its own, except for
    an ``HTTPException``: so the limits raise that.
    """

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body's chunks.

        Raises:
            HTTPException: It is over the limit.
        """
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > MOST_BODY_BYTES:
                raise HTTPException(413)
            yield chunk

    def form(self, **_: Any) -> Any:
        """Return what gives the form, once it is awaited; read once, whoever asks."""
        return _Awaited(self)

    async def whole_form(self) -> FormData:
        """Return the form.

        Raises:
            HTTPException: It cannot be read.
        """
        known: FormData | None = getattr(self.state, "form", None)
        if known is not None:
            return known
        try:
            return await read_form(self, limit=MOST_BODY_BYTES)
        except FormRefused as error:
            raise HTTPException(error.status) from error

    async def let_go(self) -> None:
        """Close the form's files."""
        await close_form(self)


class _Awaited:
    """Awaited or entered, it gives the form; closing is the request's matter."""

    def __init__(self, request: RestRequest) -> None:
        self._request = request

    def __await__(self) -> Any:
        return self._request.whole_form().__await__()

    async def __aenter__(self) -> FormData:
        return await self._request.whole_form()

    async def __aexit__(self, *_: object) -> None:
        return None
