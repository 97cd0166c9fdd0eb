"""The parts a hostile reader turns to: objections tried, limits, summary measures, methods, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from countenance.core.thresholds import one_in
from countenance.service.audit_report.formulas import well_set
from countenance.service.audit_report.listings import score
from countenance.service.audit_report.packing import Strings, is_rate, packed_rate
from countenance.service.audit_report.showing import Shown
from countenance.service.audit_report.writing import MANNERS, NOTHING, count

#: Measures in the order of the page: key, name, value where there is no difference, normalisation in words.
#: Source: ``countenance.audit.summary_measures``.
SPREAD = (
    ("max_min", "highest / lowest", "1", "also skewed error ratio, SER; infinite if the lowest is zero"),
    ("max_mean", "highest / mean", "1", "arithmetic mean of the groups"),
    ("max_geomean", "highest / geometric mean", "1", "groups with an error only"),
    ("mean_abs_log10", "mean |log₁₀|", "0", "of rate / geometric mean; 1 is a factor of ten"),
    ("gini_raw", "Gini, raw", "0", "ΣΣ|x − y| / (2 n² mean)"),
    ("gini_corrected", "Gini, corrected", "0", "raw · n / (n − 1), as GARBE uses it"),
)
COMBINED = (
    ("garbe", "GARBE", "0", "corrected Gini of FMR and FNMR, weighted"),
    ("fdr", "FDR", "1", "1 − weighted largest absolute differences; hardly sees small FMRs"),
    ("inequity_rate", "IR", "1", "weighted product of highest / lowest"),
    ("worst_over_geomean", "worst over geometric mean", "1", "weighted product of highest / geometric mean"),
)


def context(document: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Return what the closing parts show."""
    return {
        "objections": [_objection(entry) for entry in document.get("sensitivity") or ()],
        "limits": document.get("limits") or [],
        "measures": [_measures(shown, at) for at in range(len(document["groupings"]))],
        "methods": [_method(entry) for entry in document.get("methods") or ()],
        "command": _command(document),
        "facts": list(_facts(document)),
        "number": count,
        "bound": lambda value: NOTHING if value is None else f"below {one_in(min(1.0, value))}",
        "score": score,
        "comparisons": _comparisons,
    }


def _comparisons(grouping: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    for group in grouping["groups"]:
        if group["name"] == one["group"]:
            return count(group["mated" if one["mated"] else "non_mated"])
    return NOTHING


def _objection(entry: Mapping[str, Any]) -> dict[str, Any]:
    result = entry.get("result") or {}
    groups = result.get("groups") or []
    rows = [{"name": name, **_both(result, at)} for at, name in enumerate(groups)]
    if "fmr_overall" in result:
        rows.append({"name": "all", "fmr": _rate(result["fmr_overall"]), "fnmr": _rate(result.get("fnmr_overall"))})
    return {
        "name": entry["name"],
        "why": entry.get("why") or "",
        "what_changed": entry.get("what_changed") or "",
        "headline": entry.get("headline") or "",
        "not_run": entry.get("not_run") or "",
        "rows": rows,
        "sizes": [_size(part) for part in result.get("sizes") or ()],
    }


def _both(result: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {"fmr": _rate(_at(result.get("fmr_within"), at)), "fnmr": _rate(_at(result.get("fnmr"), at))}


def _at(rates: Sequence[Any] | None, at: int) -> Any:
    return rates[at] if rates and at < len(rates) else None


def _size(part: Mapping[str, Any]) -> dict[str, Any]:
    rate = (
        part.get("fpir_overall") or part.get("measured") or next((one for one in part.values() if is_rate(one)), None)
    )
    return {"name": f"{part['enrolled']:,} people", "rate": _rate(rate)}


def _rate(rate: Any) -> dict[str, str]:
    manners = ("words", "rate", "interval", "counts")
    if rate is None:
        return dict.fromkeys(manners, NOTHING)
    strings = Strings()
    packed = packed_rate(rate, strings)
    return {manner: MANNERS[manner](packed, strings.texts) for manner in manners}


def _measures(shown: Shown, grouping: int) -> list[dict[str, Any]]:
    tables = []
    alpha = shown.find("at.combined.alpha", grouping)
    for key, title, names in (
        ("spread_fmr", "Spread of the false match rates", SPREAD),
        ("spread_fnmr", "Spread of the false non-match rates", SPREAD),
        ("combined", f"Both together, each side weighted {alpha:g}" if alpha is not None else "", COMBINED),
    ):
        rows = [
            {"path": f"at.{key}.{name}", "name": words, "parity": parity, "normalisation": normalisation}
            for name, words, parity, normalisation in names
            if isinstance(shown.find(f"at.{key}.{name}", grouping), Mapping)
        ]
        if rows:
            tables.append({"id": f"{key.replace('_', '-')}-{grouping}", "title": title, "rows": rows})
    return tables


def _method(entry: Mapping[str, Any]) -> dict[str, Any]:
    formula = entry.get("formula") or ""
    return {"source": "", "used_for": "", **entry, "formula": formula, "set": well_set(formula)}


def _command(document: Mapping[str, Any]) -> str:
    command = (document.get("provenance") or {}).get("command") or ""
    return " ".join(command) if isinstance(command, list) else str(command)


def _facts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every fact of the provenance, nested names joined."""
    stated = {"command", "digests", "versions"}
    provenance = {key: value for key, value in (document.get("provenance") or {}).items() if key not in stated}
    for name, part in (
        ("", {"made at": document["made_at"], "seed": document.get("seed")}),
        ("version of", _together(document, "software", "versions")),
        ("digest of", _together(document, "digests", "digests")),
        ("", provenance),
    ):
        yield from _flat(name, part)


def _together(document: Mapping[str, Any], part: str, of_provenance: str) -> dict[str, Any]:
    return {**(document.get(part) or {}), **((document.get("provenance") or {}).get(of_provenance) or {})}


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name} {str(key).replace('_', ' ')}".strip(), part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield name, ", ".join(_short(part) for part in value)
    elif value is not None:
        yield name, str(value)


def _short(value: object) -> str:
    return " ".join(f"{key} {part}" for key, part in value.items()) if isinstance(value, Mapping) else str(value)
