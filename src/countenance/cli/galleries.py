"""``gallery``, ``enrol`` and ``search``: people in, candidates out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

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
from countenance.cli.output import err, out, print_json, progress_bar, record_of, table
from countenance.core.errors import FileUnreadable, GalleryNotFound
from countenance.core.thresholds import Support
from countenance.core.vocabulary import EnrolmentStatus, GallerySummary
from countenance.service.accountability import Performed
from countenance.service.compare import ThresholdChoice, threshold_in_words
from countenance.service.enrol import EnrolmentReport
from countenance.service.faces import PhotoInput
from countenance.service.galleries import GallerySource
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES, FalseCandidates
from countenance.service.refusals import headline
from countenance.service.search import PhotoSearchResult, SearchOutcome, SearchRequest, SearchResult
from countenance.service.sources import read_photo

gallery_app = typer.Typer(help="Create, list, show and delete galleries.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(gallery_app, name="gallery")
    app.command(epilog="Example:  countenance enrol staff ./photos   (one folder a person)")(enrol)
    app.command(epilog="Example:  countenance search staff visitor.jpg")(search)


@gallery_app.command(
    "create",
    epilog='Example:  countenance gallery create album --basis "my own photos" --source consented_enrolment '
    "--keep-until-erased",
)
def create(
    name: Annotated[str, typer.Argument(help="Name of the gallery.", show_default=False)],
    basis: Annotated[str, typer.Option("--basis", help="Why faces are kept in it, in your words.", show_default=False)],
    source: Annotated[GallerySource, typer.Option("--source", help="Where the photos come from.", show_default=False)],
    retention_days: Annotated[
        int | None, typer.Option("--retention-days", min=1, help="Days until a reference expires.")
    ] = None,
    keep_until_erased: Annotated[
        bool, typer.Option("--keep-until-erased", help="References stay until somebody erases them.")
    ] = False,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Create an empty gallery for one model: why, where its photos come from, and how long faces stay."""
    _require_retention_rule(retention_days, keep_until_erased=keep_until_erased)
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        made = parts.create_gallery(name, parts.standing(), basis=basis, source=source, retention_days=retention_days)
    _print_gallery(made, source.value, as_json=as_json, command="gallery create")


def _require_retention_rule(retention_days: int | None, *, keep_until_erased: bool) -> None:
    if (retention_days is None) != keep_until_erased:
        raise typer.BadParameter("say how long faces stay: either --retention-days N or --keep-until-erased")


