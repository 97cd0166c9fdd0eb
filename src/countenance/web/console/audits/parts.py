"""What the pages about audits work with."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.service.audit_shelf import AuditShelf
from countenance.service.jobs import Jobs


@dataclass(frozen=True, slots=True, eq=False)
class AuditsParts:
    """Ready-made by ``bootstrap``.

    Attributes:
        shelf: The audits.
        jobs: Work in the background.
        model: Name of the recogniser that is audited.
    """

    shelf: AuditShelf
    jobs: Jobs
    model: str
