"""The dialect: path and key in, operation, JSON out; errors in the vendor's shape whatever happens.

Rules kept here:

- The key of ``Ocp-Apim-Subscription-Key`` is a case's API key; the vendor's other way, a bearer token, is a case's
  bearer token. Nothing is done without one.
- Success is 200, and 202 for training: client libraries take nothing else.
- Anything under a path of the vendor's is answered in its shape, also what is not there.
"""

from __future__ import annotations

import json
import math
import re

from countenance.core.errors import CountenanceError
from countenance.service.person_groups import PersonGroupParts
from countenance.service.refusals import ActRefused
from countenance.service.refused_credentials import Refusal
from countenance.service.standing import Standing
from countenance.web.azure.call import LEAST_IMAGE_BYTES, MOST_IMAGE_BYTES, Answer, Call, named_address
from countenance.web.azure.errors import (
    ACCESS_DENIED_MESSAGE,
    BAD_ARGUMENT,
    INTERNAL,
    INTERNAL_MESSAGE,
    INVALID_IMAGE_SIZE,
    RESOURCE_NOT_FOUND,
    TOO_BIG_MESSAGE,
    UNAUTHORISED,
    UNSUPPORTED,
    AzureError,
    azure_error,
    rate_limited,
)
from countenance.web.azure.routes import LEFT_OUT, PRODUCT, Route, find, version_at
from countenance.web.context import WebContext
from countenance.web.dialects import Trouble
from countenance.web.observation import Exchange
from countenance.web.wire import Reply, RequestHead

NAME = "azure"
KEY_HEADER = "ocp-apim-subscription-key"
CLIENT_REQUEST_ID = "x-ms-client-request-id"
#: Largest body: the largest picture, and room to say that one is too large in the vendor's words.
MOST_BODY_BYTES = MOST_IMAGE_BYTES + 1_024
_BEARER = "bearer "
#: What may stand in a host that is sent back to whoever sent it.
_HOST = re.compile(r"[0-9A-Za-z.\-:\[\]]{1,300}")
_CLIENT_ID = re.compile(r"[0-9A-Za-z\-]{1,64}")


class AzureDialect:
    """Answers unmodified Azure Face clients; implements ``web.dialects.Dialect``."""

    name = NAME

    def __init__(
        self, context: WebContext, parts: PersonGroupParts, *, least_image_bytes: int = LEAST_IMAGE_BYTES
    ) -> None:
        self._context = context
        self._parts = parts
        self._least_image_bytes = least_image_bytes

    def claims(self, head: RequestHead) -> bool:
        """Return whether a request's path has the product's name and a version, or begins with that name.

        A request that names an operation of AWS is none, whatever its path: those clients put anything there.
        """
        segments = head.path_segments
        named = version_at(segments) is not None or (bool(segments) and segments[0].lower() == PRODUCT)
        return named and head.header("x-amz-target") is None

    def body_limit(self, head: RequestHead) -> int:
        """Return the largest body accepted."""
        return MOST_BODY_BYTES

    async def handle(self, head: RequestHead, body: bytes, exchange: Exchange) -> Reply:
        """Return the answer to a request."""
        call: Call | None = None
        try:
            standing = await self._context.desk.run(lambda: self._standing(head, exchange))
            wait_s = self._context.limits.admit(exchange.credential_id or "")
            if wait_s > 0:
                raise rate_limited(math.ceil(wait_s))
            route, path = _route(head)
            exchange.operation = route.name
            call = made = Call(
                parts=self._parts,
                standing=standing,
                path=path,
                raw_query=head.raw_query,
                body=body,
                is_json=(head.header("content-type") or "").lower().startswith("application/json"),
                base_url=_base_url(head),
                kind=route.kind,
                missing_status=route.missing_status,
                least_image_bytes=self._least_image_bytes,
            )
            if route.takes_photo and made.is_json:
                made.fetched = await self._fetched(made)
            pool = self._context.work if route.at_work else self._context.desk
            return _success(await pool.run(lambda: route.run(made)), head, exchange)
        except AzureError as error:
            return _failure(error, head, exchange)
        except CountenanceError as error:
            return _failure(_translated(error, call, exchange), head, exchange)

    def refusal(self, trouble: str, head: RequestHead, exchange: Exchange) -> Reply:
        """Return what is said where ``handle`` could not: busy, body too large, something unforeseen."""
        if trouble == Trouble.BUSY:
            return _failure(rate_limited(1), head, exchange)
        if trouble == Trouble.TOO_LARGE:
            if (head.header("content-type") or "").lower().startswith("application/json"):
                return _failure(AzureError(413, BAD_ARGUMENT, "The request is too large."), head, exchange)
            return _failure(AzureError(400, INVALID_IMAGE_SIZE, TOO_BIG_MESSAGE), head, exchange)
        return _failure(AzureError(500, INTERNAL, INTERNAL_MESSAGE), head, exchange)

    async def _fetched(self, call: Call) -> bytes:
        """Return the picture whose address a body names; nobody's is fetched whose case has ended.

        Raises:
            AzureError: The body names none.
            PhotoNotFetched: It may not be fetched, or could not be.
            ActRefused, CaseError: Whoever asks may not; recorded.
        """

        def admitted() -> str:
            named = named_address(call.body)
            self._parts.base.require_access("fetch_photo", call.standing, None)
            return named

        address = await self._context.desk.run(admitted)
        found = await self._context.from_outside(lambda: self._context.fetch(address, MOST_IMAGE_BYTES))
        return found.data

    def _standing(self, head: RequestHead, exchange: Exchange) -> Standing:
        """Return on whose behalf a request is.

        Raises:
            AzureError: It carries no key, or none that is known here.
        """
        key, said = head.header(KEY_HEADER), head.header("authorization") or ""
        token = said[len(_BEARER) :].strip() if said.lower().startswith(_BEARER) else ""
        credential = None
        if key:
            credential = self._context.cases.find_by_api_key(key)
        elif token:
            credential = self._context.cases.find_by_token(token)
        if credential is None:
            if shown := key or token:
                exchange.entry_id = self._context.refused.note(NAME, Refusal.UNKNOWN, shown=shown)
            raise AzureError(401, UNAUTHORISED, ACCESS_DENIED_MESSAGE)
        exchange.credential_id = credential.credential_id
        return self._context.cases.standing(credential, NAME, self._context.clock())


