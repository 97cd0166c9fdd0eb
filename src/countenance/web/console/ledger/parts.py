"""What the pages about the ledger work with, filled in by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from countenance.ledger.findings import Verification
from countenance.service.accountability_reports.people import People
from countenance.service.case_ports import StoredCase
from countenance.service.journal_port import Journal
from countenance.service.ledger_checks import HeldCheckpoint
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.ledger_exports import LedgerExports
from countenance.service.ledger_port import LedgerRows
from countenance.web.console.ledger.runs import Runs

#: Takes how many rows were read.
Count = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class LedgerParts:
    """What the pages about the ledger work with.

    Attributes:
        journal: Reads and writes entries.
        rows: The ledger's tables, for proofs.
        custody: Key, checkpoints and memory.
        exports: Writes exports and proofs.
        check: Checks the stored ledger against checkpoints, the remembered one included; given verifier keys as text,
            only these count. Tells how many entries it has read.
        split: Splits a file into the checkpoints in it.
        people: Names of those who work with the system; may be some seconds old.
        galleries: Identifier → name, of the galleries that are there; may be some seconds old.
        case: Number or identifier → the case, or None.
        operator_id: Name → the identifier that stands for it in the ledger.
        verifier: The stand-alone verifier, one file of Python.
        runs: Does what takes long.
        folder: Where exports lie until they are fetched; emptied with the process.
    """

    journal: Journal
    rows: LedgerRows
    custody: LedgerCustody
    exports: LedgerExports
    check: Callable[[Sequence[HeldCheckpoint], Sequence[str], Count], Verification]
    split: Callable[[bytes], Sequence[bytes]]
    people: Callable[[], People]
    galleries: Callable[[], Mapping[str, str]]
    case: Callable[[str], StoredCase | None]
    operator_id: Callable[[str], str]
    verifier: bytes
    runs: Runs
    folder: Callable[[], Path]
