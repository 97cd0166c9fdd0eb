"""Plans and facts as JSON types and back, so that a bundle holds how the result came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from countenance.audit.threshold_policy import (
    FixedThreshold,
    TargetFalseMatchRate,
    TargetFalsePositiveIdentificationRate,
    ThresholdPolicy,
)
from countenance.service.audits.document import Facts, System, policy_entry
from countenance.service.audits.measure import Plan
from countenance.service.audits.stops import Named


def plan_to_plain(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON types."""
    return {
        "policy": policy_entry(plan.policy),
        "basis": plan.basis,
        "named": [asdict(one) for one in plan.named],
        "seed": plan.seed,
    }


def plan_from_plain(plain: Mapping[str, Any]) -> Plan:
    """Return a plan from JSON types."""
    named = tuple(Named(**one) for one in plain["named"])
    return Plan(_policy(plain["policy"]), plain["basis"], named, plain["seed"])


def _policy(plain: Mapping[str, Any]) -> ThresholdPolicy:
    if plain["kind"] == "fixed":
        return FixedThreshold(plain["threshold"])
    if plain["kind"] == "target_fmr":
        return TargetFalseMatchRate(plain["rate"], plain["group"])
    return TargetFalsePositiveIdentificationRate(plain["rate"], plain["enrolled"])


def facts_to_plain(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON types."""
    return asdict(facts)


def facts_from_plain(plain: Mapping[str, Any]) -> Facts:
    """Return facts from JSON types."""
    return Facts(**{**plain, "system": System(**plain["system"]), "notes": tuple(plain["notes"])})
