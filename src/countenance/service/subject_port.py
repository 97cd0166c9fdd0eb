"""What erasure, access requests and retention need of the database, as Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template


class Held(Protocol):
    """What one gallery holds of a person.

    ``names`` are the subjects that stand for them (in a collection each face is one); ``user`` is the name asked for,
    if a user of the collection has it.
    """

    @property
    def gallery_id(self) -> str: ...
    @property
    def gallery(self) -> str: ...
    @property
    def model(self) -> ModelIdentity: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def user(self) -> str | None: ...


class Taken(Protocol):
    """What is kept in memory of what is about to be deleted: reference → template, and sealed values as stored."""

    @property
    def templates(self) -> Mapping[str, Template]: ...
    @property
    def sealed(self) -> tuple[bytes, ...]: ...


class Erased(Protocol):
    """What went with people of one gallery; see ``storage.erasure.Erased``."""

    @property
    def reference_ids(self) -> tuple[str, ...]: ...
    @property
    def pictures(self) -> int: ...
    @property
    def keys(self) -> int: ...
    @property
    def collection_faces(self) -> int: ...
    @property
    def collection_users(self) -> int: ...
    @property
    def outcomes(self) -> int: ...
    @property
    def answers(self) -> int: ...
    @property
    def review_ids(self) -> tuple[str, ...]: ...


class FileSearch(Protocol):
    """What looking through a database's files came to.

    ``found`` counts deleted values still in them, whole or in part; None where nothing was looked through.
    """

    @property
    def database(self) -> str: ...
    @property
    def bytes_read(self) -> int: ...
    @property
    def found(self) -> int | None: ...
    @property
    def log_emptied(self) -> bool: ...


class HeldReference(Protocol):
    """A reference's facts; times as ISO 8601."""

    @property
    def reference_id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def source_name(self) -> str: ...
    @property
    def source_sha256(self) -> str: ...
    @property
    def created_at(self) -> str: ...
    @property
    def expires_at(self) -> str | None: ...
    @property
    def picture(self) -> bool: ...


class HeldSubject(Protocol):
    """A subject in a list."""

    @property
    def gallery(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def references(self) -> int: ...
    @property
    def enrolled_at(self) -> str: ...
    @property
    def expires_at(self) -> str | None: ...


class Due(Protocol):
    """What has reached its end and is still there: gallery → references, and counts of the rest."""

    @property
    def references(self) -> Mapping[str, int]: ...
    @property
    def runs(self) -> int: ...
    @property
    def secrets(self) -> int: ...
    @property
    def reviews(self) -> int: ...
    @property
    def faces(self) -> int: ...


class SubjectStore(Protocol):
    """People in the database; the transaction is whatever the journal's ``transaction`` gave."""

    def find(self, name: str, gallery: str | None) -> Sequence[Held]:
        """Return what galleries hold of a person; one gallery's share, or every gallery's."""
        ...

    def lock(self, name: str, gallery: str | None, *, transaction: Any) -> Sequence[Held]:
        """Return the same, the galleries locked until the transaction ends and rid of what has expired."""
        ...

    def take(self, held: Held, *, transaction: Any) -> Taken:
        """Return what is kept in memory to look for it afterwards; what does not open is left out."""
        ...

    def erase(self, held: Held, *, transaction: Any) -> Erased:
        """Delete what one locked gallery holds of a person."""
        ...

    def rows_left(self, held: Any) -> int:
        """Return how many rows of them are still there."""
        ...

    def search_files(self, sealed: Sequence[bytes]) -> FileSearch:
        """Look through the database's files for what was deleted; a server's files are not read."""
        ...

    def references_of(self, held: Any) -> Sequence[HeldReference]:
        """Return the facts of a person's references in one gallery, oldest first."""
        ...

    def pictures(self, reference_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return reference → encoded picture, of those that have one."""
        ...

    def faces_of(self, held: Any) -> Sequence[Mapping[str, object]]:
        """Return a person's faces in a collection, as clients see them."""
        ...

    def outcomes_of(self, held: Any) -> Sequence[Mapping[str, object]]:
        """Return what enrolment's bookkeeping says of a person."""
        ...

    def reviews_of(self, reference_ids: Sequence[str]) -> Sequence[Mapping[str, object]]:
        """Return the reviews in which references were a candidate or a filler."""
        ...

    def listed(self, gallery: str | None, *, after: tuple[str, str], limit: int) -> Sequence[HeldSubject]:
        """Return at most ``limit`` subjects after (gallery, subject), in that order."""
        ...

    def gallery_ids(self) -> Mapping[str, str]:
        """Return name → identifier of all galleries."""
        ...

    def due(self, *, abandoned_before: datetime) -> Due:
        """Return what has reached its end; one query. Reviews due before that moment count as abandoned."""
        ...

    def expire(self, *, transaction: Any) -> int:
        """Delete what has reached its end by the transaction's time; return how many references went."""
        ...

    def destroy_expired_secrets(self, *, transaction: Any) -> int:
        """Destroy the sealed secrets of credentials that have expired; return how many."""
        ...
