"""The tree of RFC 6962, written down as the RFC defines it and nothing else: slow, obvious, for tests.

Source: RFC 6962 sections 2.1 (MTH), 2.1.1 (PATH) and 2.1.2 (PROOF, SUBPROOF). The two functions that follow a proof
back to a root invert those definitions case by case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf(data: bytes) -> bytes:
    """Return MTH({d(0)})."""
    return hashlib.sha256(b"\x00" + data).digest()


def join(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Return the largest power of two smaller than ``size``."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) of the leaves' data."""
    if len(leaves) == 0:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf(leaves[0])
    k = split(len(leaves))
    return join(tree_root(leaves[:k]), tree_root(leaves[k:]))


def inclusion_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*inclusion_path(m, leaves[:k]), tree_root(leaves[k:])]
    return [*inclusion_path(m - k, leaves[k:]), tree_root(leaves[:k])]


def consistency_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PROOF(m, D[n])."""
    return _subproof(m, leaves, whole=True)


def _subproof(m: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [tree_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), tree_root(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), tree_root(leaves[:k])]


def inclusion_holds(m: int, size: int, leaf_hash: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a path leads from the leaf to the root."""
    if any(len(value) != 32 for value in (leaf_hash, root, *proof)) or not 0 <= m < size:
        return False
    return _followed(m, size, leaf_hash, list(proof)) == root


def _followed(m: int, size: int, leaf_hash: bytes, proof: list[bytes]) -> bytes | None:
    if size == 1:
        return leaf_hash if not proof else None
    if not proof:
        return None
    k = split(size)
    inner = _followed(m, k, leaf_hash, proof[:-1]) if m < k else _followed(m - k, size - k, leaf_hash, proof[:-1])
    if inner is None:
        return None
    return join(inner, proof[-1]) if m < k else join(proof[-1], inner)


def consistency_holds(m: int, size: int, older_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof leads to both roots. From nothing to anything, the empty proof does."""
    if any(len(value) != 32 for value in (older_root, root, *proof)) or not 0 <= m <= size:
        return False
    if m == 0:
        empty = tree_root([])
        return not proof and older_root == empty and (size > 0 or root == empty)
    return _both(m, size, older_root, list(proof), whole=True) == (older_root, root)


def _both(m: int, size: int, older_root: bytes, proof: list[bytes], *, whole: bool) -> tuple[bytes, bytes] | None:
    if m == size:
        if whole:
            return (older_root, older_root) if not proof else None
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof:
        return None
    k = split(size)
    if m <= k:
        inner = _both(m, k, older_root, proof[:-1], whole=whole)
        return None if inner is None else (inner[0], join(inner[1], proof[-1]))
    inner = _both(m - k, size - k, older_root, proof[:-1], whole=False)
    return None if inner is None else (join(proof[-1], inner[0]), join(proof[-1], inner[1]))
