"""What pages say about errors: enough to act on, nothing of what is inside."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from countenance.core.errors import (
    CaseClosed,
    CaseNotFound,
    GalleryNotFound,
    ImageUnreadable,
    ReviewNotFound,
    SeveralFaces,
)
from countenance.service.refusals import ActRefused, refused_by_case
from countenance.web.console.error_pages import Forbidden, error_page, form_of
from countenance.web.console.forms import FormRefused
from countenance.web.console.templating import marked
from countenance.web.rate_limits import TooOften
from countenance.web.statuses import status_of
from countenance.web.wire import BodyTooLarge
from countenance.web.work_pool import Busy


def test_an_unforeseen_error_tells_nothing_of_itself() -> None:
    page = error_page(ValueError("secret of p001"), status_of)
    assert (page.status, page.code) == (500, "internal")
    assert "secret" not in f"{page}"


def test_an_error_of_ours_gives_message_remedy_and_code() -> None:
    page = error_page(ImageUnreadable("The photo is cut short."), status_of)
    assert (page.status, page.code, page.message) == (400, "image_unreadable", "The photo is cut short.")
    assert page.remedy == ImageUnreadable.default_remedy


def test_a_refusal_lists_its_rules_and_names_its_entry() -> None:
    decision = refused_by_case("case.gallery", "The case does not name the gallery.", "Open a case.", policy_digest="d")
    page = error_page(ActRefused(decision, "e" * 32), status_of)
    assert page.status == 403
    assert [reason.rule_id for reason in page.reasons] == ["case.gallery"]
    assert page.entry_id == "e" * 32


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CaseClosed("over"), 403), (SeveralFaces("two"), 400), (FormRefused(415, "a", "b"), 415),
        (Forbidden(("auditor",)), 403), (BodyTooLarge(), 413), (Busy(), 429), (TooOften(3.2), 429),
        (HTTPException(404), 404), (HTTPException(405), 405),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)  # fmt: skip
def test_each_has_its_status_a_headline_and_something_to_do(error: Exception, status: int) -> None:
    page = error_page(error, status_of)
    assert page.status == status
    assert page.title
    assert page.message
    assert page.remedy


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    assert error_page(TooOften(3.2), status_of).retry_after_s == 3


def test_on_pages_nobody_is_told_to_run_a_command_for_a_list_that_is_a_page() -> None:
    for error in (GalleryNotFound("none"), CaseNotFound("none"), ReviewNotFound("none")):
        assert "`" in error.remedy
        assert "`" not in error_page(error, status_of).remedy


@pytest.mark.parametrize(
    ("method", "headers", "path"),
    [
        ("POST", {"host": "here", "referer": "http://here/policy/packs/x/switch?a=1"}, "/policy/packs/x/switch?a=1"),
        ("POST", {"host": "here", "referer": "http://here//elsewhere.example/"}, "/elsewhere.example"),
        ("POST", {"host": "here", "referer": "http://elsewhere.example/compare"}, ""),
        ("POST", {"host": "here"}, ""),
        ("GET", {"host": "here", "referer": "http://here/compare"}, ""),
    ],
)
def test_an_error_leads_back_to_the_form_on_this_host(method: str, headers: dict[str, str], path: str) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": method, "path": "/", "headers": sent})
    assert form_of(request) == path


def test_commands_in_what_to_do_are_written_as_code_and_all_else_is_escaped() -> None:
    assert marked("Run `countenance case list` <now>.") == "Run <code>countenance case list</code> &lt;now&gt;."
    assert marked("one ` alone") == "one ` alone"
