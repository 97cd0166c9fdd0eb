"""Searches in a list, refused ones too, newest first, over the ledger's index: narrowed by outcome, case and day.

Rules kept here:

- The kind of outcome asked for decides which kind of entries is read: refusals from refusals, released leads from
  releases. Each of these lies in the index in the ledger's order, so a page costs the same in a ledger of any length.
- Where an entry's content has to be looked into, a page looks at so many entries and then says where it stopped; the
  next page goes on there. No page reads the whole ledger.
- A held search is held and no more until its review has ended: whether it found anybody is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.period import SEARCHES
from countenance.service.journal import entry_of
from countenance.service.journal_port import JournalEntry
from countenance.service.ledger_port import EntryRow, LedgerRows, StoredEntry
from countenance.service.review_port import CLOSED, UNDER_WAY
from countenance.service.review_port import RELEASED as REVIEW_RELEASED

#: Searches on a page.
PAGE = 50
#: Entries that a page reads at most, and acts that it looks up at most, before it says where it stopped.
MOST_READ, MOST_LOOKED_UP = 10_000, 150
#: Entries read at once: first as many as fill a page, then more.
_FIRST_CHUNK, _CHUNK = PAGE + 1, 500

REFUSED, WAITING, RELEASED, NOT_RELEASED = "refused", "waiting", "released", "not_released"
CANDIDATES, NOBODY, NO_RESULT = "candidates", "nobody", "no_result"
_REQUESTS = (EntryKind.ACT_INTENDED, EntryKind.ACT_DENIED)
_ENDINGS = (EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)
#: Kind of outcome → the entries it is read from; the empty word is all searches.
DRIVERS: Mapping[str, tuple[EntryKind, ...]] = {
    "": _REQUESTS,
    REFUSED: (EntryKind.ACT_DENIED,),
    WAITING: (EntryKind.REVIEW_OPENED,),
    RELEASED: (EntryKind.REVIEW_RELEASED,),
    NOT_RELEASED: (EntryKind.REVIEW_CLOSED,),
    CANDIDATES: (EntryKind.ACT_COMPLETED,),
    NOBODY: (EntryKind.ACT_COMPLETED,),
    NO_RESULT: _ENDINGS,
}
#: What an entry that speaks of a search holds somewhere in its line; others need no closer look.
_SEARCH_MARKS = tuple(f'"{word}"'.encode() for word in sorted(SEARCHES))
#: What an outcome's entry holds somewhere in its line if it is of a kind; nothing is known of other results.
_RESULT_MARKS: Mapping[str, bytes] = {CANDIDATES: b'"candidates"', NOBODY: b'"nobody"', NO_RESULT: b""}

#: Reviews → state and how each ended, of those that are there.
ReviewStates = Callable[[Sequence[str]], Mapping[str, tuple[str, str | None]]]
#: Acts and kinds → the entries of these kinds about these acts.
ActEntriesOf = Callable[[Sequence[str], Sequence[str]], Sequence[StoredEntry]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to.

    Attributes:
        outcome: A word of ``DRIVERS``.
        case_ids: Only searches under one of these cases; None: under any, or none.
        since: Only those recorded at or after this moment, or None.
        before: Only those recorded before it, or None.
        operator_id: Only searches somebody asked for, or None.
    """

    outcome: str = ""
    case_ids: frozenset[str] | None = None
    since: datetime | None = None
    before: datetime | None = None
    operator_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListedSearch:
    """A search in the list.

    Attributes:
        index: The entry it was read from, to go on from.
        request: Its intent, or its refusal.
        ending: Its outcome, or None.
        outcome: A word of ``DRIVERS``, or empty where nothing is recorded of how it ended.
        review_id: The review of its result, or None.
        review_result: How that ended, or None.
    """

    index: int
    request: JournalEntry
    ending: JournalEntry | None
    outcome: str
    review_id: str | None = None
    review_result: str | None = None

    @property
    def act_id(self) -> str:
        """Return the act."""
        return str(self.request.fields["act_id"])


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of the list.

    Attributes:
        searches: Newest first.
        more: Entry below which the next page goes on, or None at the end.
        stopped: Whether the page ends before it is full, because it had looked at as much as a page looks at.
    """

    searches: tuple[ListedSearch, ...]
    more: int | None
    stopped: bool = False


class SearchListing:
    """Searches, read from the ledger.

    Args:
        rows: The ledger's tables.
        acts: What they hold of several acts.
        states: What has become of reviews.
    """

    def __init__(self, rows: LedgerRows, acts: ActEntriesOf, states: ReviewStates) -> None:
        self._rows = rows
        self._acts = acts
        self._states = states

    def page(self, asked: Asked, *, after: int | None = None) -> SearchPage:
        """Return a page of searches.

        Args:
            asked: What the list is narrowed to.
            after: Only those read from entries below this one; None: from the newest.
        """
        found: list[ListedSearch] = []
        glanced: list[EntryRow] = []
        looked_up = 0
        for read, row in enumerate(self._candidates(asked, self._start(asked, after)), 1):
            if self._may_fit(row, asked) and self._fits_ending(row, asked.outcome):
                glanced.append(row)
            stops = read >= MOST_READ or looked_up + len(glanced) >= MOST_LOOKED_UP
            if not stops and len(found) + len(glanced) <= PAGE:
                continue
            looked_up += len(glanced)
            found += self._searches(glanced, asked)
            glanced = []
            if len(found) > PAGE:
                return SearchPage(tuple(found[:PAGE]), found[PAGE - 1].index)
            if stops:
                return SearchPage(tuple(found), row.entry_index, stopped=len(found) < PAGE)
        return SearchPage((*found, *self._searches(glanced, asked)), None)

    def _start(self, asked: Asked, after: int | None) -> int | None:
        if asked.before is None:
            return after
        bound = self._first_at(asked.before)
        return bound if after is None else min(bound, after)

    def _first_at(self, moment: datetime) -> int:
        """Return the first entry recorded at or after a moment; the ledger's order is that of time."""
        wanted, low, high = utc_text(moment), 0, self._rows.size()
        while low < high:
            middle = (low + high) // 2
            row = next(iter(self._rows.all_rows(middle, middle + 1)), None)
            if row is not None and EntryRow(*row).recorded_at < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def _candidates(self, asked: Asked, below: int | None) -> Iterator[EntryRow]:
        """Yield the entries that a list is read from, newest first, until they are too old."""
        oldest = None if asked.since is None else utc_text(asked.since)
        if asked.case_ids is None:
            streams = [self._stream(below, kind=kind.value) for kind in DRIVERS[asked.outcome]]
        else:
            # A case has few acts: its own entries are read, whatever the kind of outcome asked for.
            streams = [self._stream(below, case_id=case_id) for case_id in sorted(asked.case_ids)]
        for row in _merged(streams):
            if oldest is not None and row.recorded_at < oldest:
                return
            yield row

    def _stream(self, below: int | None, *, kind: str | None = None, case_id: str | None = None) -> Iterator[EntryRow]:
        chunk = _FIRST_CHUNK
        while True:
            page = self._rows.page(
                kinds=[] if kind is None else [kind],
                equal={} if case_id is None else {"case_id": case_id},
                since=None,
                before=None,
                limit=chunk,
                before_index=below,
                from_index=None,
            )
            yield from (EntryRow(*row) for row in page)
            if len(page) < chunk:
                return
            below, chunk = page[-1][0], _CHUNK

    def _may_fit(self, row: EntryRow, asked: Asked) -> bool:
        """Return whether an entry may be one of those wanted, from a glance at its line."""
        if row.kind not in _REQUESTS:
            return asked.case_ids is None
        if not any(mark in row.sealed_line for mark in _SEARCH_MARKS):
            return False
        return asked.operator_id is None or asked.operator_id.encode() in row.sealed_line

    def _searches(self, glanced: Sequence[EntryRow], asked: Asked) -> list[ListedSearch]:
        """Return the searches that entries speak of, as far as they are those wanted."""
        acts = [row.act_id for row in glanced if row.act_id is not None and row.kind != EntryKind.ACT_DENIED]
        own: dict[str, list[EntryRow]] = {}
        for stored in self._acts(acts, [kind.value for kind in (*_REQUESTS, *_ENDINGS)]) if acts else ():
            one = EntryRow(*stored)
            own.setdefault(str(one.act_id), []).append(one)
        read = []
        for row in glanced:
            entries = [row] if row.kind == EntryKind.ACT_DENIED else own.get(str(row.act_id), [])
            request = next((entry_of(one) for one in entries if one.kind in _REQUESTS), None)
            if request is not None and _is_wanted(request, asked):
                ending = next((entry_of(one) for one in entries if one.kind in _ENDINGS), None)
                read.append((row.entry_index, request, ending))
        states = self._states_of([ending for _, _, ending in read if ending is not None])
        told = [_told(index, request, ending, states) for index, request, ending in read]
        return [search for search in told if asked.outcome in ("", search.outcome)]

    def _states_of(self, endings: Sequence[JournalEntry]) -> Mapping[str, tuple[str, str | None]]:
        reviews = [review for entry in endings if isinstance(review := entry.fields.get("review_id"), str)]
        return self._states(reviews) if reviews else {}

    @staticmethod
    def _fits_ending(row: EntryRow, outcome: str) -> bool:
        """Return whether an outcome's entry may be of the kind asked for, from a glance at its line."""
        if row.kind != EntryKind.ACT_COMPLETED or outcome not in _RESULT_MARKS:
            return True
        if outcome == NO_RESULT:
            return not any(mark in row.sealed_line for mark in _RESULT_MARKS.values() if mark)
        return _RESULT_MARKS[outcome] in row.sealed_line


