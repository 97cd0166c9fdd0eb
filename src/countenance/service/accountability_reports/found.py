"""An exception, and the kinds there are."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from countenance.ledger.entries import utc_text


class Kind(enum.StrEnum):
    """Kinds of exceptions, the most pressing first."""

    AFTER_CLOSING = "search_after_closing"
    UNKNOWN_CASE = "unknown_case"
    SELF_SEARCH = "self_search"
    VAGUE_REASON = "vague_reason"
    MADE_PROBE = "probe_drawn_or_edited"
    LATE_REVIEW = "late_review"
    LOOSE_THRESHOLD = "threshold_below_policy"
    OVERRIDE = "override"
    UNFINISHED = "failed_or_interrupted"
    CHECKPOINT_OVERDUE = "checkpoint_overdue"

    @property
    def called(self) -> str:
        """Return its name for people."""
        return _TITLES[self]


_TITLES = {
    Kind.AFTER_CLOSING: "After a case was closed or had expired",
    Kind.UNKNOWN_CASE: "Case unknown or not checked",
    Kind.SELF_SEARCH: "Operators among their own candidates",
    Kind.VAGUE_REASON: "Reason too vague",
    Kind.MADE_PROBE: "Probe drawn, composed or edited",
    Kind.LATE_REVIEW: "Review late",
    Kind.LOOSE_THRESHOLD: "Threshold below policy",
    Kind.OVERRIDE: "Rules overridden or switched off",
    Kind.UNFINISHED: "Failed or interrupted",
    Kind.CHECKPOINT_OVERDUE: "Checkpoint overdue",
}


@dataclass(frozen=True, slots=True)
class Found:
    """An exception.

    Attributes:
        kind: Its kind.
        at: When.
        owner: Who has to answer, in words.
        known: What is on record.
        do: What to do about it.
        act_id: The act whose dossier tells more, or None.
        entry_id: The entry it rests on.
        case_id: The case, or None.
    """

    kind: Kind
    at: datetime
    owner: str
    known: str
    do: str
    act_id: str | None
    entry_id: str
    case_id: str | None = None

    def document(self) -> dict[str, Any]:
        """Return this in plain values."""
        return {
            "kind": self.kind.value,
            "title": self.kind.called,
            "at": utc_text(self.at),
            "owner": self.owner,
            "known": self.known,
            "do": self.do,
            "dossier": self.act_id,
            "case_id": self.case_id,
            "entry_id": self.entry_id,
        }


def day(moment: datetime) -> str:
    """Return a moment's day for people."""
    return f"{moment:%Y-%m-%d}"
