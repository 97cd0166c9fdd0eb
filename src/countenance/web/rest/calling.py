"""What happens to every request of the native interface: who asks, how often, once or again, and errors in one shape.

How to add operations: a function ``xxx_operations(rest, parts) -> APIRouter`` that takes its router from
``rest.router()``, and one line in ``bootstrap/rest.py``. An operation that touches a face calls ``FaceJobs``; any other
calls ``parts.access`` first, which asks whether the case is open and records a refusal.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from countenance.core.errors import CountenanceError
from countenance.service.idempotency import Fresh, IdempotencyKeys, InProgress, Replay, fingerprint_of
from countenance.service.refused_credentials import Refusal
from countenance.service.standing import Standing
from countenance.web.context import WebContext
from countenance.web.observation import Exchange, log_exchange
from countenance.web.rate_limits import TooOften
from countenance.web.rest.problems import error_response
from countenance.web.rest.refusals import KeyTaken, ReplyNotKept, TokenRefused, UnderWay
from countenance.web.rest.requests import RestRequest

T = TypeVar("T")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_LOGGER = logging.getLogger("countenance.web")
#: The door's name in standings and in the ledger.
INTERFACE = "rest"
PREFIX = "/v1"
IDEMPOTENCY_KEY = "idempotency-key"
#: Operations whose answers say who somebody is: they are not kept for a repeated request.
WITH_IDENTITIES = frozenset({"search", "review_lead"})
_FORM = "multipart/form-data"
#: First status that says nothing was settled: the same key may come again.
_SERVER_ERROR, _TOO_MANY = 500, 429
_FIRST_REFUSAL = 400

bearer = HTTPBearer(
    auto_error=False, scheme_name="case token", description="Token of a case, from `countenance case open`: `cnt_…`"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the holder of a case's token.

    Attributes:
        standing: On whose behalf.
        credential_id: Identifier of the token's credential.
        case_id: Identifier of its case.
    """

    standing: Standing
    credential_id: str
    case_id: str


async def _caller(request: Request, _: Annotated[object, Security(bearer)]) -> Caller:
    found: Caller = request.state.caller
    return found


#: An operation's parameter that gives who asks.
Calling = Annotated[Caller, Depends(_caller)]


