"""What the pages about searches need, ready-made by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from countenance.service.account_port import SignedIn
from countenance.service.accountability_reports.disclosure import Packet
from countenance.service.accountability_reports.people import People
from countenance.service.accountability_reports.results import Came
from countenance.service.accountability_reports.sources import Sources
from countenance.service.case_ports import StoredCase
from countenance.service.search_listing import SearchListing


class MakePacket(Protocol):
    """Makes a packet for disclosure."""

    def __call__(self, person: SignedIn, act_id: str, *, recipient: str, names: bool) -> Packet:
        """Return the packet; it was recorded. See ``service.accountability_reports.disclosure``."""
        ...


class ReportResult(Protocol):
    """Records what came of a search."""

    def __call__(
        self, person: SignedIn, act_id: str, came: Came, *, false_match: bool, disclosed: bool, reason: str
    ) -> str:
        """Record it and return the entry. See ``service.accountability_reports.results``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class DossierParts:
    """What the pages about searches need.

    Attributes:
        sources: Returns what reports read, as of now.
        listing: Searches in a list.
        people: Names of those who work with the system; may be some seconds old.
        galleries: Identifier → name, of the galleries that are there; may be some seconds old.
        cases: Number or identifier → the cases it names.
        operator_id: Name → the identifier that stands for it in the ledger.
        packet: Makes a packet for disclosure.
        report: Records what came of a search.
    """

    sources: Callable[[], Sources]
    listing: SearchListing
    people: Callable[[], People]
    galleries: Callable[[], Mapping[str, str]]
    cases: Callable[[str], Sequence[StoredCase]]
    operator_id: Callable[[str], str]
    packet: MakePacket
    report: ReportResult
