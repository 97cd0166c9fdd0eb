"""The certificate of an audit: who measured what, and how the worst group fared. Signed; read back only if it holds.

The audit makes certificates from its results; the accuracy pack reads them through ``fitness.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countenance.core.errors import PolicyPackInvalid
from countenance.core.model_identity import ModelIdentity
from countenance.policy.envelope import EnvelopeFault, open_envelope, seal
from countenance.policy.terms import CertificateStatus, EvalGroup, GallerySource
from countenance.policy.toml_tables import Table

CERTIFICATE_FORMAT = "countenance-certificate/1"
CERTIFICATE_TYPE = "application/vnd.countenance.certificate+json"


@dataclass(frozen=True, slots=True)
class GroupRate:
    """An error rate of one demographic group, with its 95 % interval and counts.

    Attributes:
        group: The group in words, such as ``sex=female, skin tone=dark``.
        estimate: Errors over trials, 0 to 1; lower is better.
        low: Lower end of the interval.
        high: Upper end of the interval.
        errors: Errors counted.
        trials: Comparisons.
    """

    group: str
    estimate: float
    low: float
    high: float
    errors: int
    trials: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an evaluator measured and signs for.

    Attributes:
        certificate_id: The evaluator's number for it.
        model: Identity of the recogniser evaluated.
        threshold: The similarity the rates hold at, -1 to 1.
        gallery_source: Kind of gallery the evaluation searched.
        gallery_subjects: People in that gallery; false positives grow with it.
        worst_group_fmr: The highest false match rate of any group.
        worst_group_fnmr: The highest false non-match rate of any group.
        false_positive_ratio: Highest group FMR over the geometric mean of all groups; None if a group had none.
            Source: the max over geometric mean ratio of NISTIR 8429 and the FRTE demographics pages.
        false_positive_ratio_max_min: Highest over lowest group FMR; None if a group had none.
        groups_measured: Demographic factors the rates were broken down by.
        evaluator: Who measured.
        independent: Whether the evaluator states to be independent of the maker and the operator.
        evaluated_on: Day of the evaluation.
        data_set: Name and split of the data.
        data_set_sha256: Digest of the manifest of the data.
        subjects: People in the data.
        photos: Photos in the data.
        audit_result_sha256: Digest of the complete audit result this summarises.
    """

    certificate_id: str
    model: ModelIdentity
    threshold: float
    gallery_source: GallerySource
    gallery_subjects: int
    worst_group_fmr: GroupRate
    worst_group_fnmr: GroupRate
    false_positive_ratio: float | None
    false_positive_ratio_max_min: float | None
    groups_measured: frozenset[EvalGroup]
    evaluator: str
    independent: bool
    evaluated_on: date
    data_set: str
    data_set_sha256: str
    subjects: int
    photos: int
    audit_result_sha256: str


@dataclass(frozen=True, slots=True)
class ReadCertificate:
    """A certificate as it was read.

    Attributes:
        status: ``valid`` if the signature holds and the content can be read; otherwise why not.
        certificate: The content, or None.
        key_id: Key that signed; empty unless valid.
    """

    status: CertificateStatus
    certificate: Certificate | None
    key_id: str = ""


def sign_certificate(certificate: Certificate, private_key: Ed25519PrivateKey) -> bytes:
    """Return the certificate as a signed envelope (JSON)."""
    return seal(json.dumps(_to_plain(certificate), indent=2).encode(), CERTIFICATE_TYPE, private_key)


def read_certificate(data: bytes, trusted: Mapping[str, Ed25519PublicKey]) -> ReadCertificate:
    """Return what a signed envelope came to.

    Args:
        data: The envelope.
        trusted: Keys of evaluators the operator has listed, by ``envelope.key_id``.
    """
    opened = open_envelope(data, CERTIFICATE_TYPE, trusted)
    if opened.fault is not None:
        return ReadCertificate(_STATUS[opened.fault], None)
    try:
        certificate = _from_plain(json.loads(opened.payload))
    except (ValueError, RecursionError, PolicyPackInvalid):
        return ReadCertificate(CertificateStatus.UNREADABLE, None)
    return ReadCertificate(CertificateStatus.VALID, certificate, opened.key_id)


_STATUS = {
    EnvelopeFault.UNREADABLE: CertificateStatus.UNREADABLE,
    EnvelopeFault.ALTERED: CertificateStatus.ALTERED,
    EnvelopeFault.UNTRUSTED_SIGNER: CertificateStatus.UNTRUSTED_SIGNER,
}
_KEYS = (
    "format",
    "certificate_id",
    "model",
    "threshold",
    "gallery",
    "worst_group_fmr",
    "worst_group_fnmr",
    "false_positive_ratio",
    "groups_measured",
    "evaluator",
    "evaluated_on",
    "data_set",
    "audit_result_sha256",
)
_RATE_KEYS = ("group", "estimate", "low", "high", "errors", "trials")


