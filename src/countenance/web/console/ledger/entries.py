"""The list of entries, and one entry with its place in the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.errors import EntryNotFound
from countenance.ledger.kinds import EntryKind
from countenance.service.account_port import SignedIn
from countenance.service.accountability_reports.wording import in_words
from countenance.service.case_ports import StoredCase
from countenance.service.entry_places import Place, place_of
from countenance.service.journal_port import JournalEntry
from countenance.web.console.ledger.fields import FieldShown, groups
from countenance.web.console.ledger.filters import OPTIONS, Narrowed, narrowed
from countenance.web.console.ledger.parts import LedgerParts
from countenance.web.console.ledger.sentences import Teller
from countenance.web.console.ledger.sight import Sight, is_reviewing, sight_of
from countenance.web.console.shell import Shell

#: Entries on a page.
PAGE = 50
_ENTRY_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in a list."""

    entry: JournalEntry
    says: str
    kind: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list.

    Attributes:
        told: Entries, newest first.
        more: Number below which the next page begins, or None.
        size: Entries in the ledger.
        no_case: Whether a case was asked for that there is not.
    """

    told: Sequence[Told]
    more: int | None
    size: int
    no_case: bool


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One entry as its page shows it."""

    entry: JournalEntry
    says: str
    kind: str
    groups: list[tuple[str, list[FieldShown]]]
    reviewing: bool
    place: Place | None
    newer: str | None
    older: str | None


def entry_pages(shell: Shell, parts: LedgerParts) -> APIRouter:
    """Return the pages that show entries."""
    router = shell.router()

    @router.get("/ledger")
    async def ledger(request: Request) -> Response:
        """Show entries, newest first."""
        person = await shell.who(request)
        asked = narrowed(request.query_params)
        sight = sight_of(person, await shell.desk(lambda: parts.operator_id(person.name)))
        listing = await shell.desk(lambda: listed(parts, sight, asked))
        return shell.page(
            request, "ledger/list.html.j2", title="Ledger", listing=listing, asked=asked, options=OPTIONS, sight=sight,
            next=None if listing.more is None else asked.query(listing.more),
            first=asked.query() if asked.after is not None else "",
        )  # fmt: skip

    @router.get("/ledger/{entry_id}")
    async def entry(request: Request, entry_id: str) -> Response:
        """Show one entry with all its fields."""
        person = await shell.who(request)
        sight, shown = await _shown(shell, parts, person, entry_id)
        return shell.page(request, "ledger/entry.html.j2", title=f"Entry {shown.entry.index}", shown=shown, sight=sight)

    @router.get("/ledger/{entry_id}/proof.json")
    async def proof(request: Request, entry_id: str) -> Response:
        """Return an entry's place in the tree as a file."""
        person = await shell.who(request)
        _, shown = await _shown(shell, parts, person, entry_id)
        if shown.place is None:
            raise HTTPException(404)
        return attachment(shown.place.document().encode(), f"entry-{shown.entry.index}-proof.json", "application/json")

    @router.post("/ledger/{entry_id}/prove")
    async def prove(request: Request, entry_id: str) -> Response:
        """Sign a checkpoint that reaches an entry, so that its place can be shown."""
        await shell.who(request)
        await shell.form(request)
        found = await shell.desk(lambda: _find(parts, entry_id))
        await shell.desk(parts.custody.checkpoint)
        return shell.redirect(f"/ledger/{found.entry_id}#place")

    return router


def listed(parts: LedgerParts, sight: Sight, asked: Narrowed) -> Listing:
    """Return a page of the list as somebody sees it."""

    def case(named: str) -> StoredCase | None:
        # Numbers are kept from most: nobody else learns by asking which case has one, or that one has.
        found = parts.case(named)
        return found if found is not None and (sight.whole or found.operator_id == sight.own_id) else None

    wanted, size = asked.wanted(case), parts.journal.size()
    if wanted is None:
        return Listing((), None, size, no_case=True)
    found = parts.journal.entries(wanted, limit=PAGE + 1, before_index=asked.after)
    page = found[:PAGE]
    return Listing(
        told(parts, sight, page), page[-1].index if len(found) > PAGE else None, size, no_case=False
    )  # fmt: skip


def told(parts: LedgerParts, sight: Sight, entries: Sequence[JournalEntry]) -> list[Told]:
    """Return entries with their sentences."""
    teller = Teller(sight, parts.people(), parts.galleries(), _intents(parts, entries))
    return [Told(entry, teller.tell(entry), in_words(entry.kind)) for entry in entries]


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """Return a file to be kept."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _intents(parts: LedgerParts, entries: Sequence[JournalEntry]) -> Mapping[str, JournalEntry]:
    """Return the intents of the acts whose end is among the entries: mostly among them too, else looked up."""
    known = {str(entry.fields["act_id"]): entry for entry in entries if entry.kind == EntryKind.ACT_INTENDED}
    for entry in entries:
        intent, act = entry.fields.get("intent_entry_id"), str(entry.fields.get("act_id"))
        if isinstance(intent, str) and act not in known:
            try:
                known[act] = parts.journal.entry(intent)
            except EntryNotFound:
                continue
    return known


async def _shown(shell: Shell, parts: LedgerParts, person: SignedIn, entry_id: str) -> tuple[Sight, EntryShown]:
    def look() -> tuple[Sight, EntryShown]:
        sight = sight_of(person, parts.operator_id(person.name))
        return sight, _look(parts, sight, _find(parts, entry_id))

    return await shell.desk(look)


def _look(parts: LedgerParts, sight: Sight, entry: JournalEntry) -> EntryShown:
    reviewing = is_reviewing(parts.journal, entry)
    people = parts.people().names
    newer = parts.journal.entries(from_index=entry.index + 1, limit=1)
    older = parts.journal.entries(before_index=entry.index, limit=1) if entry.index else []
    one = told(parts, sight, [entry])[0]
    seen = people if sight.names else {name: called for name, called in people.items() if name == sight.own_id}
    return EntryShown(
        entry=entry,
        says=one.says,
        kind=one.kind,
        groups=groups(entry, sight, reviewing=reviewing, people=seen, galleries=parts.galleries()),
        reviewing=reviewing,
        place=place_of(parts.rows, entry, lambda name: sight.hidden(entry, name, reviewing=reviewing)),
        newer=newer[0].entry_id if newer else None,
        older=older[0].entry_id if older else None,
    )


def _find(parts: LedgerParts, entry_id: str) -> JournalEntry:
    if not _ENTRY_ID.fullmatch(entry_id):
        raise HTTPException(404)
    try:
        return parts.journal.entry(entry_id)
    except EntryNotFound:
        raise HTTPException(404) from None
