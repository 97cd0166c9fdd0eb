"""A result others can recompute: scores of all pairs, labels, failures, choices – one ZIP file, no template.

Rules kept here:

- The bundle holds every input of the arithmetic and the document it gave. ``verification`` recomputes the one from the
  other.
- Templates of real people are biometric data: they are in a bundle only if asked for by name.
- Photos are in it if asked for; otherwise their digests are.
- The same result gives the same bytes: entries are sorted and dated as the result is.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.document import to_json
from countenance.service.audits.evidence import Evidence, TableEvidence
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.workspace import photo_from_plain, photo_to_plain

CodeArray = npt.NDArray[np.int32]
FloatNumbers = npt.NDArray[np.float64]

FORMAT = "countenance.audit-bundle/1"
#: Comparisons above which a bundle is refused: 12 bytes each in memory, some 8 in the file.
MOST_COMPARISONS = 60_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class BundledRun:
    """One model's part of a bundle.

    Attributes:
        name: The model.
        material: Photos with labels and failures.
        evidence: Scores of all pairs.
    """

    name: str
    material: Material
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class BundleContents:
    """What is bundled.

    Attributes:
        document: The result.
        audit: Text of ``audit.json``.
        plan: The plan as JSON types (``plans``).
        facts: What the document says apart from what it measures, as JSON types.
        runs: The audited model, then the second one if there was one.
        licence: Terms of the data.
    """

    document: Mapping[str, Any]
    audit: str
    plan: Mapping[str, Any]
    facts: Mapping[str, Any]
    runs: tuple[BundledRun, ...]
    licence: str


README = """A bundle of the audit {name}.

result.json      every number the report shows
audit.json       what was audited: choices, photos with SHA-256, subjects, labels
inputs.json      thresholds, seed, facts, photos of each model with failures and quality
scores-N.parquet similarity of every pair of photos (row numbers of inputs.json), as float64
manifest.json    SHA-256 of every file

Check it:  countenance audit verify {file}
It recomputes every number of result.json from the scores and says what differs.

Licence of the data: {licence}
"""


def write_bundle(
    path: Path,
    contents: BundleContents,
    *,
    photos: Mapping[str, Path] | None = None,
    templates: Mapping[str, Path] | None = None,
) -> tuple[str, ...]:
    """Write a bundle and return the names of its files.

    Args:
        path: The ZIP file to write.
        contents: Result and inputs.
        photos: Name in the bundle → file, if photos go along.
        templates: Name in the bundle → file, if templates were asked for.

    Raises:
        AuditInputInvalid: More comparisons than a bundle holds.
        FileUnreadable: A file cannot be read or written.
    """
    files: dict[str, bytes] = {
        "result.json": to_json(contents.document).encode(),
        "audit.json": contents.audit.encode(),
        "inputs.json": _inputs(contents),
        "README.txt": README.format(name=contents.document["name"], file=path.name, licence=contents.licence).encode(),
    }
    for at, run in enumerate(contents.runs):
        files[f"scores-{at}.parquet"] = scores_parquet(run.evidence)
    try:
        for extra in (photos, templates):
            files |= {name: file.read_bytes() for name, file in (extra or {}).items()}
        files["manifest.json"] = _manifest(files)
        part = path.with_name(path.name + ".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                # Photos and Parquet are compressed already.
                packed = zipfile.ZIP_DEFLATED if name.endswith((".json", ".txt")) else zipfile.ZIP_STORED
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = packed
                archive.writestr(entry, files[name])
        part.replace(path)
    except OSError as error:
        raise FileUnreadable(
            f"{error.filename or path} cannot be read or written: {(error.strerror or '').lower()}."
        ) from error
    return tuple(sorted(files))


def scores_parquet(evidence: Evidence) -> bytes:
    """Return all comparisons as Parquet: probe row, reference row, similarity; of one set each pair once.

    Raises:
        AuditInputInvalid: More comparisons than a bundle holds.
    """
    rows, columns = evidence.shape
    table = evidence.table if isinstance(evidence, TableEvidence) else None
    count = rows * (rows - 1) // 2 if evidence.one_set else rows * columns
    if table is not None:
        # A file's or a vendor's comparisons may be any part of all; they go along as they are.
        count = table.score.size
    if count > MOST_COMPARISONS:
        raise AuditInputInvalid(
            f"{count:,} comparisons are more than the {MOST_COMPARISONS:,} a bundle holds.",
            remedy="Bundle a sample of the people, or publish photos and models so that others can run the audit.",
        )
    if table is not None:
        return _parquet(table.probe, table.reference, table.score)
    everybody = np.arange(columns)
    probe = np.empty(count, dtype=np.int32)
    reference = np.empty(count, dtype=np.int32)
    score = np.empty(count)
    start = 0
    for row in range(rows):
        others = everybody[row + 1 :] if evidence.one_set else everybody
        stop = start + others.size
        probe[start:stop], reference[start:stop] = row, others
        score[start:stop] = evidence.scores(np.array([row]), others)[0]
        start = stop
    return _parquet(probe, reference, score)


def _parquet(probe: CodeArray, reference: CodeArray, score: FloatNumbers) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame({"probe": probe, "reference": reference, "score": score}).write_parquet(stream, compression="zstd")
    return stream.getvalue()


def _inputs(contents: BundleContents) -> bytes:
    plain = {
        "format": FORMAT,
        "plan": dict(contents.plan),
        "facts": dict(contents.facts),
        "runs": [
            {
                "name": run.name,
                "attributes": list(run.material.attributes),
                # Where thresholds may lie: of a cosine it is known, of another scale it goes along.
                "edges": run.evidence.table.edges.tolist() if isinstance(run.evidence, TableEvidence) else None,
                "photos": [photo_to_plain(photo) for photo in run.material.photos],
                "references": None
                if run.material.references is None
                else [photo_to_plain(photo) for photo in run.material.references],
            }
            for run in contents.runs
        ],
    }
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False).encode()


def material_from_plain(plain: Mapping[str, Any]) -> Material:
    """Return a run's material from its JSON types."""

    def photos(rows: list[Mapping[str, Any]]) -> tuple[AuditedPhoto, ...]:
        return tuple(photo_from_plain(row) for row in rows)

    references = plain["references"]
    return Material(
        photos(plain["photos"]), None if references is None else photos(references), tuple(plain["attributes"])
    )


def _manifest(files: Mapping[str, bytes]) -> bytes:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    return json.dumps({"format": FORMAT, "sha256": digests}, indent=1).encode()
