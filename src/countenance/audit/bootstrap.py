"""Resampling people: replicates of rates by group, with the threshold set anew in each where data sets it.

Rules kept here:

- People are drawn, never comparisons: a comparison's weight is the product of its two people's weights.
- A threshold that was set on the data is set again in every replicate; a fixed one stays.
- Chance comes in as a generator.
- Percentile intervals of the vertex bootstrap are wide for sparse errors (99 % coverage where 95 % is meant): they are
  for what has no formula, such as summary measures. Rates themselves have the intervals of ``intervals``.

Source: Fogliato, Patil and Perona, IJCV 2024 (arXiv 2306.01198): vertex and double-or-nothing bootstrap.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.intervals import CONFIDENCE
from countenance.audit.subject_pairs import SubjectComparisons
from countenance.core.errors import AuditInputInvalid

FloatNumbers = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Weights held at a time (8 bytes each).
_WEIGHTS_PER_STEP = 8_000_000


class Resampling(enum.StrEnum):
    """How people's weights are drawn."""

    VERTEX = "vertex"
    DOUBLE_OR_NOTHING = "double or nothing"


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Rates by replicate.

    Attributes:
        thresholds: Threshold of each replicate, shape (b,); NaN where the kept comparisons do not reach low enough.
        overall: FMR over all comparisons, shape (b,).
        within: FMR within each group, shape (b, g).
        fnmr: FNMR of each group, shape (b, g).
    """

    thresholds: FloatNumbers = field(repr=False)
    overall: FloatNumbers = field(repr=False)
    within: FloatNumbers = field(repr=False)
    fnmr: FloatNumbers = field(repr=False)


@dataclass(frozen=True, slots=True)
class PercentileInterval:
    """Ends of the middle share of replicates.

    Attributes:
        low: Lower end.
        high: Upper end.
        replicates: Replicates with a value.
        missing: Replicates without one (a group drawn empty, a rate of zero where none is allowed).
    """

    low: float
    high: float
    replicates: int
    missing: int


def draw_weights(
    subjects: int, replicates: int, generator: np.random.Generator, *, resampling: Resampling = Resampling.VERTEX
) -> FloatNumbers:
    """Return a weight for every person in every replicate, mean 1, shape (replicates, subjects)."""
    if resampling is Resampling.VERTEX:
        return generator.multinomial(subjects, np.full(subjects, 1.0 / subjects), size=replicates).astype(np.float64)
    return 2.0 * generator.integers(0, 2, size=(replicates, subjects)).astype(np.float64)


def replicate_rates(
    comparisons: SubjectComparisons,
    weights: FloatNumbers,
    *,
    threshold: float | None = None,
    target: float | None = None,
    target_group: int | None = None,
) -> Replicates:
    """Return the rates of every replicate at a fixed threshold, or at one set anew for a target FMR.

    Args:
        comparisons: Of one set.
        weights: From ``draw_weights``, shape (b, subjects).
        threshold: Fixed; at or above ``comparisons.kept_from``.
        target: FMR at which each replicate's threshold is set: the lowest score's neighbour with at most this rate.
        target_group: Group within which the target holds; overall when None.

    Raises:
        AuditInputInvalid: Not exactly one of threshold and target, or a threshold below the kept comparisons.
    """
    if (threshold is None) == (target is None):
        raise AuditInputInvalid("Give a threshold or a target rate, not both.", remedy="Leave one of them out.")
    if threshold is not None and threshold < comparisons.kept_from:
        raise AuditInputInvalid(
            f"Comparisons were kept from {comparisons.kept_from:.3f}; {threshold:.3f} is below.",
            remedy="Keep comparisons from a lower similarity.",
        )
    rows = max(1, _WEIGHTS_PER_STEP // max(1, comparisons.score.size + comparisons.mated_score.size))
    parts = [
        _part(comparisons, weights[start : start + rows], threshold, target, target_group)
        for start in range(0, len(weights), rows)
    ]
    return Replicates(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("thresholds", "overall", "within", "fnmr")
        )
    )


def _part(
    data: SubjectComparisons,
    weights: FloatNumbers,
    threshold: float | None,
    target: float | None,
    target_group: int | None,
) -> Replicates:
    pair = weights[:, data.first] * weights[:, data.second]
    overall, within = _trials(data, weights)
    same = np.where(data.group[data.first] == data.group[data.second], data.group[data.first], -1)
    if threshold is not None:
        cut = np.full(len(weights), threshold)
    else:
        scope = np.ones(same.size) if target_group is None else (same == target_group).astype(np.float64)
        most = (overall if target_group is None else within[:, target_group]) * (target or 0.0)
        cut = _recalibrated(data, np.cumsum(pair * scope, axis=1), most)
    chosen = pair * (np.arange(data.score.size)[None, :] < _reached(data.score, cut)[:, None])
    errors = np.stack([chosen[:, same == code].sum(axis=1) for code in range(len(data.groups))], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = Replicates(cut, chosen.sum(axis=1) / overall, errors / within, _fnmr(data, weights, cut))
    rates.overall[np.isnan(cut)] = math.nan
    rates.within[np.isnan(cut)] = math.nan
    return rates


def _trials(data: SubjectComparisons, weights: FloatNumbers) -> tuple[FloatNumbers, FloatNumbers]:
    """Return weighted non-mated comparisons overall, shape (b,), and within groups, shape (b, g)."""
    members = (data.group[:, None] == np.arange(len(data.groups))[None, :]).astype(np.float64)
    if data.trials is not None:
        return data.trials.weighted(weights), data.trials.within(weights, data.group, len(data.groups))
    photos = weights * data.photos
    squares = photos**2
    within = ((photos @ members) ** 2 - squares @ members) / 2.0
    return (photos.sum(axis=1) ** 2 - squares.sum(axis=1)) / 2.0, within


def _recalibrated(data: SubjectComparisons, cumulative: FloatNumbers, most: FloatNumbers) -> FloatNumbers:
    """Return for each replicate the lowest threshold above which at most ``most`` weighted comparisons lie."""
    too_many = cumulative > most[:, None]
    any_left = too_many.any(axis=1)
    first = np.argmax(too_many, axis=1)
    # Just above the first comparison that would be too many; ties with it fall out together.
    cut = np.nextafter(data.score[first], np.inf) if data.score.size else np.full(len(most), np.nan)
    return np.where(any_left, cut, np.nan)


def _reached(scores: FloatNumbers, cut: FloatNumbers) -> IntArray:
    """Return how many of the scores, which do not increase, are at or above each threshold: a match is at or above."""
    return np.searchsorted(-scores, -cut, side="right")


def _fnmr(data: SubjectComparisons, weights: FloatNumbers, cut: FloatNumbers) -> FloatNumbers:
    rates = np.full((len(weights), len(data.groups)), np.nan)
    mated = weights[:, data.mated_subject]
    hits = _reached(data.mated_score, cut)
    missed = mated * (np.arange(data.mated_score.size)[None, :] >= hits[:, None])
    group = data.group[data.mated_subject]
    for code in range(len(data.groups)):
        total = mated[:, group == code].sum(axis=1)
        rates[:, code] = np.where(total > 0.0, missed[:, group == code].sum(axis=1) / np.maximum(total, 1e-300), np.nan)
    rates[np.isnan(cut)] = np.nan
    return rates


def percentile_interval(values: FloatNumbers, *, confidence: float = CONFIDENCE) -> PercentileInterval:
    """Return the ends of the middle ``confidence`` of the replicates that have a value."""
    present = values[np.isfinite(values)]
    missing = int(values.size - present.size)
    if not present.size:
        return PercentileInterval(math.nan, math.nan, 0, missing)
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(present, [tail, 1.0 - tail])
    return PercentileInterval(float(low), float(high), int(present.size), missing)


def measure_interval(
    replicates: Replicates, measure: Callable[[FloatNumbers, FloatNumbers], float], *, confidence: float = CONFIDENCE
) -> PercentileInterval:
    """Return the percentile interval of a measure of (FMR within groups, FNMR by group), such as GARBE.

    Replicates in which a group has no rate are counted as missing.
    """
    values = np.full(len(replicates.within), np.nan)
    for at, (fmr, fnmr) in enumerate(zip(replicates.within, replicates.fnmr, strict=True)):
        if np.isfinite(fmr).all() and np.isfinite(fnmr).all():
            values[at] = measure(fmr, fnmr)
    return percentile_interval(values, confidence=confidence)
