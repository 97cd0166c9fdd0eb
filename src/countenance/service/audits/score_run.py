"""``audit import`` as a use case: scores of any system → an audit's folder with its result.

Rules kept here:

- Thresholds are in the file's own units. A percentage is that percentage: 80 is 80 on a scale of percent and 0.8 on one
  of fractions; on any other scale it means nothing and is an error.
- The folder keeps the comparisons as they were measured (``score_store``), so that the result can be made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from countenance.audit.score_scale import Direction, Scale, ScoreScale
from countenance.audit.threshold_policy import FixedThreshold, TargetFalseMatchRate, ThresholdPolicy
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.document import Facts, System, build_document, to_json
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.measure import Plan, Progress
from countenance.service.audits.photos import SeveralFacesRule
from countenance.service.audits.running import DEFAULT_TARGET_FMR, versions
from countenance.service.audits.score_import import ImportedScores
from countenance.service.audits.score_store import SCORES, keep_inputs, stored, write_scores
from countenance.service.audits.stops import Named
from countenance.service.audits.thresholds import PRESETS
from countenance.service.audits.workspace import RESULT, AuditSetUp, Workspace

__all__ = ["SCORES", "ScoreRunChoices", "mapped_thresholds", "measure_again", "run_import", "write_scores"]

#: ``engine`` of the run in ``audit.json`` of an audit of scores.
IMPORTED = "scores"
UNNAMED = "a system known by its scores"


@dataclass(frozen=True, slots=True)
class ScoreRunChoices:
    """How imported scores are measured.

    Attributes:
        system: Whose scores they are, in words.
        threshold: In the file's units, or None.
        target_fmr: A false match rate to set it for, or None; 1e-3 if both are.
        target_group: Group within which that holds.
        presets: Names of presets.
        thresholds: More thresholds to stop at, in the file's units or percentages.
        seed: Of every resampling.
        title: One line; the name when empty.
        description: What the data is.
        source_of_labels: Who labelled it and how.
        licence: Terms of the data.
        synthetic: Whether the people do not exist.
    """

    system: str = UNNAMED
    threshold: float | None = None
    target_fmr: float | None = None
    target_group: str | None = None
    presets: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    seed: int = 1
    title: str = ""
    description: str = ""
    source_of_labels: str = ""
    licence: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class MappedThreshold:
    """What a named threshold comes to on this data.

    Attributes:
        label: As it was named.
        threshold: As written in the file's units.
        fmr: The measured false match rate, as the document has it.
        fnmr: The false non-match rate.
    """

    label: str
    threshold: float
    fmr: Mapping[str, Any]
    fnmr: Mapping[str, Any]


def run_import(
    workspace: Workspace,
    imported: ImportedScores,
    choices: ScoreRunChoices,
    *,
    source: Path,
    made_at: str,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure imported scores, write the audit's folder and return the result.

    Args:
        workspace: The folder; made if it is not there.
        imported: The scores.
        choices: Threshold, stops, words.
        source: The file they are from, for its name and digest.
        made_at: ISO 8601 time, UTC.
        progress: Called with (step, done, total).

    Raises:
        AuditInputInvalid: Choices that do not go with the scale, or too few people.
        CalibrationUnsupported: The data is too small for the target rate.
        FileUnreadable: The folder cannot be written to.
    """
    plan = plan_of(choices, imported.scale)
    set_up = _set_up(workspace, imported, choices, source, made_at)
    facts = Facts(
        name=workspace.name,
        title=set_up.title,
        made_at=made_at,
        system=system_of(choices.system, imported.scale),
        description=set_up.description,
        source_of_labels=set_up.source_of_labels,
        synthetic=choices.synthetic,
        software=versions(),
        digests={"scores": file_digest(source)},
        command=f"countenance audit import {source.name} --name {workspace.name}",
        notes=tuple(note for note in imported.notes),
    )
    document = build_document(facts, imported.material, TableEvidence(imported.table), plan, progress=progress)
    keep_inputs(workspace, imported.material, imported.table, plan, facts)
    workspace.keep(set_up)
    workspace.write(RESULT, to_json(document))
    return document


