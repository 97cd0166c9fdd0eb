"""Moments as text, and portions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from countenance.storage.transactions import as_text, expiry_text, in_portions, new_identifier

NOON = datetime(2031, 5, 6, 12, 0, 0, 999_999, tzinfo=UTC)


def test_a_moment_is_stored_in_utc_to_the_second() -> None:
    assert as_text(NOON) == "2031-05-06T12:00:00+00:00"
    assert as_text(NOON.astimezone(timezone(timedelta(hours=9)))) == as_text(NOON)


def test_moments_sort_as_text_as_they_do_in_time() -> None:
    chance = random.Random(3)
    moments = [datetime.fromtimestamp(chance.randrange(0, 9_999_999_999), UTC) for _ in range(500)]
    assert [as_text(moment) for moment in sorted(moments)] == sorted(as_text(moment) for moment in moments)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        as_text(NOON.replace(tzinfo=None))


def test_an_expiry_is_whole_days_later_or_never() -> None:
    assert expiry_text(NOON, 30) == "2031-06-05T12:00:00+00:00"
    assert expiry_text(NOON, None) is None


def test_portions_are_all_items_in_order() -> None:
    for count in range(12):
        portions = list(in_portions(list(range(count)), 5))
        assert [item for portion in portions for item in portion] == list(range(count))
        assert all(1 <= len(portion) <= 5 for portion in portions)


def test_identifiers_are_random_hex() -> None:
    identifiers = {new_identifier() for _ in range(1000)}
    assert len(identifiers) == 1000
    assert all(len(bytes.fromhex(identifier)) == 16 for identifier in identifiers)
