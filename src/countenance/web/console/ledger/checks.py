"""The button that checks the whole ledger, against a checkpoint that somebody outside has kept."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from countenance.core.errors import InputError
from countenance.ledger.findings import Verification
from countenance.service.account_port import SignedIn
from countenance.service.ledger_checks import HeldCheckpoint
from countenance.web.console.forms import files_of, text_of
from countenance.web.console.ledger.parts import LedgerParts
from countenance.web.console.ledger.runs import Progress, Run
from countenance.web.console.shell import Shell

#: A checkpoint is a few hundred bytes; a file may hold those of years.
CHECKPOINT_BYTES = 1_000_000
#: Most checkpoints held against the ledger at once.
MOST_CHECKPOINTS = 500
CHECK = "check"


def check_pages(shell: Shell, parts: LedgerParts) -> APIRouter:
    """Return the pages that check the ledger."""
    router = shell.router()

    @router.post("/ledger/verify")
    async def verify(request: Request) -> Response:
        """Begin a check."""
        person = await shell.who(request)
        form = await shell.form(request, limit=CHECKPOINT_BYTES)
        held: list[HeldCheckpoint] = []
        for file in files_of(form, "checkpoint"):
            held += _held(parts, await file.read(), f"the file {file.filename or 'without a name'}"[:200])
        pasted = text_of(form, "pasted", most=100_000)
        if pasted:
            held += _held(parts, pasted.encode() + b"\n", "what was pasted")
        keys = text_of(form, "key", most=2_000).split("\n")
        given = [key.strip() for key in keys if key.strip()]

        def job(progress: Progress) -> Verification:
            progress.total = parts.journal.size()

            def count(entries: int) -> None:
                progress.done = entries

            return parts.check(held, given, count)

        key = f"{CHECK}:{hash((tuple(one.signed for one in held), tuple(given)))}"
        run = parts.runs.start(key, job, account_id=person.account_id)
        return shell.redirect(f"/ledger/verify/{run.run_id}")

    # Before the page: its address would take the whole name for an identifier.
    @router.get("/ledger/verify/{run_id}.json")
    async def progress(request: Request, run_id: str) -> Response:
        """Say how far a check is."""
        person = await shell.who(request)
        return JSONResponse(told(_run(parts, run_id, person)))

    @router.get("/ledger/verify/{run_id}")
    async def result(request: Request, run_id: str) -> Response:
        """Show how far a check is, or what it found."""
        person = await shell.who(request)
        run = _run(parts, run_id, person)
        if run.error is not None:
            raise run.error
        return shell.page(request, "ledger/check.html.j2", title="Check of the ledger", run=run, found=run.result)

    return router


def told(run: Run) -> dict[str, object]:
    """Return how far a run is, as the console's script reads it."""
    done, total = run.progress.done, run.progress.total
    fields = {"done": f"{done:,}", "total": f"{total:,}" if total else "…"}
    return {"fields": fields, "progress": run.progress.share, "over": run.over}


def _run(parts: LedgerParts, run_id: str, person: SignedIn) -> Run:
    run = parts.runs.find(run_id, person.account_id)
    if run is None or not run.key.startswith(CHECK):
        raise HTTPException(404)
    return run


def _held(parts: LedgerParts, content: bytes, what: str) -> list[HeldCheckpoint]:
    notes = parts.split(content)
    if not notes:
        raise InputError(
            f"There is no checkpoint in {what}.",
            remedy="A checkpoint is a text of three lines, an empty line, and lines that begin with a dash.",
        )
    if len(notes) > MOST_CHECKPOINTS:
        raise InputError(f"There are {len(notes):,} checkpoints in {what}.", remedy=f"Give {MOST_CHECKPOINTS} at most.")
    return [
        HeldCheckpoint(f"The checkpoint in {what}" + (f", number {number}" if len(notes) > 1 else ""), note, True)
        for number, note in enumerate(notes, 1)
    ]
