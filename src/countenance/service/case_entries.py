"""Cases and credentials as the ledger has them: identifiers, claims and times; names and secrets stay out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldValue
from countenance.service.case_ports import NewCase
from countenance.service.case_terms import CASE_CLAIMS

#: Claim → field of an entry, where the field is not called like the claim.
_OTHER_NAMES = {
    "auth_id": "authorisation_number",
    "auth_status": "authorisation_status",
    "emergency_facts_sha256": "emergency_facts_digest",
    "offence_max_years": "offence_most_years",
}
_SAME_NAMES = frozenset(
    {
        "actor_sector", "on_behalf_of", "purpose", "jurisdictions", "legal_basis", "emergency", "suspicion",
        "offence_tags", "offence_statute", "offence_facts_linked", "consent_status", "consent_form", "notice",
    }
)  # fmt: skip


def authority_fields(case: NewCase, attester_id: str) -> dict[str, FieldValue]:
    """Return why, for whom and under which claimed authority a case exists, as fields of an entry."""
    fields: dict[str, FieldValue] = {"case_number": case.case_number, "attester_id": attester_id}
    for name, value in case.claims.items():
        field = _OTHER_NAMES.get(name, name if name in _SAME_NAMES else "")
        if field and value != "":
            fields[field] = value
    texts = {
        "purpose_text": case.purpose_text or None,
        "authorisation_issuer": case.authorisation_issuer,
        "authorisation_document_digest": case.authorisation_document_sha256,
        "authorisation_requested_at": _time(case.authorisation_requested_at),
        "authorisation_expires_at": _claimed_time(case.claims),
    }
    fields |= {name: text for name, text in texts.items() if text is not None}
    fields["attested_claims"] = tuple(sorted(set(case.claims) & {*CASE_CLAIMS, "emergency"}))
    return fields


def opened_fields(case_id: str, case: NewCase, attester_id: str) -> dict[str, FieldValue]:
    """Return the fields of ``case_opened``."""
    limits = {"most_searches": case.most_searches, "most_candidates": case.most_candidates}
    fields: dict[str, FieldValue] = {
        **authority_fields(case, attester_id),
        "case_id": case_id,
        "operator_id": case.operator_id,
        "expires_at": utc_text(case.expires_at),
        "case_list_checked": case.case_list_checked,
        **{name: limit for name, limit in limits.items() if limit is not None},
    }
    if not case.any_gallery:
        fields["gallery_ids"] = tuple(case.galleries)
    return fields


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _claimed_time(claims: Mapping[str, object]) -> str | None:
    value = claims.get("auth_expires")
    return utc_text(datetime.fromisoformat(value)) if isinstance(value, str) else None
