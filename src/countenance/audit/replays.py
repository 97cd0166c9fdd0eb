"""Published studies as data, their arithmetic done again: our numbers beside the printed ones.

Rules kept here:

- Printed numbers are kept as printed, so that their digits say how close ours must come: half a unit of the last one
  if ours rounds to it, one unit where the study rounded on the way. A study may state another tolerance.
- A printed number that does not follow from its own study's counts is flagged, not hidden and not failed on.
- Trials in these studies are independent (one photo a person, one search a person): plain Wilson intervals.
- Data of the studies is in ``published/*.json`` with its sources; the code holds none.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from countenance.audit.intervals import wilson
from countenance.audit.ratios import fisher_exact, katz_ratio_interval
from countenance.audit.summary_measures import combined_measures, spread_measures
from countenance.core.errors import AuditInputInvalid

#: Slack beyond half a unit of the last printed digit, for binary fractions.
_ROUNDING = 1e-9
#: Which of the four intersectional cells make up each column of the classification studies.
_MARGINALS = {
    "All": ("DF", "DM", "LF", "LM"),
    "F": ("DF", "LF"),
    "M": ("DM", "LM"),
    "Darker": ("DF", "DM"),
    "Lighter": ("LF", "LM"),
    "DF": ("DF",),
    "DM": ("DM",),
    "LF": ("LF",),
    "LM": ("LM",),
}


class Agreement(enum.StrEnum):
    """How a printed number and ours stand to each other."""

    ROUNDS_TO_IT = "rounds to the printed number"
    WITHIN_TOLERANCE = "within one unit of the last printed digit, or the study's stated tolerance"
    DIFFERS = "does not follow from the study's own counts"


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """One number, ours beside the printed one.

    Attributes:
        name: Study or product, and group.
        measure: What is measured, with its unit.
        published: As printed.
        ours: Computed here.
        low: Lower end of our 95 % interval, or None where the number has none.
        high: Upper end.
        errors: Errors behind it, or None.
        trials: Trials behind it, or None.
        agreement: How the two stand to each other.
    """

    name: str
    measure: str
    published: str
    ours: float
    low: float | None
    high: float | None
    errors: int | None
    trials: int | None
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Replay:
    """A study's arithmetic done again.

    Attributes:
        key: Short name, as given to ``replay``.
        title: What was studied.
        sources: Where the printed numbers are from.
        notes: What the reader must know.
        rows: The numbers.
    """

    key: str
    title: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[ReplayRow, ...]

    @property
    def flagged(self) -> tuple[ReplayRow, ...]:
        """Return the rows whose printed number does not follow from the study's own counts."""
        return tuple(row for row in self.rows if row.agreement is Agreement.DIFFERS)


def replay_names() -> tuple[str, ...]:
    """Return the names of the studies that can be replayed."""
    return tuple(_STUDIES)


def replay(name: str) -> Replay:
    """Return a study's numbers, ours beside the printed ones.

    Raises:
        AuditInputInvalid: There is no study of this name.
    """
    if name not in _STUDIES:
        raise AuditInputInvalid(f"There is no study {name!r}.", remedy=f"The studies are: {', '.join(_STUDIES)}.")
    text = resources.files("countenance.audit").joinpath("published", f"{name}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return Replay(
        key=name,
        title=document["title"],
        sources=tuple(document["sources"]),
        notes=tuple(document["notes"]),
        rows=tuple(_STUDIES[name](document)),
    )


def agreement_with(published: str, ours: float, *, tolerance: float | None = None) -> Agreement:
    """Return how ``ours`` stands to a number as printed, such as ``5.23``, ``.014`` or ``2.15e-6``.

    Args:
        published: The printed digits.
        ours: Our number.
        tolerance: Largest difference explained by the study's own rounding; one unit of the last digit when None.
    """
    digits, _, exponent = published.lower().partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    difference = abs(ours - float(published)) / (1.0 + _ROUNDING)
    if difference <= 0.5 * unit:
        return Agreement.ROUNDS_TO_IT
    explained = difference <= (unit if tolerance is None else tolerance)
    return Agreement.WITHIN_TOLERANCE if explained else Agreement.DIFFERS


def _row(
    name: str,
    measure: str,
    published: str,
    ours: float,
    interval: tuple[float, float] | None = None,
    counts: tuple[int, int] | None = None,
) -> ReplayRow:
    low, high = interval or (None, None)
    errors, trials = counts or (None, None)
    return ReplayRow(name, measure, published, ours, low, high, errors, trials, agreement_with(published, ours))


def _percent_interval(errors: int, trials: int) -> tuple[float, float]:
    low, high = wilson(errors, trials)
    return 100.0 * float(low), 100.0 * float(high)


