"""How far the groups lie apart at one threshold: ratios with Holm's correction, summary measures with their nulls.

Rules kept here:

- Each group is held against all other groups pooled: the two share nobody, and no group is singled out as the norm.
- Only groups with the minimum number of people enter ratios and measures; the others are named as left out.
- A measure stands beside what labels shuffled among people give: noise alone pushes it away from parity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.bootstrap import draw_weights, percentile_interval
from countenance.audit.intervals import RatioInterval
from countenance.audit.measured_rate import MeasuredRate
from countenance.audit.permutation import null_of, rate_tables
from countenance.audit.ratios import holm, jackknife_ratio_interval, pooled_log_variance
from countenance.audit.resampled_measures import (
    COMBINED,
    SPREAD,
    combined_values,
    labelled_counts,
    ratio_p_values,
    spread_values,
    weighted_rates,
)
from countenance.audit.subject_pairs import SubjectComparisons
from countenance.audit.summary_measures import spread_measures
from countenance.service.audits.rate_entries import Entry, named, number, ratio_entry

FloatNumbers = npt.NDArray[np.float64]

#: Resamplings and shuffles. A p-value of a shuffle cannot be below one in 1,001; ends of percentile intervals move by
#: about a twentieth of the standard deviation from seed to seed.
REPLICATES = 1_000
SHUFFLES = 1_000
#: Above this many false matches a stop nobody named is not resampled: its intervals are narrow and take long.
MOST_RESAMPLED = 200_000
#: Pairs of people with a false match up to which labels are shuffled at a stop nobody named as well.
MOST_SHUFFLED = 5_000
#: Weight of the false match side in measures of both sides; half, as in the sources.
ALPHA = 0.5
OTHERS = "all other groups"
NOT_RESAMPLED = "not resampled"


@dataclass(frozen=True, slots=True, eq=False)
class GroupRates:
    """The rates of one threshold by group.

    Attributes:
        groups: Names.
        comparable: Positions of groups with enough people.
        fmr: Within each group.
        fnmr: Of each group.
    """

    groups: tuple[str, ...]
    comparable: tuple[int, ...]
    fmr: tuple[MeasuredRate, ...] = field(repr=False)
    fnmr: tuple[MeasuredRate, ...] = field(repr=False)


def ratios(
    groups: Sequence[str],
    rates: Sequence[MeasuredRate],
    comparable: Sequence[int],
    shuffled: Sequence[float] | None = None,
) -> list[Entry]:
    """Return each comparable group's rate over that of all other comparable groups pooled, corrected together.

    Args:
        groups: Names.
        rates: Of one kind, by group.
        comparable: Positions of the groups that are compared.
        shuffled: P-value of each of those from shuffled labels; without them the p-value is that of the interval.
    """
    if len(comparable) < 2:
        return []
    found = [_against_others(rates, at, [other for other in comparable if other != at]) for at in comparable]
    p_values = [ratio.p_value for ratio in found] if shuffled is None else list(shuffled)
    method = "jackknife" if shuffled is None else "permutation"
    return [
        ratio_entry(groups[at], OTHERS, ratio, p, corrected) | {"p_method": method}
        for at, ratio, p, corrected in zip(comparable, found, p_values, holm(p_values), strict=True)
    ]


def _against_others(rates: Sequence[MeasuredRate], at: int, others: Sequence[int]) -> RatioInterval:
    own = rates[at]
    pooled = [rates[other] for other in others if rates[other].rate.trials]
    trials = sum(rate.rate.trials for rate in pooled)
    if not trials or not own.rate.trials:
        return RatioInterval(math.nan, 0.0, math.inf, math.nan, flags=("no comparisons",))
    subjects = min(own.subjects, sum(rate.subjects for rate in pooled))
    if subjects < 2:
        return RatioInterval(math.nan, 0.0, math.inf, math.nan, flags=("one subject",))
    rate = sum(one.rate.errors for one in pooled) / trials
    variance = pooled_log_variance([one.rate.errors for one in pooled], [one.log_variance for one in pooled])
    return jackknife_ratio_interval(own.estimate, own.log_variance, rate, variance, clusters=subjects)


def point_measures(rates: GroupRates) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return the measures of FMR, of FNMR and of both, by name; empty where two groups have no rates."""
    fmr, fnmr = _usable(rates.fmr, rates.comparable), _usable(rates.fnmr, rates.comparable)
    none: dict[str, float] = {}
    of_fmr = none if fmr is None else {name: float(value[0]) for name, value in spread_values(fmr).items()}
    of_fnmr = none if fnmr is None else {name: float(value[0]) for name, value in spread_values(fnmr).items()}
    if fmr is None or fnmr is None:
        return of_fmr, of_fnmr, none
    return of_fmr, of_fnmr, {name: float(value[0]) for name, value in combined_values(fmr, fnmr, ALPHA).items()}


