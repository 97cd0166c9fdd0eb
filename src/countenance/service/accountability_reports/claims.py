"""What somebody claimed about an act, each claim followed by who attested it."""

from __future__ import annotations

from collections.abc import Mapping

from countenance.ledger.field_types import FieldValue
from countenance.service.accountability_reports.act_entries import words_of
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.wording import in_words

#: What stands where nobody made a claim.
UNSTATED = "not stated; taken as the strictest"
#: Request fields that are somebody's word, in the order of the dossier, with their names for people.
_CLAIMS = (
    ("purpose", "Purpose"),
    ("actor_sector", "Acts as"),
    ("on_behalf_of", "On behalf of"),
    ("jurisdictions", "Place"),
    ("legal_basis", "Legal basis"),
    ("authorisation_number", "Authorisation"),
    ("authorisation_issuer", "Issued by"),
    ("authorisation_status", "Its status"),
    ("authorisation_requested_at", "Asked for"),
    ("authorisation_expires_at", "Expires"),
    ("authorisation_document_digest", "Document, SHA-256"),
    ("emergency", "Emergency"),
    ("offence_statute", "Offence"),
    ("offence_tags", "Its class"),
    ("suspicion", "Suspicion"),
    ("consent_status", "Consent"),
    ("consent_form", "Its form"),
    ("notice", "Notice given"),
    ("selection_basis", "People picked by"),
    ("intended_use", "Meant for"),
    ("corroboration", "Other evidence"),
    ("adverse_effect", "Adverse effect"),
    ("timing", "Timing"),
    ("space", "Taken where"),
)
#: Claims that say nothing when they have this value, and are left out then.
_SAYS_NOTHING = frozenset({"", "none", "not_stated"})


def claims_part(sources: Sources, request: Mapping[str, FieldValue]) -> list[dict[str, str]]:
    """Return the claims of an intent or refusal: name, value, and whose word it is."""
    attested = set(words_of(request, "attested_claims"))
    by = sources.people.called(request.get("attester_id", request["operator_id"]))
    claims = []
    for name, called in _CLAIMS:
        value = request.get(name)
        if value is None or value == () or value in _SAYS_NOTHING:
            continue
        # What nobody stated was taken as the most restrictive word; the name of a place as that of all known.
        source = f"attested by {by}" if _is_attested(name, attested) else UNSTATED
        claims.append({"name": called, "value": _value(value), "source": source})
    return claims


def _is_attested(name: str, attested: set[str]) -> bool:
    renamed = {"authorisation_number": "auth_id", "authorisation_status": "auth_status"}
    return renamed.get(name, name) in attested or name.startswith("authorisation_")


def _value(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        most = 12
        shown = ", ".join(in_words(str(word)) for word in value[:most])
        return f"{shown} and {len(value) - most} more" if len(value) > most else shown
    return in_words(str(value))
