"""What of the ledger leaves the house: exports with the stand-alone verifier, checkpoints, the public key."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException

from countenance.core.errors import InputError
from countenance.service.account_port import Role, SignedIn
from countenance.service.journal_port import EntryFilter
from countenance.service.ledger_exports import ExportMade, Redaction
from countenance.web.console.forms import text_of
from countenance.web.console.ledger.checks import told
from countenance.web.console.ledger.entries import attachment
from countenance.web.console.ledger.filters import Narrowed, day_of
from countenance.web.console.ledger.parts import LedgerParts
from countenance.web.console.ledger.runs import Progress, Run
from countenance.web.console.ledger.sight import sight_of
from countenance.web.console.shell import Shell

EXPORT = "export"
#: Roles that hand the ledger out.
HAND_OUT = (Role.RECORDS, Role.AUDITOR)
_FORM_BYTES = 100_000
#: Entries read at once while those of a period are gathered.
_PAGE = 5_000
#: Most entries of an export of a period, each with a proof of its own; above, the whole ledger is smaller.
MOST_SELECTED = 20_000
#: Exports that wait to be fetched: one of a hundred thousand entries takes some hundred megabytes.
_KEPT = 4
_READ_ME = """This is an export of a Countenance ledger.

ledger.jsonl          the entries, each with what proves its place
countenance_verify.py the program that checks them; it needs Python and nothing else
checkpoint.txt        the signed checkpoint that the export is held against
keys.txt              the public keys of the ledger

Check it on a machine of your own:

    python countenance_verify.py ledger.jsonl checkpoint.txt --key "$(tail -n 1 keys.txt)"

