"""The form that opens a case: every claim once, read back as it was meant, problems beside their fields."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile

from countenance.service.case_terms import CASE_CLAIMS, KEYS, NEEDED_CLAIMS, case_terms, read_terms
from countenance.web.console.cases.claim_words import LABELS
from countenance.web.console.cases.claims import claim_groups, claim_in_words
from countenance.web.console.cases.opening import StatedCase, opening_form, stated_case
from tests.support.case_samples import NOW, VALUES

#: What is typed for the complete sample case.
TYPED: dict[str, Any] = {
    "case_number": "24-1183",
    "operator": "R. Example",
    "purpose_text": VALUES["purpose_text"],
    "galleries": ["shelter"],
    "most_searches": "20",
    "expires": "8h",
    "actor_sector": "us_public_agency",
    "on_behalf_of": "none",
    "purpose": "missing_person",
    "jurisdictions": "US-OH",
    "targeted": "yes",
    "selection_basis": ["none"],
    "timing": "after_the_fact",
    "space": "private_premises",
    "probe_source": "still_photo",
    "intended_use": "lead_only",
    "adverse_effect": "no",
    "legal_basis": "explicit_consent",
    "consent_status": "given",
    "consent_form": "written_release",
}


def sent(changes: Mapping[str, Any] | None = None, files: Mapping[str, bytes] | None = None) -> StatedCase:
    fields: list[tuple[str, str | UploadFile]] = []
    for name, value in {**TYPED, **(changes or {})}.items():
        fields += [(name, one) for one in (value if isinstance(value, list) else [value])]
    fields += [(name, UploadFile(io.BytesIO(data), filename="order.pdf")) for name, data in (files or {}).items()]
    return asyncio.run(stated_case(FormData(fields), "M. Example"))


def problems(stated: StatedCase) -> list[str]:
    return read_terms(stated.values, now=NOW, read=stated.read)[1]


def test_every_claim_has_one_field_and_a_name_of_its_own() -> None:
    names = [field.name for group in claim_groups() for field in group.fields]
    assert sorted(names) == sorted(CASE_CLAIMS)
    assert set(LABELS) == set(CASE_CLAIMS)
    assert len(set(LABELS.values())) == len(LABELS)
    assert {field.name for group in claim_groups() for field in group.fields if field.needed} == set(NEEDED_CLAIMS)


def test_what_is_typed_states_the_same_case_as_a_file() -> None:
    stated = sent()
    from_form = case_terms(stated.values, now=NOW, read=stated.read)
    values = {**VALUES, "galleries": ["shelter"], "most_searches": 20}
    assert from_form == case_terms(values, now=NOW, read=stated.read)


def test_what_is_left_open_is_not_claimed() -> None:
    claims = case_terms(sent().values, now=NOW, read=str.encode).claims
    assert "offence_tags" not in claims
    assert "defence_disclosure" not in claims
    assert claims["selection_basis"] == ()


def test_no_tick_at_all_is_not_a_statement() -> None:
    assert problems(sent({"selection_basis": []})) == ["selection_basis is missing"]


def test_none_together_with_some_is_refused() -> None:
    assert problems(sent({"selection_basis": ["none", "age"]}))[0].startswith("selection_basis are not among")


def test_times_are_meant_in_utc_and_documents_become_digests() -> None:
    stated = sent(
        {
            "auth_status": "granted",
            "auth_id": "2031-MC-118",
            "auth_expires": "2031-06-05T00:00",
            "until": "2031-05-07T09:00",
        },
        {"auth_document": b"an order"},
    )
    terms = case_terms(stated.values, now=NOW, read=stated.read)
    assert terms.expires_at.isoformat() == "2031-05-07T09:00:00+00:00"
    assert terms.claims["auth_expires"] == "2031-06-05T00:00:00+00:00"
    assert terms.authorisation_document_sha256 is not None
    assert "order.pdf" not in str(terms)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("most_searches", "many"),
        ("most_candidates", "0"),
        ("jurisdictions", "Ohio"),
        ("offence_max_years", "1e3"),
        ("auth_requested_at", "tomorrow"),
        ("purpose", "curiosity"),
        ("targeted", "perhaps"),
        ("operator", ""),
        ("case_number", "\\x07"),
        ("expires", "a while"),
    ],
)
def test_a_problem_stands_beside_its_field(field: str, typed: str) -> None:
    stated = sent({field: typed.replace("\\x07", "\x07")})
    form = opening_form(["shelter"], ["R. Example"], stated.typed, problems(stated))
    assert list(form.problems) == [field]
    assert form.others == ()
    assert form.problems[field].endswith(".")
    assert form.wrong[0][1]


def test_every_key_that_can_be_wrong_has_a_name_for_people() -> None:
    form = opening_form([], [], {}, [f"{key} is wrong" for key in sorted(KEYS)])
    assert len(form.wrong) == len(KEYS) - 1  # every gallery and named ones stand together
    assert all(label for _, label, _ in form.wrong)


def test_every_gallery_and_a_named_one_contradict_each_other_at_the_galleries() -> None:
    stated = sent({"galleries": ["any", "shelter"]})
    form = opening_form(["shelter"], [], stated.typed, problems(stated))
    assert "contradict" in form.problems["galleries"]


def test_a_group_with_a_problem_or_something_typed_stands_open() -> None:
    authority = next(group for group in claim_groups() if group.title == "Authority")
    assert not opening_form([], [], {}, ()).is_open(authority)
    assert opening_form([], [], {"auth_id": "2"}, ()).is_open(authority)
    assert opening_form([], [], {}, ["auth_id is missing"]).is_open(authority)


def test_claims_read_as_words() -> None:
    assert claim_in_words(True) == "yes"
    assert claim_in_words(()) == "none"
    assert claim_in_words(("race_ethnicity", "age")) == "race or ethnicity, age"
    assert claim_in_words(12) == "12"
