"""``audit import``: scores of any system, understood, shown, confirmed and measured."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from countenance.cli.options import Json, check_rate
from countenance.cli.output import err, out, print_json, progress_bar, table
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.score_import import (
    Design,
    Direction,
    ImportChoices,
    ImportedScores,
    NamedColumns,
    PeopleChoices,
    Repeated,
    Scale,
    Understanding,
    understand,
)
from countenance.service.audits.score_run import (
    UNNAMED,
    MappedThreshold,
    ScoreRunChoices,
    mapped_thresholds,
    run_import,
)
from countenance.service.audits.workspace import Workspace

_SCALES = ("percent", "fraction", "cosine", "raw")
_REPEATED = ("refuse", "highest", "lowest")


def register(app: typer.Typer) -> None:
    """Add the command of this module to the ``audit`` commands."""
    app.command("import", epilog="Example:  countenance audit import scores.csv --name vendor --people people.csv")(
        import_
    )


def import_(
    scores: Annotated[Path, typer.Argument(help="CSV (also compressed) or Parquet: probe, reference, score.")],
    name: Annotated[str, typer.Option("--name", help="Name of the audit; a folder of that name is made.")],
    people: Annotated[
        Path | None, typer.Option("--people", help="CSV with id, subject and labels; or subject and labels.")
    ] = None,
    label: Annotated[list[str] | None, typer.Option("--label", help="A column to group people by; repeatable.")] = None,
    subject_pattern: Annotated[
        str | None, typer.Option("--subject-pattern", help="Regular expression; its first group is the subject.")
    ] = None,
    probe: Annotated[str | None, typer.Option("--probe", help="Column of the probe.")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="Column of the reference.")] = None,
    score: Annotated[str | None, typer.Option("--score", help="Column of the score.")] = None,
    mated: Annotated[str | None, typer.Option("--mated", help="Column that says whether both are one person.")] = None,
    higher: Annotated[
        bool | None,
        typer.Option(
            "--higher-is-more-alike/--lower-is-more-alike", help="Similarity or distance.", show_default="seen"
        ),
    ] = None,
    scale: Annotated[
        str | None, typer.Option("--scale", help="percent, fraction, cosine or raw.", show_default="seen")
    ] = None,
    repeated: Annotated[
        str, typer.Option("--repeated", help="Pairs with several scores: refuse, or keep highest or lowest.")
    ] = "refuse",
    one_set: Annotated[
        bool | None,
        typer.Option(
            "--one-set/--two-sets", help="Photos among themselves, or probes with references.", show_default="seen"
        ),
    ] = None,
    absent_failed: Annotated[
        bool, typer.Option("--absent-failed", help="Listed photos in no comparison are failures to acquire.")
    ] = False,
    delimiter: Annotated[str | None, typer.Option("--delimiter", help="Of a CSV file.", show_default="seen")] = None,
    system: Annotated[str, typer.Option("--system", help="Whose scores these are.")] = UNNAMED,
    threshold: Annotated[float | None, typer.Option("--threshold", help="Decide here, in the file's units.")] = None,
    target_fmr: Annotated[
        float | None, typer.Option("--target-fmr", help="Decide where this rate is measured.")
    ] = None,
    preset: Annotated[list[str] | None, typer.Option("--preset", help="Thresholds of a published test.")] = None,
    thresholds: Annotated[str, typer.Option("--thresholds", help="More thresholds, such as 80,95,99.")] = "",
    description: Annotated[str, typer.Option("--description", help="What the data is, in your words.")] = "",
    labels_from: Annotated[str, typer.Option("--labels-from", help="Who labelled the people, and how.")] = "",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="The people do not exist.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of every resampling.")] = 1,
    folder: Annotated[Path, typer.Option("--dir", help="Where the audit's folder is made.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Direction and scale are as shown; do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Measure any system's scores by group, from a file of probe, reference and score."""
    check_rate(target_fmr)
    choices = ImportChoices(
        columns=NamedColumns(probe, reference, score, mated),
        people=PeopleChoices(people, tuple(label or ()), subject_pattern),
        direction=None if higher is None else (Direction.SIMILARITY if higher else Direction.DISTANCE),
        scale=None if scale is None else Scale(_one_of(scale, _SCALES, "--scale")),
        repeated=Repeated(_one_of(repeated, _REPEATED, "--repeated")),
        design=Design.DETECT if one_set is None else (Design.ONE_SET if one_set else Design.TWO_SETS),
        delimiter=delimiter,
        absent_failed=absent_failed,
    )
    running = ScoreRunChoices(
        system=system, threshold=threshold, target_fmr=target_fmr, presets=tuple(preset or ()),
        thresholds=_numbers(thresholds), seed=seed, description=description, source_of_labels=labels_from,
        synthetic=synthetic,
    )  # fmt: skip
    seen = understand(scores, choices)
    imported = seen.settle()
    _show(seen, imported, quiet=as_json)
    _confirm(seen, imported, yes=yes)
    workspace = Workspace(folder / name)
    with progress_bar("Measuring", quiet=as_json) as update:
        document = run_import(
            workspace, imported, running, source=scores, made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            progress=lambda step, done, total: update(done, total, step),
        )  # fmt: skip
    rows = mapped_thresholds(document, imported.scale)
    if as_json:
        content = {
            "name": name,
            "headline": document["headline"],
            "scale": {"name": imported.scale.name, "note": imported.scale.note},
            "rows": imported.tally,
            "notes": imported.notes,
            "thresholds": rows,
        }
        print_json("audit import", content)
        return
    out.print(document["headline"]["sentence"], markup=False)
    out.print(_thresholds(rows))
    out.print(f"Written to {workspace.folder}. Next: countenance audit report {name}", markup=False)


