"""What the use cases of collections need of the database, as Protocols, and the records they pass on.

A collection is what a client of a vendor's service calls a gallery: a gallery with faces that have identifiers and
boxes, with users, and with tags.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A face of a collection.

    Attributes:
        face_id: Random UUID; the data subject's name in the gallery.
        image_id: UUID that all faces stored from one picture at once share.
        image_sha256: Digest of the picture's bytes.
        external_image_id: The client's own name for the picture, or None.
        face_number: Position among the faces found in the picture, largest first, from 1.
        box: Left, top, width, height as shares of the picture's width and height.
        detector_score: 0 to 1.
        user_id: The user it is associated with, or None.
    """

    face_id: str
    image_id: str
    image_sha256: str
    external_image_id: str | None
    face_number: int
    box: tuple[float, float, float, float]
    detector_score: float
    user_id: str | None = None


class StoredFace(Protocol):
    """A face as stored; ``FaceRecord`` says what each means."""

    @property
    def face_id(self) -> str: ...
    @property
    def image_id(self) -> str: ...
    @property
    def image_sha256(self) -> str: ...
    @property
    def external_image_id(self) -> str | None: ...
    @property
    def face_number(self) -> int: ...
    @property
    def box(self) -> tuple[float, float, float, float]: ...
    @property
    def detector_score(self) -> float: ...
    @property
    def user_id(self) -> str | None: ...


class NamedCollection(Protocol):
    """What a search needs to know of a collection: its gallery's identifier, name and model."""

    @property
    def collection_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def model(self) -> ModelIdentity: ...


class StoredCollection(NamedCollection, Protocol):
    """A collection's facts, with what it holds."""

    @property
    def created_at(self) -> str: ...
    @property
    def faces(self) -> int: ...
    @property
    def users(self) -> int: ...
    @property
    def users_revision(self) -> int: ...


class CollectionStore(Protocol):
    """The collections of one dialect. Every method raises ``GalleryNotFound`` where there is no such collection.

    ``transaction`` arguments are the journal's: the change and its entry are stored together or not at all.
    """

    def transaction(self) -> AbstractContextManager[Any]:
        """Return a write transaction."""
        ...

    def add_collection(self, name: str, tags: Mapping[str, str], *, transaction: Any) -> None:
        """Make an existing gallery a collection."""
        ...

    def named(self, name: str) -> NamedCollection:
        """Return which collection this is, without counting anything: cheap enough for each search.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...

    def collection(self, name: str) -> StoredCollection:
        """Return one collection."""
        ...

    def revisions(self, name: str) -> tuple[int, int]:
        """Return (revision of the faces, revision of who belongs to which user)."""
        ...

    def collections_page(
        self, *, after: str, limit: int, only: Collection[str] | None
    ) -> list[tuple[str, ModelIdentity, str]]:
        """Return (name, model, place) of collections, oldest first, beginning after a place."""
        ...

    def tags(self, name: str, *, transaction: Any = None) -> dict[str, str]:
        """Return a collection's tags; with a transaction: locked in it."""
        ...

    def replace_tags(self, name: str, wanted: Mapping[str, str], *, transaction: Any) -> None:
        """Give a collection exactly these tags."""
        ...

    def add_faces(
        self, name: str, faces: Sequence[tuple[Any, Template]], *, transaction: Any
    ) -> tuple[int, tuple[str, ...]]:
        """Store faces and return (the gallery's revision, identifiers of their references)."""
        ...

    def faces_of_image(
        self, name: str, image_sha256: str, external_image_id: str | None, *, transaction: Any
    ) -> Sequence[StoredFace]:
        """Lock a collection and return its faces of one picture under one external identifier, by their number."""
        ...

    def faces_page(
        self, name: str, *, after: str, limit: int, user_id: str | None, face_ids: Sequence[str] | None
    ) -> Sequence[StoredFace]:
        """Return faces in the order of their identifiers, beginning after one."""
        ...

    def faces(self, name: str, face_ids: Sequence[str], *, transaction: Any = None) -> Mapping[str, StoredFace]:
        """Return identifier → face for those the collection holds; with a transaction: locked in it."""
        ...

    def users_of_faces(self, name: str) -> dict[str, str]:
        """Return face → user for every face that is associated with one."""
        ...

    def templates(self, name: str, face_ids: Sequence[str]) -> dict[str, Template]:
        """Return face → unsealed template for those the collection holds."""
        ...

    def reference_ids(self, name: str, face_ids: Sequence[str]) -> dict[str, str]:
        """Return face → identifier of its reference for those the collection holds."""
        ...

    def remove_faces(self, name: str, face_ids: Sequence[str], *, transaction: Any) -> int:
        """Delete faces with their templates and keys; return how many there were."""
        ...

    def add_user(self, name: str, user_id: str, *, transaction: Any) -> bool:
        """Add a user; return False if there is one of this identifier."""
        ...

    def has_user(self, name: str, user_id: str, *, transaction: Any = None) -> bool:
        """Return whether a collection has a user of this identifier."""
        ...

    def remove_user(self, name: str, user_id: str, *, transaction: Any) -> bool:
        """Delete a user, whose faces stay; return False if there is none."""
        ...

    def users_page(self, name: str, *, after: str, limit: int) -> list[tuple[str, int]]:
        """Return (user, number of faces) in the order of the identifiers, beginning after one."""
        ...

    def count_of_user(self, name: str, user_id: str, *, transaction: Any) -> int:
        """Return how many faces are associated with a user."""
        ...

    def associate(self, name: str, face_ids: Sequence[str], user_id: str | None, *, transaction: Any) -> None:
        """Associate faces with a user, or with none."""
        ...

    def answer(self, name: str, operation: str, token: str, *, transaction: Any) -> tuple[str, str] | None:
        """Lock a collection and return (digest of the request, answer) that a client's token got before, or None."""
        ...

    def keep_answer(
        self, name: str, operation: str, token: str, request_sha256: str, answer: str, *, transaction: Any
    ) -> None:
        """Keep the answer to a client's token."""
        ...
