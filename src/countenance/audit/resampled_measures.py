"""Summary measures of many resamplings at once: the same arithmetic as ``summary_measures``, over arrays.

Rules kept here:

- A row is a resampling. Its value is that of ``spread_measures`` and ``combined_measures`` for its rates (tested).
- A row in which a group has no rate has no value (NaN).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.permutation import RateTables

FloatNumbers = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Measures of one kind of rate, by their names in ``SpreadMeasures``.
SPREAD = ("max_min", "max_mean", "max_geomean", "mean_abs_log10", "gini_raw", "gini_corrected")
#: Measures of both kinds, by their names in ``CombinedMeasures``.
COMBINED = ("garbe", "fdr", "inequity_rate", "worst_over_geomean")


def weighted_rates(
    tables: RateTables, group: IntArray, weights: FloatNumbers, trials: FloatNumbers | None = None
) -> tuple[FloatNumbers, FloatNumbers]:
    """Return FMR within groups and FNMR by group under weights of people, shapes (b, groups); NaN without trials.

    Args:
        tables: Of one set at one threshold.
        group: Group of each subject.
        weights: A weight for each subject in each resampling, shape (b, subjects).
        trials: Weighted comparisons within each group, shape (b, groups), if known from another threshold; used
            for incomplete comparisons only.
    """
    members = (group[:, None] == np.arange(tables.groups)[None, :]).astype(np.float64)
    if tables.trials is None:
        photos = weights * tables.photos
        trials = ((photos @ members) ** 2 - (photos**2) @ members) / 2.0
    elif trials is None:
        trials = tables.trials.within(weights, group, tables.groups)
    errors = np.zeros((len(weights), tables.groups))
    for code in range(tables.groups):
        inside = (group[tables.first] == code) & (group[tables.second] == code)
        first, second, count = tables.first[inside], tables.second[inside], tables.errors[inside]
        errors[:, code] = (weights[:, first] * weights[:, second]) @ count.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        fmr = errors / trials
        fnmr = (weights @ (members * tables.misses[:, None])) / (weights @ (members * tables.mated_trials[:, None]))
    return fmr, fnmr


#: Labels of pairs held at a time (8 bytes each).
_LABELS_PER_STEP = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LabelledCounts:
    """Errors and trials of every group under many labellings, each of shape (labellings, groups)."""

    false_matches: FloatNumbers = field(repr=False)
    non_mated: FloatNumbers = field(repr=False)
    misses: FloatNumbers = field(repr=False)
    mated: FloatNumbers = field(repr=False)

    def rates(self) -> tuple[FloatNumbers, FloatNumbers]:
        """Return FMR within groups and FNMR by group; NaN without trials."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.false_matches / self.non_mated, self.misses / self.mated