Better: hold it against a checkpoint that reached you earlier, or that somebody else keeps. A checkpoint that comes with
the export shows only that the file is whole. Values that are withheld keep their commitments, so that nothing can be
changed behind them; each says why it is withheld.
"""


def handing_out_pages(shell: Shell, parts: LedgerParts) -> APIRouter:
    """Return the pages by which the ledger leaves the house."""
    router = shell.router()

    @router.get("/ledger/key")
    async def key(request: Request) -> Response:
        """Return the public keys of the ledger, the one in use last."""
        await shell.who(request)
        keys = await shell.desk(parts.custody.verifier_keys)
        return attachment("".join(f"{one}\n" for one in keys).encode(), "ledger-keys.txt", "text/plain; charset=utf-8")

    @router.get("/ledger/verifier")
    async def verifier(request: Request) -> Response:
        """Return the stand-alone verifier."""
        await shell.who(request)
        return attachment(parts.verifier, "countenance_verify.py", "text/x-python; charset=utf-8")

    @router.post("/ledger/checkpoint")
    async def checkpoint(request: Request) -> Response:
        """Sign a checkpoint and hand it out; to whom it goes is recorded, if that is said."""
        await shell.who(request, *HAND_OUT)
        form = await shell.form(request, limit=_FORM_BYTES)
        recipient = text_of(form, "recipient", most=200)

        def sign() -> tuple[bytes, int]:
            kept = parts.custody.checkpoint()
            if recipient:
                parts.custody.published(kept.signed, destination=recipient, destination_kind="download")
            return kept.signed, kept.entries

        signed, entries = await shell.desk(sign)
        return attachment(signed, f"checkpoint-{entries}.txt", "text/plain; charset=utf-8")

    @router.post("/ledger/export")
    async def export(request: Request) -> Response:
        """Begin an export: of everything, of one entry, or of some days."""
        person = await shell.who(request, *HAND_OUT)
        form = await shell.form(request, limit=_FORM_BYTES)
        redaction = _redaction(text_of(form, "redaction"), person)
        recipient, entry_id = text_of(form, "recipient", most=500), text_of(form, "entry")
        query = {name: text_of(form, name) for name in ("from", "to")}
        asked = Narrowed(first=day_of(query, "from"), last=day_of(query, "to"))

        def job(progress: Progress) -> tuple[Path, ExportMade]:
            chosen = [entry_id] if entry_id else _chosen(parts, asked)
            return _write(parts, person, redaction, recipient, chosen, progress)

        key = f"{EXPORT}:{redaction}:{entry_id}:{asked.query()}:{recipient}"
        run = parts.runs.start(key, job, account_id=person.account_id)
        return shell.redirect(f"/ledger/exports/{run.run_id}")

    # Before the page: its address would take the whole name for an identifier.
    @router.get("/ledger/exports/{run_id}.json")
    async def progress(request: Request, run_id: str) -> Response:
        """Say how far an export is."""
        return JSONResponse(told(_run(parts, run_id, await shell.who(request, *HAND_OUT))))

    @router.get("/ledger/exports/{run_id}")
    async def exported(request: Request, run_id: str) -> Response:
        """Show how far an export is, or where to fetch it."""
        run = _run(parts, run_id, await shell.who(request, *HAND_OUT))
        if run.error is not None:
            raise run.error
        return shell.page(
            request, "ledger/export.html.j2", title="Export of the ledger", run=run, made=run.result and run.result[1]
        )

    @router.get("/ledger/exports/{run_id}/ledger.zip")
    async def fetch(request: Request, run_id: str) -> Response:
        """Return an export that was made."""
        run = _run(parts, run_id, await shell.who(request, *HAND_OUT))
        if run.result is None or not run.result[0].is_file():
            raise InputError("The export is no longer kept; newer ones took its place.", remedy="Make it again.")
        return FileResponse(run.result[0], media_type="application/zip", filename="ledger.zip")

    return router


def _redaction(word: str, person: SignedIn) -> Redaction:
    allowed = sight_of(person, "").redactions
    if word not in allowed:
        raise InputError(
            "With your roles such an export is not made.",
            remedy="Whoever searches or reviews exports nothing that a review keeps from them.",
        )
    return Redaction(word)


def _chosen(parts: LedgerParts, asked: Narrowed) -> list[str] | None:
    """Return the entries of some days, or None for all there are."""
    if not asked.anything:
        return None
    wanted = asked.wanted(parts.case) or EntryFilter()
    found: list[str] = []
    at = 0
    while page := parts.journal.entries(wanted, from_index=at, limit=_PAGE):
        found += [entry.entry_id for entry in page]
        at = page[-1].index + 1
        if len(found) > MOST_SELECTED:
            raise InputError(
                f"There are more than {MOST_SELECTED:,} entries of these days.",
                remedy="Choose fewer days, or export the whole ledger, which is smaller than that many proofs.",
            )
    if not found:
        raise InputError("There is no entry of these days.", remedy="Choose other days.")
    return found


def _write(
    parts: LedgerParts,
    person: SignedIn,
    redaction: Redaction,
    recipient: str,
    chosen: Sequence[str] | None,
    progress: Progress,
) -> tuple[Path, ExportMade]:
    progress.total = parts.journal.size() if chosen is None else len(chosen)
    name = hashlib.sha256(f"{person.account_id}{parts.journal.size()}{redaction}{recipient}{chosen}".encode())
    path = parts.folder() / f"{name.hexdigest()[:32]}.zip"
    by = parts.operator_id(person.name)
    _make_room(path.parent)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        with packed.open("ledger.jsonl", "w", force_zip64=True) as target:

            def write(line: bytes) -> None:
                target.write(line)
                progress.done = min(progress.done + 1, progress.total)

            if chosen is None:
                made = parts.exports.whole(write, redaction=redaction, operator_id=by, recipient=recipient)
            else:
                made = parts.exports.selection(
                    list(chosen), write, redaction=redaction, operator_id=by, recipient=recipient
                )  # fmt: skip
        packed.writestr("countenance_verify.py", parts.verifier)
        packed.writestr("checkpoint.txt", made.checkpoint.signed)
        packed.writestr("keys.txt", "".join(f"{one}\n" for one in parts.custody.verifier_keys()))
        packed.writestr("README.txt", _READ_ME)
    return path, made


def _make_room(folder: Path) -> None:
    """Delete the oldest exports but for those that may still be fetched."""
    oldest = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime)
    for path in oldest[: max(0, len(oldest) - _KEPT + 1)]:
        path.unlink(missing_ok=True)


def _run(parts: LedgerParts, run_id: str, person: SignedIn) -> Run:
    run = parts.runs.find(run_id, person.account_id)
    if run is None or not run.key.startswith(EXPORT):
        raise HTTPException(404)
    return run
