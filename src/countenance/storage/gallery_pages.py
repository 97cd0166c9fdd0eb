"""Galleries and their subjects, a page at a time: each page is found through an index, whatever the size.

Rules kept here:

- A page is found by the name it begins after, in the database's own order of text; nothing is counted or skipped over.
- A subject whose references have all expired is not shown, whether or not they are deleted yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from countenance.storage import galleries as gallery_rows
from countenance.storage.references import not_expired
from countenance.storage.store import SqlGalleryStore
from countenance.storage.tables import galleries, stored_references, subjects
from countenance.storage.transactions import as_text

#: Sorts behind every text that goes on after a prefix, where text is compared letter by letter (SQLite).
_BEHIND = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class ListedSubject:
    """A subject in a list.

    Attributes:
        subject: The name.
        references: References that have not expired.
        enrolled_at: When the first of them was stored.
        expires_at: When the last of them expires, or None if one does not.
    """

    subject: str
    references: int
    enrolled_at: str
    expires_at: str | None


class SqlGalleryPages:
    """Pages of galleries and subjects over an open store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def gallery_names(self, *, after: str, limit: int) -> tuple[str, ...]:
        """Return names of galleries behind ``after``, in order."""
        statement = select(galleries.c.name).where(galleries.c.name > after).order_by(galleries.c.name).limit(limit)
        with self._store.database.reading() as connection:
            return tuple(connection.execute(statement).scalars())

    def subjects(self, gallery: str, *, prefix: str, after: str, limit: int) -> tuple[ListedSubject, ...]:
        """Return subjects of a gallery whose name begins with ``prefix``, those behind ``after``, in order.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        now_text = as_text(self._store.now())
        with self._store.database.reading() as connection:
            gallery_id = gallery_rows.find(connection, gallery).gallery_id
            found: list[ListedSubject] = []
            while len(found) < limit:
                names = _names(connection, gallery_id, prefix=prefix, after=after, limit=limit - len(found))
                if not names:
                    break
                found += _described(connection, gallery_id, names, now_text)
                after = next(reversed(names.values()))
            return tuple(found)


def _names(connection: Connection, gallery_id: str, *, prefix: str, after: str, limit: int) -> dict[str, str]:
    """Return identifier → name of subjects, in order of their names."""
    conditions: list[ColumnElement[bool]] = [subjects.c.gallery_id == gallery_id]
    if after:
        conditions.append(subjects.c.name > after)
    if prefix and connection.dialect.name == "sqlite":
        conditions += [subjects.c.name >= prefix, subjects.c.name < prefix + _BEHIND]
    elif prefix:
        conditions.append(subjects.c.name.startswith(prefix, autoescape=True))
    statement = select(subjects.c.subject_id, subjects.c.name).where(*conditions).order_by(subjects.c.name).limit(limit)
    return {row.subject_id: row.name for row in connection.execute(statement)}


def _described(connection: Connection, gallery_id: str, names: dict[str, str], now_text: str) -> list[ListedSubject]:
    counted = (
        select(
            stored_references.c.subject_id,
            func.count().label("references"),
            func.min(stored_references.c.created_at).label("enrolled_at"),
            func.max(stored_references.c.expires_at).label("expires_at"),
            func.count(stored_references.c.expires_at).label("expiring"),
        )
        .where(
            stored_references.c.gallery_id == gallery_id,
            stored_references.c.subject_id.in_(list(names)),
            not_expired(now_text),
        )
        .group_by(stored_references.c.subject_id)
    )
    rows = {row["subject_id"]: row for row in connection.execute(counted).mappings()}
    return [
        ListedSubject(
            name,
            row["references"],
            row["enrolled_at"],
            row["expires_at"] if row["expiring"] == row["references"] else None,
        )
        for subject_id, name in names.items()
        if (row := rows.get(subject_id)) is not None
    ]
