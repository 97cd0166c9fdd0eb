"""What a list of entries is narrowed to, from the query of its address and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from countenance.core.errors import InputError
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.wording import in_words
from countenance.service.case_ports import StoredCase
from countenance.service.journal_port import EntryFilter

_ACT = re.compile(r"[0-9a-f]{32}")
#: Kinds of entries as a list offers them, several at once under one word.
KINDS: Mapping[str, tuple[EntryKind, ...]] = {
    "acts": (EntryKind.ACT_INTENDED, EntryKind.ACT_DENIED, EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED),
    "reviews": (
        EntryKind.REVIEW_OPENED, EntryKind.REVIEW_VOTE, EntryKind.REVIEW_RELEASED, EntryKind.REVIEW_CLOSED,
    ),
    "rules": (
        EntryKind.POLICY_CHANGED, EntryKind.THRESHOLD_CHANGED, EntryKind.CERTIFICATE_LOADED, EntryKind.OVERRIDE,
    ),
    "cases": (
        EntryKind.CASE_OPENED, EntryKind.CASE_CLOSED, EntryKind.CREDENTIAL_MINTED, EntryKind.CREDENTIAL_REVOKED,
    ),
    "people": (EntryKind.ENROLMENT, EntryKind.ERASURE, EntryKind.EXPIRY),
}  # fmt: skip
_CALLED = {
    "acts": "All acts", "reviews": "All about reviews", "rules": "All changes of rules",
    "cases": "All about cases", "people": "Enrolled, erased, expired",
}  # fmt: skip
OPTIONS: tuple[tuple[str, str], ...] = (
    ("", "Everything"),
    *_CALLED.items(),
    *((kind.value, in_words(kind.value).capitalize()) for kind in EntryKind),
)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed to.

    Attributes:
        kind: A word of ``OPTIONS``.
        act: Identifier of an act, or empty.
        case: What was asked for: a case's number or identifier, or empty.
        first, last: Days, or None.
        after: Only entries below this number, or None.
    """

    kind: str = ""
    act: str = ""
    case: str = ""
    first: date | None = None
    last: date | None = None
    after: int | None = None

    @property
    def anything(self) -> bool:
        """Return whether it narrows at all."""
        return bool(self.kind or self.act or self.case or self.first or self.last)

    def wanted(self, find_case: Callable[[str], StoredCase | None]) -> EntryFilter | None:
        """Return the filter, or None where nothing can fit it: there is no such case.

        Args:
            find_case: Number or identifier → the case, or None.
        """
        case_id: str | None = None
        if self.case:
            found = find_case(self.case)
            if found is not None:
                case_id = found.case_id
            elif _ACT.fullmatch(self.case):
                case_id = self.case
            else:
                return None
        kinds = KINDS.get(self.kind) or ((EntryKind(self.kind),) if self.kind else ())
        return EntryFilter(
            kinds=kinds,
            act_id=self.act or None,
            case_id=case_id,
            since=start_of(self.first) if self.first else None,
            before=start_of(self.last) + timedelta(days=1) if self.last else None,
        )

    def query(self, after: int | None = None) -> str:
        """Return the address of the same list, below another entry."""
        parts = {
            "kind": self.kind, "act": self.act, "case": self.case, "from": self.first, "to": self.last, "after": after,
        }  # fmt: skip
        given = urlencode({name: str(value) for name, value in parts.items() if value not in ("", None)})
        return f"/ledger?{given}" if given else "/ledger"


def narrowed(query: Mapping[str, str]) -> Narrowed:
    """Return what a query narrows to.

    Raises:
        InputError: A word, identifier, day or number in it cannot be read.
    """
    kind, act = query.get("kind", ""), query.get("act", "").strip().lower()
    if kind not in dict(OPTIONS):
        raise InputError("There is no such kind of entry.", remedy="Choose one of the list.")
    if act and not _ACT.fullmatch(act):
        raise InputError("An act is named by 32 digits.", remedy="Copy it whole from an entry or a dossier.")
    after = query.get("after", "")
    if after and not (after.isdecimal() and len(after) < 16):
        raise InputError("An entry's place is a whole number.", remedy="Begin at the newest entries.")
    first, last = day_of(query, "from"), day_of(query, "to")
    if first and last and first > last:
        raise InputError(f"The days begin on {first}, after their end on {last}.", remedy="Swap them.")
    return Narrowed(kind, act, query.get("case", "").strip()[:200], first, last, int(after) if after else None)


def day_of(query: Mapping[str, str], name: str) -> date | None:
    """Return a day of a query, or None if it is not there.

    Raises:
        InputError: It is no day.
    """
    written = query.get(name, "").strip()
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise InputError(f"{written[:20]!r} is no day.", remedy="Write a day as 2026-11-24.") from None
    if not 1970 <= day.year <= 9998:
        raise InputError(f"The year {day.year} is not one of this ledger.", remedy="Write a day as 2026-11-24.")
    return day


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
