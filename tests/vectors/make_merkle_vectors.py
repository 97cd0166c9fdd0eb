"""Write tests/vectors/merkle: proofs that hold, and proofs with one damage each that must fail.

    python -m tests.vectors.make_merkle_vectors

Only the slow reference (tests/support/reference_merkle_tree.py) is used, never the code under test. A damage that the
reference does not refuse is not written: an inclusion proof does not bind the tree's size where another size gives the
path the same shape (the size is bound by the signed checkpoint). ``published.json`` is written by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from tests.support import reference_merkle_tree as reference

FOLDER = Path(__file__).parent / "merkle"
PROVENANCE = {
    "made_by": "tests/vectors/make_merkle_vectors.py",
    "made_with": "tests/support/reference_merkle_tree.py",
    "leaves": "leaf i is the text 'leaf i' in ASCII",
    "definition": "RFC 6962 sections 2.1, 2.1.1, 2.1.2",
}
INCLUSION = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 5), (4, 5), (6, 7), (5, 8), (10, 11), (40, 64)]
CONSISTENCY = [(1, 1), (1, 2), (1, 3), (2, 3), (2, 5), (4, 5), (3, 7), (6, 7), (4, 8), (7, 8), (9, 11), (64, 65)]

Case = dict[str, object]
Proof = list[bytes]


def leaves(size: int) -> list[bytes]:
    """Return the leaves' data of the tree of ``size`` leaves."""
    return [f"leaf {i}".encode() for i in range(size)]


def flipped(value: bytes, bit: int = 0) -> bytes:
    """Return the bytes with one bit changed."""
    return bytes([value[0] ^ (1 << bit), *value[1:]])


def damaged_proofs(proof: Proof, roots: dict[str, bytes]) -> Iterator[tuple[str, Proof]]:
    """Yield named damages of the list of hashes."""
    yield "proof-with-zero-hash-added-at-end", [*proof, bytes(32)]
    yield "proof-with-zero-hash-added-in-front", [bytes(32), *proof]
    yield "proof-with-empty-hash-added-at-end", [*proof, b""]
    yield "proof-with-empty-hash-added-in-front", [b"", *proof]
    for name, root in roots.items():
        yield f"proof-with-{name}-added-at-end", [*proof, root]
        yield f"proof-with-{name}-added-in-front", [root, *proof]
    if not proof:
        return
    yield "proof-empty", []
    yield "proof-without-last-hash", proof[:-1]
    yield "proof-without-first-hash", proof[1:]
    yield "proof-with-first-hash-twice", [proof[0], *proof]
    yield "proof-with-last-hash-twice", [*proof, proof[-1]]
    yield "proof-reversed", proof[::-1]
    for i in range(len(proof)):
        yield f"proof-hash-{i}-with-first-bit-changed", [*proof[:i], flipped(proof[i]), *proof[i + 1 :]]
        yield (
            f"proof-hash-{i}-with-last-bit-changed",
            [
                *proof[:i],
                proof[i][:-1] + bytes([proof[i][-1] ^ 128]),
                *proof[i + 1 :],
            ],
        )
        yield f"proof-hash-{i}-cut-to-31-bytes", [*proof[:i], proof[i][:31], *proof[i + 1 :]]
        yield f"proof-hash-{i}-lengthened-to-33-bytes", [*proof[:i], proof[i] + b"\x00", *proof[i + 1 :]]
        yield f"proof-hash-{i}-replaced-by-zeros", [*proof[:i], bytes(32), *proof[i + 1 :]]
        yield f"proof-hash-{i}-left-out", [*proof[:i], *proof[i + 1 :]]
    for i in range(len(proof) - 1):
        yield f"proof-hashes-{i}-and-{i + 1}-swapped", [*proof[:i], proof[i + 1], proof[i], *proof[i + 2 :]]