def _route(head: RequestHead) -> tuple[Route, dict[str, str]]:
    segments = head.path_segments
    place = version_at(segments)
    behind = segments[place + 1 :] if place is not None else ()
    found = find(head.method, behind) if behind else None
    if found is not None:
        return found
    if behind and (reason := LEFT_OUT.get(behind[0].lower())) is not None:
        raise AzureError(403, UNSUPPORTED, f"This is not part of this service. {reason}")
    raise AzureError(404, RESOURCE_NOT_FOUND, "Resource not found.")


def _base_url(head: RequestHead) -> str:
    """Return the address that the dialect's paths begin with, as the client wrote it.

    Without a usable host it is left out, and addresses are relative to that beginning, which client libraries take too.
    """
    host, segments = head.header("host") or "", head.path_segments
    place = version_at(segments)
    if place is None or not _HOST.fullmatch(host):
        return ""
    # Only ever sent back to whoever said it: a proxy in front that ends TLS knows which scheme its client used.
    forwarded = (head.header("x-forwarded-proto") or "").lower()
    scheme = forwarded if forwarded in ("http", "https") else head.scheme
    return f"{scheme}://{host}/{'/'.join(segments[: place + 1])}"


def _translated(error: CountenanceError, call: Call | None, exchange: Exchange) -> AzureError:
    """Return an error of a use case in the vendor's words; a refusal says which entry records it."""
    if isinstance(error, ActRefused):
        exchange.entry_id = error.entry_id
    return azure_error(error, None if call is None else call.kind, 404 if call is None else call.missing_status)


def _success(answer: Answer, head: RequestHead, exchange: Exchange) -> Reply:
    body = b"" if answer.content is None else json.dumps(answer.content, allow_nan=False).encode()
    return Reply(answer.status, body, headers=(*_identified(head, exchange), *answer.headers))


def _failure(error: AzureError, head: RequestHead, exchange: Exchange) -> Reply:
    exchange.code = error.code
    body = json.dumps({"error": {"code": error.code, "message": error.message}}).encode()
    return Reply(error.status, body, headers=(*_identified(head, exchange), *error.headers))


def _identified(head: RequestHead, exchange: Exchange) -> tuple[tuple[str, str], ...]:
    """Return the identifiers of a request, ours and the client's own, by which support finds it again."""
    given = head.header(CLIENT_REQUEST_ID) or ""
    own = ((CLIENT_REQUEST_ID, given),) if _CLIENT_ID.fullmatch(given) else ()
    return (("apim-request-id", exchange.request_id), *own)