def _usable(rates: Sequence[MeasuredRate], comparable: Sequence[int]) -> FloatNumbers | None:
    values = np.array([[rates[at].estimate for at in comparable if rates[at].rate.trials]])
    return values if values.shape[1] > 1 else None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What resampling people and shuffling labels give at one threshold.

    Attributes:
        measures: ``{"fmr" | "fnmr" | "both": {measure: {low, high, null_mean, null_upper, p_value, …}}}``.
        fmr_p: P-value of each comparable group's FMR ratio; None without shuffles.
        fnmr_p: The same of FNMR.
    """

    measures: Mapping[str, Mapping[str, Entry]]
    fmr_p: tuple[float, ...] | None = None
    fnmr_p: tuple[float, ...] | None = None


class Resampled:
    """Measures at thresholds, with people resampled and labels shuffled; the draws are the same at every threshold."""

    def __init__(self, comparisons: SubjectComparisons, comparable: Sequence[int], seed: Sequence[int]) -> None:
        self._data = comparisons
        self._comparable = list(comparable)
        generator = np.random.default_rng(list(seed))
        self._weights = draw_weights(comparisons.group.size, REPLICATES, generator)
        # The labels as they are come first.
        shuffled = [generator.permutation(comparisons.group) for _ in range(SHUFFLES)]
        self._labellings = np.stack([comparisons.group, *shuffled])
        # Of an incomplete comparison, what was compared is summed once: it is the same at every threshold.
        self._trials: FloatNumbers | None = None
        self._shuffled_trials: FloatNumbers | None = None
        if comparisons.trials is not None:
            groups = len(comparisons.groups)
            self._trials = comparisons.trials.within(self._weights, comparisons.group, groups)
            self._shuffled_trials = comparisons.trials.within_labelled(list(self._labellings), groups)

    def at(self, threshold: float, *, shuffle: bool) -> Drawn:
        """Return what the draws give: nulls of measures if asked for, p-values of ratios also if that is quick."""
        tables = rate_tables(self._data, threshold)
        drawn = self._values(*weighted_rates(tables, self._data.group, self._weights, self._trials))
        if not shuffle and tables.first.size > MOST_SHUFFLED:
            return Drawn(_intervals(drawn))
        counts = labelled_counts(tables, self._labellings, self._shuffled_trials)
        chosen = self._comparable
        intervals = _intervals(drawn)
        return Drawn(
            _with_nulls(intervals, self._values(*counts.rates())) if shuffle else intervals,
            tuple(ratio_p_values(counts.false_matches[:, chosen], counts.non_mated[:, chosen]).tolist()),
            tuple(ratio_p_values(counts.misses[:, chosen], counts.mated[:, chosen]).tolist()),
        )

    def _values(self, fmr: FloatNumbers, fnmr: FloatNumbers) -> dict[str, dict[str, FloatNumbers]]:
        fmr, fnmr = fmr[:, self._comparable], fnmr[:, self._comparable]
        values = {"fmr": spread_values(fmr), "fnmr": spread_values(fnmr)}
        return values | {"both": combined_values(fmr, fnmr, ALPHA)}


def _intervals(drawn: Mapping[str, Mapping[str, FloatNumbers]]) -> dict[str, dict[str, Entry]]:
    found: dict[str, dict[str, Entry]] = {}
    for kind, measures in drawn.items():
        found[kind] = {}
        for name, values in measures.items():
            interval = percentile_interval(values)
            found[kind][name] = {
                "low": number(interval.low),
                "high": number(interval.high),
                "replicates": interval.replicates,
                "missing": interval.missing,
            }
    return found


def _with_nulls(
    found: Mapping[str, Mapping[str, Entry]], labelled: Mapping[str, Mapping[str, FloatNumbers]]
) -> dict[str, dict[str, Entry]]:
    """Return the entries with what shuffled labels give; the first of the labelled values is the observed one."""
    result: dict[str, dict[str, Entry]] = {}
    for kind, measures in found.items():
        result[kind] = {}
        for name, entry in measures.items():
            # Larger is further from parity, but for FDR, whose parity is 1.
            sign = -1.0 if name == "fdr" else 1.0
            values = sign * labelled[kind][name]
            null = null_of(float(values[0]), values[1:])
            result[kind][name] = entry | {
                "null_mean": number(sign * null.mean),
                "null_upper": number(sign * null.upper),
                "p_value": number(null.p_value),
                "shuffles": null.shuffles,
            }
    return result


def spread_entry(rates: GroupRates, kind: str, resampled: Mapping[str, Mapping[str, Entry]] | None) -> Entry:
    """Return the spread of FMR or FNMR as an entry: measures, the groups at the ends, and what is left out."""
    of_fmr, of_fnmr, _ = point_measures(rates)
    values = of_fmr if kind == "fmr" else of_fnmr
    left_out = [name for at, name in enumerate(rates.groups) if at not in rates.comparable]
    if not values:
        return {"flags": ["fewer than two groups with rates"], "left_out": left_out}
    chosen = rates.fmr if kind == "fmr" else rates.fnmr
    present = [at for at in rates.comparable if chosen[at].rate.trials]
    measures = spread_measures([chosen[at].estimate for at in present])
    entry: Entry = {name: _measure(values[name], resampled, kind, name) for name in SPREAD}
    entry |= {
        "lowest": rates.groups[present[measures.lowest]],
        "highest": rates.groups[present[measures.highest]],
        "zero_cells": named(rates.groups, [present[at] for at in measures.zero_cells]),
        "left_out": left_out,
        "flags": [],
    }
    return entry


def combined_entry(rates: GroupRates, resampled: Mapping[str, Mapping[str, Entry]] | None) -> Entry:
    """Return the measures over both kinds of rate as an entry."""
    _, _, values = point_measures(rates)
    if not values:
        return {"alpha": ALPHA, "flags": ["fewer than two groups with rates"]}
    entry: Entry = {name: _measure(values[name], resampled, "both", name) for name in COMBINED}
    return entry | {"alpha": ALPHA, "flags": []}


def _measure(value: float, resampled: Mapping[str, Mapping[str, Entry]] | None, kind: str, name: str) -> Entry:
    flags = []
    if math.isinf(value):
        flags.append("infinite: a group has no error")
    if math.isnan(value):
        flags.append("undefined: no group has an error")
    if resampled is None:
        return {"estimate": number(value), "low": None, "high": None, "flags": [*flags, NOT_RESAMPLED]}
    return {"estimate": number(value), **resampled[kind][name], "flags": flags}
