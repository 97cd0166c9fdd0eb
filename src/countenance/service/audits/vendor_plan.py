"""Which photos go to a vendor, and what that costs, before anything is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from countenance.core.errors import AuditInputInvalid, CostCapReached
from countenance.service.audits.vendor_ports import Prices, VendorConnection
from countenance.service.sources import read_photo


@dataclass(frozen=True, slots=True)
class VendorPhoto:
    """A photo of the audit.

    Attributes:
        name: Its name within the audit; never sent.
        path: Where it lies.
        sha256: Digest of its bytes when the audit was made.
    """

    name: str
    path: Path
    sha256: str

    def read(self) -> bytes:
        """Return the bytes.

        Raises:
            FileUnreadable: The file cannot be read.
            AuditInputInvalid: It is not the file the audit was made with.
        """
        data = read_photo(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise AuditInputInvalid(
                f"{self.path} is not the photo this audit was made with.",
                remedy="Restore the photo, or make the audit anew.",
            )
        return data


@dataclass(frozen=True, slots=True)
class VendorPlan:
    """What a run asks about.

    Attributes:
        probes: Photos that are searched with.
        references: Photos that are searched; the same tuple as ``probes`` for one set.
        one_set: True if every photo is compared with every other.
    """

    probes: tuple[VendorPhoto, ...] = field(repr=False)
    references: tuple[VendorPhoto, ...] = field(repr=False)
    one_set: bool

    @property
    def pairs(self) -> int:
        """Return how many comparisons there are; of one set every unordered pair once."""
        count = len(self.probes)
        return count * (count - 1) // 2 if self.one_set else count * len(self.references)

    def digest(self) -> str:
        """Return a digest over names, bytes and order of all photos."""
        rows = [f"{photo.name}\t{photo.sha256}" for photo in self.probes]
        rows += [] if self.one_set else ["references", *(f"{photo.name}\t{photo.sha256}" for photo in self.references)]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """Calls of one kind.

    Attributes:
        operation: The vendor's name.
        calls: Needed in all.
        answered: Answered already by an earlier run; they are not sent again.
        price_each: Price of one attempt.
    """

    operation: str
    calls: int
    answered: int
    price_each: Decimal

    @property
    def remaining(self) -> Decimal:
        """Return the price of those still to be sent, without retries."""
        return max(0, self.calls - self.answered) * self.price_each


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will cost, by list.

    Attributes:
        lines: By operation.
        spent: What earlier runs spent.
        cap: The most that may be spent.
        set_aside: Part of the cap kept back for cleaning up and its retries.
        prices: The list.
    """

    lines: tuple[EstimateLine, ...]
    spent: Decimal
    cap: Decimal
    set_aside: Decimal
    prices: Prices

    @property
    def remaining(self) -> Decimal:
        """Return the price of all calls still to be sent, without retries."""
        return sum((line.remaining for line in self.lines), Decimal(0))

    @property
    def in_words(self) -> str:
        """Return the estimate as one sentence."""
        calls = sum(max(0, line.calls - line.answered) for line in self.lines)
        before = f" {self.spent} {self.prices.currency} are spent already." if self.spent else ""
        return (
            f"{calls:,} calls to {self.prices.vendor} for about {self.remaining} {self.prices.currency} at list prices "
            f"of {self.prices.as_of} ({self.prices.source}), retries not included.{before}"
        )


def estimate_costs(plan: VendorPlan, vendor: VendorConnection) -> Estimate:
    """Return what a run will cost; nothing is sent."""
    planned = vendor.planned(
        probes=len(plan.probes), references=len(plan.references), pairs=plan.pairs, one_set=plan.one_set
    )
    lines = []
    for line in planned:
        answered = line.calls if vendor.finished else min(line.calls, vendor.answered(line.operation))
        lines.append(EstimateLine(line.operation, line.calls, answered, line.price_each))
    aside = Decimal(0) if vendor.finished else vendor.set_aside
    return Estimate(tuple(lines), vendor.spent, vendor.cap, aside, vendor.prices)


def require_affordable(estimate: Estimate) -> None:
    """Refuse a run that cannot be finished within the cap, before it costs anything.

    Raises:
        CostCapReached: It would stop half-way.
    """
    if estimate.spent + estimate.remaining + estimate.set_aside > estimate.cap:
        aside = f", with {estimate.set_aside} set aside for cleaning up," if estimate.set_aside else ""
        raise CostCapReached(
            f"{estimate.in_words} That{aside} is over the cap of {estimate.cap} {estimate.prices.currency}: nothing "
            "was sent.",
            remedy="Raise --max-cost, or audit fewer photos.",
        )


def description(plan: VendorPlan, vendor: VendorConnection, *, run_id: str, started_at: str) -> dict[str, Any]:
    """Return what an archive is bound to: another vendor, place, operation or photo is another run."""
    facts = vendor.facts
    return {
        "schema": "countenance.vendor-archive/1",
        "run_id": run_id,
        "started_at": started_at,
        "vendor": facts.vendor,
        "operation": facts.operation,
        "endpoint": facts.endpoint,
        "region": facts.region,
        "settings": {key: value for key, value in facts.settings.items() if key != "retries"},
        "photos_sha256": plan.digest(),
        "one_set": plan.one_set,
    }
