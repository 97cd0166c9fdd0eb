"""What the accountability pages work with, filled in by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from countenance.service.accountability_reports.people import People
from countenance.service.accountability_reports.sources import Sources
from countenance.service.journal_port import Journal
from countenance.service.retention import DueNow
from countenance.service.reviews import ReviewSummary
from countenance.web.console.ledger.runs import Runs


@dataclass(frozen=True, slots=True)
class KeptGallery:
    """A gallery and its rule of retention.

    Attributes:
        name: The gallery.
        retention_days: Days after enrolment; None means until erased.
        references: References in it.
    """

    name: str
    retention_days: int | None
    references: int


@dataclass(frozen=True, slots=True, eq=False)
class AccountabilityParts:
    """What the accountability pages work with.

    Attributes:
        journal: Reads entries.
        clock: The server's clock.
        sources: Makes what reports read, as of now; takes a moment.
        people: Names of those who work with the system; may be some seconds old.
        due: What has reached its end and is still there.
        galleries: The galleries with their rules of retention.
        pending: Reviews under way, newest first: so many, after so many.
        runs: Does what takes long.
    """

    journal: Journal
    clock: Callable[[], datetime]
    sources: Callable[[], Sources]
    people: Callable[[], People]
    due: Callable[[], DueNow]
    galleries: Callable[[], Sequence[KeptGallery]]
    pending: Callable[[int], Sequence[ReviewSummary]]
    runs: Runs
