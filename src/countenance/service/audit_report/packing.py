"""The document made small enough to lie inside a page, every number still there to be looked up.

Rules kept here:

- A rate object becomes a short list in the order of ``RATE``; the words for it and for its ends are written here, once,
  so that the page's script words nothing and rounds nothing but digits.
- Nothing is worked out: a value is taken over, left out because the page does not show it, or rounded to
  ``DIGITS`` significant digits.
- Long curves keep every n-th point and both ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from countenance.core.thresholds import one_in

#: Significant digits kept. The page shows three at most; nine keep rounding twice from being seen.
DIGITS = 9
#: Order of a packed rate; positions of words and flags in ``strings``. pages/numbers.js names the same positions.
RATE = (
    "estimate",
    "low",
    "high",
    "errors",
    "trials",
    "subjects",
    "words",
    "low_words",
    "high_words",
    "flags",
    "effective",
)
#: Points of a curve drawn; more than two a pixel of the widest plot are not seen.
CURVE_POINTS = 240
#: Parts of the document the page's numbers are looked up in; the rest is written out once, as text.
LOOKED_UP = ("stops", "gallery_sizes", "growth")


class Strings:
    """Texts by position, each kept once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._positions: dict[str, int] = {}

    def position(self, text: str) -> int:
        """Return where ``text`` is kept."""
        if text not in self._positions:
            self._positions[text] = len(self.texts)
            self.texts.append(text)
        return self._positions[text]


def pack(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page looks its numbers up in: stops, gallery sizes, growth, groupings and the texts they name."""
    strings = Strings()
    packed: dict[str, Any] = {name: _packed(document.get(name) or [], strings) for name in LOOKED_UP}
    packed["groupings"] = [_grouping(grouping, strings) for grouping in document.get("groupings") or []]
    packed["strings"] = strings.texts
    return packed


def is_rate(value: object) -> bool:
    """Return whether ``value`` is a rate object of the document."""
    return isinstance(value, Mapping) and "estimate" in value and "trials" in value


def words_for(share: float | None) -> str:
    """Return a share as a natural frequency; ``not measured`` where there is none."""
    return "not measured" if share is None else one_in(min(share, 1.0))


def rounded(value: float | None) -> float | int | None:
    """Return ``value`` with ``DIGITS`` significant digits."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}")


def _grouping(grouping: Mapping[str, Any], strings: Strings) -> dict[str, Any]:
    packed: dict[str, Any] = {
        key: _packed(value, strings) for key, value in grouping.items() if key not in ("det", "distributions")
    }
    packed["det"] = [
        {"group": curve["group"], "points": [_packed(point, strings) for point in _thinned(curve["points"])]}
        for curve in grouping.get("det") or []
    ]
    packed["distributions"] = [_packed(one, strings) for one in grouping.get("distributions") or []]
    return packed


def _packed(value: Any, strings: Strings) -> Any:
    if is_rate(value):
        return packed_rate(value, strings)
    if isinstance(value, Mapping):
        return {key: _packed(part, strings) for key, part in value.items() if key != "method"}
    if isinstance(value, (list, tuple)):
        return [_packed(part, strings) for part in value]
    if isinstance(value, float):
        return rounded(value)
    return value


def packed_rate(rate: Mapping[str, Any], strings: Strings) -> list[Any]:
    """Return a rate object in the order of ``RATE``."""
    # The part in brackets repeats the counts, which stand beside the words wherever they are shown.
    words = (rate.get("in_words") or words_for(rate["estimate"])).split(" (")[0]
    return [
        rounded(rate["estimate"]),
        rounded(rate["low"]),
        rounded(rate["high"]),
        rounded(rate["errors"]),
        rate["trials"],
        rate.get("subjects"),
        strings.position(words),
        strings.position(words_for(rate["low"])),
        strings.position(words_for(rate["high"])),
        strings.position("; ".join(rate.get("flags") or ())),
        _whole(rate.get("effective_trials")),
    ]


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _thinned(points: Sequence[Any]) -> list[Any]:
    if len(points) <= CURVE_POINTS:
        return list(points)
    last = len(points) - 1
    return [points[round(at * last / (CURVE_POINTS - 1))] for at in range(CURVE_POINTS)]
