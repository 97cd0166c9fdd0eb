"""One audit at a vendor from photos to result: ask, write the scores, clean up, compute the document.

The caller has shown the estimate before. The document is written last, as for every run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from countenance.service.audits.document import Facts, System, build_document, to_json
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.measure import Progress as Steps
from countenance.service.audits.running import RunChoices, run_record, versions
from countenance.service.audits.score_store import keep_inputs, stored
from countenance.service.audits.vendor_censoring import censoring
from countenance.service.audits.vendor_documents import (
    AUDITORS_DUTY,
    MANIFEST_FILE,
    SCORES_FILE,
    TESTED_AGAINST,
    manifest,
    score_rows,
    write_manifest,
    write_scores,
)
from countenance.service.audits.vendor_plan import VendorPlan, description, estimate_costs, require_affordable
from countenance.service.audits.vendor_ports import VendorConnection
from countenance.service.audits.vendor_result import (
    VendorMaterial,
    scale_of,
    score_table,
    with_failures,
)
from countenance.service.audits.vendor_runs import Progress, VendorScores, ask_vendor
from countenance.service.audits.vendor_thresholds import vendor_plan_of
from countenance.service.audits.workspace import RESULT, AuditSetUp, Workspace, with_run

#: ``engine`` of the run in ``audit.json`` of an audit of a vendor.
VENDOR = "vendor"


@dataclass(frozen=True, slots=True, eq=False)
class VendorRun:
    """A finished run.

    Attributes:
        scores: The score file.
        manifest: The manifest's file.
        document: The manifest.
        found: What the vendor said.
    """

    scores: Path
    manifest: Path
    document: dict[str, Any] = field(repr=False)
    found: VendorScores = field(repr=False)


def run_vendor(
    plan: VendorPlan,
    vendor: VendorConnection,
    folder: Path,
    *,
    run_id: str,
    now: Callable[[], datetime],
    keep: bool = False,
    progress: Progress | None = None,
) -> VendorRun:
    """Return a finished run, with ``vendor_scores.parquet`` and ``vendor_run.json`` written into ``folder``.

    What was stored at the vendor is deleted at the end unless ``keep``; after an interruption it stays for the next
    try.

    Args:
        plan: The photos.
        vendor: The connection.
        folder: The audit's folder.
        run_id: Random id for a new run; one that is going on keeps its own.
        now: The clock.
        keep: Leave the references at the vendor.
        progress: Told of every step.

    Raises:
        CostCapReached: The run cannot be finished within the cap, or retries used up the rest of it.
        VendorError: The vendor refused or stopped answering.
        AuditInputInvalid: The archive is another run's, a photo has changed, or no reference was accepted.
    """
    require_affordable(estimate_costs(plan, vendor))
    about = description(plan, vendor, run_id=run_id, started_at=now().isoformat())
    audit = vendor.begin(about, one_set=plan.one_set)
    found = ask_vendor(plan, audit, operation=vendor.facts.operation, progress=progress)
    digest = write_scores(score_rows(plan, found, stand_in=vendor.facts.score_low), folder)
    if not keep:
        audit.close()
    document = manifest(
        plan,
        vendor,
        found,
        about=dict(vendor.stored_about()),
        models=tuple(audit.models_seen()),
        container=audit.container,
        cleaned_up=not keep,
        finished_at=now().isoformat(),
        scores_sha256=digest,
    )
    write_manifest(document, folder)
    return VendorRun(folder / SCORES_FILE, folder / MANIFEST_FILE, document, found)


def measure_vendor(
    workspace: Workspace,
    set_up: AuditSetUp,
    asked: VendorMaterial,
    run: VendorRun,
    choices: RunChoices,
    *,
    made_at: str,
    progress: Steps | None = None,
) -> dict[str, Any]:
    """Return the result document of a finished run, written into the audit's folder.

    Raises:
        AuditInputInvalid: Nothing can be measured, or a threshold asked for cannot.
        CalibrationUnsupported: The data is too small for the target rate.
    """
    said = run.document
    scale = scale_of(said["scale"]["low"], said["scale"]["high"])
    floor = censoring(run.found).measurable_above
    plan, notes = vendor_plan_of(said["vendor"], choices, scale, measurable_above=floor)
    material = with_failures(asked, run.found, said["title"])
    table = score_table(material, run.found, scale, measurable_above=floor)
    facts = Facts(
        name=set_up.name,
        title=set_up.title,
        made_at=made_at,
        system=system_of(said, scale.name),
        description=set_up.description,
        source_of_labels=set_up.source_of_labels,
        synthetic=set_up.synthetic,
        software=versions() | {"sdk": str(said["sdk"])},
        digests={"vendor_archive": said["archive"]["sha256"], "vendor_scores": said["scores"]["sha256"]},
        command=f"countenance audit run {set_up.name} --vendor {said['vendor']} --vendor-operation {said['operation']}",
        notes=(*_sentences(said), *notes),
    )
    document = build_document(facts, material, TableEvidence(table), plan, progress=progress)
    ran = run_record(choices, workspace, VENDOR, None, made_at) | {"vendor": said["vendor"], "manifest": MANIFEST_FILE}
    keep_inputs(workspace, material, table, plan, facts)
    workspace.keep(with_run(set_up, json.loads(json.dumps(ran))))
    workspace.write(RESULT, to_json(document))
    return document


def measure_vendor_again(
    workspace: Workspace, choices: RunChoices, *, made_at: str, progress: Steps | None = None
) -> dict[str, Any]:
    """Measure a vendor's audit again with the thresholds of ``choices``, from what was kept; nothing is asked or paid.

    Raises:
        FileUnreadable: A file of the folder is missing.
        AuditInputInvalid: A file is damaged, or a threshold is not on the scale.
    """
    said = json.loads(workspace.read(MANIFEST_FILE))
    material, evidence, before, facts = stored(workspace)
    scale = scale_of(said["scale"]["low"], said["scale"]["high"])
    floor = said["censoring"]["measurable_above"]
    more, notes = vendor_plan_of(said["vendor"], choices, scale, measurable_above=floor)
    # How the audit decides stays as it was run; only places to stop at are added.
    plan = replace(before, named=more.named)
    kept = tuple(note for note in facts.notes if note not in notes)
    facts = replace(facts, made_at=made_at, notes=(*kept, *notes))
    document = build_document(facts, material, evidence, plan, progress=progress)
    keep_inputs(workspace, material, evidence.table, plan, facts)
    workspace.write(RESULT, to_json(document))
    return document


def system_of(said: dict[str, Any], scale_name: str) -> System:
    """Return the audited system of a manifest."""
    versions_named = ", ".join(said["models"]) or "not named by the vendor"
    where = said["endpoint"] if said["region"] is None else f"{said['endpoint']} ({said['region']})"
    return System(
        kind=VENDOR,
        name=f"{said['title']}, {said['operation']}",
        model=None,
        scale_name=scale_name,
        low=said["scale"]["low"],
        high=said["scale"]["high"],
        note=f"Model version: {versions_named}. Asked from {said['started_at']} to {said['finished_at']} at {where}.",
    )


def _sentences(said: dict[str, Any]) -> list[str]:
    sentences = [said["censoring"]["sentence"]]
    if said["censoring"]["measurable_above"] is not None:
        sentences.append(
            "In distributions, everything the vendor left out stands in the lowest bar; the rank of a mate it left out "
            "is not known and counts as last."
        )
    if said["several_faces"]:
        sentences.append(
            f"The vendor saw several faces in {len(said['several_faces']):,} photos and the largest was used; it does "
            "not say so for every function."
        )
    return [*sentences, TESTED_AGAINST, AUDITORS_DUTY]
