"""Exports: entries, checkpoint and proofs in one file that an outsider can check without this software.

Rules kept here:

- A file of lines, each one canonical JSON object whose member ``line`` says what it is, in this order:

  1. ``header``: ``format``, ``origin``, ``scope`` (``whole`` or ``selection``), ``made_at``;
  2. ``checkpoint``: ``note``, the signed checkpoint that the file is held against;
  3. ``consistency``, any number: ``older_size``, ``size`` and ``proof``, each hash of it as 64 hex digits;
  4. ``entry``, ascending by ``index``: ``entry`` (a sealed entry) and, in a selection, ``proof``;
  5. ``end``: ``entries``, how many there were.

- ``whole`` means every entry the checkpoint counts, from 0; a ``selection`` brings an inclusion proof for each.
- Withholding a field changes no hash. Reasons for withholding and the header are statements of whoever made the file;
  nothing signs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import JsonValue, canonical_bytes
from countenance.ledger.checkpoint import Checkpoint, read_checkpoint
from countenance.ledger.entries import utc_text
from countenance.ledger.hash_store import HashStore
from countenance.ledger.merkle import MerkleTree
from countenance.ledger.sealing import SealedEntry, sealed_line

#: Name and version of the format; readers refuse any other.
EXPORT_FORMAT = "countenance-ledger-export/1"

Withholding = Callable[[str, str], str | None]


def show_everything(kind: str, name: str) -> str | None:
    """Return None: the withholding rule of an export that shows every field it can (``public_reason`` is the other)."""
    del kind, name
    return None


def export_whole(
    *,
    signed_checkpoint: bytes,
    entries: Iterable[SealedEntry],
    store: HashStore,
    withhold: Withholding,
    made_at: datetime,
    other_sizes: Sequence[int] = (),
) -> Iterator[bytes]:
    """Yield the lines (with newline) of an export of every entry a checkpoint counts.

    Args:
        signed_checkpoint: The checkpoint to hold the file against.
        entries: Exactly its entries, from 0.
        store: The tree's hashes, at least as far as the checkpoint and ``other_sizes`` reach.
        withhold: (kind, field name) → short reason to withhold the field, or None to show it.
        made_at: Time of the export.
        other_sizes: Sizes of other checkpoints that readers may hold, older or newer; a consistency proof for each.

    Raises:
        LedgerError: There are more or fewer entries than the checkpoint counts.
    """
    checkpoint = read_checkpoint(signed_checkpoint)
    yield from _opening(signed_checkpoint, checkpoint, "whole", store, made_at, other_sizes)
    count = 0
    for index, entry in enumerate(entries):
        count += 1
        yield b'{"entry":%b,"index":%d,"line":"entry"}\n' % (_shown(entry, withhold), index)
    if count != checkpoint.size:
        raise LedgerError(f"An export of a ledger of {checkpoint.size} entries was given {count}.")
    yield _line("end", entries=count)


def export_selection(
    *,
    signed_checkpoint: bytes,
    entries: Iterable[tuple[int, SealedEntry]],
    store: HashStore,
    withhold: Withholding,
    made_at: datetime,
    other_sizes: Sequence[int] = (),
) -> Iterator[bytes]:
    """Yield the lines (with newline) of an export of some entries, each with its inclusion proof.

    Args:
        signed_checkpoint: The checkpoint the proofs lead to.
        entries: Index in the ledger and entry, ascending by index.
        store: See ``export_whole``.
        withhold: See ``export_whole``.
        made_at: See ``export_whole``.
        other_sizes: See ``export_whole``.

    Raises:
        LedgerError: An index is not ascending, or beyond the checkpoint.
    """
    checkpoint = read_checkpoint(signed_checkpoint)
    yield from _opening(signed_checkpoint, checkpoint, "selection", store, made_at, other_sizes)
    tree = MerkleTree(store, checkpoint.size)
    count, last = 0, -1
    for index, entry in entries:
        if index <= last:
            raise LedgerError("The entries of an export are given in ascending order, each once.")
        last = index
        count += 1
        proof = canonical_bytes(_hex(tree.inclusion_proof(index)))
        yield b'{"entry":%b,"index":%d,"line":"entry","proof":%b}\n' % (_shown(entry, withhold), index, proof)
    yield _line("end", entries=count)


def _opening(
    signed_checkpoint: bytes,
    checkpoint: Checkpoint,
    scope: str,
    store: HashStore,
    made_at: datetime,
    other_sizes: Sequence[int],
) -> Iterator[bytes]:
    yield _line("header", format=EXPORT_FORMAT, origin=checkpoint.origin, scope=scope, made_at=utc_text(made_at))
    yield _line("checkpoint", note=signed_checkpoint.decode())
    for other in sorted(set(other_sizes) - {0, checkpoint.size}):
        older, size = sorted((other, checkpoint.size))
        if older == 0:
            continue
        proof = _hex(MerkleTree(store, size).consistency_proof(older))
        yield _line("consistency", older_size=older, size=size, proof=proof)


def _shown(entry: SealedEntry, withhold: Withholding) -> bytes:
    return sealed_line(entry.withholding(lambda name: withhold(entry.kind, name)))


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return [value.hex() for value in hashes]


def _line(what: str, **members: JsonValue) -> bytes:
    return canonical_bytes({"line": what, **members}) + b"\n"
