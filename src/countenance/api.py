"""The package from Python: the same jobs as the command line, with results that print well.

    import countenance as cn
    result = cn.compare("a.jpg", "b.jpg")
    result.similarity, result.decision, result.threshold, result.meaning
    print(result)

Models are loaded once a process and kept. Settings come from the environment and the settings file, as for the command
line; ``model=`` chooses a recogniser.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from countenance.bootstrap.application import Application, load_settings
from countenance.core.vocabulary import GallerySummary, PhotoFaces
from countenance.service.compare import ComparisonResult, ThresholdChoice
from countenance.service.faces import PhotoInput
from countenance.service.sources import read_photo

if TYPE_CHECKING:
    from countenance.bootstrap.accountability import AccountableParts
    from countenance.service.audits.results import AuditResult
    from countenance.service.enrol import EnrolmentReport
    from countenance.service.search import SearchResult

PhotoSource = str | Path | bytes


@functools.lru_cache(maxsize=4)
def application(model: str | None = None) -> Application:
    """Return the process's application for a model; its parts are built on first use and kept."""
    return Application(load_settings(model=model))


def detect(photo: PhotoSource, *, model: str | None = None, claims: Mapping[str, object] | None = None) -> PhotoFaces:
    """Return all faces of a photo, largest first, with boxes, landmarks and quality measures.

    Args:
        photo: Path, or the encoded file's bytes.
        model: Name of a recogniser; only its crop size matters here.
        claims: What you state about the act, as docs/reference/policy.md lists it; without any, a private person's
            own album.

    Raises:
        PolicyDenied: The rules refuse it.
        InputError: The photo cannot be used.
    """
    data = _as_input(photo, None).data
    with _accountable(model) as parts:
        return parts.jobs(parts.standing(claims)).detect(data, crops=True).value


def compare(
    probe: PhotoSource,
    reference: PhotoSource,
    *,
    probe_face: int | None = None,
    reference_face: int | None = None,
    target_false_match_rate: float | None = None,
    threshold: float | None = None,
    model: str | None = None,
    claims: Mapping[str, object] | None = None,
) -> ComparisonResult:
    """Return whether two photos are called a match, the similarity, the threshold and what they mean.

    Args:
        probe: Path, or the encoded file's bytes.
        reference: Path, or the encoded file's bytes.
        probe_face: Which face to use, from 1 for the largest, if the photo holds several.
        reference_face: The same for the other photo.
        target_false_match_rate: Decide where this rate was measured; 1e-4 unless given.
        threshold: Decide at this similarity instead.
        model: Name of a recogniser.
        claims: What you state about the act; see ``detect``.

    Raises:
        PolicyDenied: The rules refuse it.
        SeveralFaces: A photo holds several faces and none was chosen.
        InputError: A photo cannot be used.
        CalibrationMissing, CalibrationUnsupported: The rate asked for has no measured meaning.
    """
    inputs = _as_input(probe, probe_face), _as_input(reference, reference_face)
    choice = ThresholdChoice(target_false_match_rate=target_false_match_rate, value=threshold)
    with _accountable(model) as parts:
        return parts.jobs(parts.standing(claims)).compare(*inputs, choice).value


def galleries() -> list[GallerySummary]:
    """Return all galleries by name."""
    with application().store() as store:
        return store.list_galleries()


def enrol(
    gallery: str, source: str | Path, *, model: str | None = None, claims: Mapping[str, object] | None = None
) -> EnrolmentReport:
    """Enrol a folder (one folder a person) or CSV list into an existing gallery and return what came of each photo.

    Raises:
        PolicyDenied: The rules refuse it.
        GalleryNotFound, ModelMismatch, FileUnreadable, ListInvalid, StorageFull: see ``countenance.service.enrol``.
    """
    with _accountable(model) as parts:
        jobs = parts.jobs(parts.standing(claims), engine=parts.many_photos_engine)
        return jobs.enrol(
            gallery, Path(source), store=parts.store, policies=parts.policies, workers=parts.app.workers
        ).value


