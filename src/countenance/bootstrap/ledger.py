"""The ledger of an open store, put together: tables, journal, custody."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from countenance import __version__
from countenance.bootstrap import checkpoint_delivery
from countenance.bootstrap.checkpoint_delivery import Delivery
from countenance.bootstrap.ledger_files import LedgerFolder
from countenance.core.errors import CountenanceError, FileUnreadable
from countenance.ledger.findings import Verification
from countenance.ledger.signing_keys import parse_verifier_key
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import RecordedEntry
from countenance.service.ledger_checks import HeldCheckpoint, check_stored
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.ledger_exports import LedgerExports
from countenance.service.ledger_port import KeptCheckpoint
from countenance.service.retention import record_expired
from countenance.service.standing import operator_id
from countenance.settings import Settings
from countenance.storage.ledger_store import SqlLedgerRows
from countenance.storage.store import SqlGalleryStore


@dataclass(slots=True)
class OpenLedger:
    """The parts of one ledger.

    Attributes:
        rows: Its tables.
        journal: Writes and reads entries; use it through ``started`` for writing.
        custody: Its key, checkpoints and memory.
        files: Its files.
    """

    rows: SqlLedgerRows
    journal: LedgerJournal
    custody: LedgerCustody
    files: LedgerFolder
    _is_started: bool = field(default=False)

    def started(self) -> LedgerJournal:
        """Return the journal, ready for writing; see ``LedgerCustody.start``."""
        if not self._is_started:
            self.custody.start()
            self._is_started = True
        return self.journal

    def verify(self, held: Sequence[Path], keys: Sequence[str]) -> Verification:
        """Return what the stored ledger shows against checkpoints in files, the kept ones and the remembered one.

        Args:
            held: Files with checkpoints that were kept outside; one file may hold several.
            keys: Verifier keys as text. Given any, only these count; else those that the database names.

        Raises:
            FileUnreadable: A file cannot be read or holds no checkpoint.
            LedgerError: A key is malformed, or there is no ledger yet.
        """
        known = [parse_verifier_key(key) for key in keys] if keys else self.custody.verifier_keys()
        return check_stored(self.rows, [*self._outside(held), *self._inside()], known)

    @property
    def exports(self) -> LedgerExports:
        """Return what writes exports and proofs."""
        return LedgerExports(self.rows, self.started(), self.custody)

    def operator_id(self) -> str:
        """Return the identifier that stands for the account at the keyboard."""
        return operator_id(getpass.getuser(), self.journal.keyed_digest)

    def publish(
        self, destination: str, *, method: str = "POST", witness_keys: Sequence[str] = ()
    ) -> tuple[KeptCheckpoint, Delivery, RecordedEntry]:
        """Sign a checkpoint, send it to a file or address, and record where it went.

        Raises:
            StorageUnavailable: It did not arrive; it is signed and kept, and nothing is recorded about sending.
        """
        self.started()
        kept = self.custody.checkpoint()
        if checkpoint_delivery.is_address(destination):
            keys = tuple(parse_verifier_key(key) for key in witness_keys)
            all_keys = (*keys, *self.custody.verifier_keys())
            delivery = checkpoint_delivery.to_address(kept.signed, destination, method=method, witness_keys=all_keys)
        else:
            delivery = checkpoint_delivery.to_file(kept.signed, Path(destination))
        recorded = self.custody.published(
            delivery.signed,
            destination=destination,
            destination_kind=delivery.kind,
            witnesses=delivery.witnesses,
        )
        return kept, delivery, recorded

    def _outside(self, files: Sequence[Path]) -> Iterator[HeldCheckpoint]:
        for path in files:
            try:
                content = path.read_bytes()
            except OSError as error:
                raise FileUnreadable(f"{path} cannot be read: {(error.strerror or '').lower()}.") from error
            notes = split_notes(content)
            if not notes:
                raise FileUnreadable(f"{path} holds no checkpoint.")
            for number, note in enumerate(notes, 1):
                which = path.name if len(notes) == 1 else f"{path.name}, number {number}"
                yield HeldCheckpoint(f"The checkpoint in {which}", note, outside=True)

    def _inside(self) -> Iterator[HeldCheckpoint]:
        remembered = self.custody.remembered()
        if remembered is not None:
            yield HeldCheckpoint("The checkpoint that this machine remembers", remembered, outside=False)

    def close(self) -> None:
        """Remember the ledger's end and give no sign of life any more. A failure here loses nothing."""
        try:
            if self._is_started:
                with suppress(CountenanceError):
                    self.custody.remember_if_grown()
        finally:
            self.rows.close()


def standalone_verifier() -> Path:
    """Return the path of the single-file verifier that is handed out with exports."""
    from countenance.ledger import standalone_verifier as module

    return Path(str(module.__file__))


def split_notes(content: bytes) -> list[bytes]:
    """Return the signed notes of a file that checkpoints were added to, in order.

    A note is text, an empty line and signature lines; an empty line separates it from the next one.
    """
    parts = content.replace(b"\r\n", b"\n").strip(b"\n").split(b"\n\n")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [text.lstrip(b"\n") + b"\n\n" + signatures + b"\n" for text, signatures in pairs]


#: One ledger a store: its sign of life is the process's.
_open: WeakKeyDictionary[SqlGalleryStore, OpenLedger] = WeakKeyDictionary()


def open_ledger(store: SqlGalleryStore, settings: Settings) -> OpenLedger:
    """Return the ledger of a store; the same one for the same store. It is closed with the store."""
    present = _open.get(store)
    if present is not None:
        return present
    rows = SqlLedgerRows(store)
    files = LedgerFolder(settings.data_dir)
    journal = LedgerJournal(rows, os.urandom, __version__)
    custody = LedgerCustody(
        rows,
        journal,
        files,
        random_bytes=os.urandom,
        origin=settings.ledger_origin,
        software_version=__version__,
    )
    journal.after_act = custody.remember_if_due
    store.on_expiry(lambda transaction: record_expired(journal, transaction))
    opened = OpenLedger(rows, journal, custody, files)
    _open[store] = opened
    store.on_close(opened.close)
    return opened
