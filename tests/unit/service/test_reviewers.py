"""Error rates of reviewers, worked by hand."""

from __future__ import annotations

import pytest

from countenance.service.reviewers import error_rate


def test_no_trials_have_no_rate() -> None:
    assert error_rate(0, 0) is None


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    # Closed forms of the exact interval at its ends: 1 - (0.025)^(1/n) and its mirror image.
    [(0, 10, 0.0, 1 - 0.025 ** (1 / 10)), (10, 10, 0.025 ** (1 / 10), 1.0)],
)
def test_a_rate_comes_with_its_exact_interval(errors: int, trials: int, low: float, high: float) -> None:
    rate = error_rate(errors, trials)
    assert rate is not None
    assert rate.rate == errors / trials
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-9)
