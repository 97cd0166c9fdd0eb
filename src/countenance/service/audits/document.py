"""The result document: one versioned JSON object with every number the report may show.

Rules kept here:

- The document holds no path of the machine and no template.
- Numbers are at full precision; what is not a number is null, with a word in ``flags``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from countenance.audit.measured_rate import MeasuredRate
from countenance.audit.rates import failure_rate
from countenance.audit.threshold_policy import (
    FixedThreshold,
    TargetFalseMatchRate,
    ThresholdPolicy,
)
from countenance.service.audits.evidence import Evidence
from countenance.service.audits.findings import false_match_section, suspected_section
from countenance.service.audits.limits import limits
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.measure import Measured, Plan, Progress, measure
from countenance.service.audits.methods import methods
from countenance.service.audits.rate_entries import Entry, rate_entry
from countenance.service.audits.searches import people_share, people_taken
from countenance.service.audits.sensitivity import OtherEvidence, sensitivity

SCHEMA = "countenance.audit-result/1"
SYNTHETIC = "The people in these photos are rendered and do not exist. This shows that the machinery works; it says nothing about real people."  # noqa: E501


@dataclass(frozen=True, slots=True)
class System:
    """What is audited.

    Attributes:
        kind: ``engine``, ``scores`` or ``vendor``.
        name: In words.
        model: Name, digest and what else identifies the model; None if nobody can say.
        scale_name: What the scores are called.
        low: Lower end of the scale.
        high: Upper end.
        note: What the reader must know about the scores.
    """

    kind: str
    name: str
    model: Mapping[str, Any] | None
    scale_name: str = "cosine similarity"
    low: float = -1.0
    high: float = 1.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the document says apart from what it measures.

    Attributes:
        name: The audit's name.
        title: One line.
        made_at: ISO 8601 time, UTC.
        system: What is audited.
        description: What the data is.
        source_of_labels: Who labelled it and how.
        synthetic: Whether the people do not exist.
        software: Versions by name.
        digests: SHA-256 of inputs, by what they are.
        command: The command that made it, without paths.
        notes: More sentences for ``limits``.
    """

    name: str
    title: str
    made_at: str
    system: System
    description: str
    source_of_labels: str
    synthetic: bool = False
    software: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    notes: tuple[str, ...] = ()


