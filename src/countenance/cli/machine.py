"""``doctor`` and ``bench``: what this machine is, and how fast it is here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.bench import DEFAULT_GALLERY_SIZES, measure
from countenance.bootstrap.doctor import Diagnosis, diagnose
from countenance.cli.options import DataDir, Json, Model, application
from countenance.cli.output import err, out, print_json, progress_bar, table


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(doctor)
    app.command(epilog="Example:  countenance bench --gallery-size 1000000")(bench)


def doctor(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show processor, runtime, models with digests and licences, storage and disk; name what needs attention."""
    found = diagnose(application(data_dir=data_dir))
    if as_json:
        print_json("doctor", {"diagnosis": found})
    else:
        _print_diagnosis(found)
    if found.problems:
        raise typer.Exit(1)


def _print_diagnosis(found: Diagnosis) -> None:
    free = "unknown" if found.data_free_bytes is None else f"{found.data_free_bytes / 1e9:.1f} GB free"
    rows = [
        ("system", found.system),
        ("processor", f"{found.cpu}, {found.cores} cores, {' '.join(found.cpu_flags) or 'no vector flags known'}"),
        ("Python", found.python),
        ("packages", ", ".join(f"{name} {number}" for name, number in found.packages.items())),
        ("inference runs on", f"{found.provider} (available: {', '.join(found.providers)})"),
        ("data", f"{found.data_dir}, {free}"),
        ("cache", str(found.cache_dir)),
        ("database", found.database),
    ]
    out.print(table("Machine", ("", ""), rows))
    intact = {(check.model, check.file): check for check in found.files}
    for item in found.models:
        out.print()
        out.print(Text(f"{item.name} – {item.title}", style="bold"))
        for file, digest in item.files.items():
            check = intact[(item.name, file)]
            state = "intact" if check.intact else ("not installed" if check.missing else "NOT THE PINNED FILE")
            out.print(Text(f"  {file}: {state}, SHA-256 {digest[:16]}…"))
        if item.identity is not None:
            out.print(Text(f"  scores measured on: {item.calibrated_on or 'nothing yet'}"))
        out.print(Text(f"  weights: {item.licence.weights}. May I sell with it? {item.may_i_sell_with_it}"))
    out.print()
    for problem in found.problems:
        err.print(Text(f"Needs attention: {problem}", style="red"))
    if not found.problems:
        out.print("Nothing needs attention.")


def bench(
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Folder of photos; the sample cohort unless given.")
    ] = None,
    gallery_size: Annotated[
        list[int] | None, typer.Option("--gallery-size", min=1000, help="References to search; may be repeated.")
    ] = None,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Measure photos a second and search times on this machine, beside the limits of the same run."""
    app = application(model=model, data_dir=data_dir)
    with progress_bar("Measuring", quiet=as_json) as update:
        rows = measure(app, photos=photos, sizes=tuple(gallery_size or DEFAULT_GALLERY_SIZES), progress=update)
    if as_json:
        print_json("bench", {"rows": rows})
        return
    cells = [(row.what, row.value, row.beside, "" if row.ratio is None else f"{row.ratio:.2f}×") for row in rows]
    out.print(table("This machine", ("what", "measured", "beside", "ratio"), cells, right=(3,)))
