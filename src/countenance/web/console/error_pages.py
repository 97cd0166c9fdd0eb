"""Whatever went wrong → what a page says about it: what happened, what to do, and where it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from countenance.core.errors import CountenanceError, SeveralFaces
from countenance.policy.decision import Reason
from countenance.service.refusals import ActRefused
from countenance.web.console.forms import FormRefused
from countenance.web.rate_limits import TooOften, wait_s
from countenance.web.wire import BodyTooLarge
from countenance.web.work_pool import Busy


class Forbidden(Exception):
    """The signed-in account has none of the roles a page is for.

    Attributes:
        roles: Roles that would do, as words.
    """

    def __init__(self, roles: tuple[str, ...]) -> None:
        super().__init__(", ".join(roles))
        self.roles = roles


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page says.

    Attributes:
        status: HTTP status.
        code: The error's code.
        title: The headline.
        message: What happened.
        remedy: What the reader can do.
        reasons: Rules that refuse, for a refusal.
        entry_id: Ledger entry of a refusal, or None.
        retry_after_s: After how many seconds to come back, or None.
    """

    status: int
    code: str
    title: str
    message: str
    remedy: str
    reasons: tuple[Reason, ...] = ()
    entry_id: str | None = None
    retry_after_s: int | None = None


#: Headlines by status, in the reader's words.
_TITLES: Mapping[int, str] = {
    400: "That cannot be used as it is",
    401: "Sign in first",
    403: "Refused",
    404: "There is nothing here",
    409: "Not in this state",
    413: "Too large",
    415: "That format is not read",
    429: "Too much at once",
    503: "Out of service for the moment",
}
#: What to do where the usual remedy is a command: by code, in terms of pages.
_ON_PAGES: Mapping[str, str] = {
    "gallery_not_found": "The page Galleries lists those that are there.",
    "case_not_found": "The page Cases lists those that you may see.",
    "review_not_found": "The page Reviews lists those that you may see.",
}


def error_page(error: Exception, status_of: Callable[[CountenanceError], int]) -> ErrorPage:
    """Return what a page says about an error.

    Args:
        error: Whatever was raised.
        status_of: The table of statuses.
    """
    if isinstance(error, ActRefused):
        return ErrorPage(
            403, error.code, "Refused: a rule forbids it", "Nothing was done. This is what stood in the way:",
            error.remedy, error.decision.reasons, error.entry_id,
        )  # fmt: skip
    if isinstance(error, SeveralFaces):
        return ErrorPage(400, error.code, "Several faces, and one is needed", error.message, error.remedy)
    if isinstance(error, CountenanceError):
        status = status_of(error)
        usual = error.remedy == error.default_remedy
        remedy = _ON_PAGES.get(error.code, error.remedy) if usual else error.remedy
        return ErrorPage(status, error.code, _TITLES.get(status, "That did not work"), error.message, remedy)
    if isinstance(error, FormRefused):
        return ErrorPage(error.status, "form", "The form was not taken", error.message, error.remedy)
    if isinstance(error, Forbidden):
        return _forbidden(error)
    if isinstance(error, BodyTooLarge):
        return ErrorPage(413, "too_large", _TITLES[413], "The form is larger than this page takes.",
                         "Send fewer or smaller photos, or use a job of the native interface for many.")  # fmt: skip
    if isinstance(error, (Busy, TooOften)):
        seconds = wait_s(error)
        return ErrorPage(429, "busy", _TITLES[429], "More is being asked than is taken on; nothing was done.",
                         f"Try again in {seconds} s.", retry_after_s=seconds)  # fmt: skip
    if isinstance(error, HTTPException):
        return ErrorPage(error.status_code, "http", _TITLES.get(error.status_code, "That did not work"),
                         "This address leads nowhere, or not with this method.",
                         "Begin with one of the pages above.")  # fmt: skip
    return ErrorPage(
        500, "internal", "Something went wrong here",
        "It was not foreseen, so no more can be said than this; the server's log has the place.",
        "Try again; if it happens again, give the request's number below to whoever runs this server.",
    )  # fmt: skip


def form_of(request: Request) -> str:
    """Return the path of the page whose form was sent, as the browser says; empty for other requests and hosts."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if request.method == "GET" or came_from.netloc != request.headers.get("host"):
        return ""
    # From its segments, so that a path with two slashes at its beginning leads to no other host.
    return "/" + came_from.path.strip("/") + (f"?{came_from.query}" if came_from.query else "")


def _forbidden(error: Forbidden) -> ErrorPage:
    roles = " or ".join(role.replace("_", " ") for role in error.roles)
    return ErrorPage(
        403, "role", "Not with your role",
        f"This page is for the role {roles}.",
        "Ask whoever runs this server. Nobody may search, make the rules and audit at once: roles are kept apart.",
    )  # fmt: skip
