"""``models``, ``threshold`` and ``calibrate``: which recognisers there are and what their scores mean."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.model_facts import ModelFacts, add, calibration_of, model_facts, verify_models
from countenance.cli import exit_codes
from countenance.cli.options import DataDir, Json, Model, TargetFmr, application, check_rate
from countenance.cli.output import out, print_json, progress_bar, record_of, table
from countenance.core.errors import ModelUnknown
from countenance.core.thresholds import Calibration, Support, Threshold, one_in
from countenance.service.compare import threshold_in_words
from countenance.service.meaning import DEFAULT_COMPARE_FMR, false_candidates, require_calibration

models_app = typer.Typer(help="List, show, add and verify recognition models.", no_args_is_help=True)
threshold_app = typer.Typer(help="Find the threshold for a rate.", no_args_is_help=True)

#: False match rates that ``models show`` tabulates, where the calibration supports them.
_SHOWN_RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(models_app, name="models")
    app.add_typer(threshold_app, name="threshold")
    app.command(epilog='Example:  countenance calibrate ./people --data-set "our staff, 2026"')(calibrate)


@models_app.command("list")
def list_(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List all models with their licence and whether they are installed."""
    facts = model_facts(application(data_dir=data_dir))
    if as_json:
        print_json("models list", {"models": facts})
        return
    rows = [
        (
            item.name,
            item.role,
            item.title,
            "yes" if item.installed else "no",
            item.licence.weights,
            item.licence.may_sell.value,
            item.calibrated_on or ("–" if item.role == "detector" else "not calibrated"),
        )
        for item in facts
    ]
    columns = (
        "name",
        "role",
        "what it is",
        "installed",
        "weights' licence",
        "may I sell with it?",
        "scores measured on",
    )
    out.print(table("Models", columns, rows))


@models_app.command("show")
def show(
    name: Annotated[str, typer.Argument(show_default=False)], as_json: Json = False, data_dir: DataDir = None
) -> None:
    """Show one model: files with digests, licence in words, and what its scores mean."""
    app = application(data_dir=data_dir)
    facts = {item.name: item for item in model_facts(app)}
    if name not in facts:
        raise ModelUnknown(f"No model is called {name!r}.", remedy=f"Known models: {', '.join(facts)}.")
    calibration = None if facts[name].role == "detector" else calibration_of(app, name)
    thresholds = [] if calibration is None else _supported_thresholds(calibration)
    if as_json:
        print_json("models show", {"model": facts[name], "thresholds": thresholds})
        return
    _print_facts(facts[name])
    if calibration is not None:
        _print_calibration(calibration, thresholds)


def _supported_thresholds(calibration: Calibration) -> list[Threshold]:
    rates = [rate for rate in _SHOWN_RATES if rate >= calibration.smallest_supported_rate]
    return [calibration.threshold_for(rate) for rate in rates]


def _print_facts(item: ModelFacts) -> None:
    rows = [
        ("what it is", item.title),
        ("role", item.role),
        ("installed", "yes" if item.installed else "no"),
        *((("identity", item.identity),) if item.identity else ()),
        *(((f"file {file}", f"SHA-256 {digest}")) for file, digest in item.files.items()),
        ("licence of the weights", item.licence.weights),
        ("may I sell with it?", item.may_i_sell_with_it),
        ("training data", item.licence.training_data),
        ("source", item.licence.source),
    ]
    out.print(table(item.name, ("", ""), rows))


def _print_calibration(calibration: Calibration, thresholds: list[Threshold]) -> None:
    out.print()
    out.print(
        Text(
            f"Measured on {calibration.data_set}, {calibration.date}: {calibration.subjects:,} people, "
            f"{calibration.photos:,} photos, {calibration.non_mated:,} non-mated and {calibration.mated:,} mated "
            f"comparisons; {calibration.failures_to_acquire} failures to acquire."
        )
    )
    rows = [
        (
            f"{item.value:.3f}",
            f"{item.false_match_rate.estimate:.2g}",
            one_in(item.false_match_rate.estimate),
            f"{item.false_match_rate.low:.2g} – {item.false_match_rate.high:.2g}",
            f"{item.false_match_rate.errors:,}",
            f"{item.false_non_match_rate.estimate:.2%}",
            f"{item.false_non_match_rate.low:.2%} – {item.false_non_match_rate.high:.2%}",
        )
        for item in thresholds
    ]
    columns = ("threshold", "FMR", "strangers taken for one", "95 %", "errors", "FNMR", "95 %")
    out.print(table("", columns, rows, right=(0, 1, 4, 5)))
    out.print("Overall rates on this data set. They are not the same in every group of people: run an audit for that.")