def measure_again(
    workspace: Workspace,
    presets: tuple[str, ...],
    thresholds: tuple[float, ...],
    *,
    made_at: str,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure an audit of scores again with more thresholds to stop at, write the result and return it.

    Args:
        workspace: The folder.
        presets: Names of presets.
        thresholds: In the file's units, or percentages.
        made_at: ISO 8601 time, UTC.
        progress: Called with (step, done, total).

    Raises:
        FileUnreadable: A file of the folder is missing.
        AuditInputInvalid: A file is damaged, or a threshold is not on the scale.
    """
    set_up = workspace.set_up()
    plain = set_up.run["scale"]
    scale = ScoreScale(Scale(plain["scale"]), Direction(plain["direction"]), plain["low"], plain["high"])
    material, evidence, before, facts = stored(workspace)
    more = plan_of(ScoreRunChoices(presets=presets, thresholds=thresholds), scale).named
    known = {one.threshold for one in before.named}
    plan = replace(before, named=(*before.named, *(one for one in more if one.threshold not in known)))
    facts = replace(facts, made_at=made_at)
    document = build_document(facts, material, evidence, plan, progress=progress)
    keep_inputs(workspace, material, evidence.table, plan, facts)
    workspace.write(RESULT, to_json(document))
    return document


def plan_of(choices: ScoreRunChoices, scale: ScoreScale) -> Plan:
    """Return how imported scores are decided on.

    Raises:
        AuditInputInvalid: A threshold and a target, an unknown preset, or a threshold that is not on the scale.
    """
    if choices.threshold is not None and choices.target_fmr is not None:
        raise AuditInputInvalid("Two thresholds are asked for.", remedy="Give --threshold or --target-fmr, not both.")
    wanted: dict[float, str] = {}
    for preset in choices.presets:
        if preset not in PRESETS:
            raise AuditInputInvalid(f"There is no preset {preset!r}.", remedy=f"Presets: {', '.join(PRESETS)}.")
        wanted |= {_percentage(value, scale): f"{preset}:{value:g}" for value in PRESETS[preset]}
    for value in choices.thresholds:
        wanted.setdefault(on_scale(value, scale), f"asked:{value:g}")
    named = tuple(
        Named(name, f"{name.split(':')[1]} on the file's scale", scale.kept(value), "given on the system's own scale")
        for value, name in sorted(wanted.items())
    )
    return Plan(*_policy(choices, scale), named, choices.seed)


def _policy(choices: ScoreRunChoices, scale: ScoreScale) -> tuple[ThresholdPolicy, str]:
    if choices.threshold is not None:
        return FixedThreshold(scale.kept(on_scale(choices.threshold, scale))), "given before the audit"
    rate = DEFAULT_TARGET_FMR if choices.target_fmr is None else choices.target_fmr
    return TargetFalseMatchRate(rate, choices.target_group), ""


def on_scale(value: float, scale: ScoreScale) -> float:
    """Return a threshold as written in the file's units; a percentage above 1 is one on a scale of fractions too.

    Raises:
        AuditInputInvalid: It is not on the scale.
    """
    if scale.scale is Scale.RAW or scale.low <= value <= scale.high:
        return value
    if scale.scale is Scale.FRACTION and 1.0 < value <= 100.0:
        return value / 100.0
    raise AuditInputInvalid(
        f"A threshold of {value:g} is not on the scale of the file ({scale.name}).",
        remedy=f"Give one from {scale.low:g} to {scale.high:g}.",
    )


def _percentage(value: float, scale: ScoreScale) -> float:
    if scale.direction is Direction.SIMILARITY and scale.scale in (Scale.PERCENT, Scale.FRACTION):
        return value if scale.scale is Scale.PERCENT else value / 100.0
    raise AuditInputInvalid(
        f"A preset of percentages means nothing on this scale ({scale.name}).",
        remedy="Give thresholds in the file's units with --thresholds, or state --scale percent if it is one.",
    )


def system_of(name: str, scale: ScoreScale) -> System:
    """Return the audited system of a score file."""
    ends = sorted((scale.kept(scale.low), scale.kept(scale.high)))
    note = f"{scale.note} Who made the scores, and with which version, is known from their source only."
    return System(IMPORTED, name, None, scale.name, ends[0], ends[1], note)


def mapped_thresholds(document: Mapping[str, Any], scale: ScoreScale) -> tuple[MappedThreshold, ...]:
    """Return the measured rates at every threshold somebody named and at the operating one, ascending as written."""
    labels = {one["name"]: one["label"] for one in document["operating"]["presets"]}
    found = []
    for stop in document["stops"]:
        for mark in stop["marks"]:
            at = document["groupings"][-1]["at"][stop["index"]]
            label = "operating" if mark == "operating" else labels.get(mark, mark)
            found.append(MappedThreshold(label, scale.kept(stop["threshold"]), at["fmr_overall"], at["fnmr_overall"]))
    return tuple(sorted(found, key=lambda one: one.threshold))


def _set_up(
    workspace: Workspace, imported: ImportedScores, choices: ScoreRunChoices, source: Path, made_at: str
) -> AuditSetUp:
    scale, material = imported.scale, imported.material
    photos = (*material.photos, *(material.references or ()))
    people = len({photo.subject for photo in photos})
    return AuditSetUp(
        name=workspace.name,
        title=choices.title or workspace.name,
        created_at=made_at,
        photos_root=".",
        attributes=material.attributes,
        columns={},
        merged_spellings=True,
        several_faces=SeveralFacesRule.LEAVE_OUT,
        description=choices.description
        or f"{imported.tally.comparisons:,} scores of {len(photos):,} photos of {people:,} people from {source.name}",
        source_of_labels=choices.source_of_labels or imported.people.source,
        licence=choices.licence or "not stated",
        synthetic=choices.synthetic,
        photos=photos,
        run={
            "engine": IMPORTED,
            "compare_with": None,
            "made_at": made_at,
            "source": source.name,
            "scale": {
                "scale": scale.scale.value,
                "direction": scale.direction.value,
                "low": scale.low,
                "high": scale.high,
            },
            "threshold": choices.threshold,
            "target_fmr": choices.target_fmr,
            "target_group": choices.target_group,
            "presets": list(choices.presets),
            "thresholds": list(choices.thresholds),
            "seed": choices.seed,
        },
    )


def file_digest(path: Path) -> str:
    """Return a file's SHA-256, read a part at a time.

    Raises:
        FileUnreadable: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or '').lower()}.") from error
