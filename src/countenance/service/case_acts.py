"""What was searched under a case, from the ledger, newest first, page by page; refused searches too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from countenance.ledger.kinds import EntryKind
from countenance.service.acts import SEARCH, SEARCH_EVERY_FACE
from countenance.service.journal_port import EntryFilter, Journal, JournalEntry

#: Searches on a page.
PAGE = 50
#: Most pages of the ledger read for one page of searches. Between two searches lie few other acts of a case.
_MOST_READS = 6
_ASKED = (EntryKind.ACT_INTENDED, EntryKind.ACT_DENIED)
_ENDS = (EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)
_SEARCHES = frozenset({SEARCH, SEARCH_EVERY_FACE})


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """One search.

    Attributes:
        act_id: The act; its dossier has everything.
        at: When it was asked for.
        gallery_ids: Galleries searched, as the ledger names them.
        result: ``candidates``, ``nobody``, ``refused``, ``failed`` …; ``under_way`` without an outcome.
        candidates: How many were found; None where that is not told.
        held: Whether the result was held for review.
        review_id: That review, or None.
        rules: Rules that decided.
    """

    act_id: str
    at: datetime
    gallery_ids: tuple[str, ...]
    result: str
    candidates: int | None
    held: bool
    review_id: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseSearches:
    """One page of searches.

    Attributes:
        items: Newest first.
        next: Index of the ledger below which the next page begins, or None.
    """

    items: tuple[CaseSearch, ...]
    next: int | None


def searches_of(journal: Journal, case_id: str, before_index: int | None = None, limit: int = PAGE) -> CaseSearches:
    """Return a page of the searches under a case.

    Args:
        journal: The ledger.
        case_id: The case's identifier.
        before_index: Below this index; None: from the newest.
        limit: Most searches.
    """
    found: list[JournalEntry] = []
    for _ in range(_MOST_READS):
        page = journal.entries(EntryFilter(kinds=_ASKED, case_id=case_id), limit=limit, before_index=before_index)
        found.extend(entry for entry in page if entry.fields.get("action") in _SEARCHES)
        if page:
            before_index = page[-1].index
        if len(page) < limit:
            before_index = None
            break
        if len(found) >= limit:
            break
    if len(found) > limit:
        before_index = found[limit - 1].index
    return CaseSearches(tuple(_search(journal, entry) for entry in found[:limit]), before_index)


def _search(journal: Journal, asked: JournalEntry) -> CaseSearch:
    act_id = str(asked.fields["act_id"])
    ends: list[JournalEntry] = []
    if asked.kind == EntryKind.ACT_INTENDED:
        ends = journal.entries(EntryFilter(kinds=_ENDS, act_id=act_id), limit=1)
    end = ends[0].fields if ends else {}
    held = end.get("held_for_review") is True
    count, review = end.get("candidate_count"), end.get("review_id")
    return CaseSearch(
        act_id=act_id,
        at=asked.recorded_at,
        gallery_ids=_words(asked, "gallery_ids"),
        result=_result(asked, ends, held=held),
        candidates=count if isinstance(count, int) and not held else None,
        held=held,
        review_id=review if isinstance(review, str) else None,
        rules=_words(asked, "deciding_rules"),
    )


def _result(asked: JournalEntry, ends: list[JournalEntry], *, held: bool) -> str:
    if asked.kind == EntryKind.ACT_DENIED:
        return "refused"
    if not ends:
        return "under_way"
    if ends[0].kind == EntryKind.ACT_INTERRUPTED:
        return "interrupted"
    # Whether anybody was found is nobody's to know while people look.
    return "held" if held else str(ends[0].fields.get("result", ""))


def _words(entry: JournalEntry, name: str) -> tuple[str, ...]:
    value = entry.fields.get(name)
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
