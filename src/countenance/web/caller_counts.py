"""Calls by the address they came from, so that the page about compatibility shows whoever reads it their own.

Rules kept here:

- Kept in memory only, by operation, for a limited number of addresses; nobody is shown another one's calls.
- A proxy in front is one address, and what it says about others is not believed.
"""

from __future__ import annotations

from collections import OrderedDict

#: Most addresses remembered; the one that has been silent longest is forgotten first.
MOST_ADDRESSES = 1_000
#: First status that is an error. Source: RFC 9110, section 15.
FIRST_ERROR = 400

#: (Dialect, operation) → (calls, those answered with an error).
Counts = dict[tuple[str, str], tuple[int, int]]


class CallerCounts:
    """Counts of calls by address; used by one thread, the one that answers requests."""

    def __init__(self, most: int = MOST_ADDRESSES) -> None:
        self._most = most
        self._counts: OrderedDict[str, Counts] = OrderedDict()

    def note(self, address: str, dialect: str, operation: str, status: int) -> None:
        """Count a call; an empty address is not known and not counted."""
        if not address:
            return
        counts = self._counts.setdefault(address, {})
        self._counts.move_to_end(address)
        calls, failed = counts.get((dialect, operation), (0, 0))
        counts[dialect, operation] = (calls + 1, failed + (status >= FIRST_ERROR))
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)

    def of(self, address: str) -> Counts:
        """Return the counts of an address."""
        return dict(self._counts.get(address, {}))
