"""What the ledger needs of a database, as a Protocol: rows that only grow, hashes, open acts, kept checkpoints.

Rules kept here:

- Nothing here knows what an entry means; the tree and the sealing are ``countenance.ledger``'s, the order of steps is
  ``countenance.service.journal``'s.
- ``locked_size`` is the first thing of every append: nobody else appends until the transaction ends.
- The transaction is whatever ``transaction`` gave; only the tables look into it, so its type here is ``Any``.
- Rows cross this border as plain tuples, in the order of ``EntryRow`` and ``KeptCheckpoint``, because the two sides
  know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from countenance.ledger.hash_store import HashStore
from countenance.service.journal_port import OpenTransaction

#: Fields whose values entries can be looked for by; each is a column beside the sealed line.
LOOKED_FOR = ("act_id", "case_id", "review_id", "gallery_id")

StoredEntry = tuple[int, str, str, str, bytes, str | None, str | None, str | None, str | None]
StoredCheckpoint = tuple[int, bytes, str, str]


class EntryRow(NamedTuple):
    """An entry as stored: the sealed line, and what of it is looked for.

    Attributes:
        entry_index: Position in the ledger, from 0.
        entry_id: Random identifier, 32 hex digits.
        kind: Its kind.
        recorded_at: Time as the ledger writes it, UTC to the microsecond.
        sealed_line: The entry: one line of canonical JSON, without a newline.
        act_id: Field of the same name, or None; so are the others.
        case_id: The case.
        review_id: The review.
        gallery_id: The gallery.
    """

    entry_index: int
    entry_id: str
    kind: str
    recorded_at: str
    sealed_line: bytes
    act_id: str | None = None
    case_id: str | None = None
    review_id: str | None = None
    gallery_id: str | None = None


class KeptCheckpoint(NamedTuple):
    """A checkpoint that was signed, and where it went.

    Attributes:
        entries: Entries it counts.
        signed: The signed note, with witnesses' lines if any came back.
        made_at: Time as the ledger writes it.
        destination: Where it was sent, in words.
    """

    entries: int
    signed: bytes
    made_at: str
    destination: str


class LedgerRows(Protocol):
    """The ledger's tables."""

    def transaction(self) -> AbstractContextManager[OpenTransaction]:
        """Return a write transaction: commits durably at its end, rolls everything back on any error."""
        ...

    def locked_size(self, transaction: Any) -> int:
        """Return how many entries there are, and keep other writers from adding any until the transaction ends."""
        ...

    def add(self, transaction: Any, rows: Sequence[StoredEntry]) -> None:
        """Add entries at the end."""
        ...

    def hashes(self, transaction: Any | None = None) -> HashStore:
        """Return the tree's hashes: for writing in a transaction; without one, for reading."""
        ...

    def open_act(self, transaction: Any, act_id: str, intent_entry_id: str) -> None:
        """Note that this process has begun an act."""
        ...

    def close_act(self, transaction: Any, act_id: str) -> str | None:
        """Note that an act is no longer open; return its intent's entry identifier, or None if it was not open."""
        ...

    def abandoned_acts(self) -> Sequence[str]:
        """Return the open acts whose process is dead, oldest first."""
        ...

    def size(self) -> int:
        """Return how many entries there are."""
        ...

    def find(self, entry_id: str) -> StoredEntry | None:
        """Return the entry with this identifier, or None."""
        ...

    def page(
        self,
        *,
        kinds: Sequence[str],
        equal: Mapping[str, str],
        since: str | None,
        before: str | None,
        limit: int,
        before_index: int | None,
        from_index: int | None,
    ) -> Sequence[StoredEntry]:
        """Return one page of entries.

        Args:
            kinds: Kinds wanted; empty means all.
            equal: Name out of ``LOOKED_FOR`` → value.
            since: Recorded at or after this time.
            before: Recorded before this time.
            limit: Most entries.
            before_index: Newest first, below this index.
            from_index: Oldest first, from this index; newest first if None.
        """
        ...

    def all_rows(self, start: int, stop: int) -> Iterator[StoredEntry]:
        """Yield the entries with ``start`` <= index < ``stop`` that there are, ascending."""
        ...

    def all_hashes(self) -> Iterator[tuple[int, bytes]]:
        """Yield every stored hash with its position, ascending."""
        ...

    def digest_key(self) -> bytes:
        """Return this installation's key for digests, 32 bytes; made on first use."""
        ...

    def subject_digest_keys(
        self, gallery: str, subjects: Sequence[str], *, transaction: Any | None
    ) -> Mapping[str, bytes]:
        """Return name → key for digests, of those subjects that the gallery holds."""
        ...

    def verifier_keys(self) -> Sequence[str]:
        """Return the ledger's verifier keys as text, the first one first; empty before the ledger is started."""
        ...

    def add_verifier_key(self, transaction: Any, key: str) -> None:
        """Note the verifier key that is in use from now on."""
        ...

    def keep_checkpoint(self, transaction: Any, kept: StoredCheckpoint) -> None:
        """Keep a signed checkpoint."""
        ...

    def checkpoints(self) -> Sequence[StoredCheckpoint]:
        """Return the kept checkpoints, oldest first."""
        ...


class LedgerFiles(Protocol):
    """The files beside the database."""

    def read_key(self) -> bytes | None:
        """Return the signing key's PEM bytes, or None if there is no such file."""
        ...

    def create_key(self, pem: bytes) -> bytes:
        """Write the signing key's file, private and durable, unless there is one; return what it then holds."""
        ...

    def stage_key(self, pem: bytes) -> None:
        """Write the next signing key beside the present one, private and durable."""
        ...

    def read_staged_key(self) -> bytes | None:
        """Return the next signing key's PEM bytes, or None."""
        ...

    def adopt_staged_key(self) -> None:
        """Put the next signing key in the place of the present one, which is kept under another name."""
        ...

    def read_remembered(self) -> bytes | None:
        """Return the remembered signed checkpoint, or None if there is no such file."""
        ...

    def remember(self, signed: bytes) -> None:
        """Replace the remembered checkpoint, durably: the old or the new one is there, whatever happens."""
        ...