def inclusion_cases() -> Iterator[Case]:
    """Yield all inclusion cases."""
    for index, size in INCLUSION:
        data = leaves(size)
        root, proof = reference.tree_root(data), reference.inclusion_path(index, data)
        leaf_hash = reference.leaf(data[index])
        name = f"leaf-{index}-of-{size}"

        def case(
            what: str,
            *,
            index: int = index,
            size: int = size,
            leaf_hash: bytes = leaf_hash,
            root: bytes = root,
            proof: Proof = proof,
            name: str = name,
        ) -> Case:
            holds = reference.inclusion_holds(index, size, leaf_hash, root, proof)
            return {
                "name": f"{name}/{what}",
                "index": index,
                "size": size,
                "leaf_hash": leaf_hash.hex(),
                "root": root.hex(),
                "proof": [value.hex() for value in proof],
                "holds": holds,
            }

        yield case("as-it-should-be")
        for what, damaged in damaged_proofs(proof, {"root": root, "leaf-hash": leaf_hash}):
            yield case(what, proof=damaged)
        for what, other in [("one-less", index - 1), ("one-more", index + 1), ("second-bit-changed", index ^ 2)]:
            yield case(f"index-{what}", index=other)
        yield case("index-is-size", index=size)
        yield case("index-beyond-64-bits", index=index + 2**64)
        for what, other in [
            ("zero", 0),
            ("halved", size // 2),
            ("doubled", size * 2),
            ("beyond-64-bits", size + 2**64),
        ]:
            yield case(f"size-{what}", size=other)
        yield case("leaf-hash-with-one-bit-changed", leaf_hash=flipped(leaf_hash))
        yield case("leaf-hash-empty", leaf_hash=b"")
        yield case("leaf-hash-without-its-prefix", leaf_hash=hashlib.sha256(data[index]).digest())
        yield case("leaf-hash-of-the-next-leaf", leaf_hash=reference.leaf(f"leaf {index + 1}".encode()))
        yield case("root-with-one-bit-changed", root=flipped(root))
        yield case("root-empty", root=b"")
        yield case("root-of-the-empty-tree", root=reference.tree_root([]))
        yield case("root-of-one-leaf-more", root=reference.tree_root(leaves(size + 1)))
        yield case("leaf-hash-and-root-cut-to-31-bytes", leaf_hash=leaf_hash[:31], root=root[:31])
        if size > 1 and index % 2 == 0:
            moved = [leaf_hash[31:] + proof[0], *proof[1:]]
            yield case("last-byte-moved-from-leaf-hash-to-proof", leaf_hash=leaf_hash[:31], proof=moved)
        if size > 1:
            yield case("node-passed-off-as-leaf", leaf_hash=reference.tree_root(data[:2]), proof=proof[1:])
            yield case("proof-of-another-leaf", proof=reference.inclusion_path((index + 1) % size, data))


def consistency_cases() -> Iterator[Case]:
    """Yield all consistency cases."""
    for older_size, size in CONSISTENCY:
        data = leaves(size)
        older_root, root = reference.tree_root(data[:older_size]), reference.tree_root(data)
        proof = reference.consistency_path(older_size, data)
        name = f"from-{older_size}-to-{size}"

        def case(
            what: str,
            *,
            older_size: int = older_size,
            size: int = size,
            older_root: bytes = older_root,
            root: bytes = root,
            proof: Proof = proof,
            name: str = name,
        ) -> Case:
            holds = reference.consistency_holds(older_size, size, older_root, root, proof)
            return {
                "name": f"{name}/{what}",
                "older_size": older_size,
                "size": size,
                "older_root": older_root.hex(),
                "root": root.hex(),
                "proof": [value.hex() for value in proof],
                "holds": holds,
            }

        yield case("as-it-should-be")
        for what, damaged in damaged_proofs(proof, {"older-root": older_root, "root": root}):
            yield case(what, proof=damaged)
        yield case("older-size-zero", older_size=0)
        yield case("older-size-one-less", older_size=older_size - 1)
        yield case("older-size-one-more", older_size=older_size + 1)
        yield case("size-below-older-size", size=older_size - 1)
        yield case("size-halved", size=size // 2)
        yield case("size-doubled", size=size * 2)
        yield case("size-beyond-64-bits", size=size + 2**64)
        yield case("older-root-with-one-bit-changed", older_root=flipped(older_root))
        yield case("older-root-empty", older_root=b"")
        yield case(
            "older-root-of-a-rewritten-ledger", older_root=reference.tree_root([b"another", *data[1:older_size]])
        )
        yield case("root-with-one-bit-changed", root=flipped(root))
        yield case("root-empty", root=b"")
        yield case("root-of-a-rewritten-ledger", root=reference.tree_root([b"another", *data[1:]]))
        yield case("roots-swapped", older_root=root, root=older_root)
        yield case("both-roots-cut-to-31-bytes", older_root=older_root[:31], root=root[:31])
        if older_size & (older_size - 1) == 0 and proof:
            moved = [older_root[31:] + proof[0], *proof[1:]]
            yield case("last-byte-moved-from-older-root-to-proof", older_root=older_root[:31], proof=moved)
        yield case("sizes-swapped", older_size=size, size=older_size)
    empty, one = reference.tree_root([]), reference.tree_root(leaves(1))
    for what, older, newer, older_root, root, proof in [
        ("empty-to-empty", 0, 0, empty, empty, []),
        ("empty-to-one", 0, 1, empty, one, []),
        ("empty-to-one/proof-not-empty", 0, 1, empty, one, [empty]),
        ("empty-to-one/older-root-not-the-empty-tree", 0, 1, one, one, []),
        ("empty-to-empty/root-not-the-empty-tree", 0, 0, empty, one, []),
        ("empty-to-empty/both-roots-not-the-empty-tree", 0, 0, one, one, []),
        ("one-to-empty", 1, 0, one, empty, []),
        ("negative-older-size", -1, 1, empty, one, []),
    ]:
        yield {
            "name": what,
            "older_size": older,
            "size": newer,
            "older_root": older_root.hex(),
            "root": root.hex(),
            "proof": [value.hex() for value in proof],
            "holds": reference.consistency_holds(older, newer, older_root, root, proof),
        }


def chosen(cases: Iterator[Case]) -> list[Case]:
    """Return the undamaged cases and the damaged ones that are false by definition, each name once."""
    kept: dict[object, Case] = {}
    for case in cases:
        damaged = "/" in str(case["name"]) and not str(case["name"]).endswith("/as-it-should-be")
        if not (damaged and case["holds"]):
            kept[case["name"]] = case
    return list(kept.values())


def text(cases: list[Case]) -> str:
    """Return a vector file's text, one case a line."""
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    return f'{{"provenance": {json.dumps(PROVENANCE)},\n "cases": [\n{lines}\n]}}\n'


def contents() -> dict[str, str]:
    """Return file name → text of the generated vectors."""
    return {
        "inclusion.json": text(chosen(inclusion_cases())),
        "consistency.json": text(chosen(consistency_cases())),
    }


if __name__ == "__main__":
    for file_name, content in contents().items():
        (FOLDER / file_name).write_text(content)
