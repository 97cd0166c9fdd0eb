"""What happens to every request of the console, whatever the page: headers, counting, and errors as pages.

Rules kept here:

- Every answer carries the same strict policy: nothing inline, nothing from elsewhere, framed by nobody but ourselves.
- An error of ours becomes a page with its message, remedy and code; anything unforeseen a page without detail, and a
  line in the log.
- A line in the log names the route, never a path with somebody's name in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from countenance.core.errors import CountenanceError
from countenance.web.console.error_pages import ErrorPage, error_page
from countenance.web.console.forms import close_form
from countenance.web.observation import Exchange, Metrics, log_exchange
from countenance.web.statuses import status_of

_LOGGER = logging.getLogger("countenance.web")
DIALECT = "console"
#: See the module's first rule. Pictures of faces come as data within a page, never with an address of their own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
#: Draws an error page for a request.
DrawError = Callable[[Request, ErrorPage], Response]


class NotSignedIn(Exception):
    """A page was asked for that needs a session."""


class MustChangePassword(Exception):
    """The account's password was given to it by somebody else, and has to be changed before anything else."""


#: Answers a request with a handler, under a route's name.
Watch = Callable[[Handler, str, Request], Coroutine[Any, Any, Response]]


def watched(draw: DrawError, metrics: Metrics, new_request_id: Callable[[], str]) -> Watch:
    """Return what answers every request of the console.

    Args:
        draw: Draws error pages.
        metrics: Counters.
        new_request_id: Returns a random UUID.
    """

    async def watch(handle: Handler, name: str, request: Request) -> Response:
        exchange = Exchange(new_request_id(), dialect=DIALECT, operation=name)
        request.state.exchange = exchange
        started = time.perf_counter()
        metrics.begin()
        try:
            response = await _answer(handle, request, draw)
            exchange.status = response.status_code
            for header, value in HEADERS.items():
                response.headers.setdefault(header, value)
            response.headers["X-Request-Id"] = exchange.request_id
            return response
        finally:
            seconds = time.perf_counter() - started
            metrics.end(exchange, seconds)
            log_exchange(exchange, seconds)

    return watch


def console_route(watch: Watch) -> type[APIRoute]:
    """Return the class of the console's routes, whose requests are answered by ``watch``."""

    class ConsoleRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            handle, name = super().get_route_handler(), self.name

            async def answer(request: Request) -> Response:
                return await watch(handle, name, request)

            return answer

    return ConsoleRoute


async def _answer(handle: Handler, request: Request, draw: DrawError) -> Response:
    exchange: Exchange = request.state.exchange
    try:
        return await handle(request)
    except NotSignedIn:
        exchange.code = "not_signed_in"
        return RedirectResponse(f"/sign-in?next={quote(_way_back(request))}", status_code=303)
    except MustChangePassword:
        return RedirectResponse("/password", status_code=303)
    except ClientDisconnect:
        raise
    except Exception as error:
        page = error_page(error, status_of)
        exchange.code = page.code
        exchange.entry_id = page.entry_id
        if not isinstance(error, (CountenanceError, HTTPException)) and page.code == "internal":
            _LOGGER.error("request %s failed: %s", exchange.request_id, type(error).__name__, exc_info=error)
        return draw(request, page)
    finally:
        await close_form(request)


def _way_back(request: Request) -> str:
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"
