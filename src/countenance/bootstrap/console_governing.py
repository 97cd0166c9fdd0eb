"""The open store and its parts → what the console's pages about ledger, rules and accountability work with."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from countenance.bootstrap.accountability import AccountableParts, now
from countenance.bootstrap.ledger import split_notes, standalone_verifier
from countenance.bootstrap.report_parts import names_of, report_parts
from countenance.core.errors import CaseNotFound, InputError
from countenance.ledger.findings import Verification
from countenance.ledger.signing_keys import parse_verifier_key
from countenance.service.accountability_reports.people import People, people
from countenance.service.ledger_checks import HeldCheckpoint, check_stored
from countenance.service.retention import due
from countenance.service.standing import Standing, local_standing, operator_id
from countenance.service.threshold_changes import record_threshold_change
from countenance.web.console.accountability.pages import accountability_pages
from countenance.web.console.accountability.parts import AccountabilityParts, KeptGallery
from countenance.web.console.ledger.pages import ledger_pages
from countenance.web.console.ledger.parts import Count, LedgerParts
from countenance.web.console.ledger.runs import Runs
from countenance.web.console.policy.pages import policy_pages
from countenance.web.console.policy.parts import PolicyParts, SearchedGallery

if TYPE_CHECKING:
    from fastapi import APIRouter

    from countenance.core.thresholds import Calibration
    from countenance.service.case_ports import StoredCase
    from countenance.service.journal_port import RecordedEntry
    from countenance.service.ledger_port import LedgerRows
    from countenance.storage.ledger_store import SqlLedgerRows
    from countenance.storage.store import SqlGalleryStore
    from countenance.web.console.shell import Shell

T = TypeVar("T")
#: The door's name in standings and in the ledger.
INTERFACE = "console"
_RECORD = "`countenance calibrate PHOTOS --out FILE` writes one."
#: Names on pages may be this old. They change when somebody opens an account or a gallery.
_NAMES_KEPT_S = 20.0
#: Cases whose operators' names are looked up; the newest ones.
_CASES_NAMED = 1_000
#: Rows between two notes of how far a check is.
_NOTED_EVERY = 500


def runs() -> Runs:
    """Return what does the long work of these pages."""
    return Runs(clock=now, new_id=lambda: os.urandom(16).hex())


def governing_pages(shell: Shell, parts: AccountableParts) -> tuple[APIRouter, ...]:
    """Return the pages about ledger, rules and accountability."""
    shared = runs()
    ledger = ledger_parts(parts, shared)
    return (
        ledger_pages(shell, ledger),
        policy_pages(shell, policy_parts(parts, ledger)),
        accountability_pages(shell, accountability_parts(parts, shared, ledger.people, ledger.galleries)),
    )


def ledger_parts(parts: AccountableParts, shared: Runs) -> LedgerParts:
    """Return what the pages about the ledger work with."""
    ledger = parts.app.ledger(parts.store)

    def check(held: Sequence[HeldCheckpoint], keys: Sequence[str], count: Count) -> Verification:
        known = [parse_verifier_key(key) for key in keys] if keys else ledger.custody.verifier_keys()
        remembered = ledger.custody.remembered()
        inside = [] if remembered is None else [
            HeldCheckpoint("The checkpoint that this machine remembers", remembered, outside=False)
        ]  # fmt: skip
        # Of the tables, a check only reads; what is counted on the way is all that is added.
        counted = cast("LedgerRows", _CountedRows(ledger.rows, count))
        return check_stored(counted, [*held, *inside], known)

    def case(named: str) -> StoredCase | None:
        try:
            return parts.cases.find(named)
        except CaseNotFound:
            return None

    return LedgerParts(
        journal=parts.journal,
        rows=ledger.rows,
        custody=ledger.custody,
        exports=ledger.exports,
        check=check,
        split=split_notes,
        people=Recent(lambda: people(names_of(parts, most_cases=_CASES_NAMED)), _NAMES_KEPT_S),
        galleries=Recent(lambda: {found: name for name, found in parts.subjects.gallery_ids().items()}, _NAMES_KEPT_S),
        case=case,
        operator_id=lambda name: operator_id(name, parts.journal.keyed_digest),
        verifier=standalone_verifier().read_bytes(),
        runs=shared,
        folder=_scratch(parts.store),
    )


def accountability_parts(
    parts: AccountableParts, shared: Runs, known: Callable[[], People], names: Callable[[], Mapping[str, str]]
) -> AccountabilityParts:
    """Return what the accountability pages work with."""

    def galleries() -> list[KeptGallery]:
        return [KeptGallery(one.name, one.retention_days, one.references) for one in parts.store.list_galleries()]

    return AccountabilityParts(
        journal=parts.journal,
        clock=now,
        sources=lambda: report_parts(parts, known=known(), galleries=names()).sources,
        people=known,
        due=lambda: due(parts.subjects, now()),
        galleries=galleries,
        pending=lambda most: parts.reviews.recent(limit=most),
        runs=shared,
    )


def policy_parts(parts: AccountableParts, ledger: LedgerParts) -> PolicyParts:
    """Return what the pages about rules work with."""
    from countenance.audit.calibration_record import calibration_from_json
    from countenance.policy.examples import base_attributes
    from countenance.policy.permits import default_operator_text

    def standing(name: str) -> Standing:
        return local_standing(name, interface=INTERFACE, keyed_digest=parts.journal.keyed_digest)

    def read(content: bytes) -> Calibration:
        try:
            return calibration_from_json(content.decode())
        except UnicodeDecodeError as error:
            raise InputError("The file holds no calibration record.", remedy=_RECORD) from error

    def keep(calibration: Calibration, name: str) -> RecordedEntry:
        before = parts.app.calibrations.find(calibration.model)
        entry = record_threshold_change(calibration, before, journal=parts.journal, standing=standing(name))
        parts.app.keep_calibration(calibration)
        return entry

    def operator_list() -> str:
        own = parts.rules.current().state.operator_list
        return default_operator_text() if own is None else own

    def galleries() -> list[SearchedGallery]:
        return [SearchedGallery(one.name, one.references) for one in parts.store.list_galleries()]

    return PolicyParts(
        rules=parts.rules,
        changes=lambda name: parts.changes(standing(name)),
        operator_list=operator_list,
        harmless=lambda: {name: value for name, value in base_attributes().items() if name != "now"},
        calibration=lambda: parts.app.calibrations.find(parts.app.manifest.identity),
        read_calibration=read,
        keep_calibration=keep,
        model=parts.app.manifest.name,
        galleries=galleries,
        ledger=ledger,
        new_id=lambda: os.urandom(16).hex(),
    )


class Recent(Generic[T]):
    """A value that is looked up again when the one at hand is some seconds old."""

    def __init__(self, look_up: Callable[[], T], seconds: float) -> None:
        """Take how to look it up, and how old it may be."""
        self._look_up = look_up
        self._seconds = seconds
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def __call__(self) -> T:
        """Return the value."""
        with self._lock:
            kept = self._kept
            if kept is None or time.monotonic() - kept[0] > self._seconds:
                kept = (time.monotonic(), self._look_up())
                self._kept = kept
            return kept[1]

    def forget(self) -> None:
        """Look it up anew the next time: it has been changed here."""
        with self._lock:
            self._kept = None


class _CountedRows:
    """The ledger's tables, telling how many entries were read."""

    def __init__(self, rows: SqlLedgerRows, count: Count) -> None:
        self._rows = rows
        self._count = count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def all_rows(self, start: int, stop: int) -> Iterator[Any]:
        """Yield entries in order; see ``SqlLedgerRows.all_rows``."""
        number = 0
        for number, row in enumerate(self._rows.all_rows(start, stop), 1):
            if number % _NOTED_EVERY == 0:
                self._count(number)
            yield row
        self._count(number)


def _scratch(store: SqlGalleryStore) -> Callable[[], Path]:
    """Return a folder that goes when the store is closed; made when first asked for."""

    @cache
    def made() -> Path:
        folder = tempfile.TemporaryDirectory(prefix="countenance-exports-")
        store.on_close(folder.cleanup)
        return Path(folder.name)

    return made


__all__ = ["Recent", "accountability_parts", "governing_pages", "ledger_parts", "policy_parts", "runs"]
