"""Entries: the schema is enforced when they are made; people appear only under keys."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from countenance.core.errors import LedgerError
from countenance.ledger.entries import Entry, keyed_digest, public_reason, utc_text
from countenance.ledger.kinds import SCHEMAS, EntryKind
from tests.support.ledger_strategies import entries

NOW = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
GOOD = {"origin": "ledger.example", "software_version": "0.1.0"}


@given(entries())
def test_an_entry_with_the_fields_of_its_kind_is_made(entry):
    assert set(entry.fields) <= set(SCHEMAS[entry.kind])


@given(entries())
def test_without_a_required_field_it_is_refused(entry):
    for name, spec in SCHEMAS[entry.kind].items():
        if spec.required:
            rest = {other: value for other, value in entry.fields.items() if other != name}
            with pytest.raises(LedgerError, match=f"needs the field '{name}'"):
                Entry(entry.kind, entry.entry_id, entry.recorded_at, rest)


@given(entries())
def test_with_a_field_of_another_kind_it_is_refused(entry):
    with pytest.raises(LedgerError, match="no field 'photo'"):
        Entry(entry.kind, entry.entry_id, entry.recorded_at, {**entry.fields, "photo": "x"})


@pytest.mark.parametrize("value", [b"\xff\xd8\xff", [0.1, 0.2], {"name": "x"}, None, 0.5], ids=repr)
def test_no_field_takes_bytes_templates_or_objects(value):
    with pytest.raises(LedgerError):
        Entry(EntryKind.LEDGER_STARTED, "0" * 32, NOW, {**GOOD, "origin": value})


@pytest.mark.parametrize("entry_id", ["", "0" * 31, "A" * 32, "0" * 32 + "\n"])
def test_the_identifier_is_32_hex_digits(entry_id):
    with pytest.raises(LedgerError, match="identifier"):
        Entry(EntryKind.LEDGER_STARTED, entry_id, NOW, GOOD)


def test_the_time_says_its_zone():
    with pytest.raises(LedgerError, match="time zone"):
        Entry(EntryKind.LEDGER_STARTED, "0" * 32, NOW.replace(tzinfo=None), GOOD)


def test_times_are_written_in_utc():
    there = timezone(timedelta(hours=2))
    assert utc_text(datetime(2026, 8, 1, 11, 30, tzinfo=there)) == "2026-08-01T09:30:00.000000Z"
    assert utc_text(datetime(26, 8, 1, 9, 30, 0, 7, tzinfo=UTC)) == "0026-08-01T09:30:00.000007Z"


def test_a_keyed_digest_is_hmac_sha_256():
    # The value is that of `openssl dgst -sha256 -mac HMAC` over
    # "subject", a zero byte and "a", under 32 bytes of 0x0b.
    digest = keyed_digest(b"\x0b" * 32, "subject", b"a")
    assert digest == "4937ec42b2eef42cd91f54edbb7af6d2b212636c88f801e2eb13bc54390eac41"


def test_a_keyed_digest_depends_on_key_kind_and_data():
    key = bytes(range(32))
    digests = {
        keyed_digest(key, "subject", b"a"),
        keyed_digest(key, "photo", b"a"),
        keyed_digest(key, "subject", b"b"),
        keyed_digest(bytes(32), "subject", b"a"),
        keyed_digest(key, "subjec", b"ta"),
    }
    assert len(digests) == 5


def test_a_short_key_is_refused():
    with pytest.raises(LedgerError, match="32 bytes"):
        keyed_digest(bytes(31), "subject", b"a")


def test_what_an_outsider_sees_by_default():
    assert public_reason("act_intended", "purpose") is None
    assert public_reason("act_intended", "purpose_text") == "typed_text"
    assert public_reason("act_intended", "operator_id") == "personal"
    assert public_reason("act_intended", "colour") == "unknown_field"
    assert public_reason("kind_of_a_newer_version", "purpose") == "unknown_field"
