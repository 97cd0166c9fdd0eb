"""Who vouches for the ledger: its name and key, its checkpoints, and what this machine remembers of it.

Rules kept here:

- The first use starts the ledger: an entry that names it, and its key's public half in the database. The private half
  is a file and never enters the database.
- The machine keeps the newest checkpoint it saw in a file beside the key. A database that does not continue it (an
  older backup was put back, its end was cut off, it was rewritten) is refused for writing until that is recorded.
- A checkpoint is signed only if it continues every one that is remembered or kept, and if the entries since then are
  those that its tree was made from.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress

from countenance.core.errors import CountenanceError, LedgerError, ProofInvalid, SettingsInvalid
from countenance.ledger.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint, verify_checkpoint
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldSpec, FieldType
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import MerkleTree, RunningRoot
from countenance.ledger.sealing import parse_sealed_line
from countenance.ledger.signing_keys import (
    KEY_BYTES,
    SigningKey,
    VerifierKey,
    load_signing_key,
    parse_verifier_key,
    signing_key_pem,
)
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import OpenTransaction, RecordedEntry
from countenance.service.ledger_port import EntryRow, KeptCheckpoint, LedgerFiles, LedgerRows

#: Entries after which the newest checkpoint is remembered again: as many may be lost unseen by this machine.
REMEMBER_EVERY = 256
#: Longest name of a ledger: name, key id and key fit a word of an entry (128 characters).
LONGEST_ORIGIN = 64
_ORIGIN = FieldSpec(FieldType.WORD)


class LedgerCustody:
    """The ledger's key, checkpoints and memory."""

    def __init__(
        self,
        rows: LedgerRows,
        journal: LedgerJournal,
        files: LedgerFiles,
        *,
        random_bytes: Callable[[int], bytes],
        origin: str,
        software_version: str,
    ) -> None:
        """Take tables, journal and files; ``origin`` is the name wanted, or empty for one made from the key."""
        self._rows = rows
        self._journal = journal
        self._files = files
        self._random_bytes = random_bytes
        self._origin = origin
        self._software_version = software_version
        self._remembered_size = 0
        self._remembering = threading.Lock()

    def start(self) -> list[RecordedEntry]:
        """Make the ledger ready for writing; return the entries about acts that were found interrupted.

        Raises:
            LedgerError: The key's file is missing or another one.
            ProofInvalid: The database does not continue what this machine remembers.
            SettingsInvalid: The name in the settings cannot be used, or is not this ledger's.
        """
        if not self._rows.verifier_keys():
            self._begin()
        self.signing_key()
        self.require_continued()
        interrupted = self._journal.interrupted_acts()
        self._remembered_size = _size_of(self.remembered()) or 0
        self.remember_if_grown()
        return interrupted

    def signing_key(self) -> SigningKey:
        """Return the signing key in use.

        Raises:
            LedgerError: Its file is missing, or holds another key than the ledger's.
        """
        current = self.verifier_keys()[-1]
        for read, adopt in ((self._files.read_key, None), (self._files.read_staged_key, self._files.adopt_staged_key)):
            pem = read()
            if pem is not None:
                key = load_signing_key(pem, current.name)
                if key.verifier_key() == current:
                    # A change of keys that was cut off after it was recorded is completed here.
                    if adopt is not None:
                        adopt()
                    return key
        raise LedgerError(
            f"The signing key of the ledger {current.name} (key {current.key_id.hex()}) is not on this machine.",
            remedy="Put its file ledger.key back from a copy or from the machine that has it; if it is lost for good, "
            "`countenance ledger key rotate` goes on with a new one, and the ledger says so.",
        )

    def verifier_keys(self) -> list[VerifierKey]:
        """Return the public keys of this ledger, the one in use last.

        Raises:
            LedgerError: The ledger was not started yet.
        """
        keys = [parse_verifier_key(text) for text in self._rows.verifier_keys()]
        if not keys:
            raise LedgerError(
                "There is no ledger yet.",
                remedy="It is started by the first act that is recorded, such as an enrolment.",
            )
        return keys

    def remembered(self) -> bytes | None:
        """Return the signed checkpoint that this machine remembers, unverified, or None."""
        return self._files.read_remembered()

    def require_continued(self) -> None:
        """Return if the database continues the remembered checkpoint and every kept one.

        Raises:
            ProofInvalid: It does not.
        """
        signed = self.remembered()
        known = [kept[1] for kept in self._rows.checkpoints()[-1:]]
        if signed is not None:
            known.append(signed)
        for note in known:
            try:
                checkpoint = verify_checkpoint(note, self.verifier_keys()).checkpoint
            except LedgerError as error:
                raise ProofInvalid(
                    f"The checkpoint that this machine remembers of the ledger is damaged or of another ledger: "
                    f"{error.message}",
                    remedy=_ROLLED_BACK,
                ) from error
            self._require_beginning(checkpoint)

    def remember(self) -> None:
        """Keep the present end of the ledger in the file that this machine remembers it by."""
        with self._rows.transaction() as transaction:
            signed = self._signed(transaction)
        self._files.remember(signed)
        self._remembered_size = read_checkpoint(signed).size

    def remember_if_grown(self) -> None:
        """Remember the present end if anything was added since it was last remembered."""
        if self._rows.size() != self._remembered_size:
            self.remember()

    def remember_if_due(self, size: int) -> None:
        """Remember the present end if the ledger has grown to a size that is far from the remembered one.

        What cannot be remembered now is remembered later: the entries are stored, and an act is not to fail for it.
        """
        if size - self._remembered_size >= REMEMBER_EVERY and self._remembering.acquire(blocking=False):
            try:
                with suppress(CountenanceError):
                    self.remember()
            finally:
                self._remembering.release()

    def checkpoint(self) -> KeptCheckpoint:
        """Sign, keep and remember a checkpoint of the present end of the ledger.

        Raises:
            ProofInvalid: It would not continue what is remembered or kept, or entries differ from the tree.
        """
        self.require_continued()
        with self._rows.transaction() as transaction:
            signed = self._signed(transaction)
            size = read_checkpoint(signed).size
            kept = KeptCheckpoint(size, signed, utc_text(transaction.now), "")
            self._require_entries(self._last_checked(size), size)
            self._rows.keep_checkpoint(transaction, kept)
        self._files.remember(signed)
        self._remembered_size = size
        return kept

    def published(
        self,
        signed: bytes,
        *,
        destination: str,
        destination_kind: str,
        witnesses: tuple[str, ...] = (),
    ) -> RecordedEntry:
        """Record that a checkpoint went somewhere, and keep it with the witnesses' signatures that came back."""
        checkpoint = read_checkpoint(signed)
        with self._rows.transaction() as transaction:
            recorded = self._journal.record(
                EntryKind.CHECKPOINT_PUBLISHED,
                {
                    "entries": checkpoint.size,
                    "root": checkpoint.root.hex(),
                    "destination": destination,
                    "destination_kind": destination_kind,
                    "witnesses": witnesses,
                },
                transaction=transaction,
            )
            kept = KeptCheckpoint(checkpoint.size, signed, utc_text(transaction.now), destination)
            self._rows.keep_checkpoint(transaction, kept)
        return recorded

    def rotate_key(self, operator_id: str) -> VerifierKey:
        """Go on with a new signing key from now on, and record it; return its public half.

        The old key's file is kept under another name. Whoever verifies needs both public keys.
        """
        before = self.verifier_keys()[-1]
        pem = signing_key_pem(self._random_bytes(KEY_BYTES))
        after = load_signing_key(pem, before.name).verifier_key()
        self._files.stage_key(pem)
        with self._rows.transaction() as transaction:
            self._journal.record(
                EntryKind.LEDGER_KEY_CHANGED,
                {"operator_id": operator_id, "key_before": str(before), "key_after": str(after)},
                transaction=transaction,
            )
            self._rows.add_verifier_key(transaction, str(after))
        self._files.adopt_staged_key()
        return after

    def accept_restored(self, operator_id: str, reason: str) -> RecordedEntry:
        """Record that an older or another database was put in place knowingly, and go on from what it holds.

        What was in the ledger between is lost here; whoever holds a newer checkpoint can show that.
        """
        signed = self.remembered()
        with self._rows.transaction() as transaction:
            present = read_checkpoint(self._signed(transaction))
            recorded = self._journal.record(
                EntryKind.BACKUP_RESTORED,
                {
                    "operator_id": operator_id,
                    "reason": reason,
                    "entries_after": present.size,
                    "root_after": present.root.hex(),
                    **({} if (size := _size_of(signed)) is None else {"entries_before": size}),
                },
                transaction=transaction,
            )
        self.remember()
        return recorded

    def _begin(self) -> None:
        if self._origin and (len(self._origin) > LONGEST_ORIGIN or "+" in self._origin):
            raise SettingsInvalid(f"The setting ledger_origin has up to {LONGEST_ORIGIN} characters and no plus sign.")
        try:
            _ORIGIN.check("ledger_origin", self._origin or "countenance")
        except LedgerError as error:
            raise SettingsInvalid("The setting ledger_origin is one word, such as log.example.org/faces.") from error
        pem = self._files.create_key(signing_key_pem(self._random_bytes(KEY_BYTES)))
        public = load_signing_key(pem, "unnamed").verifier_key().public_key
        origin = self._origin or f"countenance/{hashlib.sha256(public).hexdigest()[:12]}"
        key = load_signing_key(pem, origin).verifier_key()
        with self._rows.transaction() as transaction:
            self._rows.locked_size(transaction)
            if self._rows.verifier_keys():
                return
            fields = {"origin": origin, "software_version": self._software_version, "key": str(key)}
            self._journal.record(EntryKind.LEDGER_STARTED, fields, transaction=transaction)
            self._rows.add_verifier_key(transaction, str(key))

    def _signed(self, transaction: OpenTransaction) -> bytes:
        size = self._rows.locked_size(transaction)
        key = self.signing_key()
        root = MerkleTree(self._rows.hashes(transaction), size).root()
        return sign_checkpoint(Checkpoint(key.name, size, root), key)

    def _require_beginning(self, checkpoint: Checkpoint) -> None:
        size = self._rows.size()
        if checkpoint.size > size:
            raise ProofInvalid(
                f"The ledger had {checkpoint.size} entries when this machine last saw it and has {size} now: "
                "its end is gone, or an older copy of the database was put in place.",
                remedy=_ROLLED_BACK,
            )
        if MerkleTree(self._rows.hashes(), checkpoint.size).root() != checkpoint.root:
            raise ProofInvalid(
                f"The first {checkpoint.size} entries of the ledger are not those that this machine remembers.",
                remedy=_ROLLED_BACK,
            )

    def _last_checked(self, size: int) -> int:
        """Return the start of what has to be checked before signing: the end that was signed last."""
        ends = [kept[0] for kept in self._rows.checkpoints()[-1:]]
        return min(max(ends, default=0), size)

    def _require_entries(self, start: int, size: int) -> None:
        running = MerkleTree(self._rows.hashes(), start).running_root() if start else RunningRoot()
        leaves = [parse_sealed_line(EntryRow(*row).sealed_line).leaf_hash() for row in self._rows.all_rows(start, size)]
        grown, _ = running.extended(leaves)
        if grown.size != size or grown.root() != MerkleTree(self._rows.hashes(), size).root():
            raise ProofInvalid("Entries of the ledger differ from the tree they were added to; nothing was signed.")


_ROLLED_BACK = (
    "Put the newest database back. If the older one is meant, record it with `countenance ledger restored --reason …`; "
    "`countenance ledger verify` shows what differs."
)


def _size_of(signed: bytes | None) -> int | None:
    if signed is None:
        return None
    try:
        return read_checkpoint(signed).size
    except LedgerError:
        return None
