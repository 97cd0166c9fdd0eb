"""Where a score sits: how often photos of one person, and of two, score so, as the calibration record counted it.

A record holds, for each similarity of its grid, how many mated comparisons score lower and how many non-mated ones
score as high or higher. Differences of neighbouring counts are histograms; nothing is smoothed, fitted or extrapolated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countenance.core.thresholds import Calibration

#: Width of a bar, in similarity. Wide enough that a bar of some thousand mated comparisons is not mostly noise, narrow
#: enough that both distributions have a shape; chosen by looking at the record that comes with the package.
BAR = 0.02


@dataclass(frozen=True, slots=True)
class Bar:
    """Comparisons that score from ``low`` to below ``high``.

    Attributes:
        low: Lower end, a similarity.
        high: Upper end.
        mated: Share of all mated comparisons, 0 to 1.
        non_mated: Share of all non-mated comparisons, 0 to 1.
    """

    low: float
    high: float
    mated: float
    non_mated: float


@dataclass(frozen=True, slots=True)
class RatePoint:
    """Error rates at a similarity; None where no error was counted.

    Attributes:
        similarity: The similarity.
        false_match_rate: Share of non-mated comparisons that score as high or higher.
        false_non_match_rate: Share of mated comparisons that score lower.
    """

    similarity: float
    false_match_rate: float | None
    false_non_match_rate: float | None


def bars(calibration: Calibration, width: float = BAR) -> tuple[Bar, ...]:
    """Return both histograms over the whole grid, lowest similarity first; empty ends are left out.

    Args:
        calibration: The record.
        width: Width of a bar; its ends are the grid points nearest to multiples of it.
    """
    grid = calibration.grid
    wanted = np.arange(np.floor(grid[0] / width), np.ceil(grid[-1] / width) + 1) * width
    at = np.unique(np.clip(np.searchsorted(grid, wanted - 1e-9), 0, len(grid) - 1))
    # Above the last grid point nothing is counted apart: what reaches it belongs to the last bar.
    reaching = np.append(calibration.false_matches[at][:-1], 0)
    below = np.append(calibration.false_non_matches[at][:-1], calibration.mated)
    found = [
        Bar(float(grid[at[i]]), float(grid[at[i + 1]]), float(mated), float(non_mated))
        for i, (mated, non_mated) in enumerate(
            zip(
                np.diff(below) / max(1, calibration.mated),
                -np.diff(reaching) / max(1, calibration.non_mated),
                strict=True,
            )
        )
    ]
    filled = [i for i, bar in enumerate(found) if bar.mated or bar.non_mated]
    return tuple(found[filled[0] : filled[-1] + 1]) if filled else ()


def rate_points(calibration: Calibration, low: float, high: float, most: int = 200) -> tuple[RatePoint, ...]:
    """Return both error rates at similarities from ``low`` to ``high``, at most ``most`` of them, all on the grid."""
    inside = np.flatnonzero((calibration.grid >= low) & (calibration.grid <= high))
    chosen = inside[:: max(1, -(-len(inside) // most))]
    return tuple(
        RatePoint(
            float(calibration.grid[i]),
            _rate(int(calibration.false_matches[i]), calibration.non_mated),
            _rate(int(calibration.false_non_matches[i]), calibration.mated),
        )
        for i in chosen
    )


def _rate(errors: int, trials: int) -> float | None:
    return errors / trials if errors and trials else None
