"""A bundle's result recomputed from its scores and compared, number by number.

Rules kept here:

- Whole numbers and words must be the same. Other numbers must agree to ``DIGITS`` significant digits: processors may
  differ in the last of the sixteen a number has.
- A bundle is read with limits; names that lead out of it, or are there twice, are refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from countenance.audit.score_table import ScoreTable
from countenance.audit.tile_scores import EDGES
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.bundle import FORMAT, MOST_COMPARISONS, material_from_plain
from countenance.service.audits.document import build_document
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.material import Material
from countenance.service.audits.measure import Progress
from countenance.service.audits.plans import facts_from_plain, plan_from_plain
from countenance.service.audits.sensitivity import OtherEvidence

FloatNumbers = npt.NDArray[np.float64]

#: Significant digits in which recomputed numbers must agree.
DIGITS = 12
#: Bytes a file of the bundle may unpack to: all comparisons a bundle holds, uncompressed, with room for the rest.
MOST_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the recomputed document differs.

    Attributes:
        where: Path within the document, such as ``groupings[2].at[10].fnmr[0].high``.
        stated: What the bundle's document says.
        recomputed: What its scores give.
    """

    where: str
    stated: Any
    recomputed: Any


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking a bundle came to.

    Attributes:
        name: The audit.
        numbers: Numbers compared.
        differences: Those that differ; empty if all agree.
        altered: Files whose digest is not that of the manifest.
        comparisons: Scores they were recomputed from.
        software: Versions the bundle was made with.
    """

    name: str
    numbers: int
    differences: tuple[Difference, ...]
    altered: tuple[str, ...]
    comparisons: int
    software: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Return whether every number is the one its scores give and no file was altered."""
        return not self.differences and not self.altered


def verify_bundle(path: Path, progress: Progress | None = None) -> Verification:
    """Return what recomputing a bundle's result from its scores comes to.

    Raises:
        FileUnreadable: The file cannot be read.
        AuditInputInvalid: It is no bundle, lacks a part, or its parts do not go together.
    """
    files = _unpacked(path)
    try:
        manifest = json.loads(files["manifest.json"])
        inputs = json.loads(files["inputs.json"])
        stated = json.loads(files["result.json"])
        if inputs["format"] != FORMAT:
            raise ValueError(inputs["format"])
        altered = [
            name for name, digest in manifest["sha256"].items()
            if hashlib.sha256(files.get(name, b"")).hexdigest() != digest
        ]  # fmt: skip
        altered += sorted(files.keys() - manifest["sha256"].keys() - {"manifest.json"})
        materials = [material_from_plain(run) for run in inputs["runs"]]
        tables = [
            score_table(files[f"scores-{at}.parquet"], one, _edges(inputs["runs"][at]))
            for at, one in enumerate(materials)
        ]
        plan, facts = plan_from_plain(inputs["plan"]), facts_from_plain(inputs["facts"])
        other = None
        if len(tables) > 1:
            other = OtherEvidence(inputs["runs"][1]["name"], materials[1], TableEvidence(tables[1]))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise AuditInputInvalid(
            f"{path.name} is not a bundle of an audit, or a part is missing or damaged.",
            remedy="Make it with `countenance audit bundle`, or get it again.",
        ) from error
    again = build_document(facts, materials[0], TableEvidence(tables[0]), plan, other=other, progress=progress)
    recomputed = json.loads(json.dumps(again, allow_nan=False))
    differences = tuple(_differences(stated, recomputed, ""))
    return Verification(
        name=str(stated.get("name", path.stem)),
        numbers=sum(1 for _ in _numbers(recomputed)),
        differences=differences,
        altered=tuple(altered),
        comparisons=sum(table.score.size for table in tables),
        software=facts.software,
    )


def _edges(run: Mapping[str, Any]) -> FloatNumbers:
    """Return where thresholds of a run may lie: its own scale, or that of a cosine."""
    plain = run.get("edges")
    if plain is None:
        return EDGES
    edges = np.array(plain, dtype=np.float64)
    if edges.ndim != 1 or edges.size < 2 or not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        raise ValueError("edges of a scale ascend")
    return edges


def score_table(data: bytes, material: Material, edges: FloatNumbers = EDGES) -> ScoreTable:
    """Return a bundle's scores as a table.

    Raises:
        AuditInputInvalid: Rows that belong to no photo, or a score that is not a number.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(data), columns=["probe", "reference", "score"])
    except pl.exceptions.PolarsError as error:
        raise AuditInputInvalid("The scores are not a Parquet file.", remedy="Get the bundle again.") from error
    if frame.height > MOST_COMPARISONS:
        raise AuditInputInvalid("More comparisons than a bundle holds.", remedy="Get the bundle again.")
    probe, reference = (frame[name].to_numpy().astype(np.int32) for name in ("probe", "reference"))
    score = frame["score"].to_numpy().astype(np.float64)
    usable, references = material.usable, material.usable_references
    columns = len(usable) if references is None else len(references)
    inside = (probe >= 0) & (probe < len(usable)) & (reference >= 0) & (reference < columns)
    if not inside.all() or not np.isfinite(score).all():
        raise AuditInputInvalid(
            "The scores name photos that are not there, or one is not a number.", remedy="Get the bundle again."
        )
    return ScoreTable(
        probe_subjects=[photo.subject for photo in usable],
        reference_subjects=None if references is None else [photo.subject for photo in references],
        probe=probe,
        reference=reference,
        score=score,
        edges=edges,
    )


def _unpacked(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise AuditInputInvalid(f"{path.name} unpacks to more than a bundle holds.", remedy="Get it again.")
            for entry in archive.infolist():
                if entry.filename in files or ".." in Path(entry.filename).parts or entry.filename.startswith("/"):
                    raise AuditInputInvalid(f"{path.name} has an impossible file name in it.", remedy="Get it again.")
                files[entry.filename] = archive.read(entry)
    except zipfile.BadZipFile as error:
        raise AuditInputInvalid(f"{path.name} is not a ZIP file.", remedy="Give the bundle's file.") from error
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from error
    return files


def _differences(stated: Any, again: Any, where: str) -> Iterator[Difference]:
    if isinstance(stated, dict) and isinstance(again, dict):
        for key in sorted(stated.keys() | again.keys()):
            yield from _differences(stated.get(key), again.get(key), f"{where}.{key}".lstrip("."))
    elif isinstance(stated, list) and isinstance(again, list):
        if len(stated) != len(again):
            yield Difference(f"{where} (length)", len(stated), len(again))
        for at, (one, other) in enumerate(zip(stated, again, strict=False)):
            yield from _differences(one, other, f"{where}[{at}]")
    elif not _same(stated, again):
        yield Difference(where, stated, again)


def _same(stated: Any, again: Any) -> bool:
    if isinstance(stated, float) and isinstance(again, float):
        return math.isclose(stated, again, rel_tol=10.0**-DIGITS, abs_tol=10.0**-DIGITS)
    return type(stated) is type(again) and bool(stated == again)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value
