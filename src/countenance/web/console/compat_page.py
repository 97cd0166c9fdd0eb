"""``/compat`` for whoever has signed in: what it says, as a page of the console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import markupsafe
from fastapi import Request, Response

from countenance.web.console.routing import HEADERS
from countenance.web.console.shell import Shell


def compat_frame(shell: Shell) -> Callable[[Request, str], Awaitable[Response | None]]:
    """Return what shows the page about compatibility in the console's frame; None for whoever has not signed in."""

    async def framed(request: Request, body: str) -> Response | None:
        person = await shell.session(request)
        if person is None or person.must_change_password:
            return None
        said = markupsafe.Markup(body)  # noqa: S704 - drawn by a template of ours that escapes
        page = shell.page(request, "compat.html.j2", title="Compatibility", body=said)
        page.headers.update(HEADERS)
        return page

    return framed
