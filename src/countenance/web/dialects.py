"""One port, several dialects: who answers a request, and what happens to it on the way whatever the dialect.

How to add a dialect:

1. Make a package beside ``rekognition`` with a class that has the four members of ``Dialect``. ``claims`` looks at the
   head of a request only (Azure: a path that begins with ``/face/``; Watson: one that ends in ``/v3/detect_faces`` or
   ``/identity/token``; ``RequestHead.path_segments`` has the empty segments taken out, as clients send double slashes).
2. In ``handle``: find the credential (``context.cases.find_by_api_key`` …), ask ``context.standing``, check the body,
   hand a use case of ``service`` to ``context.work`` (photos) or ``context.desk`` (lists), and write its result in the
   vendor's words. Parse requests with closed types; refuse what is not known.
3. Map every error of ``core.errors`` in a table of its own, beside the literal messages. ``refusal`` says in the
   vendor's shape that the service is busy, the body too large, or something unforeseen happened.
4. Name it in ``bootstrap/serving.py``. No dialect imports another, storage, or a model.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from starlette.types import ASGIApp

from countenance.web.observation import Exchange, Metrics, log_exchange
from countenance.web.wire import (
    BodyTooLarge,
    ClientGone,
    Receive,
    Reply,
    RequestHead,
    Scope,
    Send,
    head_of,
    read_body,
    send_reply,
)
from countenance.web.work_pool import Busy

_LOGGER = logging.getLogger("countenance.web")
#: Status noted for a request whose client went away before it was answered. Source: nginx, which began this usage.
CLIENT_GONE = 499


class Trouble:
    """What a dialect has to say in its own shape; see ``Dialect.refusal``."""

    BUSY = "busy"
    TOO_LARGE = "too large"
    INTERNAL = "internal"


class Dialect(Protocol):
    """A vendor's way to ask and be answered."""

    @property
    def name(self) -> str:
        """Return its name, as the ledger and the metrics have it."""
        ...

    def claims(self, head: RequestHead) -> bool:
        """Return whether a request is in this dialect, judging by its head."""
        ...

    def body_limit(self, head: RequestHead) -> int:
        """Return the largest body accepted for a request, in bytes."""
        ...

    async def handle(self, head: RequestHead, body: bytes, exchange: Exchange) -> Reply:
        """Return the answer, errors of the client's included; note operation, code and credential in ``exchange``."""
        ...

    def refusal(self, trouble: str, head: RequestHead, exchange: Exchange) -> Reply:
        """Return an answer for what went wrong outside of ``handle``: one of the words of ``Trouble``."""
        ...


class DialectSwitch:
    """ASGI middleware: requests in a dialect go to it, all others to the application behind."""

    def __init__(
        self, app: ASGIApp, *, dialects: Sequence[Dialect], metrics: Metrics, new_request_id: Callable[[], str]
    ) -> None:
        self._app = app
        self._dialects = tuple(dialects)
        self._metrics = metrics
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = head_of(scope)
        dialect = next((item for item in self._dialects if item.claims(head)), None)
        if dialect is None:
            await self._app(scope, receive, send)
            return
        exchange = Exchange(
            self._new_request_id(), dialect=dialect.name, address=str((scope.get("client") or ("",))[0])
        )
        started = time.perf_counter()
        self._metrics.begin()
        try:
            reply = await self._answer(dialect, head, receive, exchange)
            exchange.status = reply.status
            await send_reply(send, reply, request_id=exchange.request_id, without_body=head.method == "HEAD")
        except (ClientGone, OSError):
            exchange.status = CLIENT_GONE
        except asyncio.CancelledError:
            exchange.status = CLIENT_GONE
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.end(exchange, seconds)
            log_exchange(exchange, seconds)

    async def _answer(self, dialect: Dialect, head: RequestHead, receive: Receive, exchange: Exchange) -> Reply:
        try:
            body = await read_body(receive, dialect.body_limit(head))
            return await dialect.handle(head, body, exchange)
        except BodyTooLarge:
            return dialect.refusal(Trouble.TOO_LARGE, head, exchange)
        except Busy:
            return dialect.refusal(Trouble.BUSY, head, exchange)
        except ClientGone:
            raise
        except Exception as error:
            # The outermost handler: the client learns nothing of what happened, the log where.
            _LOGGER.error("request %s failed: %s", exchange.request_id, type(error).__name__, exc_info=error)
            return dialect.refusal(Trouble.INTERNAL, head, exchange)
