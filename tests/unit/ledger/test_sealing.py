"""Sealed entries: the leaf stays the same whatever is withheld, and the line comes back whole."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.core.errors import LedgerError
from countenance.ledger.canonical_json import canonical_bytes
from countenance.ledger.merkle import leaf_hash
from countenance.ledger.sealing import (
    SealedEntry,
    Shown,
    Withheld,
    commitment,
    open_entry,
    parse_sealed_line,
    seal,
    sealed_line,
)
from tests.support.ledger_samples import made_up_bytes, sample_entries
from tests.support.ledger_strategies import entries

seeds = st.binary(min_size=32, max_size=32)


def slow_leaf(sealed):
    """The leaf as the format's description says it, with a general JSON writer."""
    commitments = {}
    for name, field in sealed.fields.items():
        if isinstance(field, Withheld):
            commitments[name] = field.commitment
        else:
            commitments[name] = hashlib.sha256(canonical_bytes((field.salt, name, field.value))).hexdigest()
    record = {"fields": commitments, "id": sealed.entry_id, "kind": sealed.kind, "time": sealed.recorded_at, "v": 1}
    return hashlib.sha256(b"\x00" + canonical_bytes(record)).digest()


@given(entries(), seeds)
def test_an_entry_comes_back_from_its_seal(entry, seed):
    assert open_entry(seal(entry, seed)) == entry


@given(entries(), seeds)
def test_a_sealed_entry_comes_back_from_its_line(entry, seed):
    sealed = seal(entry, seed)
    assert parse_sealed_line(sealed_line(sealed)) == sealed


@given(entries(), seeds)
def test_the_line_is_the_canonical_json_of_its_members(entry, seed):
    sealed = seal(entry, seed)
    withheld = sealed.withholding(lambda name: "personal" if len(name) % 2 else None)
    for one in (sealed, withheld):
        assert sealed_line(one) == canonical_bytes(one.to_json())


def test_a_text_that_is_no_unicode_text_has_no_line():
    with pytest.raises(LedgerError, match="surrogate"):
        sealed_line(
            SealedEntry("expiry", "0" * 32, "2026-08-01T09:33:00.000000Z", {"reason": Shown("1" * 32, "\ud800")})
        )


@given(entries(), seeds)
def test_the_leaf_is_the_one_the_description_gives(entry, seed):
    sealed = seal(entry, seed)
    assert sealed.leaf_hash() == slow_leaf(sealed) == leaf_hash(sealed.leaf_data())


@settings(max_examples=60)
@given(entries(), seeds, st.data())
def test_withholding_any_fields_leaves_the_leaf_as_it_is(entry, seed, data):
    sealed = seal(entry, seed)
    hidden = data.draw(st.sets(st.sampled_from(sorted(sealed.fields))))
    withheld = sealed.withholding(lambda name: "personal" if name in hidden else None)
    assert withheld.leaf_hash() == sealed.leaf_hash()
    assert {name for name, field in withheld.fields.items() if isinstance(field, Withheld)} == hidden
    assert parse_sealed_line(sealed_line(withheld)) == withheld
    line = sealed_line(withheld).decode()
    for name in hidden:
        assert sealed.fields[name].salt not in line


def test_a_withheld_field_stays_withheld():
    sealed = sample_entries()[3].withholding(lambda name: "typed_text" if name == "purpose_text" else None)
    again = sealed.withholding(lambda name: None)
    assert again == sealed
    assert sealed.withholding(lambda name: "court_order").fields["purpose_text"].reason == "typed_text"


def test_salts_are_of_16_bytes_and_differ_by_field_and_entry():
    first, second = sample_entries()[:2]
    salts = [field.salt for sealed in (first, second) for field in sealed.fields.values()]
    assert all(len(bytes.fromhex(salt)) == 16 for salt in salts)
    assert len(set(salts)) == len(salts)


def test_name_value_and_salt_cannot_run_into_each_other():
    salt = "0" * 32
    commitments = {
        commitment(salt, "ab", "c"),
        commitment(salt, "a", "bc"),
        commitment(salt, "a", '","c'),
        commitment(salt, "a", 1),
        commitment(salt, "a", "1"),
        commitment(salt, "a", True),
        commitment(salt, "a", "true"),
        commitment(salt, "a", ("1",)),
        commitment(salt, "a", (1,)),
        commitment(salt, "a", '["1"]'),
        commitment(salt, "a", ()),
        commitment("1" * 32, "a", ()),
    }
    assert len(commitments) == 12


def test_a_commitment_is_what_its_description_says():
    expected = hashlib.sha256(b'["00000000000000000000000000000000","purpose","missing_person"]').hexdigest()
    assert commitment("0" * 32, "purpose", "missing_person") == expected


def test_an_entry_with_a_withheld_field_is_not_opened():
    sealed = sample_entries()[3].withholding(lambda name: "personal" if name == "operator_id" else None)
    with pytest.raises(LedgerError, match="operator_id"):
        open_entry(sealed)


def test_an_entry_of_an_unknown_kind_is_not_opened_but_has_its_leaf():
    sealed = replace(sample_entries()[0], kind="kind_of_a_newer_version")
    assert parse_sealed_line(sealed_line(sealed)).leaf_hash() == slow_leaf(sealed)
    with pytest.raises(LedgerError, match="not known"):
        open_entry(sealed)


def test_a_day_that_is_none_is_not_opened():
    with pytest.raises(LedgerError, match="calendar"):
        open_entry(replace(sample_entries()[0], recorded_at="2026-02-31T00:00:00.000000Z"))


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)], ids=len)
def test_a_seed_of_another_length_is_refused(seed):
    with pytest.raises(LedgerError, match="32 random bytes"):
        seal(open_entry(sample_entries()[0]), seed)


@pytest.mark.parametrize("reason", ["", "For privacy", "Personal", "x" * 65, "a-b"])
def test_a_reason_is_a_short_code(reason):
    with pytest.raises(LedgerError, match="short code"):
        sample_entries()[0].withholding(lambda name: reason)


def test_every_change_of_a_field_or_of_the_rest_changes_the_leaf():
    sealed = sample_entries()[3]
    leaves = {sealed.leaf_hash()}
    changes = [
        replace(sealed, kind="act_denied"),
        replace(sealed, entry_id="0" * 32),
        replace(sealed, recorded_at="2026-08-01T09:33:00.000001Z"),
    ]
    for name, field in sealed.fields.items():
        rest = {other: value for other, value in sealed.fields.items() if other != name}
        other = not field.value if isinstance(field.value, bool) else "something else"
        changes += [
            replace(sealed, fields=rest),
            replace(sealed, fields={**rest, name: Shown(field.salt, other)}),
            replace(sealed, fields={**rest, name: Shown("0" * 32, field.value)}),
            replace(sealed, fields={**rest, f"{name}_": field}),
        ]
    leaves |= {changed.leaf_hash() for changed in changes}
    assert len(leaves) == 1 + len(changes)


def test_sealed_lines_hold_no_more_than_they_say():
    sealed = SealedEntry("expiry", "0" * 32, "2026-08-01T09:33:00.000000Z", {"references": Shown("1" * 32, 4)})
    assert json.loads(sealed_line(sealed)) == {
        "fields": {"references": {"salt": "1" * 32, "value": 4}},
        "id": "0" * 32,
        "kind": "expiry",
        "time": "2026-08-01T09:33:00.000000Z",
        "v": 1,
    }
    assert made_up_bytes("seed 0").hex() not in sealed_line(sample_entries()[0]).decode()
