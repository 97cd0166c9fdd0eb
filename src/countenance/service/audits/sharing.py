"""Use cases on a finished audit: its report, its bundle, its certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from countenance.core.errors import CountenanceError, FileUnreadable
from countenance.service.audit_report.report import render_report
from countenance.service.audits.bundle import BundleContents, BundledRun, write_bundle
from countenance.service.audits.certificate import Statement, read_key, signed_certificate
from countenance.service.audits.plans import facts_to_plain, plan_to_plain
from countenance.service.audits.running import (
    Progress,
    choices_of,
    facts_of,
    plan_of,
    prepare,
    run_audit,
    system_of,
)
from countenance.service.audits.score_run import IMPORTED, measure_again
from countenance.service.audits.score_store import stored
from countenance.service.audits.vendor_audit import VENDOR, measure_vendor_again
from countenance.service.audits.workspace import AUDIT, REPORT, AuditSetUp, Workspace
from countenance.service.ports import CalibrationBook, Engine
from countenance.service.sources import read_photo

#: Gives the engine of a name; the application's.
Engines = Callable[[str], Engine]


def make_report(workspace: Workspace) -> Path:
    """Write the report of an audit's result and return where it lies.

    Raises:
        FileUnreadable: The audit was not run yet.
    """
    document = workspace.result()
    return workspace.write(REPORT, render_report(document, photos=photo_source(workspace)))


def photo_source(workspace: Workspace) -> Callable[[str], bytes | None]:
    """Return what gives a photo's bytes by its name in the document; None where it is not to be had."""
    if not workspace.exists():
        return lambda _: None
    set_up = workspace.set_up()
    against = set_up.run.get("against")
    folders = [set_up.photos_root]
    if against:
        gallery = Path(str(against))
        folders.append((gallery if (workspace.folder / gallery).is_dir() else gallery.parent).as_posix())

    def bytes_of(file: str) -> bytes | None:
        for folder in folders:
            try:
                return read_photo(workspace.folder / folder / file)
            except CountenanceError:
                continue
        return None

    return bytes_of


def run_again(
    workspace: Workspace,
    engines: Engines,
    calibrations: CalibrationBook,
    *,
    presets: tuple[str, ...],
    thresholds: tuple[float, ...],
    made_at: str,
    workers: int,
    progress: Progress,
) -> dict[str, Any]:
    """Run an audit again as it was run, with more thresholds to stop at; templates are kept from before.

    Raises:
        AuditInputInvalid: A preset is not known, or a number is no threshold.
    """
    ran = _ran(workspace)
    if ran["engine"] == IMPORTED:
        return measure_again(workspace, presets, thresholds, made_at=made_at, progress=progress)
    choices = choices_of(ran, workspace)
    choices = replace(
        choices,
        presets=tuple(dict.fromkeys((*choices.presets, *presets))),
        thresholds=tuple(dict.fromkeys((*choices.thresholds, *thresholds))),
    )
    if ran["engine"] == VENDOR:
        return measure_vendor_again(workspace, choices, made_at=made_at, progress=progress)
    other = ran["compare_with"]
    return run_audit(
        workspace, engines(ran["engine"]), calibrations, choices, made_at=made_at, workers=workers, progress=progress,
        other=None if other is None else engines(other),
    )  # fmt: skip


def make_bundle(
    workspace: Workspace,
    path: Path,
    engines: Engines,
    calibrations: CalibrationBook,
    *,
    with_photos: bool,
    with_templates: bool,
    workers: int,
    progress: Progress,
) -> tuple[str, ...]:
    """Write an audit's bundle and return the names of its files.

    Raises:
        FileUnreadable: The audit was not run yet, or a photo is gone.
        AuditInputInvalid: More comparisons than a bundle holds.
    """
    set_up, ran, document = workspace.set_up(), _ran(workspace), workspace.result()
    if ran["engine"] in (IMPORTED, VENDOR):
        material, evidence, known_plan, facts = stored(workspace)
        contents = BundleContents(
            document=document,
            audit=workspace.read(AUDIT),
            plan=plan_to_plain(known_plan),
            facts=facts_to_plain(facts),
            runs=(BundledRun(ran["engine"], material, evidence),),
            licence=set_up.licence,
        )
        return write_bundle(path, contents, photos=_photo_files(workspace, set_up) if with_photos else None)
    choices = choices_of(ran, workspace)
    engine = engines(ran["engine"])
    plan, notes = plan_of(choices, calibrations.find(engine.model))
    runs = []
    for name in filter(None, (ran["engine"], ran["compare_with"])):
        ready = prepare(
            workspace, set_up, engines(name), against=choices.against, workers=workers, progress=progress
        )  # fmt: skip
        runs.append(BundledRun(name, ready.material, ready.evidence))
    contents = BundleContents(
        document=document,
        audit=workspace.read(AUDIT),
        plan=plan_to_plain(plan),
        facts=facts_to_plain(facts_of(set_up, ran, system_of(engine), notes)),
        runs=tuple(runs),
        licence=set_up.licence,
    )
    templates = None
    if with_templates:
        templates = {f"templates/{run.name}.npz": workspace.cache(run.name) for run in runs}
    return write_bundle(
        path, contents, photos=_photo_files(workspace, set_up) if with_photos else None, templates=templates
    )


def make_certificate(workspace: Workspace, statement: Statement, key: Path, path: Path) -> Path:
    """Write the signed certificate of an audit's result and return where it lies.

    Raises:
        FileUnreadable: The audit was not run yet, or a file cannot be read or written.
        AuditInputInvalid: The result makes no certificate, or the key is none.
    """
    signed = signed_certificate(workspace.result(), statement, read_key(key))
    try:
        path.write_bytes(signed)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
    return path


def _photo_files(workspace: Workspace, set_up: AuditSetUp) -> dict[str, Path]:
    return {f"photos/{photo.file}": workspace.photo_path(set_up, photo.file) for photo in set_up.photos}


def _ran(workspace: Workspace) -> dict[str, Any]:
    ran = dict(workspace.set_up().run)
    if not ran:
        raise FileUnreadable(
            f"The audit {workspace.name} was not run yet.", remedy=f"Run `countenance audit run {workspace.name}`."
        )
    return ran
