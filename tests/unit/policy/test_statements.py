"""Attested facts and the signed federal law."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.decision import Outcome
from countenance.policy.envelope import EnvelopeFault, key_id, seal
from countenance.policy.evaluate import evaluate
from countenance.policy.statements import (
    FEDERAL_LAW_TYPE,
    FederalLaw,
    facts_in_force,
    federal_law_id,
    parse_deployment,
    read_federal_law,
    sign_federal_law,
)
from countenance.policy.terms import DeploymentFact
from tests.support.certificate_samples import EVALUATOR_KEY, STRANGER_KEY
from tests.support.policy_builders import NOW, packs_alone, plain_request

_TRUSTED = {key_id(EVALUATOR_KEY.public_key()): EVALUATOR_KEY.public_key()}
_LAW = FederalLaw("1 U.S.C. 1 (made up)", "It regulates police use.", "A. Operator", date(2026, 11, 1))
_FACTS = """format = "countenance-deployment/1"
[[fact]]
word = "dpia_art35"
attested_by = "A. Officer"
attested_on = 2026-01-01
valid_until = 2027-01-01
reference = "file 12"
"""


def test_fact_counts_from_its_day_until_its_end() -> None:
    facts = parse_deployment(_FACTS)
    dpia = frozenset({DeploymentFact.DPIA_ART35})

    assert facts[0].attested_by == "A. Officer"
    assert facts_in_force(facts, date(2025, 12, 31)) == frozenset()
    assert facts_in_force(facts, date(2026, 1, 1)) == dpia
    assert facts_in_force(facts, date(2026, 12, 31)) == dpia
    assert facts_in_force(facts, date(2027, 1, 1)) == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("countenance-deployment/1", "countenance-deployment/2", "format"),
        ("dpia_art35", "dpia", "not a known fact"),
        ("2027-01-01", "2026-01-01", "valid until"),
        ('attested_by = "A. Officer"', 'attested_by = " "', "not empty"),
        ('reference = "file 12"', "", "missing key reference"),
        ('reference = "file 12"', 'reference = "file 12"\nnote = "x"', "unknown key note"),
        ("[[fact]]", "[[facts]]", "unknown key facts"),
    ],
)
def test_statement_is_refused(old: str, new: str, said: str) -> None:
    assert old in _FACTS
    with pytest.raises(PolicyPackInvalid, match=said):
        parse_deployment(_FACTS.replace(old, new))


def test_fact_stated_twice_is_refused() -> None:
    with pytest.raises(PolicyPackInvalid, match="twice"):
        parse_deployment(_FACTS + _FACTS.partition("\n")[2])


def test_signed_law_comes_back_and_lifts_the_pledge_from_its_day() -> None:
    law = read_federal_law(sign_federal_law(_LAW, EVALUATOR_KEY), _TRUSTED)

    assert law == _LAW
    for today, outcome in ((_LAW.entered_on - timedelta(days=1), Outcome.DENY), (_LAW.entered_on, Outcome.PERMIT)):
        raw = plain_request(
            "Enroll",
            actor_sector="us_local_police",
            federal_law_id=federal_law_id(law, today),
            purpose="missing_person",
        )
        assert evaluate(packs_alone(["us-police-pledge"]), raw, NOW).decision is outcome


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, None),
        (b"?", EnvelopeFault.UNREADABLE),
        (sign_federal_law(_LAW, STRANGER_KEY), EnvelopeFault.UNTRUSTED_SIGNER),
        (sign_federal_law(_LAW, EVALUATOR_KEY).replace(b'"payload": "ew', b'"payload": "eg'), EnvelopeFault.ALTERED),
        (seal(b"{}", FEDERAL_LAW_TYPE, EVALUATOR_KEY), EnvelopeFault.UNREADABLE),
        (seal(b"[1]", FEDERAL_LAW_TYPE, EVALUATOR_KEY), EnvelopeFault.UNREADABLE),
        (seal(b"{}", "text/plain", EVALUATOR_KEY), EnvelopeFault.UNREADABLE),
        (sign_federal_law(FederalLaw("x" * 201, "s", "o", date(2026, 1, 1)), EVALUATOR_KEY), EnvelopeFault.UNREADABLE),
        (sign_federal_law(FederalLaw(" ", "s", "o", date(2026, 1, 1)), EVALUATOR_KEY), EnvelopeFault.UNREADABLE),
    ],
)
def test_entry_that_does_not_hold_lifts_nothing(data: bytes | None, fault: EnvelopeFault | None) -> None:
    entry = read_federal_law(data, _TRUSTED)

    assert entry is fault
    assert federal_law_id(entry, date(2026, 12, 1)) == ""
