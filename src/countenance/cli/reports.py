"""``report``: answer for a period, a search or a case; what needs an answer; what came of a search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable, now
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json
from countenance.cli.report_words import print_dossier, print_exceptions, print_period
from countenance.core.errors import FileUnreadable
from countenance.service.accountability_reports.dossier import dossier
from countenance.service.accountability_reports.exceptions import exceptions_report
from countenance.service.accountability_reports.pages import dossier_page, exceptions_page, period_page
from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.results import Came, report_result
from countenance.service.accountability_reports.tables_csv import csv_files
from countenance.service.accountability_reports.transparency import transparency_report

if TYPE_CHECKING:
    from countenance.bootstrap.report_parts import ReportParts

report_app = typer.Typer(
    help="Answer for a period, a search or a case; see what needs an answer.", no_args_is_help=True
)

Act = Annotated[str, typer.Argument(help="The act, one of its entries, or its review: 32 digits.", show_default=False)]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day, by UTC.", show_default="a month ago"),
]
To = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last day, by UTC.", show_default="today"),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(report_app, name="report")


@report_app.command("period", epilog="Example:  countenance report period --from 2026-01-01 --to 2026-06-30 --out h1")
def period(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day, by UTC.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last day, by UTC.")],
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where to write it; made if need be.")],
    formats: Annotated[
        str, typer.Option("--format", help="Any of html, csv, json, parted by commas.")
    ] = "html,csv,json",
    minimum_cell: Annotated[
        int, typer.Option("--minimum-cell", min=1, help="Smallest count of searches shown; 1 withholds nothing.")
    ] = 5,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write the report for a period: searches, refusals, reviews, models, changes, errors, and what is missing.

    Small counts about people searched for are withheld, with as many others that none can be worked out.
    """
    wanted = {word.strip() for word in formats.split(",") if word.strip()}
    if not wanted or not wanted <= {"html", "csv", "json"}:
        raise typer.BadParameter(f"html, csv, json or several of them (got {formats!r})", param_hint="--format")
    days = Period(first.date(), last.date())
    with _opened(data_dir) as parts:
        document = transparency_report(parts.sources, days, minimum=minimum_cell)
    files: dict[str, str] = {}
    if "html" in wanted:
        files["report.html"] = period_page(document)
    if "json" in wanted:
        files["report.json"] = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if "csv" in wanted:
        files |= csv_files(document)
    written = [_write(folder / name, content.encode()) for name, content in files.items()]
    if as_json:
        print_json("report period", {"files": written, "report": document})
    else:
        print_period(document, written)


@report_app.command("search", epilog="Example:  countenance report search 5c71ebaaa6f58cf864591609c90a705f")
def search(
    act: Act,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the page here.", show_default="dossier-….html")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names/--no-names", help="Name candidates who were not released, too.")
    ] = True,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write a search's dossier, which prints to two pages: who, why, with what, whom it listed, who looked, what came.

    While people review the result, nobody is told whom it listed.
    """
    with _opened(data_dir) as parts:
        document = dossier(parts.sources, act, names=names)
    target = Path(f"dossier-{document['act_id'][:8]}.html") if target is None and not as_json else target
    if target is not None:
        _write(target, dossier_page(document).encode())
    if as_json:
        print_json("report search", {"file": target, "dossier": document})
    else:
        print_dossier(document, target)


@report_app.command("disclosure", epilog="Example:  countenance report disclosure 24-1183 --case --out packet.zip")
def disclosure(
    what: Annotated[
        str, typer.Argument(metavar="ACT|CASE", help="The act; with --case, the case.", show_default=False)
    ],
    target: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="Where to write it.", show_default=False)],
    is_case: Annotated[bool, typer.Option("--case", help="It is a case: everything done under it.")] = False,
    recipient: Annotated[str, typer.Option("--for", metavar="WHOM", help="For whom, in your words; recorded.")] = "",
    names: Annotated[
        bool, typer.Option("--names/--no-names", help="Name candidates who were not released, too.")
    ] = False,
    audit_result: Annotated[
        Path | None,
        typer.Option("--audit-result", metavar="FILE", help="The evaluator's complete result, to enclose."),
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write a packet for disclosure: dossiers, null results and unchosen candidates, error rates, ledger, verifier.

    That it was made is recorded with its digest.
    """
    with _opened(data_dir) as parts:
        packet = parts.packet(
            act=None if is_case else what,
            case=what if is_case else None,
            recipient=recipient,
            names=names,
            audit_result=audit_result,
        )
    _write(target, packet.content)
    if as_json:
        made = {"sha256": packet.sha256, "acts": packet.acts, "entries": packet.entries, "files": packet.files}
        print_json("report disclosure", {"file": target, **made, "recorded": packet.recorded})
        return
    out.print(Text(f"Wrote {target}: {len(packet.acts):,} act(s), {packet.entries:,} entries of the ledger."))
    out.print(Text(f"SHA-256 {packet.sha256}, recorded as entry {packet.recorded.entry_id}."))
    out.print("Send it with a checkpoint that went out earlier; README.txt in it says how to check.")


@report_app.command("exceptions", epilog="Example:  countenance report exceptions --from 2026-05-01")
def exceptions(
    first: From = None,
    last: To = None,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the page here, too.", show_default=False)
    ] = None,
    checkpoint_days: Annotated[
        int, typer.Option("--checkpoint-days", min=1, help="Days after which the next checkpoint is overdue.")
    ] = 31,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List what somebody has to answer for: unknown cases, vague reasons, late reviews, loose thresholds and more."""
    end = now().date() if last is None else last.date()
    start = _month_before(end) if first is None else first.date()
    with _opened(data_dir) as parts:
        document = exceptions_report(parts.sources, Period(start, end), checkpoint_due=timedelta(days=checkpoint_days))
    if target is not None:
        _write(target, exceptions_page(document).encode())
    if as_json:
        print_json("report exceptions", {"file": target, "report": document})
    else:
        print_exceptions(document, target)


@report_app.command("result", epilog="Example:  countenance report result 5c71ebaa… --result cleared --false-match")
def result(
    act: Act,
    came: Annotated[Came, typer.Option("--result", help="What came of it.")],
    false_match: Annotated[
        bool, typer.Option("--false-match", help="A candidate turned out to be somebody else.")
    ] = False,
    disclosed: Annotated[bool, typer.Option("--disclosed", help="A defence was told of the search.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="In words; goes into the record.")] = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Record what came of a search, so that reports can count it; false matches above all."""
    with _opened(data_dir) as parts:
        recorded = report_result(
            parts.sources.journal,
            act,
            came,
            parts.operator_id,
            false_match=false_match,
            disclosed_to_defence=disclosed,
            reason=reason,
        )
    if as_json:
        print_json("report result", {"recorded": recorded})
    else:
        out.print(Text(f"Recorded as entry {recorded.entry_id}."))


@contextmanager
def _opened(data_dir: Path | None) -> Iterator[ReportParts]:
    # Imported here because it takes longer than everything a command line that asks for help needs.
    from countenance.bootstrap.report_parts import report_parts

    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        yield report_parts(parts)


def _month_before(day: date) -> date:
    return day - timedelta(days=31)


def _write(path: Path, content: bytes) -> Path:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
    return path
