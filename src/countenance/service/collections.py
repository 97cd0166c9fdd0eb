"""Collections: made, described, listed, tagged, deleted. Each change stands in the ledger, in its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from countenance.core.model_identity import ModelIdentity
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.collection_errors import TooMany
from countenance.service.collection_parts import CollectionParts
from countenance.service.collection_port import StoredCollection
from countenance.service.journal_port import OpenTransaction
from countenance.service.standing import Standing

#: Most tags on a collection. Source: Rekognition service model, TagMap.
MOST_TAGS = 200


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """One page of a list of collections.

    Attributes:
        collections: (name, model), oldest first.
        next_place: Where the next page begins, or None if this is the last.
    """

    collections: tuple[tuple[str, ModelIdentity], ...]
    next_place: str | None


def create_collection(
    parts: CollectionParts,
    standing: Standing,
    name: str,
    tags: Mapping[str, str],
    *,
    also: Callable[[OpenTransaction], None] | None = None,
) -> StoredCollection:
    """Make an empty collection on the operator's terms and record it; ``also`` is done in the same transaction.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryExists: The name is taken.
    """
    parts.require_access("create_collection", standing, name)
    model, terms = parts.engine.model, parts.terms
    with parts.journal.transaction() as current:
        parts.galleries.create_gallery(
            name, model, basis=terms.basis, retention_days=terms.retention_days, transaction=current
        )
        parts.policies.state_gallery_source(name, terms.source.value, transaction=current)
        parts.collections.add_collection(name, tags, transaction=current)
        if also is not None:
            also(current)
        fields: dict[str, FieldValue] = {
            "operator_id": standing.operator_id,
            "gallery_id": parts.policies.gallery_facts(name, transaction=current).gallery_id,
            "model_digest": model.digest,
            "basis": terms.basis,
            "gallery_source": terms.source.value,
        }
        if terms.retention_days is not None:
            fields["retention_days"] = terms.retention_days
        parts.journal.record(EntryKind.GALLERY_CREATED, fields, transaction=current)
    return parts.collections.collection(name)


def delete_collection(parts: CollectionParts, standing: Standing, name: str) -> int:
    """Delete a collection with its faces, templates and keys, record it, and return how many faces went.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
    """
    parts.require_access("delete_collection", standing, name)
    parts.collections.collection(name)
    with parts.journal.transaction() as current:
        gallery_id = parts.policies.gallery_facts(name, transaction=current).gallery_id
        gone = parts.galleries.delete_gallery(name, transaction=current)
        parts.journal.record(
            EntryKind.GALLERY_DELETED,
            {"operator_id": standing.operator_id, "gallery_id": gallery_id, "references": gone},
            transaction=current,
        )
    return gone


def describe_collection(parts: CollectionParts, standing: Standing, name: str) -> StoredCollection:
    """Return a collection's facts.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
    """
    parts.require_access("describe_collection", standing, name)
    return parts.collections.collection(name)


def list_collections(parts: CollectionParts, standing: Standing, *, after: str, limit: int) -> CollectionPage:
    """Return a page of the collections that whoever asks may use; others are not shown.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
    """
    parts.require_access("list_collections", standing, None)
    found = parts.collections.collections_page(after=after, limit=limit + 1, only=standing.galleries)
    shown = found[:limit]
    return CollectionPage(
        tuple((name, model) for name, model, _ in shown), shown[-1][2] if len(found) > limit and shown else None
    )


def tags_of(parts: CollectionParts, standing: Standing, name: str) -> dict[str, str]:
    """Return a collection's tags.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
    """
    parts.require_access("list_tags", standing, name)
    return parts.collections.tags(name)


def change_tags(
    parts: CollectionParts,
    standing: Standing,
    name: str,
    *,
    add: Mapping[str, str] | None = None,
    remove: tuple[str, ...] = (),
) -> None:
    """Add tags, replacing those of the same key, and remove others.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
        TooMany: There would be more than 200.
    """
    parts.require_access("change_tags", standing, name)
    with parts.journal.transaction() as current:
        present = parts.collections.tags(name, transaction=current)
        wanted = {key: value for key, value in present.items() if key not in remove} | dict(add or {})
        if len(wanted) > MOST_TAGS:
            raise TooMany(f"A collection has at most {MOST_TAGS} tags.")
        parts.collections.replace_tags(name, wanted, transaction=current)
