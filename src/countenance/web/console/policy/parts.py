"""What the pages about rules work with, filled in by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.core.thresholds import Calibration
from countenance.service.journal_port import RecordedEntry
from countenance.service.policy_changes import PolicyChanges
from countenance.service.rules_in_force import RulesInForce
from countenance.web.console.ledger.parts import LedgerParts


@dataclass(frozen=True, slots=True)
class SearchedGallery:
    """A gallery as thresholds concern it: name and references."""

    name: str
    references: int


@dataclass(frozen=True, slots=True, eq=False)
class PolicyParts:
    """What the pages about rules work with.

    Attributes:
        rules: The rules in force.
        changes: Changes them on behalf of an account, by its name.
        operator_list: Text of the operator's list in force.
        harmless: Attributes of a harmless request, with the time it is judged at, as examples start from.
        calibration: The record in use for the recogniser in use, or None.
        read_calibration: Reads a record.
        keep_calibration: Puts a record to use on behalf of an account, by its name; recorded.
        model: Name of the recogniser in use.
        galleries: The galleries with their sizes.
        ledger: Reads the history of changes.
        new_id: Returns a random identifier.
    """

    rules: RulesInForce
    changes: Callable[[str], PolicyChanges]
    operator_list: Callable[[], str]
    harmless: Callable[[], Mapping[str, Any]]
    calibration: Callable[[], Calibration | None]
    read_calibration: Callable[[bytes], Calibration]
    keep_calibration: Callable[[Calibration, str], RecordedEntry]
    model: str
    galleries: Callable[[], Sequence[SearchedGallery]]
    ledger: LedgerParts
    new_id: Callable[[], str]
