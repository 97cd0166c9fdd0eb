"""The open store and its parts → the console: its frame, and the pages of every area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countenance import __version__
from countenance.bootstrap.console_audits import audits_pages
from countenance.bootstrap.console_galleries import galleries_pages
from countenance.bootstrap.console_governing import governing_pages
from countenance.bootstrap.console_reviewing import dossier_pages, reviewing_pages
from countenance.bootstrap.console_searching import searching_pages
from countenance.web.console.shell import Shell
from countenance.web.console.signing_in import signing_in_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import APIRouter

    from countenance.bootstrap.accountability import AccountableParts
    from countenance.web.context import WebContext

#: The door's name in standings and in the ledger.
INTERFACE = "console"


@dataclass(frozen=True, slots=True, eq=False)
class Console:
    """The console, put together.

    Attributes:
        shell: Its frame; answers what no route takes.
        routers: Its pages.
    """

    shell: Shell
    routers: tuple[APIRouter, ...]


def console(context: WebContext, parts: AccountableParts, *, notes: Mapping[str, str] | None = None) -> Console:
    """Return the console.

    Args:
        context: The service.
        parts: What it acts and records with.
        notes: What every page says besides: ``demonstration``, a sentence.
    """
    shell = Shell(context, parts.accounts, version=__version__, pages=notes)
    return Console(
        shell,
        (
            shell.static.router(),
            signing_in_pages(shell),
            *governing_pages(shell, parts),
            *galleries_pages(shell, parts),
            *audits_pages(shell, parts),
            reviewing_pages(shell, parts),
            dossier_pages(shell, parts),
            *searching_pages(shell, parts),
        ),
    )
