"""Certificate and what is in use → the request attributes the accuracy pack reads, with the reason in words.

Rules kept here:

- Whatever is missing, altered, about something else or out of date gives attributes that make the pack refuse.
- Independence needs both: the evaluator's statement and the operator's own listing of that key as independent.
- Rounding never flatters: true positive rates down, ratios and false match rates up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Threshold
from countenance.policy.attributes import CERTAIN_PPB, NEVER_EVALUATED_DAYS, UNMEASURED_RATIO_X100
from countenance.policy.certificate import Certificate, read_certificate
from countenance.policy.envelope import key_id
from countenance.policy.terms import CertificateStatus, EvalGroup, GallerySource

#: Two thresholds are the same up to this difference: the last bits of a float32 similarity near 1 (2**-24 ≈ 6e-8).
_SAME_THRESHOLD = 1e-7


@dataclass(frozen=True, slots=True)
class TrustedEvaluator:
    """An evaluator's key the operator has listed.

    Attributes:
        name: The evaluator.
        public_key: Its Ed25519 key.
        independent: Whether the operator vouches that it is independent of the maker and of the operator.
    """

    name: str
    public_key: Ed25519PublicKey
    independent: bool


@dataclass(frozen=True, slots=True)
class InUse:
    """What a request would actually use.

    Attributes:
        model: The recogniser.
        threshold: The threshold in force, with its calibration.
        gallery_source: Kind of gallery.
        gallery_subjects: People in the gallery.
    """

    model: ModelIdentity
    threshold: Threshold
    gallery_source: GallerySource
    gallery_subjects: int


@dataclass(frozen=True, slots=True)
class Fitness:
    """Request attributes about measured fitness; each field but ``detail`` is the attribute of that name.

    Attributes:
        detail: What was found, in one sentence.
    """

    eval_certificate: CertificateStatus
    eval_independent: bool
    eval_age_days: int
    eval_tpr_min_group_ppm: int
    eval_fpir_ratio_x100: int
    eval_groups: frozenset[EvalGroup]
    threshold_as_evaluated: bool
    threshold_fmr_ppb: int
    detail: str

    def attributes(self) -> dict[str, Any]:
        """Return the request attributes by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "detail"}


def measured_fitness(
    envelope: bytes | None, in_use: InUse, evaluators: Iterable[TrustedEvaluator], now: datetime
) -> Fitness:
    """Return what an evaluation certificate says about the model, threshold and gallery in use.

    Args:
        envelope: The signed certificate, or None if none is loaded.
        in_use: What the request would use.
        evaluators: Keys the operator has listed.
        now: The server's clock, with an offset from UTC.
    """
    by_key = {key_id(evaluator.public_key): evaluator for evaluator in evaluators}
    if envelope is None:
        return _unfit(CertificateStatus.NONE, in_use, "No evaluation certificate is loaded.")
    read = read_certificate(envelope, {name: evaluator.public_key for name, evaluator in by_key.items()})
    certificate = read.certificate
    if certificate is None:
        return _unfit(read.status, in_use, _UNREAD[read.status])
    fault = _about_something_else(certificate, in_use)
    if fault is not None:
        return _unfit(fault[0], in_use, fault[1])
    age_days = (now.astimezone(UTC).date() - certificate.evaluated_on).days
    if age_days < 0:
        said = f"The certificate is dated {certificate.evaluated_on}, which is in the future."
        return _unfit(CertificateStatus.DATED_AHEAD, in_use, said)
    independent = certificate.independent and by_key[read.key_id].independent
    return Fitness(
        eval_certificate=CertificateStatus.VALID,
        eval_independent=independent,
        eval_age_days=min(age_days, NEVER_EVALUATED_DAYS),
        eval_tpr_min_group_ppm=_true_positives_ppm(certificate),
        eval_fpir_ratio_x100=_ratio_x100(certificate.false_positive_ratio),
        eval_groups=certificate.groups_measured,
        threshold_as_evaluated=abs(in_use.threshold.value - certificate.threshold) <= _SAME_THRESHOLD,
        threshold_fmr_ppb=_false_match_ppb(in_use),
        detail=_in_words(certificate, in_use, age_days, independent=independent),
    )


_UNREAD = {
    CertificateStatus.UNREADABLE: "The certificate cannot be read.",
    CertificateStatus.ALTERED: "The certificate's signature does not fit its content: it was altered.",
    CertificateStatus.UNTRUSTED_SIGNER: "The certificate was signed with a key that is not listed.",
}


def _unfit(status: CertificateStatus, in_use: InUse, detail: str) -> Fitness:
    return Fitness(
        eval_certificate=status,
        eval_independent=False,
        eval_age_days=NEVER_EVALUATED_DAYS,
        eval_tpr_min_group_ppm=0,
        eval_fpir_ratio_x100=UNMEASURED_RATIO_X100,
        eval_groups=frozenset(),
        threshold_as_evaluated=False,
        threshold_fmr_ppb=_false_match_ppb(in_use),
        detail=detail,
    )


def _about_something_else(certificate: Certificate, in_use: InUse) -> tuple[CertificateStatus, str] | None:
    if certificate.model.digest != in_use.model.digest:
        said = f"The certificate is about {certificate.model.short}; {in_use.model.short} is in use."
        return CertificateStatus.OTHER_MODEL, said
    if certificate.gallery_source is not in_use.gallery_source:
        said = f"The certificate is about a gallery of kind {certificate.gallery_source}, not {in_use.gallery_source}."
        return CertificateStatus.OTHER_GALLERY, said
    if in_use.gallery_subjects > certificate.gallery_subjects:
        said = (
            f"The certificate is about a gallery of {certificate.gallery_subjects:,} people; "
            f"{in_use.gallery_subjects:,} are in this one."
        )
        return CertificateStatus.OTHER_GALLERY, said
    return None


def _true_positives_ppm(certificate: Certificate) -> int:
    rate = certificate.worst_group_fnmr
    # From the counts, in whole numbers: no rounding of a float can lift a rate over a limit.
    return (rate.trials - rate.errors) * 1_000_000 // rate.trials


def _ratio_x100(ratio: float | None) -> int:
    return UNMEASURED_RATIO_X100 if ratio is None else min(math.ceil(ratio * 100), UNMEASURED_RATIO_X100)


def _false_match_ppb(in_use: InUse) -> int:
    """Return the upper end of the interval of the calibrated FMR; "certain" if the calibration is another model's."""
    upper = in_use.threshold.false_match_rate.high
    if in_use.threshold.model.digest != in_use.model.digest or not 0.0 <= upper <= 1.0:
        return CERTAIN_PPB
    return math.ceil(upper * CERTAIN_PPB)


def _in_words(certificate: Certificate, in_use: InUse, age_days: int, *, independent: bool) -> str:
    worst = certificate.worst_group_fnmr
    said = [
        f"{certificate.evaluator} measured {certificate.model.short} on {certificate.data_set} {age_days} days ago"
        f" ({'independent' if independent else 'not independent'})",
        f"in the worst group ({worst.group}) {worst.errors:,} of {worst.trials:,} were missed"
        f" ({worst.estimate:.3%}, 95 % interval {worst.low:.3%} to {worst.high:.3%})",
    ]
    difference = in_use.threshold.value - certificate.threshold
    if abs(difference) > _SAME_THRESHOLD:
        kind = "looser" if difference < 0 else "stricter, so that more people are missed,"
        said.append(
            f"the threshold in force ({in_use.threshold.value:.4f}) is {kind} than the evaluated one"
            f" ({certificate.threshold:.4f})"
        )
    return "; ".join(said) + "."
