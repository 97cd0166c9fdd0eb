"""All pages about the ledger."""

from __future__ import annotations

from fastapi import APIRouter

from countenance.web.console.ledger.checks import check_pages
from countenance.web.console.ledger.entries import entry_pages
from countenance.web.console.ledger.handing_out import handing_out_pages
from countenance.web.console.ledger.parts import LedgerParts
from countenance.web.console.shell import Shell


def ledger_pages(shell: Shell, parts: LedgerParts) -> APIRouter:
    """Return all pages about the ledger."""
    router = APIRouter(include_in_schema=False)
    # The list and the entry come last: an entry's address would take "key" and "verify" for identifiers.
    for pages in (check_pages, handing_out_pages, entry_pages):
        router.include_router(pages(shell, parts))
    return router
