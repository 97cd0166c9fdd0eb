"""Credentials that were shown and refused, in the ledger: every one of them, and never so many that they fill it.

Rules kept here:

- The first refusal of a credential at a door for a reason is written at once; those that follow within a minute are
  counted, and written as one entry when the minute is over.
- All together there is a limit of entries a minute; what is beyond it is counted into one entry for all.
- What was shown is kept as a keyed digest, never as it is. A request that shows nothing is not noted.
- Noting never fails and never makes a request wait that is not refused. What cannot be written now is kept and written
  later; only a process that is killed loses the counts of its last minute.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from countenance.core.errors import CountenanceError
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.credentials import Credential
from countenance.service.journal_port import Journal

#: For how long refusals of the same credential at the same door for the same reason become one entry.
SPAN = timedelta(minutes=1)
#: Credentials that have entries of their own within such a span: two each at most, the first and the count of the rest.
ENTRIES_PER_SPAN = 20
#: What the one entry for all that is beyond says instead of a door and a reason.
VARIOUS = "various"


class Refusal(enum.StrEnum):
    """Why a credential was refused. The words are recorded; none changes its meaning."""

    UNKNOWN = "unknown"
    """No such access key, key, token or name."""
    SIGNATURE = "signature"
    """A signature that the holder of the secret would not have made for this request."""
    OUTSIDE_WINDOW = "outside_window"
    """A signature that fits and is too old, or of a time to come: a request played again, or a wrong clock."""
    EXPIRED = "expired"
    """Its term is over."""
    REVOKED = "revoked"
    """It was ended early, or its case was closed."""
    TOO_OFTEN = "too_often"
    """Not looked at, since there were too many attempts before."""


@dataclass(frozen=True, slots=True)
class _What:
    """What one entry is about."""

    interface: str
    refusal: str
    shown_digest: str | None = None
    credential_id: str | None = None
    case_id: str | None = None


@dataclass(slots=True)
class _Count:
    """Refusals that are not written yet: how many, and when the first and the last of them were."""

    attempts: int
    first_at: datetime
    last_at: datetime

    def add(self, other: _Count) -> None:
        self.first_at = min(self.first_at, other.first_at) if self.attempts else other.first_at
        self.last_at = max(self.last_at, other.last_at) if self.attempts else other.last_at
        self.attempts += other.attempts


_BEYOND = _What(VARIOUS, VARIOUS)


class RefusedCredentials:
    """Notes refused credentials. Safe for many threads; each process has bounds of its own."""

    def __init__(
        self, journal: Journal, clock: Callable[[], datetime], *, entries_per_span: int = ENTRIES_PER_SPAN
    ) -> None:
        """Take the ledger, the server's clock, and how many credentials have entries of their own in a minute."""
        self._journal = journal
        self._clock = clock
        self._most = entries_per_span
        self._lock = threading.Lock()
        self._ends_at: datetime | None = None
        self._counts: dict[_What, _Count] = {}

    def note(self, interface: str, refusal: Refusal, *, shown: str, credential: Credential | None = None) -> str | None:
        """Note that a credential was refused; return the entry's id if one was written now, else None.

        Args:
            interface: The door, such as ``rekognition`` or ``rest``.
            refusal: Why.
            shown: What was shown: access key id, key, token or name; only its keyed digest is kept.
            credential: The credential, if what was shown is one.
        """
        self.write_due()
        now = self._clock()
        what = self._what(interface, refusal, shown, credential)
        once = _Count(1, now, now)
        with self._lock:
            if self._ends_at is None:
                self._ends_at = now + SPAN
            counted = self._counts.get(what)
            if counted is None and len(self._counts) >= self._most:
                what = _BEYOND
                counted = self._counts.setdefault(what, _Count(0, now, now))
            if counted is not None:
                counted.add(once)
                return None
            self._counts[what] = _Count(0, now, now)
        return self._write(what, once)

    def write_due(self, *, everything: bool = False) -> None:
        """Write what was counted, if its minute is over.

        Args:
            everything: Write it in any case, because the process ends.
        """
        with self._lock:
            over = self._ends_at is not None and self._clock() >= self._ends_at
            if not over and not everything:
                return
            due, self._counts, self._ends_at = self._counts, {}, None
        for what, count in due.items():
            if count.attempts:
                self._write(what, count)

    def _write(self, what: _What, count: _Count) -> str | None:
        fields: dict[str, FieldValue] = {
            "interface": what.interface,
            "refusal": what.refusal,
            "attempts": count.attempts,
            "first_at": utc_text(count.first_at),
            "last_at": utc_text(count.last_at),
        }
        named = {"shown_digest": what.shown_digest, "credential_id": what.credential_id, "case_id": what.case_id}
        fields |= {name: value for name, value in named.items() if value is not None}
        try:
            return self._journal.record(EntryKind.CREDENTIAL_REFUSED, fields).entry_id
        except CountenanceError:
            # The refusal stands without it. How many there were is kept, and written when writing works again.
            with self._lock:
                self._ends_at = self._ends_at or self._clock() + SPAN
                self._counts.setdefault(_BEYOND, _Count(0, count.first_at, count.last_at)).add(count)
            return None

    def _what(self, interface: str, refusal: Refusal, shown: str, credential: Credential | None) -> _What:
        try:
            digest = self._journal.keyed_digest("credential", shown.encode("utf-8", "surrogatepass"))
        except CountenanceError:
            digest = None
        if credential is None:
            return _What(interface, refusal.value, digest)
        return _What(interface, refusal.value, digest, credential.credential_id, credential.case_id)
