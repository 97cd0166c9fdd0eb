"""The short cuts of the rule book against a slow, obvious reference: all rules, all attributes, nothing kept."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.attributes import ATTRIBUTES, cedar_schema
from countenance.policy.request import PolicyRequest, cedar_values
from countenance.policy.rulebook import RuleBook
from countenance.policy.rules import Rule
from countenance.policy.terms import Action
from tests.support.policy_builders import NOW, fresh_install, request, shipped_packs, vectors
from tests.support.policy_requests import plain_requests, times

_RULES = [*(rule for pack in shipped_packs() for rule in pack.rules), *fresh_install().operator.rules]
_BOOK = RuleBook(_RULES)
_SCHEMA = cedarpy.Schema.from_str(cedar_schema())
_BODIES = {rule.rule_id: json.loads(rule.body) for rule in _RULES}
_ALL = cedarpy.PolicySet.from_json_str(json.dumps({"templates": {}, "templateLinks": [], "staticPolicies": _BODIES}))


def _reference(action: Action, asked: PolicyRequest, now: datetime) -> tuple[bool, set[str]]:
    """Return (allowed, deciding rules) from Cedar with every rule and the complete request."""
    answer = cedarpy.is_authorized(
        {
            "principal": 'User::"operator"',
            "action": f'Action::"{action.value}"',
            "resource": 'Gallery::"gallery"',
            "context": cedar_values(asked, frozenset(ATTRIBUTES), now),
        },
        _ALL,
        [],
        schema=_SCHEMA,
    )
    assert answer.diagnostics.errors == []
    return answer.allowed, set(answer.diagnostics.reasons)


@settings(max_examples=400, deadline=None)
@given(raw=plain_requests(), now=times())
def test_answers_equal_the_slow_reference_the_first_time_and_kept(raw: dict[str, Any], now: datetime) -> None:
    asked = PolicyRequest.parse(raw)
    allowed, reasons = _reference(asked.action, asked, now)

    for _ in range(2):
        found = _BOOK.consult(asked.action, asked, now)
        assert found.errors == ()
        assert found.objections | found.permits == reasons
        assert (not found.objections and bool(found.permits)) == allowed


@settings(max_examples=100, deadline=None)
@given(raw=plain_requests(), now=times())
def test_release_outlook_equals_trying_every_number_of_reviewers(raw: dict[str, Any], now: datetime) -> None:
    asked = PolicyRequest.parse(raw)

    def objections(reviewers: int) -> set[str]:
        tried = dataclasses.replace(asked, reviewers=reviewers, reviewers_trained=reviewers > 0)
        allowed, reasons = _reference(Action.RELEASE_FOR_USE, tried, now)
        return set() if allowed else reasons

    outlook = _BOOK.release_outlook(asked, now)

    assert outlook.at_once == objections(0)
    if outlook.at_once:
        assert outlook.after_review == objections(9)
        assert outlook.reviewers_needed == next(n for n in range(10) if objections(n) == objections(9))


def test_every_example_of_every_pack_is_decided_alike_with_all_packs_loaded() -> None:
    for pack in shipped_packs():
        for example in pack.examples:
            found = _BOOK.consult(example.request.action, example.request, example.now)
            assert example.rules <= found.objections, f"{pack.name}: {example.name}"


def test_kept_answers_are_not_used_across_a_written_date() -> None:
    asked = request(actor_sector="us_local_police", jurisdictions=["US-VA"], federal_law_id="x")
    sunset = datetime(2026, 7, 1, 4, tzinfo=UTC)
    for _ in range(2):
        before = _BOOK.consult(asked.action, asked, sunset - timedelta(milliseconds=1))
        after = _BOOK.consult(asked.action, asked, sunset)
        assert "P6.va_after_sunset" not in before.objections
        assert "P6.va_after_sunset" in after.objections


def test_kept_answers_are_not_used_once_an_authorisation_has_expired() -> None:
    asked = request(auth_status="granted", legal_basis="warrant", auth_expires="2026-11-24T12:00:00Z")
    for _ in range(2):
        assert (
            "P13.expired_authorisation" not in _BOOK.consult(asked.action, asked, NOW - timedelta(seconds=1)).objections
        )
        assert "P13.expired_authorisation" in _BOOK.consult(asked.action, asked, NOW).objections


def test_kept_answers_tell_an_empty_case_number_from_any_other() -> None:
    for case, objects in (("c-1", False), ("", True), ("c-2", False), ("", True)):
        asked = request(case_id=case)
        assert ("P1.one_to_many_needs_case" in _BOOK.consult(asked.action, asked, NOW).objections) is objects


def test_answers_stay_right_when_more_are_asked_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countenance.policy.rulebook._ANSWERS_KEPT", 2)
    monkeypatch.setattr("countenance.policy.rulebook._CHAPTERS_KEPT", 2)
    book = RuleBook(_RULES)
    for days in (30, 400, 1200, 30, 1200, 400):
        for place in ("US-IL", "US-TX", "GB", "US-MD"):
            asked = request("Enroll", retention_days=days, jurisdictions=[place])
            found = book.consult(asked.action, asked, NOW)
            assert found.objections == _reference(asked.action, asked, NOW)[1] - found.permits


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(PolicyPackInvalid, match="same id"):
        RuleBook([_RULES[0], _RULES[0]])


def test_rule_that_reads_more_than_it_says_is_refused_when_its_chapter_opens() -> None:
    liar: Rule = dataclasses.replace(_RULES[0], reads=frozenset())
    with pytest.raises(PolicyPackInvalid):
        RuleBook([liar]).consult(Action.SEARCH, request(), NOW)


@settings(max_examples=15, deadline=None)
@given(case=st.sampled_from(vectors("worked_examples.json")["cases"]))
def test_consulting_does_not_depend_on_what_was_asked_before(case: dict[str, Any]) -> None:
    asked = request(case["action"], **case["set"])
    fresh = RuleBook(_RULES, keep_answers=False).consult(asked.action, asked, NOW)
    assert _BOOK.consult(asked.action, asked, NOW) == fresh