@models_app.command("add", epilog="Example:  countenance models add ./my-arcface/manifest.toml")
def add_(
    manifest: Annotated[Path, typer.Argument(help="Manifest of the model (TOML).", show_default=False, readable=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Add an ArcFace-style ONNX model from its manifest; docs/how-to/add-a-model.md explains the fields."""
    app = application(data_dir=data_dir)
    made = add(app, manifest)
    if as_json:
        print_json("models add", {"name": made.name, "identity": made.identity.digest})
        return
    out.print(Text(f"Added {made.identity.short}: {made.title}. Licence of the weights: {made.licence.weights}."))
    out.print(Text(f"Its scores have no meaning yet: run `countenance calibrate PHOTOS --model {made.name}`."))


@models_app.command("verify")
def verify(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Check every model file against its pinned SHA-256."""
    checks = verify_models(application(data_dir=data_dir))
    if as_json:
        print_json("models verify", {"files": checks})
    else:
        rows = [(c.model, c.file, "intact" if c.intact else c.problem or "") for c in checks]
        out.print(table("Model files", ("model", "file", "result"), rows))
    if any(not check.intact and not check.missing for check in checks):
        raise typer.Exit(5)


@threshold_app.command(
    "suggest", epilog="Example:  countenance threshold suggest --max-false-candidates 0.1 --gallery staff"
)
def suggest(
    target_fmr: TargetFmr = None,
    max_false_candidates: Annotated[
        float | None, typer.Option("--max-false-candidates", help="False candidates a stranger may meet on average.")
    ] = None,
    gallery: Annotated[str | None, typer.Option("--gallery", help="Gallery whose size counts.")] = None,
    size: Annotated[int | None, typer.Option("--size", min=1, help="References, instead of a gallery's.")] = None,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Say which threshold keeps a rate, and what it costs. Nothing is extrapolated beyond the calibration data."""
    check_rate(target_fmr)
    if (target_fmr is None) == (max_false_candidates is None):
        raise typer.BadParameter("give either --target-fmr or --max-false-candidates")
    if max_false_candidates is not None and (gallery is None) == (size is None):
        raise typer.BadParameter("--max-false-candidates needs --gallery or --size")
    if max_false_candidates is not None and not max_false_candidates > 0:
        raise typer.BadParameter("--max-false-candidates is above 0, such as 0.1")
    app = application(model=model, data_dir=data_dir)
    calibration = require_calibration(app.calibrations, app.manifest.identity)
    references = size
    if gallery is not None:
        with app.store() as store:
            references = max(1, store.gallery(gallery).references)
    # The same rule as a search: however small the gallery, never looser than the rate of a 1:1 comparison.
    limit = DEFAULT_COMPARE_FMR if max_false_candidates is None else max_false_candidates / (references or 1)
    threshold = calibration.threshold_for(min(limit, DEFAULT_COMPARE_FMR) if target_fmr is None else target_fmr)
    expected = None if references is None else false_candidates(threshold.false_match_rate, references)
    if as_json:
        print_json("threshold suggest", {"threshold": threshold, "expected_false_candidates": expected})
        return
    out.print(Text(f"{threshold.value:.3f}", style="bold"))
    out.print(Text(threshold_in_words(threshold)))
    if expected is not None:
        out.print(Text(expected.in_words()))
    if threshold.false_match_rate.support is not Support.MEASURED:
        out.print(
            Text(
                f"Note: this rests on {threshold.false_match_rate.errors} errors only; the 95 % interval of the FMR is "
                f"{threshold.false_match_rate.low:.2g} to {threshold.false_match_rate.high:.2g}."
            )
        )


def calibrate(
    photos: Annotated[
        Path, typer.Argument(help="Folder (one a person) or CSV list of photos.", show_default=False, readable=False)
    ],
    data_set: Annotated[
        str, typer.Option("--data-set", help="What to call the data in every result.", show_default=False)
    ],
    date: Annotated[
        str | None, typer.Option("--date", help="ISO date of the measurement.", show_default="today")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="File of the record.", show_default="the data folder")
    ] = None,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Measure what a model's scores mean on labelled photos, and keep the record (numbers only)."""
    app = application(model=model, data_dir=data_dir)
    with accountable(app, interface="cli") as parts:
        standing = parts.standing()
        with progress_bar(f"Measuring {app.manifest.name}", quiet=as_json) as update:
            done = parts.jobs(standing, engine=parts.many_photos_engine).calibrate(
                photos,
                data_set=data_set,
                date=date or dt.datetime.now(tz=dt.UTC).date().isoformat(),
                workers=app.workers,
                progress=update,
            )
        report = done.value
        path = parts.keep_calibration(report.calibration, standing, output)
    if as_json:
        thresholds = _supported_thresholds(report.calibration)
        content = {"file": path, "thresholds": thresholds, "no_face": report.no_face, "record": record_of(done)}
        print_json("calibrate", content)
    else:
        _print_calibration(report.calibration, _supported_thresholds(report.calibration))
        out.print(Text(f"Kept in {path}."))
    if report.unreadable or report.no_face:
        raise typer.Exit(exit_codes.SOME_REJECTED)
