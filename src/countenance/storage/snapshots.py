"""All references of a gallery at one moment, opened one by one while they are read.

Rules kept here:

- Revision and references come from one read transaction: writers in the meantime are not seen.
- Memory does not grow with the gallery: a portion of rows and one subject's key are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from sqlalchemy import Row, Select
from sqlalchemy.exc import DBAPIError

from countenance.core.vocabulary import Reference
from countenance.storage import galleries
from countenance.storage.database import Database
from countenance.storage.driver_errors import storage_error
from countenance.storage.references import not_expired
from countenance.storage.sealed_references import opened, sealed_references
from countenance.storage.tables import stored_references
from countenance.storage.template_sealing import MasterKey, SubjectContext, SubjectKey

#: Rows fetched at a time; at some 700 bytes a row, well under a megabyte.
ROWS_PER_FETCH = 1000


class GallerySnapshot(Iterator[Reference]):
    """An iterator over a gallery's references, by subject; holds a read transaction until its end or ``close``.

    Attributes:
        revision: The gallery's revision that these references are.
    """

    def __init__(self, database: Database, gallery_name: str, now_text: str, master_key: MasterKey) -> None:
        """Take the snapshot.

        Raises:
            GalleryNotFound: There is none of this name.
            StorageUnavailable: The database cannot be read.
        """
        self._open = ExitStack()
        self._location = database.location
        self._master_key = master_key
        self._subject_id: str | None = None
        self._key: SubjectKey
        with ExitStack() as opening:
            connection = opening.enter_context(database.reading())
            self._gallery = galleries.find(connection, gallery_name)
            expired = galleries.expired_references(connection, self._gallery.gallery_id, now_text)
            self.revision = self._gallery.revision + expired
            streaming = connection.execution_options(yield_per=ROWS_PER_FETCH)
            result = streaming.execute(_references_of(self._gallery.gallery_id, now_text))
            opening.callback(result.close)
            self._rows = iter(result)
            self._open = opening.pop_all()

    def __next__(self) -> Reference:
        """Return the next reference, unsealed. After the last one, and after any error, the snapshot is closed.

        Raises:
            StopIteration: That was the last one.
            TemplateUnsealFailed: It cannot be opened.
            StorageUnavailable: The database cannot be read any more.
        """
        try:
            row = next(self._rows)
            return opened(row, self._key_of(row))
        except DBAPIError as error:
            self.close()
            raise storage_error(error, self._location) from error
        except BaseException:
            # An error keeps this object alive for as long as somebody looks at it; the transaction must end now.
            self.close()
            raise

    def close(self) -> None:
        """End the read transaction; for a reader who stops before the end. Harmless when repeated."""
        self._rows = iter(())
        self._open.close()

    def _key_of(self, row: Row[tuple[object, ...]]) -> SubjectKey:
        if row.subject_id != self._subject_id:
            context = SubjectContext(self._gallery.gallery_id, row.subject_id, row.name, self._gallery.model)
            self._key = self._master_key.open_subject_key(row.wrapped_key, context)
            self._subject_id = row.subject_id
        return self._key

    def __del__(self) -> None:
        """Give the connection back even if a reader forgets to."""
        self._open.close()


def _references_of(gallery_id: str, now_text: str) -> Select[tuple[object, ...]]:
    return (
        sealed_references()
        .where(stored_references.c.gallery_id == gallery_id, not_expired(now_text))
        # The order of the unique index: nothing has to be sorted, and a subject's references come together.
        .order_by(stored_references.c.subject_id, stored_references.c.source_sha256)
    )
