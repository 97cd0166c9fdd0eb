"""Operations on the record: what was done under the token's case, and proof that it stands in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from countenance.core.errors import EntryNotFound
from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import EntryFilter, JournalEntry
from countenance.web.rest.answers import Answer
from countenance.web.rest.calling import Caller, Calling, Rest
from countenance.web.rest.cursors import cursor_of, place_of
from countenance.web.rest.lists import Cursor, Limit, Page, first_of, listed, streamed
from countenance.web.rest.parts import RestParts
from countenance.web.rest.problems import answers

EntryId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits.")]


class EntryAnswer(Answer):
    """An entry of the ledger."""

    index: int = Field(description="Position in the ledger, from 0.")
    entry_id: str
    kind: str
    recorded_at: datetime
    fields: dict[str, Any]
    withheld: dict[str, str] = Field(description="Fields whose value was taken out, each with why.")


class ProofAnswer(Answer):
    """An entry fit for outsiders, with the hashes that lead from it to a signed checkpoint."""

    index: int
    sealed_line: str = Field(description="What is hashed; personal and typed fields are withheld.")
    hashes: list[str] = Field(description="From the neighbour to the root's children, hex (RFC 6962).")
    checkpoint: str = Field(description="Signed note in the C2SP tlog-checkpoint format.")
    verifier_key: str


class CheckpointAnswer(Answer):
    """A signed checkpoint of the ledger's present end; worth something once it is kept elsewhere."""

    checkpoint: str
    verifier_key: str


def ledger_operations(rest: Rest, parts: RestParts) -> APIRouter:
    """Return the operations on the record."""
    router = rest.router("ledger")

    @router.get("/ledger/entries", operation_id="list_entries", responses=answers() | {200: streamed(EntryAnswer)})
    async def list_entries(
        caller: Calling,
        request: Request,
        response: Response,
        kind: Annotated[list[EntryKind] | None, Query(description="Only these kinds; may be repeated.")] = None,
        act_id: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="Only of this act.")] = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> Page[EntryAnswer]:
        """Return the entries about the token's case, newest first."""
        wanted = EntryFilter(kinds=tuple(kind or ()), act_id=act_id, case_id=caller.case_id)
        await rest.desk(lambda: parts.access("list_entries", caller.standing, None))

        async def fetch(after: str | None, most: int) -> tuple[list[EntryAnswer], str | None]:
            return await rest.desk(lambda: _page(parts, wanted, after, most))

        return await listed(request, response, fetch, cursor, limit)  # type: ignore[return-value]

    @router.get("/ledger/entries/{entry_id}", operation_id="get_entry", responses=answers(404))
    async def get_entry(caller: Calling, entry_id: EntryId) -> EntryAnswer:
        """Return one entry about the token's case."""
        return _entry(await rest.desk(lambda: _own(parts, caller, entry_id)))

    @router.get("/ledger/entries/{entry_id}/proof", operation_id="prove_entry", responses=answers(404))
    async def prove_entry(caller: Calling, entry_id: EntryId) -> ProofAnswer:
        """Prove that an entry stands in the ledger, against a checkpoint signed now."""

        def prove() -> ProofAnswer:
            _own(parts, caller, entry_id)
            proofs = parts.proofs()
            proved = proofs.prove([entry_id])
            (entry,) = proved.entries
            return ProofAnswer(
                index=entry.index,
                sealed_line=entry.line,
                hashes=list(entry.hashes),
                checkpoint=proved.checkpoint,
                verifier_key=proofs.verifier_key,
            )

        return await rest.desk(prove)

    @router.get("/ledger/checkpoint", operation_id="checkpoint", responses=answers())
    async def checkpoint(caller: Calling) -> CheckpointAnswer:
        """Sign and return a checkpoint of the whole ledger. Keep it somewhere else."""

        def sign() -> CheckpointAnswer:
            parts.access("checkpoint", caller.standing, None)
            return CheckpointAnswer(checkpoint=parts.checkpoint(), verifier_key=parts.proofs().verifier_key)

        return await rest.desk(sign)

    return router


def _own(parts: RestParts, caller: Caller, entry_id: str) -> JournalEntry:
    """Return an entry of the caller's case; another's looks like none."""
    parts.access("describe_entry", caller.standing, None)
    entry = parts.journal.entry(entry_id)
    if entry.fields.get("case_id") != caller.case_id:
        raise EntryNotFound("There is no such entry about this case.")
    return entry


def _page(parts: RestParts, wanted: EntryFilter, after: str | None, most: int) -> tuple[list[EntryAnswer], str | None]:
    before = None if after is None else int(place_of("entries", after, int)[0])
    found = parts.journal.entries(wanted, limit=most + 1, before_index=before)
    shown, following = first_of(found, most, lambda last: cursor_of("entries", last.index))
    return [_entry(item) for item in shown], following


def _entry(entry: JournalEntry) -> EntryAnswer:
    return EntryAnswer(
        index=entry.index,
        entry_id=entry.entry_id,
        kind=entry.kind,
        recorded_at=entry.recorded_at,
        fields={name: list(value) if isinstance(value, tuple) else value for name, value in entry.fields.items()},
        withheld=dict(entry.withheld),
    )
