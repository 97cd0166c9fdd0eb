"""What is counted of a period, kept until the ledger grows, and counted anew behind the pages' back.

Rules kept here:

- A page shows the last count at once, and says up to which entry it goes; it never waits longer than ``PATIENCE_S``
  for a newer one.
- Counts of other periods, and old ones, are forgotten when there are many.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from countenance.service.accountability_reports.exceptions import exceptions_report
from countenance.service.accountability_reports.period import Period, read_period
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.transparency import transparency_report
from countenance.service.accountability_reports.unusual import Use, uses
from countenance.web.console.accountability.parts import AccountabilityParts
from countenance.web.console.ledger.runs import Progress, Run

T = TypeVar("T")
#: How long a page waits for one count, in seconds: a ledger of a few thousand entries is counted within it.
PATIENCE_S = 0.5
#: Counts kept.
_KEPT = 24
#: After how many seconds a count is made anew though nothing was recorded: reviews become late by themselves.
_STALE_S = 600.0


@dataclass(frozen=True, slots=True)
class Count(Generic[T]):
    """What was counted, and when.

    Attributes:
        value: The count.
        size: Entries that were in the ledger.
        at: When.
    """

    value: T
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Look(Generic[T]):
    """What a page gets to see.

    Attributes:
        count: The newest count, or None before the first.
        run: What makes a newer one, or None if this is the newest.
    """

    count: Count[T] | None
    run: Run | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the home page needs of a period; the ledger is read once for both.

    Attributes:
        exceptions: The list of exceptions, as the report has it.
        uses: What each operator did, those whose use stands out first.
    """

    exceptions: dict[str, Any]
    uses: tuple[Use, ...]


class Counts:
    """The counts that were asked for lately."""

    def __init__(self, parts: AccountabilityParts) -> None:
        self._parts = parts
        self._kept: OrderedDict[str, Count[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def overview(self, period: Period) -> Look[Overview]:
        """Return the exceptions of a period, and what each operator did in it."""
        return self._look(f"overview {period}", lambda sources: _overview(sources, period))

    def report(self, period: Period, minimum: int) -> Look[dict[str, Any]]:
        """Return the report for a period; counts below ``minimum`` are withheld."""
        return self._look(
            f"report {minimum} {period}", lambda sources: transparency_report(sources, period, minimum=minimum)
        )

    def _look(self, key: str, make: Callable[[Sources], T]) -> Look[T]:
        kept = self._found(key)
        if kept is not None and self._is_new(kept):
            return Look(kept, None)

        def count(_: Progress) -> None:
            size, sources = self._parts.journal.size(), self._parts.sources()
            self._keep(key, Count(make(sources), size, sources.now))

        run = self._parts.runs.start(key, count)
        if not run.wait(PATIENCE_S):
            return Look(self._found(key), run)
        if run.error is not None and kept is None:
            raise run.error
        return Look(self._found(key), None)

    def _found(self, key: str) -> Count[Any] | None:
        return self._kept.get(key)

    def _is_new(self, kept: Count[Any]) -> bool:
        grown = kept.size != self._parts.journal.size()
        return not grown and (self._parts.clock() - kept.at).total_seconds() < _STALE_S

    def _keep(self, key: str, count: Count[Any]) -> None:
        with self._lock:
            self._kept[key] = count
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _overview(sources: Sources, period: Period) -> Overview:
    recorded = read_period(sources.journal, period)
    return Overview(exceptions_report(sources, period, recorded=recorded), uses(recorded.acts))
