"""The result as tidy tables: one row a number, for CSV, Parquet and data frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from countenance.core.errors import AuditInputInvalid, FileUnreadable

_RATE = ("estimate", "low", "high", "errors", "trials", "subjects", "effective_trials", "method")
Row = dict[str, Any]


def table_names() -> tuple[str, ...]:
    """Return the names of the tables there are."""
    return tuple(_TABLES)


def frame(document: Mapping[str, Any], name: str) -> pl.DataFrame:
    """Return one table of a result document.

    Raises:
        AuditInputInvalid: There is no such table.
    """
    if name not in _TABLES:
        raise AuditInputInvalid(f"There is no table {name!r}.", remedy=f"The tables are: {', '.join(_TABLES)}.")
    return pl.DataFrame(list(_TABLES[name](document)), infer_schema_length=None)


def write_tables(document: Mapping[str, Any], folder: Path, *, parquet: bool) -> tuple[Path, ...]:
    """Write every table with rows to a folder, as CSV or Parquet, and return the files.

    Raises:
        FileUnreadable: The folder cannot be written to.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _TABLES:
            table = frame(document, name)
            if table.height:
                path = folder / f"{name}.{'parquet' if parquet else 'csv'}"
                table.write_parquet(path) if parquet else table.write_csv(path)
                written.append(path)
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be written to: {(error.strerror or '').lower()}.") from error
    return tuple(written)


def _stops(document: Mapping[str, Any]) -> Iterator[tuple[str, list[str], float, Mapping[str, Any], int]]:
    for grouping in document["groupings"]:
        names = [group["name"] for group in grouping["groups"]]
        for at, entry in enumerate(grouping["at"]):
            yield grouping["name"], names, document["stops"][at]["threshold"], entry, at


def _rate(value: Mapping[str, Any]) -> Row:
    row = {key: value[key] for key in _RATE}
    # Averages over galleries have a fraction of an error; one column has one type.
    row["errors"] = None if row["errors"] is None else float(row["errors"])
    return row | {"flags": "; ".join(value["flags"])}


def _fmr(document: Mapping[str, Any]) -> Iterator[Row]:
    for grouping, names, threshold, entry, _ in _stops(document):
        for probe, row in zip(names, entry["fmr_matrix"], strict=True):
            for reference, value in zip(names, row, strict=True):
                yield {
                    "grouping": grouping, "threshold": threshold, "probe_group": probe, "reference_group": reference,
                    **_rate(value),
                }  # fmt: skip


def _by_group(key: str) -> Callable[[Mapping[str, Any]], Iterator[Row]]:
    def rows(document: Mapping[str, Any]) -> Iterator[Row]:
        for grouping, names, threshold, entry, _ in _stops(document):
            for group, value in zip(names, entry[key], strict=True):
                yield {"grouping": grouping, "threshold": threshold, "group": group, **_rate(value)}

    return rows


def _ratios(document: Mapping[str, Any]) -> Iterator[Row]:
    for grouping, _, threshold, entry, _ in _stops(document):
        for kind in ("fmr", "fnmr"):
            for ratio in entry[f"{kind}_ratios"]:
                flags = "; ".join(ratio["flags"])
                yield {"grouping": grouping, "threshold": threshold, "rate": kind, **ratio, "flags": flags}


def _spreads(document: Mapping[str, Any]) -> Iterator[Row]:
    for grouping, _, threshold, entry, _ in _stops(document):
        for kind in ("spread_fmr", "spread_fnmr", "combined"):
            for measure, value in entry[kind].items():
                if isinstance(value, Mapping):
                    keys = ("estimate", "low", "high", "null_mean", "null_upper", "p_value")
                    numbers = {key: value.get(key) for key in keys}
                    yield {"grouping": grouping, "threshold": threshold, "of": kind, "measure": measure, **numbers}


def _fpir(document: Mapping[str, Any]) -> Iterator[Row]:
    sizes = document["gallery_sizes"]
    for grouping in document["groupings"]:
        names = [group["name"] for group in grouping["groups"]]
        for stop, entry in zip(document["stops"], grouping["identification"] or [], strict=False):
            for size, values in zip(sizes, entry["sizes"], strict=True):
                rows = zip([*names, "all"], [*values["fpir"], values["fpir_overall"]], strict=True)
                for group, value in rows:
                    yield {
                        "grouping": grouping["name"], "threshold": stop["threshold"], "enrolled": size["enrolled"],
                        "group": group, **_rate(value),
                    }  # fmt: skip


def _fnir(document: Mapping[str, Any]) -> Iterator[Row]:
    for grouping in document["groupings"]:
        names = [group["name"] for group in grouping["groups"]]
        for stop, entry in zip(document["stops"], grouping["identification"] or [], strict=False):
            for group, value in zip([*names, "all"], [*entry["fnir"], entry["fnir_overall"]], strict=True):
                yield {"grouping": grouping["name"], "threshold": stop["threshold"], "group": group, **_rate(value)}


def _groups(document: Mapping[str, Any]) -> Iterator[Row]:
    for grouping in document["groupings"]:
        for group in grouping["groups"]:
            row = {key: value for key, value in group.items() if key not in ("fta", "fte", "flags")}
            yield {
                "grouping": grouping["name"],
                **row,
                "fta": group["fta"]["estimate"],
                "fte": group["fte"]["estimate"],
            }


def _det(document: Mapping[str, Any]) -> Iterator[Row]:
    for grouping in document["groupings"]:
        for curve in grouping["det"]:
            for fmr, fnmr, threshold in curve["points"]:
                yield {
                    "grouping": grouping["name"], "group": curve["group"], "threshold": threshold, "fmr": fmr,
                    "fnmr": fnmr,
                }  # fmt: skip


def _false_matches(document: Mapping[str, Any]) -> Iterator[Row]:
    for pair in document["false_matches"]:
        yield {
            "rank": pair["rank"],
            "score": pair["score"],
            **{f"{side}_{key}": pair[side][key] for side in ("probe", "reference") for key in ("file", "subject")},
        }


_TABLES: dict[str, Callable[[Mapping[str, Any]], Iterator[Row]]] = {
    "groups": _groups,
    "fmr": _fmr,
    "fnmr": _by_group("fnmr"),
    "far": _by_group("far"),
    "frr": _by_group("frr"),
    "ratios": _ratios,
    "spreads": _spreads,
    "fpir": _fpir,
    "fnir": _fnir,
    "det": _det,
    "false_matches": _false_matches,
}
