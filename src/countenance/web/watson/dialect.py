"""The dialect: a form in, JSON out; errors in the vendor's shape whatever happens.

Rules kept here:

- Nothing of a body is read before the credential is known.
- A request without any key may send a few kilobytes, no more: an archive is up to a hundred megabytes.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from countenance.core.errors import CountenanceError
from countenance.service.collection_parts import CollectionParts
from countenance.service.credentials import Credential
from countenance.service.photo_addresses import DECIDED_HERE, FetchedPhoto, PhotoNotFetched
from countenance.service.refusals import ActRefused
from countenance.service.refused_credentials import Refusal
from countenance.service.standing import Standing
from countenance.web.context import WebContext
from countenance.web.dialects import Trouble
from countenance.web.observation import Exchange
from countenance.web.watson.callers import credential_of, key_credential, query_value, shown_by, shows_a_key
from countenance.web.watson.detecting import Asked, asked, detect, not_fetched
from countenance.web.watson.errors import (
    ACCESS_DENIED,
    BUSY,
    INTERNAL,
    LIMIT,
    NOT_FOUND,
    PARAMETER,
    UNAUTHORISED,
    WatsonError,
    watson_error,
)
from countenance.web.watson.operations import REFUSED, TOKEN, operation_of
from countenance.web.watson.pictures import MOST_IMAGE_BYTES, MOST_ZIP_BYTES
from countenance.web.watson.tokens import REFRESH, Tokens
from countenance.web.wire import Reply, RequestHead

NAME = "watson"
#: Room for the form around an archive.
MOST_BODY_BYTES = MOST_ZIP_BYTES + 100_000
#: Largest body of a request for a token, and of one that shows no key.
SMALL_BODY_BYTES = 20_000
#: Grants of the token endpoint. Source: IBM Cloud IAM token service; RFC 6749, section 6.
_BY_KEY, _BY_TOKEN = "urn:ibm:params:oauth:grant-type:apikey", "refresh_token"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")


class WatsonDialect:
    """Answers unmodified clients of Visual Recognition v3; implements ``web.dialects.Dialect``."""

    name = NAME

    def __init__(self, context: WebContext, parts: CollectionParts) -> None:
        self._context = context
        self._parts = parts
        self._tokens = Tokens(parts.journal.keyed_digest)

    def claims(self, head: RequestHead) -> bool:
        """Return whether a request is one of this vendor's clients, judging by the end of its path; not one of AWS."""
        return operation_of(head) is not None and head.header("x-amz-target") is None

    def body_limit(self, head: RequestHead) -> int:
        """Return the largest body accepted."""
        return MOST_BODY_BYTES if operation_of(head) != TOKEN and shows_a_key(head) else SMALL_BODY_BYTES

    async def handle(self, head: RequestHead, body: bytes, exchange: Exchange) -> Reply:
        """Return the answer to a request."""
        exchange.operation = operation_of(head) or "unknown"
        try:
            if exchange.operation == TOKEN:
                return await self._context.desk.run(lambda: self._token(head, body, exchange))
            standing = await self._context.desk.run(lambda: self._standing(head, exchange))
            self._require_within_rate(exchange)
            _require_answered(exchange.operation, head)
            request = asked(head.header("content-type") or "", body)
            fetched = await self._fetched(request, standing)
            answer = await self._context.work.run(lambda: detect(self._parts, standing, request, fetched))
            return _reply(200, answer, exchange)
        except WatsonError as error:
            return _failure(error, exchange)
        except CountenanceError as error:
            if isinstance(error, ActRefused):
                exchange.entry_id = error.entry_id
            return _failure(watson_error(error), exchange)

    def refusal(self, trouble: str, head: RequestHead, exchange: Exchange) -> Reply:
        """Return what is said where ``handle`` could not: busy, body too large, something unforeseen."""
        exchange.operation = operation_of(head) or "unknown"
        if trouble == Trouble.BUSY:
            return _failure(WatsonError(429, BUSY, "The service is busy; try again."), exchange)
        if trouble == Trouble.TOO_LARGE:
            if exchange.operation != TOKEN and not shows_a_key(head):
                return _failure(WatsonError(401, UNAUTHORISED, ACCESS_DENIED), exchange)
            return _failure(WatsonError(413, LIMIT, "The request is too large."), exchange)
        return _failure(WatsonError(500, INTERNAL, "Internal server error"), exchange)

    async def _fetched(self, request: Asked, standing: Standing) -> FetchedPhoto | PhotoNotFetched | None:
        """Return the picture whose address a request names, or why it could not be had; None if it names none.

        Raises:
            WatsonError: Nothing is fetched from there.
            ActRefused, CaseError: Whoever asks may not; recorded.
        """
        if not request.address:
            return None
        await self._context.desk.run(lambda: self._parts.require_access("fetch_photo", standing, None))
        try:
            return await self._context.from_outside(lambda: self._context.fetch(request.address, MOST_IMAGE_BYTES))
        except PhotoNotFetched as error:
            if error.why in DECIDED_HERE:
                raise not_fetched(error) from None
            return error

    def _standing(self, head: RequestHead, exchange: Exchange) -> Standing:
        now = self._context.clock()
        credential = credential_of(head, self._context.cases, self._tokens, now)
        if credential is None:
            self._note(shown_by(head), now, exchange)
            raise WatsonError(401, UNAUTHORISED, ACCESS_DENIED)
        exchange.credential_id = credential.credential_id
        return self._context.cases.standing(credential, NAME, now)

    def _note(self, shown: str, now: datetime, exchange: Exchange) -> None:
        """Note that a key or token was refused, if one was shown."""
        if not shown:
            return
        ended = self._tokens.ended_credential_id(shown, now)
        credential = None if ended is None else self._context.cases.find_by_id(ended)
        refusal = Refusal.UNKNOWN if credential is None else Refusal.EXPIRED
        exchange.entry_id = self._context.refused.note(NAME, refusal, shown=shown, credential=credential)

    def _require_within_rate(self, exchange: Exchange) -> None:
        if self._context.limits.admit(exchange.credential_id or "") > 0:
            raise WatsonError(429, BUSY, "Too many requests with this key.")

    def _token(self, head: RequestHead, body: bytes, exchange: Exchange) -> Reply:
        """Return a token in exchange for a key, in the shape of the vendor's own token service."""
        if head.method != "POST":
            raise WatsonError(405, PARAMETER, "A token is asked for with POST.")
        now = self._context.clock()
        form = _form(body)
        credential = self._grantee(form)
        if credential is None:
            self._note(form.get("apikey") or form.get("refresh_token") or "", now, exchange)
            return _grant_refused("Provided API key could not be found.", exchange)
        exchange.credential_id = credential.credential_id
        self._require_within_rate(exchange)
        standing = self._context.cases.standing(credential, NAME, now)
        try:
            self._parts.require_access("authenticate", standing, None)
        except CountenanceError as error:
            return _grant_refused(watson_error(error).description, exchange)
        pair = self._tokens.pair(credential, now)
        answer = {
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "token_type": "Bearer",
            "expires_in": pair.expires_in_s,
            "expiration": int(pair.expires_at.timestamp()),
        }
        return _reply(200, answer, exchange)

    def _grantee(self, form: dict[str, str]) -> Credential | None:
        cases = self._context.cases
        match form.get("grant_type"):
            case value if value == _BY_KEY:
                return key_credential(form.get("apikey", ""), cases)
            case value if value == _BY_TOKEN:
                shown = self._tokens.credential_id(form.get("refresh_token", ""), REFRESH, self._context.clock())
                return None if shown is None else cases.find_by_id(shown)
        raise WatsonError(400, PARAMETER, "The grant type is not one of this service.")