@gallery_app.command("list")
def list_(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List galleries with their size and model."""
    with application(data_dir=data_dir).store() as store:
        found = store.list_galleries()
    if as_json:
        print_json("gallery list", {"galleries": found})
    elif not found:
        out.print("No gallery yet. Make one with: countenance gallery create --help")
    else:
        rows = [(g.name, f"{g.subjects:,}", f"{g.references:,}", g.model.short, _kept(g)) for g in found]
        out.print(table("Galleries", ("name", "people", "references", "model", "kept"), rows, right=(1, 2)))


@gallery_app.command("show")
def show(
    name: Annotated[str, typer.Argument(show_default=False)], as_json: Json = False, data_dir: DataDir = None
) -> None:
    """Show one gallery: size, model, reason, retention, revision."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = parts.store.gallery(name)
        source = parts.policies.gallery_facts(name).source
    _print_gallery(found, source, as_json=as_json, command="gallery show")


@gallery_app.command("source", epilog="Example:  countenance gallery source album consented_enrolment")
def source_(
    name: Annotated[str, typer.Argument(show_default=False)],
    source: Annotated[GallerySource, typer.Argument(help="Where its photos come from.", show_default=False)],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """State where a gallery's photos come from; recorded. Galleries made before this was asked count as unknown."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.changes(parts.standing()).state_gallery_source(name, source)
    if as_json:
        print_json("gallery source", {"gallery": name, "source": source, "entry_id": changed.entry.entry_id})
    else:
        out.print(Text(f"{name}: {source.value}. Recorded as entry {changed.entry.entry_id}."))


@gallery_app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Delete a gallery with all its references and keys. There is no way back."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = parts.store.gallery(name)
        if not yes:
            typer.confirm(
                f"Delete {name} with {found.references} references of {found.subjects} people?", abort=True, err=True
            )
        gone = parts.delete_gallery(name, parts.standing())
    if as_json:
        print_json("gallery delete", {"gallery": name, "references_deleted": gone})
    else:
        out.print(f"Deleted {name}: {gone:,} references and the keys of {found.subjects:,} people.")


def _kept(gallery: GallerySummary) -> str:
    return "until erased" if gallery.retention_days is None else f"{gallery.retention_days} days"


def _print_gallery(gallery: GallerySummary, source: str, *, as_json: bool, command: str) -> None:
    if as_json:
        print_json(command, {"gallery": gallery, "source": source})
        return
    rows = [
        ("people", f"{gallery.subjects:,}"),
        ("references", f"{gallery.references:,}"),
        ("model", gallery.model.short),
        ("basis", gallery.basis),
        ("source", source),
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
        typer.Option(
            "--create",
            metavar="BASIS",
            help="Create the gallery if it is missing, for this reason.",
        ),
    ] = None,
    gallery_source: Annotated[
        GallerySource | None, typer.Option("--source", help="With --create: where the photos come from.")
    ] = None,
    retention_days: Annotated[
        int | None, typer.Option("--retention-days", min=1, help="With --create: days until a reference expires.")
    ] = None,
    keep_until_erased: Annotated[
        bool, typer.Option("--keep-until-erased", help="With --create: references stay until erased.")
    ] = False,
    sector: Sector = None,
    on_behalf_of: OnBehalfOf = None,
    purpose: Purpose = None,
    place: Place = None,
    claim: Claim = None,
    case: Case = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    as_json: Json = False,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Enrol many photos. Interrupted runs go on where they stopped; nothing is enrolled twice."""
    if not source.exists():
        raise FileUnreadable(f"{source} does not exist.")
    claims = stated(sector=sector, on_behalf_of=on_behalf_of, purpose=purpose, place=place, claim=claim)
    if create_with_basis is not None:
        _require_retention_rule(retention_days, keep_until_erased=keep_until_erased)
        if gallery_source is None:
            raise typer.BadParameter("--create needs --source: where the photos come from")
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        standing = parts.standing(claims, case=case)
        try:
            parts.store.gallery(gallery)
        except GalleryNotFound:
            if create_with_basis is None or gallery_source is None:
                raise
            parts.create_gallery(
                gallery, standing, basis=create_with_basis, source=gallery_source, retention_days=retention_days
            )
        with progress_bar(f"Enrolling into {gallery}", quiet=quiet or as_json) as update:

            def progress(done: int, total: int, counts: Counter[EnrolmentStatus]) -> None:
                rejected = sum(counts.values()) - counts[EnrolmentStatus.STORED]
                update(done, total, f"{rejected} rejected" if rejected else "")

            try:
                done = parts.jobs(standing, engine=parts.many_photos_engine).enrol(
                    gallery,
                    source,
                    store=parts.store,
                    policies=parts.policies,
                    workers=parts.app.workers,
                    progress=progress,
                    keep=lambda report: _write_rejects(report, rejects),
                )
            except KeyboardInterrupt:
                err.print("Interrupted. Run the same command again: it goes on where it stopped.")
                raise typer.Exit(exit_codes.INTERRUPTED) from None
    report = done.value
    if as_json:
        listed = rejects if report.rejects else None
        print_json("enrol", {"report": report, "rejects_file": listed, "record": record_of(done)})
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
    claims = stated(sector=sector, on_behalf_of=on_behalf_of, purpose=purpose, place=place, claim=claim)
    request = SearchRequest(
        gallery=gallery,
        probe=PhotoInput(photo.name, read_photo(photo), face),
        choice=ThresholdChoice(target_false_match_rate=target_fmr, value=threshold),
        max_false_candidates=max_false_candidates,
        limit=limit,
        accept_low_quality=accept_low_quality,
    )
    with accountable(application(model=model, data_dir=data_dir), interface="cli") as parts:
        jobs = parts.jobs(parts.standing(claims, case=case))
        if every_face:
            searched = jobs.search_every_face(
                request, galleries=parts.gallery_search, policies=parts.policies, allowed_twice=allow_twice or ()
            )
            results = [item.result for item in searched.value.faces]
            content: dict[str, object] = {"photo": searched.value, "record": record_of(searched)}
        else:
            single = jobs.search(request, galleries=parts.gallery_search, policies=parts.policies)
            results = [single.value]
            content = {"result": single.value, "record": record_of(single)}
    if as_json:
        print_json("search", content)
    elif every_face:
        _print_every_face(searched.value, photo.name, max_false_candidates)
    else:
        _print_search(results[0], photo.name, max_false_candidates)
    if not as_json and any(item.outcome is SearchOutcome.HELD for item in results):
        _print_held(searched if every_face else single)
    if exit_code and not any(item.outcome is SearchOutcome.CANDIDATES for item in results):
        raise typer.Exit(exit_codes.NEGATIVE)


def _print_held(done: Performed[Any]) -> None:
    """Say why nobody is shown, and where it goes on."""
    out.print(Text(headline(done.decision)))
    for reason in done.decision.reasons:
        if reason.change:
            out.print(Text(f"{reason.rule_id}: {reason.says}"))
    if done.review_id is not None:
        out.print(Text(f"Review {done.review_id}."))
    out.print(Text(f"Recorded as entry {done.outcome_entry_id}."))


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
        SearchOutcome.HELD: f"Searched {result.gallery} for {name}; the result is held for review.",
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
