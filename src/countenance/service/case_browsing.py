"""Cases page by page, the open ones first; of everybody, or of one operator.

Rules kept here:

- A page is read from where the last one ended, never by counting rows that are passed over.
- A cursor is an address, not a secret: whoever may see a list may begin it anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from countenance.core.errors import InputError
from countenance.service.case_ports import StoredCase

#: Cases on a page.
PAGE = 50
_OPEN, _ENDED = "open", "ended"


@dataclass(frozen=True, slots=True)
class CasePlace:
    """Where a page begins: after this case.

    Attributes:
        is_open: Whether the open ones were being read.
        opened_at: When that case was opened; None: at the beginning of its part.
        case_id: The case.
    """

    is_open: bool = True
    opened_at: datetime | None = None
    case_id: str = ""

    def __str__(self) -> str:
        """Return the place as an address has it."""
        if self.opened_at is None:
            return _OPEN if self.is_open else _ENDED
        return f"{_OPEN if self.is_open else _ENDED}~{self.opened_at.isoformat()}~{self.case_id}"


def case_place(written: str) -> CasePlace:
    """Return the place that an address has; the beginning for an empty one.

    Raises:
        InputError: It is none.
    """
    if not written:
        return CasePlace()
    state, _, rest = written.partition("~")
    at, _, case_id = rest.partition("~")
    try:
        opened_at = datetime.fromisoformat(at) if at else None
        if opened_at is not None and opened_at.utcoffset() is not None:
            opened_at = opened_at.astimezone(UTC)
    except (ValueError, OverflowError):
        state = ""
        opened_at = None
    if state not in (_OPEN, _ENDED) or (opened_at is not None and opened_at.utcoffset() is None) or len(case_id) > 32:
        raise InputError("The list of cases has no such place.", remedy="Begin with the first page.")
    return CasePlace(state == _OPEN, opened_at, case_id)


class CaseRows(Protocol):
    """The rows of cases as lists read them."""

    def cases_page(
        self,
        *,
        operator_id: str | None,
        is_open: bool,
        now: datetime,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> tuple[StoredCase, ...]:
        """Return open or ended cases, newest first, of one operator or of everybody, after (opened, identifier)."""
        ...


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of the list.

    Attributes:
        open: Cases that are open, newest first.
        ended: Cases that are closed or have expired, newest first; they follow when the open ones are through.
        next: Where the next page begins, as an address has it; None: there is none.
    """

    open: tuple[StoredCase, ...]
    ended: tuple[StoredCase, ...]
    next: str | None


class CaseBrowser:
    """Reads lists of cases."""

    def __init__(self, rows: CaseRows, clock: Callable[[], datetime]) -> None:
        """Take the rows and a clock with a time zone."""
        self._rows = rows
        self._clock = clock

    def page(self, operator_id: str | None, after: str = "", limit: int = PAGE) -> CasePage:
        """Return one page of cases.

        Args:
            operator_id: Of this operator; None: of everybody.
            after: Where it begins, as an address has it.
            limit: Most cases.

        Raises:
            InputError: ``after`` is no place.
        """
        place, now = case_place(after), self._clock()
        found: list[StoredCase] = []
        still_open: tuple[StoredCase, ...] = ()
        if place.is_open:
            still_open = self._read(operator_id, place, now, limit + 1)
            if len(still_open) > limit:
                return CasePage(still_open[:limit], (), _after(still_open[limit - 1], is_open=True))
            found.extend(still_open)
            place = CasePlace(is_open=False)
        left = limit - len(found)
        ended = self._read(operator_id, place, now, left + 1)
        if len(ended) <= left:
            return CasePage(still_open, ended, None)
        following = _after(ended[left - 1], is_open=False) if left else str(CasePlace(is_open=False))
        return CasePage(still_open, ended[:left], following)

    def _read(self, operator_id: str | None, place: CasePlace, now: datetime, limit: int) -> tuple[StoredCase, ...]:
        after = None if place.opened_at is None else (place.opened_at, place.case_id)
        return self._rows.cases_page(operator_id=operator_id, is_open=place.is_open, now=now, after=after, limit=limit)


def _after(case: StoredCase, *, is_open: bool) -> str:
    return str(CasePlace(is_open, case.opened_at, case.case_id))
