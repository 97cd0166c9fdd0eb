"""Decisions: the worked examples, a fresh installation, and everything that has to end in a refusal."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.policy.attributes import ATTRIBUTES, REQUEST_ATTRIBUTES, Kind
from countenance.policy.decision import Outcome
from countenance.policy.evaluate import DECIDING_FAILED, NOT_COVERED, REQUEST_INVALID, evaluate
from countenance.policy.permits import parse_operator_list
from countenance.policy.policy_set import build_policy_set
from countenance.policy.rulebook import RuleBook
from countenance.policy.rules import parse_rules
from tests.support.policy_builders import (
    NOW,
    fresh_install,
    own_album,
    packs_alone,
    plain_request,
    request,
    shipped_packs,
    unsafe_permit_everything,
    vectors,
)
from tests.support.policy_requests import plain_requests, times

_WORKED = vectors("worked_examples.json")["cases"]
_FRESH = vectors("fresh_install.json")["cases"]
_CITATIONS = next(pack.citations for pack in shipped_packs() if pack.name == "two-people")
_WRONG = {
    Kind.CHOICE: ["no_such_word", "", 1, True, None, ["search_1_n"]],
    Kind.CHOICES: ["race_ethnicity", ["no_such_word"], [1], [["age"]], None, {"age": 1}],
    Kind.JURISDICTIONS: ["US", [], ["us"], ["US-VA "], [1], None, ["US-OR/"]],
    Kind.TEXT: [1, None, True, ["c-1"], "x" * 201, "line\nbreak"],
    Kind.FLAG: ["true", 1, 0, None, []],
    Kind.WHOLE: ["1", 1.0, True, -1, 10**18, None],
    Kind.TIME: ["2027-01-31", "2027-01-31T00:00:00", 0, None, "9999-12-31T23:59:59-23:59"],
}


@pytest.mark.parametrize("case", _WORKED, ids=[case["name"] for case in _WORKED])
def test_worked_example_is_decided_by_the_stated_rules(case: dict[str, Any]) -> None:
    policies = packs_alone([case["pack"]], keep_answers=False)

    decision = evaluate(policies, plain_request(case["action"], **case["set"]), NOW)

    assert decision.decision == case["decision"]
    assert [rule for rule in decision.rule_ids if rule != "operator.unsafe"] == case["deciding_rules"]
    assert list(decision.errors) == case["erroring_rules"]


def test_worked_examples_agree_with_the_specification() -> None:
    assert len(_WORKED) == 42
    for case in _WORKED:
        assert (case["decision"] == "deny") == (case["specification"] == "deny"), case["name"]
        assert set(case["specification_rules"]) <= set(case["deciding_rules"]), case["name"]


@pytest.mark.parametrize("case", _FRESH, ids=[case["name"] for case in _FRESH])
def test_fresh_installation_decides(case: dict[str, Any]) -> None:
    now = datetime.fromisoformat(case.get("now", vectors("fresh_install.json")["now"]))

    decision = evaluate(fresh_install(), plain_request(case.get("action", "Search1N"), **case["set"]), now)

    assert decision.decision == case["decision"]
    if "deciding_rules" in case:
        assert list(decision.rule_ids) == case["deciding_rules"]
    else:
        assert decision.rule_ids
        assert all(rule.startswith(case["deciding_rules_begin"]) for rule in decision.rule_ids)


@pytest.mark.parametrize("name", ["action", *REQUEST_ATTRIBUTES])
def test_each_missing_attribute_denies(name: str) -> None:
    raw = own_album()
    assert evaluate(fresh_install(), raw, NOW).decision is Outcome.PERMIT
    del raw[name]

    decision = evaluate(fresh_install(), raw, NOW)

    assert decision.decision is Outcome.DENY
    assert decision.rule_ids == (REQUEST_INVALID,)
    assert f"{name}: missing" in decision.errors[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in REQUEST_ATTRIBUTES for value in _WRONG[ATTRIBUTES[name].kind]],
)
def test_each_attribute_of_the_wrong_type_denies(name: str, value: object) -> None:
    decision = evaluate(packs_alone([]), plain_request(**{name: value}), NOW)

    assert decision.decision is Outcome.DENY
    assert decision.rule_ids == (REQUEST_INVALID,)
    assert f"{name}: " in decision.errors[0]


@pytest.mark.parametrize("key", ["now", "auth_in_force", "acting_as", "purposes", "", "x" * 1000])
def test_unknown_or_derived_key_denies(key: str) -> None:
    decision = evaluate(packs_alone([]), plain_request(**{key: True}), NOW)

    assert decision.decision is Outcome.DENY
    assert "unknown attribute" in decision.errors[0]


def test_clock_without_an_offset_denies() -> None:
    decision = evaluate(fresh_install(), own_album(), NOW.replace(tzinfo=None))

    assert (decision.decision, decision.rule_ids) == (Outcome.DENY, (DECIDING_FAILED,))


def test_engine_error_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ValueError("broken")

    policies = build_policy_set(shipped_packs(), fresh_install().enabled, fresh_install().operator)
    monkeypatch.setattr("countenance.policy.rulebook.cedarpy.is_authorized", broken)

    decision = evaluate(policies, own_album(), NOW)

    assert (decision.decision, decision.rule_ids) == (Outcome.DENY, (DECIDING_FAILED,))


def test_rule_that_fails_while_it_is_evaluated_denies() -> None:
    overflow = """@id("P12.overflow") @citation("EU-14-5") @says("It fails.") @change("Nothing.")
    forbid (principal, action, resource) when { context.retention_days * 9223372036854775807 > 0 };"""
    failing = dataclasses.replace(shipped_packs()[0], rules=parse_rules(overflow, source="x"), citations=_CITATIONS)
    places = dataclasses.replace(failing, covers=frozenset({"US"}))
    policies = build_policy_set([places], [places.name], unsafe_permit_everything())

    assert evaluate(policies, plain_request("Enroll", retention_days=1), NOW).decision is Outcome.DENY
    decision = evaluate(policies, plain_request("Enroll", retention_days=2), NOW)
    assert (decision.decision, decision.rule_ids) == (Outcome.DENY, (DECIDING_FAILED,))
    assert "overflow" in decision.errors[0]


def test_rules_without_any_permit_deny() -> None:
    policies = dataclasses.replace(fresh_install(), book=RuleBook(shipped_packs()[0].rules))

    decision = evaluate(policies, own_album(), NOW)

    assert (decision.decision, decision.rule_ids) == (Outcome.DENY, (DECIDING_FAILED,))


def test_nothing_is_permitted_without_an_entry_that_names_it() -> None:
    empty = parse_operator_list('format = "countenance-operator/1"\n')
    policies = build_policy_set(shipped_packs(), ["us-state-police"], empty)

    for action in ("Search1N", "Enroll", "ReleaseForUse"):
        decision = evaluate(policies, plain_request(action), NOW)
        assert (decision.decision, decision.rule_ids) == (Outcome.DENY, ("operator.no_permission",))


def test_pack_due_for_review_no_longer_covers_but_still_forbids() -> None:
    due = fresh_install().packs[0].review_by
    day_after = datetime.combine(due + timedelta(days=1), NOW.timetz())

    assert evaluate(fresh_install(), own_album(), day_after - timedelta(days=1)).decision is Outcome.PERMIT
    assert evaluate(fresh_install(), own_album(), day_after).decision is Outcome.NOT_COVERED
    assert evaluate(fresh_install(), own_album(gallery_source="scraped_web"), day_after).decision is Outcome.DENY


def test_without_packs_no_place_is_covered() -> None:
    policies = build_policy_set(shipped_packs(), [], fresh_install().operator)

    decision = evaluate(policies, own_album(), NOW)

    assert (decision.decision, decision.rule_ids) == (Outcome.NOT_COVERED, (NOT_COVERED,))


def test_search_by_an_agency_is_held_and_tells_what_release_still_lacks() -> None:
    raw = plain_request(actor_sector="us_federal_le", purpose="suspect_search", intended_use="arrest")

    decision = evaluate(packs_alone(["match-is-a-lead"]), raw, NOW)

    assert decision.decision is Outcome.REVIEW
    assert decision.may_run
    assert decision.reviewers_needed == 1
    assert decision.after_review == ("P3.independent_evidence",)


def test_release_that_nobody_can_review_still_asks_for_one_reviewer() -> None:
    raw = plain_request(intended_use="deny_service", actor_sector="private_entity")
    policies = packs_alone(["match-is-a-lead", "two-people"])

    decision = evaluate(policies, raw, NOW)

    assert (decision.decision, decision.reviewers_needed) == (Outcome.REVIEW, 2)


def test_country_implied_by_sector_state_or_city_cannot_be_left_out() -> None:
    for places in (["MX"], ["US-OH"], ["US-OR/portland"]):
        raw = plain_request(actor_sector="us_local_police", jurisdictions=places)
        assert "P2.us_police" in evaluate(fresh_install(), raw, NOW).rule_ids


def test_federal_law_lifts_the_pledge_and_nothing_else() -> None:
    raw = plain_request(actor_sector="us_local_police", purpose="suspect_search", federal_law_id="1 U.S.C. 1")

    decision = evaluate(fresh_install(), raw, NOW)

    assert (decision.decision, decision.rule_ids) == (Outcome.DENY, ("operator.no_permission",))


def test_contradictions_are_refused() -> None:
    for changes in (
        {"mode": "verify_1_1"},
        {"emergency": True, "emergency_facts_sha256": ""},
        {"auth_status": "granted", "auth_id": ""},
    ):
        decision = evaluate(packs_alone([]), plain_request(**changes), NOW)
        assert decision.rule_ids == (REQUEST_INVALID,), changes


_PACK_NAMES = sorted(pack.name for pack in shipped_packs())


@settings(max_examples=150, deadline=None)
@given(raw=plain_requests(), now=times(), on=st.sets(st.sampled_from(_PACK_NAMES)), added=st.sampled_from(_PACK_NAMES))
def test_adding_a_pack_never_turns_a_denial_into_a_permit(
    raw: dict[str, Any], now: datetime, on: set[str], added: str
) -> None:
    operator = unsafe_permit_everything()
    before = evaluate(build_policy_set(shipped_packs(), on, operator), raw, now)
    after = evaluate(build_policy_set(shipped_packs(), on | {added}, operator), raw, now)

    if before.decision is Outcome.DENY:
        assert after.decision is Outcome.DENY
        assert set(before.rule_ids) <= set(after.rule_ids)
    if before.decision is Outcome.REVIEW:
        assert after.decision is not Outcome.PERMIT
        assert after.decision is not Outcome.REVIEW or after.reviewers_needed >= before.reviewers_needed


_LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "reviewers_min": st.integers(1, 9),
        "worst_group_true_positive_min": st.sampled_from([0, 0.5, 0.99, 1]),
        "false_positive_ratio_max": st.sampled_from([1, 2.5, 10, 1000]),
        "evaluation_age_days_max": st.sampled_from([0, 30, 1_000_000]),
        "threshold_false_match_rate_max": st.sampled_from([0, 1e-6, 1]),
        "retention_days_max": st.sampled_from([0, 30, 36_500]),
    },
)


@settings(max_examples=150, deadline=None)
@given(raw=plain_requests(), limits=_LIMITS)
def test_no_value_of_any_limit_widens(raw: dict[str, Any], limits: dict[str, float]) -> None:
    policies = packs_alone(["baseline-rights", "match-is-a-lead"])
    entry = "\n".join(f"{name} = {value}" for name, value in limits.items())
    narrowed = dataclasses.replace(
        unsafe_permit_everything(),
        forbids=(
            *unsafe_permit_everything().forbids,
            *parse_operator_list(f'format = "countenance-operator/1"\n[limits]\n{entry}\n').forbids[1:],
        ),
    )
    before = evaluate(policies, raw, NOW)
    after = evaluate(build_policy_set(policies.packs, policies.enabled, narrowed), raw, NOW)

    assert before.may_run or not after.may_run
    assert before.decision is not Outcome.REVIEW or after.decision is not Outcome.PERMIT


@settings(max_examples=300, deadline=None)
@given(
    raw=plain_requests(),
    damage=st.sampled_from(["missing", "mistyped", "extra"]),
    name=st.sampled_from(REQUEST_ATTRIBUTES),
    junk=st.one_of(st.none(), st.floats(), st.binary(max_size=4), st.dictionaries(st.text(max_size=2), st.none())),
)
def test_damaged_request_is_never_allowed(raw: dict[str, Any], damage: str, name: str, junk: object) -> None:
    if damage == "missing":
        del raw[name]
    elif damage == "mistyped":
        raw[name] = junk
    else:
        raw[name + "_"] = junk

    assert evaluate(packs_alone([]), raw, NOW).decision is Outcome.DENY


def test_valid_request_object_gives_the_same_decision_as_its_plain_values() -> None:
    for changes in ({}, {"actor_sector": "us_local_police"}, {"gallery_source": "unknown"}):
        plain = evaluate(fresh_install(), plain_request(**changes), NOW)
        assert evaluate(fresh_install(), request(**changes), NOW) == plain
