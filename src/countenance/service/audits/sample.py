"""The sample cohort's audit: people who do not exist, with labels known by construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.core.errors import FileUnreadable
from countenance.service.audit_report.report import render_report
from countenance.service.audits.new_audit import NewAudit, Progress, understand
from countenance.service.audits.people import PeopleChoices
from countenance.service.audits.running import RunChoices, run_audit
from countenance.service.audits.sharing import photo_source
from countenance.service.audits.workspace import Workspace
from countenance.service.ports import CalibrationBook, Engine

#: False match rate its threshold is set for on the cohort itself: its 36,045 comparisons show it with 36 errors.
TARGET_FMR = 1e-3
TITLE = "The sample cohort: 90 people who do not exist"
FOLDER, PAGE = "sample-cohort", "index.html"


@dataclass(frozen=True, slots=True)
class SampleAudit:
    """The cohort's audit as done.

    Attributes:
        workspace: Its folder.
        document: Its result.
    """

    workspace: Workspace
    document: Mapping[str, Any]


def audit_sample(
    output: Path,
    cohort: Path,
    engine: Engine,
    calibrations: CalibrationBook,
    *,
    other: Engine | None,
    made_at: str,
    workers: int,
    progress: Progress,
) -> SampleAudit:
    """Audit the cohort and write its report as ``index.html`` into ``output``.

    Args:
        output: Folder for the audit and the report.
        cohort: Folder of the cohort.
        engine: What is audited.
        calibrations: Records of what models' scores mean.
        other: A second engine, for "another model".
        made_at: ISO 8601 time, UTC.
        workers: Photos read at once.
        progress: Called with (step, done, total).

    Raises:
        FileUnreadable: A file cannot be read or written.
    """
    workspace = Workspace(output / FOLDER)
    wanted = NewAudit(
        photos=cohort / "photos",
        people=cohort / "labels.csv",
        choices=PeopleChoices(labels=("sex", "skin_tone")),
        created_at=made_at,
        title=TITLE,
        description="Synthetic cohort: 90 rendered people who do not exist, three photos each",
        source_of_labels="by construction: body shape and albedo the renderer was given",
        licence="CC0 1.0",
        synthetic=True,
    )
    workspace.keep(understand(workspace, wanted, engine, workers=workers, progress=progress).set_up)
    document = run_audit(
        workspace, engine, calibrations, RunChoices(target_fmr=TARGET_FMR), made_at=made_at, workers=workers,
        progress=progress, other=other,
    )  # fmt: skip
    page = render_report(document, photos=photo_source(workspace))
    try:
        (output / PAGE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise FileUnreadable(f"{output / PAGE} cannot be written: {(error.strerror or '').lower()}.") from error
    return SampleAudit(workspace, document)
