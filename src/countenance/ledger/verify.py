"""Checking an export against checkpoints that the reader holds, with findings in plain words.

Rules kept here:

- Needed are the export, at least one checkpoint that the reader got some other way, and the ledger's verifier key.
- Every held checkpoint is compared: the same size must have the same root; an older one must be a beginning of the
  ledger; a newer one must continue it. What cannot be compared speaks against the file.
- Only the form of an entry is checked, not its kind's schema, so files of newer versions verify.
- ``countenance.ledger.standalone_verifier`` does the same without this package; their findings are tested to be equal.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from countenance.core.errors import LedgerError, ProofInvalid
from countenance.ledger.checkpoint import Checkpoint, VerifiedCheckpoint, verify_checkpoint
from countenance.ledger.export_reader import (
    CheckpointLine,
    ConsistencyLine,
    DigestedEntries,
    EndLine,
    ExportLine,
    Header,
)
from countenance.ledger.findings import (
    NOT_SHOWN,
    NOT_SHOWN_SELECTION,
    NOT_SHOWN_WITHHELD,
    Finding,
    Verification,
)
from countenance.ledger.line_digests import digested_lines
from countenance.ledger.merkle import RunningRoot
from countenance.ledger.proofs import verify_consistency, verify_inclusion
from countenance.ledger.signing_keys import SignatureType, VerifierKey, parse_verifier_key


def verify_export(
    lines: Iterable[bytes], *, held: Sequence[bytes], keys: Sequence[str], processes: int = 1
) -> Verification:
    """Return what an export shows against the checkpoints its reader holds.

    Args:
        lines: Lines of the export, as read from a file opened for bytes.
        held: Signed checkpoints that reached the reader some other way than with the export, at least one.
        keys: Verifier keys as text: at least one of the ledger (type 1), and any of witnesses (type 4).
        processes: Processes that digest entries at the same time; more than 1 pays from some ten thousand entries on.

    Raises:
        LedgerError: There is no held checkpoint, no key of the ledger, or a key is malformed. What is wrong with the
            export or a checkpoint is a finding, not an error.
    """
    known = [parse_verifier_key(key) for key in keys]
    if not any(key.type is SignatureType.NOTE for key in known):
        raise LedgerError("No verifier key of the ledger was given.")
    if not held:
        raise LedgerError("No checkpoint was given to hold the export against.")
    run = _Run(known)
    checkpoints = run.read_held(held)
    try:
        run.read_export(digested_lines(lines, processes), checkpoints)
    except LedgerError as error:
        run.against("export_malformed", error.message)
    return run.result()


@dataclass(slots=True)
class _Run:
    """One verification: what was found so far."""

    keys: list[VerifierKey]
    findings: list[Finding] = field(default_factory=list)
    complete: bool = False
    entries: int = 0
    withheld: int = 0
    scope: str = "whole"

    def shows(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, True, text))

    def against(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, False, text))

    def result(self) -> Verification:
        not_shown = list(NOT_SHOWN)
        if self.withheld:
            not_shown.append(NOT_SHOWN_WITHHELD)
        if self.scope == "selection":
            not_shown.append(NOT_SHOWN_SELECTION)
        return Verification(tuple(self.findings), self.complete, self.entries, self.withheld, tuple(not_shown))

    def read_held(self, held: Sequence[bytes]) -> dict[int, Checkpoint]:
        checkpoints = {}
        for number, signed in enumerate(held, 1):
            checkpoint = self.read_signed(signed.replace(b"\r\n", b"\n"), f"held_{number}", f"Held checkpoint {number}")
            if checkpoint is not None:
                checkpoints[number] = checkpoint
        return checkpoints

    def read_signed(self, signed: bytes, code: str, what: str) -> Checkpoint | None:
        try:
            verified = verify_checkpoint(signed, self.keys)
        except ProofInvalid as error:
            self.against(f"{code}_not_signed", f"{what} is not validly signed. {error.message}")
            return None
        except LedgerError as error:
            self.against(f"{code}_malformed", f"{what} cannot be read. {error.message}")
            return None
        if not verified.ledger_keys:
            self.against(f"{code}_not_signed", f"{what} is signed by a witness, but not by the ledger's own key.")
            return None
        self._say_signed(verified, code, what)
        return verified.checkpoint

    def _say_signed(self, verified: VerifiedCheckpoint, code: str, what: str) -> None:
        checkpoint, key = verified.checkpoint, verified.ledger_keys[0]
        self.shows(
            f"{code}_signed",
            f"{what} counts {checkpoint.size} entries and is signed by {key.name} (key {key.key_id.hex()}).",
        )
        for witness in verified.witnesses:
            self.shows(
                f"{code}_witnessed",
                f"{what} was seen by the witness {witness.key.name} at {_utc(witness.posix_time or 0)}.",
            )

    def read_export(self, lines: Iterator[ExportLine], held: Mapping[int, Checkpoint]) -> None:
        proofs: dict[tuple[int, int], tuple[bytes, ...]] = {}
        header, own, body = self._read_opening(lines, proofs)
        if own is None:
            return
        origins = {header.origin, own.origin, *(checkpoint.origin for checkpoint in held.values())}
        if len(origins) > 1:
            self.against("another_ledger", "The file and the held checkpoints do not speak of the same ledger.")
            return
        self.scope = header.scope
        if header.scope == "whole":
            prefix_roots = self._read_whole(body, own, {checkpoint.size for checkpoint in held.values()})
        else:
            prefix_roots = {}
            self._read_selection(body, own)
        if self.findings[-1].code != "entries_match":
            return
        if self.withheld:
            self.shows("fields_withheld", f"{self.withheld} fields are withheld; their commitments are in place.")
        for number, checkpoint in held.items():
            self._compare(number, checkpoint, own, prefix_roots, proofs)
        self.complete = True

    def _read_opening(
        self, lines: Iterator[ExportLine], proofs: dict[tuple[int, int], tuple[bytes, ...]]
    ) -> tuple[Header, Checkpoint | None, Iterator[DigestedEntries | EndLine]]:
        header, signed = next(lines), next(lines)
        if not isinstance(header, Header) or not isinstance(signed, CheckpointLine):
            raise LedgerError("The file does not begin with a header and a checkpoint.")
        own = self.read_signed(signed.note, "export", "The checkpoint in the file")

        def body() -> Iterator[DigestedEntries | EndLine]:
            for line in lines:
                if isinstance(line, ConsistencyLine):
                    proofs[line.older_size, line.size] = line.proof
                elif isinstance(line, DigestedEntries | EndLine):
                    yield line

        return header, own, body()

    def _read_whole(
        self, body: Iterator[DigestedEntries | EndLine], own: Checkpoint, sizes: set[int]
    ) -> Mapping[int, bytes]:
        tree, stated = RunningRoot(), -1
        roots = {0: tree.root()}
        for line in body:
            if isinstance(line, EndLine):
                stated = line.entries
                continue
            if line.index != self.entries or line.proof is not None:
                self.against("entry_out_of_place", f"Entry {self.entries} is missing, or not in its place.")
                return {}
            self._count(line)
            # Cut where a held checkpoint ends, so that its root can be compared.
            cuts = [size - line.index for size in sorted(sizes) if line.index < size < self.entries]
            for start, end in itertools.pairwise([0, *cuts, len(line.leaf_hashes)]):
                tree, _ = tree.extended(line.leaf_hashes[start:end])
                if tree.size in sizes:
                    roots[tree.size] = tree.root()
        if not self.entries == stated == own.size:
            self.against(
                "entries_missing",
                f"The file has {self.entries} entries, says it has {stated}, and its checkpoint counts {own.size}.",
            )
        elif tree.root() != own.root:
            self.against(
                "entries_changed",
                "The entries are not those that were signed: at least one was changed, removed, added or moved.",
            )
        else:
            self.shows(
                "entries_match",
                f"The file has all {own.size} entries that its checkpoint counts, in order and as they were signed.",
            )
        return roots

    def _read_selection(self, body: Iterator[DigestedEntries | EndLine], own: Checkpoint) -> None:
        last = stated = -1
        for line in body:
            if isinstance(line, EndLine):
                stated = line.entries
                continue
            if line.index <= last or line.proof is None:
                self.against("entry_out_of_place", f"Entry {line.index} is not in its place, or has no proof.")
                return
            last = line.index
            self._count(line)
            try:
                verify_inclusion(
                    index=line.index,
                    size=own.size,
                    leaf_hash=line.leaf_hashes[0],
                    root=own.root,
                    proof=line.proof,
                )
            except ProofInvalid:
                self.against("entries_changed", f"Entry {line.index} is not the one that was signed at its place.")
                return
        if self.entries != stated:
            self.against("entries_missing", f"The file has {self.entries} entries, and says it has {stated}.")
        else:
            self.shows(
                "entries_match",
                f"Each of the {self.entries} entries stands at its place among the {own.size} that were signed.",
            )

    def _count(self, line: DigestedEntries) -> None:
        self.entries += len(line.leaf_hashes)
        self.withheld += line.withheld

    def _compare(
        self,
        number: int,
        held: Checkpoint,
        own: Checkpoint,
        prefix_roots: Mapping[int, bytes],
        proofs: Mapping[tuple[int, int], tuple[bytes, ...]],
    ) -> None:
        older, newer = (held, own) if held.size <= own.size else (own, held)
        if held.size < own.size and held.size in prefix_roots:
            fits = prefix_roots[held.size] == held.root
        else:
            proof = () if older.size in (0, newer.size) else proofs.get((older.size, newer.size))
            if proof is None:
                self.against(
                    f"held_{number}_not_comparable",
                    f"The file has no proof that connects held checkpoint {number} ({held.size} entries) to its own "
                    f"({own.size} entries). Ask for an export with one.",
                )
                return
            fits = _continues(older, newer, proof)
        if not fits:
            self.against(
                f"held_{number}_contradicted",
                f"Held checkpoint {number} ({held.size} entries) and this file cannot both be true: the ledger was "
                "rewritten, or two ledgers were signed.",
            )
        elif held.size == own.size:
            self.shows(f"held_{number}_same", f"Held checkpoint {number} is of exactly these {own.size} entries.")
        elif held.size < own.size:
            self.shows(
                f"held_{number}_continued",
                f"The first {held.size} entries are those of held checkpoint {number}: none was changed since.",
            )
        else:
            self.shows(
                f"held_{number}_is_newer",
                f"Held checkpoint {number} continues this ledger: entries {own.size} to {held.size - 1} exist and are "
                "not in this file.",
            )


def _continues(older: Checkpoint, newer: Checkpoint, proof: Sequence[bytes]) -> bool:
    try:
        verify_consistency(older_size=older.size, older_root=older.root, size=newer.size, root=newer.root, proof=proof)
    except ProofInvalid:
        return False
    return True


def _utc(posix_time: int) -> str:
    # A witness's clock may say anything; beyond the calendar the bare seconds are shown.
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=posix_time)
    except OverflowError:
        return f"{posix_time} seconds after 1970"
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
