"""Certificates, keys and installations for tests, made from fixed seeds; nobody's real measurement."""

from __future__ import annotations

from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Rate, Threshold
from countenance.policy.certificate import Certificate, GroupRate
from countenance.policy.fitness import InUse, TrustedEvaluator
from countenance.policy.terms import EvalGroup, GallerySource

MODEL = ModelIdentity(name="made-up", digest="ab" * 32, dimension=128)
OTHER_MODEL = ModelIdentity(name="made-up", digest="cd" * 32, dimension=128)
EVALUATOR_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
EVALUATOR = TrustedEvaluator("An Institute", EVALUATOR_KEY.public_key(), independent=True)


def threshold(value: float = 0.5, *, model: ModelIdentity = MODEL, upper: float = 2.5e-6) -> Threshold:
    """Return a threshold whose false match rate has this upper end."""
    return Threshold(
        value=value,
        target="fixed by the operator",
        false_match_rate=Rate(estimate=1e-6, low=5e-7, high=upper, errors=10, trials=10_000_000),
        false_non_match_rate=Rate(estimate=0.02, low=0.01, high=0.03, errors=20, trials=1000),
        data_set="made-up numbers",
        date="2026-09-01",
        model=model,
    )


def in_use(value: float = 0.5, *, model: ModelIdentity = MODEL, subjects: int = 1000) -> InUse:
    """Return an installation that uses what the certificate is about, unless told otherwise."""
    return InUse(model, threshold(value, model=model), GallerySource.BOOKING_PHOTOS, subjects)


def certificate(**changes: object) -> Certificate:
    """Return a certificate that meets the accuracy pack, with changes."""
    values: dict[str, object] = {
        "certificate_id": "c-1",
        "model": MODEL,
        "threshold": 0.5,
        "gallery_source": GallerySource.BOOKING_PHOTOS,
        "gallery_subjects": 10_000,
        "worst_group_fmr": GroupRate("sex=b", 4e-6, 2e-6, 8e-6, 8, 2_000_000),
        "worst_group_fnmr": GroupRate("age=65+", 0.015, 0.009, 0.024, 15, 1000),
        "false_positive_ratio": 3.201,
        "false_positive_ratio_max_min": 6.5,
        "groups_measured": frozenset(EvalGroup),
        "evaluator": "An Institute",
        "independent": True,
        "evaluated_on": date(2026, 8, 26),
        "data_set": "made-up numbers",
        "data_set_sha256": "11" * 32,
        "subjects": 2000,
        "photos": 8000,
        "audit_result_sha256": "22" * 32,
    }
    return Certificate(**{**values, **changes})  # type: ignore[arg-type]