def _to_plain(certificate: Certificate) -> dict[str, Any]:
    return {
        "format": CERTIFICATE_FORMAT,
        "certificate_id": certificate.certificate_id,
        "model": {
            "name": certificate.model.name,
            "digest": certificate.model.digest,
            "dimension": certificate.model.dimension,
        },
        "threshold": certificate.threshold,
        "gallery": {"source": certificate.gallery_source, "subjects": certificate.gallery_subjects},
        "worst_group_fmr": _rate_to_plain(certificate.worst_group_fmr),
        "worst_group_fnmr": _rate_to_plain(certificate.worst_group_fnmr),
        "false_positive_ratio": {
            "max_over_geometric_mean": certificate.false_positive_ratio,
            "max_over_min": certificate.false_positive_ratio_max_min,
        },
        "groups_measured": sorted(certificate.groups_measured),
        "evaluator": {"name": certificate.evaluator, "independent": certificate.independent},
        "evaluated_on": certificate.evaluated_on.isoformat(),
        "data_set": {
            "name": certificate.data_set,
            "sha256": certificate.data_set_sha256,
            "subjects": certificate.subjects,
            "photos": certificate.photos,
        },
        "audit_result_sha256": certificate.audit_result_sha256,
    }


def _from_plain(values: object) -> Certificate:
    table = Table(values, where="certificate", required=_KEYS)
    if table.text("format") != CERTIFICATE_FORMAT:
        raise PolicyPackInvalid("certificate: unknown format.")
    model = Table(table.raw("model"), where="model", required=("name", "digest", "dimension"))
    gallery = Table(table.raw("gallery"), where="gallery", required=("source", "subjects"))
    ratio = Table(
        table.raw("false_positive_ratio"), where="ratio", required=("max_over_geometric_mean", "max_over_min")
    )
    evaluator = Table(table.raw("evaluator"), where="evaluator", required=("name", "independent"))
    data_set = Table(table.raw("data_set"), where="data_set", required=("name", "sha256", "subjects", "photos"))
    return Certificate(
        certificate_id=table.text("certificate_id"),
        model=ModelIdentity(model.text("name"), model.text("digest"), model.whole("dimension")),
        threshold=_within(table.number("threshold"), -1.0, 1.0),
        gallery_source=GallerySource(gallery.text("source")),
        gallery_subjects=gallery.whole("subjects"),
        worst_group_fmr=_rate_from_plain(table.raw("worst_group_fmr")),
        worst_group_fnmr=_rate_from_plain(table.raw("worst_group_fnmr")),
        false_positive_ratio=_ratio(ratio, "max_over_geometric_mean"),
        false_positive_ratio_max_min=_ratio(ratio, "max_over_min"),
        groups_measured=frozenset(EvalGroup(word) for word in table.texts("groups_measured")),
        evaluator=evaluator.text("name"),
        independent=evaluator.flag("independent"),
        evaluated_on=date.fromisoformat(table.text("evaluated_on")),
        data_set=data_set.text("name"),
        data_set_sha256=data_set.text("sha256"),
        subjects=data_set.whole("subjects"),
        photos=data_set.whole("photos"),
        audit_result_sha256=table.text("audit_result_sha256"),
    )


def _rate_to_plain(rate: GroupRate) -> dict[str, Any]:
    return {name: getattr(rate, name) for name in _RATE_KEYS}


def _rate_from_plain(values: object) -> GroupRate:
    table = Table(values, where="rate", required=_RATE_KEYS)
    low, estimate, high = (_within(table.number(name), 0.0, 1.0) for name in ("low", "estimate", "high"))
    errors, trials = table.whole("errors"), table.whole("trials")
    # The estimate is what the rules read; it has to be the one the counts give, and lie in its own interval.
    if not (0 <= errors <= trials and trials > 0 and low <= estimate <= high):
        raise PolicyPackInvalid("rate: counts or interval are impossible.")
    if not math.isclose(estimate, errors / trials, rel_tol=1e-6, abs_tol=1e-9):
        raise PolicyPackInvalid("rate: the estimate is not errors over trials.")
    return GroupRate(table.text("group"), estimate, low, high, errors, trials)


def _ratio(table: Table, key: str) -> float | None:
    return None if table.raw(key) is None else _within(table.number(key), 1.0, math.inf)


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high or not math.isfinite(value):
        raise PolicyPackInvalid("certificate: a number is out of range.")
    return value
