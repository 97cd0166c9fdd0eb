"""Refused credentials: each in the ledger, few entries whatever comes, and no count lost while it can be helped."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countenance.ledger.entries import utc_text
from countenance.service.credentials import Credential, CredentialKind
from countenance.service.refused_credentials import ENTRIES_PER_SPAN, Refusal, RefusedCredentials
from tests.support.memory_journal import MemoryLedgerRows, memory_journal
from tests.support.settable_clock import SettableClock


class Noted:
    """What is noted, over a ledger in memory."""

    def __init__(self, most: int = ENTRIES_PER_SPAN) -> None:
        self.clock = SettableClock()
        self.rows = MemoryLedgerRows(self.clock)
        self.journal = memory_journal(rows=self.rows)
        self.refused = RefusedCredentials(self.journal, self.clock, entries_per_span=most)

    def note(self, shown: str = "key", refusal: Refusal = Refusal.UNKNOWN, **more: Any) -> str | None:
        return self.refused.note(more.pop("interface", "azure"), refusal, shown=shown, **more)

    def entries(self) -> list[dict[str, Any]]:
        return [dict(entry.fields) for entry in self.journal.entries(from_index=0, limit=1_000)]

    def attempts(self) -> list[int]:
        return [entry["attempts"] for entry in self.entries()]


@pytest.fixture
def noted() -> Noted:
    return Noted()


def test_the_first_is_written_at_once_with_its_credential_and_without_what_was_shown(noted: Noted) -> None:
    expires_at = noted.clock.now + timedelta(days=1)
    credential = Credential("1" * 32, "2" * 32, CredentialKind.AWS, expires_at, None)
    entry_id = noted.note("AKIASECRET", Refusal.SIGNATURE, interface="rekognition", credential=credential)
    assert entry_id is not None
    assert dict(noted.journal.entry(entry_id).fields) == {
        "interface": "rekognition",
        "refusal": "signature",
        "attempts": 1,
        "first_at": utc_text(noted.clock.now),
        "last_at": utc_text(noted.clock.now),
        "shown_digest": noted.journal.keyed_digest("credential", b"AKIASECRET"),
        "credential_id": "1" * 32,
        "case_id": "2" * 32,
    }


def test_those_that_follow_within_a_minute_become_one_entry_with_their_number_and_times(noted: Noted) -> None:
    began = noted.clock.now
    noted.note()
    for _ in range(9):
        noted.clock.advance(seconds=5)
        assert noted.note() is None
    noted.refused.write_due()
    assert noted.attempts() == [1]
    noted.clock.advance(seconds=15)
    noted.refused.write_due()
    assert noted.attempts() == [1, 9]
    rest = noted.entries()[1]
    assert rest["first_at"] == utc_text(began + timedelta(seconds=5))
    assert rest["last_at"] == utc_text(began + timedelta(seconds=45))
    assert rest["shown_digest"] == noted.entries()[0]["shown_digest"]
    noted.refused.write_due(everything=True)
    assert noted.attempts() == [1, 9]


def test_the_next_one_after_the_minute_writes_what_was_counted_and_itself(noted: Noted) -> None:
    noted.note()
    noted.note()
    noted.clock.advance(seconds=60)
    assert noted.note("other") is not None
    assert noted.attempts() == [1, 1, 1]
    assert len({entry["shown_digest"] for entry in noted.entries()}) == 2


def test_door_reason_key_and_credential_have_entries_of_their_own(noted: Noted) -> None:
    for interface in ("azure", "rest"):
        for refusal in (Refusal.UNKNOWN, Refusal.EXPIRED):
            for shown in ("a", "b"):
                assert noted.note(shown, refusal, interface=interface) is not None
    assert noted.attempts() == [1] * 8


def test_a_flood_of_different_keys_leaves_a_bounded_number_of_entries_and_all_are_counted(noted: Noted) -> None:
    for number in range(5_000):
        noted.note(f"guess {number}")
    assert noted.attempts() == [1] * ENTRIES_PER_SPAN
    noted.refused.write_due(everything=True)
    rest = noted.entries()[-1]
    assert (rest["interface"], rest["refusal"], rest["attempts"]) == ("various", "various", 5_000 - ENTRIES_PER_SPAN)
    assert "shown_digest" not in rest
    assert len(noted.entries()) == ENTRIES_PER_SPAN + 1


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.booleans()), max_size=120))
def test_nothing_is_lost_nor_counted_twice_whatever_comes_when_and_the_bound_holds(
    requests: list[tuple[int, int, bool]],
) -> None:
    noted = Noted(most=4)
    minutes: dict[int, int] = {}
    for shown, seconds, fails in requests:
        noted.clock.advance(seconds=seconds)
        noted.rows.fails = fails
        before = len(noted.rows.rows)
        noted.note(str(shown))
        minutes[int(noted.clock.now.timestamp() // 60)] = (
            minutes.get(int(noted.clock.now.timestamp() // 60), 0) + len(noted.rows.rows) - before
        )
    noted.rows.fails = False
    for _ in range(2):
        noted.refused.write_due(everything=True)
    assert sum(noted.attempts()) == len(requests)
    # Two spans can touch one minute of the clock: the firsts of both and the counts of the one that ended, and another.
    assert all(written <= 2 * (2 * 4 + 2) for written in minutes.values())


def test_a_ledger_that_cannot_be_written_refuses_nothing_and_forgets_nothing(noted: Noted) -> None:
    noted.rows.fails = True
    for shown in ("a", "a", "b"):
        assert noted.note(shown) is None
    noted.clock.advance(seconds=61)
    noted.refused.write_due()
    noted.rows.fails = False
    noted.clock.advance(seconds=61)
    noted.refused.write_due()
    assert sum(noted.attempts()) == 3
    assert {entry["interface"] for entry in noted.entries()} == {"various"}


def test_many_threads_at_once_write_the_first_once(noted: Noted) -> None:
    start = threading.Barrier(8)

    def note(_: int) -> list[str | None]:
        start.wait()
        return [noted.note() for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        written = [entry for entries in pool.map(note, range(8)) for entry in entries if entry is not None]
    assert len(written) == 1
    noted.refused.write_due(everything=True)
    assert noted.attempts() == [1, 399]


@pytest.mark.parametrize("shown", ["", "\0", "\udc80", "x" * 100_000])
def test_whatever_is_shown_can_be_noted(noted: Noted, shown: str) -> None:
    assert noted.note(shown) is not None
