"""A calibration as JSON and back; what is written is what is read.

Rules kept here:

- The schema is versioned by name. A field too many, missing or out of range is an error, not a default.
- The grid is stated by its ends and size; columns hold a row only where something changes.
- Digits of intervals are fixed *before* a record exists (``rounded_outwards``), so writing loses nothing.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.core.errors import AuditInputInvalid
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration

#: Name and version of the document; a change of meaning gets a new number.
SCHEMA = "countenance-calibration/1"
#: Significant digits of an interval's ends.
INTERVAL_DIGITS = 5

_FIELDS = frozenset(
    {"schema", "model", "data_set", "date", "subjects", "photos", "failures_to_acquire", "method", "grid"}
    | {"non_mated", "false_matches", "mated", "false_non_matches"}
)


def rounded_outwards(interval: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return intervals of shape (n, 2) with lower ends rounded down and upper ends up to five significant digits."""
    return np.array([[_rounded(low, math.floor), _rounded(high, math.ceil)] for low, high in interval.tolist()])


def _rounded(value: float, towards: Any) -> float:
    if value in (0.0, 1.0) or math.isnan(value):
        return value
    places = INTERVAL_DIGITS - 1 - math.floor(math.log10(value))
    return float(f"{towards(value * 10.0**places)}e{-places}")


def calibration_to_json(calibration: Calibration) -> str:
    """Return a calibration as one line of JSON, schema ``countenance-calibration/1``; the same input, the same text."""
    grid = calibration.grid
    document = {
        "schema": SCHEMA,
        "model": {
            "name": calibration.model.name,
            "digest": calibration.model.digest,
            "dimension": calibration.model.dimension,
        },
        "data_set": calibration.data_set,
        "date": calibration.date,
        "subjects": calibration.subjects,
        "photos": calibration.photos,
        "failures_to_acquire": calibration.failures_to_acquire,
        "method": calibration.method,
        "grid": {"from": float(grid[0]), "to": float(grid[-1]), "points": int(grid.size)},
        "non_mated": calibration.non_mated,
        "false_matches": _steps(calibration.false_matches, calibration.false_match_interval),
        "mated": calibration.mated,
        "false_non_matches": _steps(calibration.false_non_matches, calibration.false_non_match_interval),
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _steps(counts: npt.NDArray[np.int64], interval: npt.NDArray[np.float64]) -> dict[str, list[Any]]:
    rows = np.column_stack([counts, interval])
    changed = np.ones(len(rows), dtype=bool)
    changed[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    at = np.flatnonzero(changed)
    return {
        "from_point": at.tolist(),
        "count": counts[at].tolist(),
        "low": interval[at, 0].tolist(),
        "high": interval[at, 1].tolist(),
    }


def calibration_from_json(text: str) -> Calibration:
    """Return the calibration written by ``calibration_to_json``.

    Raises:
        AuditInputInvalid: Not JSON, another schema, a field missing or too many, or numbers that contradict each other.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _malformed(f"it is not JSON (line {error.lineno}, column {error.colno})") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _malformed(f"its schema is not {SCHEMA}")
    if set(document) != _FIELDS:
        raise _malformed(f"fields missing or too many: {', '.join(sorted(set(document) ^ _FIELDS))}")
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise _malformed(f"a value is missing or of the wrong kind ({error})") from error


def _read(document: dict[str, Any]) -> Calibration:
    model = ModelIdentity(**document["model"])
    if not (isinstance(model.name, str) and isinstance(model.digest, str) and isinstance(model.dimension, int)):
        raise TypeError("model")
    grid = _read_grid(document["grid"])
    false_matches, fmr = _read_steps(document["false_matches"], grid.size, _whole(document, "non_mated"), rising=False)
    false_non_matches, fnmr = _read_steps(
        document["false_non_matches"], grid.size, _whole(document, "mated"), rising=True
    )
    return Calibration(
        model=model,
        data_set=_words(document, "data_set"),
        date=_words(document, "date"),
        subjects=_whole(document, "subjects"),
        photos=_whole(document, "photos"),
        failures_to_acquire=_whole(document, "failures_to_acquire"),
        method=_words(document, "method"),
        grid=grid,
        false_matches=false_matches,
        non_mated=_whole(document, "non_mated"),
        false_match_interval=fmr,
        false_non_matches=false_non_matches,
        mated=_whole(document, "mated"),
        false_non_match_interval=fnmr,
    )


def _read_grid(grid: dict[str, Any]) -> npt.NDArray[np.float64]:
    low, high, points = float(grid["from"]), float(grid["to"]), _whole(grid, "points")
    # Decimal grid: the points are whole multiples of the step, exactly as they were made.
    per_unit = round((points - 1) / (high - low))
    values = np.arange(round(low * per_unit), round(high * per_unit) + 1) / per_unit
    if values.size != points or values[0] != low or values[-1] != high:
        raise ValueError("grid")
    return np.asarray(values)


def _read_steps(
    steps: dict[str, Any], points: int, most: int, *, rising: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    at = np.array(steps["from_point"], dtype=np.int64)
    columns = np.array([steps["low"], steps["high"]], dtype=np.float64).T
    counts = np.array(steps["count"])
    if counts.dtype != np.int64 or at.shape != counts.shape or at[0] != 0 or at[-1] >= points:
        raise ValueError("from_point, count")
    lengths = np.diff(at, append=points)
    movement = np.diff(counts) if rising else -np.diff(counts)
    if lengths.min() < 1 or movement.min(initial=0) < 0 or counts.min() < 0 or counts.max() > most:
        raise ValueError("count")
    if columns.shape != (at.size, 2) or not bool(
        np.all((columns[:, 0] <= columns[:, 1]) & (columns >= 0).all(axis=1) & (columns <= 1).all(axis=1))
    ):
        raise ValueError("low, high")
    return np.repeat(counts, lengths), np.repeat(columns, lengths, axis=0)


def _whole(document: dict[str, Any], key: str) -> int:
    value = document[key]
    if type(value) is not int or value < 0:
        raise ValueError(key)
    return value


def _words(document: dict[str, Any], key: str) -> str:
    value = document[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _malformed(why: str) -> AuditInputInvalid:
    return AuditInputInvalid(
        f"This is not a calibration record: {why}.",
        remedy="Use a file written by `countenance calibrate`, unedited.",
    )
