"""Whom a search listed, as its dossier shows them: with similarity, what reviewers thought, and whether released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from countenance.core.errors import ReviewError, ReviewUndecided
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.act_entries import ActEntries, words_of
from countenance.service.accountability_reports.sources import Sources
from countenance.service.review_account import ReviewAccount

GONE = "no longer in the gallery"
NOT_NAMED = "not named here"


@dataclass(frozen=True, slots=True)
class Listed:
    """A candidate.

    Attributes:
        rank: From 1, most similar first.
        probe_number: Which face of the probe.
        reference_id: The reference found.
        name: Name in the gallery, or why there is none.
        similarity: As the ledger has it, or None.
        ratings: One a vote, -3 to 3, in the order of the votes; None where one rated nobody.
        shown: Whether reviewers could see a picture; None without a review.
        released: Whether somebody was told of them.
    """

    rank: int
    probe_number: int
    reference_id: str
    name: str
    similarity: float | None
    ratings: tuple[int | None, ...]
    shown: bool | None
    released: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The candidates of a search.

    Attributes:
        items: All of them, in rank order.
        withheld_because: Why nobody is told yet; empty otherwise.
        account: The review that has ended, or None.
        fillers: People who are known not to be the person in the probe, shown among the candidates.
        count: How many candidates the search had; more than ``items`` where the ledger kept the first ones only.
    """

    items: tuple[Listed, ...]
    withheld_because: str = ""
    account: ReviewAccount | None = None
    fillers: tuple[Listed, ...] = ()
    count: int | None = None

    def document(self) -> dict[str, Any]:
        """Return this in plain values."""
        return {
            "withheld_because": self.withheld_because or None,
            "count": None if self.withheld_because else self.count,
            "items": [asdict(item) for item in self.items],
            "fillers": [asdict(item) for item in self.fillers],
        }


def listing(sources: Sources, entries: ActEntries, *, names: bool) -> Listing:
    """Return whom a search listed.

    Args:
        sources: Where the facts are.
        entries: The act's entries.
        names: Whether those who were not released are named.
    """
    if entries.is_refused or entries.outcome is None:
        return Listing(())
    if entries.review_id is not None:
        try:
            return _reviewed(sources.account(entries.review_id), entries, names=names)
        except ReviewUndecided:
            return Listing((), "A review of the result goes on. Until it has ended nobody sees the candidates.")
        except ReviewError:
            pass  # The review is not there any more; the outcome says as much as it says without one.
    return _unreviewed(sources, entries, names=names)


def _unreviewed(sources: Sources, entries: ActEntries, *, names: bool) -> Listing:
    assert entries.outcome is not None  # noqa: S101 - the caller has asked
    fields = entries.outcome.fields
    held = fields.get("held_for_review") is True
    references, scores = words_of(fields, "candidate_reference_ids"), words_of(fields, "candidate_scores")
    known = sources.names(references) if references else {}
    shown = names or not held
    items = tuple(
        Listed(
            rank=rank,
            probe_number=1,
            reference_id=reference,
            name=known.get(reference, GONE) if shown else NOT_NAMED,
            similarity=float(score),
            ratings=(),
            shown=None,
            released=not held,
        )
        for rank, (reference, score) in enumerate(zip(references, scores, strict=False), start=1)
    )
    count = fields.get("candidate_count")
    return Listing(items, count=count if isinstance(count, int) else len(items))


def _reviewed(account: ReviewAccount, entries: ActEntries, *, names: bool) -> Listing:
    released: set[str] = set()
    for entry in entries.review:
        if entry.kind == EntryKind.REVIEW_RELEASED:
            released |= set(words_of(entry.fields, "released_reference_ids"))
    items: list[Listed] = []
    fillers: list[Listed] = []
    for item in account.items:
        is_released = item.reference_id in released and item.agreed
        # A filler never concerned anybody: they stand without a name in every copy.
        named = is_released or (names and not item.is_filler)
        listed = Listed(
            rank=item.candidate_rank or 0,
            probe_number=item.probe_number,
            reference_id=item.reference_id,
            name=(item.subject or GONE) if named else NOT_NAMED,
            similarity=item.similarity,
            ratings=item.ratings,
            shown=item.shown,
            released=is_released,
        )
        (fillers if item.is_filler else items).append(listed)
    items.sort(key=lambda one: (one.probe_number, one.rank))
    return Listing(tuple(items), account=account, fillers=tuple(_by_reference(fillers)), count=len(items))


def _by_reference(items: Sequence[Listed]) -> list[Listed]:
    return sorted(items, key=lambda one: (one.probe_number, one.reference_id))
