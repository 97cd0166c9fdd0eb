"""``gallery``, ``enrol`` and ``search``: people in, candidates out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.cli import exit_codes
from countenance.cli.options import DataDir, ExitCode, Json, Model, TargetFmr, Threshold, application, check_rate
from countenance.cli.output import err, out, print_json, progress_bar, table
from countenance.core.errors import FileUnreadable, GalleryNotFound
from countenance.core.thresholds import Support
from countenance.core.vocabulary import EnrolmentStatus, GallerySummary
from countenance.service.compare import ThresholdChoice, threshold_in_words
from countenance.service.enrol import EnrolmentReport
from countenance.service.enrol import enrol as enrol_photos
from countenance.service.faces import PhotoInput
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES, FalseCandidates
from countenance.service.search import PhotoSearchResult, SearchOutcome, SearchRequest, SearchResult
from countenance.service.sources import read_photo

gallery_app = typer.Typer(help="Create, list, show and delete galleries.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(gallery_app, name="gallery")
    app.command(epilog="Example:  countenance enrol staff ./photos   (one folder a person)")(enrol)
    app.command(epilog="Example:  countenance search staff visitor.jpg")(search)


@gallery_app.command(
    "create", epilog='Example:  countenance gallery create staff --basis "consent, form 7" --retention-days 365'
)
def create(
    name: Annotated[str, typer.Argument(help="Name of the gallery.", show_default=False)],
    basis: Annotated[str, typer.Option("--basis", help="Why faces are kept in it, in your words.", show_default=False)],
    retention_days: Annotated[
        int | None, typer.Option("--retention-days", min=1, help="Days until a reference expires; none: until erased.")
    ] = None,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Create an empty gallery for one model, with its reason and how long faces stay."""
    app = application(model=model, data_dir=data_dir)
    with app.store() as store:
        made = store.create_gallery(name, app.manifest.identity, basis=basis, retention_days=retention_days)
    _print_gallery(made, as_json=as_json, command="gallery create")


