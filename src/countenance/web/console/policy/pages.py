"""All pages about rules."""

from __future__ import annotations

from fastapi import APIRouter

from countenance.web.console.policy.explaining import explain_pages
from countenance.web.console.policy.overview import overview_pages
from countenance.web.console.policy.parts import PolicyParts
from countenance.web.console.policy.switching import switching_pages
from countenance.web.console.policy.thresholds import threshold_pages
from countenance.web.console.shell import Shell


def policy_pages(shell: Shell, parts: PolicyParts) -> APIRouter:
    """Return all pages about rules."""
    router = APIRouter(include_in_schema=False)
    for pages in (overview_pages, explain_pages, switching_pages, threshold_pages):
        router.include_router(pages(shell, parts))
    return router
