"""The open store and its parts → what the console's pages about audits work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countenance.web.console.audits.audit import audit_pages
from countenance.web.console.audits.lists import list_pages
from countenance.web.console.audits.parts import AuditsParts

if TYPE_CHECKING:
    from fastapi import APIRouter

    from countenance.bootstrap.accountability import AccountableParts
    from countenance.web.console.shell import Shell


def audits_pages(shell: Shell, parts: AccountableParts) -> tuple[APIRouter, ...]:
    """Return the pages about audits."""
    made = AuditsParts(parts.background.shelf, parts.background.jobs, parts.app.manifest.name)
    return list_pages(shell, made), audit_pages(shell, made)