@gallery_app.command("list")
def list_(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List galleries with their size and model."""
    with application(data_dir=data_dir).store() as store:
        found = store.list_galleries()
    if as_json:
        print_json("gallery list", {"galleries": found})
    elif not found:
        out.print("No gallery yet. Make one with: countenance gallery create NAME --basis WHY")
    else:
        rows = [(g.name, f"{g.subjects:,}", f"{g.references:,}", g.model.short, _kept(g)) for g in found]
        out.print(table("Galleries", ("name", "people", "references", "model", "kept"), rows, right=(1, 2)))


@gallery_app.command("show")
def show(
    name: Annotated[str, typer.Argument(show_default=False)], as_json: Json = False, data_dir: DataDir = None
) -> None:
    """Show one gallery: size, model, reason, retention, revision."""
    with application(data_dir=data_dir).store() as store:
        found = store.gallery(name)
    _print_gallery(found, as_json=as_json, command="gallery show")


@gallery_app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Delete a gallery with all its references and keys. There is no way back."""
    with application(data_dir=data_dir).store() as store:
        found = store.gallery(name)
        if not yes:
            typer.confirm(
                f"Delete {name} with {found.references} references of {found.subjects} people?", abort=True, err=True
            )
        gone = store.delete_gallery(name)
    if as_json:
        print_json("gallery delete", {"gallery": name, "references_deleted": gone})
    else:
        out.print(f"Deleted {name}: {gone:,} references and the keys of {found.subjects:,} people.")


def _kept(gallery: GallerySummary) -> str:
    return "until erased" if gallery.retention_days is None else f"{gallery.retention_days} days"


def _print_gallery(gallery: GallerySummary, *, as_json: bool, command: str) -> None:
    if as_json:
        print_json(command, {"gallery": gallery})
        return
    rows = [
        ("people", f"{gallery.subjects:,}"),
        ("references", f"{gallery.references:,}"),
        ("model", gallery.model.short),
        ("basis", gallery.basis),
        ("kept", _kept(gallery)),
        ("created", gallery.created_at),
        ("revision", str(gallery.revision)),
    ]
    out.print(table(f"Gallery {gallery.name}", ("", ""), rows))


def enrol(
    gallery: Annotated[str, typer.Argument(help="Name of the gallery.", show_default=False)],
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|CSV",
            help="One folder a person, or a CSV list with 'subject' and 'file'.",
            show_default=False,
            readable=False,
        ),
    ],
    rejects: Annotated[Path, typer.Option("--rejects", help="Where to list photos not stored.")] = Path("rejects.csv"),
    create_with_basis: Annotated[
        str | None,
        typer.Option("--create", metavar="BASIS", help="Create the gallery if it is missing, for this reason."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Enrol many photos. Interrupted runs go on where they stopped; nothing is enrolled twice."""
    if not source.exists():
        raise FileUnreadable(f"{source} does not exist.")
    app = application(model=model, data_dir=data_dir)
    with app.store() as store:
        try:
            store.gallery(gallery)
        except GalleryNotFound:
            if create_with_basis is None:
                raise
            store.create_gallery(gallery, app.manifest.identity, basis=create_with_basis, retention_days=None)
        with progress_bar(f"Enrolling into {gallery}", quiet=quiet or as_json) as update:

            def progress(done: int, total: int, counts: Counter[EnrolmentStatus]) -> None:
                rejected = sum(counts.values()) - counts[EnrolmentStatus.STORED]
                update(done, total, f"{rejected} rejected" if rejected else "")

            try:
                report = enrol_photos(
                    gallery,
                    source,
                    engine=app.engine(threads=1),
                    store=store,
                    workers=app.workers,
                    progress=progress,
                    keep=lambda report: _write_rejects(report, rejects),
                )
            except KeyboardInterrupt:
                err.print("Interrupted. Run the same command again: it goes on where it stopped.")
                raise typer.Exit(exit_codes.INTERRUPTED) from None
    if as_json:
        print_json("enrol", {"report": report, "rejects_file": rejects if report.rejects else None})
    else:
        _print_report(report, rejects)
    if report.rejects:
        raise typer.Exit(exit_codes.SOME_REJECTED)


def _write_rejects(report: EnrolmentReport, path: Path) -> None:
    try:
        if report.rejects:
            path.write_text(report.rejects_csv(), encoding="utf-8")
        else:
            # An older list would otherwise be taken for this run's.
            path.unlink(missing_ok=True)
    except OSError as error:
        raise FileUnreadable(
            f"The list of rejects cannot be written to {path}: {(error.strerror or '').lower()}.",
            remedy="Everything is enrolled; give another place with --rejects and run the command again.",
        ) from error


def _print_report(report: EnrolmentReport, rejects: Path) -> None:
    words = {
        EnrolmentStatus.STORED: "stored",
        EnrolmentStatus.DUPLICATE: "duplicate, the same bytes are enrolled already",
        EnrolmentStatus.NO_FACE: "no face found",
        EnrolmentStatus.SEVERAL_FACES: "several faces",
        EnrolmentStatus.LOW_QUALITY: "below the quality limits",
        EnrolmentStatus.UNREADABLE: "unreadable",
    }
    rows = [(words[status], f"{report.counts[status]:,}") for status in EnrolmentStatus if report.counts[status]]
    out.print(table(f"{report.photos:,} photos for {report.gallery}", ("outcome", "photos"), rows, right=(1,)))
    if report.resumed:
        out.print(f"Went on after an interruption: {report.resumed:,} photos had been dealt with.")
    if report.rejects:
        out.print(Text(f"Each photo that was not stored stands with its reason in {rejects}."))


def search(
    gallery: Annotated[str, typer.Argument(help="Name of the gallery.", show_default=False)],
    photo: Annotated[Path, typer.Argument(help="The probe.", show_default=False, readable=False)],
    face: Annotated[
        int | None, typer.Option("--face", min=1, help="Which face of the photo, 1 is the largest.")
    ] = None,
    max_false_candidates: Annotated[
        float, typer.Option("--max-false-candidates", min=0.0, help="False candidates a stranger may meet on average.")
    ] = DEFAULT_FALSE_CANDIDATES,
    target_fmr: TargetFmr = None,
    threshold: Threshold = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most candidates shown.")] = 10,
    accept_low_quality: Annotated[
        bool, typer.Option("--accept-low-quality", help="Search although the quality gate says no.")
    ] = False,
    every_face: Annotated[
        bool, typer.Option("--every-face", help="Search every face of the photo; nobody is in it twice.")
    ] = False,
    allow_twice: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-twice", metavar="SUBJECT", help="With --every-face: may be on several faces; repeatable."
        ),
    ] = None,
    exit_code: ExitCode = False,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Search a gallery. A stranger comes back as nobody; every score comes with its meaning."""
    check_rate(target_fmr)
    if target_fmr is not None and threshold is not None:
        raise typer.BadParameter("give --target-fmr or --threshold, not both")
    if not max_false_candidates > 0:
        raise typer.BadParameter("--max-false-candidates is above 0, such as 0.1")
    if every_face and face is not None:
        raise typer.BadParameter("give --face or --every-face, not both")
    if allow_twice and not every_face:
        raise typer.BadParameter("--allow-twice goes with --every-face")
    app = application(model=model, data_dir=data_dir)
    request = SearchRequest(
        gallery=gallery,
        probe=PhotoInput(photo.name, read_photo(photo), face),
        choice=ThresholdChoice(target_false_match_rate=target_fmr, value=threshold),
        max_false_candidates=max_false_candidates,
        limit=limit,
        accept_low_quality=accept_low_quality,
    )
    with app.store() as store:
        job = app.gallery_search(store)
        if every_face:
            photo_result = job.search_every_face(request, allowed_twice=allow_twice or ())
            results = [item.result for item in photo_result.faces]
        else:
            results = [job.search(request)]
    if as_json:
        print_json("search", {"photo": photo_result} if every_face else {"result": results[0]})
    elif every_face:
        _print_every_face(photo_result, photo.name, max_false_candidates)
    else:
        _print_search(results[0], photo.name, max_false_candidates)
    if exit_code and not any(item.outcome is SearchOutcome.CANDIDATES for item in results):
        raise typer.Exit(exit_codes.NEGATIVE)


def _print_every_face(found: PhotoSearchResult, name: str, asked: float) -> None:
    if not found.faces:
        out.print(Text(f"Not searched: no face found in {name}.", style="bold"))
    for number, item in enumerate(found.faces, start=1):
        _print_search(item.result, f"face {number} of {name}", asked)
        for removed in item.removed:
            out.print(Text(f"Left out: {removed.candidate.subject}, {removed.reason}."))
        out.print()


def _expected(chance: FalseCandidates) -> str:
    if chance.support is Support.BOUND_ONLY:
        return f"below {chance.at_most:.2g}"
    return f"{chance.expected:.2g}"


def _print_search(result: SearchResult, name: str, asked: float) -> None:
    headline = {
        SearchOutcome.CANDIDATES: f"{len(result.candidates)} candidate(s) in {result.gallery} for {name}.",
        SearchOutcome.NOBODY: f"Nobody: no one in {result.gallery} reaches the threshold for {name}.",
        SearchOutcome.NO_FACE: f"Not searched: no face found in {name}.",
        SearchOutcome.LOW_QUALITY: f"Not searched: {name} is not suitable ({'; '.join(result.reasons)}).",
    }
    out.print(Text(headline[result.outcome], style="bold"))
    if result.candidates:
        rows = [
            (
                str(rank),
                item.candidate.subject,
                f"{item.candidate.similarity:.3f}",
                item.meaning.false_match_rate.in_words(),
                _expected(item.false_candidates),
                str(item.candidate.references_of_subject),
            )
            for rank, item in enumerate(result.candidates, start=1)
        ]
        columns = (
            "rank",
            "subject",
            "similarity",
            "strangers scoring this",
            "false candidates expected here",
            "photos",
        )
        out.print(table("", columns, rows, right=(0, 2, 4, 5)))
    out.print(Text(threshold_in_words(result.threshold)))
    out.print(Text(result.expected.in_words()))
    if not result.promise_kept:
        err.print(
            Text(
                f"Note: {asked:g} false candidates a search cannot be promised for this gallery: the calibration data "
                "is too small. The strictest threshold it supports is used."
            )
        )
    if result.outcome is SearchOutcome.LOW_QUALITY:
        out.print("Use a better photo, or search it all the same with --accept-low-quality.")
    if result.candidates:
        out.print(Text("A candidate is an investigative lead, not an identification.", style="italic"))