def _one_of(value: str, allowed: tuple[str, ...], option: str) -> str:
    if value not in allowed:
        raise typer.BadParameter(f"{option} is one of {', '.join(allowed)} (got {value!r})")
    return value


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise typer.BadParameter(f"--thresholds is a list of numbers such as 80,95,99 (got {text!r})") from error


def _show(seen: Understanding, imported: ImportedScores, *, quiet: bool) -> None:
    """Print what was understood to the terminal's error stream, so that results stay alone on stdout."""
    if quiet:
        return
    columns, picture = seen.columns, seen.picture()
    facts = [
        ("rows", f"{imported.tally.rows:,}, of them {imported.tally.comparisons:,} comparisons to measure"),
        ("columns", f"probe {columns.probe!r}, reference {columns.reference!r}, score {columns.score!r}"),
        ("photos", f"{len(seen.rows.photos):,} of {len(set(seen.people.subject.values())):,} people"),
        (
            "compared",
            "one set of photos with itself" if imported.material.references is None else "probes with references",
        ),
        ("labels", ", ".join(imported.material.attributes) or "none: everybody is one group"),
        ("direction", f"{imported.scale.direction.value}. {seen.seen_direction.reason}"),
        ("scale", imported.scale.name),
        ("searches", imported.searching),
    ]
    err.print(table(f"Scores of {seen.file.name}", ("", ""), facts))
    bars = [(kind, f"▕{line}▏", f"{number:,}") for kind, (number, line) in picture.lines.items()]
    err.print(table(f"from {picture.low:g} to {picture.high:g}", ("", "", "comparisons"), bars, right=(2,)))
    for note in imported.notes:
        err.print(f"· {note}", markup=False)


def _confirm(seen: Understanding, imported: ImportedScores, *, yes: bool) -> None:
    if yes or seen.stated:
        return
    question = f"Is this right: {imported.scale.direction.value}, {imported.scale.name}?"
    if not sys.stdin.isatty():
        raise AuditInputInvalid(
            f"Nobody confirmed direction and scale of {seen.file.name}: {imported.scale.direction.value}, "
            f"{imported.scale.name}.",
            remedy="Look at the distributions, then add --yes, or state --higher-is-more-alike or "
            "--lower-is-more-alike, and --scale.",
        )
    typer.confirm(question, abort=True, err=True)


def _thresholds(rows: tuple[MappedThreshold, ...]) -> Table:
    cells = [(row.label, f"{row.threshold:g}", str(row.fmr["in_words"]), str(row.fnmr["in_words"])) for row in rows]
    return table("Measured at", ("threshold", "score", "false matches", "missed mates"), cells, right=(1,))
