"""What clients of the vendors' services find here: each operation's fate.

Whether an operation works is told from the tables that requests are answered by; nothing is listed by hand.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Fate(enum.StrEnum):
    """What becomes of an operation here."""

    WORKS = "works"
    REFUSED = "refused on purpose"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class VendorOperation:
    """One operation of a vendor's service.

    Attributes:
        name: As the vendor calls it.
        fate: What becomes of it here.
        why: Why it does not work; empty if it does.
        calls: Requests since the service started.
        failed: Those of them that were answered with an error.
    """

    name: str
    fate: Fate
    why: str = ""
    calls: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class VendorCoverage:
    """The operations of one vendor's service.

    Attributes:
        dialect: Word for the vendor, as in the ledger and the metrics.
        title: The vendor's name for the service.
        point: How a client is pointed here, in a sentence.
        operations: Those that work first, each group by name.
        unknown_calls: Requests that named no operation of the vendor's.
        notes: What users should know about answers that differ.
    """

    dialect: str
    title: str
    point: str
    operations: tuple[VendorOperation, ...]
    unknown_calls: int = 0
    notes: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        """Return how many operations have a fate."""
        return sum(operation.fate is fate for operation in self.operations)

    @property
    def calls(self) -> int:
        """Return how many requests for its operations came in since the start."""
        return sum(operation.calls for operation in self.operations)


def coverage(
    dialect: str,
    title: str,
    point: str,
    *,
    works: Iterable[str],
    refused: dict[str, str],
    not_applicable: frozenset[str],
    calls: dict[str, tuple[int, int]],
    notes: tuple[str, ...] = (),
) -> VendorCoverage:
    """Return a vendor's operations from the tables of its dialect.

    Args:
        dialect: Word for the vendor.
        title: The vendor's name for the service.
        point: How a client is pointed here.
        works: Operations that are answered.
        refused: Operation → why it is not.
        not_applicable: Those of ``refused`` that have nothing to do with faces.
        calls: Operation → (requests, those answered with an error).
        notes: What users should know.
    """
    works = tuple(works)

    def operation(name: str, fate: Fate, why: str = "") -> VendorOperation:
        return VendorOperation(name, fate, why, *calls.get(name, (0, 0)))

    fates = {name: Fate.NOT_APPLICABLE if name in not_applicable else Fate.REFUSED for name in refused}
    listed = [operation(name, Fate.WORKS) for name in sorted(works)]
    for fate in (Fate.REFUSED, Fate.NOT_APPLICABLE):
        listed += [operation(name, fate, refused[name]) for name in sorted(refused) if fates[name] is fate]
    known = {item.name for item in listed}
    unknown = sum(count for name, (count, _) in calls.items() if name not in known)
    return VendorCoverage(dialect, title, point, tuple(listed), unknown, notes)
