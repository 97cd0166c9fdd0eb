"""A transaction as the rest of the package passes it on: connection, moment, key.

Rules kept here:

- One transaction has one "now": what it deletes as expired and what it stores agree on the time.
- Times are stored as text in UTC, to the second, in one fixed width; they compare as text like the moments they mean.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from countenance.storage.template_sealing import MasterKey

#: Values in one ``IN (…)``. SQLite before 3.32 allowed 999 parameters a statement and builds may still set that limit.
#: Source: https://www.sqlite.org/limits.html, SQLITE_MAX_VARIABLE_NUMBER.
VALUES_PER_STATEMENT = 900

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Expired:
    """References of one gallery that a transaction deleted because their time was up.

    Attributes:
        gallery_id, gallery: The gallery.
        reference_ids: The references.
        subjects_left: Names of those who lost some and still have others, whose key stays.
        keys_destroyed: Subjects who went with their last reference.
        review_ids: Reviews under way in which one of them was a candidate or a filler.
    """

    gallery_id: str
    gallery: str
    reference_ids: tuple[str, ...]
    subjects_left: tuple[str, ...]
    keys_destroyed: int
    review_ids: tuple[str, ...]


@dataclass(slots=True)
class Transaction:
    """One write transaction, to be passed to everything that has to happen in it or not at all.

    Attributes:
        connection: The connection whose transaction this is.
        now: Its moment, UTC.
        master_key: Wraps the subject keys.
        deleted: True once rows were deleted that must not linger in a write-ahead log.
        expired: What was deleted because its time was up, gallery by gallery; recorded before the transaction commits.
    """

    connection: Connection
    now: datetime
    master_key: MasterKey = field(repr=False)
    deleted: bool = False
    expired: list[Expired] = field(default_factory=list)

    @property
    def now_text(self) -> str:
        """Return its moment as it is stored."""
        return as_text(self.now)


def as_text(moment: datetime) -> str:
    """Return a moment as stored: ``2026-01-31T23:59:59+00:00``, a fraction of a second cut off.

    Raises:
        ValueError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be compared with others")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def expiry_text(now: datetime, retention_days: int | None) -> str | None:
    """Return when something stored now expires, or None if it does not."""
    return None if retention_days is None else as_text(now + timedelta(days=retention_days))


def new_identifier() -> str:
    """Return 16 random bytes as hex.

    Identifiers and keys come from the operating system and are no argument: a caller that could choose them could
    make two records collide.
    """
    return os.urandom(16).hex()


def in_portions(items: Sequence[_Item], size: int = VALUES_PER_STATEMENT) -> Iterator[Sequence[_Item]]:
    """Yield the items in order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
