"""Where the tree's hashes live: one growing row of them, never changed, so that a proof is a few look-ups.

Rules kept here:

- A hash is stored when its subtree is complete: a leaf's own hash, then those of the subtrees it completes, smallest
  first. So a hash's position in the row follows from where it is in the tree, and a store needs no tree logic: a
  table with the position as its primary key will do.
- A store only grows at its end. The writer names the position it expects to write at, so two writers cannot both add
  the same leaf.

Source: the numbering is that of golang.org/x/mod/sumdb/tlog (StoredHashIndex), written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from countenance.core.errors import LedgerError

_HASH_BYTES = 32


class Node(NamedTuple):
    """A complete subtree: leaves ``ordinal * 2**level`` up to, not including, ``(ordinal + 1) * 2**level``."""

    level: int
    ordinal: int


def stored_before(leaf_index: int) -> int:
    """Return how many hashes are stored before leaf ``leaf_index`` is: the length of the row for that many leaves."""
    return 2 * leaf_index - leaf_index.bit_count()


def position_of(node: Node) -> int:
    """Return a complete subtree's position in the row, from 0."""
    last_leaf = ((node.ordinal + 1) << node.level) - 1
    return stored_before(last_leaf) + node.level


class HashStore(Protocol):
    """A growing row of 32-byte hashes."""

    def read(self, positions: Sequence[int]) -> list[bytes]:
        """Return the hashes at these positions, in the order asked for. One call serves a whole proof.

        Raises:
            LedgerError: There is no hash at one of them.
        """
        ...

    def append(self, start: int, hashes: Sequence[bytes]) -> None:
        """Add hashes at the end of the row, all or none.

        Args:
            start: Position of the first; the number of hashes stored so far.
            hashes: 32 bytes each.

        Raises:
            LedgerError: The row is not ``start`` hashes long.
        """
        ...


class MemoryHashStore:
    """A row of hashes in memory: about 64 bytes a leaf."""

    __slots__ = ("_row",)

    def __init__(self) -> None:
        self._row = bytearray()

    def __len__(self) -> int:
        """Return the number of hashes stored."""
        return len(self._row) // _HASH_BYTES

    def read(self, positions: Sequence[int]) -> list[bytes]:
        """Return the hashes at these positions; see ``HashStore.read``."""
        if any(not 0 <= position < len(self) for position in positions):
            raise LedgerError("A hash of the ledger's tree is missing from its store.")
        row = self._row
        return [bytes(row[position * _HASH_BYTES : (position + 1) * _HASH_BYTES]) for position in positions]

    def append(self, start: int, hashes: Sequence[bytes]) -> None:
        """Add hashes at the end of the row; see ``HashStore.append``."""
        if start != len(self):
            raise LedgerError(f"The ledger's tree holds {len(self)} hashes, not {start}: somebody else added to it.")
        joined = b"".join(hashes)
        if len(joined) != _HASH_BYTES * len(hashes):
            raise LedgerError("A hash for the ledger's tree is not 32 bytes long.")
        self._row += joined
