"""How often somebody may try: waits that grow and end, and bounds on all attempts together."""

from __future__ import annotations

import threading
from datetime import timedelta
from unittest.mock import patch

import pytest

from countenance.core.errors import SignInTooOften
from countenance.service import sign_in_limits
from countenance.service.sign_in_limits import LONGEST_WAIT, SignInLimits, too_often, wait_after
from tests.support.settable_clock import SettableClock


def test_waits_double_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(failures) for failures in range(13)]
    assert waits[:5] == [None] * 5
    assert [wait.total_seconds() for wait in waits[5:] if wait] == [30, 60, 120, 240, 480, 900, 900, 900]
    assert wait_after(10**9) == LONGEST_WAIT


def test_a_day_of_guesses_is_few() -> None:
    spent, guesses = timedelta(0), 0
    while spent < timedelta(days=1):
        guesses += 1
        spent += wait_after(guesses) or timedelta(0)
    assert guesses < 110


def test_a_wait_is_told_in_words_and_seconds() -> None:
    assert (too_often(0.2).seconds, too_often(0.2).message) == (
        1, "Too many attempts to sign in. Wait 1 seconds before the next one.",
    )  # fmt: skip
    assert "15 minutes" in too_often(900).message
    assert "3 minutes" in too_often(121).message


def test_all_failures_of_a_minute_are_bounded_and_successes_are_not() -> None:
    clock = SettableClock()
    limits = SignInLimits(clock, per_minute=4)
    for _ in range(50):
        with limits.attempt():
            limits.succeeded()
    for _ in range(4):
        with limits.attempt():
            pass
    with pytest.raises(SignInTooOften) as refused, limits.attempt():
        pass
    assert refused.value.seconds == 15
    clock.advance(seconds=15)
    with limits.attempt():
        pass
    with pytest.raises(SignInTooOften), limits.attempt():
        pass
    # More than a minute gains no more than a minute's worth.
    clock.advance(days=1)
    for _ in range(4):
        with limits.attempt():
            pass
    # A clock set back gains nothing, and goes on from there.
    clock.advance(days=-2)
    with pytest.raises(SignInTooOften), limits.attempt():
        pass
    clock.advance(seconds=15)
    with limits.attempt():
        pass


def test_few_passwords_are_checked_at_once_and_whoever_waits_too_long_is_told() -> None:
    limits = SignInLimits(SettableClock())
    inside, release, most = threading.Semaphore(0), threading.Event(), sign_in_limits.CHECKED_AT_ONCE

    def hold() -> None:
        with limits.attempt():
            inside.release()
            assert release.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(most)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=10)
    with (
        patch.object(sign_in_limits, "LONGEST_QUEUE_S", 0.01),
        pytest.raises(SignInTooOften),
        limits.attempt(),
    ):
        pass
    release.set()
    for thread in threads:
        thread.join(10)
    with limits.attempt():
        pass
