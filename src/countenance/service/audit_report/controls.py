"""The sliders: where they stand at first, their ticks, and the thresholds that have a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from countenance.service.audit_report.showing import Setting

#: Labelled ticks under a slider; on a phone only the first, the middle and the last keep theirs.
TICKS = 5
OPERATING = "operating"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def context(document: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """Return what the controls show."""
    stops = document["stops"]
    sizes = document.get("gallery_sizes") or []
    named = named_stops(document)
    return {
        "stops": stops,
        "sizes": sizes,
        "groupings": document["groupings"],
        "marks": named,
        "marks_here": marks_at(named, setting.stop),
        "ticks": _ticks([stop["label"] for stop in stops]),
        "size_ticks": _ticks([f"{size['enrolled']:,}" for size in sizes], [0, setting.size, len(sizes) - 1]),
    }


def size_at_first(document: Mapping[str, Any]) -> int:
    """Return the gallery size of the headline, else the largest that was searched; 0 where nothing was."""
    headline = document["headline"].get("gallery_size")
    if headline is not None:
        return int(headline)
    measured = [at for at, size in enumerate(document.get("gallery_sizes") or []) if not size.get("extrapolated")]
    return max(measured, default=0)


def named_stops(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the stops somebody names, with a letter each, in the order of the slider."""
    labels = preset_labels(document)
    named: list[dict[str, Any]] = []
    for at, stop in enumerate(document["stops"]):
        for mark in stop.get("marks") or ():
            named.append(
                {
                    "stop": at,
                    "letter": _LETTERS[len(named) % len(_LETTERS)],
                    "label": labels.get(mark, mark),
                    "threshold": stop["label"],
                    "percent": _percent(at, len(document["stops"])),
                }
            )
    return named


def preset_labels(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the words for each mark of a stop."""
    labels = {OPERATING: "operating point"}
    for preset in document["operating"].get("presets") or ():
        labels[preset["name"]] = labels[f"preset:{preset['name']}"] = preset["label"]
    return labels


def marks_at(named: Sequence[Mapping[str, Any]], stop: int) -> str:
    """Return the names of a stop in brackets, or nothing."""
    here = [mark["label"] for mark in named if mark["stop"] == stop]
    return f" ({', '.join(here)})" if here else ""


def _percent(at: int, count: int) -> float:
    return round(100 * at / max(1, count - 1), 2)


def _ticks(labels: Sequence[str], chosen: Sequence[int] | None = None) -> list[dict[str, Any]]:
    last = len(labels) - 1
    evenly = [round(at * last / (TICKS - 1)) for at in range(TICKS)]
    positions = sorted(set(evenly if chosen is None else chosen)) if labels else []
    return [
        {
            "percent": _percent(at, len(labels)),
            "label": labels[at],
            "anchor": "start" if at == 0 else "end" if at == last else "middle",
            "minor": order not in (0, len(positions) // 2, len(positions) - 1),
        }
        for order, at in enumerate(positions)
    ]
