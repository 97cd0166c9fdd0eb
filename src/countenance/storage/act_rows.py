"""What the ledger holds of several acts at once: requests and how they ended, with one question to the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from countenance.storage.ledger_rows import StoredEntry
from countenance.storage.ledger_tables import ledger_entries
from countenance.storage.store import SqlGalleryStore


class SqlActRows:
    """Entries of acts in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        """Take an open store."""
        self._store = store

    def of_acts(self, act_ids: Sequence[str], kinds: Sequence[str]) -> list[StoredEntry]:
        """Return the entries of these kinds about these acts, in the ledger's order."""
        # Kinds are picked and entries sorted here: asked to do either, SQLite reads all entries of a kind instead.
        statement = select(ledger_entries).where(ledger_entries.c.act_id.in_(act_ids))
        with self._store.database.reading() as connection:
            rows = connection.execute(statement).all()
        found: list[StoredEntry] = [tuple(row) for row in rows if row.kind in kinds]
        return sorted(found)
