"""All pages about reviews."""

from __future__ import annotations

from fastapi import APIRouter

from countenance.web.console.reviewing.leads import lead_pages
from countenance.web.console.reviewing.looking import looking_pages
from countenance.web.console.reviewing.overview import overview_pages
from countenance.web.console.reviewing.parts import ReviewingParts
from countenance.web.console.reviewing.waiting import waiting_pages
from countenance.web.console.shell import Shell


def reviewing_pages(shell: Shell, parts: ReviewingParts) -> APIRouter:
    """Return all pages about reviews."""
    router = APIRouter(include_in_schema=False)
    # One review's pages come last: its address would take "all" and "reviewers" for identifiers.
    for pages in (waiting_pages, overview_pages, lead_pages, looking_pages):
        router.include_router(pages(shell, parts))
    return router
