"""A signed result is read by the rules as it was measured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from countenance.audit.threshold_policy import FixedThreshold
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.core.thresholds import Rate, Threshold
from countenance.policy.certificate import read_certificate
from countenance.policy.envelope import key_id
from countenance.policy.fitness import InUse, TrustedEvaluator, measured_fitness
from countenance.policy.terms import CertificateStatus, EvalGroup, GallerySource
from countenance.service.audits.certificate import (
    Statement,
    certificate_of,
    factors,
    gallery_source,
    read_key,
    signed_certificate,
)
from countenance.service.audits.document import build_document
from countenance.service.audits.evidence import TemplateEvidence
from countenance.service.audits.measure import Plan
from tests.support.made_up_audit import made_up_facts, made_up_material
from tests.support.made_up_templates import MADE_UP_MODEL

STATEMENT = Statement("2026-1", "Audit Board", True, GallerySource.CONSENTED_ENROLMENT, date(2026, 1, 2))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    material, vectors = made_up_material(people=24, photos=2, attributes=("region",))
    return build_document(made_up_facts(), material, TemplateEvidence(vectors), Plan(FixedThreshold(0.35)))


def test_the_rules_read_what_was_measured(document: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.generate()
    envelope = signed_certificate(document, STATEMENT, key)
    read = read_certificate(envelope, {key_id(key.public_key()): key.public_key()})
    assert read.status is CertificateStatus.VALID
    assert read.certificate == certificate_of(document, STATEMENT)
    rate = Rate(1e-4, 0.0, 2e-4, 10, 100_000)
    threshold = Threshold(0.35, "t", rate, rate, "d", "2026-01-01", MADE_UP_MODEL)
    in_use = InUse(MADE_UP_MODEL, threshold, GallerySource.CONSENTED_ENROLMENT, 60)
    evaluator = TrustedEvaluator("Audit Board", key.public_key(), independent=True)
    fitness = measured_fitness(envelope, in_use, [evaluator], datetime(2026, 1, 12, tzinfo=UTC))
    assert fitness.eval_certificate is CertificateStatus.VALID
    assert (fitness.eval_independent, fitness.eval_age_days, fitness.threshold_as_evaluated) == (True, 10, True)
    worst = max(document["groupings"][-1]["at"][document["operating"]["stop"]]["fnmr"], key=lambda r: r["estimate"])
    assert fitness.eval_tpr_min_group_ppm == (worst["trials"] - worst["errors"]) * 1_000_000 // worst["trials"]


def test_a_group_without_a_false_match_leaves_no_ratio(document: dict[str, Any]) -> None:
    certificate = certificate_of(document, STATEMENT)
    spread = document["groupings"][-1]["at"][document["operating"]["stop"]]["spread_fmr"]
    assert certificate.false_positive_ratio == spread["max_geomean"]["estimate"]
    strict = build_document(
        made_up_facts(), *_evidence(), Plan(FixedThreshold(0.72))
    )  # a threshold at which some group has no false match
    assert certificate_of(strict, STATEMENT).false_positive_ratio is None


def _evidence() -> tuple[Any, TemplateEvidence]:
    material, vectors = made_up_material(people=24, photos=2, attributes=("region",))
    return material, TemplateEvidence(vectors)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["sex", "skin_tone"], {EvalGroup.SEX, EvalGroup.RACE_OR_SKIN_TONE}),
        (["Gender", "age_band", "Ethnicity"], {EvalGroup.SEX, EvalGroup.AGE, EvalGroup.RACE_OR_SKIN_TONE}),
        (["page", "image", "region"], set()),
    ],
)
def test_label_columns_are_demographic_factors_by_their_words(names: list[str], found: set[EvalGroup]) -> None:
    assert factors(names) == found


def test_a_result_that_makes_no_certificate_says_why(document: dict[str, Any]) -> None:
    system = {**document["system"], "model": None}
    with pytest.raises(AuditInputInvalid, match="known identity"):
        certificate_of({**document, "system": system}, STATEMENT)
    with pytest.raises(AuditInputInvalid, match="searched no gallery"):
        certificate_of({**document, "data": {**document["data"], "gallery": None}}, STATEMENT)
    grouping = document["groupings"][-1]
    alone = {**grouping, "groups": [{**group, "comparable": False} for group in grouping["groups"]]}
    with pytest.raises(AuditInputInvalid, match="Fewer than two groups"):
        certificate_of({**document, "groupings": [alone]}, STATEMENT)
    with pytest.raises(AuditInputInvalid, match="no kind of gallery"):
        gallery_source("attic")


def test_a_key_file_is_an_ed25519_key_or_refused(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    path = tmp_path / "k.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert read_key(path).public_key() == key.public_key()
    path.write_bytes(b"nonsense")
    with pytest.raises(AuditInputInvalid, match="not an Ed25519 key"):
        read_key(path)
    with pytest.raises(FileUnreadable):
        read_key(tmp_path / "none.pem")
