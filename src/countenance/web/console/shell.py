"""The frame that every page of the console hangs in: who is signed in, forms, templates, threads.

How to add pages: a function ``xxx_pages(shell, parts) -> APIRouter`` in a package beside this one that takes its router
from ``shell.router()``; templates in ``templates/xxx/`` that extend ``base.html.j2``; and one line in
``bootstrap/console.py``. Each page says for which roles it is, with ``await shell.who(request, …)``, first of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from countenance.service.account_port import Role, SignedIn
from countenance.web.console.error_pages import ErrorPage, Forbidden, form_of
from countenance.web.console.forms import FORM_BYTES, read_form, require_own_page, require_token
from countenance.web.console.navigation import areas_of, home_of
from countenance.web.console.routing import MustChangePassword, NotSignedIn, console_route, watched
from countenance.web.console.static_files import StaticFiles
from countenance.web.console.templating import templates
from countenance.web.context import WebContext
from countenance.web.rate_limits import TooOften

if TYPE_CHECKING:
    from countenance.service.accounts import Accounts

T = TypeVar("T")

#: Names of the session's cookie. The first can only be set over TLS by this very host, for all its paths.
#: Source: RFC 6265bis, section 4.1.3.2, "The __Host- Prefix".
SECURE_COOKIE, PLAIN_COOKIE = "__Host-countenance", "countenance"
THEME_COOKIE = "countenance-theme"
THEMES = ("light", "dark")


class Shell:
    """What every page of the console is made with."""

    def __init__(
        self, context: WebContext, accounts: Accounts, *, version: str, pages: Mapping[str, str] | None = None
    ) -> None:
        """Take the service, the accounts, this software's version, and what all pages know besides.

        Args:
            context: The service.
            accounts: Who may sign in.
            version: Of this software.
            pages: Values for every template, such as a notice of demonstration.
        """
        self.context = context
        self.accounts = accounts
        self.static = StaticFiles()
        self._environment = templates(self.static.url, version=version, notes=dict(pages or {}))
        self._watch = watched(self._draw_error, context.metrics, context.new_uuid)

    def router(self) -> APIRouter:
        """Return a router whose routes answer errors with pages; they are no part of the OpenAPI document."""
        return APIRouter(include_in_schema=False, route_class=console_route(self._watch))

    @property
    def now(self) -> datetime:
        """Return the server's time."""
        return self.context.clock()

    async def who(self, request: Request, *roles: Role) -> SignedIn:
        """Return who has signed in, if they have one of these roles; no roles: anybody.

        Raises:
            NotSignedIn: Nobody has; the route leads to the page to do so.
            MustChangePassword: A password has to be changed first; the route leads there.
            Forbidden: They have none of the roles.
            TooOften: They ask too often.
        """
        person = await self.session(request)
        if person is None:
            raise NotSignedIn
        if person.must_change_password:
            raise MustChangePassword
        wait = self.context.limits.admit(person.account_id)
        if wait:
            raise TooOften(wait)
        if roles and not person.roles & frozenset(roles):
            raise Forbidden(tuple(role.value for role in roles))
        return person

    async def session(self, request: Request) -> SignedIn | None:
        """Return who has signed in, or None; their password may still have to be changed."""
        token = request.cookies.get(self.cookie(request))
        if not token:
            return None
        person = await self.desk(lambda: self.accounts.session(token))
        request.state.person = person
        return person

    async def form(self, request: Request, *, limit: int = FORM_BYTES) -> FormData:
        """Return a form of the session that ``who`` found.

        Args:
            request: The request.
            limit: Most bytes of the form.

        Raises:
            BodyTooLarge, FormRefused: It cannot be taken.
        """
        require_own_page(request)
        form = await read_form(request, limit=limit)
        require_token(form, request.state.person.csrf)
        return form

    async def desk(self, job: Callable[[], T]) -> T:
        """Return what a look-up comes to, in a thread."""
        return await self.context.desk.run(job)

    async def work(self, job: Callable[[], T]) -> T:
        """Return what work on photos comes to, in a thread; raises ``Busy`` if there is too much of it."""
        return await self.context.work.run(job)

    def page(self, request: Request, template: str, *, title: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page.

        Args:
            request: What it answers.
            template: File under ``templates``.
            title: The page's name, as the browser shows it.
            status: HTTP status.
            **values: What the template shows.
        """
        person: SignedIn | None = getattr(request.state, "person", None)
        theme = request.cookies.get(THEME_COOKIE, "")
        frame = {
            "title": title,
            "person": person,
            "areas": areas_of(person.roles) if person else (),
            "here": request.url.path,
            "csrf": person.csrf if person else "",
            "theme": theme if theme in THEMES else "",
            "now": self.now,
        }
        return HTMLResponse(self._environment.get_template(template).render(frame | values), status_code=status)

    async def unmatched(self, request: Request, error: HTTPException) -> Response:
        """Answer what no route takes: lead from a path with a slash too many, else a page in the reader's own frame."""
        path = request.url.path
        if error.status_code == 404 and request.method == "GET" and path != "/" and path.endswith("/"):
            # From its segments, so that a path with two slashes at its beginning leads to no other host.
            return self.redirect("/" + path.strip("/"))

        async def refuse(asked: Request) -> Response:
            await self.session(asked)
            raise error

        return await self._watch(refuse, "unmatched", request)

    def redirect(self, path: str) -> Response:
        """Return the way to another page, after a form was taken."""
        return RedirectResponse(path, status_code=303)

    def home(self, person: SignedIn) -> str:
        """Return where somebody begins."""
        return home_of(person.roles)

    def cookie(self, request: Request) -> str:
        """Return the name of the session's cookie."""
        return SECURE_COOKIE if request.url.scheme == "https" else PLAIN_COOKIE

    def _draw_error(self, request: Request, error: ErrorPage) -> Response:
        page = self.page(
            request, "error.html.j2", title=error.title, status=error.status, error=error,
            request_id=request.state.exchange.request_id, form=form_of(request),
        )  # fmt: skip
        if error.retry_after_s is not None:
            page.headers["Retry-After"] = str(error.retry_after_s)
        return page


__all__ = ["Forbidden", "NotSignedIn", "Shell"]
