"""The cost cap: asked before every attempt, retries included, and never passed.

Money set aside for cleaning up can be spent on that only, so that reaching the cap never leaves faces at the vendor.
"""

from __future__ import annotations

from decimal import Decimal

from countenance.core.errors import CostCapReached


class Budget:
    """What may be spent, what is spent, and what is set aside.

    Args:
        cap: The most that may be spent, in the currency of the price list.
        spent: What earlier runs of the same audit spent already.
        set_aside: Part of the cap that only cleaning up may use.
        currency: ISO 4217 code, for messages.
    """

    def __init__(self, cap: Decimal, *, spent: Decimal, set_aside: Decimal, currency: str) -> None:
        self.cap = cap
        self.spent = spent
        self.set_aside = set_aside
        self.currency = currency

    def allows(self, price: Decimal, *, cleaning_up: bool = False) -> bool:
        """Return whether an attempt at this price keeps within the cap; exactly at the cap is within it."""
        reserved = Decimal(0) if cleaning_up else self.set_aside
        return self.spent + price + reserved <= self.cap

    def spend(self, price: Decimal, *, cleaning_up: bool = False) -> None:
        """Count an attempt about to be sent.

        An attempt without a price is always allowed.

        Raises:
            CostCapReached: It could pass the cap; nothing is counted.
        """
        if price and not self.allows(price, cleaning_up=cleaning_up):
            aside = f", {self.set_aside} are set aside for cleaning up" if self.set_aside and not cleaning_up else ""
            raise CostCapReached(
                f"{self.spent} of {self.cap} {self.currency} are spent{aside}, and the next call is priced {price}: "
                "it was not sent."
            )
        self.spent += price
