"""Whatever went wrong → one shape: code, message, remedy, and where a refusal is recorded.

Rule kept here: there is no second shape. What FastAPI itself would say of paths, methods and types is said in it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from countenance.core.errors import CountenanceError, SeveralFaces
from countenance.service.refusals import ActRefused
from countenance.web.form_bodies import FormRefused
from countenance.web.rate_limits import TooOften, wait_s
from countenance.web.rest.refusals import RequestRefused, Said
from countenance.web.statuses import status_of
from countenance.web.wire import BodyTooLarge
from countenance.web.work_pool import Busy


class RuleRefusing(BaseModel):
    """A rule that refuses."""

    model_config = ConfigDict(extra="forbid")

    rule: str = Field(description="The rule's identifier.", examples=["case.gallery"])
    source: str = Field(description="Where the rule comes from: a pack, the operator's list, or the case itself.")
    says: str = Field(description="Why, in one sentence.")
    change: str = Field(description="What would change it; empty where nothing would.")
    citations: list[str] = Field(description="Statutes, guidance or studies, with their addresses.")


class Problem(BaseModel):
    """What went wrong and what to do."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="Stable word; see docs/reference/error-codes.md.", examples=["gallery_not_found"])
    message: str = Field(description="What happened, for people.")
    remedy: str = Field(description="What can be done about it.")
    request_id: str = Field(description="Random identifier of the request; the server's log has it too.")
    entry_id: str | None = Field(default=None, description="Ledger entry of a refusal, 32 hex digits.")
    rules: list[RuleRefusing] = Field(default_factory=list, description="Rules that refuse, where rules do.")
    details: list[str] = Field(default_factory=list, description="Fields that are wrong, each with why.")
    boxes_xywh_px: list[list[float]] = Field(
        default_factory=list,
        description="Where several faces are and one is needed: left, top, width, height of each, largest first.",
    )


class ErrorDocument(BaseModel):
    """The one shape of every error."""

    model_config = ConfigDict(extra="forbid")

    error: Problem


#: What may be answered beside success, for the OpenAPI document.
#: Source of the meanings: RFC 9110, section 15; RFC 6585 for 429.
_MEANINGS: Mapping[int, str] = {
    400: "The request, a photo or a form cannot be used.",
    401: "No token was shown, or none that is known or still good.",
    403: "A rule, the case or its limits refuse; recorded in the ledger.",
    404: "There is no such thing, or the case does not name it.",
    409: "Not in this state, or another request with this idempotency key is under way.",
    413: "The body or a photo is too large.",
    415: "A format that is not read.",
    422: "Fields are missing, unknown or mistyped, or an idempotency key belongs to another request.",
    429: "Too many requests or too much work, or no search of the case is left; see `Retry-After`.",
    500: "Unforeseen; the server's log has the place under the request's identifier.",
    503: "Database, models or case list are out of reach.",
    507: "The disk is full; nothing was stored.",
}
#: What is said of what FastAPI or a limit refuses, by status.
_HTTP: Mapping[int, tuple[str, str]] = {
    404: ("no_such_address", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The body is larger than this operation takes."),
    415: ("form", "The body is not multipart/form-data."),
}
Responses = dict[int | str, dict[str, Any]]


def answers(*also: int) -> Responses:
    """Return the errors that an operation can answer with: those of all operations, and these."""
    statuses = sorted({400, 401, 403, 413, 422, 429, 500, 503, *also})
    return {status: {"model": ErrorDocument, "description": _MEANINGS[status]} for status in statuses}


def problem_of(error: Exception, request_id: str) -> tuple[int, Problem, Mapping[str, str]]:
    """Return (status, what to say, headers) of whatever was raised."""
    if isinstance(error, CountenanceError):
        return status_of(error), _ours(error, request_id), {}
    said = _said(error)
    problem = Problem(code=said.code, message=said.message, remedy=said.remedy, request_id=request_id)
    if isinstance(error, RequestValidationError):
        problem.details = _details(error.errors())
    if isinstance(error, RequestRefused):
        problem.entry_id = error.entry_id
    return said.status, problem, said.headers


def error_response(error: Exception, request_id: str) -> tuple[Response, Problem]:
    """Return the answer to a request that ended in an error, and what it says."""
    status, problem, headers = problem_of(error, request_id)
    body = ErrorDocument(error=problem).model_dump_json(exclude_defaults=True)
    return Response(body, status, {**headers, "Content-Type": "application/json"}), problem


def _ours(error: CountenanceError, request_id: str) -> Problem:
    problem = Problem(code=error.code, message=error.message, remedy=error.remedy, request_id=request_id)
    if isinstance(error, SeveralFaces):
        problem.boxes_xywh_px = [[round(number, 1) for number in box] for box in error.boxes_xywh_px]
    if isinstance(error, ActRefused):
        problem.entry_id = error.entry_id
        problem.rules = [
            RuleRefusing(
                rule=reason.rule_id,
                source=reason.source,
                says=reason.says,
                change=reason.change,
                citations=[f"{citation.text} ({citation.address})" for citation in reason.citations],
            )
            for reason in error.decision.reasons
        ]
    return problem


def _said(error: Exception) -> Said:
    """Return what is said of an error that is none of ours."""
    if isinstance(error, RequestRefused):
        return error.said
    if isinstance(error, RequestValidationError):
        return Said(422, "request_invalid", "The request's fields are not as they should be.",
                    "Correct what the details name; /v1/openapi.json has every field.")  # fmt: skip
    if isinstance(error, (Busy, TooOften)):
        seconds = wait_s(error)
        return Said(429, "busy", "More is being asked than is taken on; nothing was done.",
                    f"Come back in {seconds} s.", {"Retry-After": str(seconds)})  # fmt: skip
    if isinstance(error, BodyTooLarge):
        return Said(413, "too_large", "The body is larger than this operation takes.", "Send a smaller photo.")
    if isinstance(error, FormRefused):
        remedy = "Send multipart/form-data with the fields of the operation."
        return Said(error.status, "form", error.message, remedy)
    if isinstance(error, HTTPException):
        code, message = _HTTP.get(error.status_code, ("request_invalid", "The request cannot be read."))
        remedy = "/v1/openapi.json lists every address, method and field."
        return Said(error.status_code, code, message, remedy, dict(error.headers or {}))
    remedy = "Try again; if it happens again, give the request's identifier to whoever runs this server."
    return Said(500, "internal", "Something went wrong that was not foreseen.", remedy)


def _details(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong, without repeating values: they may be names or pictures."""
    return [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"[:300] for item in found[:20]]
