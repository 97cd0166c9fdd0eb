"""Explanations: the rule, why, its source, what would change it; and words that are never used."""

from __future__ import annotations

import re

import pytest

from countenance.policy.decision import NO_OBJECTION, NOTICE
from countenance.policy.evaluate import evaluate
from countenance.policy.explain import explain, headline, list_packs
from tests.support.policy_builders import NOW, fresh_install, own_album, packs_alone, plain_request, shipped_packs

_CLAIMS = re.compile(r"\b(is|was) (lawful|legal|compliant|fair)\b|\bcompliant\b|\bapproved\b", re.IGNORECASE)


def test_permit_says_that_no_rule_objected_and_what_that_is_not() -> None:
    decision = evaluate(fresh_install(), own_album(), NOW)
    text = explain(decision)

    assert headline(decision) == NO_OBJECTION
    assert text.startswith("No loaded rule objected. That is not a finding")
    assert "operator.own-album: A private person" in text
    assert "not checked by this software: consent" in text


def test_refusal_names_rule_reason_source_and_what_would_change_it() -> None:
    decision = evaluate(
        packs_alone(["us-police-pledge"]), plain_request(actor_sector="us_local_police", purpose="suspect_search"), NOW
    )
    text = explain(decision)

    assert text.startswith("Refused by one rule.")
    assert "P2.us_police: This is by or for a US police department" in text
    assert "What would change it: An operator enters and signs" in text
    assert "usatoday.com" in text
    assert "read 2026-11-24, found in a stored copy; in force from 2020-06-11" in text
    assert "read 2026-11-24, not verified" in text


def test_review_names_people_needed_and_what_release_lacks() -> None:
    raw = plain_request(jurisdictions=["FR"], intended_use="deny_service", purpose="loss_prevention")
    text = explain(evaluate(packs_alone(["eu-ai-act", "match-is-a-lead"]), raw, NOW))

    assert text.startswith("The search may run; its results are held until 2 trained people other than the requester")
    assert "a release would still be refused by P3.independent_evidence" in text


def test_not_covered_invalid_and_general_places_are_told() -> None:
    assert "No loaded pack looks at the rules of JP." in explain(
        evaluate(fresh_install(), own_album(jurisdictions=["JP"]), NOW)
    )
    invalid = explain(evaluate(fresh_install(), own_album(colour=1), NOW))
    assert invalid.startswith("Refused: the request could not be judged.")
    assert "'colour': unknown attribute" in invalid
    assert "No loaded pack has rules of US-OH alone" in explain(
        evaluate(fresh_install(), own_album(jurisdictions=["US-OH"]), NOW)
    )


@pytest.mark.parametrize("changes", [{}, {"actor_sector": "us_local_police"}, {"jurisdictions": ["JP"]}, {"x": 1}])
def test_every_explanation_ends_with_the_notice_and_claims_nothing(changes: dict[str, object]) -> None:
    text = explain(evaluate(fresh_install(), {**own_album(), **changes}, NOW))

    assert text.endswith(NOTICE + "\n")
    assert not _CLAIMS.search(text)


def test_listing_shows_every_pack_with_state_sources_and_gaps() -> None:
    text = list_packs(fresh_install())

    for pack in shipped_packs():
        state = "on" if pack.default_on else "off"
        assert f"{pack.number}. {pack.name} ({state}): {pack.title}" in text
        assert all(gap in text for gap in pack.not_covered)
    assert text.count("not reviewed by a lawyer") == len(shipped_packs())
    assert text.endswith(NOTICE + "\n")
