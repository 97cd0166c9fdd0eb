"""``migrate rekognition``: a collection's people, indexed again from the original photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable
from countenance.cli import exit_codes
from countenance.cli.options import Case, Claim, DataDir, Json, Model, Purpose, Sector, application, stated
from countenance.cli.output import out, print_json, progress_bar
from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.collection_parts import CollectionTerms
from countenance.service.galleries import GallerySource
from countenance.service.migration import MigrationReport, MigrationTerms, by_name, migrate
from countenance.service.migration_plan import plan
from countenance.service.moved_list import CsvMovedList, rejects_csv
from countenance.service.old_faces import OldFace, read_old_faces
from countenance.service.vendor_quality import QualityFilter

migrate_app = typer.Typer(help="Take a collection along from a cloud service.", no_args_is_help=True)
#: Files of a migration, in its folder.
FACE_IDS, REJECTS = "face_ids.csv", "rejects.csv"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(migrate_app, name="migrate")


@migrate_app.callback()
def _migrate() -> None:
    """Take a collection along from a cloud service."""


@migrate_app.command(
    "rekognition",
    epilog="Example:  countenance migrate rekognition --collection staff --images ./originals --faces faces.jsonl "
    "--source consented_enrolment --basis contract",
)
def rekognition(
    collection: Annotated[str, typer.Option("--collection", help="Its name, there and here.", show_default=False)],
    images: Annotated[Path, typer.Option("--images", help="Folder of the original photos.", show_default=False)],
    faces: Annotated[
        Path | None, typer.Option("--faces", help="What ListFaces said, as JSON lines.", show_default=False)
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder of the lists.", show_default="migration-COLLECTION")
    ] = None,
    source: Annotated[
        GallerySource, typer.Option("--source", help="Where the faces come from, if the collection is new.")
    ] = GallerySource.UNKNOWN,
    basis: Annotated[str, typer.Option("--basis", help="Why they are kept, in your words.")] = "taken along",
    retention_days: Annotated[
        int | None, typer.Option("--retention-days", min=1, help="Days until a face is deleted; else kept.")
    ] = None,
    max_faces: Annotated[
        int | None, typer.Option("--max-faces", min=1, max=100, help="Most faces of a photo.", show_default="as listed")
    ] = None,
    quality_filter: Annotated[
        QualityFilter, typer.Option("--quality-filter", help="Faces it leaves out are rejected.")
    ] = QualityFilter.AUTO,
    case: Case = None,
    sector: Sector = None,
    purpose: Purpose = None,
    claim: Claim = None,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Index a collection again from the originals: external ids stay, old face ids lead to new ones. Resumes."""
    from countenance.bootstrap.serving import collection_parts

    old = None if faces is None else _old_faces(faces)
    photos = plan(images, None if old is None else by_name(old))
    kept = folder or Path(f"migration-{collection}")
    moved = CsvMovedList(_made(kept) / FACE_IDS)
    claims = stated(sector=sector, on_behalf_of=None, purpose=purpose, place=None, claim=claim)
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        shared = collection_parts(parts, CollectionTerms(source, basis, retention_days))
        standing = parts.standing(claims, case=case)
        terms = MigrationTerms(collection, max_faces, quality_filter)
        with progress_bar(f"Indexing into {collection}", quiet=as_json) as update:
            report = migrate(shared, standing, terms, photos, old, moved, update)
    _write(kept / REJECTS, rejects_csv(report.rejects))
    if as_json:
        print_json(
            "migrate rekognition", {"report": report, "face_ids": kept / FACE_IDS, "rejects_file": kept / REJECTS}
        )
    else:
        _print(report, kept)
    if report.rejects:
        raise typer.Exit(exit_codes.SOME_REJECTED)


def _print(report: MigrationReport, kept: Path) -> None:
    before = f", {report.done_before} of them by an earlier run" if report.done_before else ""
    out.print(Text(f"{report.photos} photos{before}: {report.faces} faces are in the collection.", style="bold"))
    if report.old_faces:
        out.print(Text(f"{report.led} of {report.old_faces} old face ids lead to new ones: {kept / FACE_IDS}"))
    if report.rejects:
        out.print(Text(f"{len(report.rejects)} photos or old faces were not taken along: {kept / REJECTS}"))
        out.print(Text("Photos there are tried again when the command is run again."))


def _old_faces(path: Path) -> tuple[OldFace, ...]:
    try:
        return read_old_faces(path.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or '').lower()}.") from error
    except UnicodeDecodeError as error:
        raise ListInvalid(f"{path.name} is not UTF-8 text.") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be made: {(error.strerror or '').lower()}.") from error
    return folder


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