class Rest:
    """The frame of the native interface."""

    def __init__(self, context: WebContext, keys: IdempotencyKeys) -> None:
        """Take the service and the keys of repeated requests."""
        self.context = context
        self._keys = keys

    def router(self, tag: str) -> APIRouter:
        """Return a router whose operations ask for a token and answer errors in one shape."""
        rest = self

        class RestRoute(APIRoute):
            def get_route_handler(self) -> Handler:
                handle, name = super().get_route_handler(), self.name

                async def answer(request: Request) -> Response:
                    return await rest._answer(handle, name, RestRequest(request.scope, request.receive))

                return answer

        return APIRouter(prefix=PREFIX, tags=[tag], route_class=RestRoute)

    async def desk(self, job: Callable[[], T]) -> T:
        """Return what a look-up comes to, in a thread."""
        return await self.context.desk.run(job)

    async def work(self, job: Callable[[], T]) -> T:
        """Return what work on photos comes to, in a thread."""
        return await self.context.work.run(job)

    async def unmatched(self, request: Request, error: HTTPException) -> Response:
        """Answer what no route takes."""

        async def refuse(_: Request) -> Response:
            raise error

        return await self._answer(refuse, "unmatched", RestRequest(request.scope, request.receive), anybody=True)

    async def _answer(self, handle: Handler, name: str, request: RestRequest, *, anybody: bool = False) -> Response:
        exchange = Exchange(self.context.new_uuid(), dialect=INTERFACE, operation=name)
        started = time.perf_counter()
        self.context.metrics.begin()
        try:
            response = await self._done(handle, name, request, exchange, anybody=anybody)
            exchange.status = response.status_code
            response.headers["X-Request-Id"] = exchange.request_id
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        finally:
            await request.let_go()
            seconds = time.perf_counter() - started
            self.context.metrics.end(exchange, seconds)
            log_exchange(exchange, seconds)

    async def _done(
        self, handle: Handler, name: str, request: RestRequest, exchange: Exchange, *, anybody: bool
    ) -> Response:
        try:
            if not anybody:
                request.state.caller = await self._who(request, exchange)
            if IDEMPOTENCY_KEY in request.headers and request.method in ("POST", "DELETE") and not anybody:
                return await self._once(handle, name, request, exchange)
            return await handle(request)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost handler: everything has the one shape
            return self._refused(error, exchange)

    def _refused(self, error: Exception, exchange: Exchange) -> Response:
        response, problem = error_response(error, exchange.request_id)
        exchange.code, exchange.entry_id = problem.code, problem.entry_id
        if problem.code == "internal" and not isinstance(error, CountenanceError):
            _LOGGER.error("request %s failed: %s", exchange.request_id, type(error).__name__, exc_info=error)
        return response

    async def _who(self, request: Request, exchange: Exchange) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenRefused("No token was shown.")
        caller = await self.desk(lambda: self._find(token.strip(), exchange))
        wait_s = self.context.limits.admit(caller.credential_id)
        if wait_s:
            raise TooOften(wait_s)
        return caller

    def _find(self, token: str, exchange: Exchange) -> Caller:
        credential = self.context.cases.find_by_token(token)
        if credential is None:
            entry_id = self.context.refused.note(INTERFACE, Refusal.UNKNOWN, shown=token)
            raise TokenRefused("The token is not known here.", entry_id)
        exchange.credential_id = credential.credential_id
        standing = self.context.cases.standing(credential, INTERFACE, self.context.clock())
        return Caller(standing, credential.credential_id, credential.case_id)

    async def _once(self, handle: Handler, name: str, request: RestRequest, exchange: Exchange) -> Response:
        key, scope = request.headers[IDEMPOTENCY_KEY], f"credential:{request.state.caller.credential_id}"
        fingerprint = await _fingerprint(request)
        found = await self.desk(lambda: self._keys.begin(scope, key, fingerprint))
        if isinstance(found, Replay):
            if found.body is None:
                raise ReplyNotKept(found.headers.get("location"))
            return Response(found.body, found.status, {**found.headers, "Idempotent-Replayed": "true"})
        if not isinstance(found, Fresh):
            raise UnderWay if isinstance(found, InProgress) else KeyTaken
        try:
            response = await handle(request)
        except Exception as error:  # noqa: BLE001 - the outermost handler: everything has the one shape
            response = self._refused(error, exchange)
        except BaseException:
            await self.desk(lambda: self._keys.abandon(found))
            raise
        # What is refused says nothing of anybody: it can be kept.
        identities = name in WITH_IDENTITIES and response.status_code < _FIRST_REFUSAL
        await self.desk(lambda: self._settle(found, response, identities=identities))
        return response

    def _settle(self, fresh: Fresh, response: Response, *, identities: bool) -> None:
        status, body = response.status_code, getattr(response, "body", b"")
        if status == _TOO_MANY or status >= _SERVER_ERROR:
            self._keys.abandon(fresh)
            return
        kept = {name: response.headers[name] for name in ("content-type", "location") if name in response.headers}
        self._keys.finish(fresh, status=status, headers=kept, body=bytes(body), identities=identities)


async def _fingerprint(request: RestRequest) -> str:
    """Return what tells a request from another; the same form sent twice has other boundaries, and is the same."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    asked = f"{request.url.path}?{request.url.query}"
    if kind != _FORM:
        return fingerprint_of(request.method, asked, await request.body(), content_type=kind)
    parts = []
    for name, value in (await request.whole_form()).multi_items():
        data = value.encode() if isinstance(value, str) else await _read(value)
        parts.append(f"{name}={hashlib.sha256(data).hexdigest()}")
    body = "\n".join(sorted(parts)).encode()
    return fingerprint_of(request.method, asked, body, content_type=kind)


async def _read(file: UploadFile) -> bytes:
    data = await file.read()
    await file.seek(0)
    return data
