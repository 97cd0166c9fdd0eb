"""What a call to a vendor costs by its list, with the date and source of the list.

A price is an upper bound for planning, not a bill: every attempt is priced as if it were billed, retries and refusals
included, and a stored face is charged a whole month at once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one vendor.

    Attributes:
        vendor: The vendor's product by its full name.
        currency: ISO 4217 code.
        as_of: Date of the list, ISO 8601.
        source: Where the list is published.
        note: What the list covers and how it was obtained.
        per_call: Price of one call.
        per_stored_face: Price of one face kept at the vendor for a month.
        free_operations: Operations that the list does not price.
    """

    vendor: str
    currency: str
    as_of: str
    source: str
    note: str
    per_call: Decimal
    per_stored_face: Decimal
    free_operations: frozenset[str]

    def of(self, operation: str, *, stored_faces: int = 0) -> Decimal:
        """Return the price of one attempt at an operation that would store so many faces."""
        call = Decimal(0) if operation in self.free_operations else self.per_call
        return call + self.per_stored_face * stored_faces


def price_list(vendor: str, *, per_call: Decimal | None = None) -> PriceList:
    """Return the list of a vendor (``rekognition`` or ``azure``); ``per_call`` replaces the price of a call.

    Raises:
        KeyError: There is no list of this vendor.
    """
    text = resources.files("countenance.vendors").joinpath("prices.toml").read_text(encoding="utf-8")
    row: dict[str, Any] = tomllib.loads(text)[vendor]
    shipped = PriceList(
        vendor=row["vendor"],
        currency=row["currency"],
        as_of=row["as_of"],
        source=row["source"],
        note=row["note"],
        per_call=Decimal(row["per_call"]),
        per_stored_face=Decimal(row["per_stored_face"]),
        free_operations=frozenset(row["free_operations"]),
    )
    if per_call is None:
        return shipped
    return replace(shipped, per_call=per_call, source="the auditor", note="Price of a call given by the auditor.")
