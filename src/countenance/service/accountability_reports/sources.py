"""Where reports take their facts from, in one object that ``bootstrap`` fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from countenance.core.thresholds import Threshold
from countenance.policy.certificate import Certificate
from countenance.service.accountability_reports.people import People
from countenance.service.case_ports import StoredCase
from countenance.service.journal_port import Journal
from countenance.service.ledger_exports import EntryProof
from countenance.service.review_account import ReviewAccount


@dataclass(frozen=True, slots=True)
class KnownCertificate:
    """A certificate that was loaded.

    Attributes:
        sha256: Digest of the envelope.
        envelope: The signed bytes.
        certificate: Its content, or None if it does not hold with the keys listed now.
    """

    sha256: str
    envelope: bytes
    certificate: Certificate | None


class Names(Protocol):
    """Gives the names of people in galleries."""

    def __call__(self, reference_ids: Sequence[str]) -> Mapping[str, str]:
        """Return reference → name of its subject, of those that are still there."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What reports read.

    Attributes:
        journal: The ledger.
        origin: The ledger's name; empty before it is started.
        people: Names of those who work with the system.
        galleries: Identifier → name, of the galleries that are there.
        names: Names of people in galleries.
        threshold: (model digest, similarity) → the threshold with the rates of the calibration in use, or None.
        certificate: Digest → the certificate, or None if it is not kept.
        case: Identifier → the case, or None.
        account: Review → everything about one that has ended; raises ``ReviewError`` otherwise.
        prove: Entry → its inclusion proof.
        now: The time of the report.
        software_version: This software's version.
    """

    journal: Journal
    origin: str
    people: People
    galleries: Mapping[str, str]
    names: Names
    threshold: Callable[[str, float], Threshold | None]
    certificate: Callable[[str], KnownCertificate | None]
    case: Callable[[str], StoredCase | None]
    account: Callable[[str], ReviewAccount]
    prove: Callable[[str], EntryProof]
    now: datetime
    software_version: str

    def gallery(self, gallery_id: str) -> str:
        """Return a gallery's name, or what its identifier begins with if it is gone."""
        return self.galleries.get(gallery_id, f"gallery {gallery_id[:8]} (gone)")
