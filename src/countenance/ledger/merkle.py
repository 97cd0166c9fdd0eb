"""The RFC 6962 Merkle tree: hashes, a running root that grows leaf by leaf, and the proofs an outsider asks for.

Rules kept here:

- A leaf's hash is SHA-256(0x00 || data) and a node's is SHA-256(0x01 || left || right), so that neither can pass for
  the other. The root of no leaves is SHA-256 of nothing.
- Only hashes of *complete* subtrees are stored, each once, as soon as it is complete, and never changed after that.
  Everything else is computed from those.
- Nothing here decides whether a proof holds; that is ``countenance.ledger.proofs``, which an outsider can run.

Source: RFC 6962 section 2.1; the running root is the "compact range" of transparency-dev/merkle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from countenance.core.errors import LedgerError
from countenance.ledger.hash_store import HashStore, Node, position_of, stored_before

#: Bytes in a hash. Source: FIPS 180-4, SHA-256.
HASH_BYTES = 32

#: Root of a tree without leaves. Source: RFC 6962 section 2.1, MTH({}) = SHA-256().
EMPTY_ROOT = hashlib.sha256(b"").digest()

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's data, 32 bytes. Source: RFC 6962 section 2.1."""
    return hashlib.sha256(_LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its two children, 32 bytes. Source: RFC 6962 section 2.1."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class RunningRoot:
    """All that is needed of a tree to add leaves to it and to know its root.

    Attributes:
        size: Number of leaves.
        peaks: Roots of the complete subtrees the leaves fall into, largest (leftmost) first: one for every 1 among
            the binary digits of ``size``.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise LedgerError(f"{len(self.peaks)} hashes cannot stand for a tree of {self.size} leaves.")

    def root(self) -> bytes:
        """Return the root of the tree, 32 bytes."""
        return _joined(self.peaks) if self.peaks else EMPTY_ROOT

    def extended(self, leaf_hashes: Iterable[bytes]) -> tuple[RunningRoot, list[bytes]]:
        """Return the running root with leaves added, and the hashes that became complete, in stored order.

        Two hashes a leaf become complete on average. The second value is what ``HashStore.append`` takes.
        """
        peaks = list(self.peaks)
        size = self.size
        completed: list[bytes] = []
        add, join = completed.append, hashlib.sha256
        for current in leaf_hashes:
            add(current)
            # Every trailing 1 of the old size is a complete subtree that the new leaf turns into a larger one.
            remaining = size
            while remaining & 1:
                current = join(_NODE_PREFIX + peaks.pop() + current).digest()
                add(current)
                remaining >>= 1
            peaks.append(current)
            size += 1
        return RunningRoot(size, tuple(peaks)), completed


@dataclass(frozen=True, slots=True)
class MerkleTree:
    """A tree of ``size`` leaves over stored hashes; the store may hold more.

    Attributes:
        store: The complete subtrees' hashes.
        size: Number of leaves of the tree meant here.
    """

    store: HashStore
    size: int

    def running_root(self) -> RunningRoot:
        """Return what is needed to go on adding leaves, from at most 64 stored hashes."""
        return RunningRoot(self.size, tuple(self.store.read(_positions(_complete_subtrees(0, self.size)))))

    def root(self) -> bytes:
        """Return the root, 32 bytes."""
        return self.running_root().root()

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Return the hashes that lead from leaf ``index`` (from 0) to the root, leaf's neighbour first.

        One read from the store, of no more than two hashes for each binary digit of the size.

        Raises:
            LedgerError: There is no such leaf in this tree.

        Source: RFC 6962 section 2.1.1, PATH(m, D[n]).
        """
        if not 0 <= index < self.size:
            raise LedgerError(f"There is no entry {index} among the first {self.size}.")
        siblings: list[tuple[int, int]] = []
        start, end = 0, self.size
        while end - start > 1:
            middle = start + _left_leaves(end - start)
            if index < middle:
                siblings.append((middle, end))
                end = middle
            else:
                siblings.append((start, middle))
                start = middle
        return self._subtree_roots(siblings[::-1])

    def consistency_proof(self, older_size: int) -> list[bytes]:
        """Return the hashes that show this tree to be the older one with leaves added at its end.

        Args:
            older_size: Number of leaves of the older tree, 1 to ``size``; the proof for ``size`` itself is empty.

        Raises:
            LedgerError: The older size is 0 (nothing to prove) or larger than this tree.

        Source: RFC 6962 section 2.1.2, PROOF(m, D[n]).
        """
        if not 0 < older_size <= self.size:
            raise LedgerError(f"There is no proof from {older_size} to {self.size} entries.")
        ranges: list[tuple[int, int]] = []
        start, end = 0, self.size
        while end != older_size:
            middle = start + _left_leaves(end - start)
            if older_size <= middle:
                ranges.append((middle, end))
                end = middle
            else:
                ranges.append((start, middle))
                start = middle
        if start > 0:
            ranges.append((start, end))
        return self._subtree_roots(ranges[::-1])

    def _subtree_roots(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        nodes = [_complete_subtrees(start, end) for start, end in ranges]
        hashes = iter(self.store.read([position for group in nodes for position in _positions(group)]))
        return [_joined([next(hashes) for _ in group]) for group in nodes]


def grow(store: HashStore, tree: RunningRoot, leaf_hashes: Sequence[bytes]) -> RunningRoot:
    """Add leaves to a store that holds exactly ``tree``, and return the running root after them.

    Raises:
        LedgerError: The store holds more or fewer hashes than ``tree`` (somebody else added a leaf); nothing was added.
    """
    grown, completed = tree.extended(leaf_hashes)
    store.append(stored_before(tree.size), completed)
    return grown


def _left_leaves(size: int) -> int:
    """Return the largest power of two below ``size`` (2 or more): the leaves of the left subtree."""
    return 1 << ((size - 1).bit_length() - 1)


def _complete_subtrees(start: int, end: int) -> list[Node]:
    """Return the complete subtrees that leaves ``start`` to ``end`` - 1 fall into, left to right.

    ``start`` is a multiple of the largest power of two not above the length, as it is for every subtree of the tree.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def _positions(nodes: Iterable[Node]) -> list[int]:
    return [position_of(node) for node in nodes]


def _joined(peaks: Sequence[bytes]) -> bytes:
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
