"""What use cases need from models, databases and time, as Protocols. ``bootstrap`` supplies the real ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import CandidateList, PhotoFaces, Reference, Template


class Engine(Protocol):
    """Photo in, faces out."""

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the recogniser in use."""
        ...

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        """Return all faces of an encoded photo, largest first, with quality measures and, if asked, templates.

        Raises:
            ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class GallerySummary:
    """A gallery's facts without its templates.

    Attributes:
        name: The operator's name for it.
        model: Identity every template in it has.
        created_at: ISO 8601 time, UTC.
        basis: Why faces are kept in it, in the operator's words.
        retention_days: Days after enrolment at which a reference expires; None means until erased.
        subjects: Number of data subjects.
        references: Number of templates.
        revision: Grows by at least one with every change of the gallery's references.
    """

    name: str
    model: ModelIdentity
    created_at: str
    basis: str
    retention_days: int | None
    subjects: int
    references: int
    revision: int


@dataclass(frozen=True, slots=True, eq=False)
class NewReference:
    """A reference about to be stored; the store gives it a random identifier."""

    subject: str
    template: Template
    source_sha256: str
    source_name: str


class GalleryStore(Protocol):
    """Galleries and their sealed references: the authority; an index is only a copy."""

    def create_gallery(
        self, name: str, model: ModelIdentity, *, basis: str, retention_days: int | None
    ) -> GallerySummary:
        """Create an empty gallery.

        Raises:
            GalleryExists: The name is taken.
        """
        ...

    def list_galleries(self) -> list[GallerySummary]:
        """Return all galleries by name."""
        ...

    def gallery(self, name: str) -> GallerySummary:
        """Return one gallery.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...

    def delete_gallery(self, name: str) -> int:
        """Delete a gallery with its references and subject keys; return how many references went.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...

    def add_references(self, gallery: str, references: Sequence[NewReference]) -> int:
        """Store references in one transaction and return the gallery's new revision.

        A photo (by digest) that the gallery already holds for the same subject is passed over, so that a repeated run
        stores nothing twice.

        Raises:
            GalleryNotFound: There is none of this name.
            ModelMismatch: A template is not of the gallery's model.
            StorageFull: The disk is full; nothing of this call was stored.
        """
        ...

    def known_photos(self, gallery: str) -> dict[str, str]:
        """Return digest of photo → subject for all references of a gallery."""
        ...

    def references(self, gallery: str) -> tuple[int, Iterator[Reference]]:
        """Return (revision, all references, unsealed) as one consistent snapshot.

        Raises:
            GalleryNotFound: There is none of this name.
            TemplateUnsealFailed: A template cannot be opened with its subject's key.
        """
        ...


class SearchIndex(Protocol):
    """A disposable, searchable copy of one gallery."""

    @property
    def revision(self) -> int:
        """Return the revision of the gallery this index was built from."""
        ...

    def search(self, probe: Template, *, threshold_value: float, limit: int) -> CandidateList:
        """Return the candidates at or above the threshold, most similar first, one a subject."""
        ...


class IndexBuilder(Protocol):
    """Builds an index from a snapshot of references."""

    def __call__(self, references: Iterable[Reference], *, model: ModelIdentity, revision: int) -> SearchIndex:
        """Return an index over exactly these references."""
        ...
