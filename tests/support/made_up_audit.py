"""People who are nobody, with photos, labels and templates: small, seeded, and with errors to be found."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from countenance.audit.score_table import ScoreTable
from countenance.audit.scores import pair_scores
from countenance.audit.tile_scores import EDGES
from countenance.core.vocabulary import FloatArray
from countenance.service.audits.document import Facts, System
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.material import AuditedPhoto, Material
from tests.support.made_up_templates import MADE_UP_MODEL

GROUPS = ("north", "south", "west")


def made_up_photos(people: int = 12, photos: int = 3, groups: tuple[str, ...] = GROUPS) -> tuple[AuditedPhoto, ...]:
    """Return photos of ``people`` people of each group; the second label is the same for every other person."""
    return tuple(
        AuditedPhoto(
            file=f"{group}{person:02d}_{number}.jpg",
            subject=f"{group}{person:02d}",
            labels={"region": group, "hand": "left" if person % 2 else "right"},
            sha256=f"{at:03d}{person:03d}{number:058d}",
            quality=("blurred",) if number == 2 and person == 0 else (),
        )
        for at, group in enumerate(groups)
        for person in range(people)
        for number in range(photos)
    )


def made_up_vectors(photos: tuple[AuditedPhoto, ...], seed: int = 5, noise: float = 0.9) -> FloatArray:
    """Return a unit template a photo: a person's direction, part of it shared within the region, and noise."""
    generator = np.random.default_rng(seed)
    people = {name: generator.standard_normal(32) for name in sorted({photo.subject for photo in photos})}
    regions = {name: generator.standard_normal(32) for name in sorted({photo.labels["region"] for photo in photos})}
    rows = [
        people[photo.subject] + 0.7 * regions[photo.labels["region"]] + noise * generator.standard_normal(32)
        for photo in photos
    ]
    stacked = np.stack(rows)
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    return np.asarray(stacked / lengths, dtype=np.float32)


def made_up_material(
    people: int = 12, photos: int = 3, attributes: tuple[str, ...] = ("region", "hand")
) -> tuple[Material, FloatArray]:
    """Return one set with its labels, and its templates."""
    made = made_up_photos(people, photos)
    return Material(made, None, attributes), made_up_vectors(made)


def scored(material: Material, vectors: FloatArray, references: FloatArray | None = None) -> TableEvidence:
    """Return the same scores as a table, each pair once."""
    probe: npt.NDArray[np.int64]
    reference: npt.NDArray[np.int64]
    if references is None:
        probe, reference = np.triu_indices(len(vectors), 1)
    else:
        probe, reference = (side.ravel() for side in np.indices((len(vectors), len(references))))
    theirs = material.usable_references
    return TableEvidence(
        ScoreTable(
            probe_subjects=[photo.subject for photo in material.usable],
            reference_subjects=None if theirs is None else [photo.subject for photo in theirs],
            probe=probe.astype(np.int32),
            reference=reference.astype(np.int32),
            score=pair_scores(vectors, vectors if references is None else references, probe, reference),
            edges=EDGES,
        )
    )


def made_up_facts(name: str = "made-up") -> Facts:
    """Return what a document says apart from what it measures."""
    model = {"name": MADE_UP_MODEL.name, "digest": MADE_UP_MODEL.digest, "dimension": MADE_UP_MODEL.dimension}
    return Facts(
        name=name,
        title="Nobody",
        made_at="2026-01-02T03:04:05Z",
        system=System("engine", "made-up", model),
        description="people who are nobody",
        source_of_labels="this test",
        synthetic=True,
        software={"python": "3"},
    )
