"""What came of a search, reported back by whoever used it; recorded, so that reports can count it."""

from __future__ import annotations

import enum

from countenance.core.errors import InputError
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.act_entries import find_act
from countenance.service.journal_port import Journal, RecordedEntry


class Came(enum.StrEnum):
    """What came of a search."""

    NO_USE_MADE = "no_use_made"
    LOCATED = "located"
    IDENTIFIED_OTHERWISE = "identified_by_other_evidence"
    ARREST = "arrest"
    CHARGE = "charge"
    CONVICTION = "conviction"
    CLEARED = "cleared"
    FALSE_MATCH = "false_match"
    DISCLOSED = "disclosed"


def report_result(
    journal: Journal,
    act: str,
    result: Came,
    operator_id: str,
    *,
    false_match: bool = False,
    disclosed_to_defence: bool = False,
    reason: str = "",
) -> RecordedEntry:
    """Record what came of a search and return the entry.

    Args:
        journal: The ledger.
        act: The act's identifier, or that of one of its entries or of its review.
        result: What came of it.
        operator_id: Who reports it.
        false_match: Whether a candidate turned out to be somebody else; ``false_match`` says so by itself.
        disclosed_to_defence: Whether a defence was told of the search.
        reason: In words.

    Raises:
        InputError: There is no such act, or it was refused: nothing can have come of it.
        LedgerError, StorageError: It cannot be recorded.
    """
    found = find_act(journal, act)
    if found.is_refused:
        raise InputError("The act was refused, so nothing can have come of it.", remedy="Check the identifier.")
    fields: dict[str, FieldValue] = {
        "operator_id": operator_id,
        "act_id": found.act_id,
        "result": result.value,
        "false_match_known": false_match or result is Came.FALSE_MATCH,
        "disclosed_to_defence": disclosed_to_defence or result is Came.DISCLOSED,
    }
    case_id = found.request.fields.get("case_id")
    if isinstance(case_id, str):
        fields["case_id"] = case_id
    if reason.strip():
        fields["reason"] = reason.strip()
    return journal.record(EntryKind.RESULT_REPORTED, fields)
