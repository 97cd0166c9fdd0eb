"""The list of galleries, and making one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from countenance.core.errors import GalleryExists, InputError
from countenance.policy.terms import GallerySource
from countenance.service.account_port import Role
from countenance.service.gallery_pages import SOURCE_WORDS
from countenance.web.console.forms import text_of
from countenance.web.console.galleries.parts import GalleriesParts
from countenance.web.console.shell import Shell

PAGE = 50
_LONGEST_RETENTION_DAYS = 36_500
#: Longest number that is read at all, in digits.
_LONGEST_NUMBER = 9
#: Sources by what is asked most; "not stated" is no choice for a new gallery.
SOURCES = [(one.value, SOURCE_WORDS[one]) for one in GallerySource if one is not GallerySource.UNKNOWN]


def gallery_path(name: str) -> str:
    """Return the address of a gallery's page."""
    return f"/galleries/{quote(name)}"


def list_pages(shell: Shell, parts: GalleriesParts) -> APIRouter:
    """Return the list of galleries and the form for a new one."""
    router = shell.router()

    @router.get("/galleries")
    async def galleries(request: Request, after: str = "") -> Response:
        """List galleries with their size, source, retention, and what a search among so many means."""
        person = await shell.who(request)
        after = after.replace("\0", "")
        found = await shell.desk(lambda: parts.galleries.page(after=after, limit=PAGE + 1))
        following = f"/galleries?after={quote(found[PAGE - 1].summary.name)}" if len(found) > PAGE else ""
        return shell.page(
            request, "galleries/list.html.j2", title="Galleries", galleries=found[:PAGE], after=after,
            following=following, owner=Role.GALLERY_OWNER in person.roles, path=gallery_path,
        )  # fmt: skip

    @router.get("/new-gallery")
    async def new(request: Request) -> Response:
        """Show the form for a new gallery."""
        await shell.who(request, Role.GALLERY_OWNER)
        return _form(shell, request, parts, {}, {})

    @router.post("/new-gallery")
    async def create(request: Request) -> Response:
        """Make a gallery, or show the form again with what is wrong."""
        person = await shell.who(request, Role.GALLERY_OWNER)
        form = await shell.form(request)
        typed = {name: text_of(form, name, most=2_000) for name in ("name", "basis", "source", "keep", "days")}
        problems = _problems(typed)
        if not problems:
            days = None if typed["keep"] == "erased" else int(typed["days"])
            source = GallerySource(typed["source"])
            try:
                await shell.desk(lambda: parts.create(typed["name"], typed["basis"], source, days, person.name))
            except (GalleryExists, InputError) as error:
                problems["name"] = error.message
            else:
                return shell.redirect(gallery_path(typed["name"]))
        return _form(shell, request, parts, typed, problems)

    return router


def _form(
    shell: Shell, request: Request, parts: GalleriesParts, typed: Mapping[str, str], problems: Mapping[str, str]
) -> Response:
    return shell.page(
        request, "galleries/new.html.j2", title="New gallery", status=400 if problems else 200, typed=typed,
        problems=problems, sources=SOURCES, model=parts.model,
    )  # fmt: skip


def _problems(typed: Mapping[str, str]) -> dict[str, str]:
    """Return field → what is wrong with it."""
    problems = {}
    if not typed["name"]:
        problems["name"] = "A gallery needs a name."
    if not typed["basis"]:
        problems["basis"] = "Say why faces are kept in it; this goes into the record."
    if typed["source"] not in dict(SOURCES):
        problems["source"] = "Say where the photos come from; rules read this."
    days = typed["days"]
    if typed["keep"] not in ("days", "erased"):
        problems["keep"] = "Say how long faces stay."
    elif typed["keep"] == "days" and not (
        days.isdecimal() and len(days) < 9 and 0 < int(days) <= _LONGEST_RETENTION_DAYS
    ):
        problems["days"] = f"A number of days, 1 to {_LONGEST_RETENTION_DAYS:,}."
    return problems
