"""The positions of the report's threshold slider: similarities at which everything is counted beforehand.

Rules kept here:

- Stops are chosen from scores of the data, so that the slider moves where something changes.
- Every threshold somebody names (operating, preset, asked for) is a stop, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from countenance.audit.pair_counts import PairCounts

#: Stops besides those somebody names. Enough that a step changes the false match rate by less than a factor of two on
#: sets of up to some ten thousand photos, few enough that the document stays small.
STOPS = 41
#: The lowest stop has at most this false match rate …
HIGHEST_FMR = 0.3
#: … and at most this many false matches, which are kept in memory (24 bytes each) for resampling.
MOST_FALSE_MATCHES = 2_000_000
#: The highest stop misses at least this share of mated comparisons.
HIGHEST_FNMR = 0.9


@dataclass(frozen=True, slots=True)
class Named:
    """A threshold somebody names.

    Attributes:
        name: Short name, such as ``operating`` or ``preset:80``.
        label: In words.
        threshold: The similarity.
        source: Where it comes from.
    """

    name: str
    label: str
    threshold: float
    source: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A position of the slider."""

    threshold: float
    marks: tuple[str, ...] = ()


def choose_stops(counts: PairCounts, named: Sequence[Named]) -> tuple[Stop, ...]:
    """Return the stops for data, ascending, with the named thresholds among them."""
    edges = counts.edges
    once = np.ones(counts.non_mated.shape, dtype=np.bool_)
    if counts.sets.one_set:
        once = np.triu(once)
    non_mated, mated = counts.histogram[once].sum(axis=0), counts.mated.histogram.sum(axis=0)
    at_or_above = np.cumsum(non_mated[::-1])[::-1]
    most = min(HIGHEST_FMR * int(non_mated.sum()), MOST_FALSE_MATCHES)
    low = int(np.argmax(at_or_above <= most)) if (at_or_above <= most).any() else edges.size - 1
    none_left = int(np.argmax(at_or_above == 0)) if (at_or_above == 0).any() else edges.size - 1
    missed = np.cumsum(mated) - mated
    many = missed >= HIGHEST_FNMR * max(int(mated.sum()), 1)
    high = max(none_left, int(np.argmax(many)) if many.any() and mated.any() else none_left, low + 1)
    positions = np.unique(np.rint(np.linspace(low, min(high, edges.size - 1), STOPS)).astype(int))
    marks: dict[float, list[str]] = {float(edges[at]): [] for at in positions}
    for one in named:
        marks.setdefault(one.threshold, []).append(one.name)
    return tuple(Stop(threshold, tuple(marks[threshold])) for threshold in sorted(marks))
