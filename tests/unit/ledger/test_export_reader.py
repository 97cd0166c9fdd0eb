"""Reading an export: the inverse of writing it; the malformed ones are among the cases of test_verify."""

import pytest

from countenance.core.errors import LedgerError
from countenance.ledger.entries import public_reason
from countenance.ledger.export_reader import (
    LONGEST_LINE,
    CheckpointLine,
    ConsistencyLine,
    EndLine,
    EntryLine,
    Header,
    read_lines,
)
from countenance.ledger.merkle import MerkleTree
from tests.support.ledger_samples import ORIGIN, ledger_of, sample_entries

LEDGER = ledger_of(sample_entries())


def test_a_whole_export_comes_back():
    header, checkpoint, proof, *entries, end = read_lines(LEDGER.whole(other_sizes=[3]))
    assert header == Header(ORIGIN, "whole", "2026-09-01T12:00:00.000000Z")
    assert checkpoint == CheckpointLine(LEDGER.checkpoint())
    assert proof == ConsistencyLine(3, 7, tuple(MerkleTree(LEDGER.store, 7).consistency_proof(3)))
    assert entries == [EntryLine(index, entry, None) for index, entry in enumerate(LEDGER.entries)]
    assert end == EndLine(7)


def test_a_selection_comes_back():
    _, _, *entries, _ = read_lines(LEDGER.selection([1, 6]))
    tree = MerkleTree(LEDGER.store, 7)
    for index, line in zip([1, 6], entries, strict=True):
        sealed = LEDGER.entries[index]
        hidden = sealed.withholding(lambda name, sealed=sealed: public_reason(sealed.kind, name))
        assert line == EntryLine(index, hidden, tuple(tree.inclusion_proof(index)))


def test_lines_are_read_one_at_a_time():
    taken = []

    def source():
        for line in LEDGER.whole():
            taken.append(line)
            yield line

    lines = read_lines(source())
    next(lines)
    assert len(taken) == 1


def test_an_error_names_the_line():
    lines = LEDGER.whole()
    with pytest.raises(LedgerError, match=r"^Line 4: The bytes are JSON"):
        list(read_lines([*lines[:3], lines[3].replace(b'"index":1', b'"index": 1'), *lines[4:]]))
    with pytest.raises(LedgerError, match=r"^Line 10: The file breaks off"):
        list(read_lines(lines[:-1]))


def test_a_line_without_end_is_refused_before_it_is_parsed():
    with pytest.raises(LedgerError, match=f"longer than {LONGEST_LINE}"):
        list(read_lines([b"[" * (LONGEST_LINE + 1)]))
