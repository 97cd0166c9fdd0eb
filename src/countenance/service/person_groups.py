"""Person groups and face lists, as clients of Azure Face know them: made, listed, changed, trained, deleted.

Rules kept here:

- A container is a collection (``service.collections``) with the client's identifier and texts beside it, in one
  transaction: the same galleries, retention, erasure and ledger as everything else.
- One recogniser serves every model name of the vendor's. The name is remembered, and different names are not mixed.
- Nothing needs training here: a face is searchable once it is stored. Training is noted when it is asked for and has
  succeeded by then; whoever searches before asking is told so, as clients expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countenance.service.collection_parts import CollectionParts
from countenance.service.collections import create_collection, delete_collection
from countenance.service.journal_port import OpenTransaction
from countenance.service.person_group_errors import NotTrained, OtherRecognitionModel
from countenance.service.person_group_port import ContainerKind, ContainerRef, PersonGroupStore, StoredContainer
from countenance.service.standing import Standing


@dataclass(frozen=True, slots=True, eq=False)
class PersonGroupParts:
    """What the use cases of person groups work with.

    Attributes:
        base: The collections behind them, of the same dialect.
        groups: What is stored beside collections.
    """

    base: CollectionParts
    groups: PersonGroupStore


@dataclass(frozen=True, slots=True)
class NewContainer:
    """A container as a client asks for it.

    Attributes:
        ref: Its kind and identifier.
        name: The client's name for it.
        user_data: The client's own text, or None.
        recognition_model: Which of the vendor's models it is for.
    """

    ref: ContainerRef
    name: str
    user_data: str | None
    recognition_model: str


def create_container(parts: PersonGroupParts, standing: Standing, new: NewContainer) -> None:
    """Make an empty container on the operator's terms and record it.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryExists: The identifier is taken.
    """

    def describe(current: OpenTransaction) -> None:
        parts.groups.add_container(
            new.ref.gallery,
            kind=new.ref.kind.value,
            container_id=new.ref.container_id,
            name=new.name,
            user_data=new.user_data,
            recognition_model=new.recognition_model,
            transaction=current,
        )

    create_collection(parts.base, standing, new.ref.gallery, {}, also=describe)


def container(parts: PersonGroupParts, standing: Standing, ref: ContainerRef) -> StoredContainer:
    """Return a container.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is none.
    """
    parts.base.require_access("describe_collection", standing, ref.gallery)
    return parts.groups.container(ref.gallery)


def list_containers(
    parts: PersonGroupParts, standing: Standing, kind: ContainerKind, *, after: str, limit: int
) -> Sequence[StoredContainer]:
    """Return containers that whoever asks may use, in the order of their identifiers, beginning after one.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
    """
    parts.base.require_access("list_collections", standing, None)
    return parts.groups.containers_page(kind.value, after=after, limit=limit, only=standing.galleries)


def change_container(
    parts: PersonGroupParts, standing: Standing, ref: ContainerRef, changes: Mapping[str, str]
) -> None:
    """Change a container's ``name`` or ``user_data``.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is none.
    """
    parts.base.require_access("change_collection", standing, ref.gallery)
    parts.groups.container(ref.gallery)
    with parts.base.journal.transaction() as current:
        parts.groups.change_container(ref.gallery, changes, transaction=current)


def delete_container(parts: PersonGroupParts, standing: Standing, ref: ContainerRef) -> None:
    """Delete a container with its persons, faces, templates and keys, and record it.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is none.
    """
    delete_collection(parts.base, standing, ref.gallery)


def train(parts: PersonGroupParts, standing: Standing, ref: ContainerRef) -> None:
    """Note that training was asked for.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is none.
    """
    parts.base.require_access("train_collection", standing, ref.gallery)
    parts.groups.container(ref.gallery)
    with parts.base.journal.transaction() as current:
        parts.groups.ask_training(ref.gallery, transaction=current)


def trained_at(parts: PersonGroupParts, standing: Standing, ref: ContainerRef) -> tuple[str, str]:
    """Return (when a container was made, when training was last asked for and done).

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is none.
        NotTrained: Nobody has asked.
    """
    found = container(parts, standing, ref)
    if found.training_asked_at is None:
        raise NotTrained("Nobody has asked for training yet.")
    return found.created_at, found.training_asked_at


def require_trained(parts: PersonGroupParts, ref: ContainerRef) -> StoredContainer:
    """Return a container whose client has asked for training, where its kind needs that.

    Raises:
        GalleryNotFound: There is none.
        NotTrained: Its client has not.
    """
    found = parts.groups.container(ref.gallery)
    if ref.kind.needs_training and found.training_asked_at is None:
        raise NotTrained("Nobody has asked for training yet.")
    return found


def require_same_model(found: StoredContainer, recognition_model: str) -> None:
    """Return if a container and a face are for the same of the vendor's models.

    Raises:
        OtherRecognitionModel: They are not.
    """
    if found.recognition_model != recognition_model:
        raise OtherRecognitionModel("'recognitionModel' is incompatible.")
