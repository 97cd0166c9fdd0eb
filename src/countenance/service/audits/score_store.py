"""What an audit of scores, from a file or a vendor, was computed from, kept in its folder to make it again.

Rules kept here:

- Comparisons are kept by row number of the usable photos, scores as they were measured: the same digits come out.
- Edges of histograms go along: they are the scale thresholds were chosen on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from countenance.audit.score_table import ScoreTable
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.bundle import material_from_plain
from countenance.service.audits.document import Facts
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.material import Material
from countenance.service.audits.measure import Plan
from countenance.service.audits.plans import facts_from_plain, facts_to_plain, plan_from_plain, plan_to_plain
from countenance.service.audits.workspace import Workspace, photo_to_plain

SCORES = "scores.parquet"
INPUTS = "inputs.json"
_AGAIN = "Import the scores again, or run the vendor's audit again: answered calls are in its archive and cost nothing."


def keep_inputs(workspace: Workspace, material: Material, table: ScoreTable, plan: Plan, facts: Facts) -> None:
    """Write everything the document is computed from.

    Raises:
        FileUnreadable: The folder cannot be written to.
    """
    plain = {
        "attributes": list(material.attributes),
        "photos": [photo_to_plain(photo) for photo in material.photos],
        "references": None if material.references is None else [photo_to_plain(photo) for photo in material.references],
        "plan": plan_to_plain(plan),
        "facts": facts_to_plain(facts),
        "edges": table.edges.tolist(),
    }
    write_scores(workspace.folder / SCORES, table)
    workspace.write(INPUTS, json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n")


def stored(workspace: Workspace) -> tuple[Material, TableEvidence, Plan, Facts]:
    """Return what the document was computed from.

    Raises:
        FileUnreadable: A file of the folder is missing.
        AuditInputInvalid: A file is damaged, or they do not go together.
    """
    text = workspace.read(INPUTS)
    path = workspace.folder / SCORES
    if not path.is_file():
        raise FileUnreadable(f"{path} is missing.", remedy=_AGAIN)
    try:
        plain: Mapping[str, Any] = json.loads(text)
        material = material_from_plain(plain)
        frame = pl.read_parquet(path)
        references = material.usable_references
        table = ScoreTable(
            [photo.subject for photo in material.usable],
            None if references is None else [photo.subject for photo in references],
            frame["probe"].to_numpy().astype(np.int32),
            frame["reference"].to_numpy().astype(np.int32),
            frame["score"].to_numpy().astype(np.float64),
            np.array(plain["edges"], dtype=np.float64),
        )
        return material, TableEvidence(table), plan_from_plain(plain["plan"]), facts_from_plain(plain["facts"])
    except (ValueError, KeyError, TypeError, OSError, pl.exceptions.PolarsError) as error:
        raise AuditInputInvalid(
            f"What the scores of {workspace.name} were computed from is damaged.", remedy=_AGAIN
        ) from error


def write_scores(path: Path, table: ScoreTable) -> None:
    """Write comparisons by row number of the usable photos, scores as kept.

    Raises:
        FileUnreadable: It cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = pl.DataFrame({"probe": table.probe, "reference": table.reference, "score": table.score})
        frame.write_parquet(part, compression="zstd")
        part.replace(path)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