def labelled_counts(tables: RateTables, labellings: IntArray, non_mated: FloatNumbers | None = None) -> LabelledCounts:
    """Return what each labelling of the people makes of the comparisons; a row is what ``RateTables.rates`` divides.

    Args:
        tables: Of one set at one threshold.
        labellings: Group of each subject, shape (labellings, subjects).
        non_mated: Comparisons within each group under each labelling, if they are known from another threshold; used
            for incomplete comparisons only.
    """
    count = len(labellings)
    table = {name: np.zeros((count, tables.groups)) for name in ("errors", "photos", "squares", "misses", "mated")}
    by_subject = {
        "photos": tables.photos.astype(np.float64),
        "squares": tables.photos.astype(np.float64) ** 2,
        "misses": tables.misses.astype(np.float64),
        "mated": tables.mated_trials.astype(np.float64),
    }
    for code in range(tables.groups):
        members = (labellings == code).astype(np.float64)
        for name, values in by_subject.items():
            table[name][:, code] = members @ values
    rows = max(1, _LABELS_PER_STEP // max(1, tables.first.size))
    errors = tables.errors.astype(np.float64)
    for start in range(0, count, rows):
        part = labellings[start : start + rows]
        own = part[:, tables.first]
        own[own != part[:, tables.second]] = -1
        for code in range(tables.groups):
            table["errors"][start : start + rows, code] = (own == code) @ errors
    if tables.trials is None:
        non_mated = (table["photos"] ** 2 - table["squares"]) / 2.0
    elif non_mated is None:
        non_mated = tables.trials.within_labelled(list(labellings), tables.groups)
    return LabelledCounts(table["errors"], non_mated, table["misses"], table["mated"])


def ratio_p_values(errors: FloatNumbers, trials: FloatNumbers) -> FloatNumbers:
    """Return, for each group, how often a shuffle is as far from parity as the first row; NaN where it has no ratio.

    Far from parity is |log| of the group's rate over that of all other groups pooled; a rate of zero is infinitely far.

    Args:
        errors: By labelling and group, the observed labelling first, then the shuffles.
        trials: Likewise.

    Source: Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 2010: the observed labelling
    counts as one of the shuffles.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        own = errors / trials
        others = (errors.sum(axis=1, keepdims=True) - errors) / (trials.sum(axis=1, keepdims=True) - trials)
        # Both zero is no difference; without trials there is no ratio (NaN).
        away = np.where((own == 0.0) & (others == 0.0), 0.0, np.abs(np.log(own / others)))
    # Rounding must not part labellings that are the same but for the order of sums.
    reached = (away[1:] >= away[0] * (1.0 - 1e-12)).sum(axis=0)
    present = (~np.isnan(away[1:])).sum(axis=0)
    nothing = np.isnan(away[0]) | (errors[0].sum() == 0.0)
    return np.where(nothing, np.nan, (reached + 1) / (present + 1))


def spread_values(rates: FloatNumbers) -> dict[str, FloatNumbers]:
    """Return each measure of ``SPREAD`` for every row of rates, shape (b,).

    Args:
        rates: By resampling and group, shape (b, groups), two groups or more.
    """
    count = rates.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        highest, lowest, mean = rates.max(axis=1), rates.min(axis=1), rates.mean(axis=1)
        logs = np.where(rates > 0.0, np.log(rates), 0.0)
        positive = (rates > 0.0).sum(axis=1)
        centre = logs.sum(axis=1) / positive
        away = np.where(rates > 0.0, np.abs(logs - centre[:, None]), 0.0).sum(axis=1) / positive / np.log(10.0)
        apart = np.abs(rates[:, :, None] - rates[:, None, :]).sum(axis=(1, 2))
        gini = np.where(mean > 0.0, apart / (2.0 * count**2 * mean), 0.0)
        values = {
            "max_min": np.where(highest > 0.0, highest / lowest, np.nan),
            "max_mean": np.where(highest > 0.0, highest / mean, np.nan),
            "max_geomean": np.where(highest > 0.0, highest / np.exp(centre), np.nan),
            "mean_abs_log10": np.where(highest > 0.0, away, np.nan),
            "gini_raw": gini,
            "gini_corrected": gini * count / (count - 1),
        }
    missing = np.isnan(rates).any(axis=1)
    return {name: np.where(missing, np.nan, value) for name, value in values.items()}


def combined_values(false_match: FloatNumbers, false_non_match: FloatNumbers, alpha: float) -> dict[str, FloatNumbers]:
    """Return each measure of ``COMBINED`` for every row, shape (b,); weights as in ``combined_measures``."""
    both = (spread_values(false_match), spread_values(false_non_match))
    ranges = [rates.max(axis=1) - rates.min(axis=1) for rates in (false_match, false_non_match)]
    weights = (alpha, 1.0 - alpha)
    used = [(spread, weight) for spread, weight in zip(both, weights, strict=True) if weight > 0.0]
    return {
        "garbe": np.asarray(sum(weight * one["gini_corrected"] for one, weight in zip(both, weights, strict=True))),
        "fdr": 1.0 - sum(weight * width for weight, width in zip(weights, ranges, strict=True)),
        "inequity_rate": np.prod([one["max_min"] ** weight for one, weight in used], axis=0),
        "worst_over_geomean": np.prod([one["max_geomean"] ** weight for one, weight in used], axis=0),
    }
