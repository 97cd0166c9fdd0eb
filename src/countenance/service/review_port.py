"""What use cases need of the rows of reviews and of faces' pictures, as Protocols; and what a review is opened with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from countenance.core.vocabulary import Template
from countenance.service.journal_port import OpenTransaction

OPEN, AGREED, RELEASED, CLOSED = "open", "agreed", "released", "closed"
#: Not ended yet.
UNDER_WAY = (OPEN, AGREED)
EVERY_STATE = (OPEN, AGREED, RELEASED, CLOSED)


@dataclass(frozen=True, slots=True)
class NewItem:
    """Somebody to be put into a line-up.

    Attributes:
        item_number: Number within the review; says nothing of the order shown.
        probe_number: Which probe it is compared with, from 1.
        reference_id: The reference shown.
        is_filler: Whether it is a filler, not a candidate.
        shown: False for a candidate of whom there is no picture.
        candidate_rank: Rank in the search, from 1; None for a filler.
        similarity: Similarity in the search; None for a filler.
    """

    item_number: int
    probe_number: int
    reference_id: str
    is_filler: bool
    shown: bool = True
    candidate_rank: int | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class NewReview:
    """What a review is opened with.

    Attributes:
        review_id, act_id: Random identifiers: its own, and that of the search.
        gallery_id, gallery: The gallery searched.
        requester_id: Who asked for the search.
        standing, threshold: As JSON, to ask the rules again at release.
        reviewers_needed: Reviewers who have to agree.
        filler_seed: What the choice of fillers follows from, 64 hex digits.
        due_at: When it counts as late.
        probes: Number → encoded picture, or None where there is none.
        items: Candidates and fillers.
    """

    review_id: str
    act_id: str
    gallery_id: str
    gallery: str
    requester_id: str
    standing: str = field(repr=False)
    threshold: str = field(repr=False)
    reviewers_needed: int
    filler_seed: str
    due_at: datetime
    probes: Mapping[int, bytes | None] = field(repr=False)
    items: tuple[NewItem, ...]


class Item(Protocol):
    """Somebody in a line-up, as stored; see ``NewItem``."""

    @property
    def item_number(self) -> int: ...
    @property
    def probe_number(self) -> int: ...
    @property
    def reference_id(self) -> str: ...
    @property
    def is_filler(self) -> bool: ...
    @property
    def shown(self) -> bool: ...
    @property
    def candidate_rank(self) -> int | None: ...
    @property
    def similarity(self) -> float | None: ...


class StoredReview(Protocol):
    """A review as stored; see ``NewReview``.

    ``quorum`` counts the votes to wait for; ``key`` is the review's key, None once it has ended; ``ended_by`` is None
    where the votes ended it; ``end_entry_id`` is where the end is recorded.
    """

    @property
    def review_id(self) -> str: ...
    @property
    def act_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def gallery_id(self) -> str: ...
    @property
    def gallery(self) -> str: ...
    @property
    def requester_id(self) -> str: ...
    @property
    def standing(self) -> str: ...
    @property
    def threshold(self) -> str: ...
    @property
    def reviewers_needed(self) -> int: ...
    @property
    def quorum(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def ended_by(self) -> str | None: ...
    @property
    def end_result(self) -> str | None: ...
    @property
    def end_entry_id(self) -> str | None: ...


class Vote(Protocol):
    """A vote as stored; ``ratings`` is item number → rating, -3 to 3."""

    @property
    def reviewer_id(self) -> str: ...
    @property
    def vote_number(self) -> int: ...
    @property
    def entry_id(self) -> str: ...
    @property
    def voted_at(self) -> datetime: ...
    @property
    def none_of_these(self) -> bool: ...
    @property
    def fillers_shown(self) -> int: ...
    @property
    def fillers_chosen(self) -> int: ...
    @property
    def late(self) -> bool: ...
    @property
    def ratings(self) -> Mapping[int, int]: ...


class PicturedSubject(Protocol):
    """Somebody of whom there is a picture, with all their templates."""

    @property
    def subject_id(self) -> str: ...
    @property
    def reference_id(self) -> str: ...
    @property
    def templates(self) -> Sequence[Template]: ...


class Reviewer(Protocol):
    """A reviewer with what their votes came to."""

    @property
    def reviewer_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def trained_until(self) -> datetime: ...
    @property
    def attested_by(self) -> str: ...
    @property
    def votes(self) -> int: ...
    @property
    def votes_with_filler_chosen(self) -> int: ...
    @property
    def fillers_shown(self) -> int: ...
    @property
    def fillers_chosen(self) -> int: ...


class CropStore(Protocol):
    """Keeps pictures of references' faces, sealed."""

    def keep_crops(
        self, gallery: str, crops: Sequence[tuple[str, str, bytes]], *, transaction: OpenTransaction
    ) -> None:
        """Store (subject, digest of the photo, encoded picture) of references stored in this transaction.

        Raises:
            StorageError: There is no such reference.
        """
        ...


