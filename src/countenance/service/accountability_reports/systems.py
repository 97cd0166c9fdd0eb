"""Models and thresholds in use, with the rates that were measured of them, and what the certificate says of groups.

Rules kept here:

- A rate that a search rested on is what its own entry implies: expected false candidates over references compared.
  Interval and data set come from the calibration in use, if its rate at that threshold is the recorded one.
- Where nothing was measured, that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from countenance.core.thresholds import Threshold, one_in
from countenance.policy.certificate import Certificate, GroupRate
from countenance.service.accountability_reports.period import RecordedAct
from countenance.service.accountability_reports.sources import KnownCertificate, Sources
from countenance.service.accountability_reports.suppression import Counts, suppress

#: Two rates are the same up to this share: the ledger keeps nine decimals of the expected false candidates.
_SAME_RATE = 1e-3
_LEDGER_STEP = 1e-9


def models_part(sources: Sources, searches: Sequence[RecordedAct], minimum: int) -> list[dict[str, Any]]:
    """Return the models that searched, each with its thresholds and certificates; counts withheld as in any table."""
    run = [act for act in searches if not act.refused and act.measured("model_digest")]
    counts = Counter(str(act.measured("model_digest")) for act in run)
    shown = suppress(Counts(("run",), {model: (count,) for model, count in counts.items()}, adds_up=False), minimum)
    cells = {row.label: row.cells[0] for row in shown.rows}
    return [
        {
            "model_digest": model,
            "searches": cells.get(model),
            "thresholds": _thresholds(sources, model, [act for act in run if act.measured("model_digest") == model]),
            "certificates": [
                certificate_part(sources.certificate(digest), digest)
                for digest in sorted(
                    {
                        act.word("certificate_digest")
                        for act in run
                        if act.measured("model_digest") == model and act.word("certificate_digest")
                    }
                )
            ],
        }
        for model, _ in counts.most_common()
    ]


def _thresholds(sources: Sources, model: str, acts: Sequence[RecordedAct]) -> list[dict[str, Any]]:
    """Return the strictest and the loosest threshold used, and how many there were."""
    by_value: dict[float, RecordedAct] = {}
    for act in acts:
        value = act.measured("threshold_value")
        if value is not None:
            by_value.setdefault(float(str(value)), act)
    used = sorted(by_value)
    ends = [*used[:1], *used[-1:]] if len(used) > 1 else used
    said = ("loosest", "strictest") if len(used) > 1 else ("only",)
    return [
        {"which": which, "of": len(used), **threshold_part(sources, model, value, by_value[value].outcome)}
        for which, value in zip(said, ends, strict=True)
    ]


def threshold_part(sources: Sources, model: str, value: float, outcome: Mapping[str, object]) -> dict[str, Any]:
    """Return a threshold with the false match rate it rested on, in numbers and words."""
    recorded = recorded_rate(outcome)
    measured = sources.threshold(model, value)
    if measured is not None and not _agrees(measured, outcome):
        measured = None
    part: dict[str, Any] = {"value": value, "false_match_rate": recorded, "in_words": None, "measured_on": None}
    if measured is not None:
        rate = measured.false_match_rate
        part |= {
            "false_match_rate": rate.estimate,
            "low": rate.low,
            "high": rate.high,
            "errors": rate.errors,
            "trials": rate.trials,
            "in_words": rate.in_words(),
            "measured_on": f"{measured.data_set}, {measured.date}",
        }
    elif recorded is not None:
        part["in_words"] = f"about {one_in(recorded)}" if recorded > 0 else "none seen in the calibration of that day"
    return part


def recorded_rate(outcome: Mapping[str, object]) -> float | None:
    """Return the false match rate that an outcome's expected false candidates imply, or None."""
    expected, references = outcome.get("expected_false_candidates"), outcome.get("gallery_references")
    if expected is None or not isinstance(references, int) or references == 0:
        return None
    return float(str(expected)) / references


def _agrees(measured: Threshold, outcome: Mapping[str, object]) -> bool:
    recorded, references = recorded_rate(outcome), outcome.get("gallery_references")
    if recorded is None or not isinstance(references, int):
        return True
    return abs(recorded - measured.false_match_rate.estimate) <= max(recorded * _SAME_RATE, _LEDGER_STEP / references)


def certificate_part(known: KnownCertificate | None, digest: str) -> dict[str, Any]:
    """Return what a certificate says of the worst groups, or that it is not there to be read."""
    if known is None or known.certificate is None:
        why = "is no longer kept" if known is None else "does not hold with the keys listed now"
        return {"digest": digest, "readable": False, "why": f"The certificate {why}."}
    held = known.certificate
    return {"digest": digest, "readable": True, **_content(held)}


def _content(held: Certificate) -> dict[str, Any]:
    return {
        "evaluator": held.evaluator,
        "independent_by_its_own_word": held.independent,
        "evaluated_on": held.evaluated_on.isoformat(),
        "model": held.model.name,
        "threshold": held.threshold,
        "data_set": held.data_set,
        "people": held.subjects,
        "photos": held.photos,
        "groups_measured": sorted(group.value for group in held.groups_measured),
        "worst_false_match": _rate(held.worst_group_fmr),
        "worst_false_non_match": _rate(held.worst_group_fnmr),
        "false_match_ratio_max_over_geometric_mean": held.false_positive_ratio,
        "false_match_ratio_max_over_min": held.false_positive_ratio_max_min,
        "audit_result_sha256": held.audit_result_sha256,
    }


def _rate(rate: GroupRate) -> dict[str, Any]:
    return {
        "group": rate.group,
        "estimate": rate.estimate,
        "low": rate.low,
        "high": rate.high,
        "errors": rate.errors,
        "trials": rate.trials,
        "in_words": f"about {one_in(rate.estimate)}" if rate.errors else f"fewer than {one_in(rate.high)}",
    }
