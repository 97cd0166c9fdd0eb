"""Lines digested without parsing: what the slow reader makes of them, or nothing at all."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import LARGEST_INTEGER, canonical_bytes
from countenance.ledger.export_reader import DigestedEntries, EntryLine, parse_line
from countenance.ledger.fast_lines import digest_entry_line
from countenance.ledger.line_digests import LINES_PER_BATCH, digest_batch, digested_lines
from countenance.ledger.sealing import SealedEntry, Shown, Withheld, seal
from countenance.ledger.verify import verify_export
from tests.support.damaged_exports import bad_cases
from tests.support.ledger_samples import ledger_of
from tests.support.ledger_strategies import entries
from tests.support.sound_exports import KEY, LEDGER, good_cases


def slow(line):
    """What the readers that build every value make of a line, or None if they refuse it."""
    try:
        parsed = parse_line(line)
    except LedgerError:
        return None
    if not isinstance(parsed, EntryLine) or parsed.proof is not None:
        return None
    withheld = sum(isinstance(field, Withheld) for field in parsed.entry.fields.values())
    return parsed.index, parsed.entry.leaf_hash(), withheld


def line_of(sealed, index=7):
    return canonical_bytes({"line": "entry", "index": index, "entry": sealed.to_json()})


@settings(max_examples=200)
@given(entries(), st.binary(min_size=32, max_size=32), st.integers(0, 10**15 - 1), st.data())
def test_a_sound_line_is_digested_as_the_slow_reader_does(entry, seed, index, data):
    sealed = seal(entry, seed)
    hidden = data.draw(st.sets(st.sampled_from(sorted(sealed.fields))))
    line = line_of(sealed.withholding(lambda name: "personal" if name in hidden else None), index)
    assert slow(line) is not None
    fast = digest_entry_line(line)
    assert fast == slow(line) or (fast is None and has_a_rare_value(entry))


def has_a_rare_value(entry):
    """Whether a whole number of more than 15 digits is left to the slow reader."""
    values = [v for value in entry.fields.values() for v in (value if isinstance(value, tuple) else (value,))]
    return any(type(value) is int and abs(value) >= 10**15 for value in values)


TEXTS = [
    "",
    "x",
    'a "quoted" word',
    "back\\slash",
    "\n\t\b\f\r\x00\x1f\x7f",
    "ferry – «camera 4» 🛥",
    '","index":9,"line":"',
]
OTHERS = [0, -1, 10**14, True, False, (), ("a",), ("a", 'b"', "\n"), (1, 2, -3), ("",), '{"salt":"', "]", "}}"]


@pytest.mark.parametrize("value", [*TEXTS, *OTHERS], ids=repr)
def test_every_form_of_value_is_digested(value):
    line = line_of(SealedEntry("expiry", "0" * 32, "2026-08-01T09:33:00.000000Z", {"reason": Shown("1" * 32, value)}))
    assert digest_entry_line(line) == slow(line)
    assert slow(line) is not None


@pytest.mark.parametrize("value", [10**15, LARGEST_INTEGER, -LARGEST_INTEGER])
def test_what_is_allowed_and_rare_is_left_to_the_slow_reader(value):
    line = line_of(SealedEntry("expiry", "0" * 32, "2026-08-01T09:33:00.000000Z", {"reason": Shown("1" * 32, value)}))
    assert digest_entry_line(line) is None
    assert slow(line) is not None


def test_it_is_never_more_lenient_whatever_byte_is_changed():
    lines = [line.rstrip() for line in LEDGER.whole()[2:-1]] + [line_of(LEDGER.entries[3], 10**14)]
    chance = random.Random(20_260_802)
    pieces = [b'"', b",", b"}", b"{", b":", b"\\", b"0", b"-0", b" ", b"null", b"\\u0041", b"\\/", b"\x00", b"\xff"]
    refused = 0
    for _ in range(6_000):
        line = chance.choice(lines)
        place, length = chance.randrange(len(line)), chance.choice([0, 1, 1, 2, 40])
        piece = chance.choice([*pieces, chance.randbytes(1), line[place : place + 60], b""])
        changed = line[:place] + piece + line[place + length :]
        fast = digest_entry_line(changed)
        assert fast is None or fast == slow(changed), changed
        refused += fast is None
    assert 4_000 < refused < 6_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"origin"', b'"software_version"'),
        (b'"origin":{', b'"zorigin":{'),
        (b'"origin":{', b'"Origin":{'),
        (b'"0.1.0"', b'["a",1]'),
        (b'"0.1.0"', b"[true]"),
        (b'"0.1.0"', b"1.5"),
        (b'"0.1.0"', b"01"),
        (b'"0.1.0"', b"-0"),
        (b'"0.1.0"', b"null"),
        (b'"0.1.0"', b'{"a":1}'),
        (b'"0.1.0"', b'"\\u000a"'),
        (b'"0.1.0"', b'"\\u001F"'),
        (b'"0.1.0"', b'"\xed\xa0\x80"'),
        (b'}},"id"', b'},},"id"'),
        (b'{"fields":{', b'{"fields":{,'),
        (b'"v":1', b'"v":2'),
        (b"T09", b"T29"),
        (b'"index":0', b'"index":00'),
        (b'"line":"entry"}', b'"line":"entry"} '),
    ],
)
def test_what_the_slow_reader_refuses_is_not_digested(old, new):
    line = LEDGER.whole()[2].rstrip()
    assert old in line
    changed = line.replace(old, new)
    assert slow(changed) is None
    assert digest_entry_line(changed) is None


def test_an_entry_without_fields_is_left_to_the_slow_reader():
    line = line_of(SealedEntry("expiry", "0" * 32, "2026-08-01T09:33:00.000000Z", {}))
    assert digest_entry_line(line) is None
    index, leaf_hash, withheld = slow(line)
    assert digest_batch([line]) == [DigestedEntries(index, [leaf_hash], withheld, None)]


def test_lines_of_an_export_that_are_no_entries_are_parsed_and_entries_gathered():
    lines = LEDGER.whole(other_sizes=[3])
    *opening, entries_, end = digested_lines(lines)
    assert [*opening, end] == [parse_line(line) for line in (*lines[:3], lines[-1])]
    assert entries_ == DigestedEntries(0, [entry.leaf_hash() for entry in LEDGER.entries], 0, None)


def test_an_entry_with_a_proof_stays_alone():
    lines = LEDGER.selection([1, 2])[2:-1]
    assert [(one.index, len(one.leaf_hashes)) for one in digest_batch(lines)] == [(1, 1), (2, 1)]
    proofs = [json.loads(line)["proof"] for line in lines]
    assert [[value.hex() for value in one.proof] for one in digest_batch(lines)] == proofs


def test_what_comes_before_a_refused_line_is_handed_on():
    lines = LEDGER.whole()[2:6]
    gathered, words = digest_batch([*lines[:2], b"nonsense", lines[3]])
    assert (gathered.index, len(gathered.leaf_hashes)) == (0, 2)
    assert "not JSON" in words
    assert [one.index for one in digest_batch([lines[0], lines[2], lines[3]])] == [0, 2]


def test_several_processes_find_what_one_finds():
    cases = [*good_cases(), *list(bad_cases())[::23]]
    large = ledger_of(LEDGER.entries * (LINES_PER_BATCH // 2))
    whole = large.whole()
    broken = [*whole[:5000], whole[5000].replace(b'"v":1', b'"v":3'), *whole[5001:]]
    swapped = [*whole[:5000], whole[5001], whole[5000], *whole[5002:]]
    for lines in (whole, broken, swapped, whole[:-1]):
        one = verify_export(lines, held=[large.checkpoint(3000)], keys=[KEY])
        assert verify_export(lines, held=[large.checkpoint(3000)], keys=[KEY], processes=2) == one
    assert not one.verified
    for case in cases[:2]:
        one = verify_export(case.lines, held=case.held, keys=case.keys)
        assert verify_export(case.lines, held=case.held, keys=case.keys, processes=2) == one