def _share_rows(name: str, errors: int, trials: int, expected: Mapping[str, str], measure: str) -> list[ReplayRow]:
    low, high = _percent_interval(errors, trials)
    rows = [_row(name, f"{measure}, %", expected["percent"], 100.0 * errors / trials, (low, high), (errors, trials))]
    if "low_percent" in expected:
        rows.append(_row(name, f"{measure}, lower end of the 95 % interval, %", expected["low_percent"], low))
        rows.append(_row(name, f"{measure}, upper end of the 95 % interval, %", expected["high_percent"], high))
    return rows


def _aclu(document: dict[str, Any]) -> list[ReplayRow]:
    rows: list[ReplayRow] = []
    for search in document["searches"]:
        errors, probes, expected = search["false_matches"], search["probes"], search["expected"]
        rows += _share_rows(search["name"], errors, probes, expected, "FPIR")
        # Source: metrics reference, section 5: the FMR at which independent comparisons would give this FPIR.
        implied = float(-np.expm1(np.log1p(-errors / probes) / search["enrolled"]))
        rows.append(_row(search["name"], "FMR implied by independence", expected["implied_fmr"], implied))
    for pair in document["disparities"]:
        counts = (pair["hits"], pair["people"], pair["other_hits"], pair["other_people"])
        rows += _disparity(pair["name"], counts, pair["expected"])
    for share in document["shares"]:
        rows += _share_rows(share["name"], share["hits"], share["people"], share["expected"], "share of false matches")
    return rows


def _disparity(name: str, counts: tuple[int, int, int, int], expected: Mapping[str, str]) -> list[ReplayRow]:
    hits, people, other_hits, other_people = counts
    ratio = katz_ratio_interval(*counts)
    return [
        *_share_rows(name, hits, people, {"percent": expected["percent"]}, "FPIR of the group"),
        *_share_rows(name, other_hits, other_people, {"percent": expected["other_percent"]}, "FPIR of the others"),
        _row(name, "ratio", expected["ratio"], ratio.estimate, (ratio.low, ratio.high)),
        _row(name, "ratio, lower end of the 95 % interval", expected["ratio_low"], ratio.low),
        _row(name, "ratio, upper end of the 95 % interval", expected["ratio_high"], ratio.high),
        _row(name, "Fisher's exact test, p", expected["fisher_p"], fisher_exact(*counts)),
    ]


def _gender_shades(document: dict[str, Any]) -> list[ReplayRow]:
    """Return marginals as the printed cells and the group sizes have them, beside the printed marginals."""
    sizes, tolerance = document["sizes"], document["tolerance_points"]
    rows = []
    for product in document["rows"]:
        for group, published in product["marginals"].items():
            parts = _MARGINALS[group]
            total = sum(sizes[part] for part in parts)
            ours = sum(float(product["cells"][part]) * sizes[part] for part in parts) / total
            agreement = agreement_with(published, ours, tolerance=tolerance)
            name = f"{product['name']}, {group}"
            rows.append(
                ReplayRow(name, "error from the printed cells, %", published, ours, None, None, None, total, agreement)
            )
    return rows


def _actionable_auditing(document: dict[str, Any]) -> list[ReplayRow]:
    rows = []
    for product in document["rows"]:
        for group, published in product["published"].items():
            counts = [product["counts"][part] for part in _MARGINALS[group]]
            errors, images = sum(count[0] for count in counts), sum(count[1] for count in counts)
            rows += _share_rows(f"{product['name']}, {group}", errors, images, {"percent": published}, "error")
    return rows


def _summary_fixture(document: dict[str, Any]) -> list[ReplayRow]:
    rows: list[ReplayRow] = []
    rates = {fixture["name"]: fixture["rates"] for fixture in document["fixtures"]}
    for fixture in document["fixtures"]:
        measures = spread_measures(fixture["rates"])
        rows += [_row(fixture["name"], key, text, getattr(measures, key)) for key, text in fixture["expected"].items()]
    for case in document["combined"]:
        both = combined_measures(rates[case["false_match"]], rates[case["false_non_match"]], alpha=case["alpha"])
        name = f"synthetic FMR and FNMR, alpha {case['alpha']}"
        rows += [_row(name, key, text, getattr(both, key)) for key, text in case["expected"].items()]
    return rows


_STUDIES: dict[str, Callable[[dict[str, Any]], list[ReplayRow]]] = {
    "aclu_searches": _aclu,
    "gender_shades": _gender_shades,
    "actionable_auditing": _actionable_auditing,
    "summary_fixture": _summary_fixture,
}
