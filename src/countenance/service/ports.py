"""What use cases need from models, databases and time, as Protocols. ``bootstrap`` supplies the real ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from typing import Any, Protocol

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration
from countenance.core.vocabulary import (
    CandidateList,
    EnrolmentOutcome,
    EnrolmentRun,
    Face,
    GallerySummary,
    NewReference,
    PhotoFaces,
    Reference,
    Template,
)


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


class PicturingEngine(Engine, Protocol):
    """An engine that also makes pictures for people to look at."""

    def picture(self, data: bytes, face: Face, *, side_px: int) -> bytes:
        """Return the upright picture of a face it found in a photo, as JPEG, side × side pixels.

        Raises:
            ImageUnreadable, ImageTooLarge, ImageFormatUnsupported: The bytes cannot be used.
        """
        ...


class GalleryStore(Protocol):
    """Galleries and their sealed references: the authority; an index is only a copy."""

    def create_gallery(
        self,
        name: str,
        model: ModelIdentity,
        *,
        basis: str,
        retention_days: int | None,
        transaction: Any = None,
    ) -> GallerySummary:
        """Create an empty gallery, in the transaction given or one of its own.

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

    def delete_gallery(self, name: str, *, transaction: Any = None) -> int:
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

    def reference_changes(
        self, gallery: str, known: Set[str]
    ) -> tuple[int, frozenset[str], tuple[Reference, ...]] | None:
        """Return (revision, identifiers gone, references new) as one snapshot, for who holds these references.

        None if so much is new that reading all of it with ``references`` is as quick.

        Raises:
            GalleryNotFound: There is none of this name.
            TemplateUnsealFailed: A new template cannot be opened with its subject's key.
        """
        ...


class SearchIndex(Protocol):
    """A disposable, searchable copy of one gallery."""

    @property
    def revision(self) -> int:
        """Return the revision of the gallery this index was built from."""
        ...

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the model whose templates these are."""
        ...

    def reference_ids(self) -> frozenset[str]:
        """Return the identifiers of all references."""
        ...

    def changed(self, gone: Set[str], added: Sequence[Reference], *, revision: int) -> SearchIndex:
        """Return an index of another revision, without what is gone and with what is new; this one stays as it is."""
        ...

    def search(self, probe: Template, *, threshold_value: float, limit: int) -> CandidateList:
        """Return the candidates at or above the threshold, most similar first, one a subject."""
        ...


class IndexBuilder(Protocol):
    """Builds an index from a snapshot of references."""

    def __call__(self, references: Iterable[Reference], *, model: ModelIdentity, revision: int) -> SearchIndex:
        """Return an index over exactly these references."""
        ...


class EnrolmentStore(GalleryStore, Protocol):
    """Bookkeeping of bulk enrolment, written in the same transaction as the references it speaks of.

    After a crash at any moment, what is recorded for an input and what is stored of it agree, so a run taken up again
    loses nothing and counts nothing twice.
    """

    def begin_run(self, gallery: str, source: str) -> EnrolmentRun:
        """Return the unfinished run of this source into this gallery, or a new one.

        A new run replaces the bookkeeping of the finished run of the same source, if there is one.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...

    def record_batch(
        self,
        run_id: str,
        references: Sequence[NewReference],
        outcomes: Sequence[EnrolmentOutcome],
        *,
        transaction: Any = None,
    ) -> tuple[EnrolmentOutcome, ...]:
        """Store references and record outcomes in one transaction; return the outcomes as recorded.

        Every reference has exactly one outcome ``stored`` with its subject and digest, and the reverse. Where the
        gallery turns out to hold the photo already, the outcome is recorded as ``duplicate``. An input that is
        recorded already keeps its first outcome, and its reference is not stored again.

        Raises:
            ModelMismatch: A template is not of the gallery's model.
            StorageError: There is no such unfinished run.
            StorageFull: The disk is full; nothing of this call was stored.
            ValueError: References and outcomes do not belong together.
        """
        ...

    def reference_ids(
        self, gallery: str, photos: Sequence[tuple[str, str]], *, transaction: Any = None
    ) -> tuple[str, ...]:
        """Return the identifiers of references by (subject, digest of the photo), in that order.

        Raises:
            GalleryNotFound: There is none of this name.
            StorageError: A photo is not stored for its subject.
        """
        ...

    def finish_run(self, run_id: str, *, transaction: Any = None) -> None:
        """Mark a run as finished; the same source then starts a new one.

        Raises:
            StorageError: There is no such unfinished run.
        """
        ...

    def outcomes(self, run_id: str) -> list[EnrolmentOutcome]:
        """Return what is recorded for a run, by source name and subject.

        Raises:
            StorageError: There is no such run.
        """
        ...


class RetentionStore(GalleryStore, Protocol):
    """Forgetting: one person on request, everybody whose time is up."""

    def erase_subject(self, gallery: str, subject: str) -> int:
        """Delete a subject's references, key and bookkeeping; return how many references went (0: not known here).

        Raises:
            GalleryNotFound: There is none of this name.
        """
        ...

    def expire(self, now: datetime) -> int:
        """Delete the references, of all galleries, whose retention ended at or before ``now``; return how many."""
        ...


class CalibrationBook(Protocol):
    """The calibration records at hand."""

    def find(self, model: ModelIdentity) -> Calibration | None:
        """Return the record measured with exactly this model, or None."""
        ...
