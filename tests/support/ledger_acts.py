"""Acts about nobody, as the accountability wrapper would record them."""

from __future__ import annotations

from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind

OPERATOR = "0f" * 16
POLICY = "5a" * 32


def act_id(number: int) -> str:
    """Return the identifier of an act."""
    return f"{number:032x}"


def intent(case_id: str | None = None) -> dict[str, FieldValue]:
    """Return the fields of a search's intent."""
    fields: dict[str, FieldValue] = {
        "action": "Search1N",
        "operator_id": OPERATOR,
        "purpose": "missing_person",
        "purpose_text": "Missing since Tuesday, «camera 4».",
        "jurisdictions": ("US", "US-WA"),
        "decision": "permit",
        "deciding_rules": ("permit.missing-person",),
        "policy_digest": POLICY,
    }
    return fields if case_id is None else {**fields, "case_id": case_id}


def outcome(result: str = "nobody_found") -> dict[str, FieldValue]:
    """Return the fields of a search's outcome."""
    return {
        "result": result,
        "started_at": "2031-05-06T07:08:09.000000Z",
        "finished_at": "2031-05-06T07:08:09.081250Z",
        "candidate_scores": ("0.6132", "0.5501"),
    }


def gallery_deleted(gallery_id: str = "3c" * 16) -> tuple[EntryKind, dict[str, FieldValue]]:
    """Return kind and fields of a small entry."""
    return EntryKind.GALLERY_DELETED, {"operator_id": OPERATOR, "gallery_id": gallery_id, "references": 3}
