"""Exports: what is written, in which order, and that withholding changes no hash."""

import json
from pathlib import Path

import pytest

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import parse_canonical
from countenance.ledger.entries import public_reason
from countenance.ledger.export import EXPORT_FORMAT, export_selection, export_whole, show_everything
from countenance.ledger.sealing import sealed_from_json
from tests.support import reference_merkle_tree as reference
from tests.support.ledger_samples import MADE_AT, ORIGIN, ledger_of, sample_entries
from tests.vectors.make_ledger_vectors import contents

VECTORS = Path(__file__).parents[2] / "vectors" / "ledger"
LEDGER = ledger_of(sample_entries())


def records(lines):
    return [parse_canonical(line.removesuffix(b"\n")) for line in lines]


def test_the_format_is_the_stored_one_to_the_byte():
    for name, content in contents().items():
        assert (VECTORS / name).read_bytes() == content, name


def test_a_whole_export_has_its_lines_in_order():
    lines = LEDGER.whole(other_sizes=[3, 5])
    assert all(line.endswith(b"\n") for line in lines)
    header, checkpoint, first, second, *entries, end = records(lines)
    assert header == {
        "line": "header",
        "format": EXPORT_FORMAT,
        "origin": ORIGIN,
        "scope": "whole",
        "made_at": "2026-09-01T12:00:00.000000Z",
    }
    assert checkpoint == {"line": "checkpoint", "note": LEDGER.checkpoint().decode()}
    assert [(proof["older_size"], proof["size"]) for proof in (first, second)] == [(3, 7), (5, 7)]
    assert [entry["index"] for entry in entries] == list(range(7))
    assert all(entry.keys() == {"line", "index", "entry"} for entry in entries)
    assert end == {"line": "end", "entries": 7}


def test_consistency_proofs_are_those_of_the_slow_tree():
    leaves = [entry.leaf_data() for entry in LEDGER.entries]
    lines = records(LEDGER.whole(5, other_sizes=[7, 2, 2, 5, 0]))
    proofs = {(line["older_size"], line["size"]): line["proof"] for line in lines if line["line"] == "consistency"}
    assert proofs == {
        (2, 5): [value.hex() for value in reference.consistency_path(2, leaves[:5])],
        (5, 7): [value.hex() for value in reference.consistency_path(5, leaves)],
    }


def test_a_selection_has_the_inclusion_proofs_of_the_slow_tree():
    leaves = [entry.leaf_data() for entry in LEDGER.entries]
    entries = [line for line in records(LEDGER.selection([1, 3, 6])) if line["line"] == "entry"]
    assert [entry["index"] for entry in entries] == [1, 3, 6]
    for entry in entries:
        assert entry["proof"] == [value.hex() for value in reference.inclusion_path(entry["index"], leaves)]
        assert sealed_from_json(entry["entry"]).leaf_hash() == reference.leaf(leaves[entry["index"]])


def test_an_export_for_outsiders_holds_no_typed_text_and_nobody():
    shown, public = b"".join(LEDGER.whole()), b"".join(LEDGER.whole(withhold=public_reason))
    operator = LEDGER.entries[1].fields["operator_id"].value.encode()
    for secret in ("ferry", "26-0117", "families"):
        assert secret.encode() in shown
        assert secret.encode() not in public
    assert operator in shown
    assert operator not in public
    assert b"missing_person" in public


def test_a_field_already_withheld_keeps_its_reason():
    erased = LEDGER.entries[3].withholding(lambda name: "erased" if name == "purpose_text" else None)
    ledger = ledger_of([*LEDGER.entries[:3], erased, *LEDGER.entries[4:]])
    assert ledger.checkpoint() == LEDGER.checkpoint()
    line = json.loads(ledger.whole()[2 + 3])
    assert line["entry"]["fields"]["purpose_text"]["reason"] == "erased"


@pytest.mark.parametrize("count", [0, 6, 8])
def test_a_whole_export_needs_all_entries_and_no_more(count):
    lines = export_whole(
        signed_checkpoint=LEDGER.checkpoint(),
        entries=(LEDGER.entries * 2)[:count],
        store=LEDGER.store,
        withhold=show_everything,
        made_at=MADE_AT,
    )
    with pytest.raises(LedgerError, match=f"was given {count}"):
        list(lines)


@pytest.mark.parametrize(
    ("indices", "why"), [([1, 1], "ascending"), ([3, 1], "ascending"), ([7], "no entry 7"), ([-1], "ascending")]
)
def test_a_selection_names_each_entry_once_in_order(indices, why):
    lines = export_selection(
        signed_checkpoint=LEDGER.checkpoint(),
        entries=[(index, LEDGER.entries[0]) for index in indices],
        store=LEDGER.store,
        withhold=show_everything,
        made_at=MADE_AT,
    )
    with pytest.raises(LedgerError, match=why):
        list(lines)
