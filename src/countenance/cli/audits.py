"""``audit``: labelled photos in; whom a recogniser misidentifies, how sure that is, what others need to repeat it."""

from __future__ import annotations

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from countenance.cli import audit_import, audit_vendor, audit_words, exit_codes
from countenance.cli.audit_acts import audited
from countenance.cli.options import Json, TargetFmr, application, check_rate
from countenance.cli.output import err, out, print_json, progress_bar
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.people import PeopleChoices
from countenance.service.audits.photos import SeveralFacesRule
from countenance.service.audits.workspace import RESULT, Workspace
from countenance.service.published_studies import replay, replay_names

audit_app = typer.Typer(help="Measure whom a recogniser misidentifies.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The audit; a folder of this name.", show_default=False)]
Dir = Annotated[Path, typer.Option("--dir", help="Folder the audit's folder lies in.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(audit_app, name="audit")
    commands = (
        (new, "new", "countenance audit new town --photos photos/ --people people.csv --label sex --label skin_tone"),
        (run, "run", "countenance audit run town --engine sface --target-fmr 1e-3"),
        (report, "report", "countenance audit report town --preset aclu-2018 --open"),
        (tables, "tables", "countenance audit tables town --out tables/"),
        (bundle, "bundle", "countenance audit bundle town --out town.zip"),
        (verify, "verify", "countenance audit verify town.zip"),
        (certificate, "certificate", "countenance audit certificate town --key evaluator.pem --evaluator 'Town Audit "
         "Board' --independent --out town.certificate.json"),
        (replay_studies, "replay", "countenance audit replay aclu_searches"),
    )  # fmt: skip
    for function, name, example in commands:
        audit_app.command(name, epilog=f"Example:  {example}")(function)
    audit_import.register(audit_app)
    audit_vendor.register(audit_app)


def new(
    name: Name,
    photos: Annotated[Path, typer.Option("--photos", help="Folder of the photos.", show_default=False)],
    people: Annotated[
        Path, typer.Option("--people", help="CSV list: person, file or folder, labels.", show_default=False)
    ],
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Column to group people by; may be repeated.")
    ] = None,
    subject_column: Annotated[
        str | None, typer.Option("--subject-column", help="Column that names the person.")
    ] = None,
    file_column: Annotated[str | None, typer.Option("--file-column", help="Column with the file or folder.")] = None,
    merge_spellings: Annotated[
        bool, typer.Option("--merge-spellings", help="Take spellings of one label for one label.")
    ] = False,
    several_faces: Annotated[
        SeveralFacesRule, typer.Option("--several-faces", help="What to do with photos of several faces.")
    ] = SeveralFacesRule.LEAVE_OUT,
    title: Annotated[str, typer.Option("--title", help="One line for the report.")] = "",
    description: Annotated[str, typer.Option("--description", help="What the data is.")] = "",
    source_of_labels: Annotated[str, typer.Option("--source-of-labels", help="Who labelled it, and how.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Terms of photos and labels.")] = "",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="These people do not exist.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; take it as understood.")] = False,
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Read photos and labels, say what was understood and what could be seen, and make the audit."""
    from countenance.service.audits.new_audit import NewAudit, understand

    workspace = _fresh(folder, name)
    choices = PeopleChoices(tuple(label or ()), subject_column, file_column, merge_spellings)
    wanted = NewAudit(
        photos=photos, people=people, choices=choices, created_at=_now(), several_faces=several_faces, title=title,
        description=description, source_of_labels=source_of_labels, licence=licence, synthetic=synthetic,
    )  # fmt: skip
    app = application()
    with _steps(quiet=as_json) as progress:
        found = audited(
            app, lambda engine: understand(workspace, wanted, engine, workers=app.workers, progress=progress)
        )
    if as_json:
        print_json("audit new", audit_words.understood_json(found, workspace.folder))
    else:
        audit_words.print_understood(found)
    if not yes and not as_json and not typer.confirm("Is this right?", default=True):
        err.print(Text("Nothing was made. Name columns with --subject-column, --file-column and --label."))
        raise typer.Exit(exit_codes.SOME_REJECTED)
    workspace.keep(found.set_up)
    if not as_json:
        out.print(Text(f"Made {workspace.folder}. Next:  countenance audit run {name}", style="bold"))


def run(
    name: Name,
    engine: Annotated[str, typer.Option("--engine", help="Recogniser to audit.")] = "sface",
    compare_with: Annotated[
        str | None, typer.Option("--compare-with", help="Second recogniser, shown beside it.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Gallery: a folder (one folder a person) or a CSV list.")
    ] = None,
    threshold: Annotated[float | None, typer.Option("--threshold", help="Fixed, on the system's scale.")] = None,
    target_fmr: TargetFmr = None,
    target_group: Annotated[str | None, typer.Option("--target-group", help="Group the target FMR holds in.")] = None,
    target_fpir: Annotated[
        float | None, typer.Option("--target-fpir", help="Set the threshold for this share of searches.")
    ] = None,
    gallery_size: Annotated[int | None, typer.Option("--gallery-size", min=1, help="People it speaks of.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of every resampling.")] = 1,
    vendor: audit_vendor.Vendor = None,
    max_cost: audit_vendor.MaxCost = None,
    vendor_operation: audit_vendor.Operation = None,
    endpoint_url: audit_vendor.EndpointUrl = None,
    region: audit_vendor.Region = None,
    aws_profile: audit_vendor.AwsProfile = None,
    price_per_call: audit_vendor.PricePerCall = None,
    keep: audit_vendor.Keep = False,
    yes: audit_vendor.Yes = False,
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Make templates, compare everybody with everybody, and write the result."""
    from countenance.service.audits.running import RunChoices, run_audit

    check_rate(target_fmr)
    check_rate(target_fpir)
    workspace = Workspace(folder / name)
    choices = RunChoices(
        threshold=threshold, target_fmr=target_fmr, target_group=target_group, target_fpir=target_fpir,
        gallery_size=gallery_size, seed=seed, against=against,
    )  # fmt: skip
    if vendor is not None:
        words = audit_vendor.VendorWords(
            vendor, max_cost, vendor_operation, endpoint_url, region, aws_profile, price_per_call, keep, yes
        )
        document = audit_vendor.run_with_vendor(workspace, choices, words, as_json=as_json)
        _say_result("audit run", document, workspace, as_json=as_json)
        return
    if threshold is not None and not abs(threshold) <= 1.0:
        raise typer.BadParameter("a similarity lies between -1 and 1", param_hint="--threshold")
    app = application(model=engine)
    with _steps(quiet=as_json) as progress:
        document = audited(
            app,
            lambda chosen: run_audit(
                workspace, chosen, app.calibrations, choices, made_at=_now(), workers=app.workers, progress=progress,
                other=None if compare_with is None else _engines(compare_with),
            ),
        )  # fmt: skip
    _say_result("audit run", document, workspace, as_json=as_json)


