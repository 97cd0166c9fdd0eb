"""A clock that stands still until it is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SettableClock:
    """Returns the same moment until told otherwise."""

    def __init__(self, now: datetime = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment it is set to."""
        return self.now

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Set it later, or earlier with negative numbers."""
        self.now += timedelta(days=days, seconds=seconds)
