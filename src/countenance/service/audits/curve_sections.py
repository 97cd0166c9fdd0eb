"""One grouping's curves in the result document: DET, score distributions, and what equal error rates would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from countenance.audit.bootstrap import draw_weights, percentile_interval, replicate_rates
from countenance.audit.curves import det_curves, score_distributions
from countenance.audit.pair_counts import PairCounts
from countenance.audit.subject_pairs import SubjectComparisons
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.rate_entries import Entry, number
from countenance.service.audits.spreads import MOST_RESAMPLED

FloatNumbers = npt.NDArray[np.float64]

#: Bars of a score distribution over the whole grid: of cosines each is 0.02 wide.
BARS = 100
#: Most points of a DET curve; evenly spaced among those where a count changes.
DET_POINTS = 120
#: False match rates at which the threshold is set anew in every resampling, for curves with their uncertainty.
TARGETS = (0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 1e-5, 1e-6)
#: Resamplings for those; each holds every kept comparison.
TARGET_REPLICATES = 400
#: Fewest false matches a target must leave, overall, for its threshold to be set on the data.
FEWEST_AT_TARGET = 10


def det_section(counts: PairCounts) -> list[Entry]:
    """Return the DET curve of each group against itself and of all together: counted points, nothing smoothed."""
    section = []
    for curve in det_curves(counts):
        size = curve.similarity.size
        kept = np.unique(np.rint(np.linspace(0, size - 1, min(DET_POINTS, size))).astype(int))
        points = zip(curve.fmr[kept].tolist(), curve.fnmr[kept].tolist(), curve.similarity[kept].tolist(), strict=True)
        section.append(
            {
                "group": curve.name,
                "points": [[number(match), number(miss), similarity] for match, miss, similarity in points],
            }
        )
    return section


def distribution_section(counts: PairCounts) -> list[Entry]:
    """Return the mated and non-mated score distribution of each group, in bars of the grid's hundredth."""
    edges = counts.edges
    starts = np.arange(0, edges.size - 1, max(1, (edges.size - 1) // BARS))
    ends = np.append(edges[starts[1:]], edges[-1])
    section = []
    for one in score_distributions(counts):
        joined = np.add.reduceat(one.counts, starts)
        seen = np.flatnonzero(joined)
        first, last = (int(seen[0]), int(seen[-1]) + 1) if seen.size else (0, 0)
        section.append(
            {
                "group": one.name,
                "mated": one.mated,
                "edges": [float(edges[starts[first]]), *ends[first:last].tolist()] if seen.size else [],
                "counts": joined[first:last].tolist(),
                "mean": number(one.mean),
                "deviation": number(one.deviation),
            }
        )
    return section


def trade_off_section(counts: PairCounts, comparisons: SubjectComparisons | None, seed: Sequence[int]) -> list[Entry]:
    """Return, for target FMRs, each group's FMR and FNMR with intervals in which the threshold is set anew each time.

    Only targets the kept comparisons reach and that leave enough false matches; nothing is extrapolated.
    """
    if comparisons is None:
        return []
    once = np.triu(np.ones(counts.non_mated.shape, dtype=np.bool_))
    trials = int(counts.non_mated[once].sum())
    weights = draw_weights(comparisons.group.size, TARGET_REPLICATES, np.random.default_rng(list(seed)))
    observed = np.ones((1, comparisons.group.size))
    section: list[Entry] = []
    for target in TARGETS:
        # Three times the comparisons of the target itself, so that hardly any resampling runs out of them.
        needed = int(3 * target * trials) + 50
        if target * trials < FEWEST_AT_TARGET or needed > min(comparisons.score.size, MOST_RESAMPLED):
            continue
        part = _highest(comparisons, needed)
        try:
            point = replicate_rates(part, observed, target=target)
            drawn = replicate_rates(part, weights, target=target)
        except AuditInputInvalid:
            continue
        section.append(
            {
                "target_fmr": target,
                "threshold": number(float(point.thresholds[0])),
                "threshold_low": number(percentile_interval(drawn.thresholds).low),
                "threshold_high": number(percentile_interval(drawn.thresholds).high),
                "fmr": [_replicated(point.within[0, at], drawn.within[:, at]) for at in range(len(part.groups))],
                "fnmr": [_replicated(point.fnmr[0, at], drawn.fnmr[:, at]) for at in range(len(part.groups))],
            }
        )
    return section


def _highest(comparisons: SubjectComparisons, count: int) -> SubjectComparisons:
    # Ties with the last one stay, so that "every comparison from here on" is true.
    floor = float(comparisons.score[min(count, comparisons.score.size) - 1])
    kept = int(np.searchsorted(-comparisons.score, -floor, side="right"))
    return replace(
        comparisons,
        first=comparisons.first[:kept],
        second=comparisons.second[:kept],
        score=comparisons.score[:kept],
        kept_from=floor,
    )


def _replicated(estimate: float, drawn: FloatNumbers) -> Entry:
    interval = percentile_interval(drawn)
    return {
        "estimate": number(estimate),
        "low": number(interval.low),
        "high": number(interval.high),
        "missing": interval.missing,
        "method": "vertex-bootstrap",
    }
