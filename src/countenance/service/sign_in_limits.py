"""How often somebody may try to sign in: with one name, and everybody together.

Rules kept here:

- An attempt counts before its password is looked at, so that many at once are counted like one after the other.
- Waiting grows with failures in a row and ends by itself; at a hundred the name is tried no more until it gets a new
  password.
- A name that no account has is treated like one that an account has.
- All together, attempts are bounded in number and in how many are checked at once: each takes much memory on purpose.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from countenance.core.errors import SignInTooOften

#: Failures in a row before waiting begins: enough for a wrong keyboard and a half-remembered password.
FREE_FAILURES = 5
#: The first wait; each further failure doubles it.
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
#: Failures in a row after which the password is tried no more.
#: Source: NIST SP 800-63B-4, section 3.2.2: no more than 100 consecutive failed attempts.
MOST_FAILURES = 100
#: Attempts of everybody that fail within a minute; one that succeeds does not count.
FAILURES_PER_MINUTE = 30
#: Passwords checked at once; each needs ``passwords.COST`` of memory, 128 MiB.
CHECKED_AT_ONCE = 2
#: How long an attempt waits for others to be checked.
LONGEST_QUEUE_S = 5


def wait_after(failures: int) -> timedelta | None:
    """Return how long a name is not tried after this many failures in a row; None: at once again."""
    beyond = failures - FREE_FAILURES
    if beyond < 0:
        return None
    # Capped before it is raised: a time span cannot be doubled a hundred times.
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(beyond, 10)))


def too_often(seconds: float) -> SignInTooOften:
    """Return the error that says how long to wait."""
    whole = max(1, math.ceil(seconds))
    said = f"{whole} seconds" if whole < 120 else f"{math.ceil(whole / 60)} minutes"
    return SignInTooOften(f"Too many attempts to sign in. Wait {said} before the next one.", seconds=whole)


class SignInLimits:
    """What all attempts of this process share."""

    def __init__(self, clock: Callable[[], datetime], *, per_minute: int = FAILURES_PER_MINUTE) -> None:
        self._clock = clock
        self._most = float(per_minute)
        self._left = self._most
        self._at = clock()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(CHECKED_AT_ONCE)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Yield while one attempt is made; it counts unless ``succeeded`` is called.

        Raises:
            SignInTooOften: There were too many in this minute, or too many are waiting.
        """
        wait_s = self._take()
        if wait_s > 0:
            raise too_often(wait_s)
        if not self._slots.acquire(timeout=LONGEST_QUEUE_S):
            self.succeeded()
            raise too_often(LONGEST_QUEUE_S)
        try:
            yield
        finally:
            self._slots.release()

    def succeeded(self) -> None:
        """Give back what an attempt took."""
        with self._lock:
            self._left = min(self._most, self._left + 1)

    def _take(self) -> float:
        """Take one attempt; return 0, or in how many seconds there will be one."""
        with self._lock:
            now = self._clock()
            gained = (now - self._at) / timedelta(minutes=1) * self._most
            # A clock that was set back gives nothing and takes nothing.
            self._left, self._at = min(self._most, self._left + max(0.0, gained)), now
            if self._left < 1:
                return (1 - self._left) / self._most * 60
            self._left -= 1
            return 0.0
