"""What is new in a gallery for somebody who has read it before, without opening again what they know.

Rules kept here:

- A reference's identifier is random and its template never changes: who knows the identifier knows the template.
- Revision, what is gone and what is new are of one snapshot, as for ``snapshots.GallerySnapshot``.
"""

from __future__ import annotations

from collections.abc import Set

from sqlalchemy import Connection, select

from countenance.core.vocabulary import Reference
from countenance.storage import galleries
from countenance.storage.references import not_expired
from countenance.storage.sealed_references import opened, sealed_references
from countenance.storage.tables import stored_references
from countenance.storage.template_sealing import MasterKey, SubjectContext
from countenance.storage.transactions import in_portions

#: Most new references that are opened one by one; above this, reading everything in one stream is as quick.
MOST_NEW = 5_000


def changes(
    connection: Connection, gallery_name: str, known: Set[str], *, now_text: str, master_key: MasterKey
) -> tuple[int, frozenset[str], tuple[Reference, ...]] | None:
    """Return (revision, identifiers that are gone, references that are new); None if too much is new.

    Args:
        connection: Reading.
        gallery_name: The gallery.
        known: Identifiers of the references that the caller holds.
        now_text: The present; what has expired is gone.
        master_key: Opens the subjects' keys.

    Raises:
        GalleryNotFound: There is none of this name.
        TemplateUnsealFailed: A new template cannot be opened.
    """
    gallery = galleries.find(connection, gallery_name)
    revision = gallery.revision + galleries.expired_references(connection, gallery.gallery_id, now_text)
    every = select(stored_references.c.reference_id).where(
        stored_references.c.gallery_id == gallery.gallery_id, not_expired(now_text)
    )
    present = set(connection.execute(every).scalars())
    new = sorted(present - known)
    if len(new) > MOST_NEW:
        return None
    added = []
    for portion in in_portions(new):
        for row in connection.execute(sealed_references().where(stored_references.c.reference_id.in_(portion))):
            context = SubjectContext(gallery.gallery_id, row.subject_id, row.name, gallery.model)
            key = master_key.open_subject_key(row.wrapped_key, context)
            added.append(opened(row, key))
    return revision, frozenset(known - present), tuple(added)
