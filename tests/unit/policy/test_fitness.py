"""Certificate and installation → attributes, and the rule of the accuracy pack each fault ends at."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime

import pytest

from countenance.policy.certificate import Certificate, GroupRate, sign_certificate
from countenance.policy.decision import Outcome
from countenance.policy.evaluate import evaluate
from countenance.policy.fitness import Fitness, InUse, TrustedEvaluator, measured_fitness
from countenance.policy.request import PolicyRequest
from countenance.policy.terms import CertificateStatus, EvalGroup, GallerySource
from tests.support.certificate_samples import (
    EVALUATOR,
    EVALUATOR_KEY,
    MODEL,
    OTHER_MODEL,
    STRANGER_KEY,
    certificate,
    in_use,
    threshold,
)
from tests.support.policy_builders import NOW, packs_alone, request

_SIGNED = sign_certificate(certificate(), EVALUATOR_KEY)
_SELF = TrustedEvaluator("the operator", EVALUATOR_KEY.public_key(), independent=False)


def _edited() -> bytes:
    sealed = json.loads(_SIGNED)
    better = certificate(worst_group_fnmr=GroupRate("age=65+", 0.0, 0.0, 0.003, 0, 1000))
    sealed["payload"] = json.loads(sign_certificate(better, EVALUATOR_KEY))["payload"]
    return json.dumps(sealed).encode()


def _measured(changes: dict[str, object]) -> Fitness:
    return measured_fitness(sign_certificate(certificate(**changes), EVALUATOR_KEY), in_use(), [EVALUATOR], NOW)


def _police_search(fitness: Fitness) -> PolicyRequest:
    police = request(actor_sector="us_federal_le", purpose="suspect_search", gallery_source="booking_photos")
    return dataclasses.replace(police, **fitness.attributes())


def test_good_certificate_meets_the_pack_with_numbers_rounded_against_the_system() -> None:
    fitness = measured_fitness(_SIGNED, in_use(), [EVALUATOR], NOW)

    assert fitness == Fitness(
        eval_certificate=CertificateStatus.VALID,
        eval_independent=True,
        eval_age_days=90,
        eval_tpr_min_group_ppm=985_000,
        eval_fpir_ratio_x100=321,
        eval_groups=frozenset(EvalGroup),
        threshold_as_evaluated=True,
        threshold_fmr_ppb=2500,
        detail=fitness.detail,
    )
    assert "15 of 1,000 were missed" in fitness.detail
    assert evaluate(packs_alone(["accuracy-floor"]), _police_search(fitness), NOW).decision is Outcome.PERMIT


_FAULTS: list[tuple[str, bytes | None, InUse, list[TrustedEvaluator], str, str]] = [
    ("no certificate", None, in_use(), [EVALUATOR], "P5.no_certificate", "No evaluation certificate"),
    ("unreadable", b"?", in_use(), [EVALUATOR], "P5.certificate_unreadable", "cannot be read"),
    ("edited", _edited(), in_use(), [EVALUATOR], "P5.certificate_altered", "altered"),
    ("nobody listed", _SIGNED, in_use(), [], "P5.untrusted_signer", "not listed"),
    (
        "a stranger's",
        sign_certificate(certificate(), STRANGER_KEY),
        in_use(),
        [EVALUATOR],
        "P5.untrusted_signer",
        "not listed",
    ),
    ("another model's", _SIGNED, in_use(model=OTHER_MODEL), [EVALUATOR], "P5.other_model", "is in use"),
    ("a larger gallery", _SIGNED, in_use(subjects=10_001), [EVALUATOR], "P5.other_gallery", "10,001"),
    (
        "another kind of gallery",
        _SIGNED,
        dataclasses.replace(in_use(), gallery_source=GallerySource.COMMERCIAL_DATABASE),
        [EVALUATOR],
        "P5.other_gallery",
        "commercial_database",
    ),
    ("a looser threshold", _SIGNED, in_use(0.49), [EVALUATOR], "P5.other_threshold", "looser"),
    ("a stricter threshold", _SIGNED, in_use(0.51), [EVALUATOR], "P5.other_threshold", "stricter"),
    ("the operator's own test", _SIGNED, in_use(), [_SELF], "P5.not_independent", "not independent"),
    (
        "a maker's test",
        sign_certificate(certificate(independent=False), EVALUATOR_KEY),
        in_use(),
        [EVALUATOR],
        "P5.not_independent",
        "not independent",
    ),
]


@pytest.mark.parametrize(
    ("envelope", "installation", "evaluators", "rule", "said"),
    [fault[1:] for fault in _FAULTS],
    ids=[fault[0] for fault in _FAULTS],
)
def test_fault_is_refused_by_its_own_rule(
    envelope: bytes | None, installation: InUse, evaluators: list[TrustedEvaluator], rule: str, said: str
) -> None:
    fitness = measured_fitness(envelope, installation, evaluators, NOW)

    decision = evaluate(packs_alone(["accuracy-floor"]), _police_search(fitness), NOW)

    assert decision.decision is Outcome.DENY
    assert decision.rule_ids == tuple(sorted(("P5.scope", rule)))
    assert said in fitness.detail


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"evaluated_on": date(2025, 11, 23)}, "P5.too_old"),
        ({"evaluated_on": date(2026, 11, 25)}, "P5.dated_ahead"),
        ({"worst_group_fnmr": GroupRate("a", 0.0201, 0.01, 0.03, 201, 10_000)}, "P5.worst_group"),
        ({"false_positive_ratio": 10.0001}, "P5.false_positive_spread"),
        ({"false_positive_ratio": None}, "P5.false_positive_spread"),
        ({"groups_measured": frozenset({EvalGroup.SEX, EvalGroup.AGE})}, "P5.groups_not_measured"),
    ],
)
def test_finding_is_refused_by_its_own_rule(changes: dict[str, object], rule: str) -> None:
    decision = evaluate(packs_alone(["accuracy-floor"]), _police_search(_measured(changes)), NOW)

    assert decision.rule_ids == tuple(sorted(("P5.scope", rule)))


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluated_on": date(2025, 11, 24)},
        {"worst_group_fnmr": GroupRate("a", 0.02, 0.01, 0.03, 200, 10_000)},
        {"false_positive_ratio": 10.0},
    ],
)
def test_finding_exactly_at_the_limit_meets_it(changes: dict[str, object]) -> None:
    decision = evaluate(packs_alone(["accuracy-floor"]), _police_search(_measured(changes)), NOW)

    assert decision.decision is Outcome.PERMIT


def test_threshold_calibrated_for_another_model_has_no_known_rate() -> None:
    installation = dataclasses.replace(in_use(), threshold=threshold(model=OTHER_MODEL))
    assert measured_fitness(_SIGNED, installation, [EVALUATOR], NOW).threshold_fmr_ppb == 1_000_000_000
    unmeasured = dataclasses.replace(in_use(), threshold=threshold(upper=float("nan")))
    assert measured_fitness(_SIGNED, unmeasured, [EVALUATOR], NOW).threshold_fmr_ppb == 1_000_000_000
    barely = dataclasses.replace(in_use(), threshold=threshold(upper=1.00000001e-5))
    assert measured_fitness(None, barely, [EVALUATOR], NOW).threshold_fmr_ppb == 10_001


def test_age_is_counted_in_days_of_utc() -> None:
    late_evening = datetime.fromisoformat("2026-11-24T23:30:00-02:00")
    assert measured_fitness(_SIGNED, in_use(), [EVALUATOR], late_evening).eval_age_days == 91
    assert measured_fitness(_SIGNED, in_use(), [EVALUATOR], datetime(2026, 8, 26, tzinfo=UTC)).eval_age_days == 0


def test_sample_is_about_the_sample_model() -> None:
    assert isinstance(certificate(), Certificate)
    assert certificate().model == MODEL
