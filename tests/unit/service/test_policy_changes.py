"""Changing the rules: what counts afterwards, and what is on record of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from countenance.core.errors import InputError, PolicyPackInvalid
from countenance.ledger.kinds import EntryKind
from countenance.policy.certificate import sign_certificate
from countenance.policy.envelope import key_id
from countenance.policy.statements import FederalLaw
from countenance.policy.terms import DeploymentFact, GallerySource
from countenance.service import acts
from countenance.service.refusals import ActRefused
from countenance.service.rules_in_force import Rules
from tests.support.accountable_place import AccountablePlace
from tests.support.certificate_samples import EVALUATOR_KEY, STRANGER_KEY, certificate
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.policy_builders import NOW, plain_request

TODAY = NOW.date()
POLICE = {
    "actor_sector": "us_local_police",
    "purpose": "suspect_initial_identification",
    "jurisdictions": ("US",),
    "case_id": "24-1183",
}
#: An operator's list that permits such searches, so that a test sees what the packs say.
PERMITS_POLICE = """
format = "countenance-operator/1"
[[permit]]
id = "police"
says = "Police, in tests."
actions = ["Search1N", "Verify1to1"]
sectors = ["us_local_police"]
on_behalf_of = ["none"]
purposes = ["suspect_initial_identification"]
"""


@pytest.fixture
def place() -> AccountablePlace:
    return AccountablePlace()


def rules_that_refuse(place: AccountablePlace, **stated: object) -> set[str]:
    """Return what refuses a police search of booking photos at the evaluated threshold."""
    place_name = "bookings"
    if place_name not in {gallery.name for gallery in place.store.list_galleries()}:
        place.add_gallery(place_name, "booking_photos")
    threshold = place.calibrations.find(MADE_UP_MODEL).threshold_for(1e-4)  # type: ignore[union-attr]
    act = acts.search(MADE_UP_MODEL, threshold, place.policies.gallery_facts(place_name), b"probe", 10)
    decision = place.accountability.decide(act, place.standing(**{**POLICE, **stated})).decision
    return set() if decision.may_run else set(decision.rule_ids)


def sound_certificate(place: AccountablePlace, **changes: object) -> bytes:
    threshold = place.calibrations.find(MADE_UP_MODEL).threshold_for(1e-4).value  # type: ignore[union-attr]
    values = {"model": MADE_UP_MODEL, "threshold": threshold, **changes}
    return sign_certificate(certificate(**values), EVALUATOR_KEY)


def test_a_pack_switched_off_no_longer_objects_and_is_named_in_every_entry(place: AccountablePlace) -> None:
    assert "P2.us_police" in rules_that_refuse(place)
    changed = place.changes().disable("us-police-pledge", "the council decided")
    assert changed.can_widen
    assert "P2.us_police" not in rules_that_refuse(place)
    entry = place.last(EntryKind.POLICY_CHANGED)
    assert (entry["change"], entry["pack"], entry["reason"]) == (
        "pack_disabled", "us-police-pledge", "the council decided",
    )  # fmt: skip
    assert entry["policy_digest_before"] != entry["policy_digest_after"] == place.rules.current().policies.digest
    with pytest.raises(ActRefused):
        place.jobs(**POLICE).detect(b"x")
    assert place.last(EntryKind.ACT_DENIED)["packs_disabled"] == ("us-police-pledge",)
    place.changes().enable("us-police-pledge")
    assert "P2.us_police" in rules_that_refuse(place)
    with pytest.raises(PolicyPackInvalid, match="already"):
        place.changes().enable("us-police-pledge")
    with pytest.raises(PolicyPackInvalid, match="nonsense"):
        place.changes().enable("nonsense")


def test_a_federal_law_opens_the_pledge_only_signed_and_until_it_is_withdrawn(place: AccountablePlace) -> None:
    law = FederalLaw("Public Law 1-1", "It regulates police use.", "A. Operator", TODAY)
    place.changes().enter_federal_law(law, EVALUATOR_KEY)
    assert "P2.us_police" not in rules_that_refuse(place)
    assert "Public Law 1-1" in str(place.last(EntryKind.POLICY_CHANGED)["reason"])
    place.changes().withdraw_federal_law()
    assert "P2.us_police" in rules_that_refuse(place)
    with pytest.raises(InputError):
        place.changes().withdraw_federal_law()
    with pytest.raises(InputError, match="200"):
        place.changes().enter_federal_law(FederalLaw("x" * 201, "s", "b", TODAY), EVALUATOR_KEY)


def test_a_law_put_into_the_store_by_other_means_or_dated_ahead_does_not_count(place: AccountablePlace) -> None:
    law = FederalLaw("Public Law 1-1", "It regulates police use.", "A. Operator", TODAY + timedelta(days=1))
    place.changes().enter_federal_law(law, EVALUATOR_KEY)
    assert "P2.us_police" in rules_that_refuse(place)
    place.clock.advance(days=1)
    assert "P2.us_police" not in rules_that_refuse(place)
    envelope = place.policies.state().federal_law
    assert envelope is not None
    place.policies.keep_federal_law(envelope.replace(b"payload", b"pay1oad", 1), transaction=None)
    assert "P2.us_police" in rules_that_refuse(place)


def test_an_independent_certificate_of_what_is_in_use_satisfies_the_accuracy_rules(place: AccountablePlace) -> None:
    assert {"P5.scope", "P5.no_certificate"} <= rules_that_refuse(place)
    place.changes().list_evaluator(EVALUATOR_KEY.public_key(), "An Institute", independent=True)
    read, entry = place.changes().load_certificate(sound_certificate(place))
    assert read.certificate is not None
    loaded = place.last(EntryKind.CERTIFICATE_LOADED)
    assert (loaded["accepted"], loaded["model_digest"]) == (True, MADE_UP_MODEL.digest)
    assert not any(rule.startswith(("P5.", "P2B.")) for rule in rules_that_refuse(place))
    assert entry.kind is EntryKind.CERTIFICATE_LOADED
    # The certificate is named in the entry of every decision that rests on it.
    place.changes().replace_operator_list(PERMITS_POLICE)
    place.changes().disable("us-police-pledge", "test")
    threshold = place.calibrations.find(MADE_UP_MODEL).threshold_for(1e-4)  # type: ignore[union-attr]
    act = acts.search(MADE_UP_MODEL, threshold, place.policies.gallery_facts("bookings"), b"", 1)
    fields = place.accountability.decide(act, place.standing(**POLICE)).fields
    assert fields["certificate_digest"] == loaded["certificate_digest"]
    assert float(str(fields["worst_group_rate"])) == pytest.approx(0.985)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"model": certificate().model}, "P5.other_model"),
        ({"threshold": 0.99}, "P5.other_threshold"),
        ({"gallery_source": GallerySource.MISSING_PERSONS}, "P5.other_gallery"),
        ({"gallery_subjects": 3}, "P5.other_gallery"),
        ({"evaluated_on": date(2025, 1, 1)}, "P5.too_old"),
        ({"evaluated_on": date(2026, 11, 25)}, "P5.dated_ahead"),
        ({"independent": False}, "P5.not_independent"),
        ({"false_positive_ratio": 11.0}, "P5.false_positive_spread"),
        ({"groups_measured": frozenset()}, "P5.groups_not_measured"),
    ],
)
def test_a_certificate_about_something_else_or_below_the_floor_refuses_with_the_reason(
    place: AccountablePlace, changes: dict[str, object], rule: str
) -> None:
    place.changes().list_evaluator(EVALUATOR_KEY.public_key(), "An Institute", independent=True)
    place.changes().load_certificate(sound_certificate(place, **changes))
    assert {rule, "P5.scope"} <= rules_that_refuse(place)


def test_a_certificate_that_does_not_hold_is_not_kept_and_that_is_recorded(place: AccountablePlace) -> None:
    place.changes().list_evaluator(EVALUATOR_KEY.public_key(), "An Institute", independent=True)
    good = sound_certificate(place)
    strange = sign_certificate(certificate(), STRANGER_KEY)
    for envelope, word in ((b"{}", "read"), (good[:-40] + good[-41:], "read"), (strange, "not listed")):
        with pytest.raises(PolicyPackInvalid, match=word):
            place.changes().load_certificate(envelope)
        assert place.last(EntryKind.CERTIFICATE_LOADED)["accepted"] is False
    assert place.policies.state().certificates == ()


def test_a_certificate_counts_no_longer_once_its_evaluator_is_off_the_list(place: AccountablePlace) -> None:
    place.changes().list_evaluator(EVALUATOR_KEY.public_key(), "An Institute", independent=True)
    place.changes().load_certificate(sound_certificate(place))
    assert "P5.scope" not in rules_that_refuse(place)
    place.changes().drop_evaluator(key_id(EVALUATOR_KEY.public_key()))
    assert {"P5.untrusted_signer", "P5.scope"} <= rules_that_refuse(place)
    with pytest.raises(InputError):
        place.changes().drop_evaluator("0" * 64)


def test_the_newest_certificate_that_holds_counts(place: AccountablePlace) -> None:
    place.changes().list_evaluator(EVALUATOR_KEY.public_key(), "An Institute", independent=True)
    place.changes().load_certificate(sound_certificate(place))
    place.changes().load_certificate(sound_certificate(place, gallery_source=GallerySource.MISSING_PERSONS))
    assert "P5.scope" not in rules_that_refuse(place)
    place.changes().load_certificate(sound_certificate(place, independent=False, certificate_id="c-2"))
    assert "P5.not_independent" in rules_that_refuse(place)


def test_an_attested_fact_counts_until_its_last_day_or_until_it_is_withdrawn(place: AccountablePlace) -> None:
    def facts() -> frozenset[DeploymentFact]:
        return place.rules.current().facts_on(place.clock())

    fact = DeploymentFact.PUBLIC_POLICY
    place.changes().attest(fact, "A. Chief", TODAY, TODAY + timedelta(days=2), "policy.pdf")
    assert facts() == {fact}
    place.clock.advance(days=2)
    assert facts() == frozenset()
    place.changes().attest(fact, "A. Chief", TODAY, TODAY + timedelta(days=99), "policy.pdf")
    assert facts() == {fact}
    place.changes().withdraw(fact)
    assert facts() == frozenset()
    with pytest.raises(InputError):
        place.changes().withdraw(fact)
    with pytest.raises(InputError):
        place.changes().attest(fact, "A. Chief", TODAY, TODAY, "policy.pdf")
    said = [entry.fields["change"] for entry in place.entries() if entry.kind == "policy_changed"]
    assert said == ["fact_attested", "fact_attested", "fact_withdrawn"]


def test_an_operators_list_that_cannot_be_read_changes_nothing(place: AccountablePlace) -> None:
    before = place.rules.current().policies.digest
    with pytest.raises(PolicyPackInvalid):
        place.changes().replace_operator_list("format = 'nonsense'")
    assert place.rules.current().policies.digest == before
    place.changes().replace_operator_list(PERMITS_POLICE)
    assert "operator.no_permission" not in rules_that_refuse(place)
    place.changes().replace_operator_list(None)
    assert place.rules.current().policies.digest == before


def test_a_gallery_without_a_stated_source_is_refused_until_somebody_states_one(place: AccountablePlace) -> None:
    place.add_gallery("old", "unknown")
    facts = place.policies.gallery_facts("old")
    decided = place.accountability.decide(acts.enrolment(MADE_UP_MODEL, facts), place.standing())
    assert "P1.scraped_gallery" in decided.decision.rule_ids
    place.changes().state_gallery_source("old", GallerySource.CONSENTED_ENROLMENT)
    facts = place.policies.gallery_facts("old")
    assert place.accountability.decide(acts.enrolment(MADE_UP_MODEL, facts), place.standing()).decision.may_run
    assert place.last(EntryKind.POLICY_CHANGED)["change"] == "gallery_source_stated"


def test_packs_that_a_new_version_brings_are_as_shipped_until_switched(place: AccountablePlace) -> None:
    shipped: Rules = place.rules.current()
    place.changes().enable("two-people")
    assert place.rules.current().policies.enabled == shipped.policies.enabled | {"two-people"}
    assert place.policies.state().switched == {"two-people": True}


def test_unstated_places_stand_for_every_place_known_by_name(place: AccountablePlace) -> None:
    everywhere = place.rules.current().everywhere()
    assert {"US", "US-IL", "DE", "GB", "US-OR/portland"} <= set(everywhere)
    assert not any("*" in code for code in everywhere)
    decided = place.accountability.decide(acts.detection(), place.standing())
    assert decided.values["jurisdictions"] == everywhere


def test_a_request_can_be_explained_without_being_made(place: AccountablePlace) -> None:
    from countenance.service.policy_questions import explain_request

    values = {name: value for name, value in plain_request().items() if name not in ("eval_groups", "deployment")}
    decision, words = explain_request(place.rules.current(), values, NOW)
    assert not decision.may_run
    assert "operator.no_permission" in words
    assert place.kinds() == []
