"""The cap is a cap: exact sums, the boundary belongs to it, and money for cleaning up is spent on that only."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import CostCapReached
from countenance.vendors.budget import Budget

PRICE = Decimal("0.001")


def budget(cap: str, *, spent: str = "0", set_aside: str = "0") -> Budget:
    return Budget(Decimal(cap), spent=Decimal(spent), set_aside=Decimal(set_aside), currency="USD")


def test_exactly_the_cap_can_be_spent_and_not_a_cent_more() -> None:
    money = budget("0.003")
    for _ in range(3):
        money.spend(PRICE)
    with pytest.raises(CostCapReached, match="not sent"):
        money.spend(PRICE)
    assert money.spent == Decimal("0.003")


def test_what_earlier_runs_spent_counts() -> None:
    money = budget("0.003", spent="0.0025")
    with pytest.raises(CostCapReached):
        money.spend(PRICE)


def test_money_set_aside_is_for_cleaning_up_only() -> None:
    money = budget("0.003", set_aside="0.002")
    money.spend(PRICE)
    with pytest.raises(CostCapReached, match="set aside"):
        money.spend(PRICE)
    money.spend(PRICE, cleaning_up=True)
    money.spend(PRICE, cleaning_up=True)
    with pytest.raises(CostCapReached):
        money.spend(PRICE, cleaning_up=True)


def test_what_has_no_price_is_always_allowed() -> None:
    money = budget("0")
    money.spend(Decimal(0))
    assert money.spent == 0


@given(st.integers(0, 10_000), st.integers(1, 20_000))
def test_attempts_that_fit_are_counted_as_whole_numbers_would_be(cap_thousandths: int, attempts: int) -> None:
    money = Budget(Decimal(cap_thousandths) * PRICE, spent=Decimal(0), set_aside=Decimal(0), currency="USD")
    sent = 0
    for _ in range(min(attempts, cap_thousandths + 1)):
        if not money.allows(PRICE):
            break
        money.spend(PRICE)
        sent += 1
    assert sent == min(attempts, cap_thousandths)
