"""Bodies that are forms: fields and files, in memory and within limits.

Rule kept here: photos are never spooled to a disk.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from countenance.web.wire import BodyTooLarge

#: Most files and fields of a form, and the longest field. A page of ours has a few dozen fields at most.
MOST_FILES, MOST_FIELDS, FIELD_BYTES = 1_000, 500, 200_000


class FormRefused(Exception):
    """A form is unreadable, or not from a page of ours; nothing was done.

    Attributes:
        status: HTTP status.
        message: What is wrong.
        remedy: What to do.
    """

    def __init__(self, status: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.remedy = remedy


class _InMemory(MultiPartParser):
    # 0: a spooled file that never goes to the disk. The whole body is limited.
    spool_max_size = 0
    ended = False

    def on_end(self) -> None:
        """Note that the last boundary came: the parser itself takes a form that is cut short."""
        super().on_end()
        self.ended = True

    async def parse(self) -> FormData:
        """Return the form.

        Raises:
            MultiPartException: It is cut short.
        """
        form = await super().parse()
        if not self.ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is cut short.")
        return form


async def read_form(request: Request, *, limit: int) -> FormData:
    """Return the fields and files of a form.

    Args:
        request: The request.
        limit: Most bytes of the whole form.

    Raises:
        BodyTooLarge: It is over the limit.
        FormRefused: It cannot be read.
    """
    kind, _ = parse_options_header(request.headers.get("content-type"))
    most = {"max_fields": MOST_FIELDS, "max_part_size": FIELD_BYTES}
    parser: MultiPartParser | FormParser
    async with aclosing(_limited(request, limit)) as stream:
        if kind == b"multipart/form-data":
            parser = _InMemory(request.headers, stream, max_files=MOST_FILES, **most)
        elif kind == b"application/x-www-form-urlencoded":
            parser = FormParser(request.headers, stream, **most)
        else:
            raise FormRefused(415, "This is not a form.", "Send the form of the page.")
        try:
            form = await parser.parse()
        except (MultiPartException, ValueError, KeyError) as error:
            raise FormRefused(400, "The form cannot be read.", "Open the page again and send its form.") from error
    # Closed with the request; see ``close_form``.
    request.state.form = form
    return form


async def close_form(request: Request) -> None:
    """Let go of the files of a request's form, if it had one."""
    form = getattr(request.state, "form", None)
    if form is not None:
        await form.close()


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge
        yield chunk
