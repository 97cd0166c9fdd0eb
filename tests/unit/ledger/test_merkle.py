"""The fast tree against published values and against the slow tree."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.core.errors import LedgerError
from countenance.ledger.hash_store import MemoryHashStore, Node, position_of
from countenance.ledger.merkle import EMPTY_ROOT, MerkleTree, RunningRoot, grow, leaf_hash
from tests.support import reference_merkle_tree as reference
from tests.vectors.make_merkle_vectors import contents

VECTORS = Path(__file__).parents[2] / "vectors" / "merkle"
PUBLISHED = json.loads((VECTORS / "published.json").read_text())
LEAVES = [bytes.fromhex(leaf) for leaf in PUBLISHED["leaves"]]


def stored(leaves):
    store = MemoryHashStore()
    grow(store, RunningRoot(), [leaf_hash(leaf) for leaf in leaves])
    return store


def numbered(size):
    return [f"leaf {i}".encode() for i in range(size)]


class CountingStore(MemoryHashStore):
    def __init__(self):
        super().__init__()
        self.reads = []

    def read(self, positions):
        self.reads.append(len(positions))
        return super().read(positions)


def test_roots_of_the_published_leaves_are_the_published_roots():
    store = stored(LEAVES)
    roots = [MerkleTree(store, size).root().hex() for size in range(len(LEAVES) + 1)]
    assert roots == PUBLISHED["roots"]
    assert [reference.tree_root(LEAVES[:size]).hex() for size in range(len(LEAVES) + 1)] == PUBLISHED["roots"]


def test_stored_hashes_of_the_published_leaves_are_the_published_nodes():
    store = stored(LEAVES)
    for level, hashes in enumerate(PUBLISHED["nodes"]):
        positions = [position_of(Node(level, ordinal)) for ordinal in range(len(hashes))]
        assert [value.hex() for value in store.read(positions)] == hashes


def test_inclusion_proofs_are_the_published_ones():
    store = stored(LEAVES)
    for case in PUBLISHED["inclusion"]:
        proof = MerkleTree(store, case["size"]).inclusion_proof(case["index"])
        assert [value.hex() for value in proof] == case["proof"]


def test_consistency_proofs_are_the_published_ones():
    store = stored(LEAVES)
    for case in PUBLISHED["consistency"]:
        proof = MerkleTree(store, case["size"]).consistency_proof(case["older_size"])
        assert [value.hex() for value in proof] == case["proof"]


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100])
def test_roots_and_all_proofs_are_those_of_the_slow_tree(size):
    leaves = numbered(size)
    tree = MerkleTree(stored(leaves), size)
    assert tree.root() == reference.tree_root(leaves)
    for index in range(size):
        assert tree.inclusion_proof(index) == reference.inclusion_path(index, leaves)
    for older in range(1, size + 1):
        assert tree.consistency_proof(older) == reference.consistency_path(older, leaves)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), max_size=6))
def test_leaves_may_come_in_any_portions(portions):
    leaves = [leaf_hash(leaf) for leaf in numbered(sum(portions))]
    store, tree = MemoryHashStore(), RunningRoot()
    for portion in portions:
        tree = grow(store, tree, leaves[tree.size : tree.size + portion])
    at_once = MemoryHashStore()
    assert tree == grow(at_once, RunningRoot(), leaves)
    assert tree == MerkleTree(store, tree.size).running_root()
    assert store.read(range(len(store))) == at_once.read(range(len(at_once)))


def test_an_older_tree_can_be_asked_for_in_a_store_that_has_grown():
    leaves = numbered(40)
    tree = MerkleTree(stored(leaves), 23)
    assert tree.root() == reference.tree_root(leaves[:23])
    assert tree.inclusion_proof(22) == reference.inclusion_path(22, leaves[:23])


def test_a_proof_is_one_read_of_a_few_hashes():
    size = 100_001
    store = CountingStore()
    grow(store, RunningRoot(), [leaf_hash(i.to_bytes(4, "big")) for i in range(size)])
    for ask in (
        lambda: MerkleTree(store, size).inclusion_proof(77_777),
        lambda: MerkleTree(store, size).consistency_proof(77_777),
    ):
        store.reads.clear()
        ask()
        assert len(store.reads) == 1
        assert store.reads[0] <= 2 * size.bit_length()


def test_the_empty_tree_has_the_root_of_nothing():
    assert RunningRoot().root() == EMPTY_ROOT == MerkleTree(MemoryHashStore(), 0).root()


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_an_entry_that_is_not_there_has_no_proof(index):
    with pytest.raises(LedgerError, match="no entry"):
        MerkleTree(stored(numbered(9)), 5).inclusion_proof(index)


@pytest.mark.parametrize("older", [-1, 0, 6])
def test_an_older_size_out_of_range_has_no_proof(older):
    with pytest.raises(LedgerError, match="no proof"):
        MerkleTree(stored(numbered(9)), 5).consistency_proof(older)


def test_a_running_root_needs_one_hash_for_each_binary_one():
    with pytest.raises(LedgerError):
        RunningRoot(5, (bytes(32),))
    with pytest.raises(LedgerError):
        RunningRoot(-1, ())


def test_two_writers_cannot_add_the_same_leaf():
    store = MemoryHashStore()
    tree = grow(store, RunningRoot(), [leaf_hash(b"a")])
    grow(store, tree, [leaf_hash(b"b")])
    before = len(store)
    with pytest.raises(LedgerError, match="somebody else"):
        grow(store, tree, [leaf_hash(b"c")])
    assert len(store) == before


def test_generated_vectors_are_those_the_script_writes():
    for name, content in contents().items():
        assert (VECTORS / name).read_text() == content
