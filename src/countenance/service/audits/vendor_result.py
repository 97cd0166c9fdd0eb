"""An audit's photos → a vendor's scores → the result document of every audit, at thresholds that mean something.

Rules kept here:

- Photos our own detector could not use are sent all the same: whether they can be used is the vendor's answer. Only
  photos of several faces that the audit leaves out are not sent, and stay failures.
- No stop of the slider lies at or below the score down to which the vendor left comparisons out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from countenance.audit.score_scale import Direction, Scale, ScoreScale
from countenance.audit.score_table import ScoreTable
from countenance.core.errors import AuditInputInvalid, CountenanceError
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.photos import SEVERAL_FACES, UNREADABLE, SeveralFacesRule
from countenance.service.audits.running import gallery_photos
from countenance.service.audits.vendor_plan import VendorPhoto, VendorPlan
from countenance.service.audits.vendor_runs import VendorScores
from countenance.service.audits.workspace import AuditSetUp, Workspace
from countenance.service.sources import read_photo


@dataclass(frozen=True, slots=True)
class VendorMaterial:
    """The audit's photos and which of them go to the vendor.

    Attributes:
        photos: The one set, or the probes, without the failures of our own detector.
        references: The gallery's photos, or None for one set.
        attributes: Names of the labels.
        plan: Those that are sent.
    """

    photos: tuple[AuditedPhoto, ...] = field(repr=False)
    references: tuple[AuditedPhoto, ...] | None = field(repr=False)
    attributes: tuple[str, ...]
    plan: VendorPlan


def vendor_material(workspace: Workspace, set_up: AuditSetUp, against: Path | None) -> VendorMaterial:
    """Return the audit's photos, with digests, and the plan of what is sent.

    Raises:
        FileUnreadable, ListInvalid: The gallery's photos cannot be listed.
        AuditInputInvalid: Nothing is left to send.
    """
    leaves_out = set_up.several_faces is SeveralFacesRule.LEAVE_OUT

    def looked_at(photos: Sequence[tuple[AuditedPhoto, Path]]) -> tuple[tuple[AuditedPhoto, ...], list[VendorPhoto]]:
        kept, sent = [], []
        for photo, path in photos:
            digest, failure = _digest(photo, path), None
            if digest is None:
                failure = UNREADABLE
            elif leaves_out and photo.failure == SEVERAL_FACES:
                failure = SEVERAL_FACES
            else:
                sent.append(VendorPhoto(photo.file, path, digest))
            kept.append(replace(photo, sha256=digest or "", failure=failure))
        return tuple(kept), sent

    photos, probes = looked_at([(photo, workspace.photo_path(set_up, photo.file)) for photo in set_up.photos])
    gallery, sent = (None, probes) if against is None else looked_at(gallery_photos(against, set_up))
    if not probes or not sent or (gallery is None and len(probes) < 2):
        raise AuditInputInvalid(
            "No photo is left that could be sent.", remedy="See `countenance audit new` for what it understood."
        )
    plan = VendorPlan(tuple(probes), tuple(probes if gallery is None else sent), one_set=gallery is None)
    return VendorMaterial(photos, gallery, set_up.attributes, plan)


def _digest(photo: AuditedPhoto, path: Path) -> str | None:
    """Return the digest the audit was made with, or that of the file where it has none; None if it cannot be read."""
    if photo.sha256:
        return photo.sha256
    try:
        return hashlib.sha256(read_photo(path)).hexdigest()
    except CountenanceError:
        return None


def with_failures(asked: VendorMaterial, scores: VendorScores, vendor: str) -> Material:
    """Return the material with what the vendor refused as failures to acquire."""

    def marked(photos: Sequence[AuditedPhoto], roles: frozenset[str]) -> tuple[AuditedPhoto, ...]:
        why = {one.photo: f"{vendor}: {one.reason}" for one in scores.failures if one.role in roles}
        return tuple(replace(photo, failure=photo.failure or why.get(photo.file)) for photo in photos)

    photos = marked(asked.photos, frozenset({"probe", "both"}))
    references = None if asked.references is None else marked(asked.references, frozenset({"reference"}))
    return Material(photos, references, asked.attributes)


def scale_of(low: float, high: float) -> ScoreScale:
    """Return a vendor's scale."""
    return ScoreScale(Scale.PERCENT if high > 1.0 else Scale.FRACTION, Direction.SIMILARITY, low, high)


def score_table(
    material: Material, scores: VendorScores, scale: ScoreScale, *, measurable_above: float | None
) -> ScoreTable:
    """Return the comparisons that took place; what the vendor left out counts as below every grid threshold.

    Raises:
        AuditInputInvalid: No comparison took place, or no threshold can be measured.
    """
    edges = scale.edges()
    if measurable_above is not None:
        edges = np.ascontiguousarray(edges[edges > measurable_above])
    if edges.size < 2 or not scores.asked.any():
        raise AuditInputInvalid(
            "The vendor's answers speak about no threshold at all.", remedy="See the archived replies for what it said."
        )
    one_set = material.references is None
    acquired = (scores.asked.any(axis=1) | (scores.asked.any(axis=0) if one_set else False), scores.asked.any(axis=0))
    places = [np.cumsum(rows) - 1 for rows in (acquired[0], acquired[0] if one_set else acquired[1])]
    probe, reference = np.nonzero(scores.asked)
    score = scores.score[probe, reference]
    references = material.usable_references
    return ScoreTable(
        [photo.subject for photo in material.usable],
        None if references is None else [photo.subject for photo in references],
        places[0][probe].astype(np.int32),
        places[1][reference].astype(np.int32),
        np.where(np.isnan(score), scale.low, score),
        edges,
    )
