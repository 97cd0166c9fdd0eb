"""``demo``: the whole job on people who do not exist."""

from __future__ import annotations

import csv
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance import __version__
from countenance.bootstrap.application import SAMPLE_COHORT, Application, load_settings
from countenance.cli.options import Json, Model
from countenance.cli.output import out, print_json, progress_bar, table
from countenance.core.errors import FileUnreadable
from countenance.core.thresholds import one_in
from countenance.service.demonstration import Demonstration, acquire, demonstrate, read_cohort
from countenance.service.demonstration_page import demonstration_page
from countenance.service.enrol import enrol
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES, require_calibration

GALLERY = "synthetic-cohort"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  countenance demo --open")(demo)


def demo(
    output: Annotated[Path, typer.Option("--output", help="Folder for the page and the demo's own database.")] = Path(
        "demo-output"
    ),
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: Json = False,
    model: Model = None,
) -> None:
    """Enrol the synthetic sample cohort, search every probe, and show who was taken for somebody else."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileUnreadable(f"The folder {output} cannot be made: {(error.strerror or '').lower()}.") from error
    # A database of its own, whatever the settings say: the demonstration deletes and makes its gallery.
    app = Application(load_settings(model=model, data_dir=output / "data", database_url="", key_file=""))
    calibration = require_calibration(app.calibrations, app.manifest.identity)
    photos = read_cohort(SAMPLE_COHORT)
    references = [photo for photo in photos if photo.role == "reference"]
    listed = output / "references.csv"
    with listed.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["subject", "file"])
        writer.writerows([photo.subject, str(photo.file)] for photo in references)
    engine = app.engine(threads=1)
    with app.store() as store:
        # A fresh gallery each time: the demonstration shows one whole run, not what an earlier one left.
        if GALLERY in {gallery.name for gallery in store.list_galleries()}:
            store.delete_gallery(GALLERY)
        store.create_gallery(
            GALLERY, engine.model, basis="demonstration; these people do not exist", retention_days=None
        )
        with progress_bar("Enrolling the gallery", quiet=as_json) as update:
            enrol(
                GALLERY, listed, engine=engine, store=store, workers=app.workers,
                progress=lambda done, total, _: update(done, total),
            )  # fmt: skip
        with progress_bar("Reading all photos", quiet=as_json) as update:
            acquired = acquire(photos, engine, workers=app.workers, progress=update)
        index = app.gallery_search(store).index(GALLERY)
    result = demonstrate(acquired, index, calibration=calibration, max_false_candidates=DEFAULT_FALSE_CANDIDATES)
    page = output / "index.html"
    pictures = {photo.subject: photo.file for photo in references}
    page.write_text(demonstration_page(result, references=pictures, version=__version__), encoding="utf-8")
    if as_json:
        print_json("demo", {"demonstration": result, "page": page})
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
