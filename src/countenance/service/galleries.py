"""Making, describing and deleting galleries, each with its entry in the ledger, in the same transaction.

Rules kept here:

- No gallery without a basis, a source and a retention rule: days, or in so many words "until erased".
- Deleting a gallery is recorded with the number of references that went.
"""

from __future__ import annotations

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import GallerySummary
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.policy.terms import GallerySource
from countenance.service.journal_port import Journal
from countenance.service.policy_port import PolicyStore
from countenance.service.ports import GalleryStore
from countenance.service.standing import Standing


def create_gallery(
    name: str,
    model: ModelIdentity,
    *,
    basis: str,
    source: GallerySource,
    retention_days: int | None,
    store: GalleryStore,
    policies: PolicyStore,
    journal: Journal,
    standing: Standing,
) -> GallerySummary:
    """Create an empty gallery and record it.

    Args:
        name: The operator's name for it.
        model: Identity every template in it will have.
        basis: Why faces are kept in it, in the operator's words.
        source: Where its references come from.
        retention_days: Days after enrolment at which a reference expires; None means until erased.
        store: Keeps galleries.
        policies: Keeps their sources.
        journal: The ledger.
        standing: Who makes it.

    Raises:
        GalleryExists: The name is taken.
        LedgerError, StorageError: It cannot be recorded or stored; there is no gallery then.
    """
    with journal.transaction() as current:
        made = store.create_gallery(name, model, basis=basis, retention_days=retention_days, transaction=current)
        policies.state_gallery_source(name, source.value, transaction=current)
        fields: dict[str, FieldValue] = {
            "operator_id": standing.operator_id,
            "gallery_id": policies.gallery_facts(name, transaction=current).gallery_id,
            "model_digest": model.digest,
            "basis": basis,
            "gallery_source": source.value,
        }
        if retention_days is not None:
            fields["retention_days"] = retention_days
        journal.record(EntryKind.GALLERY_CREATED, fields, transaction=current)
    return made


def delete_gallery(
    name: str, *, store: GalleryStore, policies: PolicyStore, journal: Journal, standing: Standing
) -> int:
    """Delete a gallery with its references and keys, record it, and return how many references went.

    Raises:
        GalleryNotFound: There is none of this name.
        LedgerError, StorageError: It cannot be recorded or stored; nothing is deleted then.
    """
    with journal.transaction() as current:
        gallery_id = policies.gallery_facts(name, transaction=current).gallery_id
        gone = store.delete_gallery(name, transaction=current)
        fields: dict[str, FieldValue] = {
            "operator_id": standing.operator_id,
            "gallery_id": gallery_id,
            "references": gone,
        }
        journal.record(EntryKind.GALLERY_DELETED, fields, transaction=current)
    return gone


__all__ = ["GallerySource", "create_gallery", "delete_gallery"]