def report(
    name: Name,
    preset: Annotated[list[str] | None, typer.Option("--preset", help="Thresholds of a published test.")] = None,
    thresholds: Annotated[
        str, typer.Option("--thresholds", help="More thresholds or percentages, such as 80,95,99.")
    ] = "",
    folder: Dir = Path(),
    open_page: Open = False,
    as_json: Json = False,
) -> None:
    """Draw the report: one HTML file that opens offline. More thresholds become stops of its slider."""
    from countenance.service.audits.sharing import make_report, run_again

    workspace = Workspace(folder / name)
    notes: list[str] = []
    if preset or thresholds:
        app = application()
        with _steps(quiet=as_json) as progress:
            document = audited(
                app,
                lambda _: run_again(
                    workspace, _engines, app.calibrations, presets=tuple(preset or ()),
                    thresholds=_numbers(thresholds), made_at=_now(), workers=app.workers, progress=progress,
                ),
            )  # fmt: skip
        notes = [f"{one['label']}: {one['threshold']:.3f}" for one in document["operating"]["presets"]]
        notes += [sentence for sentence in document["limits"] if "cannot be placed" in sentence]
    page = make_report(workspace)
    if as_json:
        print_json("audit report", {"report": page, "thresholds": notes})
    else:
        for note in notes:
            out.print(Text(note))
        out.print(Text(f"The report: {page}", style="bold"))
    if open_page:
        webbrowser.open(page.resolve().as_uri())


