"""``detect`` and ``compare``: photos in, faces or a decision out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable
from countenance.cli import exit_codes
from countenance.cli.options import (
    Case,
    Claim,
    DataDir,
    ExitCode,
    Json,
    Model,
    OnBehalfOf,
    Place,
    Purpose,
    Sector,
    TargetFmr,
    Threshold,
    application,
    check_rate,
    stated,
)
from countenance.cli.output import err, out, print_json, record_of, table
from countenance.core.comparison import ComparisonDecision
from countenance.core.errors import InputError
from countenance.core.vocabulary import PhotoFaces
from countenance.service.compare import ComparisonResult, ThresholdChoice
from countenance.service.faces import PhotoInput, box_in_words
from countenance.service.sources import read_photo


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  countenance detect group.jpg --json")(detect)
    app.command(epilog="Example:  countenance compare passport.jpg selfie.jpg --target-fmr 1e-5")(compare)


def detect(
    photos: Annotated[list[Path], typer.Argument(help="Photos to look at.", show_default=False, readable=False)],
    sector: Sector = None,
    on_behalf_of: OnBehalfOf = None,
    purpose: Purpose = None,
    place: Place = None,
    claim: Claim = None,
    case: Case = None,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Find faces and say how suitable each is, with reasons."""
    claims = stated(sector=sector, on_behalf_of=on_behalf_of, purpose=purpose, place=place, claim=claim)
    found: list[tuple[Path, PhotoFaces]] = []
    failed: list[tuple[Path, InputError]] = []
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        jobs = parts.jobs(parts.standing(claims, case=case))
        for path in photos:
            try:
                found.append((path, jobs.detect(read_photo(path)).value))
            except InputError as error:
                failed.append((path, error))
    if as_json:
        print_json(
            "detect",
            {
                "photos": [{"file": path, "photo": item.photo, "faces": item.faces} for path, item in found],
                "failed": [
                    {"file": path, "code": e.code, "reason": e.message, "remedy": e.remedy} for path, e in failed
                ],
            },
        )
    else:
        for path, item in found:
            _print_faces(path, item)
        for path, problem in failed:
            err.print(Text(f"{path.name}: {problem.message} {problem.remedy}", style="red"))
    if failed:
        raise typer.Exit(exit_codes.SOME_REJECTED if found else exit_codes.exit_code(failed[0][1]))


def _print_faces(path: Path, item: PhotoFaces) -> None:
    title = f"{path.name}  {item.photo.width_px} × {item.photo.height_px} {item.photo.format}"
    if not item.faces:
        out.print(Text(f"{title}: no face found"))
        return
    rows = [
        (
            str(number),
            box_in_words(face.box),
            f"{face.landmarks.inter_eye_distance_px:.0f} px",
            f"{face.detector_score:.2f}",
            "; ".join(face.quality_reasons) or "within all limits",
        )
        for number, face in enumerate(item.faces, start=1)
    ]
    out.print(table(title, ("face", "box", "eyes apart", "detector score", "quality"), rows, right=(0, 2, 3)))


def compare(
    probe: Annotated[Path, typer.Argument(metavar="A", help="A photo.", show_default=False, readable=False)],
    reference: Annotated[Path, typer.Argument(metavar="B", help="Another photo.", show_default=False, readable=False)],
    face_a: Annotated[int | None, typer.Option("--face-a", min=1, help="Which face of A, 1 is the largest.")] = None,
    face_b: Annotated[int | None, typer.Option("--face-b", min=1, help="Which face of B, 1 is the largest.")] = None,
    target_fmr: TargetFmr = None,
    threshold: Threshold = None,
    sector: Sector = None,
    on_behalf_of: OnBehalfOf = None,
    purpose: Purpose = None,
    place: Place = None,
    claim: Claim = None,
    case: Case = None,
    exit_code: ExitCode = False,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Compare two photos: one person or two, and what the score means."""
    check_rate(target_fmr)
    if target_fmr is not None and threshold is not None:
        raise typer.BadParameter("give --target-fmr or --threshold, not both")
    claims = stated(sector=sector, on_behalf_of=on_behalf_of, purpose=purpose, place=place, claim=claim)
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        done = parts.jobs(parts.standing(claims, case=case)).compare(
            PhotoInput(probe.name, read_photo(probe), face_a),
            PhotoInput(reference.name, read_photo(reference), face_b),
            ThresholdChoice(target_false_match_rate=target_fmr, value=threshold),
        )
    result = done.value
    if as_json:
        print_json("compare", {"result": result, "in_words": str(result), "record": record_of(done)})
    else:
        _print_comparison(result)
    if exit_code and result.decision is not ComparisonDecision.MATCH:
        raise typer.Exit(exit_codes.NEGATIVE)


def _print_comparison(result: ComparisonResult) -> None:
    first, *rest = str(result).splitlines()
    out.print(Text(first, style="bold"))
    for line in rest:
        out.print(Text(line))
