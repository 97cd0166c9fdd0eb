"""Switching packs and lists: new sets, digests, and records of the change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.decision import Outcome
from countenance.policy.evaluate import evaluate
from countenance.policy.policy_set import build_policy_set, disable_pack, enable_pack, replace_operator_list
from tests.support.policy_builders import (
    NOW,
    fresh_install,
    own_album,
    plain_request,
    shipped_packs,
    unsafe_permit_everything,
)


def test_enabling_and_disabling_leads_back_to_the_same_digest() -> None:
    before = fresh_install()
    enabled, record = enable_pack(before, "two-people")
    back, undone = disable_pack(enabled, "two-people")

    assert back.digest == before.digest != enabled.digest
    assert (record.kind, record.subject, record.can_widen) == ("pack_enabled", "two-people", False)
    assert (record.before, record.after) == (before.digest, enabled.digest)
    assert (undone.kind, undone.can_widen) == ("pack_disabled", True)
    assert "two-people" not in before.enabled


def test_enabled_pack_objects_and_disabled_one_does_not() -> None:
    assert evaluate(fresh_install(), own_album(), NOW).decision is Outcome.PERMIT
    enabled, _ = enable_pack(fresh_install(), "two-people")

    decision = evaluate(enabled, own_album(), NOW)

    assert (decision.decision, decision.reviewers_needed) == (Outcome.REVIEW, 2)
    assert decision.policy_digest == enabled.digest


def test_record_says_when_a_pack_brings_places_that_were_not_covered() -> None:
    without, _ = disable_pack(fresh_install(), "eu-ai-act")
    assert evaluate(without, own_album(jurisdictions=["DE"]), NOW).decision is Outcome.NOT_COVERED

    again, record = enable_pack(without, "eu-ai-act")

    assert record.can_widen
    assert evaluate(again, own_album(jurisdictions=["DE"]), NOW).decision is Outcome.PERMIT


def test_disabling_the_pledge_leaves_police_without_a_permit() -> None:
    without, _ = disable_pack(fresh_install(), "us-police-pledge")

    decision = evaluate(without, plain_request(actor_sector="us_local_police", purpose="suspect_search"), NOW)

    assert (decision.decision, decision.rule_ids) == (Outcome.DENY, ("operator.no_permission",))


def test_replacing_the_list_is_recorded_as_able_to_widen() -> None:
    after, record = replace_operator_list(fresh_install(), unsafe_permit_everything())

    assert record.kind == "operator_list_replaced"
    assert record.can_widen
    assert after.digest != fresh_install().digest


def test_names_have_to_fit() -> None:
    with pytest.raises(PolicyPackInvalid, match="No pack is named nothing"):
        build_policy_set(shipped_packs(), ["nothing"], fresh_install().operator)
    with pytest.raises(PolicyPackInvalid, match="same name"):
        build_policy_set([*shipped_packs(), shipped_packs()[0]], [], fresh_install().operator)
    with pytest.raises(PolicyPackInvalid, match="already"):
        enable_pack(fresh_install(), "baseline-rights")
    with pytest.raises(PolicyPackInvalid, match="not switched on"):
        disable_pack(fresh_install(), "two-people")


def test_review_is_due_the_day_after_the_date() -> None:
    last_day = shipped_packs()[0].review_by

    assert fresh_install().review_due(last_day) == ()
    assert fresh_install().review_due(last_day + timedelta(days=1)) == fresh_install().loaded
