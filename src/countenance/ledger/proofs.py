"""Whether a proof holds: an entry is in a tree, one tree is another with entries added at its end.

Rules kept here:

- A proof that does not hold is raised (``ProofInvalid``), never returned as a value that can be overlooked.
- An inclusion proof binds an index and a root. The tree's size is bound only as far as it shapes the path; size and
  root must therefore come together from one signed checkpoint.
- Hashes of another length than 32 bytes are refused before anything is computed.

Source: RFC 9162 sections 2.1.3.2 and 2.1.4.2, which give for the trees of RFC 6962 the checks that RFC leaves to the
reader.
"""

from __future__ import annotations

from collections.abc import Sequence

from countenance.core.errors import ProofInvalid
from countenance.ledger.merkle import EMPTY_ROOT, HASH_BYTES, node_hash


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Return if a leaf is at ``index`` (from 0) of the tree with this size and root.

    Args:
        index: Position of the leaf, from 0.
        size: Number of leaves of the tree.
        leaf_hash: The leaf's hash, 32 bytes.
        root: The tree's root, 32 bytes.
        proof: Hashes from the leaf's neighbour up to the root's children.

    Raises:
        ProofInvalid: It is not shown to be there.
    """
    _require_hashes([leaf_hash, root, *proof])
    if not 0 <= index < size:
        raise ProofInvalid(f"Entry {index} cannot be in a tree of {size} entries.")
    node, last, current = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofInvalid(f"The proof for entry {index} of {size} is too long.")
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            current = node_hash(current, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise ProofInvalid(f"The proof for entry {index} of {size} is too short.")
    if current != root:
        raise ProofInvalid(f"The proof for entry {index} of {size} leads to another root.")


def verify_consistency(*, older_size: int, older_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Return if the tree with this size and root is the older one with leaves added at its end.

    Args:
        older_size: Leaves of the older tree. Every tree continues the empty one, with an empty proof.
        older_root: Its root, 32 bytes.
        size: Leaves of the newer tree.
        root: Its root, 32 bytes.
        proof: Hashes as ``MerkleTree.consistency_proof`` gives them.

    Raises:
        ProofInvalid: It is not shown to be so.
    """
    _require_hashes([older_root, root, *proof])
    if not 0 <= older_size <= size:
        raise ProofInvalid(f"A tree of {size} entries cannot continue one of {older_size}.")
    if older_size in (0, size):
        same_root = EMPTY_ROOT if older_size == 0 else root
        if proof or older_root != same_root or (size == 0 and root != EMPTY_ROOT):
            raise ProofInvalid(f"The trees of {older_size} and {size} entries do not belong together.")
        return
    complete = older_size & (older_size - 1) == 0
    path = [older_root, *proof] if complete else list(proof)
    if not path:
        raise ProofInvalid(f"The proof from {older_size} to {size} entries is empty.")
    node, last = older_size - 1, size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid(f"The proof from {older_size} to {size} entries is too long.")
        if node & 1 or node == last:
            older = node_hash(sibling, older)
            newer = node_hash(sibling, newer)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            newer = node_hash(newer, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise ProofInvalid(f"The proof from {older_size} to {size} entries is too short.")
    if older != older_root or newer != root:
        raise ProofInvalid(f"The tree of {size} entries does not continue the one of {older_size}.")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofInvalid(f"A hash in the proof is not {HASH_BYTES} bytes long.")
