"""Cases in the ledger: claims by their words, people by identifiers, nothing that the entry's kind does not have."""

from __future__ import annotations

from countenance.ledger.entries import Entry, utc_text
from countenance.ledger.kinds import SCHEMAS, EntryKind
from countenance.service.case_entries import authority_fields, opened_fields
from countenance.service.case_terms import CASE_CLAIMS
from countenance.service.cases import DraftCase
from tests.support.case_samples import NOW, terms

ATTESTER, OPERATOR, CASE_ID = "a" * 32, "b" * 32, "c" * 32


def draft(**changes: object) -> DraftCase:
    made = terms(**changes)
    return DraftCase(
        case_number=made.case_number,
        operator_id=OPERATOR,
        operator=made.operator,
        attested_by=made.attested_by,
        purpose_text=made.purpose_text,
        vague_reason=None,
        claims=made.claims,
        authorisation_issuer=made.authorisation_issuer,
        authorisation_requested_at=made.authorisation_requested_at,
        authorisation_document_sha256=made.authorisation_document_sha256,
        case_list_checked=True,
        galleries={"d" * 32: "a gallery"},
        any_gallery=made.any_gallery,
        most_searches=made.most_searches,
        most_candidates=made.most_candidates,
        expires_at=made.expires_at,
    )


def test_everything_a_case_may_claim_makes_an_entry_its_kind_accepts() -> None:
    case = draft(
        auth_id="W-1", auth_status="granted", auth_expires="2031-06-01T00:00:00+00:00", auth_issuer="A court",
        auth_document="order.pdf", auth_requested_at="2031-05-01T00:00:00+00:00", emergency_facts="facts",
        offence_tags=["felony"], offence_statute="ORC 2911.12", offence_max_years=5, offence_facts_linked=True,
        suspicion="probable_cause", notice="none", most_searches=1, most_candidates=2, corroboration=[],
    )  # fmt: skip
    fields = opened_fields(CASE_ID, case, ATTESTER)
    Entry(EntryKind.CASE_OPENED, "0" * 32, NOW, fields)
    assert fields["authorisation_number"] == "W-1"
    assert fields["authorisation_expires_at"] == "2031-06-01T00:00:00.000000Z"
    assert fields["emergency_facts_digest"] == case.claims["emergency_facts_sha256"]
    assert fields["offence_most_years"] == 5
    assert fields["gallery_ids"] == ("d" * 32,)
    assert fields["expires_at"] == utc_text(case.expires_at)
    assert set(fields["attested_claims"]) == set(case.claims) - {"emergency_facts_sha256"}  # type: ignore[arg-type]


def test_names_stay_out_of_entries() -> None:
    text = repr(opened_fields(CASE_ID, draft(), ATTESTER))
    for name in ("R. Example", "M. Example", "a gallery"):
        assert name not in text


def test_a_case_that_states_little_makes_an_entry_too() -> None:
    case = draft(purpose_text=None, legal_basis=None, consent_status=None, any_gallery=True)
    fields = opened_fields(CASE_ID, case, ATTESTER)
    Entry(EntryKind.CASE_OPENED, "0" * 32, NOW, fields)
    assert "gallery_ids" not in fields
    assert "purpose_text" not in fields


def test_claims_with_a_field_of_their_own_are_all_recorded_under_it() -> None:
    fields = authority_fields(draft(), ATTESTER)
    schema = SCHEMAS[EntryKind.CASE_OPENED]
    assert {name for name in CASE_CLAIMS if name in schema and name in draft().claims} <= set(fields)