def tables(
    name: Name,
    output: Annotated[Path, typer.Option("--out", help="Folder for the tables.", show_default=False)],
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet instead of CSV.")] = False,
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Write the result as tidy tables, one row a number."""
    from countenance.service.audits.tables import write_tables

    written = write_tables(Workspace(folder / name).result(), output, parquet=parquet)
    if as_json:
        print_json("audit tables", {"files": list(written)})
    else:
        out.print(Text("\n".join(str(path) for path in written)))


def bundle(
    name: Name,
    output: Annotated[Path, typer.Option("--out", help="ZIP file to write.", show_default=False)],
    with_photos: Annotated[
        bool, typer.Option("--with-photos", help="Put the photos in; otherwise only their digests.")
    ] = False,
    with_templates: Annotated[
        bool,
        typer.Option("--with-templates", help="Put templates in: biometric data that identifies people anywhere."),
    ] = False,
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Pack what others need to recompute every number: scores, labels, choices, seeds, digests."""
    from countenance.service.audits.sharing import make_bundle

    app = application()
    workspace = Workspace(folder / name)
    if with_templates:
        err.print(Text("Warning: templates are biometric data. Whoever has this file can search for these people."))
    with _steps(quiet=as_json) as progress:
        files = audited(
            app,
            lambda _: make_bundle(
                workspace, output, _engines, app.calibrations, with_photos=with_photos, with_templates=with_templates,
                workers=app.workers, progress=progress,
            ),
        )  # fmt: skip
    size = output.stat().st_size
    if as_json:
        print_json("audit bundle", {"bundle": output, "bytes": size, "files": list(files)})
    else:
        out.print(Text(f"{output}: {len(files):,} files, {size / 1e6:.1f} MB. Check it with: countenance audit verify"))


def verify(
    path: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The ZIP file.", show_default=False, readable=False)],
    as_json: Json = False,
) -> None:
    """Recompute every number of a bundle from its scores, and say what differs."""
    from countenance.service.audits.verification import verify_bundle

    with _steps(quiet=as_json) as progress:
        found = verify_bundle(path, progress)
    if as_json:
        print_json("audit verify", {"holds": found.holds, "verification": found})
    else:
        audit_words.print_verification(found)
    if not found.holds:
        raise typer.Exit(exit_codes.SOME_REJECTED)


def certificate(
    name: Name,
    key: Annotated[Path, typer.Option("--key", help="Ed25519 key, PEM.", show_default=False)],
    evaluator: Annotated[str, typer.Option("--evaluator", help="Who measured.", show_default=False)],
    independent: Annotated[
        bool,
        typer.Option(
            "--independent/--not-independent", help="Of maker and operator; must be stated.", show_default=False
        ),
    ],
    output: Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)],
    gallery: Annotated[str, typer.Option("--gallery-source", help="Kind of gallery that was searched.")] = "unknown",
    certificate_id: Annotated[str, typer.Option("--id", help="Your number for it; the audit and day if empty.")] = "",
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Sign the result as a certificate the accuracy rules can read."""
    from countenance.service.audits.certificate import Statement, gallery_source
    from countenance.service.audits.sharing import make_certificate

    today = datetime.now(UTC).date()
    statement = Statement(
        certificate_id=certificate_id or f"{name}-{today.isoformat()}", evaluator=evaluator, independent=independent,
        gallery_source=gallery_source(gallery), evaluated_on=today,
    )  # fmt: skip
    made = make_certificate(Workspace(folder / name), statement, key, output)
    if as_json:
        print_json("audit certificate", {"certificate": made, "certificate_id": statement.certificate_id})
    else:
        out.print(Text(f"Signed: {made}"))


def replay_studies(
    study: Annotated[str, typer.Argument(help="Name of a study, or all.")] = "all",
    as_json: Json = False,
) -> None:
    """Do the arithmetic of published studies again: ours beside the printed numbers."""
    studies = [replay(one) for one in (replay_names() if study == "all" else (study,))]
    if as_json:
        print_json("audit replay", {"studies": studies})
    else:
        for one in studies:
            audit_words.print_replay(one)


def _fresh(folder: Path, name: str) -> Workspace:
    workspace = Workspace(folder / name)
    if workspace.exists():
        raise AuditInputInvalid(
            f"There is an audit {name} already.", remedy="Choose another name, or delete its folder first."
        )
    return workspace


def _engines(name: str) -> Any:
    return application(model=name).engine(threads=1)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise typer.BadParameter("give numbers between commas, such as 80,95,99") from error


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _steps(*, quiet: bool) -> Any:
    return audit_words.steps(progress_bar, quiet=quiet)


def _say_result(command: str, document: dict[str, Any], workspace: Workspace, *, as_json: bool) -> None:
    if as_json:
        print_json(command, audit_words.result_json(document, workspace.folder / RESULT))
    else:
        audit_words.print_result(document, workspace.name)