def _require_answered(operation: str, head: RequestHead) -> None:
    if operation in REFUSED:
        raise WatsonError(404, NOT_FOUND, f"{operation} is not part of this service. {REFUSED[operation]}")
    if head.method != "POST":
        raise WatsonError(405, PARAMETER, f"{operation} is asked for with POST.")
    if not _VERSION.fullmatch(query_value(head, "version")):
        raise WatsonError(400, PARAMETER, "The query needs version=YYYY-MM-DD.")


def _form(body: bytes) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=20).items()}
    except ValueError:
        raise WatsonError(400, PARAMETER, "The form in the body cannot be read.") from None


def _grant_refused(message: str, exchange: Exchange) -> Reply:
    # Source of code and shape: IBM Cloud IAM token service, an unknown API key.
    exchange.code = "BXNIM0415E"
    return _reply(400, {"errorCode": exchange.code, "errorMessage": message}, exchange)


def _failure(error: WatsonError, exchange: Exchange) -> Reply:
    exchange.code = error.error_id
    said = {"code": error.status, "description": error.description, "error_id": error.error_id}
    return _reply(error.status, {"error": said, "images_processed": 0}, exchange)


def _reply(status: int, answer: dict[str, Any], exchange: Exchange) -> Reply:
    body = json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
    return Reply(status, body, headers=(("x-global-transaction-id", exchange.request_id),))
