"""The choices of a run: threshold, stops, seed, gallery – as they are given, decided, kept and said again."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from countenance import __version__
from countenance.audit.threshold_policy import (
    FixedThreshold,
    TargetFalseMatchRate,
    TargetFalsePositiveIdentificationRate,
    ThresholdPolicy,
)
from countenance.core.errors import AuditInputInvalid
from countenance.core.thresholds import Calibration
from countenance.service.audits.measure import Plan
from countenance.service.audits.stops import Named
from countenance.service.audits.thresholds import placed, recommended
from countenance.service.audits.workspace import Workspace

#: FMR the threshold is set for on the audit's own data where the model has no calibration record.
DEFAULT_TARGET_FMR = 1e-3
COSINE = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class RunChoices:
    """How an audit is run.

    Attributes:
        threshold: A similarity, or None.
        target_fmr: A false match rate to set the threshold for, or None.
        target_group: Group within which it holds; overall when None.
        target_fpir: A false positive identification rate to set it for, or None.
        gallery_size: People in the gallery that rate speaks of.
        presets: Names of presets to stop at.
        thresholds: More thresholds or percentages to stop at.
        seed: Of every resampling.
        against: Folder or list of the gallery's photos; one set when None.
    """

    threshold: float | None = None
    target_fmr: float | None = None
    target_group: str | None = None
    target_fpir: float | None = None
    gallery_size: int | None = None
    presets: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    seed: int = 1
    against: Path | None = None


def plan_of(choices: RunChoices, calibration: Calibration | None) -> tuple[Plan, tuple[str, ...]]:
    """Return how the audit decides, and sentences about thresholds that could not be placed.

    Raises:
        AuditInputInvalid: Choices that contradict each other.
    """
    chosen = [one for one in (choices.threshold, choices.target_fmr, choices.target_fpir) if one is not None]
    if len(chosen) > 1:
        raise AuditInputInvalid(
            "Several thresholds are asked for.", remedy="Give one of --threshold, --target-fmr and --target-fpir."
        )
    if (choices.target_fpir is None) != (choices.gallery_size is None):
        raise AuditInputInvalid(
            "A target FPIR needs the size of the gallery, and a gallery size a target FPIR.",
            remedy="Give --target-fpir 0.01 --gallery-size 100, say.",
        )
    named = recommended(calibration)
    extra = placed(choices.presets, choices.thresholds, COSINE, calibration)
    policy, basis = _policy(choices, named)
    return Plan(policy, basis, (*named, *extra.named), choices.seed), extra.notes


def _policy(choices: RunChoices, named: tuple[Named, ...]) -> tuple[ThresholdPolicy, str]:
    if choices.threshold is not None:
        return FixedThreshold(choices.threshold), "given before the audit"
    if choices.target_fmr is not None:
        return TargetFalseMatchRate(choices.target_fmr, choices.target_group), ""
    if choices.target_fpir is not None and choices.gallery_size is not None:
        return TargetFalsePositiveIdentificationRate(choices.target_fpir, choices.gallery_size), ""
    if named:
        return FixedThreshold(named[0].threshold), f"{named[0].label}; {named[0].source}"
    return TargetFalseMatchRate(DEFAULT_TARGET_FMR), ""


def run_record(
    choices: RunChoices, workspace: Workspace, engine: str, other: str | None, made_at: str
) -> dict[str, Any]:
    """Return the choices of a run as ``audit.json`` keeps them."""
    return {
        "made_at": made_at,
        "engine": engine,
        "compare_with": other,
        "threshold": choices.threshold,
        "target_fmr": choices.target_fmr,
        "target_group": choices.target_group,
        "target_fpir": choices.target_fpir,
        "gallery_size": choices.gallery_size,
        "presets": list(choices.presets),
        "thresholds": list(choices.thresholds),
        "seed": choices.seed,
        "against": None if choices.against is None else workspace.relative(choices.against),
    }


def choices_of(ran: Mapping[str, Any], workspace: Workspace) -> RunChoices:
    """Return the choices a run was made with."""
    return RunChoices(
        threshold=ran["threshold"],
        target_fmr=ran["target_fmr"],
        target_group=ran["target_group"],
        target_fpir=ran["target_fpir"],
        gallery_size=ran["gallery_size"],
        presets=tuple(ran["presets"]),
        thresholds=tuple(ran["thresholds"]),
        seed=ran["seed"],
        against=None if ran["against"] is None else workspace.folder / ran["against"],
    )


def versions() -> dict[str, str]:
    """Return the versions of what computes."""
    return {
        "countenance": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "polars": pl.__version__,
    }


def command_of(name: str, ran: Mapping[str, Any]) -> str:
    """Return the command line of a run, without paths."""
    words = ["countenance", "audit", "run", name, "--engine", str(ran["engine"])]
    if ran["compare_with"]:
        words += ["--compare-with", str(ran["compare_with"])]
    for option in ("threshold", "target_fmr", "target_group", "target_fpir", "gallery_size", "seed"):
        if ran[option] is not None:
            words += [f"--{option.replace('_', '-')}", str(ran[option])]
    if ran["against"]:
        words += ["--against", Path(str(ran["against"])).name]
    return " ".join(words)