class ReviewStore(CropStore, Protocol):
    """Reviews in the database that galleries and ledger lie in."""

    def add_review(self, new: NewReview, *, transaction: OpenTransaction) -> None:
        """Store a new review, its probes' pictures sealed under a key of its own."""
        ...

    def find(self, name: str) -> Sequence[StoredReview]:
        """Return the reviews with this identifier, or beginning with it (8 digits or more); two if several fit."""
        ...

    def lock(self, review_id: str, *, transaction: OpenTransaction) -> StoredReview | None:
        """Return a review, kept from others until the transaction ends, or None."""
        ...

    def recent(self, states: Sequence[str], *, limit: int, offset: int = 0) -> Sequence[StoredReview]:
        """Return reviews in these states, newest first."""
        ...

    def probes(self, review: StoredReview) -> Mapping[int, bytes | None]:
        """Return probe number → encoded picture, None where there is none (any more)."""
        ...

    def items(self, review_id: str, *, transaction: OpenTransaction | None = None) -> Sequence[Item]:
        """Return everybody in a review's line-ups, by item number."""
        ...

    def crops(self, reference_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return reference → encoded picture, of those that are still there."""
        ...

    def pictured(
        self, reference_ids: Sequence[str], *, transaction: OpenTransaction | None = None
    ) -> Mapping[str, str]:
        """Return reference → identifier of its subject, of those that are still there and have a picture."""
        ...

    def names(self, reference_ids: Sequence[str], *, transaction: OpenTransaction | None = None) -> Mapping[str, str]:
        """Return reference → name of its subject, of those that are still there."""
        ...

    def subjects(self, reference_ids: Sequence[str], *, transaction: OpenTransaction) -> frozenset[str]:
        """Return the identifiers of the subjects of references."""
        ...

    def next_pictured(
        self, gallery: str, point: str, excluded: Sequence[str], *, transaction: OpenTransaction
    ) -> PicturedSubject | None:
        """Return the first subject at or after a point, going round, of whom there is a picture; None: nobody is left.

        Args:
            gallery: Name of the gallery.
            point: 32 hex digits.
            excluded: Identifiers of subjects to pass over.
            transaction: Where it is read.
        """
        ...

    def note_sitting(self, review_id: str, reviewer_id: str, *, transaction: OpenTransaction) -> None:
        """Store that somebody looked, unless they had before."""
        ...

    def sitting(self, review_id: str, reviewer_id: str, *, transaction: OpenTransaction) -> datetime | None:
        """Return when somebody first looked, or None."""
        ...

    def add_vote(
        self,
        review_id: str,
        *,
        reviewer_id: str,
        vote_number: int,
        entry_id: str,
        none_of_these: bool,
        fillers_shown: int,
        fillers_chosen: int,
        late: bool,
        ratings: Mapping[int, int],
        transaction: OpenTransaction,
    ) -> None:
        """Store a vote; a second one of a reviewer cannot be stored."""
        ...

    def votes(self, review_id: str, *, transaction: OpenTransaction | None = None) -> Sequence[Vote]:
        """Return a review's votes, in the order in which they came."""
        ...

    def count_votes(self, review_ids: Sequence[str]) -> Mapping[str, int]:
        """Return review → number of votes, of those that have any."""
        ...

    def set_progress(self, review_id: str, *, state: str, quorum: int, transaction: OpenTransaction) -> None:
        """Store how far a review under way has come."""
        ...

    def end(self, review_id: str, *, state: str, result: str, by: str | None, transaction: OpenTransaction) -> None:
        """End a review; its key and its probes' pictures are destroyed with it."""
        ...

    def note_end_entry(self, review_id: str, entry_id: str, *, transaction: OpenTransaction) -> None:
        """Store where a review's end is recorded."""
        ...

    def keep_reviewer(
        self, reviewer_id: str, *, name: str, trained_until: datetime, attested_by: str, transaction: OpenTransaction
    ) -> None:
        """Store that somebody vouches for a reviewer's training; an earlier statement is replaced."""
        ...

    def trained_until(self, reviewer_id: str, *, transaction: OpenTransaction) -> datetime | None:
        """Return until when a reviewer's training counts, or None if nobody vouches for any."""
        ...

    def reviewers(self) -> Sequence[Reviewer]:
        """Return all reviewers by name."""
        ...
