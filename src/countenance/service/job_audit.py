"""An audit as a job: what ``audit new`` and ``audit run`` do, then the report and the bundle, in the audit's folder.

Rules kept here:

- It is an act of measuring, decided on and recorded, like the command.
- Interrupted, it begins again; templates that were kept are not made again. The result is written last.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from countenance.core.errors import InputError
from countenance.service import acts
from countenance.service.admission import AdmittedEngine, OngoingAct, Outcome
from countenance.service.audit_drafts import DRAFT, DRAFTED
from countenance.service.audit_shelf import BUNDLE, AuditShelf
from countenance.service.audits.new_audit import Understood, understand
from countenance.service.audits.running import RunChoices, run_audit
from countenance.service.audits.sharing import make_bundle, make_report
from countenance.service.face_jobs import FaceJobs
from countenance.service.job_port import Job
from countenance.service.job_watch import Watch
from countenance.service.ports import CalibrationBook, Engine

#: Choices of a run that a job takes, as ``RunChoices`` has them, with what each may be.
_NUMBERS: Mapping[str, tuple[type, float, float]] = {
    "threshold": (float, -1.0, 1.0),
    "target_fmr": (float, 1e-9, 1.0),
    "target_fpir": (float, 1e-9, 1.0),
    "gallery_size": (int, 1, 1e9),
    "seed": (int, 0, 2**31),
}


@dataclass(frozen=True, slots=True, eq=False)
class Brought:
    """What a job's owner may do, and the engine it is done with."""

    jobs: FaceJobs
    engine: Engine


class AuditWork:
    """Does audits.

    Args:
        shelf: The audits.
        bring: (job, watch) → the face jobs of its owner, and their engine.
        calibrations: What scores mean.
        workers: Photos read side by side.
        clock: The server's.
    """

    def __init__(
        self,
        shelf: AuditShelf,
        bring: Callable[[Job, Watch], Brought],
        *,
        calibrations: CalibrationBook,
        workers: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._shelf = shelf
        self._bring = bring
        self._calibrations = calibrations
        self._workers = workers
        self._clock = clock

    def can_go_on(self, job: Job) -> bool:
        """Return whether the audit's folder is on this machine."""
        return bool(self._shelf.state(job.subject_matter))

    def run(self, job: Job, watch: Watch) -> Mapping[str, Any]:
        """Run the audit; return its headline, what was understood, and where the act is recorded."""
        brought = self._bring(job, watch)
        done = brought.jobs.measure(
            acts.AUDIT,
            lambda act: self._measure(act, brought.engine, job, watch),
            lambda _: Outcome("measured", {}),
        )
        return {**done.value, "act_id": done.act_id, "outcome_entry_id": done.outcome_entry_id}

    def _measure(self, act: OngoingAct, engine: Engine, job: Job, watch: Watch) -> dict[str, Any]:
        admitted = AdmittedEngine(act, engine)
        name = job.subject_matter
        workspace = self._shelf.workspace(name)

        def progress(step: str, done: int, total: int) -> None:
            watch.progress(step, done, total)

        said: dict[str, Any] = {}
        sent = (workspace.folder / DRAFT).is_file()
        keep = not sent or self._shelf.draft(name).terms.keep_photos
        if self._shelf.state(name) == DRAFTED:
            new = self._shelf.new_audit(name, job.parameters)
            found = understand(workspace, new, admitted, workers=self._workers, progress=progress)
            workspace.keep(found.set_up)
            said["understood"] = in_short(found)
        document = run_audit(
            workspace, admitted, self._calibrations, run_choices(job.parameters),
            made_at=f"{self._clock():%Y-%m-%dT%H:%M:%SZ}", workers=self._workers, progress=progress,
        )  # fmt: skip
        watch.progress("drawing the report", 0, 0)
        make_report(workspace)
        watch.progress("packing the bundle", 0, 0)
        make_bundle(
            workspace, workspace.folder / BUNDLE, lambda _: admitted, self._calibrations,
            with_photos=False, with_templates=False, workers=self._workers, progress=progress,
        )  # fmt: skip
        if not keep:
            self._shelf.drop_photos(name)
        # Last: until here, the same job begins again from the same photos.
        (workspace.folder / DRAFT).unlink(missing_ok=True)
        return {**said, "audit": name, "headline": document["headline"]["sentence"], "limits": document["limits"]}


def in_short(found: Understood) -> dict[str, Any]:
    """Return what was understood of a list and its photos, as JSON types without anybody's name."""
    return {
        "people": found.findings.people,
        "photos": found.findings.photos,
        "columns": {"subject": found.findings.columns.subject, "file": found.findings.columns.file,
                    "labels": list(found.findings.columns.labels)},
        "failures": dict(found.failures),
        "several_faces": found.several,
        "below_quality": found.below_quality,
        "people_without_photo": len(found.findings.people_without_photo),
        "photos_without_person": len(found.findings.photos_without_person),
        "power": [dataclasses.asdict(row) for row in found.power],
    }  # fmt: skip


def run_choices(parameters: Mapping[str, Any]) -> RunChoices:
    """Return how a job's audit is run.

    Raises:
        InputError: A number is out of its range.
    """
    chosen: dict[str, Any] = {}
    for name, (kind, least, most) in _NUMBERS.items():
        value = parameters.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise InputError(f"{name} is a number from {least:g} to {most:g}.", remedy="Correct it or leave it out.")
        chosen[name] = kind(value)
    return RunChoices(**chosen, target_group=parameters.get("target_group") or None)
