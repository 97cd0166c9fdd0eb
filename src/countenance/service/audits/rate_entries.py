"""Measured rates, ratios and measures as entries of the result document: plain numbers, null for what there is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from countenance.audit import rates
from countenance.audit.identification import METHOD as SEARCHES
from countenance.audit.intervals import RatioInterval
from countenance.audit.measured_rate import MeasuredRate

#: The document's short name of an interval method; ``methods`` explains it.
METHOD_NAMES = {
    rates.VERTEX: "wilson-vertex",
    rates.TWO_WAY: "wilson-two-way",
    rates.BY_SUBJECT: "wilson-subject",
    rates.PRODUCT: "wilson-product",
    SEARCHES: "wilson-probe-subject",
}

Entry = dict[str, Any]


def number(value: float | np.floating[Any] | int | None) -> float | int | None:
    """Return a number JSON can hold; None for infinity and what is no number."""
    if value is None:
        return None
    if isinstance(value, int | np.integer):
        return int(value)
    return float(value) if math.isfinite(value) else None


def rate_entry(measured: MeasuredRate) -> Entry:
    """Return a rate with its interval, counts, people, method and words."""
    rate = measured.rate
    entry: Entry = {
        "estimate": number(rate.estimate),
        "low": number(rate.low),
        "high": number(rate.high),
        "errors": rate.errors,
        "trials": rate.trials,
        "subjects": measured.subjects,
        "effective_trials": number(measured.effective_trials),
        "method": METHOD_NAMES[measured.method],
        "flags": [flag.value for flag in measured.flags],
        "in_words": rate.in_words() if rate.trials else "no comparisons",
    }
    if measured.zero_error_bounds is not None:
        bounds = measured.zero_error_bounds
        entry["zero_error_bounds"] = {
            "independent": number(bounds.independent),
            "by_design_effect": number(bounds.by_design_effect),
            "disjoint_pairs": number(bounds.disjoint_pairs),
        }
    return entry


def averaged_entry(measured: MeasuredRate) -> Entry:
    """Return a rate averaged over sub-galleries: its errors are an expectation, so words use the estimate alone."""
    entry = rate_entry(measured)
    entry.pop("zero_error_bounds", None)
    estimate = measured.rate.estimate
    if measured.rate.trials and not math.isnan(estimate):
        entry["errors"] = estimate * measured.rate.trials
        entry["flags"] = [flag for flag in entry["flags"] if estimate == 0.0 or "no error" not in flag]
        if estimate > 0.0:
            entry["in_words"] = frequency(estimate)
    return entry


def modelled_entry(estimate: float, method: str) -> Entry:
    """Return what a model expects: no interval, no counts, and flagged as not measured."""
    return {
        "estimate": number(estimate),
        "low": None,
        "high": None,
        "errors": None,
        "trials": None,
        "subjects": None,
        "effective_trials": None,
        "method": method,
        "flags": ["extrapolated by a model, not measured"],
        "in_words": frequency(estimate),
    }


def frequency(share: float) -> str:
    """Return a share as ``about 1 in N``."""
    from countenance.core.thresholds import one_in

    if math.isnan(share):
        return "undefined"
    return "none" if share == 0.0 else f"about {one_in(min(share, 1.0))}"


def ratio_entry(group: str, against: str, ratio: RatioInterval, p_value: float, corrected: float) -> Entry:
    """Return one group's ratio to others, with its p-value as it is and as Holm corrects it."""
    flags = list(ratio.flags)
    if math.isinf(ratio.high) and not flags:
        flags.append("no upper end")
    return {
        "group": group,
        "against": against,
        "estimate": number(ratio.estimate),
        "low": number(ratio.low),
        "high": number(ratio.high),
        "p_value": number(p_value),
        "p_holm": number(corrected),
        "flags": flags,
    }


def named(names: Sequence[str], positions: Sequence[int]) -> list[str]:
    """Return the names at some positions."""
    return [names[at] for at in positions]
