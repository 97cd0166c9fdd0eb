"""What person groups and face lists need of the database beyond collections, as a Protocol, with its records."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from countenance.core.vocabulary import Template


class ContainerKind(enum.StrEnum):
    """The four kinds of container; each has identifiers of its own."""

    PERSON_GROUP = "persongroup"
    LARGE_PERSON_GROUP = "largepersongroup"
    FACE_LIST = "facelist"
    LARGE_FACE_LIST = "largefacelist"

    @property
    def has_persons(self) -> bool:
        """Return whether faces in it belong to persons."""
        return self in (ContainerKind.PERSON_GROUP, ContainerKind.LARGE_PERSON_GROUP)

    @property
    def needs_training(self) -> bool:
        """Return whether clients have to ask for training before they search it."""
        return self is not ContainerKind.FACE_LIST


@dataclass(frozen=True, slots=True)
class ContainerRef:
    """Which container is meant.

    Attributes:
        kind: Its kind.
        container_id: The client's identifier.
    """

    kind: ContainerKind
    container_id: str

    @property
    def gallery(self) -> str:
        """Return the name of the gallery behind it, which cases name too: ``largepersongroup.staff``."""
        return f"{self.kind.value}.{self.container_id}"


class StoredContainer(Protocol):
    """A container as stored: its client's texts, the vendor's model it was made for, when training was asked for."""

    @property
    def gallery(self) -> str: ...
    @property
    def container_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def user_data(self) -> str | None: ...
    @property
    def recognition_model(self) -> str: ...
    @property
    def created_at(self) -> str: ...
    @property
    def training_asked_at(self) -> str | None: ...


class StoredPerson(Protocol):
    """A person of a group as stored."""

    @property
    def person_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def user_data(self) -> str | None: ...


class StoredTemporaryFace(Protocol):
    """A face that was detected and may be compared by its identifier until its time is up."""

    @property
    def face_id(self) -> str: ...
    @property
    def recognition_model(self) -> str: ...
    @property
    def template(self) -> Template: ...


class PersonGroupStore(Protocol):
    """Containers, persons, texts beside faces, temporary faces.

    Every method that takes a gallery raises ``GalleryNotFound`` where there is no such container. ``transaction``
    arguments are the journal's: the change and its entry are stored together or not at all.
    """

    def add_container(
        self,
        gallery: str,
        *,
        kind: str,
        container_id: str,
        name: str,
        user_data: str | None,
        recognition_model: str,
        transaction: Any,
    ) -> None:
        """Say what container a collection is."""
        ...

    def container(self, gallery: str) -> StoredContainer:
        """Return one container."""
        ...

    def containers_page(
        self, kind: str, *, after: str, limit: int, only: Collection[str] | None
    ) -> Sequence[StoredContainer]:
        """Return containers of a kind in the order of their identifiers, beginning after one."""
        ...

    def change_container(self, gallery: str, values: Mapping[str, str], *, transaction: Any) -> None:
        """Change ``name`` or ``user_data``."""
        ...

    def ask_training(self, gallery: str, *, transaction: Any) -> None:
        """Note that training was asked for."""
        ...

    def add_person(self, gallery: str, person_id: str, name: str, user_data: str | None, *, transaction: Any) -> None:
        """Say whom a user of the collection stands for."""
        ...

    def persons(self, gallery: str, *, after: str, limit: int) -> Sequence[StoredPerson]:
        """Return persons in the order of their identifiers, beginning after one."""
        ...

    def person(self, gallery: str, person_id: str) -> StoredPerson | None:
        """Return one person, or None."""
        ...

    def change_person(self, gallery: str, person_id: str, values: Mapping[str, str], *, transaction: Any) -> bool:
        """Change ``name`` or ``user_data``; return False if there is no such person."""
        ...

    def faces_of_persons(
        self, gallery: str, person_ids: Sequence[str], *, transaction: Any = None
    ) -> dict[str, list[str]]:
        """Return person → identifiers of their faces, for those who have any."""
        ...

    def face_texts(self, gallery: str, face_ids: Sequence[str]) -> dict[str, str]:
        """Return face → the client's text, for those that have one."""
        ...

    def set_face_text(self, gallery: str, face_id: str, text: str | None, *, transaction: Any) -> None:
        """Give a face a text, or none."""
        ...

    def keep_temporary(
        self,
        case_id: str,
        faces: Sequence[tuple[str, Template]],
        *,
        recognition_model: str,
        expires_at: datetime,
        transaction: Any,
    ) -> None:
        """Store temporary faces of a case until a moment."""
        ...

    def temporary(self, case_id: str, face_ids: Sequence[str]) -> Mapping[str, StoredTemporaryFace]:
        """Return identifier → face for those of a case whose time is not up."""
        ...
