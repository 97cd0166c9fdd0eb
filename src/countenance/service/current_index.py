"""An index of a gallery as it is now: the one before with what has changed, or one built anew."""

from __future__ import annotations

from countenance.core.model_identity import ModelIdentity
from countenance.service.ports import GalleryStore, IndexBuilder, SearchIndex


def current_index(
    before: SearchIndex | None, gallery: str, model: ModelIdentity, *, store: GalleryStore, build: IndexBuilder
) -> SearchIndex:
    """Return an index of a gallery's present references.

    Args:
        before: An index of an earlier revision, or None. It stays as it is: others may be searching it.
        gallery: The gallery's name.
        model: Its model; an index of another model is of no use.
        store: Where the references lie.
        build: Builds an index from a snapshot.

    Raises:
        GalleryNotFound: There is no such gallery.
        TemplateUnsealFailed: A stored template cannot be opened.
    """
    if before is not None and before.model.digest == model.digest:
        changes = store.reference_changes(gallery, before.reference_ids())
        if changes is not None:
            revision, gone, added = changes
            return before.changed(gone, added, revision=revision)
    revision, references = store.references(gallery)
    return build(references, model=model, revision=revision)
