"""All pages about searches."""

from __future__ import annotations

from fastapi import APIRouter

from countenance.web.console.dossiers.dossier import one_search_pages
from countenance.web.console.dossiers.listing import listing_pages
from countenance.web.console.dossiers.parts import DossierParts
from countenance.web.console.shell import Shell


def dossier_pages(shell: Shell, parts: DossierParts) -> APIRouter:
    """Return all pages about searches."""
    router = APIRouter(include_in_schema=False)
    for pages in (listing_pages, one_search_pages):
        router.include_router(pages(shell, parts))
    return router
