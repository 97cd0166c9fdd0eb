"""Signing in and out, changing one's password, and choosing light or dark."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from countenance.core.errors import CountenanceError
from countenance.service.account_port import SignInRefused, SignInTooOften
from countenance.service.passwords import FEWEST_CHARACTERS
from countenance.web.console.forms import FormRefused, read_form, require_own_page, text_of
from countenance.web.console.routing import NotSignedIn
from countenance.web.console.shell import THEME_COOKIE, THEMES, Shell

#: Name of the cookie that a form for signing in is tied to, before there is a session.
_FORM_COOKIE = "countenance-form"
_YEAR_S = 365 * 24 * 3600
#: A form for signing in holds a name and a password.
_FORM_BYTES = 20_000
_LONGEST_PASSWORD = 1_000


def signing_in_pages(shell: Shell) -> APIRouter:
    """Return the pages for signing in and out and for one's own password."""
    router = shell.router()

    @router.get("/")
    async def home(request: Request) -> Response:
        """Lead to where somebody with these roles begins."""
        return shell.redirect(shell.home(await shell.who(request)))

    @router.get("/sign-in")
    async def sign_in_form(request: Request) -> Response:
        """Show the form for signing in."""
        return _form(shell, request, way=_own_path(request.query_params.get("next", "/")))

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        """Open a session, or say that it was not opened; never what of name and password was wrong."""
        require_own_page(request)
        form = await read_form(request, limit=_FORM_BYTES)
        _require_form_cookie(request, str(form.get("csrf", "")))
        name, way = text_of(form, "name", most=200), _own_path(text_of(form, "next"))
        password = form.get("password")
        if not isinstance(password, str) or len(password) > _LONGEST_PASSWORD:
            raise FormRefused(400, "The password cannot be read.", "Type it again.")
        try:
            token, _ = await shell.work(lambda: shell.accounts.sign_in(name, password))
        except SignInTooOften as error:
            page = _form(shell, request, way=way, name=name, error=error, status=429)
            page.headers["Retry-After"] = str(max(1, round(error.seconds)))
            return page
        except SignInRefused as error:
            return _form(shell, request, way=way, name=name, error=error, status=401)
        answer = shell.redirect(way)
        _set_cookie(answer, request, shell.cookie(request), token)
        answer.delete_cookie(_FORM_COOKIE)
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        """End the session."""
        if await shell.session(request) is not None:
            await shell.form(request, limit=_FORM_BYTES)
            token = request.cookies[shell.cookie(request)]
            await shell.desk(lambda: shell.accounts.sign_out(token))
        answer = shell.redirect("/sign-in")
        answer.delete_cookie(shell.cookie(request), secure=request.url.scheme == "https", httponly=True)
        return answer

    @router.post("/theme")
    async def theme(request: Request) -> Response:
        """Keep which of light and dark somebody wants to see; a matter of this browser, not of the account."""
        require_own_page(request)
        form = await read_form(request, limit=_FORM_BYTES)
        answer = shell.redirect(_own_path(text_of(form, "next")))
        chosen = text_of(form, "theme")
        if chosen in THEMES:
            _set_cookie(answer, request, THEME_COOKIE, chosen, lasts_s=_YEAR_S)
        else:
            answer.delete_cookie(THEME_COOKIE)
        return answer

    _own_password(shell, router)
    return router


def _own_password(shell: Shell, router: APIRouter) -> None:
    def form_page(request: Request, error: str | None = None, status: int = 200) -> Response:
        return shell.page(
            request, "shell/password.html.j2", title="Password", status=status, error=error, fewest=FEWEST_CHARACTERS
        )

    @router.get("/password")
    async def password_form(request: Request) -> Response:
        """Show the form for one's own password."""
        if await shell.session(request) is None:
            raise NotSignedIn
        return form_page(request)

    @router.post("/password")
    async def password(request: Request) -> Response:
        """Change one's own password; every session of the account ends, this one too."""
        person = await shell.session(request)
        if person is None:
            raise NotSignedIn
        form = await shell.form(request, limit=_FORM_BYTES)
        old, new, again = (str(form.get(name, "")) for name in ("old", "new", "again"))
        if new != again:
            return form_page(request, "The new password was not typed the same way twice.", 400)
        try:
            await shell.work(lambda: shell.accounts.change_password(person.account_id, old, new))
        except (SignInRefused, SignInTooOften) as error:
            return form_page(request, error.message, 401)
        except CountenanceError as error:
            return form_page(request, f"{error.message} {error.remedy}", 400)
        return shell.redirect("/sign-in")


def _form(
    shell: Shell, request: Request, *, way: str, name: str = "", error: CountenanceError | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    token = secrets.token_urlsafe(32)
    page = shell.page(
        request, "shell/sign_in.html.j2", title="Sign in", status=status, token=token, way=way, name=name, error=error
    )
    _set_cookie(page, request, _FORM_COOKIE, token)
    return page


def _require_form_cookie(request: Request, given: str) -> None:
    expected = request.cookies.get(_FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise FormRefused(403, "The form is not of this browser; it may have been open for too long.",
                          "Load the page for signing in again; cookies have to be allowed for it.")  # fmt: skip


def _set_cookie(answer: Response, request: Request, name: str, value: str, *, lasts_s: int | None = None) -> None:
    # Without an age: the browser forgets it when it is closed; the session has an end of its own.
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=lasts_s, path="/", secure=secure, httponly=True, samesite="lax")


def _own_path(path: str) -> str:
    """Return a path of this server to go on to; the beginning, for anything that leads elsewhere."""
    parts = urlsplit(path)
    inside = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if inside and not parts.scheme and not parts.netloc else "/"
