"""How many requests a credential may make: a bucket that fills at a steady rate and holds a burst."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from countenance.web.work_pool import Busy

#: Credentials whose buckets are kept. A full bucket is the same as none, so forgetting the fullest changes nothing.
BUCKETS_KEPT = 10_000


class TooOften(Exception):
    """Somebody asks faster than they may.

    Attributes:
        seconds: After how long one more request may come.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


def wait_s(error: TooOften | Busy) -> int:
    """Return after how many whole seconds somebody is told to come back, at least one."""
    return max(1, round(error.seconds))


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimits:
    """Counts requests by credential. Safe for several threads."""

    def __init__(self, *, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        """Take the steady rate, how many may come at once, and a clock in seconds; a rate of 0 means no limit."""
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def admit(self, credential: str) -> float:
        """Count one request; return 0.0 if it may go on, else the seconds after which one more may."""
        if self._per_second <= 0:
            return 0.0
        now = self._monotonic()
        with self._lock:
            bucket = self._buckets.get(credential)
            if bucket is None:
                self._forget_full(now)
                bucket = self._buckets[credential] = _Bucket(float(self._burst), now)
            self._fill(bucket, now)
            if bucket.tokens < 1.0:
                return (1.0 - bucket.tokens) / self._per_second
            bucket.tokens -= 1.0
            return 0.0

    def _fill(self, bucket: _Bucket, now: float) -> None:
        bucket.tokens = min(float(self._burst), bucket.tokens + (now - bucket.filled_at_s) * self._per_second)
        bucket.filled_at_s = now

    def _forget_full(self, now: float) -> None:
        if len(self._buckets) < BUCKETS_KEPT:
            return
        for bucket in self._buckets.values():
            self._fill(bucket, now)
        kept = sorted(self._buckets, key=lambda name: self._buckets[name].tokens)[: BUCKETS_KEPT // 2]
        self._buckets = {name: self._buckets[name] for name in kept}
