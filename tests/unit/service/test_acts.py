"""From an act and a standing to the request the rules are asked: nothing is assumed in somebody's favour."""

from __future__ import annotations

import random
from types import MappingProxyType

import pytest

from countenance.core.errors import InputError
from countenance.ledger.kinds import EntryKind
from countenance.policy.attributes import REQUEST_ATTRIBUTES
from countenance.policy.evaluate import REQUEST_INVALID
from countenance.policy.terms import Action
from countenance.service import acts
from countenance.service.act_records import decimal, request_digest
from countenance.service.acts import UNSTATED, request_values
from countenance.service.standing import CLAIMABLE, FILLED_IN, Standing, parse_claim, parse_profile
from tests.support.accountable_place import GALLERY, AccountablePlace
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.policy_builders import NOW

#: Attributes with no word for "unknown": without them a request is incomplete.
MUST_BE_STATED = {"actor_sector", "on_behalf_of", "purpose", "selection_basis", "mode"}


@pytest.fixture
def place() -> AccountablePlace:
    return AccountablePlace()


def bare(**claims: object) -> Standing:
    return Standing("1" * 32, "Anna", "operator", "rest", MappingProxyType(claims))


def test_every_attribute_has_a_most_restrictive_word_or_must_be_stated() -> None:
    assert set(UNSTATED) | MUST_BE_STATED == set(REQUEST_ATTRIBUTES)
    assert set(UNSTATED).isdisjoint(MUST_BE_STATED)
    assert set(REQUEST_ATTRIBUTES) == CLAIMABLE | FILLED_IN


def test_who_states_nothing_is_refused_as_incomplete(place: AccountablePlace) -> None:
    decision = place.accountability.decide(acts.detection(), bare()).decision
    assert decision.rule_ids == (REQUEST_INVALID,)
    for name in ("actor_sector", "on_behalf_of", "purpose", "selection_basis"):
        assert f"{name}: missing" in str(decision.errors)


def test_the_facts_of_the_act_win_over_claims(place: AccountablePlace) -> None:
    place.add_gallery("web", "scraped_web", retention_days=30)
    facts = place.policies.gallery_facts("web")
    act = acts.enrolment(MADE_UP_MODEL, facts)
    standing = place.standing(gallery_source="consented_enrolment")
    values, _, _ = request_values(act, standing, place.rules.current(), NOW)
    assert (values["gallery_source"], values["retention_days"]) == ("scraped_web", 30)
    assert "P1.scraped_gallery" in place.accountability.decide(act, standing).decision.rule_ids
    kept = request_values(
        acts.enrolment(MADE_UP_MODEL, place.policies.gallery_facts(GALLERY)), standing, place.rules.current(), NOW
    )[0]
    assert kept["retention_days"] == UNSTATED["retention_days"]


def test_measuring_is_measuring_whoever_does_it(place: AccountablePlace) -> None:
    act = acts.measuring(acts.CALIBRATE, MADE_UP_MODEL)
    values, fitness, _ = request_values(act, place.standing(purpose="loss_prevention"), place.rules.current(), NOW)
    assert (values["purpose"], fitness) == ("accuracy_evaluation", None)


def test_what_the_software_fills_in_cannot_be_claimed() -> None:
    for name in FILLED_IN:
        with pytest.raises(InputError, match=name):
            bare(**{name: "x"})
    with pytest.raises(InputError, match="nonsense"):
        bare(nonsense=1)


def test_whoever_is_no_private_person_loses_a_private_persons_claims(place: AccountablePlace) -> None:
    own, police = place.standing().claims, place.standing(actor_sector="us_local_police").claims
    assert (own["adverse_effect"], own["case_id"]) == (False, "own album")
    assert {"adverse_effect", "case_id", "space", "purpose", "gallery_source"}.isdisjoint(police)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("targeted=true", ("targeted", True)),
        ("offence_max_years=12", ("offence_max_years", 12)),
        ("offence_tags=felony, theft", ("offence_tags", ("felony", "theft"))),
        ("selection_basis=", ("selection_basis", ())),
        ("jurisdictions=US-WA", ("jurisdictions", ("US-WA",))),
        ("offence_statute=RCW 9A.32 = murder", ("offence_statute", "RCW 9A.32 = murder")),
    ],
)
def test_a_typed_claim_becomes_a_plain_value(text: str, claim: tuple[str, object]) -> None:
    assert parse_claim(text) == claim


@pytest.mark.parametrize("text", ["targeted", "targeted=yes", "offence_max_years=-1", "mode=dedup", "deployment=x"])
def test_a_claim_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(InputError):
        parse_claim(text)


def test_a_profile_states_claims_and_never_what_is_filled_in() -> None:
    text = 'format = "countenance-standing/1"\noperator = "Anna"\n[claims]\njurisdictions = ["US-WA"]\n'
    profile = parse_profile(text)
    assert (profile.operator, profile.role, profile.claims) == ("Anna", "operator", {"jurisdictions": ["US-WA"]})
    for wrong in ("", 'format = "x"', text + 'deployment = ["public_policy"]', text + "nonsense = 1", "claims = 1"):
        with pytest.raises(InputError):
            parse_profile(wrong)


def test_damaged_standings_are_refused_and_their_refusal_can_be_recorded(place: AccountablePlace) -> None:
    # A hundred thousand of these are run by benchmarks/policy_fuzz.py.
    words = random.Random(20261124)
    sound = dict(place.standing().claims)
    allowed = 0
    for _ in range(1500):
        claims = dict(sound)
        damaged = words.sample(sorted(CLAIMABLE), k=words.randint(1, 4))
        for name in damaged:
            claims[name] = words.choice([None, 1.5, "x" * 300, object(), {}, b"x", "\x00", ("",), float("nan")])
        decided = place.accountability.decide(acts.detection(), bare(**claims))
        allowed += decided.decision.may_run
        place.journal.record(EntryKind.ACT_DENIED, {**decided.fields, "act_id": "2" * 32})
    assert allowed == 0


def test_the_same_request_has_the_same_digest_in_any_order() -> None:
    first = {"jurisdictions": ("US", "DE"), "targeted": True, "action": Action.SEARCH.value}
    second = {"action": "Search1N", "targeted": True, "jurisdictions": frozenset({"DE", "US"})}
    assert request_digest(first) == request_digest(second) != request_digest({**first, "targeted": False})


@pytest.mark.parametrize(
    ("number", "text"), [(0.42, "0.42"), (1e-12, "0"), (-0.25, "-0.25"), (3.0, "3"), (1e9, "1000000000"), (-0.0, "0")]
)
def test_a_number_is_written_without_an_exponent(number: float, text: str) -> None:
    assert decimal(number) == text
