"""Proofs that hold, and every damaged one: none may pass. Vectors: tests/vectors/merkle."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.core.errors import ProofInvalid
from countenance.ledger import standalone_verifier as standalone
from countenance.ledger.proofs import verify_consistency, verify_inclusion
from tests.support import reference_merkle_tree as reference

VECTORS = Path(__file__).parents[2] / "vectors" / "merkle"
PUBLISHED = json.loads((VECTORS / "published.json").read_text())
INCLUSION = json.loads((VECTORS / "inclusion.json").read_text())["cases"]
CONSISTENCY = json.loads((VECTORS / "consistency.json").read_text())["cases"]


def inclusion_holds(index, size, leaf, root, proof):
    try:
        verify_inclusion(index=index, size=size, leaf_hash=leaf, root=root, proof=proof)
    except ProofInvalid:
        return False
    return True


def consistency_holds(older, size, older_root, root, proof):
    try:
        verify_consistency(older_size=older, size=size, older_root=older_root, root=root, proof=proof)
    except ProofInvalid:
        return False
    return True


def of_hex(case, *names):
    return [bytes.fromhex(case[name]) for name in names], [bytes.fromhex(value) for value in case["proof"]]


def test_the_vectors_are_mostly_broken_ones():
    for cases in (INCLUSION, CONSISTENCY):
        assert len(cases) > 300
        assert sum(not case["holds"] for case in cases) > 0.95 * len(cases)
        assert len({case["name"] for case in cases}) == len(cases)


@pytest.mark.parametrize("case", INCLUSION, ids=lambda case: case["name"])
def test_an_inclusion_proof_holds_only_undamaged(case):
    (leaf, root), proof = of_hex(case, "leaf_hash", "root")
    assert inclusion_holds(case["index"], case["size"], leaf, root, proof) is case["holds"]


@pytest.mark.parametrize("case", CONSISTENCY, ids=lambda case: case["name"])
def test_a_consistency_proof_holds_only_undamaged(case):
    (older_root, root), proof = of_hex(case, "older_root", "root")
    assert consistency_holds(case["older_size"], case["size"], older_root, root, proof) is case["holds"]


def test_published_inclusion_proofs_hold():
    for case in PUBLISHED["inclusion"]:
        leaf = reference.leaf(bytes.fromhex(PUBLISHED["leaves"][case["index"]]))
        root = bytes.fromhex(PUBLISHED["roots"][case["size"]])
        proof = [bytes.fromhex(value) for value in case["proof"]]
        assert inclusion_holds(case["index"], case["size"], leaf, root, proof)


def test_published_consistency_proofs_hold():
    for case in PUBLISHED["consistency"]:
        older_root, root = (bytes.fromhex(PUBLISHED["roots"][case[size]]) for size in ("older_size", "size"))
        proof = [bytes.fromhex(value) for value in case["proof"]]
        assert consistency_holds(case["older_size"], case["size"], older_root, root, proof)


hashes = st.binary(min_size=32, max_size=32)


@st.composite
def inclusion_attempts(draw):
    """A true proof with index, size and hashes perhaps replaced by others of the same tree."""
    size = draw(st.integers(1, 20))
    leaves = [bytes([i]) for i in range(size)]
    index = draw(st.integers(0, size - 1))
    proof = reference.inclusion_path(index, leaves)
    known = [*proof, reference.tree_root(leaves), *[reference.leaf(leaf) for leaf in leaves]]
    proof = draw(st.just(proof) | st.lists(st.sampled_from(known), max_size=6))
    leaf = draw(st.just(reference.leaf(leaves[index])) | st.sampled_from(known))
    root = draw(st.just(reference.tree_root(leaves)) | st.sampled_from(known))
    return draw(st.just(index) | st.integers(0, 22)), draw(st.just(size) | st.integers(0, 22)), leaf, root, proof


@settings(max_examples=300)
@given(inclusion_attempts())
def test_inclusion_is_judged_as_the_definition_does(attempt):
    assert inclusion_holds(*attempt) is reference.inclusion_holds(*attempt)


@st.composite
def consistency_attempts(draw):
    """A true proof with sizes and hashes perhaps replaced by others of the same tree."""
    size = draw(st.integers(1, 20))
    leaves = [bytes([i]) for i in range(size)]
    older = draw(st.integers(1, size))
    proof = reference.consistency_path(older, leaves)
    roots = [reference.tree_root(leaves[:n]) for n in range(size + 1)]
    known = [*proof, *roots]
    proof = draw(st.just(proof) | st.lists(st.sampled_from(known), max_size=6))
    older_root = draw(st.just(roots[older]) | st.sampled_from(known))
    root = draw(st.just(roots[size]) | st.sampled_from(known))
    older, size = draw(st.just(older) | st.integers(0, 22)), draw(st.just(size) | st.integers(0, 22))
    return older, size, older_root, root, proof


@settings(max_examples=300)
@given(consistency_attempts())
def test_consistency_is_judged_as_the_definition_does(attempt):
    assert consistency_holds(*attempt) is reference.consistency_holds(*attempt)


def test_the_verifier_in_one_file_judges_every_proof_of_32_byte_hashes_alike():
    judged = 0
    for case in CONSISTENCY:
        (older_root, root), proof = of_hex(case, "older_root", "root")
        in_range = 0 < case["older_size"] < case["size"]
        if in_range and all(len(value) == 32 for value in (older_root, root, *proof)):
            older = standalone.Checkpoint("x", case["older_size"], older_root)
            newer = standalone.Checkpoint("x", case["size"], root)
            assert standalone.continues(older, newer, proof) is case["holds"]
            judged += 1
    assert judged > 200
