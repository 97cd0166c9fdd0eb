"""Which thresholds a vendor's audit stops at: the vendor's own first, those asked for, none below the floor."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.audit.score_scale import ScoreScale
from countenance.audit.threshold_policy import (
    FixedThreshold,
    TargetFalseMatchRate,
    TargetFalsePositiveIdentificationRate,
    ThresholdPolicy,
)
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.measure import Plan
from countenance.service.audits.running import RunChoices
from countenance.service.audits.score_run import on_scale
from countenance.service.audits.stops import Named
from countenance.service.audits.thresholds import PRESETS


@dataclass(frozen=True, slots=True)
class OwnThreshold:
    """A threshold a vendor names itself.

    Attributes:
        value: On the vendor's scale.
        label: In words.
        source: Where it says so.
    """

    value: float
    label: str
    source: str


#: What vendors name; the first is what a caller gets who says nothing.
OWN_THRESHOLDS = {
    "rekognition": (
        OwnThreshold(80.0, "the vendor's default", "Amazon Rekognition API Reference, FaceMatchThreshold"),
        OwnThreshold(
            99.0,
            "what the vendor recommends to law enforcement",
            "Amazon Rekognition Developer Guide, use cases that involve public safety",
        ),
    ),
    "azure": (OwnThreshold(0.5, "the vendor's default for verification", "Azure Face REST API, Verify: isIdentical"),),
}


def vendor_plan_of(
    vendor: str, choices: RunChoices, scale: ScoreScale, *, measurable_above: float | None
) -> tuple[Plan, tuple[str, ...]]:
    """Return how the audit decides, and sentences about named thresholds that nothing can be said about.

    Raises:
        AuditInputInvalid: Choices that contradict each other, or an operating threshold that cannot be measured.
    """
    wanted: dict[float, tuple[str, str, str]] = {}
    for own in OWN_THRESHOLDS[vendor]:
        wanted[own.value] = (f"recommended:{own.value:g}", own.label, own.source)
    for preset in choices.presets:
        if preset not in PRESETS:
            raise AuditInputInvalid(f"There is no preset {preset!r}.", remedy=f"Presets: {', '.join(PRESETS)}.")
        for percent in PRESETS[preset]:
            value = percent if scale.high > 1.0 else percent / 100.0
            wanted.setdefault(value, (f"{preset}:{percent:g}", f"{value:g} on the vendor's scale", f"preset {preset}"))
    for value in choices.thresholds:
        placed = on_scale(value, scale)
        wanted.setdefault(placed, (f"asked:{value:g}", f"{placed:g} on the vendor's scale", "asked for"))
    floor = float("-inf") if measurable_above is None else measurable_above
    named = tuple(
        Named(name, label, value, source) for value, (name, label, source) in sorted(wanted.items()) if value > floor
    )
    notes = tuple(
        f"Nothing can be said about a threshold of {value:g} ({label}): the vendor left out scores up to {floor:g}."
        for value, (_, label, _) in sorted(wanted.items())
        if value <= floor
    )
    policy, basis = _policy(vendor, choices, scale, floor)
    return Plan(policy, basis, named, choices.seed), notes


def _policy(vendor: str, choices: RunChoices, scale: ScoreScale, floor: float) -> tuple[ThresholdPolicy, str]:
    given = (choices.threshold, choices.target_fmr, choices.target_fpir)
    if sum(one is not None for one in given) > 1:
        raise AuditInputInvalid(
            "Several thresholds are asked for.", remedy="Give one of --threshold, --target-fmr and --target-fpir."
        )
    if choices.target_fmr is not None:
        return TargetFalseMatchRate(choices.target_fmr, choices.target_group), ""
    if choices.target_fpir is not None:
        if choices.gallery_size is None:
            raise AuditInputInvalid(
                "A target FPIR needs the size of the gallery.",
                remedy="Give --target-fpir 0.01 --gallery-size 100, say.",
            )
        return TargetFalsePositiveIdentificationRate(choices.target_fpir, choices.gallery_size), ""
    own = OWN_THRESHOLDS[vendor][0]
    value = own.value if choices.threshold is None else on_scale(choices.threshold, scale)
    if value <= floor:
        raise AuditInputInvalid(
            f"Nothing can be said about a threshold of {value:g}: the vendor left out scores up to {floor:g}.",
            remedy=f"Give a --threshold above {floor:g}. Answered calls are in the archive and are not paid again.",
        )
    return FixedThreshold(
        value
    ), f"{own.label}; {own.source}" if choices.threshold is None else "given before the audit"
