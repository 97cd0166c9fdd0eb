"""A bucket holds a burst and fills at a steady rate; credentials do not share one."""

from __future__ import annotations

from unittest.mock import patch

from countenance.web import rate_limits
from countenance.web.rate_limits import RateLimits


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_burst_passes_and_then_one_at_a_time() -> None:
    clock = Clock()
    limits = RateLimits(per_second=2.0, burst=3, monotonic=clock)
    assert [limits.admit("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limits.admit("a") == 0.5
    clock.now_s += 0.5
    assert limits.admit("a") == 0.0
    assert limits.admit("a") == 0.5
    assert limits.admit("b") == 0.0


def test_a_long_pause_saves_up_no_more_than_a_burst() -> None:
    clock = Clock()
    limits = RateLimits(per_second=2.0, burst=3, monotonic=clock)
    limits.admit("a")
    clock.now_s += 1_000_000
    assert [limits.admit("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_rate_of_nought_is_no_limit() -> None:
    limits = RateLimits(per_second=0.0, burst=0, monotonic=Clock())
    assert {limits.admit("a") for _ in range(1000)} == {0.0}


def test_memory_is_bounded_and_whoever_is_over_the_limit_is_not_forgotten() -> None:
    clock = Clock()
    limits = RateLimits(per_second=0.001, burst=1, monotonic=clock)
    with patch.object(rate_limits, "BUCKETS_KEPT", 10):
        limits.admit("busy")
        for number in range(100):
            clock.now_s += 1
            limits.admit(f"visitor {number}")
        assert len(limits._buckets) <= 11
    assert limits.admit("visitor 99") > 0
