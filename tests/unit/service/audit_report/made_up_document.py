"""An audit result that was never measured: rates of normal scores, in the shape of ``countenance.audit-result/1``.

The people, files and numbers are made up so that the report can be tested without photos and models. Sizes are
arguments: the smallest document draws every part of the page, the largest stands for 5,000 photos.
"""

from __future__ import annotations

import math
from itertools import pairwise, product
from statistics import NormalDist
from typing import Any

from countenance.core.thresholds import one_in

#: People in the gallery that was not searched.
MODELLED = 1_000_000
_Z = 1.959963984540054
_SEXES = ("female", "male")
_SPREAD = ("max_min", "max_mean", "max_geomean", "mean_abs_log10", "gini_raw", "gini_corrected")
_DRAWN = {"missing": 0, "method": "vertex-bootstrap"}
_OTHER_RUNS = ("equal false non-match rates", "low-quality photos out", "another model", "another gallery size")
_TONES = ("dark", "light", "medium", "unknown/declined")


def made_up_document(
    *, people: int = 90, photos_each: int = 3, stops: int = 41, sizes: int = 6, matches: int = 12, det_points: int = 60
) -> dict[str, Any]:
    """Return a document; more stops, sizes, people and matches make it larger."""
    thresholds = [round(0.2 + 0.6 * at / (stops - 1), 4) for at in range(stops)]
    gallery = [max(2, round(people ** (0.35 + 0.65 * (at + 1) / sizes))) for at in range(sizes)]
    operating = min(range(stops), key=lambda at: abs(thresholds[at] - 0.58))
    groupings = [
        _grouping(("sex",), _SEXES, people, photos_each, thresholds, gallery, det_points),
        _grouping(("skin_tone",), _TONES, people, photos_each, thresholds, gallery, det_points),
        _grouping(
            ("sex", "skin_tone"),
            tuple(" × ".join(pair) for pair in product(_SEXES, _TONES)),
            people,
            photos_each,
            thresholds,
            gallery,
            det_points,
        ),
    ]
    last = len(gallery) - 1
    headline = groupings[0]["identification"][operating]["sizes"][last]
    return {
        "schema": "countenance.audit-result/1",
        "name": "made-up",
        "title": "A made-up audit",
        "made_at": "2026-11-24T06:50:00+00:00",
        "software": {"countenance": "0.1.0", "python": "3.11.2", "numpy": "2.4.0"},
        "seed": 20261124,
        "digests": {"photos": "sha256:" + "0" * 64, "result": "sha256:" + "1" * 64},
        "headline": {
            "sentence": headline["people_taken_for_another"]["sentence"],
            "rate": headline["fpir_overall"],
            "threshold_stop": operating,
            "gallery_size": last,
        },
        "system": {
            "kind": "engine",
            "name": "sface",
            "model": {"name": "sface", "digest": "ff958193f6dab9d9"},
            "scale": {"name": "cosine similarity", "low": -1.0, "high": 1.0, "higher_is": "more alike"},
            "note": "Scores of the built-in recogniser.",
        },
        "data": {
            "description": "90 made-up people",
            "source_of_labels": "made up with the people",
            "synthetic": True,
            "caveat": "Nobody was measured: these numbers are made up and say nothing about any recogniser.",
            "one_set": True,
            "photos": people * photos_each,
            "subjects": people,
            "templates": people * photos_each,
            "failures_to_acquire": made_up_rate(0, people * photos_each, people),
            "below_quality": 0,
            "attributes": ["sex", "skin_tone"],
            "probes": None,
            "gallery": None,
        },
        "operating": {
            "policy": {"kind": "fixed", "threshold": thresholds[operating]},
            "threshold": thresholds[operating],
            "basis": "FMR at most 0.01 on this data",
            "achieved": groupings[0]["at"][operating]["fmr_overall"]["estimate"],
            "stop": operating,
            "set_on_same_data": True,
            "presets": [
                {
                    "name": "vendor-80",
                    "label": "vendor default 80",
                    "threshold": thresholds[stops // 4],
                    "source": "made up",
                }
            ],
        },
        "stops": [
            {
                "index": at,
                "threshold": value,
                "label": f"{value:.3f}",
                "marks": (["operating"] if at == operating else [])
                + (["preset:vendor-80"] if at == stops // 4 else []),
            }
            for at, value in enumerate(thresholds)
        ],
        "gallery_sizes": [
            {"index": at, "enrolled": size, "label": f"{size:,} people", "extrapolated": False}
            for at, size in enumerate(gallery)
        ]
        + [{"index": sizes, "enrolled": MODELLED, "label": f"{MODELLED:,} people (model)", "extrapolated": True}],
        "groupings": groupings,
        "growth": [
            [
                {
                    "enrolled": size,
                    "measured": groupings[0]["identification"][at]["sizes"][order]["fpir_overall"],
                    "binomial": 1 - (1 - groupings[0]["at"][at]["fmr_overall"]["estimate"]) ** size,
                    "heterogeneous": 0.97 * (1 - (1 - groupings[0]["at"][at]["fmr_overall"]["estimate"]) ** size),
                }
                for order, size in enumerate(gallery)
            ]
            for at in range(stops)
        ],
        "false_matches": [_false_match(rank, people) for rank in range(1, matches + 1)],
        "suspected_same_person": {
            "rule": "Photos of people with different labels that are more alike than most photos of one person.",
            "from_similarity": 0.9,
            "pairs": [
                {
                    "rank": 1,
                    "score": 0.91,
                    "probe": {"file": "photos/p001_probe.jpg", "subject": "p001", "labels": {"sex": "male"}},
                    "reference": {"file": "photos/p002_reference.jpg", "subject": "p002", "labels": {"sex": "male"}},
                }
            ],
        },
        "sensitivity": [_objection(groupings[0], operating), *map(_not_run, _OTHER_RUNS)],
        "limits": ["Rates smaller than 1 in 300 could not be seen in the smallest group."],
        "methods": [
            {
                "id": "fmr",
                "name": "False match rate",
                "formula": "FMR = c / M",
                "source": "ISO/IEC 19795-1",
                "used_for": "comparisons of different people",
            }
        ],
        "provenance": {
            "command": "countenance audit run made-up",
            "seeds": {"permutation": 1},
            "digests": {},
            "versions": {"numpy": "2.4"},
        },
    }


def made_up_rate(errors: int, trials: int, subjects: int, *, shrink: float = 4.0) -> dict[str, Any]:
    """Return a rate object with a Wilson interval on ``trials / shrink`` effective trials."""
    if not trials:
        return {
            "estimate": None,
            "low": 0.0,
            "high": 1.0,
            "errors": 0,
            "trials": 0,
            "subjects": subjects,
            "effective_trials": 0.0,
            "method": "none",
            "flags": ["no comparisons"],
            "in_words": "no comparisons",
        }
    share, effective = errors / trials, max(1.0, trials / shrink)
    middle = share + _Z**2 / (2 * effective)
    half = _Z * math.sqrt((share * (1 - share) + _Z**2 / (4 * effective)) / effective)
    below = 1 + _Z**2 / effective
    return {
        "estimate": share,
        "low": max(0.0, (middle - half) / below) if errors else 0.0,
        "high": min(1.0, (middle + half) / below),
        "errors": errors,
        "trials": trials,
        "subjects": subjects,
        "effective_trials": effective,
        "method": "wilson",
        "in_words": f"about {one_in(share)}" if errors else f"fewer than {one_in(3 / trials)} (no error seen)",
        "flags": ["no error seen"] if not errors else (["fewer than 30 errors"] if errors < 30 else []),
    }


def _grouping(
    attributes: tuple[str, ...],
    names: tuple[str, ...],
    people: int,
    photos_each: int,
    thresholds: list[float],
    gallery: list[int],
    det_points: int,
) -> dict[str, Any]:
    sizes = [max(1, round(people * (0.03 if "unknown" in name else 0.97) / len(names))) for name in names]
    bands = [
        _Band(name, size, photos_each, 0.30 + 0.012 * at)
        for at, (name, size) in enumerate(zip(names, sizes, strict=True))
    ]
    return {
        "name": " × ".join(attributes),
        "attributes": list(attributes),
        "groups": [band.described() for band in bands],
        "at": [{"stop": at, **_at(bands, threshold)} for at, threshold in enumerate(thresholds)],
        "identification": [
            {
                "fnir": [band.fnmr(threshold) for band in bands],
                "fnir_overall": _together([band.fnmr(threshold) for band in bands], people),
                "sizes": [
                    *(_searches(bands, threshold, enrolled) for enrolled in gallery),
                    _modelled_search(bands, threshold),
                ],
            }
            for threshold in thresholds
        ],
        "ranks": [
            {
                "rank": rank,
                "hit": [made_up_rate(band.photos - rank, band.photos, band.subjects) for band in bands],
                "hit_overall": made_up_rate(people - rank, people, people),
            }
            for rank in (1, 2)
        ],
        "trade_off": [
            {
                "target_fmr": 0.01,
                "threshold": 0.583,
                "threshold_low": 0.55,
                "threshold_high": 0.6,
                "fmr": [{"estimate": 0.01, "low": 0.005, "high": 0.02, **_DRAWN} for _ in bands],
                "fnmr": [{"estimate": 0.1, "low": 0.05, "high": 0.2, **_DRAWN} for _ in bands],
            }
        ],
        "det": [{"group": band.name, "points": band.det(det_points)} for band in bands],
        "distributions": [band.distribution(mated) for band in bands for mated in (False, True)],
    }


class _Band:
    """One group with normal scores."""

    def __init__(self, name: str, subjects: int, photos_each: int, middle: float) -> None:
        self.name, self.subjects, self.photos = name, subjects, subjects * photos_each
        self.non_mated_scores, self.mated_scores = NormalDist(middle, 0.1), NormalDist(middle + 0.4, 0.11)
        self.mated = subjects * photos_each * (photos_each - 1) // 2
        self.non_mated = self.photos * (self.photos - 1) // 2 - self.mated

    def described(self) -> dict[str, Any]:
        independent = 3 / self.non_mated if self.non_mated else None
        return {
            "name": self.name,
            "subjects": self.subjects,
            "photos": self.photos,
            "templates": self.photos,
            "mated": self.mated,
            "non_mated": self.non_mated,
            "smallest_fmr_independent": independent,
            "smallest_fmr_guaranteed": min(1.0, 3 / (self.subjects // 2)) if self.subjects > 1 else None,
            "comparable": self.subjects >= 10,
            "fta": made_up_rate(0, self.photos, self.subjects),
            "fte": made_up_rate(0, self.subjects, self.subjects),
            "flags": [],
        }

    def fmr(self, threshold: float, other: _Band | None = None) -> dict[str, Any]:
        """Return the rate against another group, or within this one."""
        trials = self.non_mated if other is None else self.photos * other.photos
        shift = 0.0 if other is None or other is self else 0.03
        chance = 1 - self.non_mated_scores.cdf(threshold + shift)
        return made_up_rate(round(chance * trials), trials, self.subjects)

    def fnmr(self, threshold: float) -> dict[str, Any]:
        """Return the rate of mated scores below the threshold."""
        return made_up_rate(round(self.mated_scores.cdf(threshold) * self.mated), self.mated, self.subjects, shrink=2.0)

    def det(self, points: int) -> list[list[float]]:
        """Return the curve as false match rate, false non-match rate, threshold."""
        grid = [0.1 + 0.8 * at / (points - 1) for at in range(points)]
        return [[1 - self.non_mated_scores.cdf(t), self.mated_scores.cdf(t), t] for t in grid]

    def distribution(self, mated: bool) -> dict[str, Any]:
        """Return counts by bin of 0.02 from 0 to 1."""
        scores, total = (self.mated_scores, self.mated) if mated else (self.non_mated_scores, self.non_mated)
        edges = [round(0.02 * at, 2) for at in range(51)]
        counts = [round(total * (scores.cdf(high) - scores.cdf(low))) for low, high in pairwise(edges)]
        return {
            "group": self.name,
            "mated": mated,
            "edges": edges,
            "counts": counts,
            "mean": scores.mean if total else None,
            "deviation": scores.stdev if total else None,
        }


def _at(bands: list[_Band], threshold: float) -> dict[str, Any]:
    within = [band.fmr(threshold) for band in bands]
    missed = [band.fnmr(threshold) for band in bands]
    return {
        "fmr_overall": _together(within, sum(band.subjects for band in bands)),
        "fmr_within": within,
        "fmr_matrix": [[band.fmr(threshold, None if other is band else other) for other in bands] for band in bands],
        "fnmr": missed,
        "fnmr_overall": _together(missed, sum(band.subjects for band in bands)),
        "far": within,
        "frr": missed,
        "fmr_ratios": _ratios(bands, within),
        "fnmr_ratios": _ratios(bands, missed),
        "spread_fmr": _spread(2.1, 1.4, 1.6, 0.2, 0.15, 0.18),
        "spread_fnmr": _spread(1.3, 1.1, 1.2, 0.1, 0.05, 0.06),
        "combined": {
            "garbe": _measure(0.12),
            "fdr": _measure(0.97),
            "inequity_rate": _measure(None),
            "alpha": 0.5,
            "flags": [],
        },
    }


def _spread(*values: float) -> dict[str, Any]:
    measures = {name: _measure(value) for name, value in zip(_SPREAD, values, strict=True)}
    return {**measures, "left_out": [], "flags": []}


def _measure(estimate: float | None) -> dict[str, Any]:
    if estimate is None:
        return {"estimate": None, "low": None, "high": None, "flags": ["infinite: a group has no error"]}
    shifted = {"low": 0.8 * estimate, "high": 1.5 * estimate, "null_mean": 0.7 * estimate, "null_upper": 1.1 * estimate}
    return {"estimate": estimate, **shifted, "p_value": 0.02, "flags": []}


def _together(rates: list[dict[str, Any]], subjects: int) -> dict[str, Any]:
    return made_up_rate(sum(rate["errors"] for rate in rates), sum(rate["trials"] for rate in rates), subjects)


def _ratios(bands: list[_Band], rates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    base = rates[0]
    return [
        {
            "group": band.name,
            "against": bands[0].name,
            "estimate": rate["estimate"] / base["estimate"] if rate["errors"] and base["errors"] else None,
            "low": rate["low"] / base["high"] if rate["errors"] and base["errors"] else 0.0,
            "high": rate["high"] / base["low"] if rate["errors"] and base["errors"] else None,
            "p_value": 0.03 if rate["errors"] and base["errors"] else None,
            "p_method": "jackknife",
            "p_holm": 0.06 if rate["errors"] and base["errors"] else None,
            "flags": [] if rate["errors"] else ["zero numerator"],
        }
        for band, rate in zip(bands[1:], rates[1:], strict=True)
    ]


def _searches(bands: list[_Band], threshold: float, enrolled: int) -> dict[str, Any]:
    found = []
    for band in bands:
        chance = 1 - band.non_mated_scores.cdf(threshold)
        found.append(made_up_rate(round((1 - (1 - chance) ** enrolled) * band.photos), band.photos, band.subjects))
    everyone = sum(band.subjects for band in bands)
    taken = round(everyone * min(1.0, 1.6 * _together(found, everyone)["estimate"]))
    return {
        "fpir": found,
        "fpir_overall": _together(found, everyone),
        "false_candidates_a_search": {"estimate": 1.1 * enrolled / 1000, "low": 0.001, "high": 2.0 * enrolled / 1000},
        "people_taken_for_another": {
            "people": taken,
            "of": everyone,
            "share": made_up_rate(taken, everyone, everyone),
            "sentence": f"{taken} of {everyone} people were taken for somebody else",
        },
    }


def _modelled_search(bands: list[_Band], threshold: float) -> dict[str, Any]:
    expected = [1 - (1 - band.fmr(threshold)["estimate"]) ** MODELLED if band.non_mated else 0.0 for band in bands]
    rates = [_modelled(estimate) for estimate in (*expected, sum(expected) / len(expected))]
    return {
        "fpir": rates[:-1],
        "fpir_overall": rates[-1],
        "false_candidates_a_search": {"estimate": 12.5, "low": 10.0, "high": None},
        "people_taken_for_another": None,
    }


def _modelled(estimate: float) -> dict[str, Any]:
    return {
        "estimate": estimate,
        "low": None,
        "high": None,
        "errors": None,
        "trials": None,
        "subjects": None,
        "effective_trials": None,
        "method": "model-heterogeneous",
        "flags": ["extrapolated by a model, not measured"],
        "in_words": one_in(estimate),
    }


def _objection(grouping: dict[str, Any], stop: int) -> dict[str, Any]:
    rates = grouping["at"][min(stop + 2, len(grouping["at"]) - 1)]
    return {
        "name": "recommended threshold",
        "why": "You used the wrong threshold.",
        "what_changed": "another threshold",
        "run": True,
        "not_run": "",
        "headline": "2 of 90 people were taken for somebody else.",
        "result": {
            "groups": [group["name"] for group in grouping["groups"]],
            "fmr_overall": rates["fmr_overall"],
            "fnmr_overall": rates["fnmr_overall"],
            "fmr_within": rates["fmr_within"],
            "fnmr": rates["fnmr"],
            "sizes": [{"enrolled": 1000, "fpir_overall": rates["fmr_overall"]}],
        },
    }


def _not_run(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "why": "Every system does this.",
        "what_changed": "",
        "run": False,
        "not_run": "no second model is installed",
        "headline": "",
        "result": None,
    }


def _false_match(rank: int, people: int) -> dict[str, Any]:
    first, second = f"p{(7 * rank) % people + 1:03d}", f"p{(11 * rank + 3) % people + 1:03d}"
    return {
        "rank": rank,
        "score": round(0.72 - 0.002 * rank, 4),
        "probe": {
            "file": f"photos/{first}_probe.jpg",
            "subject": first,
            "labels": {"sex": "female", "skin_tone": "dark"},
        },
        "reference": {
            "file": f"photos/{second}_reference.jpg",
            "subject": second,
            "labels": {"sex": "female", "skin_tone": "light"},
        },
    }