def search(
    gallery: str,
    probe: PhotoSource,
    *,
    face: int | None = None,
    target_false_match_rate: float | None = None,
    threshold: float | None = None,
    limit: int = 10,
    accept_low_quality: bool = False,
    model: str | None = None,
    claims: Mapping[str, object] | None = None,
) -> SearchResult:
    """Return who in the gallery looks like the person in the photo; nobody is an answer.

    Where the rules want a review first, the outcome is ``held for review`` and no candidate is returned.

    Raises:
        PolicyDenied: The rules refuse it.
        GalleryNotFound, ModelMismatch, SeveralFaces, InputError, CalibrationUnsupported: see ``GallerySearch.search``.
    """
    from countenance.service.search import SearchRequest

    request = SearchRequest(
        gallery=gallery,
        probe=_as_input(probe, face),
        choice=ThresholdChoice(target_false_match_rate=target_false_match_rate, value=threshold),
        limit=limit,
        accept_low_quality=accept_low_quality,
    )
    with _accountable(model) as parts:
        jobs = parts.jobs(parts.standing(claims))
        return jobs.search(request, galleries=parts.gallery_search, policies=parts.policies).value


def audit_photos(
    folder: str | Path,
    photos: str | Path,
    people: str | Path,
    *,
    labels: Sequence[str] = (),
    target_false_match_rate: float | None = None,
    threshold: float | None = None,
    against: str | Path | None = None,
    synthetic: bool = False,
    seed: int = 1,
    model: str | None = None,
    claims: Mapping[str, object] | None = None,
) -> AuditResult:
    """Audit a recogniser on labelled photos and return the result: ``result.frame("fmr")``, ``result.report()``.

    Args:
        folder: The audit's folder; made if need be, an earlier audit in it is replaced.
        photos: Folder of the photos.
        people: CSV list: person, file or folder, labels.
        labels: Columns to group people by; those with a usual name when empty.
        target_false_match_rate: Set the threshold for this rate on the data itself.
        threshold: Decide at this similarity instead.
        against: Gallery: a folder (one folder a person) or a CSV list; the photos themselves when None.
        synthetic: Whether the people do not exist.
        seed: Of every resampling.
        model: Name of a recogniser.
        claims: What you state about the act; see ``detect``.

    Raises:
        PolicyDenied: The rules refuse it.
        FileUnreadable, ListInvalid: The list or the photos cannot be used.
        AuditInputInvalid, CalibrationUnsupported: Labels or the target rate cannot be used.
    """
    from datetime import UTC, datetime

    from countenance.service import acts
    from countenance.service.admission import AdmittedEngine, OngoingAct, Outcome
    from countenance.service.audits.new_audit import NewAudit, understand
    from countenance.service.audits.people import PeopleChoices
    from countenance.service.audits.results import open_result
    from countenance.service.audits.run_records import RunChoices
    from countenance.service.audits.running import run_audit
    from countenance.service.audits.workspace import Workspace

    workspace, made_at = Workspace(Path(folder)), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = NewAudit(
        Path(photos), Path(people), PeopleChoices(labels=tuple(labels)), created_at=made_at, synthetic=synthetic
    )
    choices = RunChoices(
        threshold=threshold,
        target_fmr=target_false_match_rate,
        seed=seed,
        against=None if against is None else Path(against),
    )

    def unseen(step: str, done: int, total: int) -> None:
        """Show nothing."""

    with _accountable(model) as parts:
        workers = parts.app.workers

        def run(act: OngoingAct) -> AuditResult:
            engine = AdmittedEngine(act, parts.many_photos_engine)
            workspace.keep(understand(workspace, wanted, engine, workers=workers, progress=unseen).set_up)
            run_audit(
                workspace, engine, parts.app.calibrations, choices, made_at=made_at, workers=workers, progress=unseen
            )
            return open_result(workspace.folder)

        standing = parts.standing({"purpose": "accuracy_evaluation", **(claims or {})})
        jobs = parts.jobs(standing, engine=parts.many_photos_engine)
        return jobs.measure(acts.AUDIT, run, lambda _: Outcome("measured", {})).value


def open_audit(folder: str | Path) -> AuditResult:
    """Return the result of an audit that was run: its document, tables as data frames and its report.

    Raises:
        FileUnreadable: There is none in this folder.
        AuditInputInvalid: The file is damaged.
    """
    from countenance.service.audits.results import open_result

    return open_result(Path(folder))


def _accountable(model: str | None) -> AbstractContextManager[AccountableParts]:
    from countenance.bootstrap.accountability import accountable

    return accountable(application(model), interface="python")


def _as_input(photo: PhotoSource, face_number: int | None) -> PhotoInput:
    if isinstance(photo, bytes):
        return PhotoInput("the photo", photo, face_number)
    path = Path(photo)
    return PhotoInput(path.name, read_photo(path), face_number)
