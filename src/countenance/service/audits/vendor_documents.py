"""What a run against a vendor leaves for the rest of the audit: a score file and a manifest that says how it was made.

The score file has a row for every comparison that took place. Where the vendor left a score out, the row carries the
lowest score of the scale as a stand-in and ``returned`` is false: the pair counts as a comparison that does not match,
which is true at every threshold the manifest calls measurable and nowhere else. A photo without any comparison has one
row without a score, so that it counts as a failure to acquire.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from countenance.core.errors import FileUnreadable
from countenance.service.audits.vendor_censoring import Censoring, censoring
from countenance.service.audits.vendor_plan import VendorPlan
from countenance.service.audits.vendor_ports import VendorConnection
from countenance.service.audits.vendor_runs import VendorScores

SCORES_FILE = "vendor_scores.parquet"
MANIFEST_FILE = "vendor_run.json"
SCHEMA = "countenance.vendor-run/1"
#: Said wherever results of a vendor are shown.
TESTED_AGAINST = (
    "The exchange with this vendor is tested against a server of the project that answers in the vendor's documented "
    "shapes, through the vendor's own client library. It was not tested against the vendor itself."
)
AUDITORS_DUTY = (
    "Whether the vendor's terms allow this use, and whether the people in the photos may be sent to it, is for the "
    "auditor to settle."
)


def score_rows(plan: VendorPlan, scores: VendorScores, *, stand_in: float) -> pl.DataFrame:
    """Return the rows of the score file: probe, reference, score, returned."""
    probe, reference = np.nonzero(scores.asked)
    score = scores.score[probe, reference]
    returned = ~np.isnan(score)
    probes = np.array([photo.name for photo in plan.probes], dtype=object)
    references = np.array([photo.name for photo in plan.references], dtype=object)
    rows = pl.DataFrame(
        {
            "probe": pl.Series(probes[probe].tolist(), dtype=pl.String),
            "reference": pl.Series(references[reference].tolist(), dtype=pl.String),
            "score": pl.Series(np.where(returned, score, stand_in), dtype=pl.Float64),
            "returned": pl.Series(returned, dtype=pl.Boolean),
        }
    )
    return pl.concat([rows, _failed_rows(plan, scores)])


def _failed_rows(plan: VendorPlan, scores: VendorScores) -> pl.DataFrame:
    """Return a row without a score for each photo that failed, against any photo of the other side."""
    rows = []
    for failure in scores.failures:
        others = plan.probes if failure.role == "reference" else plan.references
        other = next((photo.name for photo in others if photo.name != failure.photo), None)
        if other is not None:
            pair = (other, failure.photo) if failure.role == "reference" else (failure.photo, other)
            rows.append((*pair, None, False))
    schema = {"probe": pl.String, "reference": pl.String, "score": pl.Float64, "returned": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def manifest(
    plan: VendorPlan,
    vendor: VendorConnection,
    scores: VendorScores,
    *,
    about: dict[str, Any],
    models: tuple[str, ...],
    container: str,
    cleaned_up: bool,
    finished_at: str,
    scores_sha256: str,
) -> dict[str, Any]:
    """Return everything the result document may say about a run."""
    facts, prices, found = vendor.facts, vendor.prices, censoring(scores)
    files = [{"name": file.name, "sha256": file.sha256} for file in vendor.files()]
    return {
        "schema": SCHEMA,
        "vendor": facts.vendor,
        "title": facts.title,
        "operation": facts.operation,
        "endpoint": facts.endpoint,
        "region": facts.region,
        "sdk": facts.sdk,
        "settings": dict(facts.settings),
        "models": list(models),
        "models_note": "as named by the vendor" if models else "the vendor names no model for these operations",
        "run_id": about["run_id"],
        "started_at": about["started_at"],
        "finished_at": finished_at,
        "one_set": plan.one_set,
        "photos_sha256": plan.digest(),
        "probes": len(plan.probes),
        "references": len(plan.references),
        "scale": {"low": facts.score_low, "high": facts.score_high, "higher_is": "more alike"},
        "scores": {"file": SCORES_FILE, "sha256": scores_sha256, "stand_in": facts.score_low},
        "censoring": _censoring_entry(found),
        "failures": [asdict(failure) for failure in scores.failures],
        "failures_by_reason": dict(sorted(Counter(failure.reason for failure in scores.failures).items())),
        "comparisons_without_score": dict(sorted(scores.unscored.items())),
        "several_faces": list(scores.several_faces),
        "spend": {
            "attempts": vendor.attempts,
            "cost": str(vendor.spent),
            "cap": str(vendor.cap),
            "currency": prices.currency,
            "prices_as_of": prices.as_of,
            "prices_source": prices.source,
            "prices_note": prices.note,
        },
        "archive": {"files": files, "sha256": _digest_of(files)},
        "container": {"name": container, "deleted": cleaned_up},
        "notes": [TESTED_AGAINST, AUDITORS_DUTY],
    }


def _censoring_entry(found: Censoring) -> dict[str, Any]:
    return asdict(found)


def _digest_of(files: list[dict[str, str]]) -> str:
    lines = "".join(f"{file['sha256']}  {file['name']}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def write_scores(rows: pl.DataFrame, folder: Path) -> str:
    """Write the score file and return its SHA-256.

    Raises:
        FileUnreadable: The folder cannot be written.
    """
    path = folder / SCORES_FILE
    try:
        part = path.with_name(path.name + ".part")
        rows.write_parquet(part)
        part.replace(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error


def write_manifest(document: dict[str, Any], folder: Path) -> Path:
    """Write the manifest and return where it lies.

    Raises:
        FileUnreadable: The folder cannot be written.
    """
    path = folder / MANIFEST_FILE
    try:
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
    return path
