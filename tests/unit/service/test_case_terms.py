"""The terms of a case: what is accepted, what is refused, and that policy accepts every claim that is."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from countenance.core.errors import CaseInvalid
from countenance.policy.attributes import ATTRIBUTES, Kind
from countenance.policy.request import PolicyRequest
from countenance.service.account_names import shown_name
from countenance.service.case_terms import CASE_CLAIMS, NEEDED_CLAIMS, case_terms, read_case_file
from tests.support.case_samples import NOW, VALUES, terms, values
from tests.support.policy_builders import plain_request


def test_a_complete_case_is_taken_as_it_is_written() -> None:
    made = terms(most_searches=20, galleries=["b", " a ", "b"])
    assert made.case_number == VALUES["case_number"]
    assert made.claims["jurisdictions"] == ("US-OH",)
    assert made.claims["selection_basis"] == ()
    assert made.claims["adverse_effect"] is False
    assert made.galleries == ("a", "b")
    assert (made.most_searches, made.most_candidates, made.any_gallery) == (20, None, False)


def test_what_is_not_claimed_is_not_in_the_claims() -> None:
    assert "suspicion" not in terms().claims
    assert "consent_status" not in terms(consent_status=None).claims


@pytest.mark.parametrize("name", ["case_number", "operator", "attested_by", *NEEDED_CLAIMS])
def test_nothing_that_is_needed_may_be_missing(name: str) -> None:
    with pytest.raises(CaseInvalid, match=f"{name} is missing"):
        terms(**{name: None})
    with pytest.raises(CaseInvalid, match=name):
        terms(**{name: {"jurisdictions": [], "selection_basis": [""]}.get(name, " ")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("purpose", "Missing_Person"), ("purpose", ["missing_person"]), ("purpose", 1), ("actor_sector", "none"),
        ("jurisdictions", "US"), ("jurisdictions", ["Ohio"]), ("jurisdictions", ["us-oh"]), ("targeted", "yes"),
        ("targeted", 1), ("selection_basis", ["height"]), ("selection_basis", "age"), ("offence_max_years", "5"),
        ("offence_max_years", -1), ("offence_max_years", 101), ("offence_max_years", True), ("offence_statute", 5),
        ("offence_statute", "x" * 201), ("auth_expires", "tomorrow"), ("auth_expires", "2031-06-01T00:00:00"),
        ("most_searches", 0), ("most_searches", 1.5), ("most_searches", "5"), ("most_candidates", True),
        ("any_gallery", "false"), ("galleries", "a"), ("galleries", [""]), ("expires", "8 hours"), ("expires", 8),
        ("expires", "0h"), ("expires", "2031-05-06T07:08:09+00:00"), ("expires", "367d"), ("case_number", "a\0b"),
        ("case_number", "x" * 201), ("purpose_text", "x" * 2001), ("operator", 5), ("nonsense", 1),
        ("case_id", "x"), ("deployment", []), ("reviewers", 2), ("eval_independent", True), ("emergency", True),
        ("federal_law_id", "x"), ("auth_requested_at", "2031-05-06T07:08:10+00:00"),
    ],
)  # fmt: skip
def test_what_is_mistyped_unknown_or_not_theirs_to_claim_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(CaseInvalid, match=name):
        terms(**{name: value})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(CaseInvalid) as caught:
        terms(purpose="fun", targeted="yes", operator=None)
    assert all(name in caught.value.message for name in ("purpose", "targeted", "operator is missing"))


@pytest.mark.parametrize(
    ("expires", "after"),
    [
        ("30m", timedelta(minutes=30)), ("8h", timedelta(hours=8)), ("366d", timedelta(days=366)),
        ("1 d", timedelta(1)), (None, timedelta(days=7)), ("2031-05-06T09:08:09+01:00", timedelta(hours=1)),
        (datetime(2031, 5, 6, 9, 8, 9, tzinfo=timezone(timedelta(hours=1))), timedelta(hours=1)),
    ],
)  # fmt: skip
def test_every_case_ends(expires: object, after: timedelta) -> None:
    assert terms(expires=expires).expires_at == NOW + after


def test_documents_are_kept_as_their_digest() -> None:
    made = terms(auth_document="order.pdf", emergency_facts="facts.txt")
    assert made.authorisation_document_sha256 == hashlib.sha256(b"order.pdf").hexdigest()
    assert made.claims["emergency"] is True
    assert made.claims["emergency_facts_sha256"] == hashlib.sha256(b"facts.txt").hexdigest()
    assert "order.pdf" not in repr(made)


@pytest.mark.parametrize("status", ["granted", "requested"])
def test_an_authorisation_has_a_number_and_one_that_is_granted_an_end(status: str) -> None:
    end = {"auth_expires": "2031-06-01T00:00:00+00:00"}
    with pytest.raises(CaseInvalid, match="auth_id is missing"):
        terms(auth_status=status, **end)
    if status == "granted":
        with pytest.raises(CaseInvalid, match="auth_expires is missing"):
            terms(auth_status=status, auth_id="W-1")
    assert terms(auth_status=status, auth_id="W-1", **end).claims["auth_status"] == status


def test_galleries_and_any_gallery_exclude_each_other() -> None:
    with pytest.raises(CaseInvalid, match="contradict"):
        terms(galleries=["a"], any_gallery=True)


def _samples(name: str) -> list[Any]:
    attribute = ATTRIBUTES[name]
    if attribute.kind is Kind.CHOICE:
        return sorted(attribute.words)
    if attribute.kind is Kind.CHOICES:
        return [[], sorted(attribute.words)]
    by_kind: dict[Kind, list[Any]] = {
        Kind.JURISDICTIONS: [["US"], ["US-OR/portland", "EU"]],
        Kind.FLAG: [True, False],
        Kind.WHOLE: [0, attribute.maximum],
        Kind.TEXT: ["", "W-1"],
        Kind.TIME: ["2031-06-01T00:00:00+02:00", datetime(2031, 6, 1, tzinfo=UTC)],
    }
    return by_kind[attribute.kind]


@pytest.mark.parametrize("name", CASE_CLAIMS)
def test_policy_accepts_every_claim_that_a_case_may_make(name: str) -> None:
    authorised = {"auth_id": "W-1", "auth_expires": "2031-06-01T00:00:00Z"}
    for value in _samples(name):
        if name == "auth_id" and not value:
            continue
        made = case_terms({**values(**authorised), name: value}, now=NOW, read=str.encode)
        PolicyRequest.parse({**plain_request(), name: made.claims[name]})


def test_a_file_is_toml_and_nothing_else() -> None:
    assert read_case_file(b'case_number = "24-1"\ntargeted = true\n') == {"case_number": "24-1", "targeted": True}
    for content in (b"not toml", b"\xff", b'a = "1"\na = "2"\n'):
        with pytest.raises(CaseInvalid, match="not TOML"):
            read_case_file(content)


@pytest.mark.parametrize("typed", ["Ann  Lee", " Ann Lee ", "\uff21nn Lee"])
def test_whoever_searches_is_the_one_of_that_account_however_the_name_is_typed(typed: str) -> None:
    """Two identifiers for one person would let them review what they asked for."""
    written = terms(operator=typed, attested_by=typed)
    assert (written.operator, written.attested_by) == (shown_name("Ann Lee"), "Ann Lee")
