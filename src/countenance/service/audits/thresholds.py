"""Thresholds people name, as stops: recommended ones, presets of published tests, and percentages.

Rules kept here:

- A percentage on a vendor's scale of 0 to 100 is a threshold of that system, as it stands.
- A percentage means nothing on another system's scores. It is placed where that system's measured false match rate is
  the one published for the percentage; where none is published, it is left out and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from countenance.core.errors import AuditInputInvalid, CalibrationUnsupported
from countenance.core.thresholds import Calibration, one_in
from countenance.service.audits.sensitivity import RECOMMENDED
from countenance.service.audits.stops import Named
from countenance.service.meaning import DEFAULT_COMPARE_FMR

#: False match rate behind a percentage of Amazon Rekognition. Source: ACLU 2018, 28 of 535 searches of 25,000 photos at
#: 80 %, as 1 - (1 - 28/535)^(1/25000); replay ``aclu_searches``. None is published for 95 and 99.
PUBLISHED_FMR = {80.0: 2.15e-6}
#: Presets: name → percentages.
PRESETS = {"aclu-2018": (80.0, 95.0)}


@dataclass(frozen=True, slots=True)
class PlacedThresholds:
    """Thresholds as stops, and sentences about those that could not be placed."""

    named: tuple[Named, ...]
    notes: tuple[str, ...]


def recommended(calibration: Calibration | None) -> tuple[Named, ...]:
    """Return the threshold a model's calibration record gives for this package's default rate, if there is a record."""
    if calibration is None:
        return ()
    try:
        threshold = calibration.threshold_for(DEFAULT_COMPARE_FMR)
    except CalibrationUnsupported:
        return ()
    return (
        Named(
            f"{RECOMMENDED}:{DEFAULT_COMPARE_FMR:g}",
            f"a false match in {_comparisons(DEFAULT_COMPARE_FMR)} on {calibration.data_set}",
            threshold.value,
            f"calibration record of {calibration.model.short}, {calibration.data_set}, {calibration.date}",
        ),
    )


def placed(
    presets: tuple[str, ...], asked: tuple[float, ...], scale: tuple[float, float], calibration: Calibration | None
) -> PlacedThresholds:
    """Return presets and thresholds as stops.

    Args:
        presets: Names of ``PRESETS``.
        asked: Thresholds or percentages.
        scale: Ends of the system's scale; a number on it is a threshold as it stands.
        calibration: What the system's scores mean, for percentages of another system.

    Raises:
        AuditInputInvalid: A preset is not known, or a number is neither on the scale nor a percentage.
    """
    wanted: dict[float, str] = {}
    for preset in presets:
        if preset not in PRESETS:
            raise AuditInputInvalid(f"There is no preset {preset!r}.", remedy=f"Presets: {', '.join(PRESETS)}.")
        wanted |= dict.fromkeys(PRESETS[preset], preset)
    for value in asked:
        wanted.setdefault(value, "asked")
    named, notes = [], []
    for value, name in sorted(wanted.items()):
        if scale[0] <= value <= scale[1]:
            label = f"{value:g} on this system's own scale"
            named.append(Named(f"{name}:{value:g}", label, value, "given on the system's own scale"))
        elif not 0.0 < value <= 100.0:
            raise AuditInputInvalid(
                f"{value:g} is neither on the scale {scale[0]:g} to {scale[1]:g} nor a percentage.",
                remedy="Give a similarity on the system's scale, or a percentage such as 80.",
            )
        else:
            one, note = _mapped(value, name, calibration)
            named += one
            notes += note
    return PlacedThresholds(tuple(named), tuple(notes))


def _mapped(percent: float, name: str, calibration: Calibration | None) -> tuple[list[Named], list[str]]:
    rate = PUBLISHED_FMR.get(percent)
    what = f"{percent:g} % of a cloud service"
    if rate is None:
        return [], [f"{what} has no published false match rate; it cannot be placed on this system's scores."]
    if calibration is None:
        return [], [f"{what} cannot be placed: this system has no calibration record."]
    try:
        threshold = calibration.threshold_for(rate)
    except CalibrationUnsupported as error:
        return [], [f"{what} cannot be placed: {error.message}"]
    label = f"{percent:g} % as published tests have it: a false match in {_comparisons(rate)}"
    source = f"FMR implied by the ACLU's test of 2018 at 80 %, found on {calibration.data_set}"
    return [Named(f"{name}:{percent:g}", label, threshold.value, source)], []


def _comparisons(rate: float) -> str:
    """Return ``10,000 comparisons`` for a rate of 1e-4."""
    return f"{one_in(rate).removeprefix('1 in ')} comparisons"
