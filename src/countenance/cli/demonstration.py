"""``demo``: the whole job on people who do not exist: audited, or searched."""

from __future__ import annotations

import csv
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance import __version__
from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import SAMPLE_COHORT, Application, load_settings
from countenance.cli import audit_words
from countenance.cli.audit_acts import audited, second_engine
from countenance.cli.options import Json, Model
from countenance.cli.output import out, print_json, progress_bar, record_of, table
from countenance.core.errors import FileUnreadable
from countenance.core.thresholds import one_in
from countenance.service.audits.workspace import RESULT
from countenance.service.demonstration import Demonstration, read_cohort
from countenance.service.demonstration_page import demonstration_page
from countenance.service.galleries import GallerySource
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES, require_calibration

GALLERY = "synthetic-cohort"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  countenance demo --open")(demo)


def demo(
    output: Annotated[Path, typer.Option("--output", help="Folder for the report and the demo's own database.")] = Path(
        "demo-output"
    ),
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    search: Annotated[
        bool, typer.Option("--search", help="Enrol and search the cohort instead of auditing it.")
    ] = False,
    as_json: Json = False,
    model: Model = None,
) -> None:
    """Audit the synthetic sample cohort: who is taken for somebody else, how sure that is; opens with the report."""
    if search:
        _search(output, open_page, as_json, model)
    else:
        _audit(output, open_page, as_json, model)


def _audit(output: Path, open_page: bool, as_json: bool, model: str | None) -> None:
    """Audit the cohort and write its report."""
    from countenance.service.audits.sample import audit_sample

    _make(output)
    app = Application(load_settings(model=model, data_dir=output / "data", database_url="", key_file=""))
    with audit_words.steps(progress_bar, quiet=as_json) as progress:
        done = audited(
            app,
            lambda engine: audit_sample(
                output,
                SAMPLE_COHORT,
                engine,
                app.calibrations,
                other=second_engine(app),
                made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                workers=app.workers,
                progress=progress,
            ),
        )
    page = output / "index.html"
    if as_json:
        print_json("demo", {**audit_words.result_json(done.document, done.workspace.folder / RESULT), "page": page})
    else:
        audit_words.print_result(done.document, None)
        out.print(Text(f"The report: {page}", style="bold"))
    if open_page:
        webbrowser.open(page.resolve().as_uri())


def _make(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileUnreadable(f"The folder {output} cannot be made: {(error.strerror or '').lower()}.") from error


def _search(output: Path, open_page: bool, as_json: bool, model: str | None) -> None:
    """Enrol the cohort, search every probe, and show who was taken for somebody else."""
    _make(output)
    # A database of its own, whatever the settings say: the demonstration deletes and makes its gallery.
    app = Application(load_settings(model=model, data_dir=output / "data", database_url="", key_file=""))
    require_calibration(app.calibrations, app.manifest.identity)
    photos = read_cohort(SAMPLE_COHORT)
    references = [photo for photo in photos if photo.role == "reference"]
    listed = output / "references.csv"
    with listed.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["subject", "file"])
        writer.writerows([photo.subject, str(photo.file)] for photo in references)
    with accountable(app, interface="cli") as parts:
        standing = parts.standing({"purpose": "accuracy_evaluation"})
        jobs = parts.jobs(standing, engine=parts.many_photos_engine)
        # A fresh gallery each time: the demonstration shows one whole run, not what an earlier one left.
        if GALLERY in {gallery.name for gallery in parts.store.list_galleries()}:
            parts.delete_gallery(GALLERY, standing)
        parts.create_gallery(
            GALLERY,
            standing,
            basis="demonstration; these people do not exist",
            source=GallerySource.CONSENTED_ENROLMENT,
            retention_days=None,
        )
        with progress_bar("Enrolling the gallery", quiet=as_json) as update:
            jobs.enrol(
                GALLERY, listed, store=parts.store, policies=parts.policies, workers=app.workers,
                progress=lambda done, total, _: update(done, total),
            )  # fmt: skip
        with progress_bar("Reading all photos", quiet=as_json) as update:
            done = jobs.demonstrate(
                photos,
                parts.gallery_search,
                GALLERY,
                max_false_candidates=DEFAULT_FALSE_CANDIDATES,
                workers=app.workers,
                progress=update,
            )
    result = done.value
    page = output / "search.html"
    pictures = {photo.subject: photo.file for photo in references}
    page.write_text(demonstration_page(result, references=pictures, version=__version__), encoding="utf-8")
    if as_json:
        print_json("demo", {"demonstration": result, "page": page, "record": record_of(done)})
    else:
        _print(result, page)
    if open_page:
        webbrowser.open(page.resolve().as_uri())


def _print(result: Demonstration, page: Path) -> None:
    promised, own = result.promised, result.own
    out.print()
    out.print(
        Text("These 90 people are rendered and do not exist. This says nothing about real people.", style="italic")
    )
    out.print()
    for name, searched in (("the promised threshold", promised), ("the cohort's own threshold", own)):
        rows = [
            (
                item.group,
                str(item.probes),
                str(item.not_acquired),
                str(item.found),
                str(item.missed),
                str(item.taken_for_somebody_else),
            )
            for item in searched.groups
        ]
        title = f"Searches at {name}, {searched.threshold.value:.3f}"
        columns = ("group", "searches", "no face", "found", "missed", "also somebody else")
        out.print(table(title, columns, rows, right=(1, 2, 3, 4, 5)))
        out.print()
    everyone = promised.groups[0]
    rate = promised.threshold.false_match_rate
    here = promised.here_false_match_rate
    for line in (
        f"{everyone.people_taken} of {everyone.people} people were taken for somebody else in at least one search.",
        f"Promised on {promised.threshold.data_set}: a false match in {one_in(rate.estimate)} comparisons "
        f"({rate.errors:,} of {rate.trials:,}).",
        f"Measured on this cohort: {one_in(here.estimate)} ({here.errors:,} of {here.trials:,}; "
        f"95 % interval {here.low:.3f} to {here.high:.3f}).",
        f"To keep the promise here the threshold would have to be {own.threshold.value:.3f}; then "
        f"{own.here_false_non_match_rate.estimate:.0%} of mated comparisons fall below it "
        f"({promised.here_false_non_match_rate.estimate:.1%} at the promised one).",
    ):
        out.print(Text(line))
    out.print(Text(f"The page with the pictures side by side: {page}", style="bold"))