def _is_wanted(request: JournalEntry, asked: Asked) -> bool:
    """Return whether a request is for a search, and by whom it is asked for."""
    if request.fields.get("action") not in SEARCHES:
        return False
    return asked.operator_id is None or request.fields.get("operator_id") == asked.operator_id


def _told(
    index: int,
    request: JournalEntry,
    ending: JournalEntry | None,
    states: Mapping[str, tuple[str, str | None]],
) -> ListedSearch:
    """Return what came of a search."""
    if request.kind == EntryKind.ACT_DENIED:
        return ListedSearch(index, request, None, REFUSED)
    if ending is None:
        return ListedSearch(index, request, None, "")
    review_id = ending.fields.get("review_id")
    if isinstance(review_id, str):
        state, ended_as = states.get(review_id, (CLOSED, None))
        outcome = WAITING if state in UNDER_WAY else RELEASED if state == REVIEW_RELEASED else NOT_RELEASED
        return ListedSearch(index, request, ending, outcome, review_id, ended_as)
    result = ending.fields.get("result")
    if ending.fields.get("held_for_review") is True:
        return ListedSearch(index, request, ending, NOT_RELEASED)
    known = result if ending.kind == EntryKind.ACT_COMPLETED and result in (CANDIDATES, NOBODY) else NO_RESULT
    return ListedSearch(index, request, ending, str(known))


def _merged(streams: Sequence[Iterator[EntryRow]]) -> Iterator[EntryRow]:
    """Yield the entries of several streams, each newest first, newest first."""
    heads = [(stream, row) for stream in streams if (row := next(stream, None)) is not None]
    while heads:
        place = max(range(len(heads)), key=lambda number: heads[number][1].entry_index)
        stream, row = heads[place]
        yield row
        following = next(stream, None)
        if following is None:
            heads.pop(place)
        else:
            heads[place] = (stream, following)
