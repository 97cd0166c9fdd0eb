"""Takes what a held search found and makes line-ups of it: candidates among fillers, with the probe's picture.

Rules kept here:

- Found, recorded and waiting for review are one transaction: a held result is never only half there.
- A search that found nobody is held too, as a line-up of fillers alone: whoever asked cannot tell it from another, and
  reviewers cannot count on somebody being there.
- A candidate of whom no picture is kept is not shown, since nobody could compare; that they were found is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from countenance.core.errors import ReviewError
from countenance.core.thresholds import Threshold
from countenance.core.vocabulary import Candidate, Face
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import LONGEST_LIST
from countenance.ledger.kinds import EntryKind
from countenance.service.admission import OngoingAct
from countenance.service.collection_search import CollectionSearch
from countenance.service.journal_port import OpenTransaction
from countenance.service.review_fillers import Draw, fillers_wanted
from countenance.service.review_port import NewItem, NewReview, ReviewStore
from countenance.service.review_records import standing_to_json, threshold_to_json
from countenance.service.search import PhotoSearchResult, SearchOutcome, SearchResult
from countenance.service.standing import Standing

#: Makes the picture of one face of a photo: (the photo's bytes, the face) → JPEG.
PictureMaker = Callable[[bytes, Face], bytes]
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What the search for one face found.

    Attributes:
        probe_number: The face's number in its photo, from 1.
        face: The face, or None for a search with a face of the gallery.
        candidates: Most similar first.
    """

    probe_number: int
    face: Face | None
    candidates: tuple[Candidate, ...]


class Desk:
    """Opens reviews; what ``accountability`` hands held results to.

    Args:
        store: Where reviews are kept.
        picture: Makes the probe's picture.
        new_review_id: Returns 32 random hex digits.
        random: Returns that many random bytes.
        due_after: When a review counts as late.
    """

    def __init__(
        self,
        *,
        store: ReviewStore,
        picture: PictureMaker,
        new_review_id: Callable[[], str],
        random: Callable[[int], bytes],
        due_after: timedelta,
    ) -> None:
        self._store = store
        self._picture = picture
        self._new_review_id = new_review_id
        self._random = random
        self._due_after = due_after

    def open(self, act: OngoingAct, found: object, *, standing: Standing, transaction: OpenTransaction) -> str:
        """Keep a held result for people to look at and return the review's identifier; recorded as ``review_opened``.

        Raises:
            ReviewError: The act searches no gallery, or what was found is no search's result.
        """
        if act.gallery is None or act.gallery_id is None or act.threshold is None:
            raise ReviewError("Only a search of a gallery can be held for review.")
        findings = findings_of(found)
        seed = self._random(_SEED_BYTES)
        items = self._items(act.gallery, findings, act.threshold, seed, transaction)
        review = NewReview(
            review_id=self._new_review_id(),
            act_id=act.act_id,
            gallery_id=act.gallery_id,
            gallery=act.gallery,
            requester_id=standing.operator_id,
            standing=standing_to_json(standing),
            threshold=threshold_to_json(act.threshold),
            reviewers_needed=max(1, act.decision.reviewers_needed),
            filler_seed=seed.hex(),
            due_at=transaction.now + self._due_after,
            probes={
                finding.probe_number: self._picture(act.probe, finding.face) if finding.face and act.probe else None
                for finding in findings
            },
            items=items,
        )
        self._store.add_review(review, transaction=transaction)
        _record(act, review, transaction)
        return review.review_id

    def _items(
        self,
        gallery: str,
        findings: Sequence[Finding],
        threshold: Threshold,
        seed: bytes,
        transaction: OpenTransaction,
    ) -> tuple[NewItem, ...]:
        references = [item.reference_id for finding in findings for item in finding.candidates]
        pictured = self._store.pictured(references, transaction=transaction)
        excluded = set(self._store.subjects(references, transaction=transaction))
        draw = Draw(self._store, gallery, seed, excluded, transaction)
        items: list[NewItem] = []
        for finding in findings:
            for rank, candidate in enumerate(finding.candidates, start=1):
                items.append(
                    NewItem(
                        item_number=len(items) + 1,
                        probe_number=finding.probe_number,
                        reference_id=candidate.reference_id,
                        is_filler=False,
                        shown=candidate.reference_id in pictured,
                        candidate_rank=rank,
                        similarity=candidate.similarity,
                    )
                )
            template = None if finding.face is None else finding.face.template
            wanted = fillers_wanted(len(finding.candidates))
            for reference_id in draw.fillers(template, threshold.value, wanted):
                items.append(NewItem(len(items) + 1, finding.probe_number, reference_id, is_filler=True))
        return tuple(items)


def findings_of(found: object) -> tuple[Finding, ...]:
    """Return what was found, face by face; a face that was not searched is left out.

    Raises:
        ReviewError: It is no search's result.
    """
    match found:
        case SearchResult():
            return _finding(1, found)
        case PhotoSearchResult():
            faces = enumerate(found.faces, start=1)
            return tuple(finding for number, item in faces for finding in _finding(number, item.result))
        case CollectionSearch():
            listed = found.listed
            return () if listed is None else (Finding(1, found.face, listed.candidates),)
        case _:
            raise ReviewError("What was found cannot be reviewed: it is no search's result.")


def _finding(number: int, result: SearchResult) -> tuple[Finding, ...]:
    if result.outcome not in (SearchOutcome.CANDIDATES, SearchOutcome.NOBODY):
        return ()
    return (Finding(number, result.probe, tuple(item.candidate for item in result.candidates)),)


def _record(act: OngoingAct, review: NewReview, transaction: OpenTransaction) -> None:
    fillers = tuple(item.reference_id for item in review.items if item.is_filler)
    act.record(
        EntryKind.REVIEW_OPENED,
        {
            "review_id": review.review_id,
            "candidates": len(review.items) - len(fillers),
            "fillers": len(fillers),
            "quorum": review.reviewers_needed,
            "due_at": utc_text(review.due_at),
            "probes": len(review.probes),
            "candidates_without_picture": sum(not item.shown for item in review.items),
            "filler_seed": review.filler_seed,
            "filler_reference_ids": fillers[:LONGEST_LIST],
        },
        transaction=transaction,
    )
