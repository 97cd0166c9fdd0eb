"""Errors of the native interface: every kind has the one shape, a status, and never a value that was sent."""

from __future__ import annotations

import json

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from countenance.core.errors import GalleryNotFound, SeveralFaces
from countenance.web.form_bodies import FormRefused
from countenance.web.rate_limits import TooOften
from countenance.web.rest.problems import error_response, problem_of
from countenance.web.rest.refusals import KeyTaken, ReplyNotKept, TokenRefused, UnderWay
from countenance.web.wire import BodyTooLarge
from countenance.web.work_pool import Busy

UNREADABLE = RequestValidationError(
    [{"loc": ("body", "name"), "msg": "too short", "type": "string", "input": "Ada Lovelace"}]
)
CASES = (
    (TokenRefused("No token was shown."), 401, "token_refused"),
    (KeyTaken(), 422, "idempotency_key_taken"),
    (UnderWay(), 409, "request_under_way"),
    (ReplyNotKept("/v1/jobs/1"), 409, "reply_not_kept"),
    (Busy(), 429, "busy"),
    (TooOften(3.4), 429, "busy"),
    (BodyTooLarge(), 413, "too_large"),
    (FormRefused(415, "This is not a form.", ""), 415, "form"),
    (HTTPException(404), 404, "no_such_address"),
    (HTTPException(405), 405, "method_not_allowed"),
    (UNREADABLE, 422, "request_invalid"),
    (GalleryNotFound("There is no gallery x."), 404, "gallery_not_found"),
    (RuntimeError("a secret"), 500, "internal"),
)


@pytest.mark.parametrize(
    ("error", "status", "code"), CASES, ids=[code + str(n) for n, (_, _, code) in enumerate(CASES)]
)
def test_whatever_is_raised_has_the_one_shape(error: Exception, status: int, code: str) -> None:
    response, problem = error_response(error, "request 1")
    said = json.loads(bytes(response.body))["error"]
    assert (response.status_code, said["code"], problem.code) == (status, code, code)
    assert said["request_id"] == "request 1"
    assert said["message"]
    assert "secret" not in response.body.decode()  # type: ignore[union-attr]


def test_what_was_sent_is_not_repeated() -> None:
    _, problem, _ = problem_of(UNREADABLE, "r")
    assert problem.details == ["body.name: too short"]
    assert "Ada" not in problem.model_dump_json()


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (TooOften(3.4), "Retry-After", "3"),
        (TooOften(0.01), "Retry-After", "1"),
        (Busy(), "Retry-After", "2"),
        (UnderWay(), "Retry-After", "1"),
        (ReplyNotKept("/v1/jobs/1"), "Location", "/v1/jobs/1"),
        (TokenRefused("none"), "WWW-Authenticate", 'Bearer realm="countenance"'),
    ],
)
def test_headers_say_when_or_where_to_ask_again(error: Exception, header: str, value: str) -> None:
    assert problem_of(error, "r")[2][header] == value


def test_a_reply_that_lies_nowhere_has_no_location() -> None:
    assert problem_of(ReplyNotKept(None), "r")[2] == {}


def test_a_recorded_refusal_names_its_entry() -> None:
    assert problem_of(TokenRefused("unknown", "e" * 32), "r")[1].entry_id == "e" * 32


def test_faces_that_are_too_many_are_where_they_are() -> None:
    problem = problem_of(SeveralFaces("Two faces.", boxes_xywh_px=((1.26, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0))), "r")[
        1
    ]
    assert problem.boxes_xywh_px == [[1.3, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]