def build_document(
    facts: Facts,
    material: Material,
    evidence: Evidence,
    plan: Plan,
    *,
    other: OtherEvidence | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the result document.

    Args:
        facts: What it says apart from what it measures.
        material: Photos and labels.
        evidence: Their scores.
        plan: Threshold, stops and seed.
        other: A second model's scores of the same photos, for "another model".
        progress: Called with (step, done, total).

    Raises:
        AuditInputInvalid: Labels, templates or scores that cannot be used.
        CalibrationUnsupported: The data is too small for the target rate.
    """
    measured = measure(material, evidence, plan, progress)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "name": facts.name,
        "title": facts.title,
        "made_at": facts.made_at,
        "software": dict(facts.software),
        "seed": plan.seed,
        "digests": {**facts.digests, "photos": photo_list_digest(material), "labels": label_digest(material)},
        "headline": headline(measured),
        "system": _system(facts.system),
        "data": _data(facts, material, measured),
        "operating": _operating(plan, measured),
        "stops": _stops(measured),
        "gallery_sizes": _gallery_sizes(measured),
        "groupings": list(measured.groupings),
        "growth": measured.growth,
        "false_matches": false_match_section(material, measured.counts),
        "suspected_same_person": suspected_section(material, measured.counts),
        "sensitivity": sensitivity(material, evidence, plan, measured, other=other, model=facts.system.name),
        "limits": limits(material, evidence, measured, synthetic=facts.synthetic) + list(facts.notes),
        "methods": methods(),
        "provenance": {
            "command": facts.command,
            "seeds": {"resampling": plan.seed},
            "versions": dict(facts.software),
            "digests": {**facts.digests, "photos": photo_list_digest(material), "labels": label_digest(material)},
        },
    }
    return document


def to_json(document: Mapping[str, Any]) -> str:
    """Return the document as JSON text, without spaces: it holds some tens of thousands of rates."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    text = resources.files("countenance.service.audits").joinpath("schema", "audit-result-1.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def photo_list_digest(material: Material) -> str:
    """Return the SHA-256 over the sorted digests of the photos and their file names: which photos these are."""
    return _digest(sorted(f"{photo.sha256}  {photo.file}" for photo in _everything(material)))


def label_digest(material: Material) -> str:
    """Return the SHA-256 over file, subject and labels: how they are labelled."""
    return _digest(
        sorted(
            json.dumps([photo.file, photo.subject, sorted(photo.labels.items()), photo.role], ensure_ascii=False)
            for photo in _everything(material)
        )
    )


def _everything(material: Material) -> Sequence[AuditedPhoto]:
    return (*material.photos, *(material.references or ()))


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def headline(measured: Measured) -> Entry:
    """Return the headline sentence with its rate: people taken for somebody else, or the false match rate."""
    at = measured.at
    searched = measured.searched
    if searched is not None:
        size = searched.sizes[searched.measured - 1]
        taken, share = people_taken(searched, at, size), people_share(searched, at, size)
        if taken is not None and share is not None:
            return _with_interval(taken["sentence"], share, at) | {"gallery_size": searched.measured - 1}
    rate = measured.groupings[-1]["at"][at]["fmr_overall"]
    words = rate["in_words"]
    sentence = f"Photos of two different people were called a match in {words} comparisons."
    return {"sentence": sentence, "rate": rate, "threshold_stop": at, "gallery_size": None}


def _with_interval(sentence: str, share: MeasuredRate, at: int) -> Entry:
    low, high, of = share.rate.low, share.rate.high, share.rate.trials
    interval = f"95 % interval {low * of:.0f} to {high * of:.0f} of {of:,}"
    return {
        "sentence": f"{sentence.removesuffix('.')} ({interval}).",
        "rate": rate_entry(share),
        "threshold_stop": at,
    }


def _system(system: System) -> Entry:
    return {
        "kind": system.kind,
        "name": system.name,
        "model": None if system.model is None else dict(system.model),
        "scale": {
            "name": system.scale_name,
            "low": system.low,
            "high": system.high,
            "higher_is": "more alike",
        },
        "note": system.note,
    }


def _data(facts: Facts, material: Material, measured: Measured) -> Entry:
    everything = _everything(material)
    failed = [photo for photo in everything if photo.failure is not None]
    reasons: dict[str, int] = {}
    for photo in failed:
        reasons[photo.failure or ""] = reasons.get(photo.failure or "", 0) + 1
    rate = failure_rate([photo.failure is not None for photo in everything], [photo.subject for photo in everything])
    searched = measured.searched
    probes = gallery = None
    if searched is not None:
        usable = material.usable
        rows = [usable[at] for at in searched.probe_rows.tolist()]
        columns = material.usable_references or usable
        enrolled = [columns[at] for at in searched.enrolled_rows.tolist()]
        probes = {"photos": len(rows), "subjects": len({photo.subject for photo in rows})}
        gallery = {"photos": len(enrolled), "subjects": len({photo.subject for photo in enrolled})}
    return {
        "description": facts.description,
        "source_of_labels": facts.source_of_labels,
        "synthetic": facts.synthetic,
        "caveat": SYNTHETIC if facts.synthetic else "",
        "one_set": material.references is None,
        "photos": len(everything),
        "subjects": len({photo.subject for photo in everything}),
        "templates": len(everything) - len(failed),
        "failures_to_acquire": rate_entry(rate) | {"reasons": reasons},
        "below_quality": sum(bool(photo.quality) for photo in everything),
        "attributes": list(material.attributes),
        "probes": probes,
        "gallery": gallery,
    }


def policy_entry(policy: ThresholdPolicy) -> Entry:
    """Return a threshold policy as an entry."""
    if isinstance(policy, FixedThreshold):
        return {"kind": "fixed", "threshold": policy.value}
    if isinstance(policy, TargetFalseMatchRate):
        return {"kind": "target_fmr", "rate": policy.rate, "group": policy.group}
    return {"kind": "target_fpir", "rate": policy.rate, "enrolled": policy.enrolled}


def _operating(plan: Plan, measured: Measured) -> Entry:
    return {
        "policy": policy_entry(plan.policy),
        "threshold": measured.operating.value,
        "basis": measured.operating.basis,
        "achieved": measured.operating.achieved,
        "set_on_same_data": measured.operating.set_on_same_data,
        "stop": measured.at,
        "presets": [
            {"name": one.name, "label": one.label, "threshold": one.threshold, "source": one.source}
            for one in plan.named
        ],
    }


def _stops(measured: Measured) -> list[Entry]:
    return [
        {"index": at, "threshold": stop.threshold, "label": f"{stop.threshold:.3f}", "marks": list(stop.marks)}
        for at, stop in enumerate(measured.stops)
    ]


def _gallery_sizes(measured: Measured) -> list[Entry]:
    searched = measured.searched
    if searched is None:
        return []
    return [
        {
            "index": at,
            "enrolled": size,
            "label": f"{size:,} people" + ("" if at < searched.measured else " (model)"),
            "extrapolated": at >= searched.measured,
        }
        for at, size in enumerate(searched.sizes)
    ]
