"""Verification of exports: sound ones pass, each damaged one is refused, and for the right reason."""

import random
from pathlib import Path

import pytest

from countenance.core.errors import LedgerError
from countenance.ledger.findings import NOT_SHOWN, NOT_SHOWN_SELECTION, NOT_SHOWN_WITHHELD
from countenance.ledger.verify import verify_export
from tests.support.damaged_exports import bad_cases
from tests.support.ledger_samples import ledger_of
from tests.support.sound_exports import KEY, LEDGER, good_cases

VECTORS = Path(__file__).parents[2] / "vectors" / "ledger"
GOOD, BAD = list(good_cases()), list(bad_cases())


def test_there_are_many_more_broken_cases_than_sound_ones():
    assert len(BAD) > 150
    assert len(BAD) > 5 * len(GOOD)
    assert len({case.name for case in (*GOOD, *BAD)}) == len(GOOD) + len(BAD)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_sound_export_verifies(case):
    result = verify_export(case.lines, held=case.held, keys=case.keys)
    assert [finding.code for finding in result.findings if not finding.ok] == []
    assert result.verified


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_damaged_export_is_refused_for_its_damage(case):
    result = verify_export(case.lines, held=case.held, keys=case.keys)
    assert not result.verified
    assert [finding.code for finding in result.findings if not finding.ok] == [case.refused_for]


@pytest.mark.parametrize("name", ["whole.jsonl", "public.jsonl", "selection.jsonl"])
def test_stored_exports_of_this_format_verify(name):
    held = [(VECTORS / f"checkpoint_{size}.txt").read_bytes() for size in (7, 3)]
    with (VECTORS / name).open("rb") as lines:
        result = verify_export(lines, held=held, keys=[(VECTORS / "key.txt").read_text().strip()])
    assert result.verified
    assert result.entries == (3 if name == "selection.jsonl" else 7)


def test_any_byte_changed_in_an_entry_is_noticed():
    lines = LEDGER.whole()
    generator = random.Random(20260801)
    for _ in range(400):
        number = generator.randrange(2, len(lines) - 1)
        line = bytearray(lines[number])
        place = generator.randrange(len(line) - 1)
        line[place] = generator.choice([byte for byte in range(256) if byte != line[place]])
        changed = [*lines[:number], bytes(line), *lines[number + 1 :]]
        assert not verify_export(changed, held=[LEDGER.checkpoint()], keys=[KEY]).verified, bytes(line)


def test_the_findings_say_what_was_shown_in_words():
    result = verify_export(LEDGER.whole(), held=[LEDGER.checkpoint(), LEDGER.checkpoint(3)], keys=[KEY])
    key_id = LEDGER.key.verifier_key().key_id.hex()
    assert [finding.text for finding in result.findings] == [
        f"Held checkpoint 1 counts 7 entries and is signed by ledger.example/countenance (key {key_id}).",
        f"Held checkpoint 2 counts 3 entries and is signed by ledger.example/countenance (key {key_id}).",
        f"The checkpoint in the file counts 7 entries and is signed by ledger.example/countenance (key {key_id}).",
        "The file has all 7 entries that its checkpoint counts, in order and as they were signed.",
        "Held checkpoint 1 is of exactly these 7 entries.",
        "The first 3 entries are those of held checkpoint 2: none was changed since.",
    ]


def test_a_witness_is_named_with_its_time():
    case = next(case for case in GOOD if case.name == "whole/seen-by-a-witness")
    result = verify_export(case.lines, held=case.held, keys=case.keys)
    texts = [finding.text for finding in result.findings if finding.code == "held_1_witnessed"]
    assert texts == ["Held checkpoint 1 was seen by the witness witness.example/w1 at 2026-08-01 16:00:00 UTC."]


def test_what_is_not_shown_is_always_said():
    held = [LEDGER.checkpoint()]
    assert verify_export(LEDGER.whole(), held=held, keys=[KEY]).not_shown == NOT_SHOWN
    assert verify_export([], held=held, keys=[KEY]).not_shown == NOT_SHOWN
    selection = verify_export(LEDGER.selection([1, 3]), held=held, keys=[KEY])
    assert selection.withheld == 6
    assert selection.not_shown == (*NOT_SHOWN, NOT_SHOWN_WITHHELD, NOT_SHOWN_SELECTION)


def test_a_large_export_is_followed_through_all_its_entries():
    # More entries than are gathered at once, and held checkpoints on both sides of such a border.
    entries = LEDGER.entries * 300
    large = ledger_of(entries)
    held = [large.checkpoint(size) for size in (1, 1023, 1024, 1025, 2100)]
    assert verify_export(large.whole(), held=held, keys=[KEY]).verified


@pytest.mark.parametrize(
    ("held", "keys", "why"),
    [
        ([], [KEY], "No checkpoint"),
        ([LEDGER.checkpoint()], [], "No verifier key"),
        ([LEDGER.checkpoint()], ["w.example+00000000+AAAA"], "not an Ed25519"),
        (
            [LEDGER.checkpoint()],
            ["remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"],
            "No verifier key",
        ),
    ],
    ids=["no checkpoint", "no key", "malformed key", "only a witness's key"],
)
def test_without_something_to_hold_it_against_nothing_is_verified(held, keys, why):
    with pytest.raises(LedgerError, match=why):
        verify_export(LEDGER.whole(), held=held, keys=keys)
