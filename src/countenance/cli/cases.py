"""``case``: open, close, list and show cases; renew and revoke their credentials."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import AccountableParts, accountable, now
from countenance.bootstrap.profiles import read_profile
from countenance.cli.case_options import read_document, values_with_file, with_case_options
from countenance.cli.case_words import print_case, print_cases, print_opened, print_outlook
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json
from countenance.core.errors import CalibrationError, GalleryNotFound, ModelMismatch
from countenance.core.thresholds import Threshold
from countenance.service.case_outlook import SearchOutlook, search_outlook
from countenance.service.case_terms import CaseTerms, case_terms
from countenance.service.cases import DraftCase, OpenedCase
from countenance.service.faces import PhotoInput
from countenance.service.search import SearchRequest

case_app = typer.Typer(help="Open, close, list and show cases and their credentials.", no_args_is_help=True)
credentials_app = typer.Typer(help="Renew or revoke the credentials of a case.", no_args_is_help=True)

CaseName = Annotated[str, typer.Argument(help="Number of the case, or its identifier.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes into the record.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    case_app.add_typer(credentials_app, name="credentials")
    app.add_typer(case_app, name="case")


@case_app.command("open", epilog="Example:  countenance case open 24-1183 --from case.toml --expires 8h")
@with_case_options
def open_(
    *,
    given: Mapping[str, object],
    file: Path | None,
    dry_run: bool,
    as_json: bool,
    model: str | None,
    data_dir: Path | None,
) -> None:
    """Open a case: who searches, for whom, why, until when. Its credentials are shown once and carry the case."""
    app = application(model=model, data_dir=data_dir)
    me = read_profile(app).operator or getpass.getuser()
    values = {"operator": me, "attested_by": me, **values_with_file(given, file)}
    terms = case_terms(values, now=now(), read=read_document)
    with accountable(app, interface="cli") as parts:
        if dry_run:
            draft = parts.cases.draft(terms)
            outlooks = _outlooks(parts, draft, terms)
            if as_json:
                print_json("case open", {"dry_run": True, "case": draft, "outlook": outlooks})
            else:
                print_outlook(draft, outlooks)
            return
        opened = parts.cases.open(terms)
    if as_json:
        print_json("case open", _opened(opened))
    else:
        print_opened(opened)


def _outlooks(parts: AccountableParts, draft: DraftCase, terms: CaseTerms) -> list[SearchOutlook]:
    """Return what the rules would answer to a search of each gallery the case would name."""
    standing = parts.case_book.standing_of_draft(draft, "cli", now())

    def threshold(gallery: str) -> Threshold | None:
        try:
            request = SearchRequest(gallery, PhotoInput("", b""))
            return parts.gallery_search.plan(request, parts.policies.gallery_facts(gallery))
        except (CalibrationError, ModelMismatch, GalleryNotFound):
            return None

    names = [gallery.name for gallery in parts.store.list_galleries()] if terms.any_gallery else list(terms.galleries)
    return [
        search_outlook(
            parts.policies.gallery_facts(name),
            standing,
            parts.accountability,
            model=parts.app.manifest.identity,
            threshold=threshold,
        )
        for name in names
    ]


@case_app.command("close", epilog='Example:  countenance case close 24-1183 --reason "child found"')
def close(case: CaseName, reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """Close a case: its credentials stop working at once."""
    app = application(data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        closed = parts.cases.close(case, by=_me(parts), reason=reason)
    if as_json:
        print_json(
            "case close",
            {"case": closed.case, "credentials_ended": closed.credentials_ended, "entry_id": closed.entry_id},
        )
    else:
        out.print(
            Text(f"Closed {closed.case.case_number}; {closed.credentials_ended} credential(s) work no more."),
            Text(f"Recorded as entry {closed.entry_id}."),
            sep="\n",
        )


@case_app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed and expired cases too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most cases.")] = 100,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Leave out this many of the newest.")] = 0,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List cases, newest first."""
    app = application(data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        found = parts.cases.recent(open_only=not everything, limit=limit, offset=skip)
    if as_json:
        print_json("case list", {"cases": found})
    else:
        print_cases(found, now())


@case_app.command("show")
def show(case: CaseName, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show one case: claims and who attests them, limits, credentials without their secrets."""
    app = application(data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        found = parts.cases.find(case)
        credentials = parts.cases.credentials_of(found.case_id)
    if as_json:
        shown = [
            {
                "credential_id": one.credential_id,
                "kind": one.kind,
                "access_key_id": one.lookup if one.kind == "aws" else None,
                "minted_at": _time(one.minted_at),
                "expires_at": _time(one.expires_at),
                "revoked_at": _time(one.revoked_at),
            }
            for one in credentials
        ]
        print_json("case show", {"case": found, "credentials": shown})
    else:
        print_case(found, credentials, now())


@credentials_app.command("renew", epilog="Example:  countenance case credentials renew 24-1183")
def renew(case: CaseName, reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """End all credentials of a case and mint new ones; its term and limits stay."""
    app = application(data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        renewed = parts.cases.renew(case, by=_me(parts), reason=reason)
    if as_json:
        print_json("case credentials renew", _opened(renewed))
    else:
        print_opened(renewed)


@credentials_app.command("revoke")
def revoke(
    credential: Annotated[
        str, typer.Argument(help="Identifier of the credential, or an AWS access key id.", show_default=False)
    ],
    reason: Reason = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """End one credential now; the others of its case go on."""
    app = application(data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        entry_id = parts.cases.revoke(credential, by=_me(parts), reason=reason)
    if as_json:
        print_json("case credentials revoke", {"credential": credential, "entry_id": entry_id})
    else:
        out.print(Text(f"Revoked. Recorded as entry {entry_id}."))


def _opened(opened: OpenedCase) -> dict[str, object]:
    credentials = [
        {
            "credential_id": one.credential_id,
            "kind": one.kind,
            "access_key_id": one.lookup if one.kind == "aws" else None,
            "secret": one.secret,
        }
        for one in opened.credentials
    ]
    return {"case": opened.case, "credentials": credentials, "entry_id": opened.entry_id}


def _me(parts: AccountableParts) -> str:
    return read_profile(parts.app).operator or getpass.getuser()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
