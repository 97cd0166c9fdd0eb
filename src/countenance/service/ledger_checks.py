"""The ledger as it is stored, checked: every row, the whole tree, and every checkpoint that can be held against it.

Rules kept here:

- The tree is computed anew from the sealed lines; stored hashes are compared with it and never trusted.
- What only a checkpoint from outside can show is said beside what was found, whether one was given or not.
- Findings have the form of ``countenance.ledger.findings``, as those of an export's verification have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from countenance.core.errors import LedgerError
from countenance.ledger.checkpoint import Checkpoint, verify_checkpoint
from countenance.ledger.findings import NOT_SHOWN, NOT_SHOWN_WITHHELD, Finding, Verification
from countenance.ledger.merkle import RunningRoot
from countenance.ledger.sealing import SealedEntry, Withheld, parse_sealed_line
from countenance.ledger.signing_keys import SignatureType, VerifierKey
from countenance.service.journal import looked_for
from countenance.service.ledger_port import LOOKED_FOR, EntryRow, LedgerRows, StoredEntry

#: Leaf hashes gathered before the running root takes them in.
_BATCH = 1024

#: What a check without a checkpoint from outside cannot show.
NO_OUTSIDE_CHECKPOINT = (
    "That this is the ledger that was there before: no checkpoint from outside was given, and whoever has the database "
    "and the key can write another one that fits together as well. Give one with --checkpoint."
)


@dataclass(frozen=True, slots=True)
class HeldCheckpoint:
    """A checkpoint to hold the ledger against.

    Attributes:
        what: Where it comes from, as the start of a sentence: "The checkpoint in FILE".
        signed: The signed note.
        outside: Whether it was kept outside of this machine, as far as the reader says.
    """

    what: str
    signed: bytes
    outside: bool


@dataclass(slots=True)
class _Check:
    """One check: what was found so far."""

    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    withheld: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)

    def say(self, code: str, ok: bool, text: str) -> None:
        self.findings.append(Finding(code, ok, text))


def check_stored(rows: LedgerRows, held: Sequence[HeldCheckpoint], keys: Sequence[VerifierKey]) -> Verification:
    """Return what the stored ledger shows.

    Args:
        rows: The ledger's tables.
        held: Checkpoints to hold it against, from outside or as this machine remembers; those that the database keeps
            are always compared.
        keys: Keys that count: of the ledger, and any of witnesses. Whoever doubts the database brings the ledger's.
    """
    check = _Check()
    checkpoints = _read_held(check, held, keys)
    kept = [HeldCheckpoint(f"The checkpoint kept on {row[2]}", row[1], outside=False) for row in rows.checkpoints()]
    kept_checkpoints = _read_held(check, kept, keys)
    sizes = {item.size for _, item in checkpoints + kept_checkpoints}
    completed = _check_rows(check, rows.all_rows(-(2**63), 2**63 - 1), sizes)
    if completed is not None:
        _check_hashes(check, rows.all_hashes(), completed)
        for what, checkpoint in checkpoints:
            _compare(check, what, checkpoint)
        _compare_kept(check, [checkpoint for _, checkpoint in kept_checkpoints])
    not_shown = [*NOT_SHOWN]
    if check.withheld:
        not_shown.append(NOT_SHOWN_WITHHELD)
    if not any(item.outside for item in held):
        not_shown.insert(0, NO_OUTSIDE_CHECKPOINT)
    return Verification(tuple(check.findings), completed is not None, check.entries, check.withheld, tuple(not_shown))


def _read_held(
    check: _Check, held: Sequence[HeldCheckpoint], keys: Sequence[VerifierKey]
) -> list[tuple[str, Checkpoint]]:
    checkpoints = []
    for item in held:
        try:
            verified = verify_checkpoint(item.signed.replace(b"\r\n", b"\n"), keys)
        except LedgerError as error:
            check.say("checkpoint_not_signed", False, f"{item.what} is not validly signed. {error.message}")
            continue
        if not any(key.type is SignatureType.NOTE for key in verified.ledger_keys):
            check.say("checkpoint_not_signed", False, f"{item.what} is not signed by the ledger's own key.")
            continue
        checkpoints.append((item.what, verified.checkpoint))
    return checkpoints


def _check_rows(check: _Check, stored: Iterable[StoredEntry], sizes: set[int]) -> list[bytes] | None:
    """Return the hashes the tree should have, or None if a row stopped the check."""
    tree, leaves, completed = RunningRoot(), list[bytes](), list[bytes]()
    check.roots[0] = tree.root()
    for values in stored:
        row = EntryRow(*values)
        sealed = _read_row(check, row)
        if sealed is None:
            return None
        check.entries += 1
        check.withheld += sum(isinstance(value, Withheld) for value in sealed.fields.values())
        leaves.append(sealed.leaf_hash())
        if len(leaves) == _BATCH or check.entries in sizes:
            tree = _grown(tree, leaves, completed)
            check.roots[check.entries] = tree.root()
    tree = _grown(tree, leaves, completed)
    check.roots[check.entries] = tree.root()
    check.say(
        "entries_in_order",
        True,
        f"{check.entries} entries were read, numbered from 0 without a gap, each in its one written form.",
    )
    if check.withheld:
        check.say(
            "fields_withheld", True, f"The values of {check.withheld} fields were taken out; their place is kept."
        )
    return completed


def _grown(tree: RunningRoot, leaves: list[bytes], completed: list[bytes]) -> RunningRoot:
    grown, new = tree.extended(leaves)
    completed.extend(new)
    leaves.clear()
    return grown


def _read_row(check: _Check, row: EntryRow) -> SealedEntry | None:
    expected = check.entries
    if row.entry_index != expected:
        check.say("entry_missing", False, f"Entry {expected} is missing, or entry {row.entry_index} was put in.")
        return None
    try:
        sealed = parse_sealed_line(row.sealed_line)
    except (LedgerError, TypeError, AttributeError):
        check.say("entry_damaged", False, f"Entry {expected} is not in the form the ledger writes.")
        return None
    if (row.entry_id, row.kind, row.recorded_at) != (sealed.entry_id, sealed.kind, sealed.recorded_at):
        check.say("entry_mislabelled", False, f"The columns beside entry {expected} say something else than the entry.")
        return None
    if any(not _may_stand_beside(sealed, name, getattr(row, name)) for name in LOOKED_FOR):
        check.say("entry_mislabelled", False, f"A column beside entry {expected} names what the entry does not.")
        return None
    return sealed


def _may_stand_beside(sealed: SealedEntry, name: str, value: str | None) -> bool:
    """Return whether a column says what the entry says; of a value that was taken out it may still say it, or not."""
    if isinstance(sealed.fields.get(name), Withheld):
        return True
    return value == looked_for(sealed, name)


def _check_hashes(check: _Check, stored: Iterator[tuple[int, bytes]], completed: Sequence[bytes]) -> None:
    count = 0
    for number, (position, value) in enumerate(stored):
        if position != number or number >= len(completed) or value != completed[number]:
            check.say(
                "tree_differs",
                False,
                "The stored tree is not the one that the entries make: an entry or a hash was changed, removed, added "
                "or moved.",
            )
            return
        count += 1
    if count != len(completed):
        check.say("tree_differs", False, f"The stored tree has {count} hashes; the entries make {len(completed)}.")
    else:
        check.say("tree_matches", True, f"The tree computed from the entries is the stored one, all {count} hashes.")


def _compare(check: _Check, what: str, held: Checkpoint) -> None:
    if held.size > check.entries:
        check.say(
            "checkpoint_ahead",
            False,
            f"{what} counts {held.size} entries, and {check.entries} are here: the end is gone, or the copy is older.",
        )
    elif check.roots.get(held.size) != held.root:
        check.say(
            "checkpoint_contradicted",
            False,
            f"{what} ({held.size} entries) and this ledger cannot both be true: it was rewritten, or two were signed.",
        )
    else:
        check.say(
            "checkpoint_continued",
            True,
            f"{what}: the first {held.size} of {check.entries} entries are those it was signed over.",
        )


def _compare_kept(check: _Check, kept: Sequence[Checkpoint]) -> None:
    """Compare the checkpoints kept in the database; one finding for all that fit."""
    unfit = [item for item in kept if check.roots.get(item.size) != item.root]
    for item in unfit:
        _compare(check, "A checkpoint that is kept in the database", item)
    if kept and not unfit:
        newest = max(item.size for item in kept)
        fit = f"All {len(kept)} checkpoints kept in the database are of beginnings"
        if len(kept) == 1:
            fit = "The one checkpoint kept in the database is of a beginning"
        check.say(
            "kept_continued",
            True,
            f"{fit} of this ledger; the newest counts {newest} entries.",
        )
