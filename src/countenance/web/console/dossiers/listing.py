"""``/searches``: every search, refused ones too, newest first; narrowed by what came of it, case and day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from countenance.core.errors import InputError
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.act_entries import words_of
from countenance.service.accountability_reports.people import People
from countenance.service.accountability_reports.wording import in_words, several
from countenance.service.search_listing import (
    CANDIDATES,
    DRIVERS,
    NO_RESULT,
    NOBODY,
    NOT_RELEASED,
    REFUSED,
    RELEASED,
    WAITING,
    Asked,
    ListedSearch,
    SearchPage,
)
from countenance.web.console.dossiers.parts import DossierParts
from countenance.web.console.dossiers.sight import sees_all
from countenance.web.console.ledger.filters import day_of, start_of
from countenance.web.console.reviewing.words import RESULTS
from countenance.web.console.shell import Shell

_CASE_ID = re.compile(r"[0-9a-f]{32}")
#: Kinds of outcomes as a list offers them.
OUTCOMES: tuple[tuple[str, str], ...] = (
    ("", "Everything"),
    (REFUSED, "Refused by a rule"),
    (WAITING, "Held, people are looking"),
    (RELEASED, "Released as a lead after review"),
    (NOT_RELEASED, "Held and not released"),
    (CANDIDATES, "Candidates told at once"),
    (NOBODY, "Nobody found"),
    (NO_RESULT, "No result"),
)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the list is narrowed to, as its form has it.

    Attributes:
        outcome: A word of ``OUTCOMES``.
        case: A case's number or identifier, or empty.
        first, last: Days, or None.
        after: Entry to go on below, or None.
    """

    outcome: str = ""
    case: str = ""
    first: date | None = None
    last: date | None = None
    after: int | None = None

    @property
    def anything(self) -> bool:
        """Return whether it narrows at all."""
        return bool(self.outcome or self.case or self.first or self.last)

    def address(self, after: int | None = None) -> str:
        """Return the address of the same list, going on below an entry."""
        given = {"outcome": self.outcome, "case": self.case, "from": self.first, "to": self.last, "after": after}
        query = urlencode({name: str(value) for name, value in given.items() if value not in ("", None)})
        return f"/searches?{query}" if query else "/searches"


def narrowed(query: Mapping[str, str]) -> Narrowed:
    """Return what a query narrows to.

    Raises:
        InputError: A word, day or number in it cannot be read.
    """
    outcome, after = query.get("outcome", ""), query.get("after", "")
    if outcome not in DRIVERS:
        raise InputError("There is no such kind of outcome.", remedy="Choose one of the list.")
    if after and not (after.isdecimal() and len(after) < 16):
        raise InputError("An entry's place is a whole number.", remedy="Begin at the newest searches.")
    first, last = day_of(query, "from"), day_of(query, "to")
    if first and last and first > last:
        raise InputError(f"The days begin on {first}, after their end on {last}.", remedy="Swap them.")
    return Narrowed(outcome, query.get("case", "").strip()[:200], first, last, int(after) if after else None)


@dataclass(frozen=True, slots=True)
class SearchLine:
    """A search as the list shows it.

    Attributes:
        search: The search.
        at: When it was asked for.
        says: Who asked for what, in a sentence.
        purpose: What for, in words.
        case: Number of the case, or why there is none.
        outcome: What came of it, in words.
        why: The first rule's reason of a refusal, or empty.
    """

    search: ListedSearch
    at: datetime
    says: str
    purpose: str
    case: str
    outcome: str
    why: str = field(default="")


def search_line(search: ListedSearch, people: People, galleries: Mapping[str, str]) -> SearchLine:
    """Return a search as the list shows it."""
    fields = search.request.fields
    names = [galleries.get(one, f"gallery {one[:8]} (gone)") for one in words_of(fields, "gallery_ids")]
    who = people.called(fields.get("operator_id"))
    verb = "asked to search" if search.outcome == REFUSED else "searched"
    reasons = words_of(fields, "reasons")
    return SearchLine(
        search=search,
        at=search.request.recorded_at,
        says=f"{who} {verb} {', '.join(names) or 'a gallery'}",
        purpose=in_words(str(fields.get("purpose", ""))),
        case=str(fields.get("case_number") or ("without a number" if fields.get("case_id") else "no case")),
        outcome=outcome_said(search),
        why=reasons[0] if search.outcome == REFUSED and reasons else "",
    )


def outcome_said(search: ListedSearch) -> str:
    """Return what came of a search, in words."""
    ending = {} if search.ending is None else search.ending.fields
    match search.outcome:
        case "refused":
            return "refused"
        case "waiting":
            return "held, people are looking"
        case "released":
            return RESULTS["released"]
        case "not_released":
            return RESULTS.get(search.review_result or "", "held, not released")
        case "candidates":
            count = ending.get("candidate_count")
            return several(count, "candidate") + " told" if isinstance(count, int) else "candidates told"
        case "nobody":
            return "nobody found"
        case "no_result":
            return in_words(str(ending.get("result", "interrupted")))
        case _:
            return "no outcome recorded"


def listing_pages(shell: Shell, parts: DossierParts) -> APIRouter:
    """Return the list of searches."""
    router = shell.router()

    @router.get("/searches")
    async def searches(request: Request) -> Response:
        """List searches; to a searcher their own, to a reviewer those they voted on."""
        person = await shell.who(request, Role.SEARCHER, Role.RECORDS, Role.AUDITOR, Role.REVIEWER)
        if not person.roles & {Role.SEARCHER, Role.RECORDS, Role.AUDITOR}:
            return shell.redirect("/reviews/done")
        asked = narrowed(request.query_params)
        page, lines = await shell.desk(lambda: _found(parts, person, asked))
        return shell.page(
            request, "dossiers/list.html.j2", title="Searches", lines=lines, asked=asked, options=OUTCOMES,
            whole=sees_all(person), no_case=page is None, stopped=page is not None and page.stopped,
            next=asked.address(page.more) if page is not None and page.more is not None else "",
            first=asked.address() if asked.after is not None else "",
        )  # fmt: skip

    return router


def _found(parts: DossierParts, person: SignedIn, asked: Narrowed) -> tuple[SearchPage | None, list[SearchLine]]:
    """Return a page of searches, and none where there is no case of that name."""
    case_ids: frozenset[str] | None = None
    own_id = None if sees_all(person) else parts.operator_id(person.name)
    if asked.case:
        # To a searcher, another's case is none: its number is nothing to find out by asking.
        case_ids = frozenset(
            case.case_id for case in parts.cases(asked.case) if own_id is None or case.operator_id == own_id
        )
        if not case_ids and _CASE_ID.fullmatch(asked.case):
            # What the ledger holds of a case stays when the case itself is kept no more.
            case_ids = frozenset({asked.case})
        if not case_ids:
            return None, []
    wanted = Asked(
        asked.outcome,
        case_ids,
        None if asked.first is None else start_of(asked.first),
        None if asked.last is None else start_of(asked.last) + timedelta(days=1),
        own_id,
    )
    page = parts.listing.page(wanted, after=asked.after)
    people, galleries = parts.people(), parts.galleries()
    return page, [search_line(one, people, galleries) for one in page.searches]
