"""What a threshold costs on both sides at once: strangers taken for somebody, and people not found again.

Rules kept here:

- Both costs come from the same calibration record, with counts and intervals; neither is shown without the other.
- A difference is told in people, per so many comparisons, as the record measured them: no other data are promised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from countenance.core.errors import CalibrationUnsupported
from countenance.core.thresholds import Calibration, Threshold
from countenance.service.meaning import DEFAULT_COMPARE_FMR

#: Comparisons that differences are told for: strangers are compared by the million, missed people counted by the
#: thousand.
STRANGERS, MATED = 1_000_000, 1_000
#: False match rates that are laid side by side, loosest first.
SIDE_BY_SIDE = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a threshold costs, and what it costs beside another.

    Attributes:
        threshold: The threshold with both rates.
        false_matches: Strangers taken for somebody in a million comparisons of strangers.
        leads_lost: People missed in a thousand comparisons of two photos of one person.
        false_matches_more: How many more than the other one; negative: avoided.
        leads_lost_more: How many more than the other one; negative: found that were missed.
        is_other: Whether it is the other one itself.
    """

    threshold: Threshold
    false_matches: float
    leads_lost: float
    false_matches_more: float
    leads_lost_more: float
    is_other: bool


def default_threshold(calibration: Calibration) -> Threshold:
    """Return the threshold of a comparison, or the strictest the data supports where it is too small for that."""
    try:
        return calibration.threshold_for(DEFAULT_COMPARE_FMR)
    except CalibrationUnsupported:
        return calibration.threshold_for(calibration.smallest_supported_rate)


def cost(threshold: Threshold, beside: Threshold) -> Cost:
    """Return what a threshold costs beside another one."""
    false_matches, leads_lost = _costs(threshold)
    other_false, other_lost = _costs(beside)
    return Cost(
        threshold=threshold,
        false_matches=false_matches,
        leads_lost=leads_lost,
        false_matches_more=false_matches - other_false,
        leads_lost_more=leads_lost - other_lost,
        is_other=threshold.value == beside.value,
    )


def side_by_side(
    calibration: Calibration, beside: Threshold, rates: Iterable[float] = SIDE_BY_SIDE
) -> tuple[Cost, ...]:  # fmt: skip
    """Return what the thresholds for these rates cost, as far as the record supports them.

    Args:
        calibration: The record they come from.
        beside: The threshold they are laid beside.
        rates: False match rates.
    """
    supported = [rate for rate in rates if rate >= calibration.smallest_supported_rate]
    costs: dict[float, Cost] = {}
    for rate in supported:
        try:
            threshold = calibration.threshold_for(rate)
        except CalibrationUnsupported:
            continue
        costs.setdefault(threshold.value, cost(threshold, beside))
    if beside.model == calibration.model:
        costs.setdefault(beside.value, cost(beside, beside))
    return tuple(costs[value] for value in sorted(costs))


def _costs(threshold: Threshold) -> tuple[float, float]:
    return threshold.false_match_rate.estimate * STRANGERS, threshold.false_non_match_rate.estimate * MATED
