"""Positions of hashes, and the row in memory."""

import pytest

from countenance.core.errors import LedgerError
from countenance.ledger.hash_store import MemoryHashStore, Node, position_of, stored_before


def in_order_of_completion(leaves):
    """List the nodes as they become complete, by looking at every level after every leaf."""
    row = []
    for leaf in range(leaves):
        level = 0
        while (leaf + 1) % 2**level == 0:
            row.append(Node(level, (leaf + 1) // 2**level - 1))
            level += 1
    return row


def test_a_position_is_the_place_in_the_order_of_completion():
    row = in_order_of_completion(300)
    assert [position_of(node) for node in row] == list(range(len(row)))


def test_the_length_of_the_row_follows_from_the_number_of_leaves():
    for leaves in range(100):
        assert stored_before(leaves) == len(in_order_of_completion(leaves))


def test_what_was_added_is_read_in_the_order_asked_for():
    store = MemoryHashStore()
    hashes = [bytes([i]) * 32 for i in range(5)]
    store.append(0, hashes[:2])
    store.append(2, hashes[2:])
    assert len(store) == 5
    assert store.read([4, 0, 0]) == [hashes[4], hashes[0], hashes[0]]


@pytest.mark.parametrize("start", [0, 1, 3])
def test_adding_elsewhere_than_at_the_end_is_refused(start):
    store = MemoryHashStore()
    store.append(0, [bytes(32)] * 2)
    with pytest.raises(LedgerError, match="holds 2 hashes"):
        store.append(start, [bytes(32)])


@pytest.mark.parametrize("position", [-1, 1])
def test_reading_what_is_not_there_is_refused(position):
    store = MemoryHashStore()
    store.append(0, [bytes(32)])
    with pytest.raises(LedgerError, match="missing"):
        store.read([0, position])


def test_hashes_of_another_length_are_refused():
    with pytest.raises(LedgerError, match="32 bytes"):
        MemoryHashStore().append(0, [bytes(31)])
