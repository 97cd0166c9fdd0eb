"""Where a number of the document lies: paths from the page's settings to an entry.

``pages/numbers.js`` does the same when a slider moves. A test moves the sliders there and back and compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.service.audit_report.writing import MANNERS, NOTHING


@dataclass(frozen=True, slots=True)
class Setting:
    """What the page shows at the moment, as positions in the packed document."""

    stop: int
    size: int


class Shown:
    """Looks values up in the packed document and writes them."""

    def __init__(self, numbers: Mapping[str, Any], setting: Setting) -> None:
        self._numbers = numbers
        self._setting = setting

    def find(self, path: str, grouping: int = 0) -> Any:
        """Return the value at a path such as ``at.fmr_within.2``, or None where the document has none.

        ``at`` and ``id`` are the grouping's comparisons and searches at the chosen threshold, ``search`` its searches
        of the chosen gallery size, ``growing`` the growth at the chosen threshold, ``stop`` and ``size`` the settings
        themselves; anything else starts at the packed document.
        """
        first, *keys = path.split(".")
        value = self._root(first, grouping)
        for key in keys:
            if isinstance(value, list):
                value = value[int(key)] if int(key) < len(value) else None
            elif isinstance(value, Mapping):
                value = value.get(key)
            else:
                return None
        return value

    def text(self, path: str, manner: str, grouping: int = 0) -> str:
        """Return the value at ``path`` written in one of ``MANNERS``; ``NOTHING`` where there is none."""
        value = self.find(path, grouping)
        return NOTHING if value is None else MANNERS[manner](value, self._numbers["strings"])

    def _root(self, name: str, grouping: int) -> Any:
        numbers, stop, size = self._numbers, self._setting.stop, self._setting.size
        if name in ("at", "id"):
            key = "at" if name == "at" else "identification"
            return _item(numbers["groupings"][grouping].get(key), stop) if numbers["groupings"] else None
        if name == "search":
            return _item((self._root("id", grouping) or {}).get("sizes"), size)
        if name == "growing":
            return _item(numbers["growth"], stop)
        if name == "stop":
            return _item(numbers["stops"], stop)
        if name == "size":
            return _item(numbers["gallery_sizes"], size)
        return numbers.get(name)


def _item(rows: Sequence[Any] | None, at: int) -> Any:
    return rows[at] if rows and at < len(rows) else None
