"""Before a pack is switched: examples asked twice, and refusals counted; nothing is done."""

from __future__ import annotations

import pytest

from countenance.core.errors import PolicyPackInvalid
from countenance.ledger.kinds import EntryKind
from countenance.policy.evaluate import evaluate
from countenance.policy.policy_set import disable_pack
from countenance.policy.rule_packs import load_shipped_packs
from countenance.service.policy_outlook import switch_outlook
from countenance.service.policy_port import PolicyState
from countenance.service.rules_in_force import Rules, RulesInForce
from tests.support.memory_journal import memory_journal
from tests.support.memory_policy import MemoryPolicyStore
from tests.support.memory_store import MemoryStore
from tests.support.report_samples import REFUSAL, START

#: Lets nothing be refused for want of a permit, so that packs decide.
EVERYTHING = """format = "countenance-operator/1"
[[permit]]
id = "everything"
says = "A test permits whatever no pack forbids."
actions = ["Enroll", "ImportGallery", "Search1N", "Verify1to1", "ReleaseForUse"]
sectors = ["us_local_police", "us_state_police", "private_entity", "individual", "us_public_agency"]
on_behalf_of = ["none"]
purposes = ["photo_organisation", "suspect_search", "missing_person", "loss_prevention", "access_control"]
"""


@pytest.fixture(scope="module")
def rules() -> Rules:
    packs = load_shipped_packs()
    in_force = RulesInForce(MemoryPolicyStore(MemoryStore(lambda: START)), lambda: packs)
    return in_force.of(PolicyState(operator_list=EVERYTHING))


def test_examples_are_those_that_come_out_otherwise_asked_one_by_one(rules: Rules) -> None:
    outlook = switch_outlook(rules, "local-bans", memory_journal())

    after, _ = disable_pack(rules.policies, "local-bans")
    expected = set()
    for pack in rules.policies.packs:
        for number, example in enumerate(pack.examples):
            now, then = (evaluate(one, example.request, example.now) for one in (rules.policies, after))
            if now.decision is not then.decision:
                expected.add((pack.name, number, now.decision, then.decision))
    found = {(one.pack, one.number, one.before, one.after) for one in outlook.otherwise if one.decided}
    assert found == expected
    assert expected
    assert outlook.on is False
    assert outlook.examples == sum(len(pack.examples) for pack in rules.policies.packs)


def test_rules_named_are_objections_never_permits(rules: Rules) -> None:
    outlook = switch_outlook(rules, "us-police-pledge", memory_journal())

    named = {rule for one in outlook.otherwise for rule in one.rules}

    assert "P2.us_police" in named
    assert "operator.everything" not in named


def test_a_pack_that_is_off_would_be_switched_on(rules: Rules) -> None:
    outlook = switch_outlook(rules, "two-people", memory_journal())

    assert outlook.on is True
    assert not any(one.wider for one in outlook.otherwise), "a pack only forbids"


def test_refusals_on_record_are_counted_by_who_else_objected(rules: Rules) -> None:
    journal = memory_journal()
    own, other = "P8.sf_city", "P2.us_police"
    assert own in next(pack for pack in rules.policies.packs if pack.name == "local-bans").rule_ids
    for number, deciding in enumerate([(own,), (own, other), (other,), (other,)]):
        journal.record(EntryKind.ACT_DENIED, {**REFUSAL, "act_id": f"{number:032x}", "deciding_rules": deciding})

    outlook = switch_outlook(rules, "local-bans", journal)

    assert (outlook.refusals, outlook.by_this, outlook.by_this_alone) == (4, 2, 1)
    assert journal.size() == 4


def test_an_unknown_pack_is_refused(rules: Rules) -> None:
    with pytest.raises(PolicyPackInvalid, match="No pack is named"):
        switch_outlook(rules, "atlantis", memory_journal())
