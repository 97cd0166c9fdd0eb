"""``subject``: list and show people, erase them with a receipt, hand out what is held about them."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import AccountableParts, accountable, now
from countenance.bootstrap.subjects import subject_erasure
from countenance.cli import exit_codes
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import err, out, plain, print_json, table
from countenance.cli.subject_words import print_erasure, print_held, print_verification
from countenance.core.errors import FileUnreadable, ProofInvalid
from countenance.service.erasure import ErasureRequest
from countenance.service.erasure_receipt import verify_receipt
from countenance.service.standing import Standing, operator_id
from countenance.service.subject_export import collect, held_in_words, record_export
from countenance.service.subject_pages import export_page, receipt_page

subject_app = typer.Typer(help="List, show and erase people; hand out what is held about one.", no_args_is_help=True)
receipt_app = typer.Typer(help="Check the receipt of an erasure.", no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(help="The person's name in the gallery; in a collection also a face, user or picture id."),
]
Gallery = Annotated[str | None, typer.Option("--gallery", help="Only this gallery.", show_default="all galleries")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who handles the request.", show_default="you")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    subject_app.add_typer(receipt_app, name="receipt")
    app.add_typer(subject_app, name="subject")


@subject_app.command("list")
def list_(
    gallery: Gallery = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most people.")] = 100,
    after: Annotated[str, typer.Option("--after", help="Go on after this name; with --gallery.")] = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List people with their references, by gallery and name."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        if gallery is not None:
            parts.store.gallery(gallery)
        found = parts.subjects.listed(gallery, after=(gallery or "", after), limit=limit)
    if as_json:
        print_json("subject list", {"subjects": list(found)})
    elif not found:
        out.print("Nobody.")
    else:
        rows = [
            (one.gallery, one.subject, str(one.references), one.enrolled_at, one.expires_at or "until erased")
            for one in found
        ]
        out.print(table("People", ("gallery", "name", "references", "enrolled", "kept until"), rows, right=(2,)))


@subject_app.command("show", epilog="Example:  countenance subject show anna")
def show(name: Name, gallery: Gallery = None, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show what is held about a person, gallery by gallery."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        held = subject_erasure(parts).find(name, gallery)
        shown = [(one, parts.subjects.references_of(one)) for one in held]
    if as_json:
        found = [{"gallery": one.gallery, "held_as": one.names, "references": list(refs)} for one, refs in shown]
        print_json("subject show", {"name": name, "held": found})
    else:
        print_held(name, shown)


@subject_app.command(
    "erase", epilog="Example:  countenance subject erase anna --requested-on 2026-11-20 --by 'R. Okafor'"
)
def erase(
    name: Name,
    gallery: Gallery = None,
    requested_on: Annotated[
        datetime | None,
        typer.Option("--requested-on", formats=["%Y-%m-%d"], metavar="DATE", help="When the person asked for it."),
    ] = None,
    by: By = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; recorded, so name nobody in it.")] = "",
    receipt: Annotated[
        Path | None,
        typer.Option(
            "--receipt",
            metavar="FILE",
            help="Where the receipt goes; a page lies beside it.",
            show_default="erasure-<entry>.json",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Erase a person: references, pictures, keys, bookkeeping. They are looked for again, and a receipt is signed."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        erasure = subject_erasure(parts)
        held = erasure.find(name, gallery)
        if held and not yes:
            where = ", ".join(f"{one.gallery} ({len(one.names)})" for one in held)
            typer.confirm(f"Erase everything held about {name} in {where}? There is no way back.", abort=True, err=True)
        requested_at = None if requested_on is None else requested_on.replace(tzinfo=UTC)
        done = erasure.erase(ErasureRequest(name, gallery, requested_at, reason), _standing(parts, by))
        file = None
        if done.receipt is not None:
            file = receipt or Path(f"erasure-{done.entry_ids[0][:12]}.json")
            _write(file, done.receipt.document)
            _write(file.with_suffix(".html"), receipt_page(done.receipt).encode())
    if as_json:
        content = {field.name: getattr(done, field.name) for field in dataclasses.fields(done)}
        digest = None if done.receipt is None else done.receipt.sha256
        print_json("subject erase", {**content, "receipt": {"file": file, "sha256": digest}})
    else:
        print_erasure(name, done, file)
    if done.proof is not None and not done.proof.holds:
        err.print(Text("Something that was erased was found again; see the receipt.", style="bold red"))
        raise typer.Exit(exit_codes.SOME_REJECTED)


@receipt_app.command("verify", epilog="Example:  countenance subject receipt verify erasure-3f2a.json --key 'log+…'")
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt.", show_default=False, readable=False)],
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="The ledger's verifier key, from elsewhere than the receipt; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a receipt's signature and that its entries are in the signed ledger. Needs no database."""
    try:
        document = file.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read: {(error.strerror or '').lower()}.") from error
    result = verify_receipt(document, key or ())
    if as_json:
        print_json("subject receipt verify", {"verified": result.verified, "result": result})
    else:
        print_verification(result)
    if not result.verified:
        raise typer.Exit(exit_codes.exit_code(ProofInvalid("not verified")))


@subject_app.command("export", epilog="Example:  countenance subject export anna --out ./for-anna")
def export(
    name: Name,
    target: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.", show_default=False)],
    gallery: Gallery = None,
    by: By = None,
    recipient: Annotated[str, typer.Option("--for", metavar="WHOM", help="To whom it is handed; recorded.")] = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write everything held about a person: a page to read, JSON for machines, pictures. Recorded."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileUnreadable(f"{target} is there and not an empty folder.", remedy="Name a new folder with --out.")
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        subject_erasure(parts).find(name, gallery)
        made = collect(name, gallery, store=parts.subjects, journal=parts.journal, policies=parts.policies, now=now())
        document = json.dumps(plain(made.document()), ensure_ascii=False, indent=1).encode() + b"\n"
        # Recorded first: what cannot be recorded is not handed out.
        entry_ids = record_export(
            made, document, journal=parts.journal, standing=_standing(parts, by), recipient=recipient
        )
        _write(target / "subject.json", document)
        _write(target / "subject.html", export_page(made).encode())
        for reference_id, picture in made.pictures.items():
            _write(target / "pictures" / f"{reference_id}.jpg", picture)
    counts = held_in_words(made)
    if as_json:
        print_json("subject export", {"folder": target, "counts": counts, "entry_ids": entry_ids})
    else:
        held = ", ".join(f"{count} {what}" for what, count in counts.items())
        out.print(Text(f"Wrote what is held about {name} to {target}: {held}."))
        out.print(Text(f"Recorded as entry {', '.join(entry_ids)}."))


def _standing(parts: AccountableParts, by: str | None) -> Standing:
    standing = parts.standing()
    if by is None:
        return standing
    return dataclasses.replace(standing, operator=by, operator_id=operator_id(by, parts.journal.keyed_digest))


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(content)
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be written: {(error.strerror or '').lower()}.") from error
