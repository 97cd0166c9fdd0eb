"""Moving to a new master key, recorded: what makes backups unreadable for whoever was erased before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import Journal
from countenance.service.standing import Standing


class MasterKeyStore(Protocol):
    """A store that can move to a new master key."""

    def rotate_master_key(
        self, new_key_file: Path, *, record: Callable[[Any, str, str, int], object] | None = None
    ) -> int:
        """Move to a new key in a new file; ``record`` is called in the same transaction. See ``storage.store``."""
        ...


@dataclass(frozen=True, slots=True)
class Rotation:
    """A move to a new master key.

    Attributes:
        key_before, key_after: Identifiers of the keys; they may be stored anywhere.
        subject_keys: Subjects whose key was wrapped anew.
        entry_id: Where it is recorded.
    """

    key_before: str
    key_after: str
    subject_keys: int
    entry_id: str


def rotate_master_key(
    new_key_file: Path, *, store: MasterKeyStore, journal: Journal, standing: Standing, reason: str = ""
) -> Rotation:
    """Move the database to a new master key, with its record in the same transaction.

    Args:
        new_key_file: Where the new key goes; there is no such file yet.
        store: The store.
        journal: The ledger.
        standing: Who does it.
        reason: Why, in the operator's words; empty if not said.

    Raises:
        StorageUnavailable: The new file exists already or cannot be written.
        TemplateUnsealFailed: A key does not open; nothing is changed then.
    """
    made: list[Rotation] = []

    def record(transaction: Any, before: str, after: str, count: int) -> None:
        fields: dict[str, Any] = {
            "operator_id": standing.operator_id,
            "key_before": before,
            "key_after": after,
            "subject_keys": count,
        }
        if reason.strip():
            fields["reason"] = reason
        entry = journal.record(EntryKind.MASTER_KEY_CHANGED, fields, transaction=transaction)
        made.append(Rotation(before, after, count, entry.entry_id))

    store.rotate_master_key(new_key_file, record=record)
    return made[0]
