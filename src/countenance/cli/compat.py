"""``compat replay``: recorded decisions of a vendor's service beside the decisions of this one."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable
from countenance.cli import exit_codes
from countenance.cli.options import Case, Claim, DataDir, ExitCode, Json, Model, Purpose, Sector, application, stated
from countenance.cli.output import out, print_json, progress_bar, table
from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.collection_parts import CollectionTerms
from countenance.service.compat_replay import Replayed, ReplayReport, replay
from countenance.service.galleries import GallerySource
from countenance.service.vendor_recordings import read_recordings

compat_app = typer.Typer(help="Compare this service with the cloud service you leave.", no_args_is_help=True)
#: Most flips printed as words; ``--json`` has all.
MOST_SHOWN = 20
#: Columns of a migration's list.
_OLD, _NEW = "old_face_id", "new_face_id"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(compat_app, name="compat")


@compat_app.callback()
def _compat() -> None:
    """Compare this service with the cloud service you leave."""


@compat_app.command("replay", epilog="Example:  countenance compat replay recorded.jsonl --collection staff")
def replay_(
    recording: Annotated[Path, typer.Argument(help="JSON lines: operation, request, response.", show_default=False)],
    collection: Annotated[
        str | None, typer.Option("--collection", help="Search this one.", show_default="as recorded")
    ] = None,
    face_ids: Annotated[
        Path | None, typer.Option("--face-ids", help="face_ids.csv of a migration.", show_default=False)
    ] = None,
    source: Annotated[
        GallerySource, typer.Option("--photo-source", help="Where compared photos come from.")
    ] = GallerySource.UNKNOWN,
    case: Case = None,
    sector: Sector = None,
    purpose: Purpose = None,
    claim: Claim = None,
    exit_code: ExitCode = False,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Replay recorded calls: same person first, decisions that flip, and what your thresholds mean here."""
    from countenance.bootstrap.serving import collection_parts

    lines = _text(recording).splitlines()
    calls = list(read_recordings(lines, recording.parent))
    new_face_ids = {} if face_ids is None else _new_face_ids(face_ids)
    claims = stated(sector=sector, on_behalf_of=None, purpose=purpose, place=None, claim=claim)
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        shared = collection_parts(parts, CollectionTerms(source, "", None))
        standing = parts.standing(claims, case=case)
        with progress_bar("Replaying", quiet=as_json) as update:
            report = replay(
                shared,
                standing,
                calls,
                collection=collection,
                new_face_ids=new_face_ids,
                progress=lambda done: update(done, len(calls)),
            )
    if as_json:
        print_json("compat replay", _content(report))
    else:
        _print(report)
    if exit_code and report.flips:
        raise typer.Exit(exit_codes.NEGATIVE)


def _content(report: ReplayReport) -> dict[str, object]:
    return {
        "scale_version": report.scale_version,
        "compared": len(report.calls),
        "not_compared": report.not_compared,
        "same_decision": len(report.calls) - len(report.flips),
        "first_told": report.first_told,
        "first_same": report.first_same,
        "flips": report.flips,
        "advice": [{"said": item.in_words(), "facts": item} for item in report.advice],
    }


def _print(report: ReplayReport) -> None:
    count, flips = len(report.calls), report.flips
    out.print(Text(f"{count} calls compared; {count - len(flips)} decided the same, {len(flips)} flip.", style="bold"))
    if report.first_told:
        share = report.first_same / report.first_told
        out.print(Text(f"Same person first in {share:.1%} ({report.first_same} of {report.first_told} searches)."))
    for reason, number in sorted(report.not_compared.items()):
        out.print(Text(f"Not compared: {number}, {reason}."))
    if flips:
        rows = [_row(flip) for flip in flips[:MOST_SHOWN]]
        columns = ("line", "operation", "asked", "there", "similarity", "here", "similarity")
        out.print(table("Decisions that flip", columns, rows, right=(0, 2, 4, 6)))
        if len(flips) > MOST_SHOWN:
            out.print(Text(f"… and {len(flips) - MOST_SHOWN} more; --json has all."))
    for item in report.advice:
        out.print(Text(item.in_words()))
    out.print(Text(f"Scale: {report.scale_version}", style="dim"))


def _row(call: Replayed) -> tuple[str, ...]:
    def shown(similarity: float | None) -> str:
        return "–" if similarity is None else f"{similarity:.1f}"

    return (
        str(call.line), call.operation, f"{call.threshold:g}", call.there, shown(call.similarity_there), call.here,
        shown(call.similarity_here),
    )  # fmt: skip


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be read: {(error.strerror or '').lower()}.") from error
    except UnicodeDecodeError as error:
        raise ListInvalid(f"{path.name} is not UTF-8 text.") from error


def _new_face_ids(path: Path) -> dict[str, str]:
    rows = csv.DictReader(_text(path).splitlines())
    for column in (_OLD, _NEW):
        if column not in (rows.fieldnames or ()):
            raise ListInvalid(f"{path.name} has no column {column}.")
    return {row[_OLD]: row[_NEW] for row in rows if row[_OLD]}
